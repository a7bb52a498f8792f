"""Bytes of a file -> its text, read in a child process that ends when a file takes too long, or takes it down.

One child reads the files one after another, and is started anew after one that ended it.
"""

from __future__ import annotations

import atexit
import json
import struct
import subprocess
import threading
import time
from typing import Any

from rag_bot.errors import ContentUnreadable, NoteUnreadable
from rag_bot.extraction.writer import Extracted
from rag_bot.markdown import format_of
from rag_bot.processes import child_environment, module_command
from rag_bot.records import Landmark

LONGEST_SECONDS = 60.0  # for one file; set by hand: a PDF of 2,000 pages took 9 s


def is_extracted(path: str) -> bool:
    """Whether the file with this path is read by a module of this package, and is no text as it stands."""
    return bool(format_of(path).extracted_by)


def extract(path: str, data: bytes, *, seconds: float = LONGEST_SECONDS) -> Extracted:
    """The text of a file for which `is_extracted`, and the landmarks in it.

    Raises:
        ContentUnreadable: it is encrypted, damaged, without text, takes more time or memory than it may.
        NoteUnreadable: a package is missing that reads it.
    """
    found = _CHILD.read(format_of(path).extracted_by, data, seconds)
    if "missing" in found:
        raise NoteUnreadable(f"{path} needs a package that is missing: pip install {found['missing']}.")
    if "error" in found:
        raise ContentUnreadable(f"{path} {found['error']}.")
    return Extracted(found["text"], tuple(Landmark(*landmark) for landmark in found["places"]))


class _Child:
    """The child process; one file at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, module: str, data: bytes, seconds: float) -> dict[str, Any]:
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process = subprocess.Popen(
                    module_command("rag_bot.extraction.child"),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=child_environment(),
                )
            process = self._process
            assert process.stdin
            assert process.stdout
            began = time.monotonic()
            timer = threading.Timer(seconds, process.kill)
            timer.start()
            try:
                for part in (module.encode(), data):
                    process.stdin.write(struct.pack(">Q", len(part)) + part)
                process.stdin.flush()
                size = process.stdout.read(8)
                answer = process.stdout.read(*struct.unpack(">Q", size)) if len(size) == 8 else b""
                return dict(json.loads(answer))
            except (OSError, ValueError):  # it ended before its answer did
                self.stop()
                is_late = time.monotonic() - began >= seconds
                return {"error": f"takes longer than {seconds:g} s" if is_late else "is damaged: reading it broke off"}
            finally:
                timer.cancel()

    def stop(self) -> None:
        """End the child; the next file starts another one."""
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None


_CHILD = _Child()
atexit.register(_CHILD.stop)
