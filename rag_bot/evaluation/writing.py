"""Asks a language model for an answer and keeps what it wrote, also where quotes answered in its place."""

from __future__ import annotations

from collections.abc import Sequence

from rag_bot.evaluation.results import Prose
from rag_bot.library import Library
from rag_bot.llm import LanguageModel
from rag_bot.records import PROSE, SUPPORTED, Answer, Turn


def conversation(library: Library, questions: Sequence[str]) -> list[Turn]:
    """The turns before a question as they would have been with quotes, which are the same for every model."""
    answers = [
        library.ask(question, earlier=questions[:number]).remembered for number, question in enumerate(questions)
    ]
    return [Turn(question, answer) for question, answer in zip(questions, answers, strict=True)]


def written(library: Library, question: str, turns: Sequence[Turn], llm: LanguageModel) -> tuple[Answer, Prose | None]:
    """The answer as it is shown, and what the model wrote; None where the search abstained and no model was asked."""
    *growing, answer = library.write(question, llm=llm, turns=turns)
    if not growing:
        return answer, None
    usage = answer.usage
    wait = answer.timings_ms.get("first_words")
    return answer, Prose(
        shown=answer.mode,
        notice=answer.notice,
        sentences=growing[-1].sentences,
        first_words_ms=wait,
        prompt_tokens=usage.prompt_tokens if usage else None,
        answer_tokens=usage.answer_tokens if usage else None,
    )


def stated(answer: Answer) -> str:
    """What an answer says in its own right: all quotes; of prose only what the notes say, for the rest is marked."""
    if answer.mode != PROSE:
        return answer.text
    return " ".join(sentence.text for sentence in answer.sentences if sentence.support == SUPPORTED)
