"""rag-bot: a chatbot over a folder of notes that quotes them line by line.

from rag_bot import Library

with Library(index="notes-index") as library:
    library.ingest(["notes"])
    print(library.ask("What did I note about sleep?").text)
"""

from rag_bot.errors import (
    IndexUnusable,
    ModelError,
    NoteUnreadable,
    RagBotError,
    UsageError,
    WriterBusy,
)
from rag_bot.library import Library
from rag_bot.records import (
    Answer,
    Chunk,
    Citation,
    Filters,
    Hit,
    Note,
    Quote,
    Sentence,
    Status,
    SyncPlan,
    SyncReport,
)

__all__ = [
    "Answer",
    "Chunk",
    "Citation",
    "Filters",
    "Hit",
    "IndexUnusable",
    "Library",
    "ModelError",
    "Note",
    "NoteUnreadable",
    "Quote",
    "RagBotError",
    "Sentence",
    "Status",
    "SyncPlan",
    "SyncReport",
    "UsageError",
    "WriterBusy",
]
