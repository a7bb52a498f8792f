"""What speaks against a sentence: a number, date, unit or name that the notes have otherwise, or that they deny it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial

from rag_bot.check.coverage import HAS_IT, LIGHT, Coverage
from rag_bot.check.evidence import ReadLine
from rag_bot.check.reading import dates, numbers
from rag_bot.check.reading.dates import Date
from rag_bot.check.reading.numbers import Number
from rag_bot.check.reading.polarity import Polarity, denial, opposed
from rag_bot.check.reading.statement import Segment, Statement
from rag_bot.check.supply import supplies_date, supplies_name, supplies_number

Need = Callable[[ReadLine], bool]
FAR_BETTER = 0.3  # of the words: how much more another line has than the one with the name
CLEARLY_MORE = 0.12  # of the words: the line with another number is the one that is meant


def contradiction(polarity: Polarity, line: ReadLine) -> str:
    """Why a line denies what words with this polarity say, or ""."""
    if line.asks:
        return ""
    if found := denial(polarity, line.own.polarity):
        return "the notes deny this" if found[1] else "the notes say this without ‘not’"
    if pair := opposed(polarity, line.own.polarity):
        return f"the notes say the opposite of ‘{pair[0]}’"
    return ""


def missing_facts(sentence: Statement, lines: Sequence[ReadLine], nearest: Sequence[ReadLine]) -> Iterator[str]:
    """Numbers, dates and names of a sentence that no line supplies; `nearest` are those most like the sentence."""
    for number in sentence.numbers:
        if not number.weak and not any(supplies_number(line, number) for line in lines):
            yield _other_number(number, sentence, nearest)
    for date in sentence.dates:
        if not any(supplies_date(line, date) for line in lines):
            yield _other_date(date, nearest)
    for name in sentence.names:
        if name.sure and not any(supplies_name(line, name) for line in lines):
            yield f"‘{name.text}’ is not in the cited lines"


def weak_numbers(sentence: Statement, lines: Sequence[ReadLine]) -> Iterator[str]:
    """Where a sentence says "one" and the lines that it stands on have another number of the same thing."""
    for number in sentence.numbers:
        if number.weak and number.text.isalpha():
            noun = _noun_after(sentence, number)
            for line in lines:
                for other in line.own.numbers:
                    if noun and other.value != number.value and _noun_after(line.own, other) == noun:
                        yield f"the notes say {other.text}, not {number.text}"


def misplaced(
    sentence: Statement, coverage: Coverage, lines: Sequence[ReadLine], places: Sequence[int]
) -> Iterator[str]:
    """Numbers that the notes have, but of something else: another line fits the words better and has its own number."""
    for number in sentence.numbers:
        around = _segment_at(sentence, number.start)
        said = {one.value for one in sentence.numbers if _segment_at(sentence, one.start) == around}
        holders = [place for place in places if supplies_number(lines[place], number)]
        rivals = {place: other for place in places if (other := _rival(number, lines[place], said))}
        if number.weak or not holders or not rivals:
            continue
        fit = {place: _fit(sentence, coverage, place, number) for place in (*holders, *rivals)}
        best = max(rivals, key=lambda place: fit[place])
        if best not in holders and fit[best] > max(fit[place] for place in holders) + CLEARLY_MORE:
            yield f"the notes say {rivals[best].text}, not {number.text}"


def scattered(
    sentence: Statement, coverage: Coverage, lines: Sequence[ReadLine], chosen: Sequence[int]
) -> Iterator[str]:
    """Numbers and names that one piece of a sentence ties to words that stand in another line than they do."""
    for at, segment in enumerate(sentence.segments):
        needs = _needs_in(sentence, segment)
        best = max((coverage.share([place], at) for place in chosen), default=0.0)
        holders = [place for place in chosen if all(_own_first(need, lines, chosen, place) for _, need in needs)]
        there = max((coverage.share([place], at) for place in holders), default=0.0)
        if len(needs) > 1 and not holders:
            yield f"‘{needs[0][0]}’ and ‘{needs[1][0]}’ stand in different lines"
        elif other := _other_day(sentence, coverage, lines, chosen, at):
            yield f"‘{other}’ stands in another line"
        elif needs and holders and (best - there > FAR_BETTER or not _about_it(coverage, at, holders, needs)):
            yield f"‘{needs[0][0]}’ stands in another line"


def _other_day(
    sentence: Statement, coverage: Coverage, lines: Sequence[ReadLine], chosen: Sequence[int], segment: int
) -> str:
    """A date in a piece of the sentence that the line which fits the piece best does not have, but another date."""
    nearest = max(chosen, key=lambda place: coverage.share([place], segment), default=None)
    if nearest is None or not lines[nearest].own.dates:
        return ""
    said = (one for one in sentence.dates if _in(sentence.segments[segment], max(0, sentence.text.find(one.text))))
    return next((one.text for one in said if not supplies_date(lines[nearest], one)), "")


def _about_it(coverage: Coverage, segment: int, holders: Sequence[int], needs: Sequence[tuple[str, Need]]) -> bool:
    """Whether a line that has the numbers and names has any other word of the piece, where there are others."""
    named = {word for text, _ in needs for word in text.lower().split()}
    others = [
        row
        for row, word in enumerate(coverage.words)
        if word.segment == segment and word.weight > LIGHT and word.text not in named
    ]
    return not others or any(coverage.found[row, place] >= HAS_IT for row in others for place in holders)


def _needs_in(sentence: Statement, segment: Segment) -> list[tuple[str, Need]]:
    numbers = [one for one in sentence.numbers if not one.weak and _in(segment, one.start)]
    names = [one for one in sentence.names if _in(segment, one.start)]
    return [
        *((one.text, partial(supplies_number, number=one)) for one in numbers),
        *((one.text, partial(supplies_name, name=one)) for one in names),
    ]


def _own_first(need: Need, lines: Sequence[ReadLine], chosen: Sequence[int], place: int) -> bool:
    """Whether a line has it itself; where none of the chosen has, above it is enough."""
    bare = {one: ReadLine(lines[one].own, lines[one].own) for one in chosen}
    return need(bare[place]) if any(map(need, bare.values())) else need(lines[place])


def untrue_quotation(sentence: Statement, lines: Sequence[ReadLine]) -> Iterator[str]:
    """Words between quotation marks that the lines don't have."""
    for quoted in sentence.quotations:
        start = sentence.text.find(quoted)
        inside = [token for token in sentence.tokens if start <= token.start < start + len(quoted) and token.content]
        if any(not any(term in line.terms for line in lines) for token in inside for term in token.terms):
            yield f"“{quoted}” is not in the cited lines"


def _in(segment: Segment, start: int) -> bool:
    return segment.start <= start < segment.end


def _rival(number: Number, line: ReadLine, said: set[Decimal]) -> Number | None:
    """A number of a line that this one may have been taken for."""
    found = (one for one in line.own.numbers if numbers.comparable(number, one) and not one.weak)
    return next((one for one in found if one.value not in said), None)


def _fit(sentence: Statement, coverage: Coverage, place: int, number: Number) -> float:
    """How well a line fits the words around a number: those of its segment and of the sentence."""
    whole = coverage.share([place])
    segment = _segment_at(sentence, number.start)
    here = coverage.share([place], segment)
    return here if coverage.weight(segment) >= 2 else (2 * here + whole) / 3


def _segment_at(sentence: Statement, start: int) -> int:
    return next((at for at, one in enumerate(sentence.segments) if start < one.end), 0)


def _other_number(number: Number, sentence: Statement, nearest: Sequence[ReadLine]) -> str:
    said = [one.value for one in sentence.numbers]
    for line in nearest:
        for other in line.own.numbers:
            alike = numbers.comparable(number, other) and _of_one_thing(number, sentence, other, line.own)
            if alike and other.value not in said and not other.weak:
                return f"the notes say {other.text}, not {number.text}"
    for line in nearest:
        for other in line.own.numbers:
            if other.bare == number.bare and other.measures != number.measures and not (other.weak or other.is_year):
                return f"the notes say {other.text}, not {number.text}"
    return f"‘{number.text}’ is not in the cited lines"


def _of_one_thing(number: Number, sentence: Statement, other: Number, line: Statement) -> bool:
    """Whether two amounts count the same: both have a unit, or no other word follows the one than the other."""
    nouns = {_noun_after(sentence, number), _noun_after(line, other)} - {""}
    return bool(number.measures) or len(nouns) < 2


def _other_date(date: Date, nearest: Sequence[ReadLine]) -> str:
    for line in nearest:
        for other in line.own.dates:
            if dates.is_of_one_kind(date, other):
                return f"the notes say {other.text}, not {date.text}"
    return f"‘{date.text}’ is not in the cited lines"


def _noun_after(statement: Statement, number: Number) -> str:
    """The stem of the first word of content after a number, if it comes soon."""
    after = [token for token in statement.tokens if token.start >= number.end][:3]
    return next((token.terms[0][0] for token in after if token.content and token.terms), "")
