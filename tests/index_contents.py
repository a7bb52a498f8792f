"""What an index holds, in a form that can be compared: without ids, times and the order of writing."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from rag_bot.store.bm25 import WordIndex
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.place import VectorsPlace
from rag_bot.store.schema import has_catalogue, open_for_reading
from rag_bot.store.server import ServerVectors, open_vectors
from rag_bot.store.vectors import VectorIndex


def contents(index: Path) -> dict[str, Any]:
    """All that the catalogue, Chroma and Tantivy say; what searching no longer reaches is left out of Chroma's."""
    with closing(open_for_reading(index)) as db:
        notes = db.execute(
            "SELECT path, pending, title, own_title, text, metadata, content_hash FROM note ORDER BY path"
        ).fetchall()
        chunks = db.execute(
            """SELECT path, ordinal, key, headings, context, start_char, end_char, start_line, end_line
               FROM chunk JOIN note ON note.id = note_id ORDER BY path, ordinal"""
        ).fetchall()
        tags = db.execute("SELECT path, tag FROM tag JOIN note ON note.id = note_id ORDER BY path, tag").fetchall()
        tasks = db.execute(
            """SELECT path, line, mark, task.text, above, due, done FROM task JOIN note ON note.id = note_id
               ORDER BY path, line"""
        ).fetchall()
        keys = sorted(key for (key,) in db.execute("SELECT key FROM vector WHERE retired IS NULL"))
        roots = db.execute("SELECT label, folder FROM root ORDER BY label").fetchall()
        meta = dict(db.execute("SELECT name, value FROM meta"))
    folder, place = index / meta["store"], VectorsPlace.read(meta["vectors"])
    return {
        "notes": notes,
        "chunks": chunks,
        "tags": tags,
        "tasks": tasks,
        "keys": keys,
        "roots": roots,
        "dirty": meta["dirty"],
        "built_with": meta["built_with"],
        "chroma": sorted(_stored(folder, place, meta["fingerprint"])),
        "tantivy": sorted(WordIndex.open(folder).keys()),
        "stores": sorted(path.name for path in index.glob("store-*") if path.name != meta["store"])
        + _other_collections(index, place),
    }


def differences(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """Which parts differ, with the first few entries that do."""
    found = []
    for part in ours:
        if ours[part] != theirs[part]:
            both = (ours[part], theirs[part])
            mine, yours = (
                [entry for entry in one if entry not in other][:3] if isinstance(one, list) else one
                for one, other in (both, both[::-1])
            )
            found.append(f"{part}: {mine} against {yours}")
    return found


def inner_differences(held: dict[str, Any]) -> list[str]:
    """Where the three stores of one index don't hold the same keys."""
    live = sorted({chunk[2] for chunk in held["chunks"]})
    return [
        f"{part} has {len(held[part])} keys, the chunks have {len(live)}"
        for part in ("keys", "chroma", "tantivy")
        if held[part] != live
    ]


def visible_notes(index: Path) -> dict[str, str]:
    """The notes and their texts as a reader sees them now; empty before the first sync has ended."""
    if not has_catalogue(index):
        return {}
    with closing(Catalogue.open(index)) as catalogue, catalogue.snapshot():
        return {note.path: note.text for note in catalogue.notes()} if catalogue.generation() else {}


def _stored(folder: Path, place: VectorsPlace, fingerprint: str) -> list[str]:
    """Keys whose vectors a search for them finds."""
    with closing(open_vectors(folder, place, fingerprint)) as index:
        found = [(key, vector) for keys, vectors in index.stored() for key, vector in zip(keys, vectors, strict=True)]
        return [key for key, vector in found if _finds(index, np.asarray(vector))]


def _other_collections(index: Path, place: VectorsPlace) -> list[str]:
    if not place.url:
        return []
    with closing(ServerVectors(place)) as server:
        return [
            name
            for name in server._collections()
            if VectorsPlace(place.url, name).is_of(index) and name != place.collection
        ]


def _finds(index: VectorIndex | ServerVectors, vector: Any) -> bool:
    nearest = index.query(vector, 1)
    return bool(nearest) and nearest[0][1] > 0.999
