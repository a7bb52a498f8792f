"""The language models that can be chosen, the one that is, and how far it is opened."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from rag_bot.errors import LlmError, RagBotError, UsageError
from rag_bot.llm import LanguageModel, ModelInfo, list_models, open_llm, parse_name
from rag_bot.llm.consent import has_agreed, remember_agreed
from rag_bot.llm.opening import settings_for
from rag_bot.llm.provider import READY, Distance
from rag_bot.llm.providers import PROVIDERS
from rag_bot.settings import Settings, llm_comes_with_folder
from rag_bot.ui.models.openings import Openings
from rag_bot.ui.preference import remember_model, wanted_model

ANY = ":NAME"
"""How the name of an entry ends that stands for all models of a provider."""
NOT_OPENED = "could not be opened"
_LOOK_SECONDS = 0.1  # between two looks at whether somebody has stopped waiting


@dataclass(frozen=True, slots=True)
class Choice:
    """`chosen` writes the answers, "" quotes; `info` is what is known of it. `choosing` is looked for, to be chosen.
    `asking` is a remote model that nobody has agreed to yet. `known` can be chosen; `problem` is why the last choice
    was none.
    """

    chosen: str = ""
    info: ModelInfo | None = None
    choosing: str = ""
    asking: ModelInfo | None = None
    known: tuple[ModelInfo, ...] = ()
    problem: str = ""
    is_looking: bool = False


class Models:
    """One choice for all pages of an app, remembered beside the index. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._changed = threading.Condition()
        self._loading = threading.Lock()
        self._openings = Openings(self._open)
        with_folder = llm_comes_with_folder()
        self._agreed = "" if with_folder else settings.llm
        remembered = wanted_model(settings.index, settings.llm)
        self._proposed = settings.llm if with_folder and remembered is None else ""
        self._choice = Choice("" if self._proposed else settings.llm if remembered is None else remembered)

    @property
    def choice(self) -> Choice:
        return self._choice

    @property
    def chosen(self) -> str:
        return self._choice.chosen

    def look(self) -> None:
        """Asks in the background what is there, the first time also after a model that came with the folder."""
        with self._changed:
            proposed, self._proposed = self._proposed, ""
            if proposed:
                self.begin_choosing(proposed)
            if self._choice.is_looking:
                return
            self._choice = replace(self._choice, is_looking=True)
        threading.Thread(target=self._look, name="models", daemon=True).start()

    def choose(self, name: str) -> None:
        """Takes a model, or asks first whether a remote one may be sent what it needs. Waits for its server."""
        self.begin_choosing(name)
        self.settle(threading.Event())

    def begin_choosing(self, name: str) -> None:
        """As `choose`, without waiting: until it has settled, the model is `choosing`."""
        name = name.strip()
        if not name or (name == self.chosen and self._info(name).state != NOT_OPENED):
            self._take(name, self._choice.info if name else None)
            return
        self._set(choosing=name, problem="", asking=None)
        threading.Thread(target=self._look_for, args=(name,), name="choosing", daemon=True).start()

    def settle(self, stop: threading.Event) -> None:
        """Waits until no model is looked for any more, or `stop` is set."""
        with self._changed:
            while self._choice.choosing and not stop.is_set():
                self._changed.wait(_LOOK_SECONDS)

    def consent(self, agreed: bool) -> None:
        """The answer to what was asked about a remote model."""
        info = self._choice.asking
        if info and agreed:
            remember_agreed(self._settings.index, info.name, info.place)
            self._take(info.name, info)
        else:
            self._set(asking=None)

    def is_open(self, name: str) -> bool:
        return self._openings.is_open(name)

    def open(self, name: str, stop: threading.Event | None = None) -> LanguageModel | None:
        """The model, loaded: that of a file takes seconds. None where `stop` is set before.

        Raises:
            LlmError, UsageError: it can't be asked, or nobody has agreed to what it would be sent.
        """
        self._set(problem="")
        try:
            return self._openings.wait(name, stop or threading.Event())
        except (LlmError, UsageError) as error:
            self._know(replace(self._info(name), state=NOT_OPENED, note=str(error)))
            raise

    def heard(self, model: LanguageModel, *, answers: bool) -> None:
        """What came of a question to a model: that it is ready, or that it has to be looked at again."""
        if answers:
            self._know(ModelInfo(model.name, model.place, model.is_remote, READY))
        else:
            self.look()

    def _open(self, name: str) -> LanguageModel:
        model = open_llm(settings_for(self._settings, name))
        if self._needs_consent(name, model.place, is_remote=model.is_remote):
            raise LlmError(f"{name} runs on {model.place}, which nobody has agreed to. Choose it again.")
        with self._loading:  # two at a time might be more than the memory holds
            if not model.is_remote and name == self.chosen:
                model.count_tokens("loads what counts")
        self._know(self._opened(model))
        return model

    def _opened(self, model: LanguageModel) -> ModelInfo:
        """A file that is loaded can answer. A server was not asked for words yet: what was known of it stays."""
        had = self._info(model.name)
        is_file = PROVIDERS[parse_name(model.name).provider].distance is Distance.THIS_PROCESS
        is_ready = is_file or had.state in ("", NOT_OPENED)
        state, note = (READY, "") if is_ready else (had.state, had.note)
        return ModelInfo(model.name, model.place, model.is_remote, state, note)

    def _needs_consent(self, name: str, place: str, *, is_remote: bool) -> bool:
        """A remote model of the settings was agreed to there, unless they came with the folder."""
        return is_remote and name != self._agreed and not has_agreed(self._settings.index, name, place)

    def _take(self, name: str, info: ModelInfo | None) -> None:
        remember_model(self._settings.index, name, self._settings.llm)
        self._set(chosen=name, info=info, choosing="", asking=None, problem="")

    def _look_for(self, name: str) -> None:
        """Ends a choice, unless another one was begun meanwhile."""
        ends: Callable[[], None] = partial(self._set, choosing="")
        try:
            ends = partial(self._end_choosing, self._inform(name), name)
        except RagBotError as error:
            ends = partial(self._set, choosing="", problem=str(error))
        finally:
            with self._changed:
                if self._choice.choosing == name:
                    ends()

    def _end_choosing(self, info: ModelInfo, name: str) -> None:
        if name.endswith(ANY):
            self._set(choosing="", problem=f"Type a model's name in place of NAME: {name}. {info.note}")
        elif self._needs_consent(info.name, info.place, is_remote=info.is_remote):
            self._set(choosing="", asking=info)
        else:
            self._take(name, info)

    def _inform(self, name: str) -> ModelInfo:
        """What is there now: what was known of a model that could not be asked may have changed."""
        known = next((one for one in self._choice.known if one.name == name), None)
        return known if known and known.is_ready else list_models(settings_for(self._settings, name))[0]

    def _look(self) -> None:
        known, problem = self._choice.known, ""
        try:
            known = tuple(list_models(self._settings))
        except RagBotError as error:
            problem = str(error)
        while True:  # until it is of the model that is chosen by then
            name = self.chosen
            info = self._seen(name, known)
            with self._changed:
                if name == self.chosen:
                    self._set(known=known, info=info, is_looking=False, **({"problem": problem} if problem else {}))
                    return

    def _seen(self, name: str, known: tuple[ModelInfo, ...]) -> ModelInfo | None:
        info = next((one for one in known if one.name == name), None)
        if info or not name:
            return info
        try:
            return list_models(settings_for(self._settings, name))[0]
        except RagBotError as error:
            return replace(self._info(name), state=NOT_OPENED, note=str(error))

    def _info(self, name: str) -> ModelInfo:
        """What is known of a model, be it only its name."""
        info = self._choice.info
        return info if info and info.name == name else ModelInfo(name, "", False, "")

    def _know(self, info: ModelInfo) -> None:
        with self._changed:
            if self.chosen == info.name:
                self._set(info=info)

    def _set(self, **changes: object) -> None:
        with self._changed:
            self._choice = replace(self._choice, **changes)  # type: ignore[arg-type]
            self._changed.notify_all()
