"""Places in a sync where a test can make the process die or the disk fail. Off unless RAG_BOT_FAILPOINT is set.

RAG_BOT_FAILPOINT=NAME kills the process where `reach(NAME)` is called, NAME@3 at the third time, and NAME=full raises
what a full disk raises.
"""

from __future__ import annotations

import errno
import os
import signal
from collections import Counter

VARIABLE = "RAG_BOT_FAILPOINT"
# Those of a sync; one that moves the catalogue also comes by "catalogue-copied" and "catalogue-moved".
FAILPOINTS = (
    "run-begun",
    "marked-dirty",
    "vectors-kept",
    "notes-pending",
    "graph-copied",
    "vectors-entered",
    "words-entered",
    "before-switch",
    "vectors-left",
    "in-switch",
    "switched",
    "vectors-removed",
    "words-removed",
    "old-store-removed",
    "before-seal",
)

_reached: Counter[str] = Counter()


def reach(name: str) -> None:
    """Die or fail here, if the environment says so.

    Raises:
        OSError: "no space left", where that was asked for.
    """
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return
    place, _, action = wanted.partition("=")
    place, _, time = place.partition("@")
    if place != name:
        return
    _reached[name] += 1
    if _reached[name] != int(time or 1):
        return
    if action == "full":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
