"""Setting up language models: where they are, their keys, which there are, a test, and which one answers."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

from rag_bot.errors import LlmError, RagBotError, UsageError
from rag_bot.library import Library
from rag_bot.llm import ModelInfo, list_models, open_llm
from rag_bot.llm.asking import ModelTrial, try_model
from rag_bot.llm.consent import has_agreed, remember_agreed, take_back
from rag_bot.llm.keys import find_key, forget_key, keep_key
from rag_bot.llm.opening import provider_with_keys, settings_for, settings_of
from rag_bot.llm.provider import NOT_REACHABLE, AddressedProvider, Provider
from rag_bot.llm.providers import DEFAULT_URL_PROVIDER, PROVIDERS, WITH_KEYS
from rag_bot.settings import Settings
from rag_bot.ui.models.models import ANY, Models
from rag_bot.ui.settings.settings_file import LLM, URL, Changes, SettingsFile, with_values

KEYRING = "keyring"
"""Where a key is that was kept from the page; every other place is a variable of the environment."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A model to use or to test: the name of its provider, its own name there, and the address, "" for the usual."""

    provider: str
    model: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class FoundModels:
    """What was found at an address; `problem` is why it could not be looked for."""

    address: str
    models: tuple[ModelInfo, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """A test of a model. Without a `result` and a `problem` it still runs."""

    wish: Wish
    result: ModelTrial | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class AskedConsent:
    """A remote model that is to be used as soon as its user agrees to what it is sent, as `ModelSetup.use` has it."""

    info: ModelInfo
    wish: Wish
    mark: str


@dataclass(frozen=True, slots=True)
class SetupState:
    """`found` is by provider, and so is `keys`: where each key is, "" where there is none; None until it is known."""

    found: Mapping[str, FoundModels]
    keys: Mapping[str, str] | None = None
    trial: Trial | None = None
    asked: AskedConsent | None = None


class ModelSetup:
    """One for all pages of an app. Safe to use from several threads.

    Each command says what it did in words, "" where the
    state shows it; what goes wrong is a RagBotError, for people.
    """

    def __init__(self, library: Library, models: Models, file: SettingsFile) -> None:
        self._library, self._models, self._file = library, models, file
        self._lock = threading.Lock()
        self._state = SetupState({})
        self._looks_at_keys = False

    @property
    def state(self) -> SetupState:
        """Looks in the background where the keys are, the first time."""
        with self._lock:
            looks, self._looks_at_keys = not self._looks_at_keys, True
        if looks:
            threading.Thread(target=self._look_at_keys, name="keys", daemon=True).start()
        return self._state

    def look(self, wish: Wish) -> str:
        """Which models there are at an address; takes two seconds at most."""
        provider = _provider(wish)
        try:
            settings = self._settings_with(replace(wish, model=wish.model or "NAME"))
            _require_address(wish, settings)
            found = FoundModels(wish.address, tuple(provider.list_models(settings_of(provider, settings))))
        except UsageError as error:
            found = FoundModels(wish.address, problem=_of_address(error, wish))
        self._set(found={**self._state.found, wish.provider: found})
        return ""

    def test(self, wish: Wish) -> str:
        """Asks a model one short question, in the background; nothing of the notes."""
        provider = _provider(wish)
        _require_model(wish)
        if not provider.is_installed():
            raise UsageError("This installation of rag-bot cannot ask models of this kind: a package is missing.")
        _require_address(wish, self._settings_with(wish))
        trial = Trial(wish)
        self._set(trial=trial)
        threading.Thread(target=self._run, args=(trial,), name="testing", daemon=True).start()
        return ""

    def use(self, wish: Wish, mark: str) -> str:
        """Has a model answer from now on, or asks first whether a remote one may be sent what it needs."""
        _provider(wish)
        _require_model(wish)
        try:
            settings = self._settings_with(wish)
            _require_address(wish, settings)
            info = list_models(settings)[0]
        except UsageError as error:
            raise UsageError(_of_address(error, wish)) from error
        had = self._library.settings
        is_told = (settings.llm, settings.generation.url) == (had.llm, had.generation.url)
        if info.is_remote and not is_told and not has_agreed(info.name, info.place):
            self._set(asked=AskedConsent(info, wish, mark))
            return ""
        return self._use(wish, mark, info)

    def consent(self, agreed: bool) -> str:
        """The answer to what was asked about a remote model."""
        asked = self._state.asked
        self._set(asked=None)
        if not asked or not agreed:
            return "Nothing was changed." if asked else ""
        remember_agreed(asked.info.name, asked.info.place)
        return self._use(asked.wish, asked.mark, asked.info)

    def by_quotes(self, mark: str) -> str:
        """Has no model answer any more, here or elsewhere."""
        settings = self._library.settings
        changes: dict[str, str | tuple[str, ...] | None] = {LLM: None} if settings.llm else {}
        if changes and settings_of(DEFAULT_URL_PROVIDER, settings).generation.url != settings.generation.url:
            changes[URL] = None  # it is the address of that model's provider, and would be another's
        said = self._change(changes, mark)
        self._models.choose("")
        return f"Your notes' own lines answer now. {said}"

    def take_back(self, name: str, place: str, mark: str) -> str:
        """Forgets that a remote model may be asked. The one that answers does so no more."""
        take_back(name, place)
        if name in (self._models.chosen, self._library.settings.llm):
            self._models.choose("")  # whatever becomes of the file
            self.by_quotes(mark)
        return f"{name} at {place} is sent nothing any more."

    def keep_key(self, provider: str, secret: str) -> str:
        secret = secret.strip()
        if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
            raise UsageError("That is no key. Copy it once more from where you got it.")
        owner = provider_with_keys(provider)
        try:
            keep_key(owner, secret)
        except LlmError as error:
            raise UsageError(
                "The key was not kept: this machine has no keyring that takes it. It can be given as "
                f"{owner.key_variable} in the environment that the app is started in."
            ) from error
        self._look_at_keys()
        self._models.look()
        return "The key is kept in this machine's keyring. It is not shown again."

    def forget_key(self, provider: str) -> str:
        try:
            forget_key(provider_with_keys(provider))
        except LlmError as error:
            raise UsageError("The keyring of this machine does not let the key go. Remove it there.") from error
        self._look_at_keys()
        self._models.look()
        return "The key was removed."

    def _use(self, wish: Wish, mark: str, info: ModelInfo) -> str:
        settings = self._settings_with(wish)
        changes: dict[str, str | tuple[str, ...] | None] = {LLM: settings.llm}
        if _provider(wish).takes_url:
            changes[URL] = settings.generation.url or None
        said = self._change(changes, mark)
        self._models.choose(settings.llm)
        if problem := self._models.choice.problem:
            raise UsageError(problem)
        if info.state == NOT_REACHABLE:
            return f"{settings.llm} is chosen, but does not answer now. Until it does, your notes' own lines do. {said}"
        return f"{settings.llm} answers now. {said}"

    def _change(self, changes: Changes, mark: str) -> str:
        """Writes what can be written, and takes it up; says what could not."""
        fixed = self._file.fixed()
        if by := next((fixed[name] for name in (LLM, URL) if name in fixed), ""):
            return f"This holds for the app alone: the settings are set by {by}."
        if changes:
            self._file.change(changes, mark)
            told = {name: value or "" for name, value in changes.items()}
            self._library.settings = with_values(self._library.settings, told)
            self._models.renew()
        return ""

    def _settings_with(self, wish: Wish) -> Settings:
        """The settings as they would be with this model. Its own address is taken where none is set from outside."""
        name = f"{wish.provider}:{wish.model}"
        settings = self._library.settings
        if _provider(wish).takes_url and not {LLM, URL} & set(self._file.fixed()):
            return with_values(settings, {LLM: name, URL: wish.address})
        return settings_for(settings, name)

    def _run(self, trial: Trial) -> None:
        try:
            ended = replace(trial, result=try_model(open_llm(self._settings_with(trial.wish))))
        except UsageError as error:
            ended = replace(trial, problem=_of_address(error, trial.wish))
        except RagBotError as error:
            ended = replace(trial, problem=str(error))
        with self._lock:
            if self._state.trial is trial:
                self._state = replace(self._state, trial=ended)

    def _look_at_keys(self) -> None:
        found = ((provider.name, find_key(provider)) for provider in WITH_KEYS)
        self._set(keys={name: key.source if key else "" for name, key in found})

    def _set(self, **changes: object) -> None:
        with self._lock:
            self._state = replace(self._state, **changes)  # type: ignore[arg-type]


def _provider(wish: Wish) -> Provider:
    if wish.provider not in PROVIDERS:
        raise UsageError(f"There is no provider {wish.provider!r}.")
    return PROVIDERS[wish.provider]


def _require_model(wish: Wish) -> None:
    if not wish.model or wish.model == ANY.removeprefix(":"):
        raise UsageError("Name a model first.")


def _require_address(wish: Wish, settings: Settings) -> None:
    provider = _provider(wish)
    if isinstance(provider, AddressedProvider):
        try:
            address = provider.address(settings_of(provider, settings))
        except UsageError as error:
            raise UsageError(_of_address(error, wish)) from error
        if address is None:
            raise UsageError("Write the address of its server first.")


def _of_address(error: UsageError, wish: Wish) -> str:
    """What is wrong with an address, as somebody reads it who typed it into a form."""
    if "is no address" in str(error):
        return f"{wish.address or 'Nothing'} is no address. Write one such as http://127.0.0.1:8080/v1."
    return str(error)
