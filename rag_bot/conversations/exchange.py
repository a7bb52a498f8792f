"""A conversation, a question of it with its answer as they are saved, and the JSON that is saved of these."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field, replace
from functools import cache, reduce
from operator import getitem
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from rag_bot.records import ANSWERED, EARLIER_SUPPORTS, NONE, Answer, Filters, Place

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_ABSENT = object()  # stands where a value is missing, until pydantic says of which type it has to be
_EMPTY = {
    "string_type": "",
    "path_type": "",
    "bool_type": False,
    "int_type": 0,
    "float_type": 0.0,
    "tuple_type": [],
    "dict_type": {},
    "dataclass_type": {},
}
"""What stands for nothing, by the error that pydantic reports where a value of the type is expected."""


def local_now() -> str:
    """The local time with its offset, to the second: `2026-11-03T14:05:09+01:00`."""
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as lists show it. `created` and `changed` are local times with their offset.

    `exchanges` counts all wordings of each question; `pinned` says that it stands before those that are not.
    """

    key: str
    title: str
    created: str
    changed: str
    exchanges: int
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class SavedExchange:
    """A question, asked of all notes or of those that pass `filters`, and its answer without the notes themselves.

    Of the answer's `nearest` hits only their places are kept, in `nearest`; `answer.nearest` is always empty.
    `key` is of the caller's making and belongs to one exchange of a conversation. `asked` is as `local_now` gives it.
    """

    key: str
    question: str
    filters: Filters
    answer: Answer
    asked: str = field(default_factory=local_now)
    nearest: tuple[Place, ...] = ()

    def __post_init__(self) -> None:
        if self.answer.nearest:
            object.__setattr__(self, "nearest", tuple(Place.of(hit) for hit in self.answer.nearest))
            object.__setattr__(self, "answer", replace(self.answer, nearest=()))


@cache
def _adapter() -> TypeAdapter[SavedExchange]:
    """Made at the first use: it takes some 10 ms."""
    return TypeAdapter(SavedExchange)


def to_json(exchange: SavedExchange) -> bytes:
    """UTF-8, in which a lone half of a surrogate pair, as in damaged text, is kept as it is.

    The text is made by `json`: pydantic refuses such halves.
    """
    values = _adapter().dump_python(exchange, warnings=False)
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=str)  # dates as ISO 8601
    return text.encode("utf-8", "surrogatepass")


def from_json(saved: bytes) -> SavedExchange:
    """What `to_json` wrote, now or in another version; whatever JSON it is, there is an exchange.

    Unknown fields are left out. A field that is missing, or has a value of another type, gets its default, or the empty
    value of its type; a part of a list that is of another type is left out.

    Raises:
        ValueError: this is no JSON.
    """
    values = json.loads(saved.decode("utf-8", "surrogatepass"))
    if isinstance(values, dict):
        if not isinstance(values.get("asked"), str):
            values["asked"] = ""  # the default would be now
        if isinstance(folder := values.get("folder"), str) and "filters" not in values:  # all that there was before
            values["filters"] = {"folder": folder or None}
        answer = values.get("answer")
        if isinstance(answer, dict) and not isinstance(answer.get("verdict"), str):  # of before there were verdicts
            answer["verdict"] = NONE if answer.get("abstained") is True else ANSWERED
        sentences = answer.get("sentences") if isinstance(answer, dict) else None
        for sentence in sentences if isinstance(sentences, list) else ():
            if isinstance(sentence, dict) and isinstance(support := sentence.get("support"), str):
                sentence["support"] = EARLIER_SUPPORTS.get(support, support)
    while True:
        try:
            return _adapter().validate_python(values)
        except ValidationError as error:
            for problem in reversed(error.errors()):  # so that the parts of a list that come before keep their places
                values = _mended(values, problem)


def _mended(values: Any, problem: ErrorDetails) -> Any:
    """The values without this problem: one that is not as expected goes, one that is missing becomes an empty one."""
    if not problem["loc"]:
        return {"asked": ""}
    *above, last = problem["loc"]
    inside: Any = reduce(getitem, above, values)
    if problem["type"] == "missing":
        inside[last] = _ABSENT
    elif problem["input"] is _ABSENT:
        inside[last] = _EMPTY[problem["type"]]
    else:
        del inside[last]
    return values
