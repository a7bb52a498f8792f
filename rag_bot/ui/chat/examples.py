"""Questions to begin with."""

from __future__ import annotations

from collections.abc import Sequence

COUNT = 4
SHIPPED_NOTE = "corpus/talk/big-bench.md"
SHIPPED = (
    "What share of the BIG-Bench tasks was emergent?",
    "Over how many orders of magnitude does the scaling trend go?",
    "What are the implications of emergence?",
    "How big are teams now?",
)


def example_questions(titles: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Four questions that the notes answer, from (path, title) of every note; fixed ones for the notes that ship."""
    if any(path == SHIPPED_NOTE for path, _ in titles):
        return SHIPPED
    names = list(dict.fromkeys(title for _, title in titles if 3 <= len(title) <= 60))
    step = max(1, len(names) // COUNT)
    return tuple(f"What did I note about {name}?" for name in names[::step][:COUNT])
