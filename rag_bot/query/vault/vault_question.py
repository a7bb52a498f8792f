"""What a question wants to know of the notes as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from rag_bot.records import AskedDate

NOTES, TASKS, TAGS, SUMMARY, COMPARISON = "notes", "tasks", "tags", "summary", "comparison"


@dataclass(frozen=True, slots=True)
class VaultQuestion:
    """What is asked about. `kind` is "notes", "tasks", "tags", "summary" or "comparison".

    Of notes: `topic` are the words they have to be about, or just to `mention`, `sort` those that they have to be
    named, tagged or filed by ("daily" notes); `tag` ("a", "a and b", "a or b"), `folder`, `linked_to` and `linked_from`
    are names as they were written, `language` is "german" or the like, `newest` how many of the newest, or `oldest`,
    are wanted, 0 for all. Of tasks: whether `done` ones are, or `overdue` ones. Of both: whether `undated` ones. Of
    tags: whether only those `used_once`. `is_plain` says that the question can mean nothing but notes, or tasks,
    `only_counts` that it asks for the number of all notes. Of a summary or comparison `topic` is all that names notes.
    """

    kind: str
    topic: str = ""
    mention: bool = False
    sort: str = ""
    tag: str = ""
    folder: str = ""
    linked_to: str = ""
    linked_from: str = ""
    language: str = ""
    untagged: bool = False
    unlinked: bool = False
    newest: int = 0
    oldest: bool = False
    time: AskedDate | None = None
    done: bool = False
    overdue: bool = False
    undated: bool = False
    used_once: bool = False
    is_plain: bool = True
    only_counts: bool = False
