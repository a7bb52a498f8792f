"""The commands that measure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag_bot.cli.common import AsJson, open_library, show

app = typer.Typer(no_args_is_help=True, help="Measure, with questions whose answers are known.")


@app.command(epilog="Examples:\n\n  rag-bot eval run\n\n  rag-bot eval run my-questions.jsonl --json")
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
    with open_library(context) as library:
        summary = summarise(run_cases(library, cases))
    show(as_json, summary, lambda: evaluation_text(summary))
