"""A language model that says what a test wrote for it, in pieces, and remembers what it was asked."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from llama_index.core.llms import ChatMessage, ChatResponse, CompletionResponse, CustomLLM, LLMMetadata
from pydantic import ConfigDict, Field

from rag_bot.llm import LanguageModel, Message
from rag_bot.settings import LlmSettings

PAUSE = "\0pause\0"
"""In a text: the model waits here until `ScriptedModel.go_on` is set."""
BREAK = "\0break\0"
"""In a text: the connection ends here."""


class ScriptedModel(CustomLLM):
    """Answers the first call with the first text and so on, the last one for all after it.

    A text that is an exception is raised. Words come one by one. `asked` are the messages of each call.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)
    texts: list[Any] = Field(default_factory=list)
    asked: list[list[Message]] = Field(default_factory=list)
    go_on: threading.Event = Field(default_factory=threading.Event, exclude=True)
    waiting: threading.Event = Field(default_factory=threading.Event, exclude=True)
    given: list[str] = Field(default_factory=list)

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="scripted", is_chat_model=True)

    def stream_chat(self, messages: Sequence[ChatMessage], **_: Any) -> Iterator[ChatResponse]:
        self.asked.append([Message(message.role.value, message.content or "") for message in messages])
        return self._say(self.texts[min(len(self.asked), len(self.texts)) - 1])

    def _say(self, text: Any) -> Iterator[ChatResponse]:
        if isinstance(text, BaseException):
            raise text
        written = ""
        for piece in re.findall(f"{PAUSE}|{BREAK}|\\s*[^\\s\0]+\\s*", text):
            if piece == PAUSE:
                self.waiting.set()
                self.go_on.wait()
                continue
            if piece == BREAK:
                raise ConnectionResetError("the other side is gone")
            written += piece
            self.given.append(piece)
            yield ChatResponse(message=ChatMessage(role="assistant", content=written), delta=piece)

    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> Iterator[CompletionResponse]:
        del formatted
        for part in self.stream_chat([ChatMessage(role="user", content=prompt)]):
            yield CompletionResponse(text=part.message.content or "", delta=part.delta)

    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        del formatted
        return list(self.stream_complete(prompt))[-1]


def scripted(
    *texts: str | BaseException, context_tokens: int = 4096, is_remote: bool = False, **settings: Any
) -> LanguageModel:
    """A language model that says these texts. `model.llm` is its `ScriptedModel`."""
    llm = ScriptedModel(texts=list(texts))
    place = "far.example" if is_remote else "this machine"
    wanted = LlmSettings(**{"retries": 0, **settings})
    return LanguageModel(llm, "scripted:model", place, is_remote, context_tokens, None, wanted)
