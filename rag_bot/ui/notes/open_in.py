"""Where else a note can be opened: in Obsidian, in VS Code, in a program of the user's choice, in the system's editor.

All but the last are links, which the browser follows. The system's editor is started by the server: only for a note of
the index that is text as it lies on disk, and only where the app is reached on this machine itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from markupsafe import Markup

from rag_bot.errors import RagBotError, UsageError, reason_of
from rag_bot.library import Library
from rag_bot.markdown import NOTE_SUFFIXES, format_of
from rag_bot.records import Note
from rag_bot.ui import is_loopback
from rag_bot.ui.notes.panel import unlike_any_other
from rag_bot.ui.reports import Parts, Report, Reports
from rag_bot.ui.templating import macros

_FORWARDED = ("forwarded", "x-forwarded-for")
"""Headers that proxies add: who asks is somewhere else."""
_START_SECONDS = 2.0  # in which a program that can't be started has said so; set by hand


@dataclass(frozen=True, slots=True)
class Program:
    """A program that opens a note by its `address`; without one it is the system's editor, which the server starts."""

    name: str
    address: str = ""


def programs(note: Note, line: int, editor: str, *, is_local: bool) -> list[Program]:
    """What opens this note, at this line where it can. `editor` is the setting of that name.

    Where the app is not reached on this machine alone (`is_local`), paths of this machine mean nothing to who asks:
    then Obsidian is told the vault by its name, and VS Code and the system's editor are left out.
    """
    found, file = [], note.file
    here = is_local and is_text(note.path)
    vault = next((folder for folder in file.parents if (folder / ".obsidian").is_dir()), None)
    if vault and is_local:
        found.append(Program("Obsidian", f"obsidian://open?path={quote(str(file), safe='')}"))
    elif vault:
        inside = quote(file.relative_to(vault).as_posix(), safe="")
        found.append(Program("Obsidian", f"obsidian://open?vault={quote(vault.name, safe='')}&file={inside}"))
    if here:
        path = quote(file.as_posix(), safe="/:")
        found.append(Program("VS Code", f"vscode://file/{path.removeprefix('/')}:{line}"))
    if editor:
        address = editor.replace("{path}", quote(str(file), safe="/:")).replace("{line}", str(line))
        found.append(Program(urlsplit(editor).scheme.capitalize(), address))
    if here and _starter():
        found.append(Program("the system's editor"))
    return found


def is_text(path: str) -> bool:
    """Whether notes of this name are text as they lie on disk, which no system runs when it opens them."""
    return path.lower().endswith(NOTE_SUFFIXES) and not format_of(path).extracted_by


def edit(note: Note) -> None:
    """Opens the note's file in the program that the system has for text.

    Raises:
        RagBotError: it is no text, not there any more, no file of its folder, or there is no such program.
    """
    file, starter = note.file, _starter()
    if not is_text(note.path):
        raise UsageError(f"{note.path} is no text file, so it is not opened from here.")
    if file.is_symlink() or not file.is_file() or not file.resolve().is_relative_to(note.root.resolve()):
        raise UsageError(f"{file} is no longer there. Sync your notes.")
    if not starter:
        raise RagBotError("This machine has no program that opens files from here.")
    try:
        if sys.platform == "win32":
            os.startfile(file)
            return
        quiet: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        started = subprocess.Popen([*starter, str(file)], cwd=Path.home(), start_new_session=True, **quiet)
        failed = started.wait(_START_SECONDS)
    except subprocess.TimeoutExpired:  # it is the editor itself, which goes on
        return
    except OSError as error:
        raise RagBotError(f"{file} could not be opened: {reason_of(error)}.") from error
    if failed:
        raise RagBotError(f"This machine has no program for {file.suffix} files.")


def _starter() -> list[str]:
    """The command that opens a text file, but for its name; none where there is no screen to open it on."""
    if sys.platform == "win32":
        return ["startfile"]
    if sys.platform == "darwin":
        return ["/usr/bin/open", "-t"]  # in the editor for text, whatever else the file may be
    has_screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")  # else it might run in the terminal
    opener = shutil.which("xdg-open") if has_screen else None
    return [opener] if opener and Path(opener).is_absolute() else []


class OpenIn:
    """The menu of the programs that a note can be opened in.

    `is_local` says whether the app is reached on this machine alone.
    """

    def __init__(self, library: Library, *, is_local: bool) -> None:
        self._library = library
        self._is_local = is_local

    def wire(self, reports: Reports) -> None:
        reports.on("open-in", "offer", self._offer, refreshes=False)
        reports.on("open-in", "edit", self._edit, refreshes=False)

    def _offer(self, report: Report) -> Parts:
        """The menu for a note at a line."""
        note = self._note(report)
        if note is None:
            return _shown(macros("actions.html").told("This note is no longer in the index."))
        line = max(1, report.line("line"))
        offered = programs(note, line, self._library.settings.editor, is_local=self._is_from_here(report))
        return _shown(macros("actions.html").open_in_menu(note.path, str(note.file), offered))

    def _edit(self, report: Report) -> Parts:
        """Opens a note in the system's editor and says so, or why not."""
        note = self._note(report)
        try:
            if note is None or not self._is_from_here(report):
                raise UsageError("This note can't be opened from here.")
            edit(note)
        except RagBotError as error:
            return _shown(macros("actions.html").told(str(error)))
        return _shown(macros("actions.html").told("Opening it in your editor."))

    def _note(self, report: Report) -> Note | None:
        """Raises IndexUnusable where there is no index."""
        return self._library.note(report.text("note"))

    def _is_from_here(self, report: Report) -> bool:
        request = report.request
        client = request.client.host if request.client else ""
        return self._is_local and is_loopback(client) and not any(name in request.headers for name in _FORWARDED)


def _shown(menu: Markup) -> Parts:
    return {"open-in": menu + unlike_any_other()}
