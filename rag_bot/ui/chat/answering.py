"""A question -> an exchange that grows: quotes at once, or sentences as a model writes them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace

from rag_bot.conversations import SavedExchange
from rag_bot.errors import LlmError, RagBotError, UsageError
from rag_bot.ingestion.prepare import FIRST_PART
from rag_bot.library import Library
from rag_bot.query.prose.author import QUOTES_INSTEAD, STOPPED
from rag_bot.records import PROSE, QUOTES, Answer, filters_sentence
from rag_bot.store.lock import find_writer
from rag_bot.ui.chat.answer_view import growing_prose, notice, waiting, whole_answer
from rag_bot.ui.chat.chats import Exchange, History, as_turns
from rag_bot.ui.models.models import Models
from rag_bot.ui.notes.links import link_targets
from rag_bot.ui.phrases import many
from rag_bot.ui.syncing.sync_job import SyncJob, SyncState

_LOOK_SECONDS = 0.5  # between two looks whether the first notes are read; set by hand
_LOG = logging.getLogger(__name__)


class Answering:
    """Asks the library, by the model that is chosen."""

    def __init__(self, library: Library, sync: SyncJob, models: Models) -> None:
        self._library = library
        self._sync = sync
        self._models = models

    def grow(self, exchange: Exchange, history: History, mode: str, stop: threading.Event) -> Iterator[Exchange]:
        """The exchange as it grows; only the last one is not `growing`. `mode` "" is prose wherever it can be.

        `history` is what was said before it. Whatever goes wrong is said in it.
        """
        exchange = replace(exchange, growing=True, html=waiting(), result=None)
        try:
            waits = False
            while self._is_first_read() and not stop.is_set():
                waits = True
                yield replace(exchange, html=waiting(waits_for(self._sync.state), is_news=True))
                stop.wait(_LOOK_SECONDS)
            if waits and not self._library.generation():
                yield _failed(exchange, "This was not answered, for no notes are read yet.")
                return
            yield exchange
            self._models.settle(stop)  # what was chosen a moment ago answers, and not the one before
            asking = self._models.choice.asking
            if asking and mode != QUOTES:
                why = f"{asking.name} is asked once you say that it may be; these are your own lines."
                yield self._quote(exchange, why)
            elif self._models.chosen and mode != QUOTES:
                yield from self._write(exchange, history, stop)
            else:
                yield self._quote(exchange)
        except RagBotError as error:
            yield _failed(exchange, str(error))
        except Exception as error:  # noqa: BLE001 - the outermost edge
            _LOG.exception("A question failed")
            yield _failed(exchange, f"Something went wrong ({type(error).__name__}); the terminal says more.")

    def _is_first_read(self) -> bool:
        """Whether notes are being read and none answers yet; also where another process reads them."""
        if self._library.generation():
            return False
        return self._sync.state.running or find_writer(self._library.settings.index) is not None

    def _quote(self, exchange: Exchange, why: str = "") -> Exchange:
        """The quotes; `why` they are shown where sentences were asked for."""
        answer = self._library.ask(exchange.question, filters=exchange.filters, earlier=exchange.earlier)
        return self._whole(exchange, replace(answer, notice=" ".join(filter(None, (why, answer.notice)))))

    def _write(self, exchange: Exchange, history: History, stop: threading.Event) -> Iterator[Exchange]:
        """Sentences; where the model cannot be had, the quotes and why."""
        name = self._models.chosen
        if not self._models.is_open(name):
            yield replace(exchange, html=waiting(f"Opening {name}"))
        try:
            model = self._models.open(name, stop)
        except (LlmError, UsageError) as error:
            yield self._quote(exchange, f"{error} {QUOTES_INSTEAD}")
            return
        if model is None:
            yield self._quote(exchange, f"Stopped before {name} was open. {QUOTES_INSTEAD}")
            return
        turns = as_turns(history)
        for answer in self._library.write(
            exchange.question, llm=model, filters=exchange.filters, turns=turns, stop=stop
        ):
            if answer.mode == PROSE and not answer.abstained:
                yield replace(exchange, html=growing_prose(answer), result=_result(exchange, answer))
            else:
                yield replace(self._whole(exchange, answer), growing=True)
        yield self._whole(exchange, answer)
        # A model that was not asked, or was stopped, shows nothing of whether it answers.
        if answer.mode == PROSE and answer.sentences:
            self._models.heard(model, answers=True)
        elif answer.mode == QUOTES and answer.model and not answer.notice.startswith(STOPPED):
            self._models.heard(model, answers=False)

    def _whole(self, exchange: Exchange, answer: Answer) -> Exchange:
        result = _result(exchange, answer)
        html = whole_answer(result.answer, result.nearest, link_targets(self._library))
        return replace(exchange, html=html, result=result, growing=False)


def waits_for(state: SyncState) -> str:
    """What a question asked during the first read waits for: its first part, after which those notes answer."""
    first = min(FIRST_PART, state.total)
    if not first:
        return "Your question waits until the first notes are read"
    return f"Your question waits until the first {many(first, 'note')} are read: {min(state.done, first)} so far"


def _result(exchange: Exchange, answer: Answer) -> SavedExchange:
    notice = answer.notice.replace(filters_sentence(exchange.filters), "").strip()  # the exchange says it itself
    answer = replace(answer, notice=notice)
    return SavedExchange(exchange.key, exchange.question, exchange.filters, answer)


def _failed(exchange: Exchange, why: str) -> Exchange:
    return replace(exchange, html=notice(why), result=None, growing=False)
