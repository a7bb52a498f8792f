"""The block of metadata at the top of a note: YAML between `---` lines, TOML between `+++` lines."""

from __future__ import annotations

import datetime
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from rag_bot.markdown.blocks import LineIndex

# Set by hand, far above what people write: so that no file, however made, takes long or fills the catalogue.
_MOST_LINES = 200
_MOST_CHARACTERS = 65_536
_LONGEST_STRING = 2_000  # characters
_MOST_ENTRIES = 200  # of a list, or of a table of keys
_DEEPEST = 5  # levels
# Brackets in all, and dots in a line of TOML: the parsers' time grows with the squares. 40,000 dots take 20 s.
_MOST_BRACKETS, _MOST_DOTS = 1_000, 300
# Must match a line of them: a name without spaces, a colon, the value.
_ORG_KEYWORD = re.compile(r"#\+(\w+):[ \t]*([^\r\n]*+)")
_CLOSING = {"---": ("---", "..."), "+++": ("+++",)}
# What hostile YAML and TOML were seen to raise in their parsers and constructors.
_HOSTILE = (
    yaml.YAMLError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """`values` as the file has them, keys in lower case; `body_start_line` from 1."""

    values: Mapping[str, Any]
    body_start_line: int


def read_front_matter(text: str) -> FrontMatter:
    """The front matter of a note; without values if there is none or it cannot be understood. Never raises."""
    if keywords := _org_keywords(text):
        return FrontMatter(keywords, len(keywords) + 1)
    fence, inner, body_start_line = _delimited(text)
    if not fence:
        return FrontMatter({}, 1)
    if len(inner) > _MOST_CHARACTERS or _is_slow(fence, inner):
        return FrontMatter({}, body_start_line)
    try:
        if fence == "+++":
            values = tomllib.loads(inner.replace("\r\n", "\n").replace("\r", "\n"))
        else:
            values = yaml.load(inner, _Loader)  # a SafeLoader
    except _HOSTILE:
        return FrontMatter({}, body_start_line)
    if isinstance(values, str):  # prose between two rules
        return FrontMatter({}, 1)
    if not isinstance(values, dict):
        return FrontMatter({}, body_start_line)
    return FrontMatter(_normalised_keys(values, 0), body_start_line)


def _is_slow(fence: str, inner: str) -> bool:
    dots = max(line.count(".") for line in inner.splitlines() or [""]) if fence == "+++" else 0
    return inner.count("[") + inner.count("{") > _MOST_BRACKETS or dots > _MOST_DOTS


def _org_keywords(text: str) -> dict[str, Any]:
    """Those of Org mode that a text begins with, one a line: `#+TITLE: Garden`; `#+FILETAGS: :a:b:` are tags."""
    if not text.startswith("#+"):
        return {}
    values, lines = dict[str, Any](), LineIndex.of(text)
    for start, end in zip(lines.starts[:_MOST_LINES], lines.ends, strict=False):
        keyword = _ORG_KEYWORD.match(text, start, end)
        if not keyword or keyword[1].lower() in values:
            break
        values[keyword[1].lower()] = _string(keyword[2])
    return {
        "tags" if name == "filetags" else name: value.replace(":", " ") if name == "filetags" else value
        for name, value in values.items()
    }


def _delimited(text: str) -> tuple[str, str, int]:
    """The opening fence, what stands between the fences, and the line after them; "" if there are no fences."""
    start = 1 if text.startswith("\ufeff") else 0
    opening = text[start : start + 3]
    if opening not in _CLOSING:
        return "", "", 1
    lines = LineIndex.of(text)
    if text[start : lines.ends[0]].rstrip() != opening:
        return "", "", 1
    for number in range(1, min(_MOST_LINES, len(lines.starts))):
        if text[lines.starts[number] : lines.ends[number]].rstrip() in _CLOSING[opening]:
            return opening, text[lines.starts[1] : lines.starts[number]], number + 2
    return "", "", 1


class _Loader(yaml.SafeLoader):
    """Refuses aliases, with which 300 bytes grow to gigabytes; odd dates and numbers stay the strings they are."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not supported")
        return super().compose_node(parent, index)

    def scalar_or_string(self, node: yaml.ScalarNode) -> Any:
        constructors = {
            "tag:yaml.org,2002:timestamp": self.construct_yaml_timestamp,
            "tag:yaml.org,2002:int": self.construct_yaml_int,
            "tag:yaml.org,2002:float": self.construct_yaml_float,
        }
        if ":" in node.value and not node.tag.endswith("timestamp"):
            return node.value  # 12:30 is a time of day here, not a number to the base of 60
        try:
            return constructors[node.tag](node)
        except (ValueError, AttributeError, IndexError, OverflowError):
            return node.value


for _tag in ("timestamp", "int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _Loader.scalar_or_string)


def _normalised_keys(values: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    entries = list(values.items())[:_MOST_ENTRIES]
    return {_string(key).lower(): _normalised(value, depth + 1) for key, value in entries}


def _normalised(value: Any, depth: int) -> Any:
    """Only str, int, float, bool, lists and dicts of these, bounded in size; None becomes ""."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else "a very large number"
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth > _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return _normalised_keys(value, depth)
    if isinstance(value, (list, tuple, set)):
        return [_normalised(entry, depth + 1) for entry in list(value)[:_MOST_ENTRIES]]
    return _string(value)


def _string(value: Any) -> str:
    """Bounded, printable text that can be encoded: YAML escapes may spell lone surrogates and NULs."""
    if value is None:
        return ""
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return "a very large number"
    text = value if isinstance(value, str) else str(value)
    clean = text[:_LONGEST_STRING].encode("utf-8", "replace").decode("utf-8")
    return "".join(mark for mark in clean if mark.isprintable() or mark in "\t\n").strip()
