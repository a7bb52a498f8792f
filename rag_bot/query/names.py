"""Which notes a question names: by the words of their file names, titles and aliases, then of folders and tags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from math import log

from rag_bot.query.open_index import Sources
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.names import PLACE

MOST_NOTES = 5  # that a question may name; set by hand
LEAST_OF_NAME = 0.5  # of a name's words, that the question has to have; set by hand
PLACE_WORTH = 0.5  # what a word in a folder or tag counts, of one in a name
COMMON = 2_000  # notes: a word in more names finds none by itself; set by hand
_ROUNDING = 1e-9  # sums of the same weights in another order differ by less

Term = tuple[str, ...]
"""A word as the indexed languages spell it."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """What names have of a question: by note and part how many of its words, of how many, and their weight.

    `around` is the weight of those in folders and tags, `by_place` are the notes that those alone name.
    """

    parts: dict[tuple[int, int], tuple[int, int, float]] = field(default_factory=dict)
    around: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    by_place: set[int] = field(default_factory=set)

    def add(self, rows: Iterable[tuple[int, int, int]], weight: float, *, names_by_place: bool) -> None:
        for note, part, words in rows:
            if part != PLACE:
                has, _, score = self.parts.get((note, part), (0, words, 0.0))
                self.parts[note, part] = (has + 1, words, score + weight)
            else:
                self.around[note] += weight
                if names_by_place:
                    self.by_place.add(note)

    def scores(self) -> dict[int, float]:
        """What the notes score that are named, by id."""
        found = dict.fromkeys(self.by_place, 0.0)
        for (note, _), (has, words, score) in self.parts.items():
            if has >= LEAST_OF_NAME * words:
                found[note] = max(found.get(note, 0.0), has / words * score)
        return {note: score + PLACE_WORTH * self.around.get(note, 0.0) for note, score in found.items()}

    def may_be_best(self, more: int, weight: float) -> list[int]:
        """The notes that can still be among the best, once so many further words of this weight in all are read."""
        most = dict.fromkeys(self.by_place, weight)  # as one in whose title all of them are, and nothing else
        for (note, _), (has, words, score) in self.parts.items():
            most[note] = max(most.get(note, weight), min(1.0, (has + more) / words) * (score + weight))
        least = _least_of_best(self.scores()) - _ROUNDING
        return [
            note for note, score in most.items() if score + PLACE_WORTH * (self.around.get(note, 0.0) + weight) >= least
        ]


def named_notes(sources: Sources, terms: Iterable[Term]) -> dict[str, float]:
    """The notes that a question with these terms names, by path, best first.

    With each the weight of the words that it has of the best name, times their share of it, and some of that of words
    in its folders and tags. Rare words weigh more.
    """
    catalogue, standing = sources.catalogue, _Standing()
    counts = {term: max(map(catalogue.count_named, term)) for term in terms}
    weights = {term: log(1 + (sources.notes + 1) / (count + 0.5)) for term, count in counts.items()}
    by_rarity = sorted((term for term in counts if counts[term]), key=lambda term: (counts[term], term))
    for term in by_rarity:
        if counts[term] <= COMMON:
            standing.add(catalogue.find_named(term), weights[term], names_by_place=counts[term] <= MOST_NOTES)
    # The folder of a note or two is as good as a name.
    common = [term for term in by_rarity if counts[term] > COMMON]
    among = standing.may_be_best(len(common), sum(weights[term] for term in common)) if common else []
    for term in common:
        standing.add(catalogue.find_named(term, among), weights[term], names_by_place=False)
    scores = standing.scores()
    least = _least_of_best(scores)
    paths = catalogue.note_paths([note for note, score in scores.items() if score >= least])
    ranked = sorted(((path, scores[note]) for note, path in paths.items()), key=lambda name: (-name[1], name[0]))
    return dict(ranked[:MOST_NOTES])


def is_in_names(catalogue: Catalogue, term: Sequence[str]) -> bool:
    """Whether a word, in one of these spellings, stands in some note's name, folder or tags."""
    return any(map(catalogue.is_in_names, term))


def _least_of_best(scores: dict[int, float]) -> float:
    """What the last of the best notes scores; 0 where there is room for more."""
    best = nlargest(MOST_NOTES, scores.values())
    return best[-1] if len(best) == MOST_NOTES else 0.0
