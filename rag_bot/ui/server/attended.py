"""The command line as a child of the app, which ends when the app does, however that ends.

The app holds the other end of this process's standard input, which the system closes once the app is gone.
"""

from __future__ import annotations

import os
import runpy
import signal
import threading


def _end_with_the_app() -> None:
    while os.read(0, 1024):  # sys.stdin would be locked by this thread while Python exits
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_app, name="attended", daemon=True).start()
    runpy.run_module("rag_bot", run_name="__main__", alter_sys=True)
