"""A follow-up to a question about the notes as a whole, which narrows it: "and overdue ones?", "only in Home?"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date

from rag_bot.query.followups import content_words
from rag_bot.query.vault.asking import BEFORE_TIME, understand
from rag_bot.query.vault.lexicon import (
    ABOUT,
    DONE,
    DUE,
    INSIDE,
    LINKING,
    MENTION,
    OPEN,
    OVERDUE,
    TAGGED,
    UNDATED,
    UNTAGGED,
    read,
)
from rag_bot.query.vault.vault_question import NOTES, TASKS, VaultQuestion
from rag_bot.text.dates import find_dates, without_dates

MOST_EARLIER = 4  # questions of a conversation that are read with a follow-up; set by hand
_CONDITIONS = (INSIDE, ABOUT, MENTION, TAGGED, UNTAGGED, LINKING, UNDATED, OVERDUE, DUE, DONE, OPEN)
_JOINING = re.compile(
    r"^(?:(?:and|but|only|just|also|what about|how about|which|are|is|those|these|the|of those|of them|ones?|und|nur"
    r"|auch|aber|welche|davon|sind|et|seulement|lesquelles|y|solo|cu[aá]les|est[aá]n)\b\W*)+",
    re.IGNORECASE,
)
_ONES = re.compile(r"\s+ones?\b", re.IGNORECASE)


def understand_after(
    earlier: Sequence[str], question: str, today: date, is_folder: Callable[[str], bool]
) -> tuple[str, VaultQuestion] | None:
    """A question and what it wants to know of the notes as a whole; None for every other question.

    Where it is nothing but a condition, the question before it of the `earlier` ones, oldest first, gets that.
    `is_folder` says whether notes lie in one so named.
    """
    if asked := understand(question, today, is_folder):
        return question, asked
    whole, found = "", None
    for turn in (*earlier[-MOST_EARLIER:], question):
        joined = turn if understand(turn, today, is_folder) else whole and _joined(whole, turn, today)
        found = understand(joined, today, is_folder) if joined else None
        whole = joined.rstrip("?.! ") if found and found.kind in (NOTES, TASKS) else ""
    return (whole, found) if whole and found else None


def _joined(whole: str, turn: str, today: date) -> str:
    """The question with the condition of the one after it, whose time takes the place of its own; "" without one."""
    condition, dates = _ONES.sub("", _JOINING.sub("", turn)), find_dates(turn, today)
    first = next((phrase.meaning or phrase.text[:1] for phrase in read(condition)), "")
    if first not in (*_CONDITIONS, "#") and not (dates and not content_words(without_dates(turn, dates))):
        return ""
    for time in reversed(find_dates(whole, today)) if dates else ():
        whole = f"{BEFORE_TIME.sub('', whole[: time.start])} {whole[time.end :]}"
    return f"{' '.join(whole.split())} {condition}"
