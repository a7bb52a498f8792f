"""Public sets and files of cases go through the production pipeline, with settings as they are or over ranges."""

from rag_bot.evaluation.sets.beir import beir_json, read_beir
from rag_bot.evaluation.sets.bench import Bench
from rag_bot.evaluation.sets.case_set import read_case_set
from rag_bot.evaluation.sets.question_set import QuestionSet, SetResult, result_text, with_questions
from rag_bot.evaluation.sets.spans import read_spans, spans_json
from rag_bot.evaluation.sets.sweep import read_grid, sweep_json, sweep_settings, sweep_text

__all__ = [
    "Bench",
    "QuestionSet",
    "SetResult",
    "beir_json",
    "read_beir",
    "read_case_set",
    "read_grid",
    "read_spans",
    "result_text",
    "spans_json",
    "sweep_json",
    "sweep_settings",
    "sweep_text",
    "with_questions",
]
