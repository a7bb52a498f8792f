"""The commands that measure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag_bot.cli.ask import named_model
from rag_bot.cli.command import AsJson, load, open_library, remark, show
from rag_bot.cli.progress import shown_progress
from rag_bot.errors import UsageError
from rag_bot.records import Progress

if TYPE_CHECKING:
    from rag_bot.evaluation import Result
    from rag_bot.evaluation.sets import QuestionSet, SetResult
    from rag_bot.library import Library
    from rag_bot.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Measure, with questions whose answers are known.")

DEFAULT_CASES = Path("eval/questions.jsonl")

Cases = Annotated[Path, typer.Argument(metavar="FILE", help="File of cases, one JSON object a line.")]
Split = Annotated[str, typer.Option("--split", help="Half of the cases: dev, test or all.")]
Kind = Annotated[str | None, typer.Option("--kind", help="Only cases of this kind.")]
Lines = Annotated[bool, typer.Option("--progress", hidden=True)]
Given = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting for this run; several times.")
]
Work = Annotated[
    Path | None, typer.Option("--work", help="Where notes, indexes and answers are kept; else the user's cache.")
]
Save = Annotated[Path | None, typer.Option("--save", help="File for the result with every question, as JSON.")]


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
    """Ask the questions of a file and measure passages, answers, citations and verdicts.

    With --save the result is also kept in a folder beside the index, where the app finds it.
    """
    from rag_bot.evaluation import (
        evaluation_text,
        keep_result,
        override_retrieval,
        save_result,
        summarise,
        write_baseline,
        write_report,
    )

    if baseline and (split != "all" or kind or given or llm):
        raise UsageError(
            "A --baseline is of all cases with the default settings; leave --split, --kind, --set and --llm out."
        )
    settings = override_retrieval(load(context), given or [])
    result = _run(settings, file, split, kind, as_json, progress, llm)
    if save:
        save_result(result, save)
        remark(f"saved in {save} and {keep_result(result, settings)}")
    if html:
        write_report(result, html)
    if baseline:
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

    from rag_bot.evaluation import append_case, find_case, make_case, text_finder

    if bool(places) == unanswerable:
        raise UsageError("Give the places where the answer stands (notes/a.md:12-15), or --unanswerable; one of both.")
    with open_library(context) as library:
        find = text_finder(library)
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
    from rag_bot.evaluation import compare_results, comparison_json, comparison_text
    from rag_bot.settings import Settings

    sides = [_result_or_settings(context, side) for side in (before, after)]  # wrong usage shows before anything runs
    results = [
        _run(side, file, split, kind, as_json, progress) if isinstance(side, Settings) else side for side in sides
    ]
    comparison = compare_results(results[0], results[1], (before, after))
    show(as_json, comparison_json(comparison), lambda: comparison_text(comparison))


@app.command(
    epilog="Examples:\n\n  rag-bot eval beir scifact\n\n  rag-bot eval beir scifact --split train --set fusion=rrf"
)
def beir(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Has corpus.jsonl, queries.jsonl and qrels/<split>.tsv.")],
    split: Annotated[str, typer.Option(help="Which judgements: the name of a file in qrels.")] = "test",
    given: Given = None,
    work: Work = None,
    save: Save = None,
    as_json: AsJson = False,
) -> None:
    """Measure on a set in BEIR's layout: its documents become notes, each counts by its best passage.

    R@100 is the share of the right documents among those of the first 100 passages. A run that was stopped goes on
    where it was; one with other settings uses the same index.
    """
    from rag_bot.evaluation.sets import beir_json, read_beir

    settings = _overridden(context, given or [])
    questions = read_beir(folder, split)
    _measure(questions, settings, work, save, as_json, lambda result: beir_json(questions, result))


@app.command(epilog="Examples:\n\n  rag-bot eval spans chunking\n\n  rag-bot eval spans chunking --chunk-tokens 128")
def spans(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Has corpora/ and queries_spans.jsonl.")],
    top: Annotated[int, typer.Option("-k", min=1, max=100, help="Passages that are looked at.")] = 5,
    chunk_tokens: Annotated[int | None, typer.Option(help="Tokens of a passage, at most.")] = None,
    given: Given = None,
    work: Work = None,
    save: Save = None,
    as_json: AsJson = False,
) -> None:
    """Measure how much of the spans that answer stands in the first passages, and how much else.

    recall: share of the characters that answer which are found. precision: share of those found that answer.
    """
    from rag_bot.evaluation.sets import read_spans, spans_json

    also = [f"chunk_tokens={chunk_tokens}"] if chunk_tokens is not None else []
    settings = _overridden(context, [*(given or []), *also])
    questions = read_spans(folder, top)
    _measure(questions, settings, work, save, as_json, lambda result: spans_json(questions, result))


@app.command(
    epilog="Examples:\n\n  rag-bot eval sweep dense_weight=0.3:0.8:0.1 --beir scifact"
    "\n\n  rag-bot eval sweep fusion=convex,rrf candidates=50,100,200"
    "\n\n  rag-bot eval sweep chunk_tokens=96,128,192,256 --spans chunking --measure IoU"
)
def sweep(
    context: typer.Context,
    ranges: Annotated[list[str], typer.Argument(metavar="NAME=VALUES...", help="Values: a,b,c or FIRST:LAST:STEP.")],
    cases: Annotated[Path | None, typer.Option(help="File of cases; eval/questions.jsonl without a set.")] = None,
    beir: Annotated[Path | None, typer.Option(help="A set in BEIR's layout.")] = None,
    spans: Annotated[Path | None, typer.Option(help="A set with the spans that answer.")] = None,
    measure: Annotated[str | None, typer.Option(help="What decides; else nDCG@10, for spans recall.")] = None,
    work: Work = None,
    save: Annotated[Path | None, typer.Option("--save", help="File for all trials, as JSON.")] = None,
    as_json: AsJson = False,
) -> None:
    """Try settings over ranges on one half of the questions; report the best on the other half.

    Each combination is tried. Another chunk_tokens or model needs another index, made in the work folder; passages
    that are equal are not embedded again. A sweep that was stopped goes on where it was.
    """
    from rag_bot.evaluation.sets import Bench, read_grid, sweep_json, sweep_settings, sweep_text
    from rag_bot.files import save_text

    grid = read_grid(ranges)
    with shown_progress(as_json, False) as on_progress, open_library(context) as library:
        settings = library.settings
        questions = _chosen_set(cases, beir, spans, library)
        with Bench(questions, _work_folder(work, settings), on_progress) as bench:
            swept = sweep_settings(
                bench, settings, grid, measure=measure, on_trial=lambda *done: on_progress(Progress("trials", *done))
            )
    values = sweep_json(swept, questions.name, settings)
    if save:
        save_text(save, _as_text(values))
    show(as_json, values, lambda: sweep_text(values))


@app.command(
    epilog="Examples:\n\n  rag-bot eval checker pairs.jsonl"
    "\n\n  rag-bot eval checker mine.jsonl others.jsonl --wrong"
    "\n\n  rag-bot eval checker pairs.jsonl --set check_model=cross-encoder/nli-deberta-v3-small --json"
)
def checker(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="PAIRS...", help="Files of pairs, one JSON object a line.")],
    given: Given = None,
    wrong: Annotated[
        bool, typer.Option("--wrong", help="Name false sentences called supported and true ones called not.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure whether the marks at the sentences of an answer are true.

    A pair is {id, lines: \\[\\[context, text], ...], sentence, label, kind}: "supported" is the label where the lines
    say the sentence, else "not". No index is needed.
    """
    from rag_bot.evaluation import (
        CHECK_SETTINGS,
        checker_json,
        checker_text,
        judge_pairs,
        open_checker,
        override,
        read_pairs,
        split_assignments,
    )

    settings = override(load(context), split_assignments(given or [], CHECK_SETTINGS))
    pairs = read_pairs(files)
    opened = open_checker(settings)
    with shown_progress(as_json, False) as on_progress:
        judged = judge_pairs(opened, pairs, lambda done: on_progress(Progress("sentences", done, len(pairs))))
    values = checker_json(judged, list(map(str, files)), settings)
    show(as_json, values, lambda: checker_text(judged, name_wrong=wrong))


def _result_or_settings(context: typer.Context, given: str) -> Result | Settings:
    from rag_bot.evaluation import override_retrieval, read_result

    if given != "default" and "=" not in given:
        return read_result(Path(given))
    return override_retrieval(load(context), [] if given == "default" else given.split(","))


def _run(
    settings: Settings, file: Path, split: str, kind: str | None, as_json: bool, lines: bool, llm: str | None = None
) -> Result:
    from rag_bot.evaluation import read_cases, run_cases, select_cases
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


def _measure(
    questions: QuestionSet,
    settings: Settings,
    work: Path | None,
    save: Path | None,
    as_json: bool,
    as_values: Callable[[SetResult], dict[str, Any]],
) -> None:
    """Ask all questions of a set, save and print what came of it."""
    from rag_bot.evaluation.sets import Bench, result_text, with_questions
    from rag_bot.files import save_text

    base = _work_folder(work, settings)
    with shown_progress(as_json, False) as on_progress, Bench(questions, base, on_progress) as bench:
        result = bench.ask(settings)
    values = as_values(result)
    if save:
        save_text(save, _as_text(with_questions(values, result)))
    show(as_json, values, lambda: result_text(values))


def _chosen_set(cases: Path | None, beir: Path | None, spans: Path | None, library: Library) -> QuestionSet:
    from rag_bot.evaluation.sets import read_beir, read_case_set, read_spans

    if sum(path is not None for path in (cases, beir, spans)) > 1:
        raise UsageError("--cases, --beir and --spans exclude each other; give one of them.")
    if beir is not None:
        return read_beir(beir)
    return read_spans(spans) if spans is not None else read_case_set(cases or DEFAULT_CASES, library)


def _overridden(context: typer.Context, given: list[str]) -> Settings:
    from rag_bot.evaluation import override, split_assignments

    return override(load(context), split_assignments(given))


def _work_folder(work: Path | None, settings: Settings) -> Path:
    return (work or settings.cache / "evaluation").expanduser().absolute()


def _as_text(values: dict[str, Any]) -> str:
    import json

    return json.dumps(values, ensure_ascii=False, indent=1) + "\n"
