"""Why is a passage not in the answer? A question asked as always, and looked at stage by stage.

Nothing is searched, fused or picked a second way: the stages are read off the very working of `answer`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag_bot.errors import UsageError
from rag_bot.markdown import LineIndex
from rag_bot.query.answer import clean_question
from rag_bot.query.sources import Sources
from rag_bot.query.why.journey import Journey, Stage, Trace
from rag_bot.query.why.nearest import nearest_paths
from rag_bot.query.why.passing import Target, journey
from rag_bot.query.why.working import Working
from rag_bot.records import Absence, Chunk, Filters, Note, change_words
from rag_bot.store.locations import NoteLocation, find_path, read_location

_MISTAKEN = ("missing", "no-file", "suffix", "outside")  # reasons for which another note may have been meant


def trace(
    sources: Sources,
    question: str,
    place: str,
    *,
    filters: Filters | None,
    earlier: Sequence[str] = (),
    why_absent: Callable[[str], Absence],
    change_since: Callable[[Note, str], str],
) -> Trace:
    """What became of the passage at a place (`notes/a.md:12-15`, or a note without lines) when a question is asked.

    `why_absent` says of a path that no indexed note has why that is so; the rest is as for `answer`.

    Raises:
        UsageError: the question or the place is none, no note passes the filters, or the place could be several.
    """
    question, wanted = clean_question(question), read_location(place)
    if not wanted.path:
        raise UsageError(f"{place!r} names no note. Give its path, as in notes/a.md:12-15.")
    catalogue = sources.catalogue
    paths = [path for path, _ in catalogue.note_titles()]
    path = find_path(wanted.path, paths, catalogue.roots())
    note = catalogue.find_note(path) if path else None
    if not note:
        absence = why_absent(wanted.path)
        nearest = nearest_paths(wanted.path, paths) if absence.reason in _MISTAKEN else []
        lost = _lost(absence.message, absence.remedy, {"reason": absence.reason, "nearest": nearest})
        return Trace(question, wanted.path, wanted.lines, Journey(None, (lost,)))
    chunks = catalogue.chunks_of(note.path)
    asked = [chunk for chunk in chunks if _is_in(chunk, note, wanted)]
    if not asked:
        nothing = Journey(None, (_nothing_there(note, wanted, change_since(note, "")),))
        return Trace(question, note.path, wanted.lines, nothing)
    work = Working.of(sources, question, filters, earlier, asked)
    targets = [Target(chunk, note, len(chunks), wanted.lines, change_since(note, chunk.text)) for chunk in asked]
    first, *others = sorted((journey(work, target) for target in targets), key=lambda one: _progress(work, one))
    return Trace(question, note.path, wanted.lines, first, tuple(others), work.found.question)


def _is_in(chunk: Chunk, note: Note, place: NoteLocation) -> bool:
    """Whether a passage has text of these lines."""
    if not place.lines:
        return True
    lines, (start, end) = LineIndex.of(note.text), place.lines
    if start > len(lines.starts):
        return False
    begin, stop = lines.starts[start - 1], lines.ends[min(end, len(lines.ends)) - 1]
    return bool(note.text[max(begin, chunk.start_char) : min(stop, chunk.end_char)].strip())


def _nothing_there(note: Note, place: NoteLocation, change: str) -> Stage:
    """Why an indexed note has no passage at these lines."""
    lines = len(LineIndex.of(note.text).starts)
    detail = {"reason": "empty", "note_lines": lines, "change": change}
    if not place.lines:
        return _lost("its note has no text", "write something into it", detail)
    named = "-".join(str(line) for line in dict.fromkeys(place.lines))
    if change:
        said = f"the note as it was indexed has no text at {named}; {change_words(change)}"
        return _lost(said, "run `rag-bot ingest`", detail | {"reason": "changed"})
    if place.lines[0] > lines:
        said = f"the note has no line {place.lines[0]:,}, it ends with line {lines:,}"
        return _lost(said, "give lines that it has", detail | {"reason": "beyond"})
    return _lost(f"there is no text at {named}", "give lines that have words", detail | {"reason": "blank"})


def _lost(said: str, remedy: str, detail: dict[str, object]) -> Stage:
    return Stage("indexed", False, said, remedy, detail)


def _progress(work: Working, one: Journey) -> tuple[float, ...]:
    """Those that came farthest first: by citation, by fused rank, by meaning."""
    assert one.chunk
    far = len(work.last) + 1
    place, _ = work.last.get(one.chunk.key, (far, 0.0))
    near, _ = work.dense.get(one.chunk.key, (len(work.dense) + 1, 0.0))
    return (one.citation or float("inf"), -len(one.stages), place, near)
