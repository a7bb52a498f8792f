"""Files that are no text as they stand (PDF, Word, web pages, ...) -> the text that is read of them."""

from rag_bot.extraction.extract import extract, is_extracted
from rag_bot.extraction.writer import Extracted

__all__ = ["Extracted", "extract", "is_extracted"]
