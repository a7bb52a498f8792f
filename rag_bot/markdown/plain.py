"""Markdown -> the words alone. Regular expressions here neither backtrack over nor rescan what they have read."""

from __future__ import annotations

import html
import re
import unicodedata

from rag_bot.text.sentences import code_spans

_LONGEST = 2_000  # characters; set by hand: longer text is no line that anybody wrote
# Each must match one kind of mark, with its own words as a group where it has some.
_LINE_START = re.compile(
    r"(?:^|[\r\n])[ \t>]*+(?:#{1,6}[ \t]++|[-*+:][ \t]++)?(?:\[[ xX/<>!?*-]\][ \t]++)?"
    r"(?:\[![\w -]++\][+-]?[ \t]*+|\[\^[^\[\]\s]++\]:[ \t]*+)?"
)
# What names a line for links to it, `^id` and `{#id .class}`, and what a site's generator runs, `{{< name >}}`.
_NAME_OF_LINE = re.compile(
    r"(?:(?:^|(?<=\s))\^[\w-]++|\{[#.:][^{}\r\n]*+\})(?=[ \t]*+(?:$|[\r\n]))|\{\{[<%][^{}]*+\}\}"
)
_WIKI_LINK = re.compile(r"!?\[\[([^\[\]|\r\n]++)(?:\|([^\[\]\r\n]*+))?\]\]")
_LINK = re.compile(r"!?\[([^\[\]]*+)\](?:\((?:[^()\\]|\\.|\([^()]*+\))*+\)|\[[^\[\]]*+\])")
_FOOTNOTE = re.compile(r"\[\^[^\[\]\s]++\]")
_AUTO_LINK = re.compile(r"<((?:https?|mailto):[^<>\s]++)>")
_PARTING_TAG = re.compile(r"</?(?:t[dhr]|li|p|br|div|h[1-6]|d[dt]|summary)\b[^<>]*+>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*+>|<!--[^<>]*+-->")
_MARKS = (
    re.compile(r"(\*{1,3})(?=\S)([^*]++)(?<=\S)\1"),
    re.compile(r"(?<!\w)(_{1,3})(?=\S)([^_]++)(?<=\S)\1(?!\w)"),
    re.compile(r"(~~)([^~]++)~~"),
    re.compile(r"(==)([^=]++)=="),
)
# A formula: `$5 and $6` and `$HOME/$USER` are none.
_FORMULA = re.compile(r"\$(?=[^\s$])[^$\r\n]*+(?<=\S)\$(?![\w$])")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_HELD = re.compile("\x00([0-9]+)\x00")
_INVISIBLE = frozenset({"Cc", "Cf"})


def plain_text(markdown: str) -> str:
    """The words of a piece of Markdown in one line, without emphasis, code ticks, links' addresses, HTML tags.

    Also without markers at the start of a line (`#`, `>`, `-`). Text over 2,000 characters only gets its white space
    tidied.
    """
    if len(markdown) > _LONGEST:
        return " ".join(markdown.split())
    text = markdown if markdown.isascii() and markdown.isprintable() else _visible(markdown)
    text, code = _hold_code(_NAME_OF_LINE.sub("", _LINE_START.sub(" ", text)))
    for rule in (_WIKI_LINK, _LINK, _LINK):
        text = rule.sub(_link_text, text)
    text = _PARTING_TAG.sub(" ", text) if "<" in text else text
    text = _TAG.sub("", _AUTO_LINK.sub(r"\1", _FOOTNOTE.sub("", text)))
    for rule in (*_MARKS, *_MARKS):
        text = rule.sub(r"\2", text)
    text = html.unescape(_ESCAPE.sub(r"\1", text)) if "&" in text or "\\" in text else text
    return " ".join(_HELD.sub(lambda match: code[int(match[1])], text).replace("\x00", "").split())


def without_note_links(markdown: str) -> str:
    """The text without its links to other notes; links that leave the notes stay. Long text stays as it is."""
    if len(markdown) > _LONGEST:
        return markdown
    return _LINK.sub(lambda match: match[0] if "://" in match[0] else "", _WIKI_LINK.sub("", markdown))


def without_links(markdown: str) -> str:
    """The text without any link. Long text stays as it is."""
    return markdown if len(markdown) > _LONGEST else _LINK.sub("", _WIKI_LINK.sub("", markdown))


def _visible(text: str) -> str:
    """Without control and format characters (bidi overrides among them), but for white space and joiners."""
    return "".join(
        mark for mark in text if mark in "\t\n\r\u200c\u200d" or unicodedata.category(mark) not in _INVISIBLE
    )


def _link_text(match: re.Match[str]) -> str:
    return match[match.lastindex or 0] if match.lastindex else ""


def _hold_code(text: str) -> tuple[str, list[str]]:
    """Puts a place-holder for each span of inline code, or formula, so that what looks like markup in it is kept."""
    spans = code_spans(text, 0, len(text))
    if "$" in text and not spans:
        spans = [match.span() for match in _FORMULA.finditer(text)]
    if not spans:
        return text, []
    parts, held, last = [], [], 0
    for number, (start, end) in enumerate(spans):
        parts += [text[last:start], f"\x00{number}\x00"]
        held.append(text[start:end].strip("`").strip())
        last = end
    return "".join([*parts, text[last:]]), held
