"""Which notes a question names: by the words of their file names and titles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

from rag_bot.text.terms import STOP_WORDS, spellings, words_of

MOST_NOTES = 5  # that a question may name; set by hand
LEAST_OF_NAME = 0.5  # of a name's words, by weight, that the question has to have; set by hand

Term = tuple[str, ...]
"""A word as the indexed languages spell it."""


@dataclass(frozen=True, slots=True)
class NameIndex:
    """The words of all notes' names. `weights` are those of rare words in names, `lengths` the names' whole weight."""

    languages: tuple[str, ...]
    notes: Mapping[Term, Sequence[str]]
    weights: Mapping[Term, float]
    lengths: Mapping[str, float]

    @classmethod
    def of(cls, names: Iterable[tuple[str, str]], languages: Sequence[str]) -> NameIndex:
        """`names` are path and title of every note."""
        spelled, notes, terms_of = tuple(languages), defaultdict[Term, list[str]](list), dict[str, frozenset[Term]]()
        for path, title in names:
            name = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
            terms_of[path] = _terms(name if name == title else f"{name} {title}", spelled)
            for term in terms_of[path]:
                notes[term].append(path)
        weights = {term: log(1 + (len(terms_of) + 1) / (len(paths) + 0.5)) for term, paths in notes.items()}
        lengths = {path: sum(weights[term] for term in terms) for path, terms in terms_of.items()}
        return cls(spelled, notes, weights, lengths)

    def search(self, terms: Iterable[Term]) -> dict[str, float]:
        """The notes that a question with these terms names, best first.

        With each the weight of the words that it has of the name, times their share of the name.
        """
        found: dict[str, float] = defaultdict(float)
        for term in terms:
            for path in self.notes.get(term, ()):
                found[path] += self.weights[term]
        shares = {path: weight / self.lengths[path] for path, weight in found.items()}
        named = [(path, found[path] * share) for path, share in shares.items() if share >= LEAST_OF_NAME]
        return dict(sorted(named, key=lambda name: (-name[1], name[0]))[:MOST_NOTES])

    def has(self, term: Term) -> bool:
        """Whether a word stands in some note's name."""
        return term in self.notes


@lru_cache(maxsize=200_000)  # most names are the same after a sync: of 100,000 they take a second
def _terms(name: str, languages: tuple[str, ...]) -> frozenset[Term]:
    return frozenset(spellings(word, languages) for word in words_of(name) if word not in STOP_WORDS)
