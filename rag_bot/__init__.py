"""rag-bot: a chatbot over a folder of notes that quotes them line by line.

from rag_bot import Library

with Library(index="notes-index") as library:
    library.ingest(["notes"])
    print(library.ask("What did I note about sleep?").text)
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from rag_bot.errors import (
    ConversationsUnusable,
    IndexUnusable,
    LlmError,
    ModelError,
    NotesLost,
    NoteUnreadable,
    RagBotError,
    UsageError,
    WriterBusy,
)
from rag_bot.records import (
    Answer,
    Chunk,
    Citation,
    Filters,
    Hit,
    Note,
    NoteState,
    Quote,
    Sentence,
    Status,
    SyncPlan,
    SyncReport,
    Turn,
    Usage,
    Verification,
)

__version__ = "0.1.0"
"""The only place where the version is written: the package and its releases take it from here."""

# onnxruntime reports its use to its makers unless this is set before it is loaded, by us or by Chroma.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

if TYPE_CHECKING:
    from rag_bot.library import Library

__all__ = [
    "Answer",
    "Chunk",
    "Citation",
    "ConversationsUnusable",
    "Filters",
    "Hit",
    "IndexUnusable",
    "Library",
    "LlmError",
    "ModelError",
    "Note",
    "NoteState",
    "NoteUnreadable",
    "NotesLost",
    "Quote",
    "RagBotError",
    "Sentence",
    "Status",
    "SyncPlan",
    "SyncReport",
    "Turn",
    "Usage",
    "UsageError",
    "Verification",
    "WriterBusy",
]


def __getattr__(name: str) -> Any:
    """Library comes when it is asked for: `rag-bot --help` needs none of what it imports."""
    if name == "Library":
        from rag_bot.library import Library

        return Library
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
