"""Errors that people can act on: each message says what, which value, and what to do, in one line."""


class RagBotError(Exception):
    """The root of all errors that rag-bot raises on purpose."""

    exit_code = 1


class UsageError(RagBotError):
    """What was asked for makes no sense: a folder that is not there, an empty question."""

    exit_code = 2


class NoteUnreadable(RagBotError):
    """One file of notes could not be read. A sync reports it and goes on."""


class ModelError(RagBotError):
    """The embedding model is missing, damaged or cannot be loaded."""


class IndexUnusable(RagBotError):
    """There is no index yet, or the one there is cannot be read or written."""


class WriterBusy(RagBotError):
    """Another process is writing to the index."""

    exit_code = 4
