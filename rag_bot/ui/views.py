"""Everything on the page that changes by itself, as it has to look now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rag_bot.ui.evaluations import Evaluations
from rag_bot.ui.glance import Glances
from rag_bot.ui.note_list import ALL, NoteLists
from rag_bot.ui.notes_page import filters, rows, summary
from rag_bot.ui.overview import overview, watching
from rag_bot.ui.run_list import Chosen
from rag_bot.ui.sync_job import SyncJob
from rag_bot.ui.watch_job import WatchJob
from rag_bot.ui.welcome import welcome

Views = dict[str, Any]
"""The value of each part of the page, by its name."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the page gets what it shows from."""

    glances: Glances
    lists: NoteLists
    sync: SyncJob
    watch: WatchJob
    evaluations: Evaluations

    def views(self) -> Views:
        """The side and the welcome. A few milliseconds where nothing has changed."""
        glance, sync, watch = self.glances.now(), self.sync.state, self.watch.state
        return {
            "overview": overview(glance, sync, watch),
            "welcome": welcome(glance, sync),
            "watching": watching(watch),
            "watch": watch.on,
        }

    def evaluation_views(self, chosen: Chosen) -> Views:
        """The page of evaluations."""
        return self.evaluations.views(chosen, self.glances.now().notes)

    def notes_views(self, query: str, state: str) -> Views:
        """The page of notes, as it was a while ago at most."""
        notes = self.lists.look_again()
        return {
            "summary": summary(self.glances.now()),
            "filter": filters(notes.counts()),
            "rows": rows(notes.find(query, state or ALL)),
        }
