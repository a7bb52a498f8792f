"""The components of the page of evaluations, and what happens between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from rag_bot.ui.components import AT_ONCE, html
from rag_bot.ui.evaluation.evaluations import Chosen, Evaluations
from rag_bot.ui.templating import macros

_FILE_LABEL = "Cases: choose a file, or type the path of one (.jsonl)"
_SPLITS = [("All cases", "all"), ("Dev half", "dev"), ("Test half", "test")]


class EvaluationPage:
    """Made inside the Blocks that it belongs to. `parts` are the components that change by themselves, by name."""

    def __init__(self, evaluations: Evaluations) -> None:
        self._evaluations = evaluations
        self.chosen = gr.State(())
        html("evaluation-head", first=str(macros("base.html").page_head("Evaluation")))
        with gr.Row(elem_id="evaluation-form"):
            self._file = gr.Dropdown(
                [], label=_FILE_LABEL, elem_id="cases", allow_custom_value=True, container=True, min_width=0
            )
            self._split = gr.Radio(_SPLITS, value="all", label="Ask", elem_id="split", container=True, min_width=0)
            self._run = gr.Button("Run", elem_id="run", min_width=0)
        self.parts = {
            "evaluating": html("evaluating", "stop"),
            "runs": html("runs", "choose", "compare"),
            "result": html("result"),
        }

    def wire(self, opens: Callable[..., Any], refreshing: dict[str, Any]) -> None:
        """`opens` is the event with which a page is opened; `refreshing` shows what has changed."""
        opens(self._known_files, self._file, self._file, **AT_ONCE)
        commands = (
            (self._run.click, self._start, [self._file, self._split], self.chosen),
            (self.parts["evaluating"].stop, self._evaluations.job.stop, None, None),
            (self.parts["runs"].choose, self._choose, None, self.chosen),
            (self.parts["runs"].compare, self._compare, self.chosen, self.chosen),
        )
        for event, command, inputs, changed in commands:
            event(command, inputs, changed, **AT_ONCE).then(**refreshing)

    def _known_files(self, typed: str | None) -> Any:
        """The files to choose from; what is typed there stays."""
        files = self._evaluations.files()
        return gr.Dropdown(files, value=typed or (files[0][1] if files else None))

    def _start(self, file: str | None, split: str) -> Chosen:
        """The newest run is shown once it is there."""
        self._evaluations.job.start(file or "", split)
        return ()

    def _choose(self, event: gr.EventData) -> Chosen:
        return (str(event.run),)

    def _compare(self, chosen: Chosen, event: gr.EventData) -> Chosen:
        return self._evaluations.tick(tuple(chosen), str(event.run), ticked=bool(event.ticked))
