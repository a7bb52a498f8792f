"""The choice of who answers, above the question's field: quotes, or a language model."""

from __future__ import annotations

import threading
from typing import Any

import gradio as gr

from rag_bot.ui.components import AT_ONCE, html
from rag_bot.ui.models.model_view import answers_by
from rag_bot.ui.models.models import Choice, Models


class ModelPart:
    """Made above the question's field. `parts` are the components that change by themselves, by name."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self.parts: dict[str, Any] = {
            "answers_by": html("answers-by", "choose", "look", first=str(answers_by(Choice(models.chosen)))),
            "remote": html("remote"),  # where what is asked goes
            "model": html("model", "consent"),
        }

    def wire(self, refreshing: dict[str, Any]) -> None:
        choice, asked = self.parts["answers_by"], self.parts["model"]
        choice.look(self._models.look, None, None, **AT_ONCE)
        begun = choice.choose(self._begin, None, None, **AT_ONCE).then(**refreshing)
        begun.then(self._settle, None, None, **AT_ONCE).then(**refreshing)
        asked.consent(self._consent, None, None, **AT_ONCE).then(**refreshing)

    def _begin(self, event: gr.EventData) -> None:
        self._models.begin_choosing(str(event.name))

    def _settle(self) -> None:
        self._models.settle(threading.Event())

    def _consent(self, event: gr.EventData) -> None:
        self._models.consent(event.agreed is True)
