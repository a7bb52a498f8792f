"""What is asked of each provider of language models: `providers/` has one module for each.

A new provider subclasses `Server` (it lists its models) or `Service` (a fixed address and a key of one's own).
"""

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

from rag_bot.errors import LlmError, UsageError
from rag_bot.llm.asking import LanguageModel
from rag_bot.llm.connection import Address, NoAnswer, get_json, mappings
from rag_bot.llm.failures import IS_SERVER_RUNNING
from rag_bot.llm.keys import Key, find_key, need_key

if TYPE_CHECKING:
    from llama_index.core.llms import LLM, ChatMessage

    from rag_bot.settings import LlmSettings, Settings

SEED = 0  # any: the same question shall get the same answer
DEFAULT_CONTEXT = 4096  # tokens, where nobody says: set by hand
COMFORTABLE_CONTEXT = 8192
"""Tokens set aside where we decide, by hand: what a model could read at most often costs gigabytes of memory."""
NO_KEY_HERE = "kept-elsewhere"
"""What a client library is given as the key: the connection puts the real one in."""
_CONTEXTS = range(256, 100_000_001)  # tokens that a server is believed when it says what its model reads: set by hand
_LONGEST_NAME = 200  # characters, set by hand; those of OpenRouter and of files have fewer than 100
_MOST_LISTED = 200  # set by hand; OpenRouter has hundreds of models

READY, NO_KEY, NO_PACKAGE, NOT_FETCHED, NOT_REACHABLE, UNKNOWN, UNUSABLE = (
    "ready",
    "key missing",
    "package missing",
    "not fetched",
    "not reachable",
    "not there",
    "not usable",
)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model, or a provider that has none to name ("openai:NAME"), and whether it can be asked.

    `name` is what is written in the settings, `state` one of the words above, `note` says why, or what to do.
    """

    name: str
    place: str
    is_remote: bool
    state: str
    note: str = ""

    @property
    def is_ready(self) -> bool:
        return self.state == READY


class Distance(IntEnum):
    """Where the models of a provider usually compute. The nearest are listed first."""

    THIS_PROCESS = 0
    THIS_MACHINE = 1
    ANY_SERVER = 2
    THE_PROVIDERS_OWN = 3


class Provider(ABC):
    """One provider. What it is given as `settings` has a `generation.url` only if that is this provider's own."""

    name: ClassVar[str]
    """Before the colon in `PROVIDER:NAME`."""
    distance: ClassVar[Distance]
    module: ClassVar[str]
    """What is imported to ask it; it is not there where `package` is not installed."""
    package: ClassVar[str]
    """What `pip install` takes."""
    key_variable: ClassVar[str] = ""
    """The environment variable of its key; "" where it has none."""
    takes_url: ClassVar[bool] = False
    """Whether `generation.url` may say where it is."""

    @abstractmethod
    def list_models(self, settings: Settings) -> list[ModelInfo]:
        """The models that it can name, or one entry PROVIDER:NAME that says whether it can be asked."""

    @abstractmethod
    def info_unlisted(self, model: str, settings: Settings, listed: Sequence[ModelInfo]) -> ModelInfo:
        """What is known of the model of the settings where none of the `listed` is it."""

    @abstractmethod
    def open_model(self, model: str, settings: Settings) -> LanguageModel:
        """A model to ask. A server is asked how much it reads, if it is there, and nothing else.

        Raises:
            UsageError: it has no address, or one that makes no sense.
            LlmError: a key or a file is missing.
        """

    def ask(self, llm: LLM, messages: list[ChatMessage], most_tokens: int) -> Iterator[Any]:
        """LlamaIndex's stream of an answer of at most so many tokens."""
        return iter(llm.stream_chat(messages, max_tokens=most_tokens))

    def is_named(self, listed: str, model: str) -> bool:
        """Whether this entry of its list is the model that somebody calls so."""
        return listed == f"{self.name}:{model}"

    def is_installed(self) -> bool:
        """Whether the package that it needs is there; nothing is loaded for it but its parents."""
        try:
            return importlib.util.find_spec(self.module) is not None
        except ModuleNotFoundError:
            return False


class AddressedProvider(Provider):
    """One that is asked over a connection. See `Server` and `Service`, which are the two kinds."""

    start_hint: ClassVar[str] = IS_SERVER_RUNNING
    """What to look at where it cannot be reached."""

    @abstractmethod
    def address(self, settings: Settings) -> Address | None:
        """Where it is asked; None where nothing says so.

        Raises:
            UsageError: what is written there is no address.
        """

    @abstractmethod
    def key(self, address: Address) -> Key | None:
        """The key that is sent to this address, if any.

        Raises:
            LlmError: there is none but it needs one, or it must not be sent there.
        """

    @abstractmethod
    def client(self, model: str, address: Address, key: Key | None, context: int, settings: LlmSettings) -> LLM:
        """LlamaIndex's model, on a connection of `rag_bot.llm.connection`, which is what sends the key."""

    def context_tokens(self, model: str, address: Address, key: Key | None) -> int | None:
        """What a model reads and writes together; None where nobody says."""
        del model, address, key
        return None

    def pull_command(self, model: str) -> str:
        """The command that brings a model which it does not have; "" where there is none."""
        del model
        return ""

    def open_model(self, model: str, settings: Settings) -> LanguageModel:
        address, wanted = self.address(settings), settings.generation
        if address is None:
            raise UsageError(
                f"{self.name}:{model} needs an address: set generation.url, such as http://127.0.0.1:8080/v1 "
                "(RAG_BOT_GENERATION__URL in the environment)."
            )
        key = self.key(address)
        told = wanted.context_tokens or self.context_tokens(model, address, key)
        context = told if told and told in _CONTEXTS else DEFAULT_CONTEXT
        return LanguageModel(
            self.client(model, address, key, context, wanted),
            f"{self.name}:{model}",
            address.place,
            address.is_remote,
            context,
            None,
            wanted,
            ask=self.ask,
            secret=key.secret if key else "",
            tells_end=True,
            start_hint=self.start_hint,
            pull_command=self.pull_command(model),
        )

    def info_unlisted(self, model: str, settings: Settings, listed: Sequence[ModelInfo]) -> ModelInfo:
        name = f"{self.name}:{model}"
        general = next((info for info in listed if info.name == f"{self.name}:NAME"), None)
        if general:
            return ModelInfo(name, general.place, general.is_remote, general.state, general.note)
        address = self.address(settings)
        if address is None:
            return ModelInfo(name, "", False, UNUSABLE, "Set generation.url to its server's address.")
        pull = self.pull_command(model)
        return self.info(model, address, UNKNOWN, f"`{pull}` brings it." if pull else "The server lists others.")

    def info(self, model: str, address: Address, state: str, note: str = "") -> ModelInfo:
        return ModelInfo(f"{self.name}:{model}", address.place, address.is_remote, state, note)


class Server(AddressedProvider):
    """A provider whose server says which models it has, as JSON at `models_path`.

    That has a list at `models_field`, and each model its name at `name_field`.
    """

    models_path: ClassVar[str]
    models_field: ClassVar[str]
    name_field: ClassVar[str]

    def key(self, address: Address) -> Key | None:
        """The key, if there is one, unless it would travel unencrypted over the internet."""
        key = find_key(self)
        if key and not address.keeps_keys:
            raise LlmError(
                f"The key for {self.name} is not sent to {address.place} unencrypted. Give an https address, or unset "
                f"{self.key_variable} if that server needs none."
            )
        return key

    def list_models(self, settings: Settings) -> list[ModelInfo]:
        try:
            address = self.address(settings)
        except UsageError as error:
            return [ModelInfo(f"{self.name}:NAME", "", False, UNUSABLE, str(error))]
        if address is None:
            return []
        if not self.is_installed():
            return [self.info("NAME", address, NO_PACKAGE, f"pip install {self.package}")]
        try:
            models = mappings(get_json(address, self.models_path, self.key(address)).get(self.models_field))
        except LlmError as error:
            return [self.info("NAME", address, NO_KEY, str(error))]
        except NoAnswer as error:
            if error.status in (401, 403):
                return [self.info("NAME", address, NO_KEY, f"It wants a key: set {self.key_variable}.")]
            return [self.info("NAME", address, NOT_REACHABLE, f"{error}. {self.start_hint}")]
        told = [str(model.get(self.name_field) or model.get("name") or "") for model in models]
        names = [name for name in told if len(name) <= _LONGEST_NAME and name.isprintable()]
        beyond = [name for name in names[_MOST_LISTED:] if f"{self.name}:{name}" == settings.llm.strip()]
        return [self.info(name, address, READY) for name in (*names[:_MOST_LISTED], *beyond) if name]


class Service(AddressedProvider):
    """A provider at a fixed `url` that wants a key. It is not asked what it has: whether there is a key is all."""

    distance = Distance.THE_PROVIDERS_OWN
    url: ClassVar[str]

    def address(self, settings: Settings) -> Address:
        del settings
        return Address(self.url)

    def key(self, address: Address) -> Key:
        del address
        return need_key(self)

    def list_models(self, settings: Settings) -> list[ModelInfo]:
        address = self.address(settings)
        if not self.is_installed():
            return [self.info("NAME", address, NO_PACKAGE, f"pip install {self.package}")]
        key = find_key(self)
        if key is None:
            note = f"Set {self.key_variable}, or `rag-bot models --set-key {self.name}`."
            return [self.info("NAME", address, NO_KEY, note)]
        return [self.info("NAME", address, READY, f"key from {key.source}")]
