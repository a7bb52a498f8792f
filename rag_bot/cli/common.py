"""What the commands share: options, and the library they ask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rag_bot.library import Library
    from rag_bot.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, everything else on stderr.")]
Folder = Annotated[str | None, typer.Option("--folder", help="Only notes in this folder.")]
Tag = Annotated[str | None, typer.Option("--tag", help="Only notes with this tag.")]

DEFAULT_CASES = Path("eval/questions.jsonl")


def load(context: typer.Context, **flags: Any) -> Settings:
    from rag_bot.settings import load_settings

    return load_settings(**context.obj, **flags)


def open_library(context: typer.Context) -> Library:
    settings = load(context)
    from rag_bot.library import Library

    return Library(settings)
