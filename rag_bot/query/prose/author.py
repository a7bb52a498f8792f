"""Question -> an answer in sentences that grows: searched for, written by a model, each sentence checked as it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag_bot.check import Checker
from rag_bot.errors import LlmError
from rag_bot.llm import LanguageModel, Message
from rag_bot.query.answer import Investigation, Stopwatch, clean_question, investigate, quoted
from rag_bot.query.excerpts import excerpts_of
from rag_bot.query.open_index import Sources
from rag_bot.query.prose.citing import Citer
from rag_bot.query.prose.growing_answer import GrowingAnswer
from rag_bot.query.prose.prompt import compose_prompt
from rag_bot.query.prose.rewriting import rewrite
from rag_bot.query.prose.written import SentenceReader
from rag_bot.query.vault.vault_answer import answer_of_vault
from rag_bot.records import PROSE, Answer, Filters, Turn, Usage
from rag_bot.settings import LlmSettings

STOPPED = "Stopped."
QUOTES_INSTEAD = "These are your notes' own lines instead."


@dataclass(frozen=True, slots=True)
class SearchedQuestion:
    """What a model's answer is built on: what a search found, the answer by quotes, and what checks each sentence.

    `rewritten` is the model's version of a follow-up, "" where it has none.
    """

    investigation: Investigation
    by_quotes: Answer
    checker: Checker
    rewritten: str = ""


@dataclass(frozen=True, slots=True)
class Author:
    """Answers by a language model. `with_sources` gives what a function finds in one complete state of the index."""

    llm: LanguageModel
    settings: LlmSettings
    with_sources: Callable[[Callable[[Sources], SearchedQuestion]], SearchedQuestion]

    def write(
        self,
        question: str,
        *,
        filters: Filters | None = None,
        turns: Sequence[Turn] = (),
        today: date | None = None,
        stop: threading.Event | None = None,
    ) -> Iterator[Answer]:
        """The answer as it grows. The last one is whole, and the one before it has all that the model wrote.

        `turns` are those of the conversation before, oldest first; the answer ends when `stop` is set.
        What the notes don't speak of, no model is asked. The verdict is that on the lines that were found; where the
        model fails, says no, or writes nothing of use that the notes say, they are shown, and `notice` says why.

        Raises:
            UsageError: the question is empty or too long, or no note passes the filters.
            ModelError: the CrossEncoder of the settings that checks as well cannot be loaded.
        """
        watch = Stopwatch()
        searched_question = self._search(clean_question(question), filters, turns, today, stop, watch)
        by_quotes = searched_question.by_quotes
        if by_quotes.abstained or (by_quotes.statement and not searched_question.investigation.hits):
            yield by_quotes  # what was counted needs no model
            return
        begun = replace(
            by_quotes,
            text="",
            citations=(),
            sentences=(),
            excerpts=(),
            differences=(),
            statement="",
            total=0,
            mode=PROSE,
            model=self.llm.label,
        )
        yield begun
        try:
            investigation = searched_question.investigation
            plain = investigation.question if turns and self.settings.memory_tokens else investigation.query
            messages, passages = compose_prompt(
                self.llm,
                self.settings,
                searched_question.rewritten or plain,
                by_quotes,
                investigation.hits,
                turns,
                today or date.today(),
            )
            citer = Citer(searched_question.checker, passages, investigation.query)
        except LlmError as error:
            yield self._quotes(by_quotes, str(error), watch)
            return
        watch.lap("prompt")
        growing = GrowingAnswer(begun, citer)
        notice, usage = yield from self._grow(growing, messages, stop, watch)
        yield growing.answer()
        yield replace(self._whole(searched_question, growing, citer, notice, watch), usage=usage)

    def _search(
        self,
        question: str,
        filters: Filters | None,
        turns: Sequence[Turn],
        today: date | None,
        stop: threading.Event | None,
        watch: Stopwatch,
    ) -> SearchedQuestion:
        """By the rules first: a model is asked for its version of a follow-up only where the notes may answer it."""

        def search(searched: str, earlier: Sequence[str]) -> SearchedQuestion:
            def use(sources: Sources) -> SearchedQuestion:
                investigation = investigate(
                    sources, searched, filters=filters, earlier=earlier, today=today, watch=watch
                )
                checker = Checker(sources.reader, check_model=self.settings.check_model)
                if told := answer_of_vault(sources, searched, filters, today or date.today(), earlier):
                    by_quotes, passages = told
                    investigation = replace(investigation, question=question, query=searched, hits=passages)
                    return SearchedQuestion(investigation, replace(by_quotes, timings_ms=watch.total()), checker)
                investigation = replace(investigation, question=question)
                return SearchedQuestion(investigation, quoted(investigation, watch), checker)

            return self.with_sources(use)

        by_rules = search(question, [turn.question for turn in turns])
        if by_rules.by_quotes.abstained or by_rules.by_quotes.statement:
            return by_rules
        rewritten = rewrite(self.llm, self.settings, question, turns, stop)
        watch.lap("rewrite")
        again = search(rewritten, ()) if rewritten else by_rules
        return by_rules if again.by_quotes.abstained else replace(again, rewritten=rewritten)

    def _grow(
        self, growing: GrowingAnswer, messages: Sequence[Message], stop: threading.Event | None, watch: Stopwatch
    ) -> Generator[Answer, None, tuple[str, Usage | None]]:
        """Yields the answer with each piece of text. Gives why it ended early, or "", and what it cost."""
        reader, notice = SentenceReader(), ""
        pieces = self.llm.stream(messages, most_tokens=self.settings.answer_tokens, stop=stop)
        try:
            for number, piece in enumerate(pieces):
                if not number:
                    watch.lap("first_words")
                growing.add(reader.feed(piece))
                if growing.goes_in_circles:
                    break
                yield growing.answer(reader.draft)
            notice = STOPPED if stop and stop.is_set() else ""
        except LlmError as error:
            notice = str(error)
        finally:
            pieces.close()
        watch.lap("model")
        if not growing.goes_in_circles:
            rest = reader.finish()
            if rest and (notice or pieces.finish == "length"):  # the model did not come to its end
                growing.add(rest[:-1])
                growing.add_cut_off(rest[-1])
            else:
                growing.add(rest)
        growing.end()
        return notice, pieces.usage

    def _whole(
        self,
        searched_question: SearchedQuestion,
        growing: GrowingAnswer,
        citer: Citer,
        notice: str,
        watch: Stopwatch,
    ) -> Answer:
        """What is left when nothing more comes: the sentences, or the lines found and a word on what the model did."""
        by_quotes = searched_question.by_quotes
        if growing.is_an_answer:
            notes = {hit.note.path: hit.note for hit in searched_question.investigation.hits}
            differences = citer.cite_found(by_quotes, notes)
            answer = growing.answer()
            return replace(
                answer,
                excerpts=excerpts_of(answer.citations, notes),
                differences=differences,
                notice=_sentences(notice, by_quotes.notice),
                timings_ms=watch.total(),
            )
        said = f"{self.llm.label} {growing.what_it_came_to}."
        return self._quotes(by_quotes, notice if notice and growing.is_empty else _sentences(notice, said), watch)

    def _quotes(self, by_quotes: Answer, why: str, watch: Stopwatch) -> Answer:
        notice = _sentences(why, QUOTES_INSTEAD, by_quotes.notice)
        return replace(by_quotes, model=self.llm.label, notice=notice, timings_ms=watch.total())


def _sentences(*sentences: str) -> str:
    return " ".join(filter(None, sentences))
