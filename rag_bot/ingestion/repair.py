"""Mends what `verify` finds: from the catalogue where it is sound, and from the folders where it is not."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from rag_bot.errors import UsageError
from rag_bot.ingestion.losses import OnLoss
from rag_bot.ingestion.prepare import OnProgress
from rag_bot.ingestion.sync import rebuild_search_indexes, sync
from rag_bot.ingestion.verify import CHROMA, FILES, TANTIVY, Diagnosis, diagnose, require_index
from rag_bot.models import EmbeddingModel
from rag_bot.records import Verification
from rag_bot.store.lock import index_lock
from rag_bot.store.rescue import find_roots, rescue_catalogue
from rag_bot.store.schema import FILE_NAME, explained
from rag_bot.store.writer import CatalogueWriter


def repair_index(
    index: Path,
    model: Callable[[], EmbeddingModel],
    notes: Sequence[Path],
    on_progress: OnProgress,
    exclude: Sequence[str] = (),
    server: str = "",
    database: str = "",
) -> Verification:
    """Mend and look again. `notes` are folders that the settings name, should the index no longer know any; `exclude`
    and `server` are the settings `exclude` and `vectors`, `database` is `catalogue`.

    Raises:
        UsageError: the catalogue is lost and its folders are not known, or not there.
        WriterBusy: another process syncs.
        ModelError, IndexUnusable
    """
    began = time.perf_counter()
    require_index(index)
    with index_lock(index):
        found = diagnose(index, exclude, server)
        done = [*_replace_catalogue(index, found, notes), *_mistrust(index, found)]
    if found.lost or found.unsound:
        report = sync(
            index,
            (),
            model=model,
            exclude=exclude,
            server=server,
            database=database,
            on_loss=OnLoss.KEEP,
            on_progress=on_progress,
        )
        done.append(f"{report.chunks_embedded:,} passages embedded, {report.chunks_reused:,} reused")
    elif parts := {problem.part for problem in found.problems} & {CHROMA, TANTIVY, FILES}:
        rebuild_search_indexes(index, server, new_indexes=found.new_indexes, on_progress=on_progress)
        way = "made anew from" if found.new_indexes else "brought in line with"
        done.append(f"{' and '.join(sorted(parts - {FILES}) or ['chroma and tantivy'])} {way} the catalogue")
    with index_lock(index):
        now = diagnose(index, exclude, server)
    seconds = time.perf_counter() - began
    return Verification(now.problems, now.notes, now.passages, seconds, tuple(done), now.unreadable)


def _replace_catalogue(index: Path, found: Diagnosis, notes: Sequence[Path]) -> list[str]:
    if not found.lost:
        return []
    if (index / FILE_NAME).is_dir():
        raise UsageError(
            f"{index / FILE_NAME} is a folder, where the catalogue should be. Move it away; run this again."
        )
    roots = find_roots(index) or {folder.name: folder for folder in notes}
    if not roots:
        raise UsageError(
            f"The catalogue of {index} is lost, and with it which folders it was made from. Nothing was changed. "
            "Remove the index folder and run `rag-bot ingest FOLDER`."
        )
    if absent := [str(folder) for folder in roots.values() if not folder.is_dir()]:
        raise UsageError(
            f"The catalogue has to be made from the notes again, but {', '.join(absent)} is not there. Nothing was "
            "changed. Mount it, and run this again."
        )
    with explained(index):
        saved = rescue_catalogue(index, roots)
    return [f"new catalogue, {saved:,} vectors saved"]


def _mistrust(index: Path, found: Diagnosis) -> list[str]:
    if not found.unsound:
        return []
    with explained(index), closing(CatalogueWriter.open(index)) as catalogue, catalogue.transaction():
        catalogue.mistrust(found.unsound)
        catalogue.remove_vectors(found.bad_keys)
        catalogue.set_meta(dirty="1")
    return [f"{len(found.unsound):,} notes read again"]
