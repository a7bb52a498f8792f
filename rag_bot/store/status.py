"""What an index holds now, for people."""

from __future__ import annotations

from pathlib import Path

from rag_bot.records import Status, merged
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.lock import find_writer
from rag_bot.store.place import CataloguePlace, VectorsPlace


def read_status(catalogue: Catalogue, index: Path, model: str, runs: int) -> Status:
    """The index with its last `runs` syncs; `model` is named where none has embedded anything yet."""
    meta, (notes, chunks, vectors) = catalogue.meta(), catalogue.counts()
    roots, history = [root.folder for root in catalogue.roots()], catalogue.runs(runs)
    finished = next(iter(catalogue.runs(1, succeeded=True)), None)
    return Status(
        index=index,
        roots=tuple(roots),
        missing=tuple(root for root in roots if not root.is_dir()),
        notes=notes,
        chunks=chunks,
        vectors=vectors,
        model=meta.get("model", model),
        fingerprint=meta.get("fingerprint", ""),
        last_synced=finished.started if finished else None,
        failed=finished.failed if finished else (),
        bytes_on_disk=sum(_size(path) for path in index.rglob("*")),
        runs=history,
        writer=find_writer(index),
        left_out=merged(catalogue.left_out().values()),
        server=VectorsPlace.read(meta.get("vectors", "")).url,
        waiting=catalogue.waiting(),
        database=str(CataloguePlace.read(index)),
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:  # removed by a sync meanwhile
        return 0
