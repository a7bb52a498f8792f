"""What all pages of one app share, and everything on a page that changes by itself, as it has to look now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rag_bot.errors import RagBotError
from rag_bot.ui.chat.chat_view import chat_list, welcome
from rag_bot.ui.chat.chats import MOST_LISTED, Chats
from rag_bot.ui.chat.streaming import Streams
from rag_bot.ui.evaluation.evaluations import Chosen, Evaluations
from rag_bot.ui.models.model_view import badge, model_choices, model_notice, shown_name
from rag_bot.ui.models.models import Models
from rag_bot.ui.notes.note_list import ALL, NoteLists, filters, rows, summary
from rag_bot.ui.syncing.index_snapshot import SnapshotCache
from rag_bot.ui.syncing.overview import overview, watching
from rag_bot.ui.syncing.sync_job import SyncJob
from rag_bot.ui.syncing.watch_job import WatchJob

Views = dict[str, Any]
"""The value of each part of the page, by its name."""


@dataclass(frozen=True, slots=True)
class AppState:
    """Where a page gets what it shows from. `is_local` says whether the app is reached on this machine alone."""

    snapshots: SnapshotCache
    lists: NoteLists
    sync: SyncJob
    watch: WatchJob
    evaluations: Evaluations
    chats: Chats
    models: Models
    streams: Streams
    is_local: bool = False

    def views(self, search: str) -> Views:
        """The side, with the conversations that have the words of `search`, and the welcome.

        Takes a few milliseconds where nothing has changed.
        """
        snapshot, sync, watch, choice = self.snapshots.now(), self.sync.state, self.watch.state, self.models.choice
        problem = self.chats.problem
        try:
            listed = self.chats.list(search)
        except RagBotError as error:
            listed, problem = (), str(error)
        return {
            "overview": overview(snapshot, sync, watch),
            "welcome": welcome(snapshot, sync),
            "watching": watching(watch),
            "watch": watch.on,
            "chats": chat_list(listed, search, MOST_LISTED, problem),
            "answers_by": (model_choices(choice), shown_name(choice)),
            "model": model_notice(choice),
            "remote": badge(choice),
        }

    def evaluation_views(self, chosen: Chosen) -> Views:
        """The page of evaluations."""
        return self.evaluations.views(chosen, self.snapshots.now().notes)

    def settings_views(self) -> Views:
        """The page of settings."""
        return {"settings": ""}

    def notes_views(self, query: str, state: str) -> Views:
        """The page of notes, as it was a while ago at most."""
        notes = self.lists.look_again()
        return {
            "summary": summary(self.snapshots.now()),
            "filter": filters(notes.counts()),
            "rows": rows(notes.find(query, state or ALL)),
        }
