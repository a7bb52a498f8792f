"""The commands that measure retrieval on whole sets of questions, and try settings on them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag_bot.cli.common import DEFAULT_CASES, AsJson, load, open_library
from rag_bot.cli.printing import show
from rag_bot.cli.progress import shown_progress
from rag_bot.errors import UsageError
from rag_bot.records import Progress

if TYPE_CHECKING:
    from rag_bot.evaluation.sets.bench import Asked, QuestionSet
    from rag_bot.library import Library
    from rag_bot.settings import Settings

app = typer.Typer()

Given = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting for this run; several times.")
]
Work = Annotated[
    Path | None, typer.Option("--work", help="Where notes, indexes and answers are kept; else the user's cache.")
]
Save = Annotated[Path | None, typer.Option("--save", help="File for the result with every question, as JSON.")]


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
    from rag_bot.evaluation.sets.beir import read_beir
    from rag_bot.evaluation.sets.results import beir_json

    settings = _settings(context, given)
    questions = read_beir(folder, split)
    _measure(questions, settings, work, save, as_json, lambda asked: beir_json(questions, asked))


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
    from rag_bot.evaluation.sets.results import spans_json
    from rag_bot.evaluation.sets.spans import read_spans

    also = [f"chunk_tokens={chunk_tokens}"] if chunk_tokens is not None else []
    settings = _settings(context, [*(given or []), *also])
    questions = read_spans(folder, top)
    _measure(questions, settings, work, save, as_json, lambda asked: spans_json(questions, asked))


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
    from rag_bot.evaluation.runs import settings_facts
    from rag_bot.evaluation.sets.bench import Bench
    from rag_bot.evaluation.sets.results import sweep_json, sweep_text
    from rag_bot.evaluation.sets.sweep import read_grid
    from rag_bot.evaluation.sets.sweep import sweep as try_all
    from rag_bot.files import save_text

    grid = read_grid(ranges)
    with shown_progress(as_json, False) as on_progress, open_library(context) as library:
        settings = library.settings
        questions = _chosen(cases, beir, spans, library)
        with Bench(questions, _base(work, settings), on_progress) as bench:
            swept = try_all(
                bench, settings, grid, measure=measure, on_trial=lambda *done: on_progress(Progress("trials", *done))
            )
    values = sweep_json(swept, questions.name, settings_facts(settings))
    if save:
        save_text(save, _as_text(values))
    show(as_json, values, lambda: sweep_text(values))


def _measure(
    questions: QuestionSet,
    settings: Settings,
    work: Path | None,
    save: Path | None,
    as_json: bool,
    as_values: Callable[[Asked], dict[str, Any]],
) -> None:
    """Ask all questions of a set, save and print what came of it."""
    from rag_bot.evaluation.sets.bench import Bench
    from rag_bot.evaluation.sets.results import result_text, with_questions
    from rag_bot.files import save_text

    with shown_progress(as_json, False) as on_progress, Bench(questions, _base(work, settings), on_progress) as bench:
        asked = bench.ask(settings)
    values = as_values(asked)
    if save:
        save_text(save, _as_text(with_questions(values, asked)))
    show(as_json, values, lambda: result_text(values))


def _chosen(cases: Path | None, beir: Path | None, spans: Path | None, library: Library) -> QuestionSet:
    from rag_bot.evaluation.sets.beir import read_beir
    from rag_bot.evaluation.sets.cases import read_case_set
    from rag_bot.evaluation.sets.spans import read_spans

    if sum(one is not None for one in (cases, beir, spans)) > 1:
        raise UsageError("--cases, --beir and --spans exclude each other; give one of them.")
    if beir is not None:
        return read_beir(beir)
    return read_spans(spans) if spans is not None else read_case_set(cases or DEFAULT_CASES, library)


def _settings(context: typer.Context, given: list[str] | None) -> Settings:
    from rag_bot.evaluation.overrides import override, split_assignments

    return override(load(context), split_assignments(given or []))


def _base(work: Path | None, settings: Settings) -> Path:
    return (work or settings.cache / "evaluation").expanduser().absolute()


def _as_text(values: dict[str, Any]) -> str:
    import json

    return json.dumps(values, ensure_ascii=False, indent=1) + "\n"
