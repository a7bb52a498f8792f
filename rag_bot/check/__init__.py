"""Does what a language model wrote stand in the notes? Numbers, dates, names, negation, words and meaning compared."""

from rag_bot.check.checker import Checker
from rag_bot.check.evidence import CheckedLines
from rag_bot.check.records import CitedLine, SentenceSupport

__all__ = ["CheckedLines", "Checker", "CitedLine", "SentenceSupport"]
