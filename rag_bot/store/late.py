"""What the graph of an index's folder does not know yet. Chroma loads a whole graph for one new vector.

So a few changes of a large library wait in the catalogue: what is new is compared one by one, beside the graph, and
what is gone the catalogue does not know. The graph takes all in at once when more have come than are soon compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Late:
    """Keys that the graph still lacks, and those that it still has though no note has them."""

    entered: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()

    @classmethod
    def read(cls, meta: Mapping[str, str]) -> Self:
        """As the catalogue's `meta` has it under "late"."""
        noted = json.loads(meta.get("late") or "[[], []]")
        return cls(*map(frozenset, noted))

    def __str__(self) -> str:
        return json.dumps([sorted(self.entered), sorted(self.removed)])

    def __len__(self) -> int:
        return len(self.entered) + len(self.removed)

    def enter(self, keys: Iterable[str]) -> Self:
        """These are wanted too; a key whose vector is still in the graph only has to stay there."""
        wanted = frozenset(keys)
        return type(self)(self.entered | (wanted - self.removed), self.removed - wanted)

    def remove(self, keys: Iterable[str]) -> Self:
        """These are no longer wanted."""
        unwanted = frozenset(keys)
        return type(self)(self.entered - unwanted, self.removed | (unwanted - self.entered))

    def without(self, keys: Iterable[str]) -> Self:
        """The graph has just been told of these."""
        told = frozenset(keys)
        return type(self)(self.entered - told, self.removed - told)


NOTHING_LATE = Late()
