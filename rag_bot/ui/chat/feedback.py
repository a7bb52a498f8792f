"""Thumbs up and down: what a person says of an answer becomes a case of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rag_bot.conversations import SavedExchange
from rag_bot.errors import RagBotError, UsageError
from rag_bot.evaluation.cases import Case, Evidence, any_pattern, case_of_evidence, make_case, sentences_of
from rag_bot.evaluation.evidence import note_text
from rag_bot.evaluation.feedback import KIND, Feedback
from rag_bot.library import Library
from rag_bot.records import Place, change_words, location
from rag_bot.store.staleness import change_since
from rag_bot.ui.chat.exchange import Exchange, History
from rag_bot.ui.chat.quote_view import bare
from rag_bot.ui.evaluation.feedback_view import block, lost, picker

_NEAREST = 5


class Votes:
    """Takes votes and shows them. What was voted is read from the cases, so that it holds for the next time as well."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._feedback = Feedback(library.settings)

    def vote(self, history: History, said: Mapping[str, Any]) -> str:
        """Does what was said of one answer. Gives the thumbs of all answers anew, as they are below them.

        `said` has the key of the `exchange` and the `action`: "up", "down" (asks where the answer stands), "cancel",
        "back"; "pick" with the numbers of citations as `picked`; "lines" with `note`, `first` and `last`; "none".
        """
        key = str(said.get("exchange"))
        chosen = next((one for one in history if one.key == key and one.given), None)
        if chosen is None:
            return lost(key)
        try:
            asks, problem = self._act(chosen, said), ""
        except RagBotError as error:
            asks, problem = said.get("action") in ("pick", "lines", "none"), str(error)
        return "".join(self.block(one, asks and one is chosen, problem if one is chosen else "") for one in history)

    def _act(self, chosen: Exchange, said: Mapping[str, Any]) -> bool:
        """Whether there is still to be asked where the answer stands."""
        action = said.get("action")
        if action == "up":
            self._keep_quotes(chosen, self._quoted(chosen, None))
        elif action == "pick":
            self._keep_quotes(chosen, self._quoted(chosen, {int(number) for number in said["picked"]}))
        elif action == "lines":
            self._keep_lines(chosen, location(str(said["note"]), int(said["first"]), int(said["last"])))
        elif action == "none":
            self._keep(chosen, ())
        elif action == "back" or (action == "down" and self._verdict(chosen) == "up"):
            self._feedback.take_back(chosen.question, chosen.turns)
        return action == "down"

    def _quoted(self, chosen: Exchange, numbers: set[int] | None) -> tuple[Evidence, ...]:
        """The citations with these numbers, or all, as evidence."""
        assert chosen.given
        citations = [one for one in chosen.given.answer.citations if numbers is None or one.number in numbers]
        if numbers is not None and not citations:
            raise UsageError("Tick the lines that answer the question, or choose others in a note.")
        return _evidence(citations)

    def _keep(self, chosen: Exchange, evidence: tuple[Evidence, ...], pattern: str = "") -> None:
        if not evidence and chosen.folder:
            raise UsageError(f"This was asked of {chosen.folder} only. Ask it of all notes, then say so again.")
        for one in evidence:
            self._require_unchanged(one)
        self._feedback.keep(case_of_evidence(chosen.question, evidence, pattern=pattern, kind=KIND, turns=chosen.turns))

    def _keep_quotes(self, chosen: Exchange, evidence: tuple[Evidence, ...]) -> None:
        self._keep(chosen, evidence, any_pattern(one.quote for one in evidence))

    def _keep_lines(self, chosen: Exchange, place: str) -> None:
        case = make_case(note_text(self._library), chosen.question, (place,), kind=KIND)
        evidence = tuple(replace(one, quote=bare(one.quote)) for one in case.evidence)
        said = (bare(sentence) for one in case.evidence for sentence in sentences_of(one.quote, one.path))
        self._keep(chosen, evidence, any_pattern(said))

    def _require_unchanged(self, evidence: Evidence) -> None:
        """A case is only made of what stands in the file and in the index alike."""
        note = self._library.note(evidence.path)
        if note is None or evidence.quote not in note.text:
            raise UsageError(f"{evidence.path} has changed since this was answered, so no case was made. Ask again.")
        if change := change_since(note, evidence.quote):
            words = f"{evidence.path}: {change_words(change)}, so no case was made."
            raise UsageError(f"{words} Sync your notes and ask again.")

    def _verdict(self, one: Exchange) -> str:
        case = self._case(one)
        return verdict(case, one.given) if case and one.given else ""

    def _case(self, one: Exchange) -> Case | None:
        try:
            return self._feedback.find(one.question, one.turns)
        except UsageError:  # a vote will say what is wrong with the file
            return None

    def block(self, one: Exchange, asks: bool = False, problem: str = "") -> str:
        """The thumbs of an answer as HTML; none where there is no answer."""
        if not one.given or not (one.given.answer.citations or one.given.answer.abstained):
            return ""
        asked = picker(one.given, self._nearest(one)) if asks else ""
        return block(one.key, one.given, self._case(one), self._verdict(one), problem, asked)

    def _nearest(self, one: Exchange) -> Sequence[Place]:
        """Passages among which the right one may be, besides those that are cited."""
        assert one.given
        try:
            hits = self._library.search(one.question, limit=_NEAREST, earlier=one.turns)
        except RagBotError:
            return one.given.nearest
        return [Place.of(hit) for hit in hits]


def verdict(case: Case, given: SavedExchange) -> str:
    """What a case says of an answer: "up" if it is made of just what the answer stands on, else "down"."""
    return "up" if set(case.evidence) == set(_evidence(given.answer.citations)) else "down"


def _evidence(citations: Sequence[Any]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(Evidence(one.quote.note_path, bare(one.quote.text)) for one in citations))
