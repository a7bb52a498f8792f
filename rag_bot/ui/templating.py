"""HTML from the templates beside this module. Whatever they are given is escaped, unless it is HTML of theirs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Protocol, cast

from markupsafe import Markup

from rag_bot.ui.phrases import quote_words
from rag_bot.ui.remedies import clickable


class Macros(Protocol):
    """The macros of a template by their names."""

    def __getattr__(self, name: str) -> Callable[..., Markup]: ...


@cache
def macros(name: str) -> Macros:
    """The macros of a template, to be called like functions; each gives HTML as `markupsafe.Markup`.

    A value that a macro is given and that is no `Markup` is escaped. Messages go through the filter `clickable`.

    Raises jinja2.UndefinedError for one it lacks.
    """
    return cast(Macros, _environment().get_template(name).module)


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clickable"] = clickable
    environment.filters["quote_words"] = quote_words
    return environment
