"""The panel beside the conversation: a note as HTML, opened at the lines that something stands on, which are marked."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from markupsafe import Markup

from rag_bot.files import stamp_of
from rag_bot.library import Library
from rag_bot.markdown import LineIndex, format_of, parse_note, part_of, without_comments
from rag_bot.records import DELETED, ELSEWHERE, REWRITTEN, Note, change_words, location, with_place
from rag_bot.store.staleness import change_since
from rag_bot.ui.copying import quoted
from rag_bot.ui.notes.links import Links, link_targets
from rag_bot.ui.notes.markdown_view import CITED, line_html, render_markdown
from rag_bot.ui.notes.note_list import NoteLists
from rag_bot.ui.notes.note_markdown import has_too_many_cells
from rag_bot.ui.phrases import cut
from rag_bot.ui.templating import macros

# Characters and lines, set by hand; what is longer is shown as plain lines around the citation.
LONGEST_RENDERED, MOST_RENDERED_LINES = 100_000, 5_000
_LINES_AROUND = 200  # set by hand
_LONGEST_LINE = 4_000  # characters, set by hand
_NOWHERE = range(0)
_CHANGED = "the note has changed since it was indexed"
_SYNC = "Below is the text as indexed; sync to update it."
_REMEDIES = {DELETED: "Below is its text as indexed, which still answers."}
_NOT_INDEXED = {
    "new": "This note is not in the index yet. Sync to read it.",
    "unreadable": "This note could not be read.",
}


def open_note(
    library: Library,
    lists: NoteLists,
    path: str,
    lines: range,
    heading: str,
    bar: Callable[[int], Markup] | None = None,
) -> Markup:
    """The note as HTML, at the `lines`, counted from 1, or else at the `heading`.

    `bar` makes what stays in sight above the text, of the number of its lines.
    """
    note = library.note(path)
    if note is None:
        return render_missing(path, lists.last().state_of(path))
    links = link_targets(library).of(path)
    index = LineIndex.of(note.text)
    cited = range(lines.start, min(lines.stop, len(index.starts) + 1)) or heading_lines(note, heading)
    above = bar(len(index.starts)) if bar else Markup()
    change = change_since(note, _words_of(note, cited).strip())
    return render_note(note, links, cited=cited, change=change, bar=above) + unlike_any_other()


def mark_of(library: Library, path: str) -> str:
    """Is another one when the note was changed, on disk or in the index; "" for a note that is not in the index."""
    note = library.note(path)
    if note is None:
        return ""
    try:
        return f"{note.content_hash} {stamp_of(note.file.stat())}"
    except OSError:
        return f"{note.content_hash} gone"


def unlike_any_other() -> Markup:
    """A comment that makes HTML another one, so that the browser hears of it even if it is the same again."""
    return Markup(f"<!--{time.monotonic_ns()}-->")


def render_note(
    note: Note, links: Links, *, cited: range = _NOWHERE, change: str = "", bar: Markup | str = ""
) -> Markup:
    """The panel's HTML. `links` say where those of the note lead, `cited` the lines to mark, counted from 1.

    `bar` is HTML that stays in sight above the text.
    """
    html = macros("notes.html")
    where = location(note.path, cited.start, cited.stop - 1) if cited else note.path
    where = with_place(where, note.place(cited.start, cited.stop - 1) if cited else "")
    metadata = {name: _words(value) for name, value in note.metadata.items() if value not in ("", [], {})}
    properties = ""
    if metadata and note.body_start_line != 1:
        properties = html.properties(metadata, any(line < note.body_start_line for line in cited))
    words = ""
    if change:
        words = change_words(change) if cited or change not in (ELSEWHERE, REWRITTEN) else _CHANGED
        words = f"{words.capitalize()}. {_REMEDIES.get(change, _SYNC)}"
    text = _words_of(note, cited)
    copy = quoted(text, where) if text.strip() and len(text) <= LONGEST_RENDERED else None
    return html.note(note, where, words, bar, properties, _body(note, links, cited), cited, copy)


def render_missing(path: str, state: str = "") -> Markup:
    """The panel for a note that is not in the index; `state` is as in `NoteState`."""
    words = _NOT_INDEXED.get(state, "The index has no such note: it is gone, has another name now, or was never there.")
    return macros("notes.html").missing(PurePosixPath(path).stem, path, words)


def heading_lines(note: Note, heading: str) -> range:
    """The lines that a link names after its #: a heading, a `^block`, or the footnote of a mark such as "[^1]".

    Empty where there is no such thing.
    """
    wanted = heading.rsplit("#", 1)[-1].strip()
    if wanted.startswith("[^"):
        footnote = re.search(rf"^[ \t>]*{re.escape(wanted)}:", note.text, re.MULTILINE)
        line = note.text.count("\n", 0, footnote.end()) + 1 if footnote else 0
        return range(line, line + 1) if line else _NOWHERE
    blocks = parse_note(note.path, note.text, body_start_line=note.body_start_line) if wanted else ()
    part = part_of(note.text, blocks, wanted)
    if part is None:
        return _NOWHERE
    return range(part.start_line, (part.end_line if wanted.startswith("^") else part.start_line) + 1)


def _words_of(note: Note, lines: range) -> str:
    """What stands in these lines; "" for none."""
    index = LineIndex.of(note.text)
    starts, ends = index.starts[lines.start - 1 : lines.stop - 1], index.ends[lines.start - 1 : lines.stop - 1]
    return note.text[starts[0] : ends[-1]] if lines and starts else ""


def _words(value: Any) -> str | list[str]:
    """A value of the front matter as text; of a list, each entry."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {inner}" for name, inner in value.items())
    return [str(entry) for entry in value] if isinstance(value, list) else str(value)


def _body(note: Note, links: Links, cited: range) -> Markup:
    """Without the note's comments, unless nothing else is in the cited lines."""
    lines = _lines(note.text)
    is_short = len(note.text) <= LONGEST_RENDERED and len(lines) <= MOST_RENDERED_LINES
    if format_of(note.path).is_markdown and is_short and not has_too_many_cells(note.text):
        for text in dict.fromkeys((without_comments(note.text, body_start_line=note.body_start_line), note.text)):
            body = ["" if number < note.body_start_line else line for number, line in enumerate(_lines(text), start=1)]
            html = render_markdown("\n".join(body).replace("\ufeff", " "), cited, links)
            # Lists nested beyond all reason are cut by the parser: a citation must be seen all the same.
            if not cited or cited.start < note.body_start_line or f'{CITED}"' in html:
                return Markup('<div class="markdown">{}</div>').format(html)
    return _plain(lines, cited)


def _lines(text: str) -> list[str]:
    index = LineIndex.of(text)
    return [text[start:end] for start, end in zip(index.starts, index.ends, strict=True)]


def _plain(lines: Sequence[str], cited: range) -> Markup:
    """Lines as they stand; of a very long text those around the citation, each cut to what can be read."""
    first = max(1, cited.start - _LINES_AROUND) if cited else 1
    shown = lines[first - 1 : max(cited.stop, first) + 2 * _LINES_AROUND]
    html = Markup("\n").join(
        line_html(number, cut(line, _LONGEST_LINE), cited) for number, line in enumerate(shown, start=first)
    )
    return macros("notes.html").plain(html, len(lines) - len(shown))
