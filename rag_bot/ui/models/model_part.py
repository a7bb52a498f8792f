"""The choice of who answers, above the question's field: quotes, or a language model."""

from __future__ import annotations

import threading
from typing import Any

import gradio as gr

from rag_bot.ui.components import AT_ONCE, html
from rag_bot.ui.models.model_view import BY_QUOTES, model_choices, shown_name
from rag_bot.ui.models.models import Models


class ModelPart:
    """Made above the question's field. `parts` are the components that change by themselves, by name."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._choice = gr.Dropdown(
            [(BY_QUOTES, "")], value="", label="Answers by", elem_id="answers-by", allow_custom_value=True
        )
        self.parts: dict[str, Any] = {
            "answers_by": self._choice,
            "remote": html("remote"),  # where what is asked goes
            "model": html("model", "consent"),
        }

    def wire(self, refreshing: dict[str, Any]) -> None:
        self._choice.focus(self._models.look, None, None, **AT_ONCE)
        begun = self._choice.input(self._begin, self._choice, None, **AT_ONCE).then(**refreshing)
        begun.then(self._settle, None, self._choice, **AT_ONCE).then(**refreshing)
        self.parts["model"].consent(self._consent, None, self._choice, **AT_ONCE).then(**refreshing)

    def _begin(self, name: str | None) -> None:
        self._models.begin_choosing(name or "")

    def _settle(self) -> Any:
        self._models.settle(threading.Event())
        return self._shown()

    def _consent(self, event: gr.EventData) -> Any:
        self._models.consent(event.agreed is True)
        return self._shown()

    def _shown(self) -> Any:
        """What was typed gives way to what came of it."""
        choice = self._models.choice
        return gr.Dropdown(model_choices(choice), value=shown_name(choice))
