"""Requests -> the JSON that comes back, over the same functions as the command line."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rag_bot.api.requests import AskRequest, NoteRequest, NotesRequest, SearchRequest
from rag_bot.errors import NoteUnknown, UsageError
from rag_bot.library import Library
from rag_bot.markdown.blocks import LineIndex
from rag_bot.output import answer_json, dry_run_json, hits_json, report_json
from rag_bot.records import Progress, Turn, change_words
from rag_bot.store.staleness import change_since

if TYPE_CHECKING:
    from rag_bot.llm import LanguageModel

KEEP = "keep"
"""What becomes of the notes of folders that are gone: a program must not decide that they are to be removed."""


def ask(
    library: Library,
    request: AskRequest,
    *,
    llm: LanguageModel | None = None,
    stop: threading.Event | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> dict[str, Any]:
    """An answer as `AnswerJson`, with `llm` by that model until `stop` is set. Raises as `Library.ask`.

    While a model writes, `on_progress` is told how many sentences there are.
    """
    filters = request.filters()
    if llm is None:
        return answer_json(library.ask(request.question, filters=filters, earlier=request.earlier))
    turns = [Turn(question) for question in request.earlier]
    growing = library.write(request.question, llm=llm, filters=filters, turns=turns, stop=stop)
    for answer in growing:
        on_progress(Progress("answer", len(answer.sentences), 0))
    return answer_json(answer)


def search(library: Library, request: SearchRequest) -> dict[str, Any]:
    """Passages as `HitsJson`. Raises as `Library.search`."""
    return hits_json(*library.search_timed(request.question, limit=request.limit, filters=request.filters()))


def note(library: Library, request: NoteRequest) -> dict[str, Any]:
    """Lines of a note as `NoteJson`.

    Raises:
        NoteUnknown: the index has no such note.
        UsageError: it has no such lines.
        IndexUnusable: there is no index.
    """
    found = library.note(request.path)
    if found is None:
        raise NoteUnknown(f"There is no note {request.path!r} in the index. Search, or list the notes, for its path.")
    starts = LineIndex.of(found.text).starts
    if len(starts) > 1 and starts[-1] == len(found.text):  # behind the last line end
        starts = starts[:-1]
    first, last = request.start_line, min(request.end_line or len(starts), len(starts))
    if first > last:
        asked = first if request.end_line is None else f"{first} to {request.end_line}"
        raise UsageError(f"{request.path} has {len(starts):,} lines; {asked} is none of them.")
    text = found.text[starts[first - 1] : starts[last] if last < len(starts) else None]
    change = change_since(found, text.strip())
    return {
        "path": found.path,
        "title": found.title,
        "start_line": first,
        "end_line": last,
        "lines": len(starts),
        "text": text,
        "stale": bool(change),
        "change": change_words(change),
    }


def notes(library: Library, request: NotesRequest) -> dict[str, Any]:
    """A page of the notes as `NotesJson`, by path. Raises IndexUnusable without an index."""
    later = [name for name in library.note_titles() if name[0] > request.after]
    page = later[: request.limit]
    return {
        "notes": [{"path": path, "title": title} for path, title in page],
        "next": page[-1][0] if len(later) > len(page) else None,
    }


def sync(
    library: Library, *, dry_run: bool, on_progress: Callable[[Progress], None] = lambda _: None
) -> dict[str, Any]:
    """What was done, or would be, as `SyncJson`. Folders that are gone keep their notes. Raises as `Library.ingest`."""
    report = library.ingest(dry_run=dry_run, on_loss=KEEP, on_progress=on_progress)
    return dry_run_json(report) if dry_run else report_json(report)
