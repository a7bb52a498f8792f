"""Passages that repeat each other: only the best copy is shown, and names the others."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from rag_bot.records import Chunk, Hit, Note, SearchRanks

# Of the shorter passage's word triples, so many stand in the longer one. Set by hand.
DUPLICATE_SHARE = 0.8

Shingles = frozenset[tuple[str, ...]]


def collapse(ranked: Iterable[tuple[list[tuple[Chunk, Note]], float, SearchRanks]], limit: int) -> list[Hit]:
    """Turn ranked passages into hits; a passage that mostly repeats a better one becomes a duplicate of that.

    Each entry has all the chunks that share one text (the same passage in several notes).
    """
    kept: list[tuple[Chunk, Note, float, SearchRanks]] = []
    duplicates: dict[str, list[str]] = defaultdict(list)
    shingles: list[Shingles] = []
    for copies, score, why in ranked:
        copies = sorted(copies, key=lambda copy: (copy[0].note_path, copy[0].ordinal))
        locations = [chunk.location for chunk, _ in copies]
        own = word_shingles(copies[0][0].text)
        twin = next((index for index, other in enumerate(shingles) if repeats(own, other)), None)
        if twin is not None:
            duplicates[kept[twin][0].location] += locations
        elif len(kept) < limit:
            kept.append((*copies[0], score, why))
            shingles.append(own)
            duplicates[locations[0]] += locations[1:]
        else:
            break
    return [
        Hit(chunk, note, score, rank, why, tuple(duplicates[chunk.location]))
        for rank, (chunk, note, score, why) in enumerate(kept, start=1)
    ]


def word_shingles(text: str) -> Shingles:
    """The triples of neighbouring words of a text, lower-cased; its words where there are fewer than three."""
    words = re.findall(r"\w+", text.lower())
    size = min(3, len(words))
    return (
        frozenset(tuple(words[start : start + size]) for start in range(len(words) - size + 1)) if size else frozenset()
    )


def repeats(text: Shingles, other: Shingles) -> bool:
    """Whether the shorter of two texts mostly stands in the longer one, by their word triples."""
    shorter = min(len(text), len(other))
    return shorter > 0 and len(text & other) >= DUPLICATE_SHARE * shorter
