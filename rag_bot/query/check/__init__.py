"""Does what a language model wrote stand in the notes? Numbers, dates, names, negation, words and meaning compared."""

from rag_bot.query.check.checker import Checker
from rag_bot.query.check.evidence import Evidence
from rag_bot.query.check.records import Line, Verdict

__all__ = ["Checker", "Evidence", "Line", "Verdict"]
