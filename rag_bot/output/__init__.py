"""Records -> what the command line prints: the JSON of the contract, and text for people."""

from rag_bot.output.answers import answer_json, answer_text, hits_json, hits_text, place_json, prose_text
from rag_bot.output.syncs import (
    dry_run_json,
    forgetting_words,
    nesting_words,
    report_json,
    report_text,
    run_state,
    status_json,
    status_text,
    sync_line,
    verification_json,
    verification_text,
)
from rag_bot.output.visible import Visible, json_text, line, visible, visible_line

__all__ = [
    "Visible",
    "answer_json",
    "answer_text",
    "dry_run_json",
    "forgetting_words",
    "hits_json",
    "hits_text",
    "json_text",
    "line",
    "nesting_words",
    "place_json",
    "prose_text",
    "report_json",
    "report_text",
    "run_state",
    "status_json",
    "status_text",
    "sync_line",
    "verification_json",
    "verification_text",
    "visible",
    "visible_line",
]
