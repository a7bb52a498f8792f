"""What a remote model is sent, and which ones this user has agreed to."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from rag_bot import trust

SENT = "the question, the passages found for it, and the conversation so far"
"""What leaves this machine when a remote model is asked."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """That a model at this place may be sent what it needs. `since` is the day, "" where that was not written down."""

    name: str
    place: str
    since: str


def agreements() -> tuple[Agreement, ...]:
    """Those of its user."""
    told = ((what.rpartition(" "), str(since)) for what, since in trust.agreed(trust.REMOTES).items())
    return tuple(Agreement(name, place, since) for (name, _, place), since in told)


def has_agreed(name: str, place: str) -> bool:
    """Whether its user has agreed that a model at this place is sent what it needs."""
    return f"{name} {place}" in trust.agreed(trust.REMOTES)


def remember_agreed(name: str, place: str) -> None:
    """Raises UsageError where the agreements can't be written."""
    trust.agree(trust.REMOTES, f"{name} {place}", datetime.date.today().isoformat())


def take_back(name: str, place: str) -> bool:
    """Whether there was such an agreement. Raises UsageError where the agreements can't be written."""
    return trust.withdraw(trust.REMOTES, f"{name} {place}")
