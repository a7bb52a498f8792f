"""The command that lists the language models that can be asked, tries one, and keeps keys."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from rag_bot.cli.command import AsJson, load, show
from rag_bot.errors import UsageError
from rag_bot.llm.providers import WITH_KEYS
from rag_bot.output import line, visible_line

if TYPE_CHECKING:
    from rag_bot.llm import ModelInfo
    from rag_bot.llm.asking import ModelTrial

app = typer.Typer()

_VARIABLES = [
    provider.key_variable
    if provider.key_variable.lower().startswith(provider.name)
    else f"{provider.key_variable} ({provider.name})"
    for provider in WITH_KEYS
]
_HELP = f"""The language models that can write answers; with NAME, whether that one does, and how fast.

Keys are read from {", ".join(_VARIABLES[:-1])} and {_VARIABLES[-1]}, else from
the system's keyring. They are never shown.
"""

_WIDEST = 40  # characters that a column makes the others wait for


@app.command(
    help=_HELP,
    epilog="Examples:\n\n  rag-bot models\n\n  rag-bot models ollama:qwen3\n\n  rag-bot models --test --json\n\n"
    "  rag-bot models --set-key openai",
)
def models(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A model to try, such as ollama:qwen3.")] = None,
    test: Annotated[bool, typer.Option("--test", help="Try the model of the settings.")] = False,
    set_key: Annotated[
        str | None, typer.Option("--set-key", metavar="PROVIDER", help="Ask for a key and keep it in the keyring.")
    ] = None,
    forget_key: Annotated[
        str | None, typer.Option("--forget-key", metavar="PROVIDER", help="Take a key out of the keyring.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    if sum(bool(wish) for wish in (name or test, set_key, forget_key)) > 1:
        raise UsageError("Give one of NAME, --set-key and --forget-key.")
    if set_key or forget_key:
        _change_key(set_key or "", forget_key or "", as_json)
    elif name or test:
        _try(context, name or "", as_json)
    else:
        _list(context, as_json)


def _list(context: typer.Context, as_json: bool) -> None:
    from rag_bot.llm import list_models

    settings = load(context)
    listed = list_models(settings)
    rows = [asdict(info) | {"configured": bool(settings.llm) and rank == 0} for rank, info in enumerate(listed)]
    show(as_json, {"models": rows}, lambda: _table(listed, bool(settings.llm)))


def _try(context: typer.Context, name: str, as_json: bool) -> None:
    from rag_bot.llm import open_llm
    from rag_bot.llm.asking import try_model

    trial = try_model(open_llm(load(context), name))
    show(as_json, asdict(trial), lambda: _trial_text(trial))
    if trial.error:
        raise typer.Exit(1)


def _change_key(to_keep: str, to_forget: str, as_json: bool) -> None:
    from rag_bot.llm.keys import forget_key, keep_key
    from rag_bot.llm.opening import provider_with_keys
    from rag_bot.store.server import VectorsToken

    name = to_keep or to_forget
    provider = VectorsToken() if name == VectorsToken.name else provider_with_keys(name)
    if to_forget:
        done = "forgotten" if forget_key(provider) else "not in the keyring"
    else:
        keep_key(provider, _read_key(provider.name))
        done = "kept in the keyring"
    show(as_json, {"provider": provider.name, "key": done}, lambda: Text(f"The key for {provider.name} is {done}."))


def _read_key(provider: str) -> str:
    """From the terminal, unseen; else the first line of stdin, for a password manager's pipe."""
    if sys.stdin.isatty():
        return str(typer.prompt(f"Key for {provider}", hide_input=True, err=True)).strip()
    if key := sys.stdin.readline().strip():
        return key
    raise UsageError("No key was given. Type it when asked, or pipe it in.")


def _table(listed: Sequence[ModelInfo], configured: bool) -> RenderableType:
    """A line for each, not broken or cut at the terminal's width: names are there to be copied."""
    from rag_bot.llm.consent import SENT

    name_width, place_width, state_width = (
        min(_WIDEST, max(len(text(info)) for info in listed)) for text in (_name, _where, attrgetter("state"))
    )
    lines = []
    for rank, info in enumerate(listed):
        text = Text(f"{'*' if configured and rank == 0 else ' '}  {_name(info):{name_width}}  ")
        text.append(f"{_where(info):{place_width}}  ", style="dim")
        text.append(f"{info.state:{state_width}}  ", style="green" if info.is_ready else "yellow")
        lines.append(text.append(visible_line(info.note), style="default"))
    notes = [Text("* the model of the settings", style="dim")] if configured else []
    if any(info.is_remote for info in listed):
        notes.append(Text(f"A remote model is sent {SENT}.", style="dim"))
    unset = "No model is set: your notes' own lines answer. Set `llm`, such as RAG_BOT_LLM=ollama:qwen3."
    return Group(*lines, Text(), *notes, *([] if configured else [Text(unset, style="dim")]))


def _name(info: ModelInfo) -> str:
    return visible_line(info.name)


def _where(info: ModelInfo) -> str:
    return visible_line(f"{info.place} (remote)" if info.is_remote else info.place)


def _trial_text(trial: ModelTrial) -> RenderableType:
    where = f"{trial.place} (remote)" if trial.is_remote else trial.place
    head = line(f"{trial.name} on {where}, reads {trial.context_tokens:,} tokens")
    if trial.error:
        return Group(head, Text(trial.error, style="yellow"))
    speed = f", then {trial.tokens_per_second:,.1f} tokens a second" if trial.tokens_per_second else ""
    return Group(head, Text(f"first words after {trial.first_seconds:.2f} s{speed}"), Text(trial.said, style="dim"))
