"""What a sentence says that no single line does: a word too many makes another claim of a true one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from rag_bot.check.coverage import LIGHT, Coverage, Word
from rag_bot.check.evidence import ReadLine
from rag_bot.check.reading.opposites import OPPOSITES
from rag_bot.check.reading.statement import Statement
from rag_bot.check.reading.tokens import stems
from rag_bot.check.rules.sweeping import SWEEPING
from rag_bot.text.terms import ENGLISH

SAID = 0.3  # of a word: from here a line says it, perhaps in a word near to it
MOST_NAMED = 3

# Words with which a model tells a line anew without adding to it: how things are, are done and are called.
_EASY = (
    "account achieve advance aim allow also altogether answer anybody appear approach area arise aspect became "
    "become began begin believe belong bring brought build came carry choose come complete completely comprise "
    "concern consider constitute count cover create current day deal describe detail differ do done elsewhere "
    "ensure everybody everyone exist express fact fall feature feel felt fit focus follow form found gave general "
    "generally give go goal gone got handle happen have held hold idea identify involve issue keep kept know lead "
    "led let lie like link look made main make manner matter mean meant mention move name nature new now occur "
    "offer originate overall own paid part pay perform person place play point present put quite ran rather reach "
    "real really reflect regard relate remain report represent respect run sat saw see seem seen serve set since "
    "somebody someone sort speak specific spoke stand state stay stem stood subject suggest support take talk "
    "tell term thing think thought time today told took topic try turn type understand use used went whether word "
    "work write written yield "
)


def unsaid(sentence: Statement, coverage: Coverage, lines: Sequence[ReadLine], chosen: Sequence[int]) -> Iterator[str]:
    """Words of a piece of the sentence that the line which fits it best does not say; `coverage` counts near words."""
    missing: list[str] = []
    compared_as_such = [*SWEEPING, *(one.text for one in sentence.numbers), *(one.text for one in sentence.dates)]
    measured = {part for text in compared_as_such for part in text.lower().split()}
    for at in range(len(sentence.segments)):
        best = max(chosen, key=lambda place: coverage.share([place], at), default=None)
        for row, word in enumerate(coverage.words):
            there = best is not None and coverage.found[row, best] >= SAID and not _opposed(word, lines[best])
            if word.segment == at and not there and not _is_easy(word) and word.text not in measured:
                missing.append(word.text)
    if missing:
        yield f"the notes don't say ‘{'’, ‘'.join(dict.fromkeys(missing[:MOST_NAMED]))}’ with the rest"


def only_above(sentence: Statement, lines: Sequence[ReadLine]) -> Iterator[str]:
    """Where all that a sentence says stands in headings and questions: they name a thing, and say nothing of it."""
    own = [term for token in sentence.tokens if token.content for term in token.terms]
    if own and not sentence.numbers and not any(term in line.own.terms for term in own for line in lines):
        yield "only headings and questions have these words"


def _opposed(word: Word, line: ReadLine) -> bool:
    """Whether a line has the opposite of a word and not the word: near in meaning, they exclude each other."""
    there = {term[0] for term in line.terms}
    return word.term[0] not in there and not there.isdisjoint(OPPOSITES.get(word.term[0], ()))


def _is_easy(word: Word) -> bool:
    return word.weight <= LIGHT or word.text.endswith("n't") or word.text in _easy() or word.term[0] in _easy()


@cache
def _easy() -> frozenset[str]:
    """The easy words and their stems."""
    words = _EASY.split()
    return frozenset([*words, *(term[0] for word in words for term in stems(word, (ENGLISH,)))])
