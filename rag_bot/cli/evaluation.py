"""The commands that measure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_bot.cli import sets
from rag_bot.cli.common import DEFAULT_CASES, AsJson, load, open_library
from rag_bot.cli.printing import remark, show
from rag_bot.cli.progress import shown_progress
from rag_bot.cli.writing import named_model
from rag_bot.errors import UsageError
from rag_bot.records import Progress

if TYPE_CHECKING:
    from rag_bot.evaluation.results import Result
    from rag_bot.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Measure, with questions whose answers are known.")
app.add_typer(sets.app)

Cases = Annotated[Path, typer.Argument(metavar="FILE", help="File of cases, one JSON object a line.")]
Split = Annotated[str, typer.Option("--split", help="Half of the cases: dev, test or all.")]
Kind = Annotated[str | None, typer.Option("--kind", help="Only cases of this kind.")]
Lines = Annotated[bool, typer.Option("--progress", hidden=True)]


@app.command(
    epilog="Examples:\n\n  rag-bot eval run\n\n  rag-bot eval run my-questions.jsonl --json"
    "\n\n  rag-bot eval run --split dev --set dense_weight=0.5 --html result.html"
    "\n\n  rag-bot eval run --llm ollama:qwen3 --save with-qwen3.json"
)
def run(
    context: typer.Context,
    file: Cases = DEFAULT_CASES,
    split: Split = "all",
    kind: Kind = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of retrieval, for this run.")
    ] = None,
    llm: Annotated[
        str | None, typer.Option("--llm", metavar="NAME", help="Language model that writes the answers.")
    ] = None,
    save: Annotated[Path | None, typer.Option("--save", help="Keep the result in this file.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page with plots and failed cases.")] = None,
    baseline: Annotated[Path | None, typer.Option(help="Write the figures that the gate holds later runs to.")] = None,
    as_json: AsJson = False,
    progress: Lines = False,
) -> None:
    """Ask the questions of a file and measure passages, answers, citations and abstentions.

    With --save the result is also kept in a folder beside the index, where the app finds it.
    """
    from rag_bot.evaluation.measures import summarise
    from rag_bot.evaluation.results import keep_result, save_result
    from rag_bot.evaluation.tables import evaluation_text

    if baseline and (split != "all" or kind or given or llm):
        raise UsageError(
            "A --baseline is of all cases with the default settings; leave --split, --kind, --set and --llm out."
        )
    settings = _with_retrieval(load(context), given or [])
    result = _run(settings, file, split, kind, as_json, progress, llm)
    if save:
        save_result(result, save)
        remark(f"saved in {save} and {keep_result(result, settings)}")
    if html:
        from rag_bot.evaluation.report import write_report

        write_report(result, html)
    if baseline:
        from rag_bot.evaluation.gate import write_baseline

        write_baseline(result, baseline)
    show(as_json, summarise(result), lambda: evaluation_text(result))


@app.command(
    epilog="Examples:\n\n  rag-bot eval add 'When is the rent due?' notes/flat.md:12"
    "\n\n  rag-bot eval add 'And the deposit?' notes/flat.md:15-16 --turn 'When is the rent due?' --kind follow-up"
    "\n\n  rag-bot eval add 'Who is the landlord of the garage?' --unanswerable"
)
def add(
    context: typer.Context,
    question: str,
    places: Annotated[list[str] | None, typer.Argument(metavar="PATH:LINES", help="Where the answer stands.")] = None,
    pattern: Annotated[
        str, typer.Option(help="What a right answer matches; else, a sentence of the first place.")
    ] = "",
    kind: Annotated[str, typer.Option(help="Kind of the case; without it, fact or near-topic.")] = "",
    turns: Annotated[list[str] | None, typer.Option("--turn", help="A question asked before.")] = None,
    unanswerable: Annotated[bool, typer.Option("--unanswerable", help="The notes don't hold the answer.")] = False,
    to: Annotated[Path, typer.Option(help="File of cases; made where there is none.")] = DEFAULT_CASES,
    as_json: AsJson = False,
) -> None:
    """Make a case from a question and the lines of a note that answer it."""
    from dataclasses import asdict

    from rag_bot.evaluation.cases import append_case, find_case, make_case
    from rag_bot.evaluation.judge import note_text

    if bool(places) == unanswerable:
        raise UsageError("Give the places where the answer stands (notes/a.md:12-15), or --unanswerable; one of both.")
    with open_library(context) as library:
        find = note_text(library)
        case = make_case(find, question, tuple(places or ()), pattern=pattern, kind=kind, turns=tuple(turns or ()))
    if known := find_case(to, case):
        raise UsageError(f"{to} has this case already: {known.id}.")
    case = append_case(to, case)
    show(as_json, asdict(case), lambda: f"{case.id} ({case.kind}, {case.split}) added to {to}")


@app.command(
    epilog="Examples:\n\n  rag-bot eval compare before.json after.json"
    "\n\n  rag-bot eval compare default fusion=rrf,dense_weight=0.5 --split dev"
)
def compare(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="A", help="A saved result, settings (NAME=VALUE,...) or default.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The same, to be compared with A.")],
    file: Cases = DEFAULT_CASES,
    split: Split = "all",
    kind: Kind = None,
    as_json: AsJson = False,
    progress: Lines = False,
) -> None:
    """Say what differs between two results, whether it may be chance, and which cases flipped.

    For settings the cases of FILE are asked now; a name with "=" or "default" is settings, any other a saved result.
    """
    from rag_bot.evaluation.compare import compare_results, comparison_json
    from rag_bot.evaluation.tables import comparison_text
    from rag_bot.settings import Settings

    given = [_result_or_settings(context, one) for one in (before, after)]  # wrong usage shows before anything runs
    results = [_run(one, file, split, kind, as_json, progress) if isinstance(one, Settings) else one for one in given]
    comparison = compare_results(results[0], results[1], (before, after))
    show(as_json, comparison_json(comparison), lambda: comparison_text(comparison))


def _result_or_settings(context: typer.Context, given: str) -> Result | Settings:
    from rag_bot.evaluation.results import read_result

    if given != "default" and "=" not in given:
        return read_result(Path(given))
    return _with_retrieval(load(context), [] if given == "default" else given.split(","))


def _run(
    settings: Settings, file: Path, split: str, kind: str | None, as_json: bool, lines: bool, llm: str | None = None
) -> Result:
    from rag_bot.evaluation.cases import read_cases, select_cases
    from rag_bot.evaluation.runs import run_cases
    from rag_bot.library import Library

    cases = select_cases(read_cases(file), split=split, kind=kind)
    model = named_model(settings, llm) if llm else None
    with Library(settings) as library, shown_progress(as_json, lines) as on_progress:
        return run_cases(
            library,
            cases,
            file=str(file),
            llm=model,
            on_case=lambda done: on_progress(Progress("cases", done, len(cases))),
        )


def _with_retrieval(settings: Settings, given: list[str]) -> Settings:
    """The settings with some of retrieval's changed; those of the index can't be, since it is there already."""
    from rag_bot.evaluation.overrides import INDEX_SETTINGS, override, split_assignments

    values = split_assignments(given)
    if fixed := [name for name in values if name in INDEX_SETTINGS]:
        raise UsageError(f"The setting {fixed[0]!r} is the index's own; ingest into another --index with it instead.")
    return override(settings, values)
