"""Which notes a question names: by the words of their file names, titles and aliases, then of folders and tags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from math import log

from rag_bot.store.catalogue import Catalogue
from rag_bot.store.names import PLACE

MOST_NOTES = 5  # that a question may name; set by hand
LEAST_OF_NAME = 0.5  # of a name's words, that the question has to have; set by hand
PLACE_WORTH = 0.5  # what a word in a folder or tag counts, of one in a name
COMMON = 2_000  # notes: a word in more names finds none by itself; set by hand

Term = tuple[str, ...]
"""A word as the indexed languages spell it."""


def named_notes(catalogue: Catalogue, terms: Iterable[Term]) -> dict[str, float]:
    """The notes that a question with these terms names, by path, best first.

    With each the weight of the words that it has of the best name, times their share of it, and of those that
    are in its folders and tags. Rare words weigh more.
    """
    total = catalogue.note_count()
    counts = {term: max(map(catalogue.count_named, term)) for term in terms}
    weights = {term: log(1 + (total + 1) / (count + 0.5)) for term, count in counts.items()}
    in_part: dict[int, dict[int, set[Term]]] = defaultdict(lambda: defaultdict(set))
    sizes: dict[tuple[int, int], int] = {}
    for term in sorted(counts, key=lambda term: counts[term]):
        for spelling in term if counts[term] else ():
            for row in catalogue.find_named(spelling, None if counts[term] <= COMMON else list(in_part)):
                in_part[row.note_id][row.part].add(term)
                sizes[row.note_id, row.part] = row.words
    found: dict[int, float] = {}
    for note, parts in in_part.items():
        names = [(len(has) / sizes[note, part], has) for part, has in parts.items() if part != PLACE]
        share, best = max(
            names, key=lambda name: name[0] * sum(weights[term] for term in name[1]), default=(0.0, set())
        )
        if share >= LEAST_OF_NAME:
            around = parts[PLACE] - best if PLACE in parts else set[Term]()
            found[note] = share * sum(weights[term] for term in best) + PLACE_WORTH * sum(weights[t] for t in around)
    paths = catalogue.note_paths(list(found))
    ranked = sorted(((paths[note], score) for note, score in found.items()), key=lambda name: (-name[1], name[0]))
    return dict(ranked[:MOST_NOTES])


def is_in_names(catalogue: Catalogue, term: Term) -> bool:
    """Whether a word stands in some note's name, folder or tags."""
    return any(map(catalogue.count_named, term))
