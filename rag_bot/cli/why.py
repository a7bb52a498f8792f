"""The command that tells at which stage a passage was lost."""

from __future__ import annotations

from typing import Annotated

import typer

from rag_bot.cli.common import AsJson, Folder, Tag, open_library
from rag_bot.cli.printing import show
from rag_bot.records import Filters

app = typer.Typer()


@app.command(
    epilog="Examples:\n\n  rag-bot why 'When is the rent due?' --note notes/house.md:12-15\n\n"
    "  rag-bot why 'Who spoke?' --note talks.md --tag meeting --json"
)
def why(
    context: typer.Context,
    question: str,
    note: Annotated[str, typer.Option("--note", metavar="PATH[:LINES]", help="The note, or lines of it.")],
    after: Annotated[
        list[str] | None, typer.Option("--after", metavar="QUESTION", help="A question asked before, oldest first.")
    ] = None,
    folder: Folder = None,
    tag: Tag = None,
    as_json: AsJson = False,
) -> None:
    """Why a passage is not in the answer: the stage at which it was lost, and what would help."""
    from rag_bot.cli.why_text import trace_json, trace_text

    with open_library(context) as library:
        trace = library.why(question, note, filters=Filters(folder, tag), earlier=after or ())
    show(as_json, trace_json(trace), lambda: trace_text(trace))
