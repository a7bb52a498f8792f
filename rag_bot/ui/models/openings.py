"""Opens language models in threads of their own, so that whoever waits for one can stop waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait

from rag_bot.llm import LanguageModel

_LOOK_SECONDS = 0.1  # between two looks at whether somebody has stopped waiting


class Openings:
    """The model that was wanted last, open or on its way. What is no longer wanted by then is let go.

    `make` opens a model by its name. Safe to use from several threads.
    """

    def __init__(self, make: Callable[[str], LanguageModel]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._wanted = ""
        self._begun: dict[str, Future[LanguageModel]] = {}

    def is_open(self, name: str) -> bool:
        begun = self._begun.get(name)
        return begun is not None and begun.done()

    def wait(self, name: str, stop: threading.Event) -> LanguageModel | None:
        """The model; None where `stop` is set first. It is opened to its end all the same, for the next question.

        Raises whatever `make` raises; the next call tries again.
        """
        opening = self._begin(name)
        while not opening.done():
            if stop.is_set():
                return None
            wait([opening], timeout=_LOOK_SECONDS)
        return opening.result()

    def _begin(self, name: str) -> Future[LanguageModel]:
        with self._lock:
            self._wanted = name
            self._begun = {one: begun for one, begun in self._begun.items() if one == name or not begun.done()}
            if name not in self._begun:
                opening = self._begun[name] = Future()
                threading.Thread(target=self._run, args=(name, opening), name="opening", daemon=True).start()
            return self._begun[name]

    def _run(self, name: str, opening: Future[LanguageModel]) -> None:
        try:
            model = self._make(name)
        except Exception as error:  # noqa: BLE001 - it goes to whoever waits, who knows what to expect
            self._forget(name)
            opening.set_exception(error)
            return
        if name != self._wanted:
            self._forget(name)
        opening.set_result(model)

    def _forget(self, name: str) -> None:
        with self._lock:
            del self._begun[name]
