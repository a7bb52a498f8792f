"""Records -> what the command line prints: the JSON of the contract, and text for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from rag_bot.records import (
    CHANGES,
    Answer,
    Citation,
    Hit,
    Loss,
    Run,
    Status,
    SyncPlan,
    SyncReport,
    Verification,
    Writer,
    change_words,
)

_LISTED = 20  # paths that are printed of each kind of change


def answer_json(answer: Answer) -> dict[str, Any]:
    searched_for = {"searched_for": answer.reworded} if answer.reworded else {}
    return {
        "question": answer.question,
        **searched_for,
        "answer": answer.text,
        "mode": answer.mode,
        "abstained": answer.abstained,
        "confidence": answer.confidence,
        "citations": [_citation_json(citation) for citation in answer.citations],
        "nearest": [_place_json(hit) for hit in answer.nearest],
        "timings_ms": dict(answer.timings_ms),
    }


def hits_json(hits: Sequence[Hit], timings_ms: dict[str, float]) -> dict[str, Any]:
    return {
        "hits": [{"rank": hit.rank} | _place_json(hit) | {"text": hit.chunk.text} for hit in hits],
        "timings_ms": timings_ms,
    }


def report_json(report: SyncReport) -> dict[str, Any]:
    return {
        **{name: len(getattr(report.plan, name)) for name in _COUNTED},
        "failed": [asdict(failure) for failure in report.failed],
        "chunks_embedded": report.chunks_embedded,
        "chunks_reused": report.chunks_reused,
        "seconds": round(report.seconds, 3),
        **({"kept": [asdict(loss) | {"folder": str(loss.folder)} for loss in report.kept]} if report.kept else {}),
    }


def dry_run_json(report: SyncReport) -> dict[str, Any]:
    """The counts, and the paths behind them."""
    plan = report.plan
    paths = {name: list(getattr(plan, name)) for name in ("added", "changed", "deleted")}
    return report_json(report) | {"dry_run": True, "paths": paths | {"moved": [asdict(move) for move in plan.moved]}}


def verification_json(found: Verification) -> dict[str, Any]:
    return {
        "ok": not found.problems,
        "problems": [asdict(problem) for problem in found.problems],
        "repaired": list(found.repaired),
        "notes": found.notes,
        "passages": found.passages,
        "seconds": round(found.seconds, 3),
    }


def status_json(status: Status) -> dict[str, Any]:
    return {
        **asdict(status),
        "index": str(status.index),
        "roots": [str(root) for root in status.roots],
        "missing": [str(root) for root in status.missing],
        "failed": [asdict(failure) for failure in status.failed],
        "runs": [
            asdict(run) | {"state": run_state(run, status.writer, index)} for index, run in enumerate(status.runs)
        ],
    }


def run_state(run: Run, writer: Writer | None, place: int) -> str:
    """How a sync of the history ended: "done", "failed", "running" (only the newest can be) or "killed"."""
    if run.error:
        return "failed"
    if run.seconds is not None:
        return "done"
    return "running" if writer and place == 0 else "killed"


def answer_text(answer: Answer) -> RenderableType:
    """Each quote with its number, its place below it; or that there is none, and the nearest notes."""
    searched = [Text(f"Searched for: {answer.reworded}", style="dim")] if answer.reworded else []
    if answer.abstained:
        return Group(*searched, Text(answer.text, style="bold"), *_nearest_text(answer.nearest))
    return Group(*searched, *(part for citation in answer.citations for part in _citation_text(citation)))


def hits_text(hits: Sequence[Hit]) -> RenderableType:
    return Group(*(part for hit in hits for part in _hit_text(hit)))


def report_text(report: SyncReport, *, dry_run: bool) -> RenderableType:
    counts = [f"{len(getattr(report.plan, name))} {name}" for name in _COUNTED if getattr(report.plan, name)]
    lines = [Text(f"{'Would be: ' if dry_run else ''}{', '.join(counts) or 'no notes'}", style="bold")]
    if dry_run:
        lines += _plan_text(report.plan)
    else:
        made = f"{report.chunks_embedded} passages embedded, {report.chunks_reused} reused"
        lines.append(Text(f"{made}, {report.seconds:.1f} s", style="dim"))
    lines += [Text(f"could not be read: {failure.path}: {failure.error}", style="yellow") for failure in report.failed]
    lines += [Text(_kept_text(loss, dry_run), style="yellow") for loss in report.kept]
    return Group(*lines)


def sync_line(report: SyncReport, at: str) -> str:
    """One line for a sync of a folder that is watched."""
    counts = [f"{len(getattr(report.plan, name))} {name}" for name in CHANGES if getattr(report.plan, name)]
    failed = [f"{len(report.failed)} could not be read"] if report.failed else []
    embedded = f"{report.chunks_embedded} passages embedded, {report.seconds:.1f} s"
    kept = [f"\n          {_kept_text(loss, dry_run=False)}" for loss in report.kept]
    return f"{at}  {', '.join([*counts, *failed]) or 'nothing new'} ({embedded}){''.join(kept)}"


def verification_text(found: Verification) -> RenderableType:
    lines = [Text(f"repaired: {what}", style="green") for what in found.repaired]
    lines += [Text(f"{problem.part}: {problem.text}", style="yellow") for problem in found.problems]
    verdict = "Something is wrong" if found.problems else "Folders and index agree"
    counted = f"{verdict}: {found.notes:,} notes, {found.passages:,} passages looked at in {found.seconds:.1f} s."
    return Group(*lines, Text(counted, style="bold"))


def status_text(status: Status) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    rows = [
        ("notes", f"{status.notes:,} in {_folders_text(status)}"),
        ("passages", f"{status.chunks:,} ({status.vectors:,} vectors)"),
        ("model", f"{status.model} ({status.fingerprint})"),
        ("last synced", status.last_synced or "never"),
        ("index", f"{status.index} ({status.bytes_on_disk / 1e6:.1f} MB)"),
        *((("syncing now", _writer_text(status.writer)),) if status.writer else ()),
        *(("not read", f"{failure.path}: {failure.error}") for failure in status.failed),
        *(("last syncs" if place == 0 else "", _run_text(run, status, place)) for place, run in enumerate(status.runs)),
    ]
    for name, value in rows:
        table.add_row(Text(name, style="dim"), Text(value))
    return table


def _kept_text(loss: Loss, dry_run: bool) -> str:
    gone = f"{loss.lost:,} of its {loss.known:,} notes are gone ({loss.reason})"
    remedy = f"`rag-bot forget {loss.folder}` or `rag-bot ingest --yes` removes them from the index"
    return f"{'would ask about' if dry_run else 'kept'}: {loss.folder}: {gone}; {remedy}"


def _folders_text(status: Status) -> str:
    named = [f"{root}{' (not there now)' if root in status.missing else ''}" for root in status.roots]
    return ", ".join(named) or "no folder"


def _writer_text(writer: Writer) -> str:
    return f"process {writer.pid} on {writer.host}, since {writer.started}" if writer.pid else "another process"


def _run_text(run: Run, status: Status, place: int) -> str:
    state = run_state(run, status.writer, place)
    counts = [f"{run.counts[name]} {name}" for name in CHANGES if run.counts.get(name)]
    said = {"failed": f"failed: {run.error.split('. ')[0]}", "killed": "was killed", "running": "is running"}.get(
        state, ""
    )
    seconds = f" ({run.seconds:.1f} s)" if run.seconds is not None else ""
    unread = f", {len(run.failed)} could not be read" if run.failed else ""
    return f"{run.started}  {said or ', '.join(counts) or 'nothing new'}{unread}{seconds}"


_COUNTED = (*CHANGES, "unchanged")


def _place_json(hit: Hit) -> dict[str, Any]:
    return {
        "path": hit.chunk.note_path,
        "title": hit.note.title,
        "headings": list(hit.chunk.headings),
        "start_line": hit.chunk.start_line,
        "end_line": hit.chunk.end_line,
        "score": round(hit.score, 4),
    }


def _citation_json(citation: Citation) -> dict[str, Any]:
    quote = citation.quote
    return {
        "number": citation.number,
        "path": quote.note_path,
        "title": quote.title,
        "headings": list(quote.headings),
        "start_line": quote.start_line,
        "end_line": quote.end_line,
        "quote": quote.text,
        "stale": citation.stale,
        "score": round(quote.score, 4),
    }


def _citation_text(citation: Citation) -> list[RenderableType]:
    quote = citation.quote
    place = Text(f"    {quote.location}", style="cyan")
    above = [part for part in (*quote.headings, *quote.context) if part]
    place.append(f"  {' > '.join(above) or quote.title}", style="dim")
    if citation.stale:
        place.append(f"  {change_words(citation.change)}", style="yellow")
    return [
        Text(f"[{citation.number}] ", style="bold").append(Text(quote.text, style="default")),
        place,
        Text(),
    ]


def _nearest_text(hits: Sequence[Hit]) -> list[RenderableType]:
    if not hits:
        return []
    return [
        Text("The nearest notes:", style="dim"),
        *(
            Text.from_markup(f"  [cyan]{escape(hit.chunk.location)}[/]  [dim]{escape(hit.note.title)}[/]")
            for hit in hits
        ),
    ]


def _hit_text(hit: Hit) -> list[RenderableType]:
    place = Text(f"{hit.rank:>2}. ", style="bold").append(hit.chunk.location, style="cyan")
    place.append(f"  {' > '.join(hit.chunk.headings) or hit.note.title}  {hit.score:.2f}", style="dim")
    also = [Text(f"    also in {', '.join(hit.duplicates)}", style="dim")] if hit.duplicates else []
    return [place, *also, Text(hit.chunk.text), Text()]


def _plan_text(plan: SyncPlan) -> list[Text]:
    lines = []
    for name in ("added", "changed", "deleted"):
        paths = getattr(plan, name)
        lines += [Text(f"  {name:8} {path}") for path in paths[:_LISTED]]
        lines += [Text(f"  {name:8} … and {len(paths) - _LISTED} more")] if len(paths) > _LISTED else []
    return lines + [Text(f"  moved    {move.before} -> {move.after}") for move in plan.moved[:_LISTED]]
