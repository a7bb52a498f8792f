"""Does what a language model wrote stand in the notes? Numbers, dates, names, words and what limits them compared."""

from rag_bot.check.checker import CheckedLines, Checker
from rag_bot.check.records import CitedLine, SentenceSupport

__all__ = ["CheckedLines", "Checker", "CitedLine", "SentenceSupport"]
