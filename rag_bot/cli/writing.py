"""An answer that a language model writes, shown while it grows; Ctrl-C keeps what came."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console

from rag_bot.cli.printing import remark
from rag_bot.errors import UsageError
from rag_bot.records import Answer, Filters, Turn

if TYPE_CHECKING:
    from rag_bot.library import Library
    from rag_bot.llm import LanguageModel
    from rag_bot.settings import Settings

_FRAMES = 12  # a second


def named_model(settings: Settings, name: str | None) -> LanguageModel | None:
    """The model of this name, else that of the settings, opened; None where neither names one.

    Raises:
        LlmError, UsageError: it can't be asked, or it is remote and nobody but a file beside the notes has named it.
    """
    if not (name or settings.llm):
        return None
    from rag_bot.llm.consent import SENT, has_agreed
    from rag_bot.llm.opening import open_llm
    from rag_bot.settings import CONFIG_NAME, llm_comes_with_folder

    model = open_llm(settings, name or "")
    if model.is_remote:
        if not name and llm_comes_with_folder() and not has_agreed(settings.index, model.name, model.place):
            raise UsageError(
                f"{CONFIG_NAME} of this folder names {model.label} on {model.place}, a remote model: {SENT} would be "
                f"sent there. Agree with --llm {model.name}, or in the app."
            )
        remark(f"{model.label} is remote: {SENT} are sent to {model.place}.")
    return model


def write_answer(
    library: Library,
    question: str,
    *,
    filters: Filters,
    turns: Sequence[Turn] = (),
    llm: LanguageModel | None = None,
    console: Console | None = None,
) -> Answer:
    """The whole answer, by quotes without a model.

    On a terminal a model's words are shown as they come, and taken away again.
    """
    if llm is None:
        return library.ask(question, filters=filters, earlier=[turn.question for turn in turns])
    with _stopped_by_interrupt() as stop:
        growing = library.write(question, llm=llm, filters=filters, turns=turns, stop=stop)
        if console and console.is_terminal:
            return _shown(growing, console)
        *_, whole = growing
        return whole


def _shown(growing: Iterator[Answer], console: Console) -> Answer:
    from rich.live import Live

    from rag_bot.output import Visible, prose_text

    with Live(console=console, transient=True, refresh_per_second=_FRAMES, vertical_overflow="visible") as live:
        for answer in growing:
            live.update(Visible(prose_text(answer)))
    return answer


@contextmanager
def _stopped_by_interrupt() -> Iterator[threading.Event]:
    """The first Ctrl-C sets the event; a second one ends the program as usual."""
    stop = threading.Event()

    def on_interrupt(*_: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
