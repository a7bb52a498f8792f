"""What a line says only under a condition, perhaps, or with an exception, and a sentence says without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rag_bot.check.evidence import ReadLine
from rag_bot.check.reading.statement import Statement

# Words of a line that a sentence on it has to have as well, at least one of the row.
_ROWS = {
    "under a condition": "if unless whether provided wenn falls sofern si",
    "with an exception": "except excepting unless excluding other apart außer ausgenommen sauf excepto salvo",
    "less surely": (
        "may might could perhaps maybe possibly probably supposedly allegedly apparently would should vielleicht "
        "wahrscheinlich vermutlich peut-être probablement quizá quizás probablemente"
    ),
    "of the past": "formerly previously used früher ehemals autrefois antes",
}
_QUALIFIERS = {how: frozenset(words.split()) for how, words in _ROWS.items()}
_ONLY_WITH = {"used": "to", "provided": "that", "other": "than", "apart": "from"}


def qualified(sentence: Statement, lines: Sequence[ReadLine]) -> Iterator[str]:
    """How the lines say more carefully what the sentence says flatly."""
    said = _qualifiers(sentence)
    for how, words in _QUALIFIERS.items():
        written = [_qualifiers(line.own) & words for line in lines if not line.asks]
        if written and all(written) and not said & words:
            yield f"the notes say this {how}: ‘{sorted(written[0])[0]}’"


def _qualifiers(statement: Statement) -> set[str]:
    """The words in small letters that may qualify: "May" is a month."""
    words = [token.lower if token.text != "May" else "" for token in statement.tokens]
    return {word for word, after in pairwise([*words, ""]) if _ONLY_WITH.get(word, after) == after}
