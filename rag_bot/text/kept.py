"""What was made of texts is kept for the next question, as far as a fixed number of characters reaches."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, TypeVar, cast

_Make = TypeVar("_Make", bound=Callable[..., Any])
_Key = tuple[str, Hashable]
_OF_EACH = 200  # characters that a text counts beside its own, since an entry takes room too; set by hand


def kept(characters: int) -> Callable[[_Make], _Make]:
    """A decorator: what a function makes of texts is kept for those used last, `characters` of them together.

    An `lru_cache` counts calls: notes of a hundred lines and of a hundred thousand would be one to it. The text is the
    function's first argument; all have to be hashable. The text used last is kept however long it is.
    """

    def decorate(make: _Make) -> _Make:
        lock, results = threading.Lock(), OrderedDict[_Key, Any]()
        held = 0

        @wraps(make)
        def keeping(text: str, *arguments: Any, **named: Any) -> Any:
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
                while held > characters and len(results) > 1:
                    (oldest, _), _ = results.popitem(last=False)
                    held -= len(oldest) + _OF_EACH
            return made

        return cast(_Make, keeping)

    return decorate
