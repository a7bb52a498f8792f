"""A passage's way into an answer -> JSON with keys that stay, and a list of stages for people."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rag_bot.output import line
from rag_bot.query.why.trace import LOST, SEARCHES, PassageTrace, Stage, Trace

_SHOWN = 160  # characters of the passage
_LISTED = 20  # other passages


def trace_json(trace: Trace) -> dict[str, Any]:
    chunk = trace.farthest.chunk
    return {
        "question": trace.question,
        "searched_for": trace.searched_for,
        "note": trace.note,
        "lines": list(trace.lines) if trace.lines else None,
        "passage": {"location": chunk.location, "text": chunk.text} if chunk else None,
        "stages": [_stage_json(stage) for stage in trace.farthest.stages],
        "citation": trace.farthest.citation,
        "lost_at": trace.lost_at,
        "verdict": trace.farthest.verdict,
        "others": [_other_json(other) for other in trace.others],
    }


def trace_text(trace: Trace) -> RenderableType:
    """The passage, a tick or a cross for each stage, and one sentence; then the note's other passages.

    Where there is no such note, the nearest ones.
    """
    passage = trace.farthest
    verdict = line(passage.verdict, "bold")
    return Group(
        *_passage_text(trace), _stages_text(passage), Text(), verdict, *_others_text(trace), *_nearest_text(trace)
    )


def _stage_json(stage: Stage) -> dict[str, Any]:
    return {"name": stage.name, "passed": stage.passed, "said": stage.message, **stage.detail}


def _other_json(other: PassageTrace) -> dict[str, Any]:
    return {
        "location": other.chunk.location if other.chunk else None,
        "citation": other.citation,
        "lost_at": other.lost.name if other.lost else None,
        "verdict": other.verdict,
    }


def _passage_text(trace: Trace) -> list[RenderableType]:
    chunk = trace.farthest.chunk
    if not chunk:
        return []
    mended = [] if trace.searched_for == trace.question else [line(f"Searched for: {trace.searched_for}", "yellow")]
    place = line(chunk.location, "cyan").append(line(f"  {' > '.join(chunk.headings)}", "dim"))
    words = " ".join(chunk.text.split())
    return [*mended, place, line(words if len(words) <= _SHOWN else f"{words[:_SHOWN]} ..."), Text()]


def _stages_text(passage: PassageTrace) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for stage in passage.stages:
        table.add_row(_mark(stage), Text(stage.name, style="dim"), line(stage.message))
    return table


def _mark(stage: Stage) -> Text:
    """A search that misses a passage is no loss: the other one may have it."""
    if stage.passed:
        return Text("✓", style="green")
    return Text("✗", style="yellow" if stage.name in SEARCHES else "bold red")


def _others_text(trace: Trace) -> list[RenderableType]:
    if not trace.others:
        return []
    lines = [_other_line(other) for other in trace.others[:_LISTED]]
    more = [Text(f"  and {len(trace.others) - _LISTED:,} more")] if len(trace.others) > _LISTED else []
    return [Text(), Text("Other passages there:", style="dim"), *lines, *more]


def _nearest_text(trace: Trace) -> list[RenderableType]:
    nearest = trace.farthest.stages[0].detail.get("nearest", ())
    lines = [line(f"  {path}", "cyan") for path in nearest]
    return [Text(), Text("The nearest notes:", style="dim"), *lines] if lines else []


def _other_line(other: PassageTrace) -> Text:
    said = f"{LOST[other.lost.name]}: {other.lost.message}" if other.lost else f"Shown as citation {other.citation}"
    place = line(f"  {other.chunk.location if other.chunk else ''}  ", "cyan")
    return place.append(line(said, "default"))
