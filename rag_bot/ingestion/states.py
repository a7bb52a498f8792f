"""How each note stands: what the index has of it, and what its folder has now."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path, PurePosixPath

from rag_bot.ingestion.survey import Survey, plan_survey, survey_folders
from rag_bot.records import Failure, NoteState, SyncPlan
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.schema import explained


def note_states(index: Path) -> tuple[NoteState, ...]:
    """All notes of the index and of its folders, by path. Files whose stamp changed are read, nothing is written.

    Raises:
        IndexUnusable: there is no index, or none that can be read.
    """
    with closing(Catalogue.open(index)) as catalogue, explained(index), catalogue.snapshot():
        if not catalogue.roots():
            return ()
        survey = survey_folders(index, (), catalogue)
        indexed = catalogue.passages_by_note()
        failed = [failure for run in catalogue.runs(1, succeeded=True) for failure in run.failed]
    plan = plan_survey(survey, rebuild=False)
    errors = _errors(survey, plan, failed)
    states = _states(plan) | dict.fromkeys(errors, "unreadable")
    return tuple(
        NoteState(
            path=path,
            title=indexed[path][0] if path in indexed else PurePosixPath(path).stem,
            state=states.get(path, "indexed"),
            passages=indexed[path][1] if path in indexed else 0,
            synced=indexed[path][2] if path in indexed else "",
            error=errors.get(path, ""),
        )
        for path in sorted({*indexed, *states})
    )


def _states(plan: SyncPlan) -> dict[str, str]:
    moved_from, moved_to = [move.before for move in plan.moved], [move.after for move in plan.moved]
    return {
        **dict.fromkeys((*plan.deleted, *moved_from), "deleted"),
        **dict.fromkeys((*plan.added, *moved_to), "new"),
        **dict.fromkeys(plan.changed, "changed"),
    }


def _errors(survey: Survey, plan: SyncPlan, failed: list[Failure]) -> Mapping[str, str]:
    """What the last sync could not read and is still waiting, and what can't be looked at now."""
    waiting = {*plan.added, *plan.changed}
    last = {failure.path: failure.error for failure in failed if failure.path in waiting}
    return last | {failure.path: failure.error for failure in survey.failed}
