"""Is the catalogue sound in itself? Keys are made from the content, so every passage can be checked against its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from rag_bot.records import Chunk
from rag_bot.store.catalogue import Catalogue

_UNIT = 1e-3  # how far the length of a stored vector may be from 1


@dataclass(frozen=True, slots=True)
class Unsound:
    """Notes with passages that are not what their keys say, or that have no whole vector; and those vectors' keys."""

    notes: tuple[str, ...]
    keys: tuple[str, ...]


def find_unsound(catalogue: Catalogue, key_of: Callable[[Chunk], str]) -> Unsound:
    """Compare every passage and every vector with what it should be; reads everything."""
    whole = set(_whole_vectors(catalogue))
    bad_keys = catalogue.live_keys() - whole
    notes = {chunk.note_path for chunk in catalogue.chunks() if chunk.key in bad_keys or chunk.key != key_of(chunk)}
    return Unsound(tuple(sorted(notes)), tuple(sorted(bad_keys)))


def is_unit(vector: bytes) -> bool:
    """Whether stored bytes are a vector of length 1, which noise is not."""
    if not vector or len(vector) % 4:
        return False
    return bool(abs(float(np.linalg.norm(np.frombuffer(vector, dtype="<f4"))) - 1) < _UNIT)


def _whole_vectors(catalogue: Catalogue) -> Iterator[str]:
    return (key for key, vector in catalogue.stored_vectors() if is_unit(vector))
