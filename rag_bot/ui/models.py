"""The language models that can be chosen, the one that is, and how far it is opened."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from rag_bot.errors import LlmError, RagBotError
from rag_bot.llm import LanguageModel, ModelInfo, list_models, open_llm, parse_name
from rag_bot.llm.addresses import url_owner
from rag_bot.llm.names import OLLAMA, OPENAI_LIKE
from rag_bot.llm.reach import READY
from rag_bot.settings import Settings
from rag_bot.ui.preference import has_agreed, remember_agreed, remember_model, wanted_model

ANY = ":NAME"
"""How the name of an entry ends that stands for all models of a provider."""


@dataclass(frozen=True, slots=True)
class Choice:
    """`chosen` writes the answers, "" quotes; `info` is what is known of it. `asking` is a remote model that nobody has
    agreed to yet. `known` can be chosen; `problem` is why the last choice was none.
    """

    chosen: str = ""
    info: ModelInfo | None = None
    asking: ModelInfo | None = None
    known: tuple[ModelInfo, ...] = ()
    problem: str = ""
    is_looking: bool = False


class Models:
    """One choice for all pages of an app, remembered beside the index. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._opened: dict[str, LanguageModel] = {}
        remembered = wanted_model(settings.index)
        self._choice = Choice(settings.llm if remembered is None else remembered)

    @property
    def choice(self) -> Choice:
        return self._choice

    @property
    def chosen(self) -> str:
        return self._choice.chosen

    def look(self) -> None:
        """Asks in the background what is there."""
        with self._lock:
            if self._choice.is_looking:
                return
            self._choice = replace(self._choice, is_looking=True)
        threading.Thread(target=self._look, name="models", daemon=True).start()

    def choose(self, name: str) -> None:
        """Takes a model, or asks first whether a remote one may be sent what it needs. Waits for its server."""
        name = name.strip()
        if name in ("", self.chosen):
            self._take(name, self._choice.info if name else None)
            return
        try:
            info = self._inform(name)
        except RagBotError as error:
            self._set(problem=str(error), asking=None)
            return
        if name.endswith(ANY):
            self._set(problem=f"Type a model's name in place of NAME: {name}. {info.note}", asking=None)
        elif self._needs_consent(info.name, info.place, is_remote=info.is_remote):
            self._set(asking=info, problem="")
        else:
            self._take(name, info)

    def consent(self, agreed: bool) -> None:
        """The answer to what was asked about a remote model."""
        info = self._choice.asking
        if info and agreed:
            remember_agreed(self._settings.index, info.name, info.place)
            self._take(info.name, info)
        else:
            self._set(asking=None)

    def is_open(self, name: str) -> bool:
        return name in self._opened

    def open(self, name: str) -> LanguageModel:
        """The model, loaded: that of a file takes seconds.

        Raises:
            LlmError, UsageError: it can't be asked, or nobody has agreed to what it would be sent.
        """
        with self._opening:
            if name not in self._opened:
                model = open_llm(settings_for(self._settings, name))
                if self._needs_consent(name, model.place, is_remote=model.is_remote):
                    raise LlmError(f"{name} runs on {model.place}, which nobody has agreed to. Choose it again.")
                if not model.is_remote:
                    model.count_tokens("loads what counts")
                self._opened = {name: model}
                self._know(model)
            return self._opened[name]

    def _needs_consent(self, name: str, place: str, *, is_remote: bool) -> bool:
        """A remote model of the settings was agreed to there."""
        return is_remote and name != self._settings.llm and not has_agreed(self._settings.index, name, place)

    def _take(self, name: str, info: ModelInfo | None) -> None:
        remember_model(self._settings.index, name)
        self._set(chosen=name, info=info, asking=None, problem="")

    def _inform(self, name: str) -> ModelInfo:
        known = next((one for one in self._choice.known if one.name == name), None)
        return known or list_models(settings_for(self._settings, name))[0]

    def _look(self) -> None:
        name, known, info = self.chosen, self._choice.known, self._choice.info
        try:
            known = tuple(list_models(self._settings))
            info = next((one for one in known if one.name == name), None)
            if name and not info:
                info = list_models(settings_for(self._settings, name))[0]
        except RagBotError as error:
            self._set(problem=str(error))
        with self._lock:
            info = info if name == self.chosen else self._choice.info
            self._choice = replace(self._choice, known=known, info=info, is_looking=False)

    def _know(self, model: LanguageModel) -> None:
        """Where an opened model runs is known for sure."""
        if self.chosen == model.name:
            self._set(info=ModelInfo(model.name, model.place, model.is_remote, READY))

    def _set(self, **changes: object) -> None:
        with self._lock:
            self._choice = replace(self._choice, **changes)  # type: ignore[arg-type]


def settings_for(settings: Settings, name: str) -> Settings:
    """The settings with another model. Their one URL belongs to the provider that they name, and goes to no other.

    Raises:
        UsageError: the name is none of a language model.
    """
    provider = parse_name(name).provider
    keeps_url = provider == url_owner(settings) or provider not in (OLLAMA, OPENAI_LIKE)
    generation = settings.generation if keeps_url else settings.generation.model_copy(update={"url": ""})
    return settings.model_copy(update={"llm": name, "generation": generation})
