"""A note -> the HTML of the reading panel, with the cited lines marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from rag_bot.markdown import is_plain, parse
from rag_bot.markdown.blocks import Kind, LineIndex
from rag_bot.records import Note, change_words, location
from rag_bot.ui.notes.links import Links
from rag_bot.ui.notes.marked import CITED, line_html, render_markdown

LONGEST_RENDERED = 100_000  # characters; what is longer is shown as plain lines around the citation
_LINES_AROUND = 200
_LONGEST_LINE = 4_000
_NOWHERE = range(0)
_CHANGED = "the note has changed since it was indexed"
_SYNC = "Below is the text as indexed; sync to update it."
_REMEDIES = {"deleted": "Below is its text as indexed, which still answers."}
_NOT_INDEXED = {"new": "Not in the index yet", "unreadable": "This note could not be read"}


def render_note(note: Note, paths: Sequence[str], *, cited: range = _NOWHERE, change: str = "", bar: str = "") -> str:
    """The panel's HTML. `paths` are those of all notes, `cited` the lines to mark, counted from 1.

    `bar` is HTML that stays in sight above the text.
    """
    where = location(note.path, cited.start, cited.stop - 1) if cited else note.path
    return f"""<article class="note" data-path="{escape(note.path)}">
<header><button type="button" class="close" data-close aria-label="Close the note">×</button>
<h2 dir="auto">{escape(note.title)}</h2><p class="place" dir="auto">{escape(where)}</p>
{_changed(change, cited)}{bar}</header>
{_properties(note, cited)}<div class="body" dir="auto">{_body(note, paths, cited)}</div></article>"""


def render_missing(path: str, state: str = "") -> str:
    """The panel for a note that is not in the index; `state` is as in `NoteState`."""
    title = _NOT_INDEXED.get(state, "No longer in the index")
    return f"""<article class="note"><header>
<button type="button" class="close" data-close aria-label="Close the note">×</button>
<h2>{title}</h2><p class="place" dir="auto">{escape(path)}</p></header></article>"""


def heading_lines(note: Note, heading: str) -> range:
    """The line of the heading that a wikilink names after its #; empty without one."""
    blocks = parse(note.text, body_start_line=note.body_start_line, plain=is_plain(note.path)) if heading else ()
    wanted = heading.strip().casefold()
    found = (
        block.span.start_line for block in blocks if block.kind is Kind.HEADING and block.plain.casefold() == wanted
    )
    line = next(found, None)
    return range(line, line + 1) if line else _NOWHERE


def _changed(change: str, cited: range) -> str:
    if not change:
        return ""
    words = change_words(change) if cited or change not in ("elsewhere", "rewritten") else _CHANGED
    return f'<p class="stale">{words.capitalize()}. {_REMEDIES.get(change, _SYNC)}</p>'


def _body(note: Note, paths: Sequence[str], cited: range) -> str:
    lines = LineIndex.of(note.text)
    raw = [note.text[start:end] for start, end in zip(lines.starts, lines.ends, strict=True)]
    if is_plain(note.path) or len(note.text) > LONGEST_RENDERED:
        return _as_it_stands(raw, cited)
    body = ["" if number < note.body_start_line else line for number, line in enumerate(raw, start=1)]
    html = render_markdown("\n".join(body).replace("\ufeff", " "), cited, Links(note.path, paths))
    return html if _shows(html, cited, note) else _as_it_stands(raw, cited)


def _shows(html: str, cited: range, note: Note) -> bool:
    """Lists nested beyond all reason are cut by the parser: a citation must be seen all the same."""
    return not cited or cited.start < note.body_start_line or f'{CITED}"' in html


def _as_it_stands(raw: Sequence[str], cited: range) -> str:
    """Plain lines; of a very long text those around the citation, each cut to what can be read."""
    first = max(1, cited.start - _LINES_AROUND) if cited else 1
    shown = raw[first - 1 : max(cited.stop, first) + 2 * _LINES_AROUND]
    html = "\n".join(line_html(number, _cut(line), cited) for number, line in enumerate(shown, start=first))
    skipped = len(raw) - len(shown)
    more = f'<p class="hint">{skipped:,} lines of this long note are not shown.</p>' if skipped else ""
    return f'<pre class="plain">{html}</pre>{more}'


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} …"


def _properties(note: Note, cited: range) -> str:
    """The front matter as a table, folded unless a line of it is cited."""
    rows = "".join(_property(name, value) for name, value in note.metadata.items() if value not in ("", [], {}))
    inside = any(line < note.body_start_line for line in cited)
    if not rows or note.body_start_line == 1:
        return ""
    state = ' open class="properties cited"' if inside else ' class="properties"'
    return f"<details{state}><summary>Properties</summary><table>{rows}</table></details>"


def _property(name: str, value: Any) -> str:
    return f'<tr><th dir="auto">{escape(name)}</th><td dir="auto">{_value(value)}</td></tr>'


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return escape(", ".join(f"{name}: {inner}" for name, inner in value.items()))
    if isinstance(value, list):
        return " ".join(f'<span class="tag">{escape(str(entry))}</span>' for entry in value)
    return escape(str(value))
