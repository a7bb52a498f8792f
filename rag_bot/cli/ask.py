"""The commands that find and answer."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from rag_bot.cli.common import AsJson, Folder, Tag, load, open_library, show
from rag_bot.errors import UsageError
from rag_bot.records import Filters

app = typer.Typer()


@app.command(
    epilog="Examples:\n\n  rag-bot search 'vim macros' -k 5\n\n  rag-bot search budget --folder work --tag meeting"
)
def search(
    context: typer.Context,
    question: str,
    limit: Annotated[int, typer.Option("-k", min=1, max=100, help="How many passages.")] = 10,
    folder: Folder = None,
    tag: Tag = None,
    as_json: AsJson = False,
) -> None:
    """The passages that match a question best."""
    from rag_bot.output import hits_json, hits_text

    with open_library(context) as library:
        hits, timings = library.search_timed(question, limit=limit, filters=Filters(folder, tag))
    show(as_json, hits_json(hits, timings), lambda: hits_text(hits))


@app.command(epilog="Examples:\n\n  rag-bot ask 'When is the rent due?'\n\n  rag-bot ask 'Who spoke?' --json")
def ask(context: typer.Context, question: str, folder: Folder = None, tag: Tag = None, as_json: AsJson = False) -> None:
    """The lines of your notes that answer a question, or that they don't."""
    from rag_bot.output import answer_json, answer_text

    with open_library(context) as library:
        answer = library.ask(question, filters=Filters(folder, tag))
    show(as_json, answer_json(answer), lambda: answer_text(answer))


@app.command(epilog="Examples:\n\n  rag-bot chat\n\n  rag-bot chat --folder work")
def chat(context: typer.Context, folder: Folder = None, tag: Tag = None) -> None:
    """Ask one question after another in the terminal; an empty line or Ctrl-D ends it."""
    from rag_bot.output import answer_text

    console = Console()
    with open_library(context) as library:
        status = library.status()
        console.print(f"{status.notes:,} notes. Ask; an empty line ends.", style="dim")
        earlier: list[str] = []
        while question := _read_question(console):
            try:
                console.print(answer_text(library.ask(question, filters=Filters(folder, tag), earlier=earlier)))
                earlier.append(question)
            except UsageError as error:
                console.print(str(error), style="yellow", markup=False)


@app.command(epilog="Examples:\n\n  rag-bot serve\n\n  rag-bot serve --port 8080")
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on; loopback only.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = None,
) -> None:
    """Open the chat in the browser: http://127.0.0.1:7860."""
    settings = load(context, host=host, port=port)
    from rag_bot.ui.server import serve as serve_app

    serve_app(settings, settings.host, settings.port)


def _read_question(console: Console) -> str:
    try:
        return console.input("[bold]> [/]").strip()
    except EOFError:
        return ""
