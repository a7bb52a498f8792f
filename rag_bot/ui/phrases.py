"""Counts, times, sizes, syncs and cited lines in words for people."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from rag_bot.markdown import as_shown, format_of, plain_text, table_cells
from rag_bot.output.visible import visible_line
from rag_bot.records import CHANGES, Quote, Run

_LONGEST_QUOTE = 400  # characters of cited lines that are shown beside their number; set by hand


def many(count: int, noun: str) -> str:
    """Such as "1 note" and "1,200 notes"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def when(moment: str | None, *, now: datetime.datetime | None = None) -> str:
    """A time as the index writes it, or a local one without a zone, in local words; "" for none."""
    if not moment:
        return ""
    local = datetime.datetime.fromisoformat(moment).astimezone()
    today = (now or datetime.datetime.now()).astimezone().date()
    days = (today - local.date()).days
    day = {0: "today", 1: "yesterday"}.get(days, local.date().isoformat())
    return f"{day} {local:%H:%M}"


def since(moment: str) -> str:
    """As `when`, but of today only the hour."""
    return when(moment).removeprefix("today ")


def size(count: int) -> str:
    """Bytes as people count them."""
    if count < 1_000_000:
        return f"{max(1, round(count / 1_000)):,} KB" if count else "0 KB"
    return f"{count / 1_000_000:,.1f} MB"


def duration(seconds: float) -> str:
    """Such as "0.3 s", and from a minute on "10 min"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min"


def time_left(seconds: float) -> str:
    """Such as "about 2 minutes left"; a guess, and told as one."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute left"
    if minutes < 55:
        return f"about {many(minutes, 'minute')} left" if minutes > 1 else "about a minute left"
    hours = round(seconds / 3600)
    return f"about {many(hours, 'hour')} left" if hours > 1 else "about an hour left"


def counts_words(counts: Mapping[str, Any]) -> str:
    """Such as "2 added, 1 changed"; of a sync that found all as it was, "nothing new"."""
    changes = [f"{int(counts[name]):,} {name}" for name in CHANGES if counts.get(name)]
    return ", ".join(changes) or "nothing new"


def run_words(run: Run, state: str) -> str:
    """What a sync of the history did. `state` is as `output.run_state` gives it."""
    unfinished = {"failed": "failed", "killed": "stopped before its end", "running": "running"}
    return unfinished.get(state) or counts_words(run.counts)


def cut(words: str, longest: int) -> str:
    """The first so many characters, with a sign where there are more."""
    return words if len(words) <= longest else f"{words[:longest]} …"


def quote_words(quote: Quote, most: int = _LONGEST_QUOTE) -> str:
    """Cited lines on one line and without their Markdown, cut to so many characters."""
    line = as_shown(quote.text, has_comments=format_of(quote.note_path).is_markdown).text.strip()
    words = " · ".join(filter(None, table_cells(line))) if line.startswith("|") else " ".join(plain_text(line).split())
    return visible_line(cut(words, most))
