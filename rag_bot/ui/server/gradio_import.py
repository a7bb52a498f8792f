"""Gradio's import, without what it does for those who write programs with it."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def without_stubs() -> Iterator[None]:
    """While gradio is imported inside, it writes no type stubs into its own folder: half of the time that takes.

    It makes one for each class of components, unless the class is in no file, which `inspect.getfile` would say by an
    OSError. So that says so of gradio's classes.
    """
    found = inspect.getfile

    def getfile(asked: Any) -> str:
        if getattr(asked, "__module__", "").startswith("gradio."):
            raise OSError("its file is not looked for")
        return found(asked)

    inspect.getfile = getfile  # type: ignore[assignment]
    try:
        yield
    finally:
        inspect.getfile = found


def pages_folder() -> Path:
    """Where the pages are that come built with gradio."""
    spec = importlib.util.find_spec("gradio")
    assert spec
    assert spec.origin
    return Path(spec.origin).parent / "templates" / "frontend"
