"""Makes the index equal to the folders, or tells what that would change."""

from __future__ import annotations

import gc
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from rag_bot.errors import IndexUnusable, NotesLost, UsageError
from rag_bot.failpoints import reach
from rag_bot.ingestion.apply import PlannedSync
from rag_bot.ingestion.chunking import CHUNKER_VERSION
from rag_bot.ingestion.losses import OnLoss, describe_losses, settle_losses
from rag_bot.ingestion.prepare import OnProgress, Preparation, built_with
from rag_bot.ingestion.roots import choose_roots, find_root
from rag_bot.ingestion.survey import Survey, plan_survey, survey_folders
from rag_bot.models import EmbeddingModel
from rag_bot.models.ray_cluster import RayCluster, check_address
from rag_bot.records import Failure, LeftOut, Loss, SyncPlan, SyncReport, merged
from rag_bot.store.catalogue import Catalogue, Root
from rag_bot.store.indexes import empty_strange
from rag_bot.store.lock import index_lock, writer_lock
from rag_bot.store.moving import move_catalogue
from rag_bot.store.ownership import Standing, refuse_other, require_own, standing
from rag_bot.store.postgres import wanted_catalogue
from rag_bot.store.schema import explained, has_catalogue, refuse_lost
from rag_bot.store.server import wanted_url
from rag_bot.store.writer import CatalogueWriter


@dataclass(frozen=True, slots=True)
class SyncDecision:
    """What is there and what a sync would do about it."""

    survey: Survey
    plan: SyncPlan
    kept: tuple[Loss, ...]
    must_ask: bool
    rebuild: bool


def sync(
    index: Path,
    folders: Sequence[Path],
    *,
    model: Callable[[], EmbeddingModel],
    exclude: Sequence[str] = (),
    server: str = "",
    database: str = "",
    ray: str = "",
    on_loss: OnLoss = OnLoss.ASK,
    on_progress: OnProgress = lambda _: None,
) -> SyncReport:
    """Sync these folders, or all that were ingested before, into the index, without what the setting excludes.

    `server` is the setting `vectors`, `database` is `catalogue`: where the catalogue is elsewhere, it moves there.
    `ray` is the address of a Ray cluster whose workers embed, "" for none.

    An index that this user has not made is made anew from these folders, and nothing of it is opened.

    Raises:
        UsageError: a folder is missing, no folder, or never held notes.
        NotesLost: a folder is gone or lost more than half of its notes; with `OnLoss.ASK` only.
        WriterBusy: another process writes to this index.
        ModelError, IndexUnusable: the model, the cluster or the index can't be used; what was indexed before still
            answers.
    """
    began, server = time.perf_counter(), wanted_url(server)
    if ray:
        check_address(ray)
    _check_folders(index, folders)
    _begin_anew(index)
    with _writing(index, wanted_catalogue(database)) as (catalogue, record):
        catalogue.drop_pending()
        prepared = model()
        decision = _decide(index, folders, catalogue, prepared, exclude, on_loss)
        if decision.must_ask:
            raise NotesLost(
                f"{describe_losses(decision.kept)} Nothing was changed, and they still answer. If this is right, "
                "`rag-bot ingest --yes` removes them; `--keep` leaves them and syncs the rest."
            )
        _keep_elsewhere(record, catalogue, decision.survey)
        survey, plan = decision.survey, decision.plan
        notes = Preparation(catalogue, prepared, survey, plan, on_progress, rebuild=decision.rebuild)
        job = PlannedSync(index, notes, record.run, server)
        if ray and notes.reads_notes:
            with RayCluster(ray, prepared) as cluster:
                notes.embed = cluster.embed
                job.apply()
        else:
            job.apply()
        left_out = _left_out(survey, catalogue)
        record.left_out |= left_out
        record.report = replace(
            _report(notes, decision.kept, time.perf_counter() - began), left_out=merged(left_out.values())
        )
    return record.report


def forget(index: Path, folder: Path, server: str = "") -> SyncReport:
    """Remove a folder's notes from the index, with their vectors; the folder itself may be gone, and is not touched.

    Raises:
        UsageError: the folder was not ingested.
        WriterBusy, IndexUnusable
    """
    began, server = time.perf_counter(), wanted_url(server)
    with closing(Catalogue.open(index)) as reading:
        _known_root(reading, folder)
    with _writing(index) as (catalogue, record):
        catalogue.drop_pending()
        root = _known_root(catalogue, folder)
        known = catalogue.known_files(root)
        survey = Survey((root,), (root,), known)
        plan = SyncPlan(deleted=tuple(sorted(known)))
        _keep_elsewhere(record, catalogue, survey)
        job = PlannedSync(index, Preparation(catalogue, None, survey, plan), record.run, server, forget=True)
        job.apply()
        record.report = _report(job.notes, (), time.perf_counter() - began)
    return record.report


def preview(
    index: Path,
    folders: Sequence[Path],
    *,
    model: Callable[[], EmbeddingModel],
    exclude: Sequence[str] = (),
    on_loss: OnLoss = OnLoss.ASK,
) -> SyncReport:
    """What `sync` would do, touching nothing. Folders in question are in `kept`."""
    began = time.perf_counter()
    if _begins(index, folders):
        survey = survey_folders(index, folders, None, exclude=exclude)
        refuse_other(index)
        plan, left_out = plan_survey(survey, rebuild=False), merged(_left_out(survey, None).values())
        return SyncReport(plan, survey.failed, seconds=time.perf_counter() - began, left_out=left_out)
    with closing(Catalogue.open(index)) as catalogue, explained(index), catalogue.snapshot():
        decision = _decide(index, folders, catalogue, model(), exclude, on_loss)
        left_out = merged(_left_out(decision.survey, catalogue).values())
    seconds = time.perf_counter() - began
    return SyncReport(decision.plan, decision.survey.failed, seconds=seconds, kept=decision.kept, left_out=left_out)


@dataclass(slots=True)
class _Record:
    """A sync's entry in the history: its number, and its report once it went through.

    `failed_elsewhere` is what earlier syncs could not read in folders that this one did not look at. `left_out` is that
    of all folders, by label.
    """

    run: int
    failed_elsewhere: tuple[Failure, ...] = ()
    left_out: dict[str, tuple[LeftOut, ...]] = field(default_factory=dict)
    report: SyncReport = field(default_factory=lambda: SyncReport(SyncPlan()))


@contextmanager
def _writing(index: Path, database: str | None = None) -> Iterator[tuple[CatalogueWriter, _Record]]:
    """The catalogue, locked for this process, with a new entry in the history, which tells how the sync ended.

    With a `database`, or "" for none, it is moved there first if it is elsewhere.
    """
    began = time.perf_counter()
    with ExitStack() as held:
        held.enter_context(index_lock(index))
        held.enter_context(explained(index))
        if database is not None:
            move_catalogue(index, database)
        catalogue = held.enter_context(closing(CatalogueWriter.open(index)))
        record = _Record(catalogue.begin_run(f"{datetime.now().astimezone():%Y-%m-%dT%H:%M:%S%z}"))
        reach("run-begun")
        try:
            yield catalogue, record
        except UsageError:
            catalogue.drop_run(record.run)
            raise
        except BaseException as error:
            message = "stopped" if isinstance(error, KeyboardInterrupt) else str(error) or type(error).__name__
            with suppress(sqlite3.Error, IndexUnusable):  # a full disk, for one, refuses this as well
                catalogue.end_run(record.run, time.perf_counter() - began, {}, (), " ".join(message.split()))
            raise
        report = record.report
        embedded = {"chunks_embedded": report.chunks_embedded, "chunks_reused": report.chunks_reused}
        catalogue.end_run(
            record.run,
            report.seconds,
            report.plan.counts | embedded,
            [*report.failed, *record.failed_elsewhere],
            left_out=record.left_out,
        )


def rebuild_search_indexes(
    index: Path, server: str = "", *, new_indexes: bool, on_progress: OnProgress = lambda _: None
) -> SyncReport:
    """Make the search indexes agree with the catalogue; `new_indexes` makes new ones. Needs neither model nor folders.

    Raises:
        WriterBusy, IndexUnusable
    """
    began, server = time.perf_counter(), wanted_url(server)
    with _writing(index) as (catalogue, record):
        catalogue.drop_pending()
        nothing = Survey((), ())
        _keep_elsewhere(record, catalogue, nothing)
        notes = Preparation(catalogue, None, nothing, SyncPlan(), on_progress)
        PlannedSync(index, notes, record.run, server, new_indexes=new_indexes).apply()
        record.report = _report(notes, (), time.perf_counter() - began)
    return record.report


def _keep_elsewhere(record: _Record, catalogue: Catalogue, survey: Survey) -> None:
    """What the last sync said of folders that this one does not look at is still so."""
    looked_at = {root.label for root in survey.roots}
    others = [root.label for root in catalogue.roots() if root.label not in looked_at]
    record.failed_elsewhere = tuple(
        Failure(path, error)
        for path, error in catalogue.failed().items()
        if any(path.startswith(f"{label}/") for label in others)
    )
    record.left_out = {label: entries for label, entries in catalogue.left_out().items() if label in others}


def _left_out(survey: Survey, catalogue: Catalogue | None) -> dict[str, tuple[LeftOut, ...]]:
    """What is left out of each root that was looked at, and which of its notes in the index are doubtful."""
    for root in catalogue.roots() if catalogue else ():
        if tally := survey.tallies.get(root.label):
            for path, oddities in catalogue.oddities(root) if catalogue else ():
                for reason, kind in oddities.items():
                    tally.add(reason, path, kind)
    return {label: tally.entries() for label, tally in survey.tallies.items()}


def _decide(
    index: Path,
    folders: Sequence[Path],
    catalogue: Catalogue,
    model: EmbeddingModel,
    exclude: Sequence[str],
    on_loss: OnLoss,
) -> SyncDecision:
    """Where model or chunker have changed, everything in every root has to be done again."""
    before = catalogue.meta().get("built_with")
    chunker = re.search(r"chunker (\d+)", before or "")
    if chunker and int(chunker[1]) > CHUNKER_VERSION:
        raise IndexUnusable(
            f"The index in {index} was written by a newer rag-bot (chunker {chunker[1]}, this one has"
            f" {CHUNKER_VERSION}). Update rag-bot."
        )
    rebuild = before not in (None, built_with(model))
    with _all_kept():
        survey = survey_folders(index, folders, catalogue, exclude=exclude, everything=rebuild)
        plan, kept, must_ask = settle_losses(survey, plan_survey(survey, rebuild=rebuild), on_loss)
    return SyncDecision(survey, plan, kept, must_ask, rebuild)


@contextmanager
def _all_kept() -> Iterator[None]:
    """Without looking for garbage where none is made: among 100,000 notes that took 0.2 of 1.5 s."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _report(notes: Preparation, kept: tuple[Loss, ...], seconds: float) -> SyncReport:
    """What was done of the plan: notes that could not be read were neither added nor changed, some were gone."""
    plan, failed, gone = notes.plan, {failure.path for failure in notes.failed}, set(notes.gone)
    added, changed = ([path for path in paths if path not in failed | gone] for paths in (plan.added, plan.changed))
    deleted = sorted({*plan.deleted, *(gone & set(plan.changed))})
    done = replace(plan, added=tuple(added), changed=tuple(changed), deleted=tuple(deleted))
    return SyncReport(done, tuple(notes.failed), notes.embedded, notes.reused, seconds, kept)


def _check_folders(index: Path, folders: Sequence[Path]) -> None:
    """Refuse wrong folders before an index is made for them."""
    if _begins(index, folders):
        survey_folders(index, folders, None)
        refuse_other(index)
    elif folders:
        with suppress(IndexUnusable), closing(Catalogue.open(index)) as catalogue:  # opening it to write says more
            choose_roots(folders, catalogue.roots(), index)


def _begins(index: Path, folders: Sequence[Path]) -> bool:
    """Whether there is no index of this user that these folders would be synced into. Raises as `require_own`."""
    if folders and standing(index) in (Standing.STRANGE, Standing.OTHER):
        return True
    require_own(index)
    refuse_lost(index)
    return not has_catalogue(index)


def _begin_anew(index: Path) -> None:
    if standing(index) is Standing.STRANGE:
        with writer_lock(index):
            if standing(index) is Standing.STRANGE:
                empty_strange(index)


def _known_root(catalogue: Catalogue, folder: Path) -> Root:
    roots = catalogue.roots()
    if root := find_root(folder, roots) or next((root for root in roots if root.label == str(folder)), None):
        return root
    listed = ", ".join(str(root.folder) for root in roots) or "none"
    raise UsageError(
        f"{folder} is none of the folders that were ingested ({listed}). To leave out a part of one, name it in a "
        ".ragbotignore file there and run `rag-bot ingest`."
    )
