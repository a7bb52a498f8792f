"""What happens on the page of settings, and what is done about it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rag_bot.conversations.database import Conversations
from rag_bot.errors import RagBotError, UsageError
from rag_bot.files import FileHashes
from rag_bot.library import Library
from rag_bot.llm.consent import agreements
from rag_bot.settings import Settings
from rag_bot.trust import agreements_file
from rag_bot.ui.app_state import AppState
from rag_bot.ui.models.model_setup import ModelSetup, Wish
from rag_bot.ui.notes.panel import unlike_any_other
from rag_bot.ui.reports import Parts, Report, Reports
from rag_bot.ui.settings.settings_file import (
    CHECK_MODEL,
    EXCLUDE,
    MODEL,
    READER,
    Changes,
    SettingsFile,
    value_of,
    with_values,
)
from rag_bot.ui.settings.settings_view import outcome, settings_view, unreadable

Values = Mapping[str, str]
"""What stands in a form, by the names of its fields."""


class SettingsPage:
    """What is changed there holds at once, and stands in the settings file."""

    def __init__(self, state: AppState, library: Library) -> None:
        self._state, self._library = state, library
        self._file = SettingsFile(library.settings, Path.cwd())
        self._setup = ModelSetup(library, state.models, self._file)
        self._does: Mapping[str, Callable[[Values, str], str]] = {
            "look": lambda values, _: self._setup.look(_wish(values)),
            "test": lambda values, _: self._setup.test(_wish(values)),
            "use": lambda values, mark: self._setup.use(_wish(values), mark),
            "quotes": lambda _, mark: self._setup.by_quotes(mark),
            "take_back": lambda values, mark: self._setup.take_back(_of(values, "name"), _of(values, "place"), mark),
            "keep_key": lambda values, _: self._setup.keep_key(_of(values, "provider"), _of(values, "key")),
            "forget_key": lambda values, _: self._setup.forget_key(_of(values, "provider")),
            "reading": self._change_reading,
            "exclude": self._change_exclude,
            "watch": lambda values, _: self._set_watching(values.get("on") == "yes"),
            "delete_all": lambda _, __: self._delete_conversations(),
        }

    def wire(self, reports: Reports) -> None:
        reports.on("settings", "act", self._act)
        reports.on("settings", "consent", self._consent)

    def views(self) -> Parts:
        """The page as it has to look now."""
        try:
            found, fixed = self._file.now(), self._file.fixed()
        except UsageError as error:
            return {"settings": unreadable(str(error))}
        settings, state = self._library.settings, self._state
        page = settings_view(
            settings,
            found,
            fixed,
            choice=state.models.choice,
            setup=self._setup.state,
            agreements=agreements(),
            status=state.snapshots.now().status,
            is_watching=state.watch.state.on,
            conversations=Conversations.of(settings).file,
            agreements_file=agreements_file(),
        )
        return {"settings": page}

    def _act(self, report: Report) -> Parts:
        """What came of it, in words, for the page that it was done on. Anybody can send anything."""
        does, form = report.text("does"), report.text("form")
        values = {str(name): str(value) for name, value in report.told["values"]}

        def work() -> str:
            return self._does[does](values, report.text("mark")) if does in self._does else ""

        return self._outcome_of(work, form, is_empty=does == "delete_all")

    def _consent(self, report: Report) -> Parts:
        return self._outcome_of(lambda: self._setup.consent(report.is_told("agreed")))

    def _outcome_of(self, work: Callable[[], str], form: str = "", *, is_empty: bool = False) -> Parts:
        try:
            words = work()
            came = outcome(words, form=form, is_done=True, is_empty=is_empty, mark=self._file.now().digest)
        except RagBotError as error:
            came = outcome(str(error), form=form, is_done=False)
        return {"settings-outcome": came + unlike_any_other()}

    def _change_reading(self, values: Values, mark: str) -> str:
        """A model is looked for, and fetched if need be, before anything is changed."""
        told = {name: values[name].strip() for name in (MODEL, READER, CHECK_MODEL) if name in values}
        changed = {name: told[name] for name in told if told[name] != value_of(self._library.settings, name)}
        if not changed:
            return "Nothing was changed."
        if MODEL in changed:
            from rag_bot.models.weights import find_model

            if not changed[MODEL]:
                raise UsageError("The search needs a model. Name one.")
            find_model(changed[MODEL], FileHashes(self._library.settings.cache))
        if READER in changed:
            from rag_bot.models.reader import open_reader

            open_reader(changed[READER])
        if changed.get(CHECK_MODEL):
            from rag_bot.check.check_model import open_check_model

            open_check_model(changed[CHECK_MODEL])
        self._save(changed, mark)
        if MODEL not in changed:
            return "Saved. It counts from the next question on."
        self._sync_anew()
        return "Saved. The notes are being embedded anew; until that is through they answer as before."

    def _change_exclude(self, values: Values, mark: str) -> str:
        lines = tuple(line.strip() for line in _of(values, "exclude").splitlines() if line.strip())
        if lines == self._library.settings.exclude:
            return "Nothing was changed."
        self._save({EXCLUDE: lines}, mark)
        self._sync_anew()
        return "Saved. The index is being brought in line with it."

    def _save(self, values: Mapping[str, Any], mark: str) -> None:
        """What is as it is by default is taken out of the file."""
        usual = Settings.model_construct()  # of defaults alone
        changes: Changes = {name: None if value == value_of(usual, name) else value for name, value in values.items()}
        self._file.change(changes, mark)
        self._library.settings = with_values(self._library.settings, values)

    def _sync_anew(self) -> None:
        """As the settings are now. What is being kept in sync is begun again, in a process that knows them."""
        if not self._state.watch.state.on:
            self._state.sync.start(on_loss="keep")
            return

        def begin_again() -> None:
            self._state.watch.stop()
            self._state.watch.start()

        threading.Thread(target=begin_again, name="watch-anew", daemon=True).start()

    def _set_watching(self, on: bool) -> str:
        self._state.watch.turn(on=on)
        return "Changes in your notes are taken up as you save them." if on else "Your notes are read when you sync."

    def _delete_conversations(self) -> str:
        self._state.chats.delete_all()
        if problem := self._state.chats.problem:
            raise UsageError(problem)
        return "All conversations were deleted."


def _of(values: Values, name: str) -> str:
    return values.get(name, "")


def _wish(values: Values) -> Wish:
    return Wish(*(_of(values, name).strip() for name in ("provider", "model", "address")))
