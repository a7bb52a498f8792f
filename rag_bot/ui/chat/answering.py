"""A question -> an exchange that grows: quotes at once, or sentences as a model writes them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace

from rag_bot.conversations import SavedExchange
from rag_bot.errors import IndexUnusable, LlmError, RagBotError, UsageError
from rag_bot.library import Library
from rag_bot.llm import LanguageModel
from rag_bot.query.prose.author import STOPPED
from rag_bot.records import PROSE, QUOTES, Answer, Filters
from rag_bot.ui.chat.exchange import Exchange, History, as_turns
from rag_bot.ui.chat.render import growing_prose, notice, waiting, whole_answer
from rag_bot.ui.chat.welcome import still_reading
from rag_bot.ui.models.models import Models
from rag_bot.ui.syncing.sync_job import SyncJob

_INSTEAD = "These are your notes' own lines instead."
_LOG = logging.getLogger(__name__)


class Answering:
    """Asks the library, by the model that is chosen."""

    def __init__(self, library: Library, sync: SyncJob, models: Models) -> None:
        self._library = library
        self._sync = sync
        self._models = models

    def grow(self, begun: Exchange, earlier: History, mode: str, stop: threading.Event) -> Iterator[Exchange]:
        """The exchange as it grows; only the last one is not `growing`. `mode` "" is prose wherever it can be.

        Whatever goes wrong is said in it.
        """
        begun = replace(begun, growing=True, html=waiting(), given=None)
        yield begun
        try:
            self._models.settle(stop)  # what was chosen a moment ago answers, and not the one before
            asking = self._models.choice.asking
            if asking and mode != QUOTES:
                yield self._quote(
                    begun, f"{asking.name} is asked once you say that it may be; these are your own lines."
                )
            elif self._models.chosen and mode != QUOTES:
                yield from self._write(begun, earlier, stop)
            else:
                yield self._quote(begun)
        except IndexUnusable as error:
            yield _failed(begun, still_reading(self._sync.state) if self._sync.state.running else str(error))
        except RagBotError as error:
            yield _failed(begun, str(error))
        except Exception as error:  # noqa: BLE001 - the outermost edge
            _LOG.exception("A question failed")
            yield _failed(begun, f"Something went wrong ({type(error).__name__}); the terminal says more.")

    def _quote(self, begun: Exchange, why: str = "") -> Exchange:
        """The quotes; `why` they are shown where sentences were asked for."""
        answer = self._library.ask(begun.question, filters=_filters(begun), earlier=begun.turns)
        return _whole(begun, replace(answer, notice=why))

    def _write(self, begun: Exchange, earlier: History, stop: threading.Event) -> Iterator[Exchange]:
        """Sentences; where the model cannot be had, the quotes and why."""
        name = self._models.chosen
        if not self._models.is_open(name):
            yield replace(begun, html=waiting(f"Opening {name}"))
        try:
            model = self._models.open(name, stop)
        except (LlmError, UsageError) as error:
            yield self._quote(begun, f"{error} {_INSTEAD}")
            return
        if model is None:
            yield self._quote(begun, f"Stopped before {name} was open. {_INSTEAD}")
            return
        turns = as_turns(earlier)
        for answer in self._library.write(begun.question, llm=model, filters=_filters(begun), turns=turns, stop=stop):
            yield _growing(begun, answer)
        yield _whole(begun, answer)
        self._tell(model, answer)

    def _tell(self, model: LanguageModel, answer: Answer) -> None:
        """Whether the model has answered; one that was not asked, or was stopped, shows nothing of it."""
        if answer.mode == PROSE and answer.sentences:
            self._models.heard(model, answers=True)
        elif answer.mode == QUOTES and answer.model and not answer.notice.startswith(STOPPED):
            self._models.heard(model, answers=False)


def _growing(begun: Exchange, answer: Answer) -> Exchange:
    if answer.mode != PROSE or answer.abstained:
        return replace(_whole(begun, answer), growing=True)
    given = SavedExchange(begun.key, begun.question, begun.folder, answer)
    return replace(begun, html=growing_prose(answer), given=given)


def _whole(begun: Exchange, answer: Answer) -> Exchange:
    given = SavedExchange(begun.key, begun.question, begun.folder, answer)
    return replace(begun, html=whole_answer(given.answer, given.nearest), given=given, growing=False)


def _failed(begun: Exchange, why: str) -> Exchange:
    return replace(begun, html=notice(why), given=None, growing=False)


def _filters(begun: Exchange) -> Filters:
    return Filters(folder=begun.folder or None)
