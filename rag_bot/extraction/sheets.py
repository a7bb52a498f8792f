"""Spreadsheets (Excel, OpenDocument), by calamine: sheet by sheet a table whose rows are landmarks."""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence

from python_calamine import CalamineError, PasswordError, load_workbook

from rag_bot.extraction.archive import checked_zip
from rag_bot.extraction.writer import CannotRead, Extracted, TextWriter

_XLS = b"\xd0\xcf\x11\xe0"


def read(data: bytes) -> Extracted:
    """What the cells show, formulas as their values; blank rows are left out, but counted. Hidden sheets are read."""
    try:
        if not data.startswith(_XLS):
            checked_zip(data)
        workbook = load_workbook(io.BytesIO(data))
        writer = TextWriter()
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            _write(writer, name, sheet.to_python(), (sheet.start or (0, 0))[0] + 1)
    except PasswordError as error:
        raise CannotRead("is encrypted") from error
    except CalamineError as error:
        encrypted = data.startswith(_XLS)  # the container of encrypted new ones as well
        raise CannotRead("is encrypted or damaged" if encrypted else f"is damaged ({error})") from error
    return writer.done()


def _write(writer: TextWriter, name: str, rows: Sequence[Sequence[object]], first_row: int) -> None:
    """The table below the sheet's name; a blank row ends it, and the next one begins with a header of its own."""
    filled = [(number, [_shown(cell) for cell in row]) for number, row in enumerate(rows, first_row)]
    filled = [(number, cells) for number, cells in filled if any(cells)]
    if not filled:
        return
    writer.mark(f"sheet {name}")
    writer.add(f"## {' '.join(name.split())}")
    start = 0
    for place in range(1, len(filled) + 1):
        if place == len(filled) or filled[place][0] != filled[place - 1][0] + 1:
            group = filled[start:place]
            used = [column for _, row in group for column, cell in enumerate(row) if cell]
            cells = [row[min(used) : max(used) + 1] for _, row in group]
            writer.table(cells, rows_of=f"sheet {name}, ", first_row=group[0][0])
            start = place


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        # Of a number in a sheet 15 digits are exact.
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else f"{cell:.15g}"
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    return str(cell).strip()
