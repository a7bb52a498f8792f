"""From a name in the settings, such as `ollama:qwen3:4b`, to a model that can be asked; and which ones there are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag_bot.errors import LlmError, UsageError
from rag_bot.llm.asking import LanguageModel
from rag_bot.llm.provider import UNUSABLE, ModelInfo, Provider
from rag_bot.llm.providers import DEFAULT_URL_PROVIDER, NEAREST_FIRST, PROVIDERS, WITH_KEYS

if TYPE_CHECKING:
    from rag_bot.settings import Settings


@dataclass(frozen=True, slots=True)
class LlmName:
    """A provider and the model's name there; prints as it is written in the settings: `ollama:qwen3:4b`."""

    provider: str
    name: str

    def __str__(self) -> str:
        return f"{self.provider}:{self.name}"


def parse_name(text: str) -> LlmName:
    """`PROVIDER:NAME` as a record.

    Raises:
        UsageError: there is no such provider, or a part is missing.
    """
    provider, _, name = text.strip().partition(":")
    if provider not in PROVIDERS or not name.strip():
        raise UsageError(
            f"{text!r} names no language model. Write PROVIDER:NAME, such as ollama:qwen3 or gguf:FILE; "
            f"providers are: {', '.join(PROVIDERS)}. `rag-bot models` lists what is there."
        )
    return LlmName(provider, name.strip())


def provider_with_keys(name: str) -> Provider:
    """The provider of this name.

    Raises:
        UsageError: it has no keys, or there is none.
    """
    for provider in WITH_KEYS:
        if provider.name == name:
            return provider
    known = ", ".join(provider.name for provider in WITH_KEYS)
    raise UsageError(f"{name!r} has no keys. Providers that have are: {known}.")


def url_owner(settings: Settings) -> Provider:
    """The provider whose URL is in the settings: that of the model in them.

    Raises:
        UsageError: the model in them is none.
    """
    return PROVIDERS[parse_name(settings.llm).provider] if settings.llm else DEFAULT_URL_PROVIDER


def settings_for(settings: Settings, name: str) -> Settings:
    """The settings with another model. Their one URL belongs to the provider that they name, and goes to no other.

    Raises:
        UsageError: the name is none of a language model.
    """
    provider = PROVIDERS[parse_name(name).provider]
    keeps_url = provider is url_owner(settings) or not provider.takes_url
    generation = settings.generation if keeps_url else settings.generation.model_copy(update={"url": ""})
    return settings.model_copy(update={"llm": name, "generation": generation})


def settings_of(provider: Provider, settings: Settings) -> Settings:
    """The settings as this provider may see them: without a `generation.url` that is another one's."""
    owner = url_owner(settings)
    if provider is owner or (provider is DEFAULT_URL_PROVIDER and not owner.takes_url):
        return settings
    return settings.model_copy(update={"generation": settings.generation.model_copy(update={"url": ""})})


def open_llm(settings: Settings, llm: str = "") -> LanguageModel:
    """The language model of `settings.llm`, or another one. Its server is asked only how much it reads, if it is there.

    `generation.url` stays that of the model in the settings: one named beside it is not sent there.

    Raises:
        UsageError: no model is named, or its name or address makes no sense.
        LlmError: a package, a key or a file is missing.
    """
    if not (llm or settings.llm):
        raise UsageError("No language model is named. Set `llm`, such as ollama:qwen3; `rag-bot models` lists them.")
    name = parse_name(llm or settings.llm)
    settings = settings if settings.llm else settings.model_copy(update={"llm": llm})
    provider = PROVIDERS[name.provider]
    if not provider.is_installed():
        raise LlmError(f"{name} needs a package that is not installed: pip install {provider.package}")
    return provider.open_model(name.name, settings_of(provider, settings))


def list_models(settings: Settings) -> list[ModelInfo]:
    """What can be asked, the configured model first, whatever its state. Servers are asked side by side, two seconds.

    Services with a fixed address are not asked; whether their key is there is all that is looked at.
    """
    try:
        chosen = parse_name(settings.llm) if settings.llm else None
    except UsageError as error:
        others = list_models(settings.model_copy(update={"llm": ""}))
        return [ModelInfo(settings.llm, "", False, UNUSABLE, str(error)), *others]
    with ThreadPoolExecutor(len(NEAREST_FIRST)) as pool:
        lists = pool.map(lambda provider: provider.list_models(settings_of(provider, settings)), NEAREST_FIRST)
        listed = [info for models in lists for info in models]
    if not chosen:
        return listed
    provider = PROVIDERS[chosen.provider]
    first = next((info for info in listed if provider.is_named(info.name, chosen.name)), None)
    if first is None:
        return [provider.info_unlisted(chosen.name, settings_of(provider, settings), listed), *listed]
    return [first, *(info for info in listed if info != first)]
