"""What happens on the page of evaluations."""

from __future__ import annotations

from rag_bot.ui.evaluation.evaluations import Evaluations
from rag_bot.ui.reports import Report, Reports


def wire_evaluation(reports: Reports, evaluations: Evaluations) -> None:
    """One can be started and stopped."""

    def start(report: Report) -> None:
        evaluations.job.start(report.text("file"), report.text("split"))

    reports.on("cases", "evaluate", start)
    reports.on("evaluating", "stop", lambda _: evaluations.job.cancel())
