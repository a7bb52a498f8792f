"""A value that a sentence gives to another partner than the line: "6 million in 2021" for 4 in 2021 and 6 in 2022."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence

from rag_bot.check.evidence import ReadLine
from rag_bot.check.reading import dates, numbers
from rag_bot.check.reading.dates import Date
from rag_bot.check.reading.names import Name
from rag_bot.check.reading.numbers import Number
from rag_bot.check.reading.statement import Statement
from rag_bot.check.rules.parallels import MONTH, Parallel, Value, own_words, parallel, terms_between, values_of
from rag_bot.check.supply import supplies_date, supplies_name, supplies_number

Values = dict[Hashable, list[Value]]


def mispaired(sentence: Statement, lines: Sequence[ReadLine], others: Sequence[ReadLine]) -> Iterator[str]:
    """Two values of a sentence that a line keeps apart, each with another partner; `others` are all lines looked at."""
    known = _names((sentence, *(line.own for line in others)))
    said = values_of(sentence, known)
    for line in lines:
        written = values_of(line.own, known)
        for kind, values in written.items():
            found = parallel(values, line.own.text)
            if len(found.pieces) > 1 and kind in said:
                yield from _with_others(said, kind, written, found, [one for one in others if one is not line])


def misattributed(sentence: Statement, lines: Sequence[ReadLine], others: Sequence[ReadLine]) -> Iterator[str]:
    """A value of a sentence with the words that a line has beside another value of its kind."""
    known = _names((sentence, *(line.own for line in others)))
    said = values_of(sentence, known)
    for line in lines:
        for kind, values in values_of(line.own, known).items():
            found = parallel(values, line.own.text)
            if len(found.pieces) > 1 and kind in said:
                yield from _with_words(sentence, said[kind], line, found, [one for one in others if one is not line])


def goes_with(word: str, sentence: Statement, line: ReadLine) -> bool:
    """Whether a line that says the same of several things has a word beside a value of the sentence."""
    said = values_of(sentence, frozenset())
    for kind, values in values_of(line.own, frozenset()).items():
        found = parallel(values, line.own.text)
        for value, of in zip(values, found.of, strict=True) if len(found.pieces) > 1 else ():
            start, end = found.pieces[of]
            if any(_same(one, value) for one in said.get(kind, ())):
                return any(start <= token.start < end and token.lower == word.lower() for token in line.own.tokens)
    return False


def _names(texts: Iterable[Statement]) -> frozenset[str]:
    return frozenset(name.letters for text in texts for name in text.names)


def _with_others(
    said: Values, kind: Hashable, written: Values, found: Parallel, others: Sequence[ReadLine]
) -> Iterator[str]:
    """Values of a kind and of any other kind, both of which the line has several of."""
    for other, values in written.items():
        if other == kind or other not in said or len(values) < 2:
            continue
        mine, theirs = list(found.of), [found.piece_at(value.start) for value in values]
        if len(set(theirs)) == 1:
            if len(values) != len(found.values):
                continue
            mine, theirs = list(range(len(values))), list(range(len(values)))
        here = _places(said[kind], found.values, mine)
        there = _places(said[other], values, theirs)
        partnered = set(theirs)
        pair = _apart([one for one in here if one[1] <= partnered], there)
        if pair and not any(_supplies(line, pair[0]) and _supplies(line, pair[1]) for line in others):
            first, second = sorted(pair, key=lambda value: value.start)
            yield f"the notes don't have ‘{first.text}’ with ‘{second.text}’"


def _places(said: Sequence[Value], written: Sequence[Value], pieces: Sequence[int]) -> list[tuple[Value, set[int]]]:
    """The values of a sentence that the line has, with the pieces of the line they stand in."""
    found = [(one, {piece for value, piece in zip(written, pieces, strict=True) if _same(one, value)}) for one in said]
    return [(one, places) for one, places in found if places]


def _apart(
    here: Sequence[tuple[Value, set[int]]], there: Sequence[tuple[Value, set[int]]]
) -> tuple[Value, Value] | None:
    """The first two values that belong together in the sentence and not in the line."""
    if not here or not there:
        return None
    if len(here) == len(there):
        pairs = zip(here, there, strict=True)
        return next(((one, other) for (one, mine), (other, theirs) in pairs if not mine & theirs), None)
    every = set[int]().union(*(places for _, places in here)), set[int]().union(*(places for _, places in there))
    return None if every[0] & every[1] else (here[0][0], there[0][0])


def _with_words(
    sentence: Statement, said: Sequence[Value], line: ReadLine, found: Parallel, others: Sequence[ReadLine]
) -> Iterator[str]:
    words = own_words(line, found)
    mine = parallel(said, sentence.text)
    for value, at in zip(said, mine.of, strict=True):
        pieces = {of for one, of in zip(found.values, found.of, strict=True) if _same(value, one)}
        if len(pieces) != 1 or not words or mine.of.count(at) > 1:
            continue
        piece, around = pieces.pop(), set(terms_between(sentence, *mine.pieces[at]))
        rivals = [some for of, some in enumerate(words) if of != piece and some and some <= around]
        if not words[piece] or words[piece] <= around or not rivals:
            continue
        if not any(_supplies(other, value) and rivals[0] <= other.terms for other in others):
            yield f"the notes have other words with ‘{value.text}’"


def _same(said: Value, written: Value) -> bool:
    if said.kind == written.kind == MONTH:
        return dates.month_of(said.text) == dates.month_of(written.text)
    match said.spot, written.spot:
        case Number() as one, Number() as other:
            return numbers.confirms(one, [other])
        case Date() as one, Date() as other:
            return dates.confirms(one, [other], list(dates.years_of([one])))
        case Name() as one, Name() as other:
            return (
                one.letters.removesuffix("s") == other.letters.removesuffix("s") or one.term == other.term is not None
            )
    return False


def _supplies(line: ReadLine, value: Value) -> bool:
    match value.spot:
        case Number() as number:
            return supplies_number(line, number)
        case Date() as date:
            return supplies_date(line, date)
        case name:
            return supplies_name(line, name)
