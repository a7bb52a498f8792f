"""What can be asked, as pydantic models: OpenAPI and the schemas of MCP's tools are made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from rag_bot.errors import UsageError
from rag_bot.query.filters import read_filters
from rag_bot.records import Filters

_MOST_EARLIER = 50  # questions, of which a follow-up needs the last few; set by hand
_NAMED = 100  # characters of a folder that is told to be none; set by hand


class _Request(BaseModel):
    """A name that is none of its fields is refused, so that no misspelt filter is passed over in silence."""

    model_config = ConfigDict(extra="forbid")


class Scope(_Request):
    """Which notes are searched; without any of these all."""

    folder: str = Field(default="", description="Only notes in this folder, as note paths begin: notes/work.")
    tag: str = Field(default="", description="Only notes with this tag or one below it.")
    since: str = Field(default="", description="Only notes with a date of then or later: 2026-03, last month.")
    until: str = Field(default="", description="Only notes with a date of then or earlier.")

    def filters(self) -> Filters:
        """Raises UsageError where a time cannot be read, or a folder only means something from a working folder."""
        if {".", ".."} & {*self.folder.replace("\\", "/").split("/")}:
            raise UsageError(f"No folder of notes is called {self.folder[:_NAMED]!r}. Write it as note paths begin.")
        return read_filters(self.folder, self.tag, self.since, self.until)


class AskRequest(Scope):
    question: str = Field(description="A question in plain words.")
    earlier: list[str] = Field(
        default_factory=list,
        max_length=_MOST_EARLIER,
        description="The questions asked before it, oldest first, where it is a follow-up.",
    )
    prose: bool = Field(
        default=False,
        description="Let the language model that the user has chosen write the answer; slower. Each sentence is "
        "compared with the notes. Without it the notes' own lines answer.",
    )


class SearchRequest(Scope):
    question: str = Field(description="A question or some words.")
    limit: int = Field(default=10, ge=1, le=100, description="How many passages.")


class LinesRequest(_Request):
    start_line: int = Field(default=1, ge=1, description="The first line, counted from 1.")
    end_line: int | None = Field(default=None, ge=1, description="The last line, included; without it all to the end.")


class NoteRequest(LinesRequest):
    path: str = Field(description="The note's path, as answers and passages give it.")


class NotesRequest(_Request):
    limit: int = Field(default=100, ge=1, le=1_000, description="How many notes.")
    after: str = Field(default="", description="The path after which it goes on: `next` of the page before.")


class SyncRequest(_Request):
    dry_run: bool = Field(default=False, description="Only say what would be done.")


class VerifyRequest(_Request):
    """It has nothing to choose."""


def mistakes(problems: Iterable[Mapping[str, Any]], *, skipped: int = 0) -> str:
    """What pydantic says is wrong with a request, in one line; without the first `skipped` names of each place."""
    told = (f"{'.'.join(map(str, one['loc'][skipped:])) or 'The request'}: {one['msg']}" for one in problems)
    return f"{' '.join('; '.join(told).split())}."
