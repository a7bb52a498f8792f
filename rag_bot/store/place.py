"""Where the vectors and the catalogue of an index are: in its own folder, or on servers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rag_bot.errors import IndexUnusable, UsageError
from rag_bot.files import write_whole
from rag_bot.store.ownership import PLACE_NAME, read_mark


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


OWN_FOLDER = VectorsPlace()


def other_machine(setting: str, wanted: Callable[[str], str]) -> str:
    """The host of a setting where it is another machine, to be told to people; "" where nothing leaves this one.

    `wanted` gives the setting's URL, and raises UsageError for one to which nothing is sent.
    """
    from rag_bot.llm.connection import Address

    try:
        address = Address(wanted(setting))
    except UsageError:
        return ""
    return address.place if address.host and address.is_remote else ""


@dataclass(frozen=True, slots=True)
class CataloguePlace:
    """Where the catalogue is: in a schema of a PostgreSQL database, or with "" in a file in the index's folder.

    Which one it is stands in a file of that folder. That of an index which came from elsewhere does not count, agreed
    to or not: it names a schema of another identity.
    """

    url: str = ""
    schema: str = ""

    @classmethod
    def of_index(cls, index: Path, url: str) -> CataloguePlace:
        """That of this index; no other one, and no copy of it, has a schema of this name."""
        return cls(url, _prefix(index).replace("-", "_").rstrip("_")) if url else cls()

    @classmethod
    def read(cls, index: Path) -> CataloguePlace:
        """Raises IndexUnusable where the file is damaged, or of another index."""
        try:
            noted = json.loads((index / PLACE_NAME).read_text(encoding="utf-8"))
            place = cls(str(noted["url"]), str(noted["schema"]))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            place = cls()
        if (
            not (mark := read_mark(index))
            or not place.schema.startswith(f"rag_bot_{mark}_")
            or not place.schema.isidentifier()
        ):
            raise IndexUnusable(
                f"The file {index / PLACE_NAME}, which says where the catalogue is, is damaged or of another index. "
                "Remove it and run `rag-bot verify --repair`; your notes are not touched."
            )
        return place

    def write(self, index: Path) -> None:
        """Make it that of the index."""
        write_whole(index / PLACE_NAME, json.dumps({"url": self.url, "schema": self.schema}))

    def __str__(self) -> str:
        """For people: host and database."""
        parts = urlsplit(self.url)
        return f"{parts.netloc.rpartition('@')[2]}{parts.path}"


def _prefix(index: Path) -> str:
    where = hashlib.sha256(str(index.resolve()).encode()).hexdigest()[:12]
    return f"rag-bot-{read_mark(index)}-{where}-"
