"""Sentences that claim nothing, or nothing to compare: "Here is what your notes say about the boat:", "No."."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_bot.check.numbers import Number
from rag_bot.check.statement import Item, Statement
from rag_bot.text.sentences import announces, asks, sentences

# Words for notes, for talking about them, and for politeness, in the languages of our prompts. By hand; a sentence of
# such words, limits and the question's own words is talk.
_NOTES = frozenset(
    "note passage source excerpt document context text information detail notiz quelle nota fuente source".split()
)
_TALK = _NOTES | frozenset(
    """follow following below above here accord base summary summarise summarize overview say mention describe state
    tell contain list regard concern relevant relate respect find happy help hope sure certainly course let know sorry
    unfortunately apology apologize thank please look see read show cover discuss provide specify question answer
    include give speak available laut stehen sagen erwähnen frage antwort selon voici dire réponse según aquí decir
    pregunta respuesta""".split()
)
_LIST_NUMBER = re.compile(r"\s*\d{1,3}[.)]\s+")
# Must match how models begin: "The answer to this question is: ", "Answer: ", "Die Antwort ist ", "La respuesta es ".
_ANSWER_IS = re.compile(
    r"\s*(?:(?:the|die|la) )?(?:(?:answer|antwort|réponse|respuesta)(?: to [\w ]{1,40}?)?)(?::| (?:is|ist|est|es):?)\s+"
    r"(?=\S)",
    re.IGNORECASE,
)
# "Yes, the rent is €900.": at least two words follow.
_YES_AND = re.compile(
    r"\s*(?:yes|no|yeah|correct|indeed|exactly|right|sure|ja|nein|oui|non|sí|si|sì)[,:.!]\s+(?=\S+\s+\S)", re.IGNORECASE
)
_YES_OR_NO = frozenset("yes no yeah nope correct indeed exactly right true false ja nein oui non sí si".split())


def claims_nothing(sentence: Statement, question: Statement) -> bool:
    """Whether a sentence only leads in, asks, or talks about the notes, without a word of its own.

    A statement made of the question's words is a claim; "Yes." is one too.
    """
    if not any(map(str.isalnum, sentence.text)) or asks(sentence.text):
        return True
    if is_yes_or_no(sentence):
        return False
    own = [item for item in sentence.items if not (item.lemmas & _TALK)]
    if any(not _asked(item, question) for item in own):
        return False
    about_notes = any(item.lemmas & _NOTES for item in sentence.items)
    return announces(sentence.text) or about_notes or not (own or sentence.limits)


def _asked(item: Item, question: Statement) -> bool:
    return any(item.says(other) for other in question.items)


def is_yes_or_no(sentence: Statement) -> bool:
    """Whether a sentence answers with yes or no and adds nothing: "No.", "The answer is no."."""
    words = [word.strip(".,!:;").casefold() for word in sentence.text.split()]
    own = [item for item in sentence.items if not item.lemmas & (_TALK | _YES_OR_NO)]
    return not own and not _YES_OR_NO.isdisjoint(words) and not any(item.lemmas & _NOTES for item in sentence.items)


def is_bare(sentence: Statement) -> bool:
    """Whether there is no word, name, day or unit to compare: "2.", "12)"."""
    return all(isinstance(item.value, Number) and not item.value.units for item in sentence.items)


def verbatim(sentence: Statement, lines: Sequence[Statement]) -> int | None:
    """The index of a line that is the sentence, or has it as one of its own sentences, but for quotation marks."""
    wanted = _bare(sentence.text)
    if not wanted:
        return None
    for index, line in enumerate(lines):
        text = _bare(line.text)
        is_whole = len(sentence.items) + len(sentence.limits) > 1
        if text == wanted or (is_whole and any(_bare(part) == wanted for part in _parts(line.text))):
            return index
    return None


def _parts(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text, 0, len(text))]


def without_lead(sentence: str) -> str:
    """The sentence without "The answer is", "Yes," and the like before what it says."""
    return _YES_AND.sub("", _ANSWER_IS.sub("", sentence, count=1), count=1)


def _bare(text: str) -> str:
    return " ".join(_LIST_NUMBER.sub("", text).strip("\"'“”‘’*_ .。").split()).casefold()
