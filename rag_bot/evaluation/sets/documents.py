"""The documents of a collection as a folder of notes: one Markdown file each, its title as the heading."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from rag_bot.files import write_whole
from rag_bot.ingestion.front_matter import FrontMatter, read_front_matter
from rag_bot.markdown.blocks import LineIndex
from rag_bot.records import Progress

NOTES_VERSION = 1
NOTES_FOLDER = "notes"
_PER_FOLDER = 1000
_MAP_NAME = "documents.json"


def note_name(number: int) -> str:
    """The file of the document of this number, below the folder of notes: `003/003017.md`."""
    return f"{number // _PER_FOLDER:03d}/{number:06d}.md"


def note_path(number: int) -> str:
    """The path by which the index knows it."""
    return f"{NOTES_FOLDER}/{note_name(number)}"


def note_text(title: str, text: str) -> str:
    """The document as Markdown. Front matter stays first; a title that the text gives itself is not given twice."""
    title = " ".join(title.split())
    front = read_front_matter(text)
    lines = LineIndex.of(text).starts
    start = lines[front.body_start_line - 1] if front.body_start_line <= len(lines) else len(text)
    head, body = text[:start], text[start:].strip()
    if head and not head.endswith(("\n", "\r")):
        head += "\n"
    return f"{head}{_with_heading(title, body, front)}\n"


def write_notes(
    documents: Iterable[tuple[str, str]], ids: Mapping[str, str], work: Path, on_progress: Callable[[Progress], None]
) -> Path:
    """The folder with the notes of these titles and texts, written unless it is complete already.

    `ids` are the documents by note path, in the same order; they are saved beside the notes once all are written.
    """
    folder, saved = work / NOTES_FOLDER, work / _MAP_NAME
    if saved.is_file():
        return folder
    for number, (title, text) in enumerate(documents):
        file = folder / note_name(number)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(note_text(title, text).encode("utf-8", "replace"))
        on_progress(Progress("documents", number + 1, len(ids)))
    write_whole(saved, json.dumps(ids, ensure_ascii=False))
    return folder


def _with_heading(title: str, body: str, front: FrontMatter) -> str:
    if not title or str(front.values.get("title", "")).strip() == title:
        return body
    end = LineIndex.of(body).ends[0]
    if " ".join(body[:end].lstrip("#").split()) == title:
        return f"# {title}{body[end:]}"
    return f"# {title}\n\n{body}".rstrip()
