"""The parts of the page that choose a folder of notes to be read, decide about lost notes, and stop a sync."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from rag_bot.errors import UsageError
from rag_bot.output import nesting_words
from rag_bot.ui.app_state import AppState
from rag_bot.ui.components import AT_ONCE, html
from rag_bot.ui.hidden_characters import show_hidden
from rag_bot.ui.syncing.folders import answering, check_folder, is_too_wide, list_folder, nearest_folder, read_path
from rag_bot.ui.syncing.sync_job import SyncJob
from rag_bot.ui.syncing.welcome import picker, where
from rag_bot.ui.templating import macros

_BUSY = "Notes are being read already. Choose this folder again when that is through."


class FolderPicker:
    """Made inside the Blocks that it belongs to; `name` is its id, for a page may have several.

    With a `title` it is folded below that until it is opened.
    """

    def __init__(self, name: str, state: AppState, *, title: str = "") -> None:
        self._state = state
        self._title = title
        self._part = html(name, "browse", "read_folder", first=self._show(picker()))

    def wire(self, refreshing: dict[str, Any], others: Iterable[Any] = ()) -> None:
        """`others` are parts that also name a folder to be read; what is wrong with it shows here."""
        self._part.browse(self._browse, None, self._part, **AT_ONCE)
        for part in (self._part, *others):
            part.read_folder(self._read, None, self._part, **AT_ONCE).then(**refreshing)

    def _browse(self, event: gr.EventData) -> str:
        """The folders in the one that is named, or in the home."""
        typed, path = str(event.folder), Path.home()
        try:
            path = read_path(typed) if typed else path
            return self._show(picker(where(path), listing=list_folder(path)))
        except UsageError as error:
            return self._show(picker(typed, problem=str(error), near=nearest_folder(path.parent)))

    def _read(self, event: gr.EventData) -> str:
        """Begins to read the folder, unless it is none, too wide to be read without a word, or read with another one.

        That it lies around others that are read is told.
        """
        typed, path = str(event.folder), Path.home()
        try:
            path = read_path(typed)
            check_folder(path)
            real = answering(path, path.resolve)
        except UsageError as error:
            return self._show(picker(typed, problem=str(error), near=nearest_folder(path)))
        if is_too_wide(path) and not getattr(event, "sure", ""):
            return self._show(picker(where(path), too_wide=path))
        status = self._state.snapshots.now().status
        roots = status.roots if status else ()
        words = nesting_words(real, roots)
        if any(root in real.parents for root in roots):
            return self._show(picker(where(path), problem=words))
        is_begun = self._state.sync.start([str(path)])
        return self._show(picker(problem=words) if is_begun else picker(where(path), problem=_BUSY))

    def _show(self, picker: Markup) -> str:
        return show_hidden(macros("folders.html").folded(self._title, picker) if self._title else picker)


def wire_sync(sync: SyncJob, refreshing: dict[str, Any], *, decide: Any, stops: Iterable[Any]) -> None:
    """What becomes of lost notes is decided by `decide`; the events of `stops` end the sync that runs."""

    def answer(event: gr.EventData) -> None:
        """About the folder that is named, or else as the question was that the sync stopped with."""
        on_loss, folder = str(event.answer), getattr(event, "folder", None)
        if folder:
            sync.start([str(folder)], on_loss=on_loss)
        else:
            sync.answer(on_loss)

    decide(answer, None, None, **AT_ONCE).then(**refreshing)
    for stop in stops:
        stop(sync.cancel, None, None, **AT_ONCE).then(**refreshing)
