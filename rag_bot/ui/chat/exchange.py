"""What the page keeps of a conversation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rag_bot.conversations import SavedExchange
from rag_bot.query.followups import leans_back
from rag_bot.records import Turn


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question, asked in a folder or everywhere (""), and what it got.

    `html` is what is shown. `given` is what it stands on: never there where something went wrong, and not whole while
    the answer is `growing`. `turns` are the questions before it that it was asked with, the oldest first.
    """

    key: str
    question: str
    folder: str
    html: str = ""
    given: SavedExchange | None = None
    turns: tuple[str, ...] = ()
    growing: bool = False


History = tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation; `key` is that of the saved one, "" as long as it is saved nowhere."""

    key: str = ""
    history: History = ()

    def find(self, key: str) -> Exchange | None:
        return next((one for one in self.history if one.key == key), None)

    def before(self, key: str) -> History:
        """What was said before an exchange; everything if it is not there yet."""
        keys = [one.key for one in self.history]
        return self.history[: keys.index(key)] if key in keys else self.history

    def after(self, key: str) -> History:
        return self.history[len(self.before(key)) + 1 :]

    def up_to(self, key: str) -> Chat:
        """Without this exchange and those after it."""
        return replace(self, history=self.before(key))

    def having(self, one: Exchange) -> Chat:
        """With an exchange in the place of the one of the same key, or else at the end."""
        return replace(self, history=(*self.before(one.key), one, *self.after(one.key)))


def leaning_on(question: str, history: History) -> tuple[str, ...]:
    """The questions before it that a follow-up is asked with; none for a question that stands alone."""
    return tuple(one.question for one in history) if leans_back(question) else ()


def as_turns(history: History) -> tuple[Turn, ...]:
    """What was said, as a language model is told it."""
    return tuple(Turn(one.question, one.given.answer.remembered if one.given else "") for one in history)
