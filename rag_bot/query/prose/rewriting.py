"""A follow-up -> a question that stands alone, by the model that will answer it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from rag_bot.errors import LlmError
from rag_bot.llm import LanguageModel, Message
from rag_bot.query.followups import content_words, leans_back
from rag_bot.query.prose.prompt import as_data, memory_tokens, recall
from rag_bot.records import Turn
from rag_bot.settings import LlmSettings
from rag_bot.text.terms import ENGLISH, content_terms

_TASK = (
    "Rewrite the user's last question so that it can be understood without the conversation: put the names that it "
    "means in place of words such as it, that, they or there. Keep its language. Write the question only."
)
_LONGEST = 300  # characters of a version; set by hand
_MOST_TOKENS = 80  # that it is written in; set by hand


def rewrite(
    llm: LanguageModel,
    settings: LlmSettings,
    question: str,
    turns: Sequence[Turn],
    stop: threading.Event | None = None,
) -> str:
    """The question with what it points back at; "" where it stands alone, or the model's version cannot be trusted.

    A version is trusted if it keeps the question's words and adds only words of the conversation.
    """
    if not turns or not leans_back(question):
        return ""
    memory = recall(turns, memory_tokens(llm, settings), llm.count_tokens)
    task = f"{_TASK}\n\nThe last question: {as_data(question)}"
    try:
        written = "".join(llm.stream([*memory, Message("user", task)], most_tokens=_MOST_TOKENS, stop=stop))
    except LlmError:  # the answer will say what is wrong with the model; the rules do without it
        return ""
    lines = [line.strip(" \t\"'“”*") for line in written.strip().splitlines() if line.strip()]
    if not lines or len(lines[0]) > _LONGEST:
        return ""
    own, new = _terms([" ".join(content_words(question))]), _terms([lines[0]])
    known = own | _terms(text for turn in turns for text in (turn.question, turn.answer))
    return lines[0] if own < new <= known else ""


def _terms(texts: Iterable[str]) -> set[tuple[str, ...]]:
    return {term for text in texts for term in content_terms(text, (ENGLISH,))}
