"""Runs a measurement in a process of its own, and prints tables."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag_bot.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
Cell = str | int | float


@dataclass(frozen=True, slots=True)
class Table:
    """What a benchmark found. `remarks` say what the figures hold for."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    remarks: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As Markdown."""
        cells = [self.columns, *(tuple(_written(cell) for cell in row) for row in self.rows)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(self.columns))]
        lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in cells]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        return "\n".join([f"## {self.title}", "", *lines, *([""] if self.remarks else []), *self.remarks])


@dataclass(frozen=True, slots=True)
class Run:
    """A finished child process. `seconds` from its start to its end; `values` are what it printed last, as JSON.

    `cpu_seconds` is what the processors spent on it: the figure to compare where other programs run meanwhile.
    """

    seconds: float
    cpu_seconds: float
    peak_megabytes: float
    values: Mapping[str, Any]


def run_module(module: str, *arguments: object, folder: Path | None = None, python: str = sys.executable) -> Run:
    """Run `python -m module arguments`, in `folder` if one is given and by that `python`, and wait.

    The caller has to stay small: a child's peak memory counts from what its parent held when it was started.

    Raises:
        RuntimeError: it failed; the message has what it wrote to stderr.
    """
    began = time.perf_counter()
    child = start_module(module, *arguments, folder=folder, python=python)
    assert child.stdout
    assert child.stderr
    output, errors = child.stdout.read(), child.stderr.read()
    cpu_seconds, peak_megabytes = finish(child)
    seconds = time.perf_counter() - began
    if child.returncode:
        raise RuntimeError(f"`{' '.join(map(str, (module, *arguments)))}` ended with {child.returncode}:\n{errors}")
    return Run(seconds, cpu_seconds, peak_megabytes, _last_json(output))


def start_module(
    module: str, *arguments: object, folder: Path | None = None, python: str = sys.executable
) -> subprocess.Popen[str]:
    """Start `python -m module arguments`, with pipes to and from it."""
    paths = [str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [python, "-m", module, *map(str, arguments)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "HF_HUB_OFFLINE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(child: subprocess.Popen[str]) -> tuple[float, float]:
    """Wait for a child; its CPU seconds, and the megabytes of the largest of its processes."""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe:
            pipe.close()
    megabytes = usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    return usage.ru_utime + usage.ru_stime, megabytes


def ingest(folder: Path, settings: Settings) -> Run:
    """Ingest a folder as a user does."""
    flags = ("--index", settings.index, "--cache", settings.cache)
    return run_module("rag_bot", *flags, "ingest", folder, "--json", folder=folder)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def resident_megabytes() -> float:
    """Memory that this process holds now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


def arguments_for(description: str | None) -> argparse.ArgumentParser:
    """The flags that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--cache", type=Path, help="folder for converted models; default that of rag-bot")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def show(tables: Iterable[Table], *, as_json: bool) -> None:
    """Print each table as soon as it is there, or all as one JSON object."""
    if as_json:
        print(json.dumps({"tables": [asdict(table) for table in tables]}, indent=1))
        return
    for table in tables:
        print(table, end="\n\n", flush=True)


def _written(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def _last_json(output: str) -> Mapping[str, Any]:
    start = output.rfind("\n{") + 1 if not output.startswith("{") else 0
    values: Mapping[str, Any] = json.loads(output[start:])
    return values
