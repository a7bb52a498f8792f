"""The commands for conversations that were saved."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag_bot.cli.command import AsJson, can_ask, load, say, show, write_out
from rag_bot.errors import UsageError
from rag_bot.output import line, visible_line

if TYPE_CHECKING:
    from rich.console import RenderableType

    from rag_bot.conversations import Conversation, Conversations, SavedExchange

app = typer.Typer(no_args_is_help=True, help="Conversations that were saved: list, show, rename, delete, export them.")

STDOUT = Path("-")
Key = Annotated[str, typer.Argument(metavar="KEY", help="Its key, as `list` shows it, or the beginning of that.")]


@app.command(
    "list",
    epilog="Examples:\n\n  rag-bot conversations list\n\n  rag-bot conversations list --search 'rent deposit' --json",
)
def list_all(
    context: typer.Context,
    search: Annotated[str, typer.Option("--search", metavar="TEXT", help="Only those with all of these words.")] = "",
    limit: Annotated[int, typer.Option("-k", min=1, max=10_000, help="How many, at most.")] = 200,
    as_json: AsJson = False,
) -> None:
    """The conversations about this index, the last changed first."""
    listed = _opened(context).list(search, limit)
    values = {"conversations": [asdict(conversation) for conversation in listed]}
    show(as_json, values, lambda: _list_text(listed, search))


@app.command(
    "show", epilog="Examples:\n\n  rag-bot conversations show 3f9c\n\n  rag-bot conversations show 3f9c --json"
)
def show_one(context: typer.Context, key: Key, as_json: AsJson = False) -> None:
    """The questions of a conversation and their answers."""
    from rich.console import Group

    conversations, conversation = _find(context, key)
    exchanges = conversations.exchanges(conversation.key)
    values = {**asdict(conversation), "answers": [_exchange_json(exchange) for exchange in exchanges]}
    show(as_json, values, lambda: Group(*(part for exchange in exchanges for part in _exchange_text(exchange))))


@app.command(epilog="Examples:\n\n  rag-bot conversations rename 3f9c 'The rent of the flat'")
def rename(context: typer.Context, key: Key, title: str, as_json: AsJson = False) -> None:
    """Give a conversation another title."""
    conversations, conversation = _find(context, key)
    conversations.rename(conversation.key, title)
    renamed = conversations.find(conversation.key)
    show(as_json, asdict(renamed), lambda: line(f"{renamed.key} is called {renamed.title}"))


@app.command(epilog="Examples:\n\n  rag-bot conversations delete 3f9c\n\n  rag-bot conversations delete 3f9c --yes")
def delete(
    context: typer.Context,
    key: Key,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove a conversation for good; nothing of it stays in the file."""
    conversations, conversation = _find(context, key)
    is_sure = yes or _is_sure(conversation)
    if is_sure:
        conversations.delete(conversation.key)
    values, fate = {**asdict(conversation), "deleted": is_sure}, "deleted" if is_sure else "kept"
    show(as_json, values, lambda: line(f"{conversation.key} ({conversation.title}) is {fate}"))


@app.command(
    epilog="Examples:\n\n  rag-bot conversations export 3f9c --output rent.md"
    "\n\n  rag-bot conversations export 3f9c | less"
)
def export(
    context: typer.Context,
    key: Key,
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="Where to; - is stdout.")] = STDOUT,
) -> None:
    """A conversation as Markdown, with the lines that its answers cite.

    In a FILE they are verbatim; on stdout what a terminal would obey in them is made visible.
    """
    from rag_bot.files import save_text

    conversations, conversation = _find(context, key)
    text = conversations.export(conversation.key)
    if output == STDOUT:
        write_out(text)
    else:
        save_text(output, text)
        say(f"{conversation.title} is in {output}")


def _opened(context: typer.Context) -> Conversations:
    from rag_bot.conversations import Conversations

    return Conversations.of(load(context))


def _find(context: typer.Context, key: str) -> tuple[Conversations, Conversation]:
    conversations = _opened(context)
    return conversations, conversations.find(key)


def _is_sure(conversation: Conversation) -> bool:
    """Asks where somebody can answer. Raises UsageError elsewhere."""
    if not can_ask():
        raise UsageError(f"{conversation.key} ({conversation.title}) would be deleted for good. Say so with --yes.")
    return typer.confirm(
        f"Delete “{visible_line(conversation.title)}” with its {_questions(conversation.exchanges)} for good?", err=True
    )


def _list_text(listed: list[Conversation], search: str) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    if not listed:
        return Text(f"No conversation has all the words of {search!r}." if search.strip() else "No conversation yet.")
    table = Table.grid(padding=(0, 2))
    for conversation in listed:
        when = conversation.changed[:16].replace("T", " ")
        count = Text(_questions(conversation.exchanges), style="dim")
        table.add_row(Text(conversation.key, style="cyan"), Text(when, style="dim"), line(conversation.title), count)
    return table


def _exchange_json(exchange: SavedExchange) -> dict[str, Any]:
    from rag_bot.output import answer_json, place_json

    return {
        **answer_json(exchange.answer),
        "question": exchange.question,
        "folder": exchange.filters.folder,
        "tag": exchange.filters.tag,
        "since": exchange.filters.since and exchange.filters.since.isoformat(),
        "until": exchange.filters.until and exchange.filters.until.isoformat(),
        "nearest": [place_json(place) for place in exchange.nearest],
    }


def _exchange_text(exchange: SavedExchange) -> list[RenderableType]:
    from rich.text import Text

    from rag_bot.output import answer_text

    near = [line(f"  {place.located}", "cyan").append(line(f"  {place.name}", "dim")) for place in exchange.nearest]
    nearest = [Text("The nearest notes:", style="dim"), *near] if near else []
    return [Text(f"> {exchange.question}", style="bold"), Text(), answer_text(exchange.answer), *nearest, Text()]


def _questions(count: int) -> str:
    return f"{count:,} question{'' if count == 1 else 's'}"
