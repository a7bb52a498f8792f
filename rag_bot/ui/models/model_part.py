"""What happens where one chooses who answers, above the question's field: quotes, or a language model."""

from __future__ import annotations

from rag_bot.ui.models.models import Models
from rag_bot.ui.reports import Reports


def wire_models(reports: Reports, models: Models) -> None:
    """What comes of a choice shows when the page is refreshed: a model may have to be looked for."""
    reports.on("answers-by", "look", lambda _: models.look(), refreshes=False)
    reports.on("answers-by", "choose", lambda report: models.begin_choosing(report.text("name")))
    reports.on("model", "consent", lambda report: models.consent(report.is_told("agreed")))
