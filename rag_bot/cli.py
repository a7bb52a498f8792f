"""The command line. Thin: it reads flags, calls the Library and prints what comes back."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console, RenderableType

from rag_bot.errors import NotesLost, RagBotError, UsageError, first_line
from rag_bot.records import Filters, Progress, SyncReport

if TYPE_CHECKING:
    from rag_bot.library import Library
    from rag_bot.settings import Settings

FAILED, SOME_UNREADABLE, INTERRUPTED = 1, 3, 130

app = typer.Typer(
    name="rag-bot",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, everything else on stderr.")]
Folder = Annotated[str | None, typer.Option("--folder", help="Only notes in this folder.")]
Tag = Annotated[str | None, typer.Option("--tag", help="Only notes with this tag.")]

_verbose = False


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
) -> None:
    """A chatbot over your notes. It answers with their own lines, says where they stand, and works offline.

    Each setting can also be given as RAG_BOT_<NAME> or in rag-bot.toml.
    """
    global _verbose
    _verbose = verbose
    flags = {"index": index, "notes": tuple(notes) if notes else None, "model": model, "cache": cache}
    context.obj = flags


@app.command(epilog="Examples:\n\n  rag-bot ingest ~/notes\n\n  rag-bot ingest            (all folders again)")
def ingest(
    context: typer.Context,
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]...", help="Folders of notes.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done and touch nothing.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, and sync whenever a note is saved.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Remove the notes of folders that are gone or nearly empty.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep those notes, and sync the rest.")] = False,
    as_json: AsJson = False,
    progress: Annotated[bool, typer.Option("--progress", hidden=True)] = False,
) -> None:
    """Make the index equal to these folders; without PATH, to all that were ingested before."""
    from rag_bot.output import dry_run_json, report_json, report_text

    if (yes and keep) or (watch and (dry_run or yes)):
        raise UsageError("--yes and --keep, and --watch and --dry-run or --yes, exclude each other.")
    if watch:
        _watch(context, paths or (), as_json)
        return
    on_loss = "remove" if yes else "keep" if keep else "ask"
    with _library(context) as library:

        def sync(on_loss: str) -> SyncReport:
            with _progress(as_json, progress) as on_progress:
                return library.ingest(paths or (), dry_run=dry_run, on_loss=on_loss, on_progress=on_progress)

        try:
            report = sync(on_loss)
        except NotesLost as error:
            report = sync(_ask_about(error, as_json))
    values = dry_run_json(report) if dry_run else report_json(report)
    _print(as_json, values, lambda: report_text(report, dry_run=dry_run))
    if report.failed:
        raise typer.Exit(SOME_UNREADABLE)


@app.command(epilog="Examples:\n\n  rag-bot forget ~/old-notes")
def forget(context: typer.Context, folder: Path, as_json: AsJson = False) -> None:
    """Remove a folder's notes from the index. The folder itself is not touched, and may be gone."""
    from rag_bot.output import report_json

    with _library(context) as library:
        report = library.forget(folder)
    _print(as_json, report_json(report), lambda: f"{len(report.plan.deleted):,} notes of {folder} forgotten")
    if folder.expanduser().absolute() in library.settings.notes:
        print(
            f"rag-bot: the settings still name {folder}; the next ingest without PATH reads it again", file=sys.stderr
        )


@app.command(epilog="Examples:\n\n  rag-bot verify\n\n  rag-bot verify --repair")
def verify(
    context: typer.Context,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what is wrong with the index.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare folders and index, and say what is wrong."""
    from rag_bot.output import verification_json, verification_text

    with _library(context) as library, _progress(as_json, False) as on_progress:
        found = library.verify(repair=repair, on_progress=on_progress)
    _print(as_json, verification_json(found), lambda: verification_text(found))
    if found.problems:
        raise typer.Exit(FAILED)


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

    with _library(context) as library:
        hits, timings = library.search_timed(question, limit=limit, filters=Filters(folder, tag))
    _print(as_json, hits_json(hits, timings), lambda: hits_text(hits))


@app.command(epilog="Examples:\n\n  rag-bot ask 'When is the rent due?'\n\n  rag-bot ask 'Who spoke?' --json")
def ask(context: typer.Context, question: str, folder: Folder = None, tag: Tag = None, as_json: AsJson = False) -> None:
    """The lines of your notes that answer a question, or that they don't."""
    from rag_bot.output import answer_json, answer_text

    with _library(context) as library:
        answer = library.ask(question, filters=Filters(folder, tag))
    _print(as_json, answer_json(answer), lambda: answer_text(answer))


@app.command(epilog="Examples:\n\n  rag-bot chat\n\n  rag-bot chat --folder work")
def chat(context: typer.Context, folder: Folder = None, tag: Tag = None) -> None:
    """Ask one question after another in the terminal; an empty line or Ctrl-D ends it."""
    from rag_bot.output import answer_text

    console = Console()
    with _library(context) as library:
        status = library.status()
        console.print(f"{status.notes:,} notes. Ask; an empty line ends.", style="dim")
        while question := _read_question(console):
            try:
                console.print(answer_text(library.ask(question, filters=Filters(folder, tag))))
            except UsageError as error:
                console.print(str(error), style="yellow", markup=False)


@app.command(epilog="Examples:\n\n  rag-bot serve\n\n  rag-bot serve --port 8080")
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on; loopback only.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = None,
) -> None:
    """Open the chat in the browser: http://127.0.0.1:7860."""
    settings = _load(context, host=host, port=port)
    from rag_bot.ui.server import serve as serve_app

    serve_app(settings, settings.host, settings.port)


@app.command(epilog="Examples:\n\n  rag-bot status\n\n  rag-bot status --json")
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """What is indexed, with which model, and when it was last synced."""
    from rag_bot.output import status_json, status_text

    with _library(context) as library:
        found = library.status()
    _print(as_json, status_json(found), lambda: status_text(found))


def _watch(context: typer.Context, paths: Sequence[Path], as_json: bool) -> None:
    """A line for each sync that changed something; with --json an object for each sync, on a line of its own."""
    import time

    from rag_bot.output import report_json, sync_line

    def on_report(report: SyncReport) -> None:
        if as_json:
            print(json.dumps(report_json(report), ensure_ascii=False), flush=True)
        elif not report.plan.is_empty or [report.failed, report.kept] != last:
            print(sync_line(report, time.strftime("%H:%M:%S")), flush=True)
        last[:] = [report.failed, report.kept]

    def on_error(error: RagBotError) -> None:
        print(f"rag-bot: {error}", file=sys.stderr, flush=True)

    last: list[object] = []
    with _library(context) as library:
        library.watch(paths, on_report=on_report, on_error=on_error)


def _ask_about(error: NotesLost, as_json: bool) -> str:
    """Where somebody can answer, ask; else the error says how to answer beforehand."""
    if as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise error
    print(f"rag-bot: {' '.join(str(error).split())}", file=sys.stderr)
    try:
        return "remove" if typer.confirm("Remove these notes from the index?", err=True) else "keep"
    except typer.Abort:
        raise error from None


evaluation = typer.Typer(no_args_is_help=True, help="Measure, with questions whose answers are known.")
app.add_typer(evaluation, name="eval")


@evaluation.command(epilog="Examples:\n\n  rag-bot eval run\n\n  rag-bot eval run my-questions.jsonl --json")
def run(
    context: typer.Context,
    questions: Annotated[Path, typer.Argument(help="File of cases, one JSON object a line.")] = Path(
        "eval/questions.jsonl"
    ),
    as_json: AsJson = False,
) -> None:
    """Ask every question of a file and print the share of right answers and of right abstentions."""
    from rag_bot.evaluation.cases import read_cases
    from rag_bot.evaluation.runs import run_cases, summarise
    from rag_bot.output import evaluation_text

    cases = read_cases(questions)
    with _library(context) as library:
        summary = summarise(run_cases(library, cases))
    _print(as_json, summary, lambda: evaluation_text(summary))


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
        _fail("Stopped. What was done so far is kept.", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(FAILED) from None
    except OSError as error:
        _fail(f"{error.strerror or first_line(error)}{f': {error.filename}' if error.filename else ''}", FAILED)
    except Exception as error:  # noqa: BLE001 - the outermost edge
        if explain := getattr(error, "format_message", None):  # Typer's own errors, whose class it keeps private
            said = "" if type(error).__name__ == "NoArgsIsHelpError" else explain()
            _fail(f"{said} See `rag-bot --help`.", UsageError.exit_code)
        _fail(f"Unexpected {type(error).__name__}: {first_line(error)}. Run again with -v for the traceback.", FAILED)


def _fail(message: str, code: int) -> None:
    if _verbose:
        traceback.print_exc()
    print(f"rag-bot: {' '.join(message.split())}", file=sys.stderr)
    raise SystemExit(code)


def _load(context: typer.Context, **flags: Any) -> Settings:
    from rag_bot.settings import load_settings

    return load_settings(**context.obj, **flags)


def _library(context: typer.Context) -> Library:
    settings = _load(context)
    from rag_bot.library import Library

    return Library(settings)


def _print(as_json: bool, values: dict[str, Any], text: Callable[[], RenderableType]) -> None:
    if as_json:
        print(json.dumps(values, ensure_ascii=False, indent=1))
    else:
        Console(highlight=False).print(text(), soft_wrap=True)


def _read_question(console: Console) -> str:
    try:
        return console.input("[bold]> [/]").strip()
    except EOFError:
        return ""


class _progress:  # noqa: N801 - used as a function
    """Shows a sync's progress: a bar for people, JSON lines for the app, nothing where stderr is no terminal."""

    def __init__(self, as_json: bool, as_lines: bool) -> None:
        self._lines = as_lines
        self._console = Console(stderr=True)
        self._bar: Any = None
        self._shown = not as_lines and not as_json and self._console.is_terminal

    def __enter__(self) -> Callable[[Progress], None]:
        if self._lines:
            return lambda progress: print(json.dumps(asdict(progress)), file=sys.stderr, flush=True)
        if self._shown:
            from rich import progress as bars

            columns = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.MofNCompleteColumn())
            self._bar = bars.Progress(*columns, bars.TimeRemainingColumn(), console=self._console, transient=True)
            self._bar.start()
            self._tasks: dict[str, Any] = {}
            return self._advance
        return lambda _: None

    def _advance(self, progress: Progress) -> None:
        names = {"notes": "Reading and embedding notes", "index": "Entering passages"}
        if progress.stage not in self._tasks:
            self._tasks[progress.stage] = self._bar.add_task(names[progress.stage], total=progress.total)
        self._bar.update(self._tasks[progress.stage], completed=progress.done, total=progress.total)

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()


if __name__ == "__main__":
    main()
