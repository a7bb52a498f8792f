"""The command line. Thin: it reads flags, calls the Library and prints what comes back."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import rag_bot
from rag_bot.cli import ask, conversations, evaluation, models, sync, trust, why
from rag_bot.cli.command import print_traceback, remark, say
from rag_bot.errors import RagBotError, UsageError, first_line

FAILED, INTERRUPTED = 1, 130
_BEFORE_COMMAND = ("--index", "--notes", "--cache")

app = typer.Typer(
    name="rag-bot",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(sync.app)
app.add_typer(ask.app)
app.add_typer(why.app)
app.add_typer(models.app)
app.add_typer(trust.app)
app.add_typer(conversations.app, name="conversations")
app.add_typer(evaluation.app, name="eval")

_verbose = False


def _print_version(is_asked_for: bool) -> None:
    if is_asked_for:
        say(f"rag-bot {rag_bot.__version__}")
        raise typer.Exit


@app.callback(
    epilog="Examples:\n\n  rag-bot ingest ~/notes\n\n  rag-bot ask 'What did I note about sleep?'\n\n  rag-bot serve"
)
def _settings(
    context: typer.Context,
    index: Annotated[Path | None, typer.Option(help="Folder of the index.")] = None,
    notes: Annotated[list[Path] | None, typer.Option(help="Folder of notes; can be given several times.")] = None,
    model: Annotated[str | None, typer.Option(help="Embedding model: a hub name or a folder.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder for converted models.")] = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show the traceback of an error.")] = False,
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """A chatbot over your notes. It answers with their own lines, says where they stand, and works offline.

    Each setting can also be given as RAG_BOT_<NAME> or in rag-bot.toml, which `rag-bot trust` is about.
    """
    global _verbose
    _verbose = verbose
    flags = {"index": index, "notes": tuple(notes) if notes else None, "model": model, "cache": cache}
    context.obj = flags


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit with its code; every expected error is one line on stderr."""
    try:
        code = app(args=list(arguments) if arguments is not None else None, standalone_mode=False)
        if code == INTERRUPTED:  # Typer has caught the Ctrl-C itself
            raise KeyboardInterrupt
        raise SystemExit(code or 0)
    except RagBotError as error:
        _fail(str(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        _fail("Stopped. Nothing is lost.", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(FAILED) from None
    except OSError as error:
        _fail(f"{error.strerror or first_line(error)}{f': {error.filename}' if error.filename else ''}", FAILED)
    except Exception as error:  # noqa: BLE001 - the outermost edge
        if explain := getattr(error, "format_message", None):  # Typer's own errors, whose class it keeps private
            command = getattr(getattr(error, "ctx", None), "command_path", "rag-bot")
            problem = "" if type(error).__name__ == "NoArgsIsHelpError" else explain()
            if (option := getattr(error, "option_name", "")) in _BEFORE_COMMAND:
                command = "rag-bot"
                problem = f"{option} stands before the command, as in `rag-bot {option} FOLDER COMMAND`"
            end = "" if problem.endswith("?") else "."
            _fail(f"{problem.rstrip('.')}{end} See `{command} --help`.".lstrip(". "), UsageError.exit_code)
        _fail(f"Unexpected {type(error).__name__}: {first_line(error)}. `rag-bot -v ...` shows the traceback.", FAILED)


def _fail(message: str, code: int) -> None:
    if _verbose:
        print_traceback()
    remark(message)
    raise SystemExit(code)
