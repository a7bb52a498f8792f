"""Syncs, checks and the state of an index -> JSON of the contract, and text for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rag_bot.output.visible import Visible, line, visible, visible_line
from rag_bot.records import (
    CHANGES,
    NOT_READ,
    UNREAD_NAMED,
    Failure,
    LeftOut,
    Loss,
    Run,
    Status,
    SyncPlan,
    SyncReport,
    Verification,
    Writer,
    left_out_words,
)

_LISTED = 20  # paths that are printed of each kind of change; by eye
_ALL_NAMED = 5  # files that could not be read, each on a line of its own; by eye
_EXAMPLES = 3  # of what is left out for a reason, on its line; by eye


def report_json(report: SyncReport) -> dict[str, Any]:
    """A sync as the JSON of the contract; `kept` only where notes were."""
    return {
        **report.plan.counts,
        "failed": [asdict(failure) for failure in report.failed],
        "chunks_embedded": report.chunks_embedded,
        "chunks_reused": report.chunks_reused,
        "seconds": round(report.seconds, 3),
        "left_out": [asdict(entry) for entry in report.left_out],
        **({"kept": [asdict(loss) | {"folder": str(loss.folder)} for loss in report.kept]} if report.kept else {}),
    }


def dry_run_json(report: SyncReport) -> dict[str, Any]:
    """The counts, and the paths behind them."""
    plan = report.plan
    paths = {name: list(getattr(plan, name)) for name in ("added", "changed", "deleted")}
    return report_json(report) | {"dry_run": True, "paths": paths | {"moved": [asdict(move) for move in plan.moved]}}


def nesting_words(folder: Path, roots: Sequence[Path]) -> str:
    """What it means that a folder lies inside or around `roots` of the index; "" where it does neither.

    All of them are absolute, without links.
    """
    if folder in roots:
        return ""
    if outer := _around(folder, roots):
        return f"{folder} lies in {outer}, which is in the index already: its notes are read as part of that."
    if inner := _inside(folder, roots):
        one = len(inner) == 1
        are, them, theirs = ("is", "it", "its") if one else ("are", "them", "their")
        return (
            f"{folder} holds {_listed(inner)}, which {are} in the index already. No note is read twice: "
            f"{theirs} notes stay with {them}."
        )
    return ""


def forgetting_words(folder: Path, roots: Sequence[Path]) -> str:
    """What removing a folder from the index means for its notes, beside the other `roots` of the index."""
    if outer := _around(folder, roots):
        return (
            f"It lies in {outer}, which stays in the index: the next sync reads its notes as part of that, unless your "
            "settings keep them out."
        )
    inner = _inside(folder, roots)
    return f"Its notes will no longer be searched{f', but those of {_listed(inner)} will' if inner else ''}."


def _around(folder: Path, roots: Sequence[Path]) -> Path | None:
    return next((root for root in roots if root in folder.parents), None)


def _inside(folder: Path, roots: Sequence[Path]) -> list[Path]:
    return [root for root in roots if folder in root.parents]


def _listed(folders: Sequence[Path]) -> str:
    *first, last = map(str, folders)
    return f"{', '.join(first)} and {last}" if first else last


def verification_json(found: Verification) -> dict[str, Any]:
    """What a comparison of folders and index found, as the JSON of the contract."""
    return {
        "ok": not found.problems,
        "problems": [asdict(problem) for problem in found.problems],
        "repaired": list(found.repaired),
        "notes": found.notes,
        "passages": found.passages,
        "unreadable": found.unreadable,
        "seconds": round(found.seconds, 3),
    }


def status_json(status: Status) -> dict[str, Any]:
    """The state of the index as the JSON of the contract."""
    return {
        **asdict(status),
        "index": str(status.index),
        "roots": [str(root) for root in status.roots],
        "missing": [str(root) for root in status.missing],
        "failed": [asdict(failure) for failure in status.failed],
        "runs": [
            asdict(run) | {"state": run_state(run, status.writer, place)} for place, run in enumerate(status.runs)
        ],
    }


def run_state(run: Run, writer: Writer | None, place: int) -> str:
    """How a sync of the history ended: "done", "failed", "running" (only the newest can be) or "killed"."""
    if run.error:
        return "failed"
    if run.seconds is not None:
        return "done"
    return "running" if writer and place == 0 else "killed"


def report_text(report: SyncReport, *, dry_run: bool) -> RenderableType:
    """What was done, or with `dry_run` would be, and what could not be read or was kept."""
    counts = [f"{count} {name}" for name, count in report.plan.counts.items() if count]
    lines = [Text(f"{'Would be: ' if dry_run else ''}{', '.join(counts) or 'no notes'}", style="bold")]
    if dry_run:
        lines += _plan_text(report.plan)
    else:
        made = f"{report.chunks_embedded} passages embedded, {report.chunks_reused} reused"
        lines.append(Text(f"{made}, {report.seconds:.1f} s", style="dim"))
    lines += [line(f"could not be read: {words}", "yellow") for words in failure_rows(report.failed)]
    lines += [line(_kept_text(loss, dry_run), "yellow") for loss in report.kept]
    lines += [line(f"{name}: {text}", "dim") for name, text in left_out_rows(report.left_out)]
    return Visible(Group(*lines))


def sync_line(report: SyncReport, at: str) -> str:
    """One line for a sync of a folder that is watched; a few files that could not be read are named."""
    counts = [f"{count} {name}" for name, count in report.plan.counts.items() if count and name in CHANGES]
    named = f": {', '.join(failure.path for failure in report.failed)}" if len(report.failed) <= UNREAD_NAMED else ""
    failed = [f"{len(report.failed)} could not be read{named}"] if report.failed else []
    embedded = f"{report.chunks_embedded} passages embedded, {report.seconds:.1f} s"
    kept = [f"\n          {visible_line(_kept_text(loss, dry_run=False))}" for loss in report.kept]
    return visible(f"{at}  {', '.join([*counts, *failed]) or 'nothing new'} ({embedded}){''.join(kept)}")


def verification_text(found: Verification) -> RenderableType:
    """What was mended, what is wrong, and how much was looked at."""
    lines = [line(f"repaired: {part}", "green") for part in found.repaired]
    lines += [line(f"{problem.part}: {problem.text}", "yellow") for problem in found.problems]
    verdict = "Something is wrong" if found.problems else "Folders and index agree"
    counted = f"{verdict}: {found.notes:,} notes, {found.passages:,} passages looked at in {found.seconds:.1f} s."
    if found.unreadable:
        counted += (
            f" {found.unreadable:,} {'file is' if found.unreadable == 1 else 'files are'} known to be unreadable."
        )
    return Visible(Group(*lines, Text(counted, style="bold")))


def status_text(status: Status) -> RenderableType:
    """The state of the index as a table, with the syncs of its history."""
    folders = ", ".join(f"{root}{' (not there now)' if root in status.missing else ''}" for root in status.roots)
    writer = ""
    if status.writer:
        known = f"process {status.writer.pid} on {status.writer.host}, since {status.writer.started}"
        writer = known if status.writer.pid else "another process"
    where = f" on {status.server}" if status.server else ""
    table = Table.grid(padding=(0, 2))
    rows = [
        ("notes", f"{status.notes:,} in {folders or 'no folder'}"),
        ("passages", f"{status.chunks:,} ({status.vectors:,} vectors{where})"),
        ("model", status.model_version),
        ("last synced", status.last_synced or "never"),
        ("index", f"{status.index} ({status.bytes_on_disk / 1e6:.1f} MB)"),
        *((("catalogue", f"in the database {status.database}"),) if status.database else ()),
        *((("reader", status.reader_trouble),) if status.reader_trouble else ()),
        *((("syncing now", writer),) if writer else ()),
        *((("not read yet", _waiting_text(status)),) if status.waiting else ()),
        *(("not read", words) for words in failure_rows(status.failed)),
        *left_out_rows(status.left_out),
        *(("last syncs" if place == 0 else "", _run_text(run, status, place)) for place, run in enumerate(status.runs)),
    ]
    for name, value in rows:
        table.add_row(Text(name, style="dim"), line(value))
    return Visible(table)


def _waiting_text(status: Status) -> str:
    counted = f"{status.waiting:,} of {status.notes + status.waiting:,} notes"
    return counted if status.writer else f"{counted}: the sync ended before; run `rag-bot ingest`"


def failure_rows(failed: Sequence[Failure]) -> list[str]:
    """Each file with why it could not be read; of many, each reason with how many files and some of their names."""
    if len(failed) <= _ALL_NAMED:
        return [f"{failure.path}: {failure.error}" for failure in failed]
    by_error: dict[str, list[str]] = {}
    for failure in failed:
        by_error.setdefault(failure.error, []).append(failure.path)
    rows = [
        f"{paths[0]}: {error}"
        if len(paths) == 1
        else f"{len(paths):,} files: {error} {', '.join(paths[:_EXAMPLES])}{', ...' if paths[_EXAMPLES:] else ''}"
        for error, paths in sorted(by_error.items(), key=lambda item: -len(item[1]))
    ]
    more = len(rows) - _LISTED
    return [*rows[:_LISTED], *([f"… and {more:,} more"] if more > 0 else [])]


def left_out_rows(left_out: Sequence[LeftOut]) -> list[tuple[str, str]]:
    """What is told of each reason, and whether the files are "not read" or "doubtful"."""
    return [
        (
            "not read" if entry.reason in NOT_READ else "doubtful",
            f"{left_out_words(entry)}: {', '.join(entry.examples[:_EXAMPLES])}"
            f"{', ...' if entry.count > _EXAMPLES else ''}",
        )
        for entry in left_out
    ]


def _kept_text(loss: Loss, dry_run: bool) -> str:
    gone = f"{loss.lost:,} of its {loss.known:,} notes are gone ({loss.reason})"
    remedy = f"`rag-bot forget {loss.folder}` or `rag-bot ingest --yes` removes them from the index"
    return f"{'would ask about' if dry_run else 'kept'}: {loss.folder}: {gone}; {remedy}"


def _run_text(run: Run, status: Status, place: int) -> str:
    state = run_state(run, status.writer, place)
    counts = [f"{run.counts[name]} {name}" for name in CHANGES if run.counts.get(name)]
    first_sentence = run.error.split(". ")[0]
    ends = {"failed": f"failed: {first_sentence}", "killed": "was killed", "running": "is running"}
    seconds = f" ({run.seconds:.1f} s)" if run.seconds is not None else ""
    unread = f", {len(run.failed)} could not be read" if run.failed else ""
    return f"{run.started}  {ends.get(state) or ', '.join(counts) or 'nothing new'}{unread}{seconds}"


def _plan_text(plan: SyncPlan) -> list[Text]:
    lines = []
    for name in ("added", "changed", "deleted"):
        paths = getattr(plan, name)
        lines += [line(f"  {name:8} {path}") for path in paths[:_LISTED]]
        lines += [Text(f"  {name:8} … and {len(paths) - _LISTED} more")] if len(paths) > _LISTED else []
    return lines + [line(f"  moved    {move.before} -> {move.after}") for move in plan.moved[:_LISTED]]
