"""What happens on the pages that browsers have open, and what is done about it.

The scripts of a page report an event of one of its parts; what comes back is the HTML of the parts that change by it.
Gradio carries both, and knows an open page by the session of its requests.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from rag_bot.ui.hidden_characters import show_hidden
from rag_bot.ui.open_pages import OpenPage, OpenPages

Parts = Mapping[str, str]
"""HTML by the id of the part of the page that it is put into."""
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "multiple"}
_MOST_DIGITS = 9  # of the number of a line; a note has at most 64 million characters


@dataclass(frozen=True, slots=True)
class Report:
    """An event of the page: what it was reported with, and `shows`, what the page shows and looks for meanwhile.

    Both can hold anything, for anybody who reaches the app can send it.
    """

    told: Mapping[str, Any]
    shows: Mapping[str, Any]
    page: OpenPage
    request: gr.Request

    @property
    def session(self) -> str:
        """The name of the page, which another one does not have."""
        return str(self.request.session_hash)

    def text(self, name: str) -> str:
        """What was told by that name, "" if nothing was."""
        value = self.told.get(name)
        return "" if value is None else str(value)

    def line(self, name: str) -> int:
        """The number of a line, 0 for all else."""
        return line_number(self.told.get(name))

    def is_told(self, name: str) -> bool:
        return self.told.get(name) is True


Does = Callable[[Report], Parts | None]
Answers = Callable[[Report], Iterator[Parts]]


class Reports:
    """What is done about each event of each part. `refreshed` gives the parts that look otherwise than is shown.

    What is told of each part that `refreshed` gives is a mark of its HTML, which the page sends back.
    """

    def __init__(self, pages: OpenPages, refreshed: Callable[[Report], tuple[Parts, Mapping[str, str]]]) -> None:
        self._pages = pages
        self._refreshed = refreshed
        self._does: dict[tuple[str, str], tuple[Does, bool]] = {}
        self._answers: dict[tuple[str, str], Answers] = {}

    def on(self, part: str, event: str, does: Does, *, refreshes: bool = True) -> None:
        """With `refreshes`, the whole page is shown as it is afterwards."""
        self._does[part, event] = does, refreshes

    def on_asking(self, part: str, event: str, answers: Answers) -> None:
        """For an event whose answer grows; each of the parts that it gives is sent as it comes."""
        self._answers[part, event] = answers

    def carry(self) -> None:
        """Adds the component that carries reports, which shows nothing itself, to the Blocks that are being made."""
        events = '"report", "ask"'  # Gradio knows an event by its name in the script
        connect = f"ragBot.connect(props, watch, trigger); // {events}"
        carrier = gr.HTML("", html_template="", js_on_load=connect, visible="hidden")
        carrier.report(self._report, None, carrier, queue=False, **_QUIET)
        carrier.ask(self._ask, None, carrier, concurrency_limit=None, **_QUIET)

    def _report(self, event: gr.EventData, request: gr.Request) -> Any:
        does, refreshes = self._does.get((str(event.part), str(event.event)), (None, False))
        if does is None:
            return gr.skip()
        report = self._of(event, request)
        parts = does(report) or {}
        refreshed, marks = self._refreshed(report) if refreshes else ({}, {})
        return _sent(event, {**refreshed, **parts}, marks)

    def _ask(self, event: gr.EventData, request: gr.Request) -> Iterator[Any]:
        answers = self._answers.get((str(event.part), str(event.event)))
        for parts in answers(self._of(event, request)) if answers else ():
            yield _sent(event, parts, {})

    def _of(self, event: gr.EventData, request: gr.Request) -> Report:
        page = self._pages.heard(str(request.session_hash), str(event.shows.get("chat", "")))
        return Report(event.told, event.shows, page, request)


def line_number(reported: object) -> int:
    """A line that the page reports, as a number or its digits; 0 for all else, which anybody can send."""
    digits = str(reported)
    return int(digits) if digits.isdecimal() and len(digits) <= _MOST_DIGITS else 0


def _sent(event: gr.EventData, parts: Parts, marks: Mapping[str, str]) -> str:
    """As scripts/connect.js takes it: with the number of the report, by which it knows what is the newest."""
    shown = {part: show_hidden(html) for part, html in parts.items()}
    return json.dumps({"number": event.number, "parts": shown, "marks": marks})
