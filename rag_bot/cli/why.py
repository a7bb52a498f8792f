"""The command that tells at which stage a passage was lost: JSON with keys that stay, and a list of stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rag_bot.cli.command import AsJson, Folder, Since, Tag, Today, Until, filters_of, open_library, show
from rag_bot.output import line

if TYPE_CHECKING:
    from rag_bot.query.why.trace import PassageTrace, Stage, Trace

app = typer.Typer()

_SHOWN = 160  # characters of the passage: two lines of a terminal
_LISTED = 20  # other passages: a screen of them


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
    since: Since = None,
    until: Until = None,
    today: Today = None,
    as_json: AsJson = False,
) -> None:
    """Why a passage is not in the answer: the stage at which it was lost, and what would help."""
    with open_library(context) as library:
        trace = library.why(
            question, note, filters=filters_of(folder, tag, since, until, today), earlier=after or (), today=today
        )
    show(as_json, trace_json(trace), lambda: trace_text(trace))


def trace_json(trace: Trace) -> dict[str, Any]:
    """The whole way of the passage into the answer; `others` are the other passages of the note, in short."""
    chunk = trace.farthest.chunk
    return {
        "question": trace.question,
        "searched_for": trace.searched_for,
        "note": trace.note,
        "lines": list(trace.lines) if trace.lines else None,
        "passage": {"location": chunk.location, "text": chunk.text} if chunk else None,
        "stages": [
            {"name": stage.name, "passed": stage.passed, "said": stage.message, **stage.detail}
            for stage in trace.farthest.stages
        ],
        "citation": trace.farthest.citation,
        "shown_around": trace.farthest.shown_around,
        "lost_at": trace.lost_at,
        "verdict": trace.farthest.verdict,
        "others": [
            {
                "location": other.chunk.location if other.chunk else None,
                "citation": other.citation,
                "lost_at": other.lost.name if other.lost else None,
                "verdict": other.verdict,
            }
            for other in trace.others
        ],
    }


def trace_text(trace: Trace) -> RenderableType:
    """The passage, a tick or a cross for each stage, and one sentence; then the note's other passages.

    Where there is no such note, the nearest ones.
    """
    above: list[RenderableType] = []
    if chunk := trace.farthest.chunk:
        if trace.searched_for != trace.question:
            above.append(line(f"Searched for: {trace.searched_for}", "yellow"))
        words = " ".join(chunk.text.split())
        above += [
            line(chunk.location, "cyan").append(line(f"  {' > '.join(chunk.headings)}", "dim")),
            line(words if len(words) <= _SHOWN else f"{words[:_SHOWN]} ..."),
            Text(),
        ]
    stages = Table.grid(padding=(0, 2))
    stages.add_column(no_wrap=True)
    stages.add_column(no_wrap=True)
    stages.add_column(overflow="fold")
    for stage in trace.farthest.stages:
        stages.add_row(_mark(stage), Text(stage.name, style="dim"), line(stage.message))
    below: list[RenderableType] = []
    if trace.others:
        below += [Text(), Text("Other passages there:", style="dim")]
        below += [_other_line(other) for other in trace.others[:_LISTED]]
    if len(trace.others) > _LISTED:
        below.append(Text(f"  and {len(trace.others) - _LISTED:,} more"))
    if nearest := trace.farthest.stages[0].detail.get("nearest", ()):
        below += [Text(), Text("The nearest notes:", style="dim"), *(line(f"  {path}", "cyan") for path in nearest)]
    return Group(*above, stages, Text(), line(trace.farthest.verdict, "bold"), *below)


def _mark(stage: Stage) -> Text:
    """A search that misses a passage is no loss: the other one may have it."""
    from rag_bot.query.why.trace import SEARCHES

    if stage.passed:
        return Text("✓", style="green")
    return Text("✗", style="yellow" if stage.name in SEARCHES else "bold red")


def _other_line(other: PassageTrace) -> Text:
    from rag_bot.query.why.trace import LOST

    fate = f"{LOST[other.lost.name]}: {other.lost.message}" if other.lost else f"Shown as citation {other.citation}"
    place = line(f"  {other.chunk.location if other.chunk else ''}  ", "cyan")
    return place.append(line(fate, "default"))
