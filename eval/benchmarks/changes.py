"""Syncs after changes of a folder, each in a process of its own, as a user starts them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from eval.benchmarks.measure import Cell, Run, Table, ingest, median
from rag_bot.settings import Settings

COLUMNS = ("", "s, whole process", "s, work alone", "CPU s", "MB peak", "passages embedded")
ONE_MORE = "\nOne more line.\n"


def row(name: str, runs: Sequence[Run]) -> tuple[Cell, ...]:
    """The medians of some runs of the same, and the most memory. "Work alone" are the seconds of its report, if any."""
    alone = [run.values["seconds"] for run in runs if "seconds" in run.values]
    embedded = [run.values["chunks_embedded"] for run in runs if "chunks_embedded" in run.values]
    return (
        name,
        median([run.seconds for run in runs]),
        median(alone) if alone else "",
        median([run.cpu_seconds for run in runs]),
        max(run.peak_megabytes for run in runs),
        max(embedded) if embedded else "",
    )


def sync_again(settings: Settings, folder: Path, runs: int) -> Table:
    """The folder is in the index already, and a copy: some of its notes are edited."""
    same = unchanged(settings, folder, runs)
    rows = (row("nothing changed", same), row("one note edited", edited(settings, folder, runs)))
    return Table(f"Sync of {same[0].values['unchanged']:,} notes, {runs} processes, medians", COLUMNS, rows)


def unchanged(settings: Settings, folder: Path, runs: int) -> list[Run]:
    return [_expect(ingest(folder, settings), changed=0, moved=0, added=0, deleted=0) for _ in range(runs)]


def edited(settings: Settings, folder: Path, runs: int) -> list[Run]:
    """Each time another note gets one more line."""
    notes = sorted(folder.rglob("*.md"))
    return [_edited(settings, folder, notes[number * len(notes) // runs]) for number in range(runs)]


def renamed(settings: Settings, folder: Path, group: Path, runs: int) -> list[Run]:
    """Rename a folder and sync, each time; in the end it has its name again."""
    names = [group, *(group.with_name(f"renamed-{number}") for number in range(1, runs)), group.with_name("renamed")]
    notes = _count(group)
    done = []
    for before, after in pairwise(names):
        before.rename(after)
        done.append(_expect(ingest(folder, settings), moved=notes, chunks_embedded=0))
    names[-1].rename(group)
    ingest(folder, settings)
    return done


def deleted_and_restored(settings: Settings, folder: Path, group: Path, runs: int) -> tuple[list[Run], list[Run]]:
    """Move a folder away and sync, then back and sync, each time."""
    away, notes = folder.with_name("removed"), _count(group)
    deleted, restored = [], []
    for _ in range(runs):
        group.rename(away)
        deleted.append(_expect(ingest(folder, settings), deleted=notes))
        away.rename(group)
        restored.append(_expect(ingest(folder, settings), added=notes))
    return deleted, restored


def _edited(settings: Settings, folder: Path, note: Path) -> Run:
    with note.open("a", encoding="utf-8") as file:
        file.write(ONE_MORE)
    return _expect(ingest(folder, settings), changed=1)


def _expect(run: Run, **counts: int) -> Run:
    """Times of something else than what was to be measured are worth nothing."""
    if wrong := {name: run.values[name] for name, count in counts.items() if run.values[name] != count}:
        raise RuntimeError(f"The sync reports {wrong}, but it should have been {counts}.")
    return run


def _count(group: Path) -> int:
    return sum(1 for _ in group.rglob("*.md"))
