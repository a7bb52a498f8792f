"""Thumbs up and down: what a person says of an answer becomes a case of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from rag_bot.conversations import SavedExchange
from rag_bot.errors import RagBotError, UsageError
from rag_bot.evaluation.cases import Case, Evidence, any_pattern, case_of_evidence, make_case, sentences_of
from rag_bot.evaluation.evidence import text_finder
from rag_bot.evaluation.feedback import KIND, Feedback
from rag_bot.library import Library
from rag_bot.records import Citation, Place, change_words, location
from rag_bot.store.staleness import change_since
from rag_bot.ui.chat.answer_view import bare
from rag_bot.ui.chat.chats import Exchange, History
from rag_bot.ui.chat.feedback_view import block, lost, picker

_NEAREST = 5  # passages to choose from; set by hand


@dataclass(frozen=True, slots=True)
class Vote:
    """What was said of one answer, by the key of its `exchange`.

    `action` is "up" (all cited lines are right), "down" (asks where the answer stands), "cancel", "back"; "pick" with
    the numbers of the citations that are right as `picked`; "lines" with `note`, `first` and `last`; or "none", for
    notes that don't answer it.
    """

    exchange: str
    action: str
    picked: tuple[int, ...] = ()
    note: str = ""
    first: int = 0
    last: int = 0


class Votes:
    """Takes votes and shows them. What was voted is read from the cases, so that it holds for the next time as well."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._feedback = Feedback(library.settings)

    def vote(self, history: History, vote: Vote) -> Markup:
        """Does what a vote says. Gives the thumbs of all answers anew, as they are below them."""
        voted = next((exchange for exchange in history if exchange.key == vote.exchange and exchange.result), None)
        if voted is None or voted.result is None:
            return lost(vote.exchange)
        try:
            self._act(voted, voted.result, vote)
            asks, problem = vote.action == "down", ""
        except RagBotError as error:
            asks, problem = vote.action in ("pick", "lines", "none"), str(error)
        return Markup().join(
            self.block(exchange, asks, problem) if exchange is voted else self.block(exchange) for exchange in history
        )

    def block(self, exchange: Exchange, asks: bool = False, problem: str = "") -> Markup:
        """The thumbs of an answer as HTML; none where there is no answer. `asks` where the right one stands."""
        result = exchange.result
        if not result or not (result.answer.citations or result.answer.abstained):
            return Markup()
        asked = picker(result, self._nearest(exchange, result)) if asks else Markup()
        case = self._case(exchange)
        return block(exchange.key, result, case, _pressed(case, result) if case else "", problem, asked, _lines(result))

    def _act(self, exchange: Exchange, result: SavedExchange, vote: Vote) -> None:
        if vote.action == "up":
            self._keep_quotes(exchange, result, result.answer.citations)
        elif vote.action == "pick":
            picked = [citation for citation in result.answer.citations if citation.number in vote.picked]
            if not picked:
                raise UsageError("Tick the lines that answer the question, or choose others in a note.")
            self._keep_quotes(exchange, result, picked)
        elif vote.action == "lines":
            place = location(vote.note, vote.first, vote.last)
            case = make_case(text_finder(self._library), exchange.question, (place,), kind=KIND)
            evidence = tuple(replace(piece, quote=bare(piece.quote)) for piece in case.evidence)
            sentences = (bare(text) for piece in case.evidence for text in sentences_of(piece.quote, piece.path))
            self._keep(exchange, result, evidence, any_pattern(sentences))
        elif vote.action == "none":
            self._keep(exchange, result, ())
        elif vote.action in ("back", "down"):
            kept = self._case(exchange)
            if vote.action == "back" or (kept and _pressed(kept, result) == "up"):
                self._feedback.take_back(exchange.question, exchange.earlier, exchange.filters)

    def _keep_quotes(self, exchange: Exchange, result: SavedExchange, citations: Sequence[Citation]) -> None:
        evidence = _evidence(citations)
        self._keep(exchange, result, evidence, any_pattern(piece.quote for piece in evidence))

    def _keep(
        self, exchange: Exchange, result: SavedExchange, evidence: tuple[Evidence, ...], pattern: str = ""
    ) -> None:
        """Makes the case, but only of what stands in the file and in the index alike, as of the day it was asked."""
        for piece in evidence:
            path, note = piece.path, self._library.note(piece.path)
            if note is None or piece.quote not in note.text:
                raise UsageError(f"{path} has changed since this was answered, so no case was made. Ask again.")
            if change := change_since(note, piece.quote):
                words = f"{path}: {change_words(change)}, so no case was made."
                raise UsageError(f"{words} Sync your notes and ask again.")
        case = case_of_evidence(exchange.question, evidence, pattern=pattern, kind=KIND, turns=exchange.earlier)
        self._feedback.keep(replace(case, date=result.asked[:10], filters=exchange.filters))

    def _case(self, exchange: Exchange) -> Case | None:
        try:
            return self._feedback.find(exchange.question, exchange.earlier, exchange.filters)
        except UsageError:  # a vote will say what is wrong with the file
            return None

    def _nearest(self, exchange: Exchange, result: SavedExchange) -> Sequence[Place]:
        """Passages among which the right one may be, besides those that are cited."""
        try:
            hits = self._library.search(exchange.question, limit=_NEAREST, earlier=exchange.earlier)
        except RagBotError:
            return result.nearest
        return [Place.of(hit) for hit in hits]


def _pressed(case: Case, result: SavedExchange) -> str:
    """The thumb that a case stands for: "up" if it is made of what the answer stands on, or some of it, else "down"."""
    kept, cited = set(case.evidence), set(_evidence(result.answer.citations))
    return "up" if kept == cited or (kept and kept < cited) else "down"


def _lines(result: SavedExchange) -> list[tuple[Citation, Evidence]]:
    """Each cited line once, with the evidence that it is."""
    cited = {_evidence((citation,))[0]: citation for citation in reversed(result.answer.citations)}
    return [(citation, evidence) for evidence, citation in reversed(cited.items())]


def _evidence(citations: Sequence[Citation]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(Evidence(citation.quote.note_path, bare(citation.quote.text)) for citation in citations))
