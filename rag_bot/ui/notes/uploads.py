"""Files that a person puts into a folder of their notes by the app: only where the setting `uploads` allows it."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rag_bot.errors import IndexUnusable, UsageError
from rag_bot.files import LARGEST_NOTE, replacing
from rag_bot.library import Library
from rag_bot.markdown import NOTE_SUFFIXES
from rag_bot.ui.templating import macros

PATH = "/uploads"
_NOT_IN_NAMES = frozenset('/\\:*?"<>|')  # what Windows allows in none
_LONGEST_NAME = 180  # bytes; file systems take 255, of which numbers and the name of an unfinished file take some
_MOST_FOLDERS = 300  # that can be chosen; set by hand
_MOST_NUMBERS = 1_000  # that are tried for a name that is taken; set by hand


def add_route(app: FastAPI, library: Library) -> None:
    """Takes a file as the body of a POST to `PATH`, whose query has its `name` and the `folder`, as note paths begin.

    The answer is JSON: `path` of the file that was made, or `error` in words. Only known folders are written to.
    """

    async def upload(request: Request) -> Response:
        folder, name = request.query_params.get("folder", ""), request.query_params.get("name", "")
        try:
            path = await run_in_threadpool(add_file, library, folder, name, await request.body())
        except UsageError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"path": path})

    app.add_route(PATH, upload, methods=["POST"])


def add_file(library: Library, folder: str, name: str, data: bytes) -> str:
    """Write a new file into a folder of notes, whole or not at all, and return its note path.

    A name that is taken gets a number; nothing that is there is changed.

    Raises:
        UsageError: the folder is none of the notes', the file can't be read as a note, is empty or too large, or the
            disk refuses it.
    """
    place = _place(library, folder)
    cleaned = clean_name(name)
    if not data:
        raise UsageError(f"{cleaned} is empty.")
    if len(data) > LARGEST_NOTE:
        raise UsageError(f"{cleaned} is too large: notes have at most {LARGEST_NOTE // 1024**2} MB.")
    try:
        return f"{folder}/{_write_new(place, cleaned, data).name}"
    except OSError as error:
        reason = error.strerror or "the disk refuses it"
        raise UsageError(f"{cleaned} can't be written to {folder}: {reason}.") from error


def clean_name(name: str) -> str:
    """The name of a file without folders, marks that some system refuses, and what would hide it.

    Raises UsageError where it is not the name of a note.
    """
    last = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    seen = "".join(" " if mark in _NOT_IN_NAMES or not mark.isprintable() else mark for mark in last)
    cleaned = " ".join(seen.split()).strip(". ")
    suffix = next((end for end in NOTE_SUFFIXES if cleaned.lower().endswith(end)), "")
    stem = cleaned[: -len(suffix)].rstrip(". ") if suffix else ""
    if not stem:
        kinds = "Text, Markdown, PDF, web pages, tables and Office files"
        raise UsageError(f"{cleaned or 'This file'} can't be read as a note. {kinds} can.")
    ending = cleaned[-len(suffix) :]
    while len(f"{stem}{ending}".encode()) > _LONGEST_NAME:
        stem = stem[:-1].rstrip(". ")
    return f"{stem}{ending}"


def upload_form(folders: Sequence[str]) -> Markup:
    """Where files are dropped or chosen, and into which of these folders they go; nothing without any."""
    if not folders:
        return Markup()
    return macros("notes_summary.html").uploads(folders, ",".join(NOTE_SUFFIXES), LARGEST_NOTE)


def target_folders(library: Library, known: Sequence[str]) -> list[str]:
    """Of the folders that notes lie in, those that can be written to, as note paths begin; the outermost as well."""
    try:
        roots = {root.label: root.folder for root in library.roots()}
    except IndexUnusable:
        return []
    folders = sorted({*roots, *known}, key=lambda folder: (folder not in roots, folder))[:_MOST_FOLDERS]
    return sorted(folder for folder in folders if _below(folder, roots) is not None)


def _place(library: Library, folder: str) -> Path:
    """Raises UsageError for a folder that is none of the notes', or that a link leads out of them."""
    try:
        roots = {root.label: root.folder for root in library.roots()}
    except IndexUnusable as error:
        raise UsageError("There are no folders of notes yet.") from error
    place = _below(folder, roots)
    if place is None:
        raise UsageError(f"{folder or 'This'} is no folder of your notes.")
    return place


def _below(folder: str, roots: dict[str, Path]) -> Path | None:
    """The folder on disk, if it lies in one of the roots and is there, without links, dots or hidden parts."""
    for label, root in roots.items():
        if folder != label and not folder.startswith(f"{label}/"):
            continue
        parts = folder.removeprefix(f"{label}/").split("/") if folder != label else []
        if any(not part or part.startswith(".") or "\\" in part or "\0" in part for part in parts):
            return None
        place = root.joinpath(*parts)
        if place.is_dir() and place.resolve() == root.resolve().joinpath(*parts):
            return place
    return None


def _write_new(folder: Path, name: str, data: bytes) -> Path:
    """The empty file first, which nobody else can make any more; then all of it takes that one's place."""
    for number in range(1, _MOST_NUMBERS):
        path = folder / (name if number == 1 else _numbered(name, number))
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except FileExistsError:
            continue
        try:
            with replacing(path) as beside:
                beside.write_bytes(data)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path
    raise UsageError(f"There are {_MOST_NUMBERS:,} files called {name} already.")


def _numbered(name: str, number: int) -> str:
    suffix = next(known for known in NOTE_SUFFIXES if name.lower().endswith(known))
    return f"{name[: -len(suffix)]}-{number}{name[-len(suffix) :]}"
