"""The pages that browsers have open, as the app remembers them, and which of them it lets go."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from rag_bot.ui.chat.chats import Chat

MOST_PAGES = 500  # that are remembered; set by hand: as many that are open ask more often than one process can answer
SILENT_SECONDS = 3600.0  # after which a page is let go; set by hand: an open one asks for news at least each minute


@dataclass(slots=True)
class OpenPage:
    """What is remembered of a page that a browser has open.

    `note` is the path of the note that its panel shows, and its mark when it was opened; empty before the first.
    `heard` is when it reported something last, in seconds of `time.monotonic`.
    """

    chat: Chat = field(default_factory=Chat)
    note: tuple[str, str] = "", ""
    heard: float = 0.0


class OpenPages:
    """Those that were heard of last, by their sessions; safe to use from several threads.

    Nothing tells for sure that a page is closed: a machine that sleeps is as silent, and goes on when it wakes. So a
    page that was let go and is heard of again has the conversation that it shows, as far as that was saved.
    """

    def __init__(self, open_chat: Callable[[str], Chat], now: Callable[[], float] = time.monotonic) -> None:
        self._open_chat = open_chat
        self._now = now
        self._lock = threading.Lock()
        self._pages = OrderedDict[str, OpenPage]()

    def __len__(self) -> int:
        return len(self._pages)

    def heard(self, session: str, shown: str) -> OpenPage:
        """The page that reports something; `shown` is the key of the conversation that it shows, "" for a new one."""
        with self._lock:
            page = self._pages.pop(session, None) or OpenPage(self._open_chat(shown) if shown else Chat())
            page.heard = self._now()
            self._pages[session] = page
            while len(self._pages) > MOST_PAGES or next(iter(self._pages.values())).heard < page.heard - SILENT_SECONDS:
                self._pages.popitem(last=False)
            return page
