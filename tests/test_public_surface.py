"""What `rag_bot` offers is pinned: other tools rely on it."""

import rag_bot


def test_the_public_names_are_these() -> None:
    assert rag_bot.__all__ == [
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
    assert all(hasattr(rag_bot, name) for name in rag_bot.__all__)
