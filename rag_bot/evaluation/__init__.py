"""Measures, with questions whose answers are known, how good retrieval and answers are.

This is what the command line uses; `sets` has what goes over whole sets of questions.
"""

from rag_bot.evaluation.cases import append_case, find_case, make_case, read_cases, select_cases
from rag_bot.evaluation.checking import checker_json, judge_pairs, measure_checker, open_checker, read_pairs
from rag_bot.evaluation.compare import compare_results, comparison_json, write_baseline
from rag_bot.evaluation.evidence import text_finder
from rag_bot.evaluation.measures import summarise
from rag_bot.evaluation.report import write_report
from rag_bot.evaluation.results import Result, keep_result, read_result, save_result
from rag_bot.evaluation.runs import (
    CHECK_SETTINGS,
    override,
    override_retrieval,
    run_cases,
    split_assignments,
)
from rag_bot.evaluation.tables import checker_text, comparison_text, evaluation_text

__all__ = [
    "CHECK_SETTINGS",
    "Result",
    "append_case",
    "checker_json",
    "checker_text",
    "compare_results",
    "comparison_json",
    "comparison_text",
    "evaluation_text",
    "find_case",
    "judge_pairs",
    "keep_result",
    "make_case",
    "measure_checker",
    "open_checker",
    "override",
    "override_retrieval",
    "read_cases",
    "read_pairs",
    "read_result",
    "run_cases",
    "save_result",
    "select_cases",
    "split_assignments",
    "summarise",
    "text_finder",
    "write_baseline",
    "write_report",
]
