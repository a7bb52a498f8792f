"""A model file in this process: llama.cpp through xllamacpp, as a LlamaIndex `LLM`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from rag_bot.errors import LlmError
from rag_bot.llm.asking import LanguageModel
from rag_bot.llm.connection import HERE
from rag_bot.llm.engine import Engine, the_engine
from rag_bot.llm.model_files import find_file, find_kept, kept_files, read_header
from rag_bot.llm.provider import (
    COMFORTABLE_CONTEXT,
    NO_PACKAGE,
    NOT_FETCHED,
    READY,
    UNKNOWN,
    UNUSABLE,
    Distance,
    ModelInfo,
    Provider,
)

if TYPE_CHECKING:
    from rag_bot.settings import Settings


class GgufProvider(Provider):
    """`model` is the path of a file, or OWNER/REPO/FILE.gguf on the hub, which is fetched once."""

    name = "gguf"
    distance = Distance.THIS_PROCESS
    module, package = "xllamacpp", "xllamacpp"

    def list_models(self, settings: Settings) -> list[ModelInfo]:
        return [self.info_unlisted(kept, settings) for kept in kept_files(settings.cache)]

    def info_unlisted(self, model: str, settings: Settings, listed: Sequence[ModelInfo] = ()) -> ModelInfo:
        del listed

        def info(state: str, note: str) -> ModelInfo:
            return ModelInfo(f"{self.name}:{model}", HERE, False, state, note)

        if not self.is_installed():
            return info(NO_PACKAGE, f"pip install {self.package}")
        try:
            path = find_kept(model, settings.cache)
            if path is None:
                return info(NOT_FETCHED, "It is fetched from the hub when it is first asked.")
            read_header(path)
        except LlmError as error:
            return info(UNUSABLE if Path(model).expanduser().is_file() else UNKNOWN, str(error))
        return info(READY, f"{path.stat().st_size / 1e9:.1f} GB")

    def open_model(self, model: str, settings: Settings) -> LanguageModel:
        """The model is loaded when it is first asked."""
        path, wanted = find_file(model, settings.cache), settings.generation
        context = wanted.context_tokens or min(read_header(path).context_tokens, COMFORTABLE_CONTEXT)
        engine = the_engine(path, context)
        llm = _gguf_llm()(engine=engine, temperature=wanted.temperature, context=context)
        name = f"{self.name}:{model}"
        return LanguageModel(
            llm,
            name,
            HERE,
            False,
            context,
            engine.count_tokens,
            wanted,
            ask=self.ask,
            tells_end=True,
            label=PurePath(name).stem,
        )


@lru_cache(maxsize=1)
def _gguf_llm() -> Any:
    """The class, made when LlamaIndex is there: its import takes seconds."""
    from llama_index.core.llms import ChatMessage, ChatResponse, CompletionResponse, CustomLLM, LLMMetadata
    from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
    from pydantic import ConfigDict, Field

    class GgufLLM(CustomLLM):  # type: ignore[misc]
        """Asks the engine of a model file. One answer at a time; the others wait."""

        model_config = ConfigDict(arbitrary_types_allowed=True)
        engine: Engine = Field(exclude=True)
        temperature: float = 0.0
        context: int = COMFORTABLE_CONTEXT

        @property
        def metadata(self) -> Any:
            return LLMMetadata(context_window=self.context, is_chat_model=True, model_name=Path(self.engine.path).name)

        @llm_chat_callback()  # type: ignore[untyped-decorator]
        def stream_chat(self, messages: Any, **wishes: Any) -> Any:
            return self._stream([(message.role.value, message.content or "") for message in messages], wishes)

        @llm_chat_callback()  # type: ignore[untyped-decorator]
        def chat(self, messages: Any, **wishes: Any) -> Any:
            *_, last = self.stream_chat(messages, **wishes)
            return last

        @llm_completion_callback()  # type: ignore[untyped-decorator]
        def stream_complete(self, prompt: str, formatted: bool = False, **wishes: Any) -> Any:
            del formatted
            for part in self._stream([("user", prompt)], wishes):
                yield CompletionResponse(text=part.message.content or "", delta=part.delta, raw=part.raw)

        @llm_completion_callback()  # type: ignore[untyped-decorator]
        def complete(self, prompt: str, formatted: bool = False, **wishes: Any) -> Any:
            del formatted
            *_, last = self._stream([("user", prompt)], wishes)
            return CompletionResponse(text=last.message.content or "", raw=last.raw)

        def _stream(self, messages: list[tuple[str, str]], wishes: dict[str, Any]) -> Iterator[Any]:
            text = ""
            for chunk in self.engine.stream(messages, self.temperature, wishes.get("max_tokens", -1)):
                delta = _words(chunk)
                text += delta
                yield ChatResponse(message=ChatMessage(role="assistant", content=text), delta=delta, raw=chunk)

    return GgufLLM


def _words(chunk: dict[str, Any]) -> str:
    """The words of one step; "" for those that only say that the prompt is being read."""
    if error := chunk.get("error"):
        said = error.get("message", "no reason given")
        if error.get("type") == "exceed_context_size_error":
            raise LlmError(
                f"The question and its passages do not fit into the model's context: {said}. "
                "Raise generation.context_tokens or lower generation.passage_tokens."
            )
        raise LlmError(f"The model file failed: {said}. Try again, or another file.")
    choices: Sequence[dict[str, Any]] = chunk.get("choices") or ({},)
    return str((choices[0].get("delta") or {}).get("content") or "")
