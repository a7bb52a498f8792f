"""Which notes a question names: by the words of their file names, titles and aliases, then of folders and tags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
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

    With each the weight of the words that it has of the best name, times their share of it, and some of that of words
    in its folders and tags. Rare words weigh more.
    """
    total = catalogue.census.count()
    counts = {term: max(map(catalogue.count_named, term)) for term in terms}
    weights = {term: log(1 + (total + 1) / (count + 0.5)) for term, count in counts.items()}
    by_rarity = sorted((term for term in counts if counts[term]), key=lambda term: (counts[term], term))
    in_part: dict[int, dict[int, set[Term]]] = defaultdict(lambda: defaultdict(set))
    sizes: dict[tuple[int, int], int] = {}
    for term in by_rarity:
        for row in catalogue.find_named(term, None if counts[term] <= COMMON else list(in_part)):
            if row.part != PLACE or counts[term] <= MOST_NOTES:  # the folder of a note or two is as good as a name
                in_part[row.note_id][row.part].add(term)
                sizes[row.note_id, row.part] = row.words
    found: dict[int, float] = {}
    for note, parts in in_part.items():
        scores = {part: sum(weights[term] for term in has) for part, has in parts.items()}
        shares = {part: len(has) / sizes[note, part] for part, has in parts.items() if part != PLACE}
        named = [shares[part] * scores[part] for part in shares if shares[part] >= LEAST_OF_NAME]
        if named or PLACE in parts:
            found[note] = max(named, default=0.0)
    for term in by_rarity:
        around = {row.note_id for row in catalogue.find_named(term, list(found)) if row.part == PLACE}
        for note in around:
            found[note] += PLACE_WORTH * weights[term]
    paths = catalogue.note_paths(list(found))
    ranked = sorted(((paths[note], score) for note, score in found.items()), key=lambda name: (-name[1], name[0]))
    return dict(ranked[:MOST_NOTES])


def is_in_names(catalogue: Catalogue, term: Sequence[str]) -> bool:
    """Whether a word, in one of these spellings, stands in some note's name, folder or tags."""
    return any(map(catalogue.count_named, term))
