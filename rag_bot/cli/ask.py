"""The commands that find and answer."""

from __future__ import annotations

from typing import Annotated

import typer

from rag_bot.cli.common import AsJson, Folder, Tag, load, open_library
from rag_bot.cli.printing import show, terminal
from rag_bot.cli.writing import named_model, write_answer
from rag_bot.records import Filters

app = typer.Typer()

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
    as_json: AsJson = False,
) -> None:
    """The passages that match a question best."""
    from rag_bot.output import hits_json, hits_text

    with open_library(context) as library:
        hits, timings = library.search_timed(question, limit=limit, filters=Filters(folder, tag))
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
    llm: Llm = None,
    as_json: AsJson = False,
) -> None:
    """The lines of your notes that answer a question, or that they don't; with --llm a model writes the answer."""
    from rag_bot.output import answer_json, answer_text

    with open_library(context) as library:
        console = None if as_json else terminal()
        model = named_model(library.settings, llm)
        answer = write_answer(library, question, filters=Filters(folder, tag), llm=model, console=console)
    show(as_json, answer_json(answer), lambda: answer_text(answer))


@app.command(
    epilog="Examples:\n\n  rag-bot chat\n\n  rag-bot chat --folder work\n\n  rag-bot chat --llm gguf:models/qwen3.gguf"
)
def chat(
    context: typer.Context,
    folder: Folder = None,
    tag: Tag = None,
    llm: Llm = None,
    resume: Annotated[str | None, typer.Option("--continue", help="Key of a conversation to go on with.")] = None,
) -> None:
    """Ask one question after another in the terminal; an empty line or Ctrl-D ends it. The conversation is kept."""
    from rag_bot.cli.chatting import Chat

    with open_library(context) as library:
        Chat(library, named_model(library.settings, llm), Filters(folder, tag), resume).run()


@app.command(epilog="Examples:\n\n  rag-bot serve\n\n  rag-bot serve --port 8080")
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on; loopback only.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = None,
) -> None:
    """Serve the chat for the browser at http://127.0.0.1:7860."""
    settings = load(context, host=host, port=port)
    from rag_bot.ui import serve as serve_app

    serve_app(settings, settings.host, settings.port)
