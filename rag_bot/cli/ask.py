"""The commands that find and answer; an answer by a language model is shown while it grows, Ctrl-C keeps what came."""

from __future__ import annotations

import secrets
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag_bot.cli.command import (
    AsJson,
    Folder,
    Since,
    Tag,
    Today,
    Until,
    filters_of,
    load,
    open_library,
    put,
    remark,
    show,
    terminal,
)
from rag_bot.cli.sync import say_what_leaves
from rag_bot.errors import ConversationsUnusable, RagBotError, UsageError
from rag_bot.records import Answer, Filters, Turn

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console

    from rag_bot.library import Library
    from rag_bot.llm import LanguageModel
    from rag_bot.settings import Settings

app = typer.Typer()

_FRAMES = 12  # a second: smooth to the eye

Llm = Annotated[
    str | None, typer.Option("--llm", metavar="NAME", help="Language model that writes the answer: `rag-bot models`.")
]


@app.command(
    epilog="Examples:\n\n  rag-bot search 'vim macros' -k 5\n\n  rag-bot search budget --folder work --tag meeting"
)
def search(
    context: typer.Context,
    question: str,
    limit: Annotated[int, typer.Option("-k", min=1, max=100, help="How many passages.")] = 10,
    folder: Folder = None,
    tag: Tag = None,
    since: Since = None,
    until: Until = None,
    today: Today = None,
    as_json: AsJson = False,
) -> None:
    """The passages that match a question best."""
    from rag_bot.output import hits_json, hits_text

    filters = filters_of(folder, tag, since, until, today)
    with open_library(context) as library:
        hits, timings = library.search_timed(question, limit=limit, filters=filters, today=today)
    show(as_json, hits_json(hits, timings), lambda: hits_text(hits))


@app.command(
    epilog="Examples:\n\n  rag-bot ask 'When is the rent due?'\n\n  rag-bot ask 'Who spoke?' --json\n\n"
    "  rag-bot ask 'Why did we move?' --llm ollama:qwen3"
)
def ask(
    context: typer.Context,
    question: str,
    folder: Folder = None,
    tag: Tag = None,
    since: Since = None,
    until: Until = None,
    llm: Llm = None,
    today: Today = None,
    shows_all: Annotated[bool, typer.Option("--all", help="Show all notes or tasks that were counted.")] = False,
    as_json: AsJson = False,
) -> None:
    """The lines of your notes that answer a question or come nearest; with --llm a model writes the answer."""
    from rag_bot.output import answer_json, answer_text

    filters = filters_of(folder, tag, since, until, today)
    with open_library(context) as library:
        console = None if as_json else terminal()
        model = named_model(library.settings, llm)
        answer = write_answer(library, question, filters=filters, llm=model, today=today, console=console)
    show(as_json, answer_json(answer), lambda: answer_text(answer, shows_all=shows_all))


@app.command(
    epilog="Examples:\n\n  rag-bot chat\n\n  rag-bot chat --folder work\n\n  rag-bot chat --llm gguf:models/qwen3.gguf"
)
def chat(
    context: typer.Context,
    folder: Folder = None,
    tag: Tag = None,
    since: Since = None,
    until: Until = None,
    llm: Llm = None,
    resume: Annotated[str | None, typer.Option("--continue", help="Key of a conversation to go on with.")] = None,
) -> None:
    """Ask one question after another in the terminal; an empty line or Ctrl-D ends it. The conversation is kept."""
    with open_library(context) as library:
        TerminalChat(library, named_model(library.settings, llm), filters_of(folder, tag, since, until), resume).run()


@app.command(
    epilog="Examples:\n\n  rag-bot serve ~/notes\n\n  rag-bot serve            (all folders again)\n\n"
    "  rag-bot serve --port 8080\n\n"
    "  rag-bot serve --root-path /notes --allowed-host notes.example.org"
)
def serve(
    context: typer.Context,
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="[FOLDER]...", help="Folders of notes to begin with.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; beyond loopback with a token.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = None,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="RAG_BOT_TOKEN",
            help="Whoever has this token may use the app: 16 characters or more, or `new`. Others of this machine can "
            "read it in the list of processes, but not in RAG_BOT_TOKEN.",
        ),
    ] = None,
    no_token: Annotated[bool, typer.Option("--no-token", help="Whoever reaches the app may use it.")] = False,
    allowed_host: Annotated[
        list[str] | None, typer.Option(help="Another name that the app goes by; can be given several times.")
    ] = None,
    root_path: Annotated[str, typer.Option(help="Path that a reverse proxy serves it under: /notes.")] = "",
) -> None:
    """Serve the chat for the browser at http://127.0.0.1:7860, over these folders and all that were ingested before."""
    settings = load(context, notes=tuple(folders) if folders else None, host=host, port=port)
    from rag_bot.ingestion.roots import checked_folder

    for folder in folders or ():
        checked_folder(folder, settings.index)
    from rag_bot.ui import is_loopback
    from rag_bot.ui import serve as serve_app

    if no_token and host is None and not is_loopback(settings.host):
        raise UsageError(
            f"--no-token would open {settings.host!r}, a setting, to everybody. Name it as --host too, or leave it out."
        )
    serve_app(
        settings,
        settings.host,
        settings.port,
        token=token,
        no_token=no_token,
        allowed_hosts=tuple(allowed_host or ()),
        root_path=root_path,
    )


@app.command(epilog="Examples:\n\n  rag-bot mcp\n\n  rag-bot --index ~/notes-index mcp")
def mcp(context: typer.Context) -> None:
    """Answer an editor or agent on stdin and stdout by the Model Context Protocol; it starts this command itself."""
    with open_library(context) as library:
        from rag_bot.api.mcp import serve

        say_what_leaves(library)
        if sys.stdin.isatty():
            remark("an editor or agent starts this command, and talks to it on stdin; Ctrl-D ends it")
        serve(library)


class TerminalChat:
    """Asks for questions and answers them, until an empty line; the conversation is kept as those of the app are."""

    def __init__(
        self, library: Library, llm: LanguageModel | None, filters: Filters, resume: str | None = None
    ) -> None:
        """`resume` begins the key of a conversation to go on with. Raises UsageError where there is none."""
        from rag_bot.conversations import Conversations

        self._library = library
        self._filters = filters
        self._console = terminal()
        self._kept = Conversations.of(library.settings)
        self._key = self._kept.find(resume).key if resume else ""
        exchanges = self._kept.exchanges(self._key) if self._key else ()
        self._turns = [Turn(exchange.question, exchange.answer.remembered) for exchange in exchanges]
        self._llm = llm

    def run(self) -> None:
        from rag_bot.output import answer_text

        by = f"{self._llm.label} on {self._llm.place} answers" if self._llm else "Your notes' own lines answer"
        greeting = f"{self._library.status().notes:,} notes. {by}. Ask; an empty line ends."
        put(self._console, greeting, "dim")
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
                put(self._console, str(error), "yellow")
            else:
                put(self._console, answer_text(answer))
                self._turns.append(Turn(question, answer.remembered))
                try:
                    self._keep(question, answer)
                except ConversationsUnusable as error:  # what cannot be saved is answered all the same
                    put(self._console, str(error), "yellow")

    def _read(self) -> str:
        try:
            return self._console.input("[bold]> [/]", markup=True).strip()
        except EOFError:
            return ""

    def _keep(self, question: str, answer: Answer) -> None:
        from rag_bot.conversations import SavedExchange

        exchange = SavedExchange(secrets.token_hex(6), question, self._filters, answer)
        self._key = self._key or self._kept.begin(question).key
        try:
            self._kept.put(self._key, exchange)
        except UsageError:  # deleted meanwhile: it goes on as another one
            self._key = self._kept.begin(question).key
            self._kept.put(self._key, exchange)


def named_model(settings: Settings, name: str | None) -> LanguageModel | None:
    """The model of this name, else that of the settings, opened; None where neither names one.

    Raises:
        LlmError, UsageError: it can't be asked.
    """
    if not (name or settings.llm):
        return None
    from rag_bot.llm.consent import SENT
    from rag_bot.llm.opening import open_llm

    model = open_llm(settings, name or "")
    if model.is_remote:
        remark(f"{model.label} is remote: {SENT} are sent to {model.place}.")
    return model


def write_answer(
    library: Library,
    question: str,
    *,
    filters: Filters,
    turns: Sequence[Turn] = (),
    llm: LanguageModel | None = None,
    today: date | None = None,
    console: Console | None = None,
) -> Answer:
    """The whole answer, by quotes without a model.

    On a terminal a model's words are shown as they come, and taken away again.
    """
    if llm is None:
        return library.ask(question, filters=filters, earlier=[turn.question for turn in turns], today=today)
    with _stopped_by_interrupt() as stop:
        growing = library.write(question, llm=llm, filters=filters, turns=turns, today=today, stop=stop)
        if not (console and console.is_terminal):
            *_, answer = growing
            return answer
        from rich.live import Live

        from rag_bot.output import Visible, prose_text

        with Live(console=console, transient=True, refresh_per_second=_FRAMES, vertical_overflow="visible") as live:
            for answer in growing:
                live.update(Visible(prose_text(answer)))
        return answer


@contextmanager
def _stopped_by_interrupt() -> Iterator[threading.Event]:
    """The first Ctrl-C sets the event; a second one ends the program as usual."""
    stop = threading.Event()

    def on_interrupt(*_: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
