"""The rules of ignore files, matched without backtracking: no rule, however made, takes long over a path.

What a rule means is what pathspec says. It writes regular expressions in which each `*` and each `**` may give back
what it took; of two thousand names that takes a lifetime. Here each takes what it must, and keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

# What pathspec writes for `*`, for `**/` before all and `**` between two segments. No name has a slash, so that a rule
# cannot spell these itself.
_STAR, _LEADING, _BETWEEN = "[^/]*", "(?:.+/)?", "(?:/.+)?"
# Must match the pieces of its expressions: an escaped character, `*` or `?`, a set, the end of a rule, a character.
_PIECE = re.compile(r"\\.|\[\^/\][*+]?|\[\^?\]?[^\]]*+\]|\(\?:\(\?P<ps_d>/\)\|\$\)|\(\?P<ps_d>/\)|.", re.DOTALL)
_END = "(?:(?P<ps_d>/)|$)"
# Bytes; each file is compared with all rules. The longest of github.com/github/gitignore has 7,000. Set by hand.
LARGEST_IGNORE_FILE = 65_536


class IgnorePattern(GitIgnoreSpecPattern):
    """A rule of an ignore file, or of the setting `exclude`. Raises ValueError for a line that is none."""

    __slots__ = ()

    @classmethod
    def pattern_to_regex(cls, pattern: str) -> tuple[str | None, bool | None]:  # type: ignore[override]
        """As pathspec's; the expression finds the same, in a time that grows with the lengths of rule and path."""
        regex, include = super().pattern_to_regex(pattern)
        if regex is None or not regex.startswith("^"):  # such as `**`, a rule for everything
            return regex, include
        regex = _without_backtracking(regex)
        try:
            re.compile(regex)
        except (re.error, OverflowError, RecursionError) as error:  # `[z-a]`, which matches nothing for git
            raise ValueError(f"{pattern!r} is no pattern: {error}") from error
        return regex, include


def ignore_rules(lines: Iterable[str]) -> GitIgnoreSpec:
    """The rules of these lines; as git does, it skips those that are none."""
    return GitIgnoreSpec(list(_patterns(lines)), backend="simple")


def _patterns(lines: Iterable[str]) -> Iterator[IgnorePattern]:
    for line in lines:
        try:
            pattern = IgnorePattern(line)
        except ValueError:
            continue
        if pattern.include is not None:  # nor an empty line or a comment
            yield pattern


def _without_backtracking(regex: str) -> str:
    """The leftmost place at which what stands between two `**` fits leaves the most to what follows; so the last alone
    may look for its place, from the right, as pathspec's does.
    """
    first, *others = regex.removeprefix("^").split(_BETWEEN)
    anywhere = first.startswith(_LEADING)
    steps = [("(?:[^/]++/)*" if anywhere else "", _steady(first.removeprefix(_LEADING)))]
    steps += [("(?:/[^/]++)*", _steady(other)) for other in others]
    *earlier, (skipped, last) = steps
    return "^" + "".join(f"(?>{skip}{'?' * bool(skip)}{step}(?=/))" for skip, step in earlier) + skipped + last


def _steady(segments: str) -> str:
    """Segments in which only the last `*` of each looks for its place; what stands after it must end the segment."""
    written, fixed, starred = "", "", False
    for piece in _PIECE.findall(segments):
        if piece == _STAR:
            if fixed:
                written += f"(?>[^/]*?{fixed})" if starred else fixed
            fixed, starred = "", True
        elif piece in ("/", _END, "(?P<ps_d>/)"):
            end = piece.replace("$", r"\Z")  # a name may end with a line end
            written += f"{_STAR * starred}{fixed}{end}"
            fixed, starred = "", False
        elif piece.startswith("[") and "/" not in piece:
            fixed += f"(?!/){piece}"  # `[!a]` is no slash, for git
        else:
            fixed += piece
    return f"{written}{_STAR * starred}{fixed}"
