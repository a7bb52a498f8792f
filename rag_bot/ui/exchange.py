"""What the page keeps of a question and its answer."""

from __future__ import annotations

from dataclasses import dataclass

from rag_bot.records import Answer, Citation, Place


@dataclass(frozen=True, slots=True)
class Given:
    """What an answer stands on, without the notes themselves."""

    citations: tuple[Citation, ...]
    nearest: tuple[Place, ...]
    abstained: bool

    @classmethod
    def of(cls, answer: Answer) -> Given:
        return cls(answer.citations, tuple(Place.of(hit) for hit in answer.nearest), answer.abstained)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question, asked in a folder or everywhere (""), and what it got.

    `html` is what is shown; `given` comes with the whole answer, and never where something went wrong. `turns` are the
    questions before it that it was asked with, the oldest first.
    """

    key: str
    question: str
    folder: str
    html: str = ""
    given: Given | None = None
    turns: tuple[str, ...] = ()


History = tuple[Exchange, ...]
