"""Everything on the page that changes by itself, as it has to look now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rag_bot.errors import RagBotError
from rag_bot.ui.chat.chat_list import chat_list
from rag_bot.ui.chat.chats import MOST_LISTED, Chats
from rag_bot.ui.chat.streaming import Streams
from rag_bot.ui.chat.welcome import welcome
from rag_bot.ui.evaluation.evaluations import Chosen, Evaluations
from rag_bot.ui.models.model_view import badge, model_choices, model_notice, shown_name
from rag_bot.ui.models.models import Models
from rag_bot.ui.notes.note_list import ALL, NoteLists
from rag_bot.ui.notes.notes_page import filters, rows, summary
from rag_bot.ui.syncing.glance import Glances
from rag_bot.ui.syncing.overview import overview, watching
from rag_bot.ui.syncing.sync_job import SyncJob
from rag_bot.ui.syncing.watch_job import WatchJob

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
    chats: Chats
    models: Models
    streams: Streams

    def views(self, search: str) -> Views:
        """The side, with the conversations that have these words, and the welcome. A few milliseconds where nothing
        has changed.
        """
        glance, sync, watch = self.glances.now(), self.sync.state, self.watch.state
        return {
            "overview": overview(glance, sync, watch),
            "welcome": welcome(glance, sync),
            "watching": watching(watch),
            "watch": watch.on,
            **self._chat_views(search),
            **self._model_views(),
        }

    def _chat_views(self, search: str) -> Views:
        problem = self.chats.problem
        try:
            listed = self.chats.list(search)
        except RagBotError as error:
            listed, problem = (), str(error)
        return {"chats": chat_list(listed, search, MOST_LISTED, problem)}

    def _model_views(self) -> Views:
        choice = self.models.choice
        known = (model_choices(choice), shown_name(choice))
        return {"answers_by": known, "model": model_notice(choice), "remote": badge(choice)}

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
