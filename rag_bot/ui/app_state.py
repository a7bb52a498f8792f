"""What all pages of one app share, and everything on a page that changes by itself, as it has to look now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from rag_bot.errors import RagBotError
from rag_bot.library import Library
from rag_bot.ui.chat.chat_view import chat_list
from rag_bot.ui.chat.chats import MOST_LISTED, Chats
from rag_bot.ui.chat.streaming import Streams
from rag_bot.ui.evaluation.evaluations import Chosen, Evaluations
from rag_bot.ui.models.model_view import answers_by, badge, model_notice
from rag_bot.ui.models.models import Models
from rag_bot.ui.notes.list_view import ListViews
from rag_bot.ui.notes.note_list import Looked, NoteLists
from rag_bot.ui.notes.panel import mark_of
from rag_bot.ui.notes.summary_view import summary
from rag_bot.ui.notes.upkeep_job import UpkeepJob
from rag_bot.ui.notes.upkeep_view import upkeep
from rag_bot.ui.notes.uploads import upload_form
from rag_bot.ui.syncing.folders import KnownFolders
from rag_bot.ui.syncing.index_snapshot import SnapshotCache
from rag_bot.ui.syncing.overview import overview
from rag_bot.ui.syncing.sync_job import SyncJob
from rag_bot.ui.syncing.watch_job import WatchJob
from rag_bot.ui.syncing.welcome import welcome
from rag_bot.ui.templating import macros

Views = dict[str, Any]
"""The value of each part of the page, by its name."""


@dataclass(frozen=True, slots=True)
class AppState:
    """Where a page gets what it shows from. `is_local` says whether the app is reached on this machine alone."""

    library: Library
    snapshots: SnapshotCache
    folders: KnownFolders
    lists: NoteLists
    list_views: ListViews
    upkeep: UpkeepJob
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
            "overview": overview(snapshot, sync, watch, is_kept_up=self.upkeep.state.running),
            "welcome": welcome(snapshot, sync, () if snapshot.notes else self.folders.now()),
            "chats": chat_list(listed, search, MOST_LISTED, problem),
            "answers-by": answers_by(choice),
            "model": model_notice(choice),
            "remote": badge(choice),
        }

    def note_news(self, path: str, mark: str) -> Views:
        """Whether the note that the panel shows was changed since it had this mark."""
        try:
            is_changed = bool(path) and mark_of(self.library, path) != mark
        except RagBotError:  # what is wrong with the index is told elsewhere
            is_changed = False
        return {"note-news": macros("notes.html").changed(path) if is_changed else Markup()}

    def evaluation_views(self, chosen: Chosen) -> Views:
        """The page of evaluations."""
        return self.evaluations.views(chosen, self.snapshots.now().notes)

    def notes_views(self, looked: Looked) -> Views:
        """The page of notes, as it was a while ago at most."""
        snapshot, settings = self.snapshots.now(), self.library.settings
        notes = self.lists.look_again(snapshot.version.generation)
        views: Views = {
            "summary": summary(snapshot, notes, settings.notes),
            "upkeep": upkeep(snapshot, self.sync.state, self.watch.state, self.upkeep.state),
            **self.list_views.of(notes, looked, has_looked=self.lists.has_looked),
        }
        if settings.uploads:
            views["uploads"] = upload_form(self.lists.targets)
        return views
