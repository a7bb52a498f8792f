"""What an answer by a language model costs beside the model: before its first words, and for each sentence.

python -m eval.benchmarks.prose FOLDER --questions 40

The model is one that answers at once with lines of the passages it is given, so all the time is ours.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from llama_index.core.llms import ChatMessage, ChatResponse, CompletionResponse, CustomLLM, LLMMetadata

from eval.benchmarks.measure import Table, arguments_for, ingest, percentile, show
from eval.benchmarks.questions import make_questions
from rag_bot import Library
from rag_bot.llm import LanguageModel
from rag_bot.settings import LlmSettings, load_settings

_SENTENCES = 4  # of an answer; set by hand


class AtOnce(CustomLLM):
    """Writes the first lines of the first passage, a word at a time, without any wait."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="at-once", is_chat_model=True)

    def stream_chat(self, messages: Sequence[ChatMessage], **_: Any) -> Iterator[ChatResponse]:
        passage = str(messages[-1].content).partition("</passage>")[0].splitlines()[1:]
        lines = [line.strip(" -*#") for line in passage if len(line.split()) > 3][:_SENTENCES]
        for word in re.findall(r"\S+\s*", " ".join(f"{line.rstrip('.')}. [1]" for line in lines) or "No lines. [1]"):
            yield ChatResponse(message=ChatMessage(role="assistant", content=""), delta=word)

    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> Iterator[CompletionResponse]:
        raise NotImplementedError("only chats are asked for")

    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        raise NotImplementedError("only chats are asked for")


def time_writing(library: Library, questions: Sequence[str]) -> Table:
    """Milliseconds over the questions that a model was asked about."""
    llm = LanguageModel(AtOnce(), "at-once", "this machine", False, 8192, None, LlmSettings())
    first, sentences, whole = [], [], []
    for question in questions:
        growing = library.write(question, llm=llm)
        begun = next(growing)
        if begun.abstained:
            continue
        start = time.perf_counter()
        for number, answer in enumerate(growing):  # noqa: B007 - the last one is looked at below
            now = (time.perf_counter() - start) * 1000
            if not number:
                first.append(now)
        whole.append(now)
        if answer.sentences:
            sentences.append((now - first[-1]) / len(answer.sentences))
    stages = {"first words": first, "each sentence, lines read once": sentences, "whole": whole}
    rows = tuple((name, percentile(ms, 0.5), percentile(ms, 0.95), max(ms)) for name, ms in stages.items() if ms)
    title = f"Added to the model's own time, {len(whole)} questions of {len(questions)}"
    return Table(title, ("", "ms p50", "ms p95", "ms worst"), rows)


def main() -> None:
    parser = arguments_for(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=40)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        settings = load_settings(index=Path(temporary) / "index", cache=load_settings(cache=chosen.cache).cache)
        ingest(chosen.folder.resolve(), settings)
        with Library(settings) as library:
            library.warm_up()
            show([time_writing(library, make_questions(library, chosen.questions))], as_json=chosen.json)


if __name__ == "__main__":
    main()
