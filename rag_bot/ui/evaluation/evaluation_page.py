"""The components of the page of evaluations, and what happens between them."""

from __future__ import annotations

from typing import Any

import gradio as gr

from rag_bot.ui.components import AT_ONCE, html
from rag_bot.ui.evaluation.evaluations import Chosen, Evaluations
from rag_bot.ui.templating import macros


class EvaluationPage:
    """Made inside the Blocks that it belongs to. `parts` are the components that change by themselves, by name."""

    def __init__(self, evaluations: Evaluations) -> None:
        self._evaluations = evaluations
        self.chosen = gr.State(())
        html("evaluation-head", first=str(macros("base.html").page_head("Evaluation")))
        self.parts = {
            "cases": html("cases", "evaluate"),
            "evaluating": html("evaluating", "stop"),
            "runs": html("runs", "choose"),
            "result": html("result"),
        }

    def wire(self, refreshing: dict[str, Any]) -> None:
        """`refreshing` shows what has changed."""
        for event, command, changed in (
            (self.parts["cases"].evaluate, self._start, None),
            (self.parts["evaluating"].stop, self._evaluations.job.cancel, None),
            (self.parts["runs"].choose, self._choose, self.chosen),
        ):
            event(command, None, changed, trigger_mode="always_last", **AT_ONCE).then(**refreshing)

    def _start(self, event: gr.EventData) -> None:
        self._evaluations.job.start(str(event.file), str(event.split))

    def _choose(self, event: gr.EventData) -> Chosen:
        """The runs that the address names."""
        return tuple(str(run) for run in list(event.runs)[:2])
