"""A conversation in the terminal, kept as those of the app are."""

from __future__ import annotations

import secrets

from rag_bot.cli.printing import put, terminal
from rag_bot.cli.writing import write_answer
from rag_bot.conversations import Conversations, SavedExchange
from rag_bot.errors import ConversationsUnusable, RagBotError, UsageError
from rag_bot.library import Library
from rag_bot.llm import LanguageModel
from rag_bot.output import answer_text
from rag_bot.records import Answer, Filters, Turn


class Chat:
    """Asks for questions and answers them, until an empty line."""

    def __init__(
        self, library: Library, llm: LanguageModel | None, filters: Filters, resume: str | None = None
    ) -> None:
        """`resume` begins the key of a conversation to go on with. Raises UsageError where there is none."""
        self._library = library
        self._filters = filters
        self._console = terminal()
        self._kept = Conversations.of(library.settings)
        self._key = self._kept.find(resume).key if resume else ""
        said = self._kept.exchanges(self._key) if self._key else ()
        self._turns = [Turn(one.question, one.answer.remembered) for one in said]
        self._llm = llm

    def run(self) -> None:
        self._greet()
        while question := self._read():
            try:
                answer = write_answer(
                    self._library,
                    question,
                    filters=self._filters,
                    turns=self._turns,
                    llm=self._llm,
                    console=self._console,
                )
            except RagBotError as error:
                self._warn(str(error))
            else:
                put(self._console, answer_text(answer))
                self._turns.append(Turn(question, answer.remembered))
                self._keep(question, answer)

    def _greet(self) -> None:
        by = f"{self._llm.label} on {self._llm.place} answers" if self._llm else "Your notes' own lines answer"
        notes = f"{self._library.status().notes:,} notes. {by}. Ask; an empty line ends."
        put(self._console, notes, "dim")

    def _read(self) -> str:
        try:
            return self._console.input("[bold]> [/]", markup=True).strip()
        except EOFError:
            return ""

    def _keep(self, question: str, answer: Answer) -> None:
        """What cannot be saved is said, and answered all the same."""
        said = SavedExchange(secrets.token_hex(6), question, self._filters.folder or "", answer)
        try:
            self._key = self._key or self._kept.begin(question).key
            try:
                self._kept.put(self._key, said)
            except UsageError:  # deleted meanwhile: it goes on as another one
                self._key = self._kept.begin(question).key
                self._kept.put(self._key, said)
        except ConversationsUnusable as error:
            self._warn(str(error))

    def _warn(self, text: str) -> None:
        put(self._console, text, "yellow")
