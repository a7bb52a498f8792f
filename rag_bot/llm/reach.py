"""Which language models can be asked from here."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rag_bot.errors import LlmError, UsageError
from rag_bot.llm.addresses import ANTHROPIC_URL, HERE, OPENAI_URL, Address, ollama_address, openai_like_address
from rag_bot.llm.gguf_file import read_header
from rag_bot.llm.hub import find_kept, kept_files
from rag_bot.llm.keys import VARIABLES, find_key
from rag_bot.llm.names import ANTHROPIC, GGUF, OLLAMA, OPENAI, OPENAI_LIKE, LlmName, parse_name
from rag_bot.llm.opening import is_installed, missing_package, sendable
from rag_bot.llm.probing import NoAnswer, get_json
from rag_bot.settings import Settings

READY, NO_KEY, NO_PACKAGE, NOT_FETCHED, NOT_REACHABLE, UNKNOWN, UNUSABLE = (
    "ready",
    "key missing",
    "package missing",
    "not fetched",
    "not reachable",
    "not there",
    "not usable",
)
SENT = "the question, the passages found for it, and the conversation so far"
"""What leaves this machine when a remote model is asked."""
_MOST_LISTED = 200  # OpenRouter has hundreds of models


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

    @property
    def warning(self) -> str:
        """For a remote model, what would be sent where; else ""."""
        return f"Remote: {SENT} are sent to {self.place}." if self.is_remote else ""


def list_models(settings: Settings) -> list[ModelInfo]:
    """What can be asked, the configured model first, whatever its state. Servers are asked side by side, two seconds.

    OpenAI and Anthropic are not asked; whether their key is there is all that is looked at.
    """
    try:
        chosen = parse_name(settings.llm) if settings.llm else None
    except UsageError as error:
        others = list_models(settings.model_copy(update={"llm": ""}))
        return [ModelInfo(settings.llm, "", False, UNUSABLE, str(error)), *others]
    sources: tuple[Callable[[Settings], list[ModelInfo]], ...] = (_files, _ollama, _openai_like, _openai, _anthropic)
    with ThreadPoolExecutor(len(sources)) as pool:
        found = [info for listed in pool.map(lambda source: source(settings), sources) for info in listed]
    known = [info for info in found if chosen and _same(info.name, chosen)][:1]
    first = known or ([_configured(chosen, settings, found)] if chosen else [])
    return [*first, *(info for info in found if info not in known)]


def _same(listed: str, chosen: LlmName) -> bool:
    return listed == str(chosen) or (chosen.provider == OLLAMA and listed == f"{chosen}:latest")


def _configured(chosen: LlmName, settings: Settings, found: list[ModelInfo]) -> ModelInfo:
    """The model of the settings where no list has it."""
    if chosen.provider == GGUF:
        return _file(chosen, settings)
    general = next((info for info in found if info.name == f"{chosen.provider}:NAME"), None)
    if general:
        return ModelInfo(str(chosen), general.place, general.is_remote, general.state, general.note)
    address = _address(chosen.provider, settings)
    if address is None:
        return ModelInfo(str(chosen), "", False, UNUSABLE, "Set generation.url to its server's address.")
    remedy = f"`ollama pull {chosen.name}` brings it." if chosen.provider == OLLAMA else "The server lists others."
    return ModelInfo(str(chosen), address.place, address.is_remote, UNKNOWN, remedy)


def _address(provider: str, settings: Settings) -> Address | None:
    fixed = {OPENAI: Address(OPENAI_URL), ANTHROPIC: Address(ANTHROPIC_URL)}
    if provider in fixed:
        return fixed[provider]
    return ollama_address(settings) if provider == OLLAMA else openai_like_address(settings)


def _files(settings: Settings) -> list[ModelInfo]:
    return [_file(LlmName(GGUF, kept), settings) for kept in kept_files(settings.cache)]


def _file(name: LlmName, settings: Settings) -> ModelInfo:
    if not is_installed(GGUF):
        return ModelInfo(str(name), HERE, False, NO_PACKAGE, f"pip install {missing_package(GGUF)}")
    try:
        path = find_kept(name.name, settings.cache)
        if path is None:
            return ModelInfo(str(name), HERE, False, NOT_FETCHED, "It is fetched from the hub when it is first asked.")
        read_header(path)
    except LlmError as error:
        state = UNUSABLE if Path(name.name).expanduser().is_file() else UNKNOWN
        return ModelInfo(str(name), HERE, False, state, str(error))
    return ModelInfo(str(name), HERE, False, READY, f"{path.stat().st_size / 1e9:.1f} GB")


def _ollama(settings: Settings) -> list[ModelInfo]:
    try:
        address = ollama_address(settings)
    except UsageError as error:
        return [ModelInfo(f"{OLLAMA}:NAME", "", False, UNUSABLE, str(error))]
    return _served(OLLAMA, settings, address, "/api/tags", "models", "model", "Is Ollama running?")


def _openai_like(settings: Settings) -> list[ModelInfo]:
    try:
        address = openai_like_address(settings)
    except UsageError as error:
        return [ModelInfo(f"{OPENAI_LIKE}:NAME", "", False, UNUSABLE, str(error))]
    if address is None:
        return []
    return _served(OPENAI_LIKE, settings, address, "/models", "data", "id", "Is its server running?")


def _served(
    provider: str, settings: Settings, address: Address, path: str, listed: str, named: str, remedy: str
) -> list[ModelInfo]:
    def info(name: str, state: str, note: str = "") -> ModelInfo:
        return ModelInfo(f"{provider}:{name}", address.place, address.is_remote, state, note)

    if not is_installed(provider):
        return [info("NAME", NO_PACKAGE, f"pip install {missing_package(provider)}")]
    try:
        models = get_json(address, path, sendable(find_key(provider), address, provider)).get(listed) or []
    except LlmError as error:
        return [info("NAME", NO_KEY, str(error))]
    except NoAnswer as error:
        if error.status in (401, 403):
            return [info("NAME", NO_KEY, f"It wants a key: set {VARIABLES[provider]}.")]
        return [info("NAME", NOT_REACHABLE, f"{error}. {remedy}")]
    names = [str(model.get(named) or model.get("name") or "") for model in models if isinstance(model, dict)]
    beyond = [name for name in names[_MOST_LISTED:] if f"{provider}:{name}" == settings.llm.strip()]
    return [info(name, READY) for name in (*names[:_MOST_LISTED], *beyond) if name]


def _openai(settings: Settings) -> list[ModelInfo]:
    del settings
    return [_by_key(OPENAI, Address(OPENAI_URL))]


def _anthropic(settings: Settings) -> list[ModelInfo]:
    del settings
    return [_by_key(ANTHROPIC, Address(ANTHROPIC_URL))]


def _by_key(provider: str, address: Address) -> ModelInfo:
    name = f"{provider}:NAME"
    if not is_installed(provider):
        return ModelInfo(name, address.place, True, NO_PACKAGE, f"pip install {missing_package(provider)}")
    key = find_key(provider)
    if key is None:
        where = f"Set {VARIABLES[provider]}, or `rag-bot models --set-key {provider}`."
        return ModelInfo(name, address.place, True, NO_KEY, where)
    return ModelInfo(name, address.place, True, READY, f"key from {key.source}")
