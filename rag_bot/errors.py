"""Errors that people can act on: each message says what, which value, and what to do, in one line."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\[(?:Errno|WinError) -?\d+\] ")


class RagBotError(Exception):
    """The root of all errors that rag-bot raises on purpose."""

    exit_code = 1


class UsageError(RagBotError):
    """What was asked for makes no sense: a folder that is not there, an empty question."""

    exit_code = 2


class NoteUnknown(UsageError):
    """A note was asked for that the index does not have."""


class NoteUnreadable(RagBotError):
    """One file of notes could not be read. A sync reports it and goes on."""


class NoteGone(NoteUnreadable):
    """The file of a note is no longer there."""


class ContentUnreadable(NoteUnreadable):
    """What is in a file is not what its format asks for: it stays unreadable until it is changed.

    `stamp` and `content_hash` are those of what was read.
    """

    stamp = content_hash = ""


class ModelError(RagBotError):
    """The embedding model, a CrossEncoder or a model's file is missing, damaged or cannot be loaded."""


class LlmError(RagBotError):
    """The language model cannot be asked, or did not answer: not there, refused, too slow, not understood."""


class IndexUnusable(RagBotError):
    """There is no index yet, or the one there is cannot be read or written."""

    @classmethod
    def because_of(cls, error: BaseException, part: str) -> IndexUnusable:
        """For an error that Chroma or Tantivy raised."""
        return cls(
            f"The index's {part} cannot be used: {first_line(error)}. If the disk is full, free space and run "
            "`rag-bot ingest` again; else run `rag-bot verify --repair`. Your notes are not touched."
        )


class ConversationsUnusable(RagBotError):
    """The saved conversations cannot be read or written. Answering does not need them, so the app goes on without."""


class NotesLost(RagBotError):
    """A folder of notes is gone or lost most of them; nothing was changed until somebody says that this is right."""


class WriterBusy(RagBotError):
    """Another process is writing to the index."""

    exit_code = 4


def reason_of(error: BaseException) -> str:
    """Why something failed: of an error of the system its words alone, without its number and the path."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not text in UTF-8"
    return getattr(error, "strerror", None) or first_line(error)


def first_line(error: BaseException) -> str:
    """What an error of another library says, cut to one line and without the system's number for it."""
    lines = _NUMBER.sub("", str(error).strip()).splitlines()
    return lines[0] if lines else type(error).__name__
