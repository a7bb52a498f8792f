"""Processors, and starting this program's own modules as child processes."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def module_command(module: str, *arguments: str) -> list[str]:
    """What runs a module of this package with the same Python; no file in the current folder passes for a module."""
    return [sys.executable, "-P", "-m", module, *arguments]


def child_environment(**more: str) -> dict[str, str]:
    """This process's environment, in which a child finds the package wherever it is started."""
    found = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": found, **more}
