"""Why is a passage not in the answer? A question asked as always, and looked at stage by stage.

Nothing is searched, fused or picked a second way: the stages are read off the very working of `answer`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import PurePosixPath

from rag_bot.errors import UsageError
from rag_bot.markdown import LineIndex
from rag_bot.query.answer import clean_question
from rag_bot.query.open_index import Sources
from rag_bot.query.vault.vault_answer import answer_of_vault
from rag_bot.query.why.full_search import FullSearch, Target
from rag_bot.query.why.stages import trace_counted, trace_passage
from rag_bot.query.why.trace import PassageTrace, Stage, Trace
from rag_bot.records import Absence, Chunk, Filters, Note, change_words
from rag_bot.store.locations import NoteLocation, find_path, read_location
from rag_bot.store.staleness import change_since

NEAREST_PATHS = 5  # set by hand
_MISTAKEN = ("missing", "no-file", "format", "media", "outside")  # reasons for which another note may have been meant


def explain(
    sources: Sources,
    question: str,
    place: str,
    *,
    filters: Filters | None,
    earlier: Sequence[str] = (),
    today: date | None = None,
    why_absent: Callable[[str], Absence],
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
        lost = _not_indexed(absence.message, absence.remedy, {"reason": absence.reason, "nearest": nearest})
        return Trace(question, wanted.path, wanted.lines, lost)
    chunks = catalogue.chunks_of(note.path)
    targets = [
        Target(chunk, note, len(chunks), wanted.lines, change_since(note, chunk.text))
        for chunk in chunks
        if _has_text_at(chunk, note, wanted)
    ]
    if not targets:
        return Trace(question, note.path, wanted.lines, _nothing_there(note, wanted, change_since(note, "")))
    if told := answer_of_vault(sources, question, filters, today or date.today(), earlier):
        counted = sorted((trace_counted(told[0], target) for target in targets), key=lambda one: one.citation is None)
        return Trace(question, note.path, wanted.lines, counted[0], tuple(counted[1:]), told[0].searched_for)
    search = FullSearch.of(sources, question, filters, earlier, today, [target.chunk for target in targets])

    def distance(target: Target, passage: PassageTrace) -> tuple[float, ...]:
        """Smaller for those that came farther: by citation, by stages, by fused rank, by meaning."""
        fused, _ = search.fused.get(target.chunk.key, (len(search.fused) + 1, 0.0))
        dense, _ = search.dense.get(target.chunk.key, (len(search.dense) + 1, 0.0))
        return (passage.citation or float("inf"), -len(passage.stages), fused, dense)

    passages = [(target, trace_passage(search, target)) for target in targets]
    farthest, *others = (passage for _, passage in sorted(passages, key=lambda pair: distance(*pair)))
    return Trace(question, note.path, wanted.lines, farthest, tuple(others), search.investigation.query)


def nearest_paths(written: str, paths: Sequence[str]) -> list[str]:
    """Up to `NEAREST_PATHS` indexed notes that may have been meant by a path that none has.

    Those in a folder of that name, then those that look most like it.
    """

    def forms_of(path: str) -> tuple[str, ...]:
        """What of a path people write: all of it, the file's name, the name without its ending."""
        parts = PurePosixPath(path)
        return path, parts.name, parts.stem

    forms = list(dict.fromkeys(forms_of(written.replace("\\", "/").strip("/").lower())))
    by_form: dict[str, list[str]] = {}
    for path in paths:
        for form in forms_of(path.lower()):
            by_form.setdefault(form, []).append(path)
    inside = [path for form in forms for path in paths if form and f"/{form}/" in f"/{path.lower()}"]
    close = [
        path for form in forms for alike in get_close_matches(form, by_form, n=NEAREST_PATHS) for path in by_form[alike]
    ]
    return list(dict.fromkeys([*inside, *close]))[:NEAREST_PATHS]


def _has_text_at(chunk: Chunk, note: Note, place: NoteLocation) -> bool:
    """Whether a passage has text of these lines."""
    if not place.lines:
        return True
    lines, (start, end) = LineIndex.of(note.text), place.lines
    if start > len(lines.starts):
        return False
    begin, stop = lines.starts[start - 1], lines.ends[min(end, len(lines.ends)) - 1]
    return bool(note.text[max(begin, chunk.start_char) : min(stop, chunk.end_char)].strip())


def _nothing_there(note: Note, place: NoteLocation, change: str) -> PassageTrace:
    """Why an indexed note has no passage at these lines."""
    lines = len(LineIndex.of(note.text).starts)
    detail = {"reason": "empty", "note_lines": lines, "change": change}
    if not place.lines:
        return _not_indexed("its note has no text", "write something into it", detail)
    named = "-".join(str(line) for line in dict.fromkeys(place.lines))
    if change:
        message = f"the note as it was indexed has no text at {named}; {change_words(change)}"
        return _not_indexed(message, "run `rag-bot ingest`", detail | {"reason": "changed"})
    if place.lines[0] > lines:
        message = f"the note has no line {place.lines[0]:,}, it ends with line {lines:,}"
        return _not_indexed(message, "give lines that it has", detail | {"reason": "beyond"})
    return _not_indexed(f"there is no text at {named}", "give lines that have words", detail | {"reason": "blank"})


def _not_indexed(message: str, remedy: str, detail: dict[str, object]) -> PassageTrace:
    return PassageTrace(None, (Stage("indexed", False, message, remedy, detail),))
