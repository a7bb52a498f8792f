"""The scope of questions: which notes they are asked of, as the page reports it, shows it and lets one choose it."""

from __future__ import annotations

import datetime
import json
from contextlib import suppress
from typing import Any

from markupsafe import Markup

from rag_bot.errors import RagBotError
from rag_bot.library import Library
from rag_bot.records import Filters, filters_words
from rag_bot.ui.notes.note_list import count_by_folder
from rag_bot.ui.reports import Parts, Report, Reports
from rag_bot.ui.templating import macros

MOST_CHOICES = 500  # folders, and as many tags, that the picker lists; set by hand
_LONGEST = 1_000  # characters of a folder or tag; longer than any path is


def wire_scope(reports: Reports, library: Library) -> None:
    """The chips over the question's field, and the picker that they open."""

    def narrowed(report: Report) -> Parts:
        return {"scope": scope_bar(reported_filters(report.text("scope")))}

    def choices(_: Report) -> Parts:
        try:
            shown = picker(library.note_titles(), library.tags(), datetime.date.today())
        except RagBotError as error:
            shown = macros("base.html").notice(str(error))
        return {"scope-picker": shown}

    reports.on("scope", "narrow", narrowed, refreshes=False)
    reports.on("scope-picker", "choose", choices, refreshes=False)


def reported_filters(scope: str) -> Filters:
    """The filters that the page reports, as JSON by the names of their fields. What is none of them is left out."""
    told: Any = None
    with suppress(ValueError):
        told = json.loads(scope)

    def text(name: str) -> str | None:
        value = told.get(name) if isinstance(told, dict) else None
        return value if isinstance(value, str) and 0 < len(value) <= _LONGEST else None

    def day(name: str) -> datetime.date | None:
        with suppress(ValueError):
            return datetime.date.fromisoformat(text(name) or "")
        return None

    return Filters(text("folder"), text("tag"), day("since"), day("until"))


def scope_bar(filters: Filters) -> Markup:
    """What the next question is asked of: a chip for each filter, or that it is all notes."""
    parts = (
        (("folder",), "in ", Filters(folder=filters.folder)),
        (("tag",), "tagged ", Filters(tag=filters.tag)),
        (("since", "until"), "of ", Filters(since=filters.since, until=filters.until)),
    )
    words = [(names, preposition, filters_words(part)[0]) for names, preposition, part in parts if part]
    chips = [(names, told, told.removeprefix(preposition)) for names, preposition, told in words]
    return macros("chat.html").scope_bar(chips)


def picker(notes: list[tuple[str, str]], tags: list[tuple[str, int]], today: datetime.date) -> Markup:
    """What can be chosen: folders as a tree and tags, each with the number of its notes, and times around today.

    `notes` are their paths and titles, by path.
    """
    counts = count_by_folder(path for path, _ in notes)
    folders = [
        (folder, folder.rpartition("/")[2], folder.count("/"), counts[folder])
        for folder in sorted(counts, key=lambda folder: folder.split("/"))
    ]
    return macros("chat.html").picker(folders[:MOST_CHOICES], tags[:MOST_CHOICES], _times(today))


def _times(today: datetime.date) -> list[tuple[str, str, str]]:
    """The names of weeks, months and years that are going on, each with its first and last day."""
    monday = today - datetime.timedelta(today.weekday())
    month = today.replace(day=1)
    next_month = (month + datetime.timedelta(31)).replace(day=1)
    spans = (
        ("This week", monday, monday + datetime.timedelta(6)),
        ("This month", month, next_month - datetime.timedelta(1)),
        ("This year", today.replace(month=1, day=1), today.replace(month=12, day=31)),
    )
    return [(name, first.isoformat(), last.isoformat()) for name, first, last in spans]
