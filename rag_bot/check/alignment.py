"""Where the words, names and amounts of a sentence stand in lines, and which few lines it stands on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag_bot.check.limits import NEGATION, knows_limits
from rag_bot.check.numbers import Number
from rag_bot.check.statement import Item, Statement
from rag_bot.check.words import START
from rag_bot.text.sentences import asks

ABOVE = -1
"""The place of what stands in the headings and bullets above a line, not in the line itself."""
MOST_LINES = 4  # that a sentence may stand on, for the reader to read; set by hand
_FACT_WEIGHT = 1.5  # a name or amount tells lines apart better than a word; set by hand
_ABOVE_WEIGHT = 0.7  # of what a line has only above it: its neighbours have it as well; set by hand


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line as a check reads it: its own words, and those above it."""

    own: Statement
    above: Statement


@dataclass(frozen=True, slots=True)
class Alignment:
    """A sentence over lines. `places[item][line]` are the line's items that say it; `lines` those it stands on."""

    sentence: Statement
    read: tuple[ReadLine, ...]
    places: tuple[tuple[tuple[int, ...], ...], ...]
    lines: tuple[int, ...]

    def in_another_language(self) -> bool:
        """Whether none of its lines is in the sentence's language, so that words can't be compared."""
        return all(self.read[line].own.language != self.sentence.language for line in self.lines)

    def missing(self) -> list[int]:
        """The items of the sentence that no line has."""
        return [item for item, places in enumerate(self.places) if not any(places)]

    def share(self) -> float:
        """The share of its words and names that stand in the lines it stands on; 1 where it has none."""
        words = [places for item, places in zip(self.sentence.items, self.places, strict=True) if item.value is None]
        return sum(any(places[line] for line in self.lines) for places in words) / len(words) if words else 1.0

    def parted(self) -> int:
        """How many neighbours in the sentence stand in different lines only, as values of other things do."""
        return sum(
            not any(ours[line] and theirs[line] for line in self.lines) for ours, theirs in self._found_neighbours()
        )

    def turned(self) -> int:
        """How many neighbours in the sentence stand the other way round in each line that has both."""
        turned = 0
        for ours, theirs in self._found_neighbours():
            orders = {first < second for line in self.lines for first, second in _pairs(ours[line], theirs[line])}
            turned += orders == {False}
        return turned

    def _found_neighbours(self) -> Iterable[tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]]:
        """The places of each two items that follow each other in the sentence and both stand in its lines."""
        for ours, theirs in pairwise(self.places):
            if all(any(places[line] for line in self.lines) for places in (ours, theirs)):
                yield ours, theirs

    def limits(self) -> tuple[set[str], set[str], set[str]]:
        """The classes of limiting words of the sentence, of the clauses that it stands on, and of its whole lines."""
        near, whole = set[str](), set[str]()
        for line in self.lines:
            own, above = self.read[line].own, self.read[line].above
            clauses = {own.items[at].clause for places in self.places for at in places[line] if at != ABOVE}
            near |= {kind for kind, clause in own.limits if clause in clauses}
            whole |= {kind for part in (own, above) for kind, _ in part.limits}
        return {kind for kind, _ in self.sentence.limits}, near, whole

    def other_negation(self) -> bool:
        """Whether one of the sentence and the clauses it stands on denies and the other does not."""
        said, near, _ = self.limits()
        return (NEGATION in said) != (NEGATION in near)

    def agrees(self) -> bool:
        """Whether one line may say it: nothing that limits is on one side alone, no fact is missing, none turned round.

        A limiting word of the sentence may stand anywhere in its line; one of the clauses it stands on has to be said.
        What limits is known of some languages only. A question states nothing.
        """
        if len(self.lines) != 1 or not knows_limits(self.sentence.language):
            return False
        if asks(self.read[self.lines[0]].own.text):
            return False
        said, near, whole = self.limits()
        facts_missing = any(self.sentence.items[item].is_fact for item in self.missing())
        return near <= said <= whole and not facts_missing and not self.other_negation() and not self.turned()


class _Index:
    """The items of a text by how they begin, so that a long one is not compared with each word of a sentence."""

    def __init__(self, text: Statement) -> None:
        self.items = text.items
        self._starts: dict[str, list[int]] = {}
        for place, item in enumerate(text.items):
            for start in _starts(item):
                self._starts.setdefault(start, []).append(place)

    def places(self, item: Item) -> tuple[int, ...]:
        """The items that say this one."""
        near = {place for start in _starts(item) for place in self._starts.get(start, ())}
        return tuple(place for place in sorted(near) if item.says(self.items[place]))


def _starts(item: Item) -> set[str]:
    return {lemma[:START] for lemma in item.lemmas} if item.value is None else {""}


def align(sentence: Statement, read: Sequence[ReadLine]) -> Alignment:
    """Finds each item of a sentence in the lines, and the fewest lines that have most of it."""
    indexes = [(_Index(line.own), _Index(line.above)) for line in read]
    places = tuple(
        tuple(own.places(item) or ((ABOVE,) if _is_above(item, above) else ()) for own, above in indexes)
        for item in sentence.items
    )
    weights = [_FACT_WEIGHT if item.is_fact else 1.0 for item in sentence.items]

    def worth(line: int, found: set[int]) -> float:
        return sum(
            weight * (_ABOVE_WEIGHT if places[item][line] == (ABOVE,) else 1.0)
            for item, weight in enumerate(weights)
            if item not in found and places[item][line]
        )

    chosen: list[int] = []
    found: set[int] = set()
    while len(chosen) < min(MOST_LINES, len(read)):
        best = max((line for line in range(len(read)) if line not in chosen), key=lambda line: worth(line, found))
        if chosen and worth(best, found) < 1:
            break
        chosen.append(best)
        found |= {item for item in range(len(places)) if places[item][best]}
    return Alignment(sentence, tuple(read), places, tuple(chosen))


def _is_above(item: Item, above: _Index) -> bool:
    """Whether what stands above a line says an item; a number in a title says no amount with a unit."""
    found = [above.items[place].value for place in above.places(item)]
    needs_unit = isinstance(item.value, Number) and bool(item.value.units)
    return any(not (needs_unit and isinstance(value, Number) and not value.units) for value in found)


def _pairs(ours: tuple[int, ...], theirs: tuple[int, ...]) -> Iterable[tuple[int, int]]:
    return ((first, second) for first in ours for second in theirs if ABOVE not in (first, second) and first != second)
