"""The language models that can be chosen, the one that is, and how far it is opened."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace

from rag_bot.errors import LlmError, RagBotError, UsageError
from rag_bot.library import Library
from rag_bot.llm import LanguageModel, ModelInfo, list_models, open_llm, parse_name
from rag_bot.llm.consent import has_agreed, remember_agreed
from rag_bot.llm.opening import settings_for
from rag_bot.llm.provider import READY, Distance
from rag_bot.llm.providers import PROVIDERS
from rag_bot.ui.preference import remember_model, remembered_model

ANY = ":NAME"
"""How the name of an entry ends that stands for all models of a provider."""
NOT_OPENED = "could not be opened"
_LOOK_SECONDS = 0.1  # between two looks at whether somebody has stopped waiting; set by hand


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


class ModelLoader:
    """Loads language models in threads of their own, so that whoever waits for one can stop waiting.

    Keeps the model that was wanted last, loaded or on its way; what is no longer wanted by then is let go. `make` loads
    a model by its name. Safe to use from several threads.
    """

    def __init__(self, make: Callable[[str], LanguageModel]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._wanted = ""
        self._begun: dict[str, Future[LanguageModel]] = {}

    def is_open(self, name: str) -> bool:
        loading = self._begun.get(name)
        return loading is not None and loading.done()

    def wait(self, name: str, stop: threading.Event) -> LanguageModel | None:
        """The model; None where `stop` is set first. It is loaded to its end all the same, for the next question.

        Raises whatever `make` raises; the next call tries again.
        """
        with self._lock:
            self._wanted = name
            self._begun = {key: begun for key, begun in self._begun.items() if key == name or not begun.done()}
            loading = self._begun.get(name)
            if loading is None:
                loading = self._begun[name] = Future()
                threading.Thread(target=self._run, args=(name, loading), name="opening", daemon=True).start()
        while not loading.done():
            if stop.is_set():
                return None
            wait([loading], timeout=_LOOK_SECONDS)
        return loading.result()

    def _run(self, name: str, loading: Future[LanguageModel]) -> None:
        try:
            model = self._make(name)
        except Exception as error:  # noqa: BLE001 - it goes to whoever waits, who knows what to expect
            self._forget(name)
            loading.set_exception(error)
            return
        if name != self._wanted:
            self._forget(name)
        loading.set_result(model)

    def _forget(self, name: str) -> None:
        with self._lock:
            del self._begun[name]


class Models:
    """One choice for all pages of an app, remembered beside the index. Safe to use from several threads."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._changed = threading.Condition()
        self._loading = threading.Lock()
        self._loader = ModelLoader(self._open)
        settings = library.settings
        remembered = remembered_model(settings.index, settings.llm)
        self._choice = Choice(settings.llm if remembered is None else remembered)

    @property
    def choice(self) -> Choice:
        return self._choice

    @property
    def chosen(self) -> str:
        return self._choice.chosen

    def look(self) -> None:
        """Asks in the background what is there."""
        with self._changed:
            if self._choice.is_looking:
                return
            self._choice = replace(self._choice, is_looking=True)
        threading.Thread(target=self._look, name="models", daemon=True).start()

    def renew(self) -> None:
        """After the library's settings have changed: models are opened and looked for anew."""
        self._loader = ModelLoader(self._open)
        self.look()

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
        self._set(asking=None)
        if info and agreed:
            try:
                remember_agreed(info.name, info.place)
            except UsageError as error:
                self._set(problem=str(error))
            else:
                self._take(info.name, info)

    def is_open(self, name: str) -> bool:
        return self._loader.is_open(name)

    def open(self, name: str, stop: threading.Event | None = None) -> LanguageModel | None:
        """The model, loaded: that of a file takes seconds. None where `stop` is set before.

        Raises:
            LlmError, UsageError: it can't be asked, or nobody has agreed to what it would be sent.
        """
        self._set(problem="")
        try:
            return self._loader.wait(name, stop or threading.Event())
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
        model = open_llm(settings_for(self._library.settings, name))
        if self._needs_consent(name, model.place, is_remote=model.is_remote):
            raise LlmError(f"{name} runs on {model.place}, which nobody has agreed to. Choose it again.")
        with self._loading:  # two at a time might be more than the memory holds
            if not model.is_remote and name == self.chosen:
                model.count_tokens("loads what counts")
        # A file that is loaded can answer. A server was not asked for words yet: what was known of it stays.
        had = self._info(model.name)
        is_file = PROVIDERS[parse_name(model.name).provider].distance is Distance.THIS_PROCESS
        is_ready = is_file or had.state in ("", NOT_OPENED)
        state, note = (READY, "") if is_ready else (had.state, had.note)
        self._know(ModelInfo(model.name, model.place, model.is_remote, state, note))
        return model

    def _needs_consent(self, name: str, place: str, *, is_remote: bool) -> bool:
        """A remote model of the settings was agreed to there: what merely came with a folder is not in them."""
        return is_remote and name != self._library.settings.llm and not has_agreed(name, place)

    def _take(self, name: str, info: ModelInfo | None) -> None:
        remember_model(self._library.settings.index, name, self._library.settings.llm)
        self._set(chosen=name, info=info, choosing="", asking=None, problem="")

    def _look_for(self, name: str) -> None:
        """Asks what there is under a name, and ends its choice, unless another one was begun meanwhile."""
        taken, changes = None, dict[str, object](choosing="")
        try:
            info = next((info for info in self._choice.known if info.name == name and info.is_ready), None)
            if info is None:  # what was known of a model that could not be asked may have changed
                info = list_models(settings_for(self._library.settings, name))[0]
            if name.endswith(ANY):
                changes["problem"] = f"Type a model's name in place of NAME: {name}. {info.note}"
            elif self._needs_consent(info.name, info.place, is_remote=info.is_remote):
                changes["asking"] = info
            else:
                taken = info
        except RagBotError as error:
            changes["problem"] = str(error)
        finally:
            with self._changed:
                if self._choice.choosing == name:
                    self._take(name, taken) if taken else self._set(**changes)

    def _look(self) -> None:
        known, problem = self._choice.known, ""
        try:
            known = tuple(list_models(self._library.settings))
        except RagBotError as error:
            problem = str(error)
        while True:  # until it is of the model that is chosen by then
            name = self.chosen
            info = self._find(name, known)
            with self._changed:
                if name == self.chosen:
                    self._set(known=known, info=info, is_looking=False, **({"problem": problem} if problem else {}))
                    return

    def _find(self, name: str, known: tuple[ModelInfo, ...]) -> ModelInfo | None:
        """How a model stands; None for none."""
        info = next((info for info in known if info.name == name), None)
        if info or not name:
            return info
        try:
            return list_models(settings_for(self._library.settings, name))[0]
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
