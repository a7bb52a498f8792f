"""Folders that lost so many notes that a disk may not be mounted, or a folder be the wrong one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

from rag_bot.ingestion.survey import Survey
from rag_bot.records import Loss, SyncPlan
from rag_bot.store.catalogue import Root

_WORDS = {
    "missing": "is not there (is its disk mounted?)",
    "empty": "holds no notes any more (is its disk mounted?)",
    "fewer": "lost more than half of its notes",
}


class OnLoss(Enum):
    """What to do where a folder is gone or lost more than half of its notes."""

    ASK = "ask"
    REMOVE = "remove"
    KEEP = "keep"


def settle_losses(survey: Survey, plan: SyncPlan, on_loss: OnLoss) -> tuple[SyncPlan, tuple[Loss, ...], bool]:
    """The plan without the removals that are not wanted, the folders it leaves alone, and whether to ask first.

    Folders that were not asked for, and are looked at only since they are gone, keep their notes without a question.
    """
    losses = {root: loss for root in survey.roots if (loss := _loss_of(root, survey, plan))}
    in_question = [root for root in losses if root in survey.requested]
    kept = [root for root in losses if root not in in_question or on_loss is not OnLoss.REMOVE]
    deleted = [
        path
        for path in plan.deleted
        if path in survey.withdrawn or not any(path.startswith(f"{root.label}/") for root in kept)
    ]
    must_ask = bool(in_question) and on_loss is OnLoss.ASK
    return replace(plan, deleted=tuple(deleted)), tuple(losses[root] for root in kept), must_ask


def describe_losses(losses: Sequence[Loss]) -> str:
    """One sentence for each folder."""
    return " ".join(
        f"{loss.folder} {_WORDS[loss.reason]}: {loss.lost:,} of the {loss.known:,} notes indexed from it are gone."
        for loss in losses
    )


def _loss_of(root: Root, survey: Survey, plan: SyncPlan) -> Loss | None:
    known = survey.known_in(root)
    lost = sum(path.startswith(f"{root.label}/") and path not in survey.withdrawn for path in plan.deleted)
    if not lost:
        return None
    if not root.folder.is_dir():
        return Loss(root.folder, "missing", lost, len(known))
    if not any(path.startswith(f"{root.label}/") for path in survey.found):
        return Loss(root.folder, "empty", lost, len(known))
    return Loss(root.folder, "fewer", lost, len(known)) if lost * 2 > len(known) else None
