"""What a remote model is sent, and which ones this user has agreed to."""

from __future__ import annotations

from rag_bot import trust

SENT = "the question, the passages found for it, and the conversation so far"
"""What leaves this machine when a remote model is asked."""


def has_agreed(name: str, place: str) -> bool:
    """Whether its user has agreed that a model at this place is sent what it needs."""
    return trust.has_agreed(trust.REMOTES, f"{name} {place}")


def remember_agreed(name: str, place: str) -> None:
    """Raises UsageError where the agreements can't be written."""
    trust.agree(trust.REMOTES, f"{name} {place}")
