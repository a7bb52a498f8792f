"""A question and its answer as they are saved, and how they become JSON and are joined together again."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field, replace

from rag_bot.conversations.rejoin import plain, rejoin
from rag_bot.records import Answer, Place


def local_now() -> str:
    """The local time with its offset, to the second: `2026-11-03T14:05:09+01:00`."""
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class SavedExchange:
    """A question, asked in a folder or everywhere (""), and its answer without the notes themselves.

    Of the answer's `nearest` hits only their places are kept, in `nearest`; `answer.nearest` is always empty.
    `key` is of the caller's making and belongs to one exchange of a conversation. `asked` is as `local_now` gives it.
    """

    key: str
    question: str
    folder: str
    answer: Answer
    asked: str = field(default_factory=local_now)
    nearest: tuple[Place, ...] = ()

    def __post_init__(self) -> None:
        if self.answer.nearest:
            object.__setattr__(self, "nearest", tuple(Place.of(hit) for hit in self.answer.nearest))
            object.__setattr__(self, "answer", replace(self.answer, nearest=()))


def to_json(exchange: SavedExchange) -> bytes:
    """UTF-8, in which a lone half of a surrogate pair, as in damaged text, is kept as it is."""
    text = json.dumps(plain(exchange), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def from_json(saved: bytes) -> SavedExchange:
    """What `to_json` wrote, now or in another version: unknown fields are left out, missing ones get defaults.

    Raises:
        ValueError: this is no JSON.
    """
    return rejoin(SavedExchange, json.loads(saved.decode("utf-8", "surrogatepass")))
