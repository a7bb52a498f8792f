"""Where the vectors of an index are: in its own folder, or on a Chroma server."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from rag_bot.store.ownership import read_mark


@dataclass(frozen=True, slots=True)
class VectorsPlace:
    """Where the vectors of one store are, as the catalogue notes it: `URL COLLECTION`; "" in the store's own folder."""

    url: str = ""
    collection: str = ""

    @classmethod
    def read(cls, noted: str) -> VectorsPlace:
        url, _, collection = noted.rpartition(" ")
        return cls(url, collection)

    @classmethod
    def of_store(cls, index: Path, store: str, url: str) -> VectorsPlace:
        """That of a folder `store-N` of this index; no other index, and no copy of it, has one of this name."""
        return cls(url, f"{_prefix(index)}{store}") if url else cls()

    def __str__(self) -> str:
        return f"{self.url} {self.collection}".strip()

    def is_of(self, index: Path) -> bool:
        """Whether the index made it, and not one that it was copied from."""
        return self.collection.startswith(_prefix(index))


def _prefix(index: Path) -> str:
    where = hashlib.sha256(str(index.resolve()).encode()).hexdigest()[:12]
    return f"rag-bot-{read_mark(index)}-{where}-"


OWN_FOLDER = VectorsPlace()
