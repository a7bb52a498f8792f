"""What a person or a program says to restrict a search -> Filters."""

from __future__ import annotations

from datetime import date

from rag_bot.errors import UsageError
from rag_bot.records import Filters
from rag_bot.text.dates import read_range


def read_filters(
    folder: str | None,
    tag: str | None,
    since: str | None,
    until: str | None,
    *,
    today: date | None = None,
    prefix: str = "",
) -> Filters:
    """The filters that are said so; times count from `today`. `prefix` is written before a name in errors: "--since".

    Raises:
        UsageError: a time cannot be read.
    """
    days: list[date | None] = []
    for name, text in (("since", since), ("until", until)):
        try:
            found = read_range(text, today or date.today()) if text else None
        except ValueError as error:
            raise UsageError(
                f"{prefix}{name} {text!r} is no date. Write it as in 2026-03-14, 2026-03 or 'last month'."
            ) from error
        days.append((found.first if name == "since" else found.last) if found else None)
    return Filters(folder or None, tag or None, *days)
