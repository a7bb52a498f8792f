"""Which notes people keep out of the index: by path or tag in the settings, or by a word in the note itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from pathspec import GitIgnoreSpec

from rag_bot.ignoring import ignore_rules
from rag_bot.records import Note

PRIVATE = "private"
"""The rule by which a note excludes itself; others are tags, `#journal`."""
UNREADABLE = "unreadable"
"""The rule for a file whose content is not what its format asks for."""
# Must match `private: true` of YAML, `private = true` of TOML, `#+PRIVATE: t` of Org, `private:: true` of Logseq and
# `:private: true` of reStructuredText, by line: also where the rest cannot be understood.
_SAYS_PRIVATE = re.compile(
    r"(?:^|\r)(?:#\+|:)?private[ \t]*(?:::?|=)[ \t]*[\"']?(?:true|yes|on|t|1)\b", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """The setting `exclude`: `patterns` as ignore files have them, of paths below a folder of notes; `tags` with #."""

    patterns: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, entries: Sequence[str]) -> Exclusion:
        """An entry that begins with # is a tag, which takes its sub-tags along."""
        composed = [unicodedata.normalize("NFC", entry) for entry in entries]
        return cls(
            tuple(entry for entry in composed if not entry.startswith("#")),
            tuple(f"#{entry.strip('#/').lower()}" for entry in composed if entry.startswith("#")),
        )

    def paths(self, label: str) -> GitIgnoreSpec:
        """Matches paths below the folder with this label, in NFC. Patterns may begin with it, as note paths do."""
        below = [
            f"/{pattern.removeprefix(f'{label}/')}" for pattern in self.patterns if pattern.startswith(f"{label}/")
        ]
        return ignore_rules([*self.patterns, *(pattern for pattern in below if pattern != "/")])

    def rule_for(self, note: Note) -> str:
        """`PRIVATE`, or the tag of the settings that keeps a note out of the index; "" for a note that may be in it."""
        if said := _SAYS_PRIVATE.search(note.text):
            before = note.text[: said.start()]
            is_property = ":" in (said[0].strip()[0], said[0].partition(":")[2][:1])  # `:private:` and `private::`
            if before.count("\n") + 1 < note.body_start_line or (is_property and "\n\n" not in before.strip()):
                return PRIVATE
        tags = [unicodedata.normalize("NFC", f"#{tag}/") for tag in note.metadata.get("tags", ())]
        return next((rule for rule in self.tags if any(tag.startswith(f"{rule}/") for tag in tags)), "")
