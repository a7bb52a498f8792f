"""What was made of texts is kept for the next question, as far as a fixed number of characters reaches."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

_Result = TypeVar("_Result")
_Rest = ParamSpec("_Rest")
_Key = tuple[str, Hashable]
_OF_EACH = 200  # characters that a text counts beside its own, since an entry takes room too; set by hand


def kept(
    characters: int,
) -> Callable[[Callable[Concatenate[str, _Rest], _Result]], Callable[Concatenate[str, _Rest], _Result]]:
    """A decorator: what a function makes of texts is kept for those used last, `characters` of them together.

    An `lru_cache` counts calls: notes of a hundred lines and of a hundred thousand would be one to it. The text is the
    function's first argument; all have to be hashable.
    """

    def decorate(make: Callable[Concatenate[str, _Rest], _Result]) -> Callable[Concatenate[str, _Rest], _Result]:
        lock, results = threading.Lock(), OrderedDict[_Key, _Result]()
        held = 0

        @wraps(make)
        def keeping(text: str, *arguments: _Rest.args, **named: _Rest.kwargs) -> _Result:
            nonlocal held
            key = (text, (arguments, tuple(named.items())))
            with lock:
                if key in results:
                    results.move_to_end(key)
                    return results[key]
            made = make(text, *arguments, **named)
            with lock:
                if key not in results:
                    results[key] = made
                    held += len(text) + _OF_EACH
                while held > characters:
                    (oldest, _), _ = results.popitem(last=False)
                    held -= len(oldest) + _OF_EACH
            return made

        return keeping

    return decorate
