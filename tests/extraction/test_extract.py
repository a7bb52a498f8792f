"""Each format: what is read of a real file, where it is said to stand, and what a bad file is told to be."""

from __future__ import annotations

import io
import random
import zipfile
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path

import pytest
from xlsxwriter import Workbook

from rag_bot.errors import NoteUnreadable
from rag_bot.extraction import extract, is_extracted
from rag_bot.ingestion.readers import read_note
from rag_bot.ingestion.walk import walk
from rag_bot.markdown import parse_note, quotable_lines
from rag_bot.records import ELSEWHERE, REWRITTEN, UNREADABLE, Note
from rag_bot.store.staleness import change_since
from tests.extraction.samples import CSV, SAMPLES, encrypted_pdf, pdf, xlsx, zipped


def note_of(folder: Path, name: str, data: bytes | None = None) -> Note:
    (folder / name).write_bytes(SAMPLES[name] if data is None else data)
    return read_note(folder, name, label="n")


def lines_of(note: Note) -> list[tuple[str, str]]:
    """What can be quoted, and its place."""
    blocks = parse_note(note.path, note.text, body_start_line=note.body_start_line)
    spans = [line.span for line in quotable_lines(note.text, blocks)]
    return [(note.text[span.start_char : span.end_char], note.place(span.start_line, span.end_line)) for span in spans]


@pytest.mark.parametrize(
    ("name", "words", "place"),
    [
        ("bread.html", "- rye", ""),
        ("bread.mhtml", "Patience is an ingredient.", ""),
        ("prices.csv", '| Smoker | 39,00 | with "shield", \\| and fuel |', "row 3"),
        ("prices.tsv", "| Ler | 34000 |", "row 2"),
        ("move.canvas", "[[notes/Van.md]]", "card 3"),
        ("shed.excalidraw.md", "The pump is behind the shed ^aB3dE", ""),
        ("yield.ipynb", "The yield grew by a third.", "cell 1"),
        ("yield.ipynb", "```\nValueError: no data\n```", "cell 2"),
        ("manual.pdf", "Open the valve slowly,\nthen wait.", "page 1"),
        ("manual.pdf", "Change the filter every 40 hours.", "page 2"),
        ("lease.docx", "The deposit is 1,800 euros.", ""),
        ("lease.docx", "| May | 900 |", ""),
        ("plan.pptx", "- Hire two people", "slide 1"),
        ("plan.pptx", "Mention the insurance", "slide 2"),
        ("prices.xlsx", "| Veil | 24.5 |", "sheet Prices, row 3"),
        ("keeper.epub", "The cluster needs 18 kg of honey.", "part 2"),
        ("key.eml", "the key is under the third pot.", ""),
        ("key.eml", "date: 2026-03-05 18:30+01:00", ""),
    ],
)
def test_a_line_of_each_format_is_quoted_with_its_place(tmp_path: Path, name: str, words: str, place: str) -> None:
    assert (words, place) in lines_of(note_of(tmp_path, name))


def test_titles_are_those_of_the_file_unless_a_program_gave_them(tmp_path: Path) -> None:
    titles = {name: note_of(tmp_path, name).own_title for name in SAMPLES}
    assert {name: title for name, title in titles.items() if title} == {
        "garden.org": "Garden plan",
        "boat.rst": "Boat",
        "bread.html": "Sourdough basics",
        "bread.mhtml": "Sourdough basics",
        "manual.pdf": "Pump manual",
        "move.canvas": "Move",
        "yield.ipynb": "Yield",
        "lease.docx": "Lease",
        "keeper.epub": "The Keeper's Year",
        "key.eml": "Café: key for the flat",
    }


def test_what_is_no_text_for_readers_is_not_read(tmp_path: Path) -> None:
    for name in SAMPLES:
        text = note_of(tmp_path, name).text
        for hidden in ("N4KAk", "AAECAwQF", "tracked", "Shop", "color: red", "Drawing"):
            assert hidden not in text, name


def test_org_and_rst_are_quoted_as_they_stand_and_keep_their_structure(tmp_path: Path) -> None:
    for name, words, headings in (
        ("garden.org", "Beans from [[https://seeds.example][Miller & Sons]], 12 packets.", ("TODO Order seeds",)),
        ("garden.org", "- south :: beans", ("TODO Order seeds", "Beds")),
        ("garden.org", "| north | peas  |", ("TODO Order seeds", "Beds")),
        ("boat.rst", "The engine takes 3.2 litres of oil.", ("Boat", "Engine")),
        ("boat.rst", "| sheet | 14     |", ("Boat", "Rigging")),
        ("boat.rst", "The end.", ("Boat", "Rigging")),
    ):
        note = note_of(tmp_path, name)
        assert note.text == SAMPLES[name].decode()
        blocks = parse_note(note.path, note.text, body_start_line=note.body_start_line)
        lines = quotable_lines(note.text, blocks)
        found = {note.text[line.span.start_char : line.span.end_char]: line.headings for line in lines}
        assert found[words] == headings
        assert not {":ID: 5f1c", "# a comment", ".. a comment", "======", ".. _target:"} & found.keys()
    assert note_of(tmp_path, "garden.org").metadata["tags"] == ["garden", "home"]


def test_each_line_of_a_log_is_quoted_alone_with_what_is_further_in(tmp_path: Path) -> None:
    assert [words for words, _ in lines_of(note_of(tmp_path, "pump.log"))] == [
        "2026-03-01 10:00 INFO started",
        "2026-03-01 10:05 ERROR pump 7 failed\n  Traceback: valve stuck",
        "2026-03-01 10:06 INFO stopped",
    ]


def test_lines_that_stand_in_several_places_name_the_first_and_the_last(tmp_path: Path) -> None:
    note = note_of(tmp_path, "prices.csv")
    assert (note.place(1, 1), note.place(3, 4), note.place(1, 4)) == ("row 1", "row 2-3", "row 1-3")
    board, count = note_of(tmp_path, "move.canvas"), len(note_of(tmp_path, "move.canvas").text.splitlines())
    assert board.place(1, count) == "card 1 to arrows"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.pdf", encrypted_pdf(), "is encrypted"),
        ("a.pdf", b"%PDF-1.4 and then nothing", "is damaged"),
        ("a.pdf", pdf([[]]), "holds no text"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "is encrypted"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "is encrypted"),
        ("a.pptx", b"PK\x03\x04", "is damaged"),
        ("a.epub", zipped({"mimetype": "application/epub+zip"}), "is damaged"),
        ("a.ipynb", b"[" * 100_000, "is no notebook"),
        ("a.canvas", b"[]", "is no canvas"),
        ("a.html", b"<script>x</script>", "holds no text"),
        ("a.html", random.Random(13).randbytes(2000), "holds no text"),
        ("a.csv", random.Random(13).randbytes(2000), "holds no text"),
        ("a.pdf", b"", "is damaged"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(name: str, data: bytes, said: str) -> None:
    with pytest.raises(NoteUnreadable, match=f"^n/{name} {said}[^\n]*\\.$"):
        extract(f"n/{name}", data)


@pytest.mark.parametrize(
    ("name", "data"), [("a.eml", b""), ("a.csv", b"\n"), ("a.canvas", b"{}"), ("a.ipynb", b'{"cells": []}')]
)
def test_what_was_begun_and_left_empty_is_an_empty_note(name: str, data: bytes) -> None:
    assert extract(name, data).text.strip() == ""


def test_long_numbers_keep_their_digits_and_tables_are_as_wide_as_what_is_in_them() -> None:
    stream = io.BytesIO()
    book = Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("A")
    for row, cells in enumerate([["id", "n"], [1234567890123, 0.1 + 0.2], [], [], ["x", ""]]):
        sheet.write_row(row, 0, cells)
    sheet.write(30, 9, "far away")
    book.close()
    lines = extract("a.xlsx", stream.getvalue()).text.splitlines()
    assert {"| id | n |", "| 1234567890123 | 0.3 |", "| x |", "| far away |"} <= {*lines}


def test_of_an_e_mail_attached_text_and_forwarded_messages_are_read() -> None:
    inner = EmailMessage()
    inner["Subject"], inner["From"] = "The key", "jo@example.org"
    inner.set_content("It hangs in the shed.")
    message = EmailMessage()
    message["Subject"] = "Fwd: The key"
    message.set_content("See below.")
    message.add_attachment("The code is 4417.", filename="code.txt")
    message.add_attachment(inner)
    text = extract("a.eml", message.as_bytes()).text
    for line in ("See below.", "## code.txt", "The code is 4417.", "## The key", "It hangs in the shed."):
        assert line in text.splitlines()


def test_an_archive_that_unpacks_to_gigabytes_is_not_unpacked() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as file:
        for _ in range(600):
            file.write(bytes(1 << 20))
    with pytest.raises(NoteUnreadable, match="unpacks to"):
        extract("a.docx", stream.getvalue())


def test_a_file_that_takes_too_long_is_given_up_and_the_next_one_is_read() -> None:
    with pytest.raises(NoteUnreadable, match="takes longer than 0 s"):
        extract("a.csv", b"a,b\n" * 1_000_000, seconds=0)
    assert extract("a.csv", CSV.encode()).places


def test_no_entity_is_resolved_and_no_file_or_address_opened() -> None:
    bomb = '<!DOCTYPE p [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    files = {"META-INF/container.xml": f"{bomb}<container>&b;&f;</container>"}
    with pytest.raises(NoteUnreadable):
        extract("a.epub", zipped(files))
    text = extract("a.html", f"{bomb}<p>&f; stays</p>".encode()).text
    assert "root:" not in text


def test_a_changed_file_is_compared_by_its_text(tmp_path: Path) -> None:
    note = note_of(tmp_path, "manual.pdf")
    (tmp_path / "manual.pdf").write_bytes(pdf([["New"], ["Change the filter every 40 hours."]]))
    assert change_since(note, "Change the filter every 40 hours.") == ELSEWHERE
    assert change_since(note, "Open the valve slowly,") == REWRITTEN
    (tmp_path / "manual.pdf").write_bytes(encrypted_pdf())
    assert change_since(note, "Open the valve slowly,") == UNREADABLE


def test_the_pieces_of_a_saved_page_are_no_notes(tmp_path: Path) -> None:
    for name in ("Bread.html", "Bread_files/ad.html", "Other_files/kept.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"<p>x")
    assert [file.path for file in walk(tmp_path)] == ["Bread.html", "Other_files/kept.html"]


def test_gaps_and_blank_rows_of_a_sheet_are_counted(tmp_path: Path) -> None:
    lines = lines_of(note_of(tmp_path, "a.xlsx", xlsx()))
    assert ("| Total | 84.5 |", "sheet Prices, row 6") in lines


def test_no_damaged_file_ends_a_reader() -> None:
    """Random bytes, files that end early, and files with bytes changed: text or one line, for each reader."""
    chance = random.Random(13)
    for name, data in SAMPLES.items():
        if not is_extracted(name):
            continue
        for _ in range(25):
            changed = bytearray(data)
            for _ in range(chance.randrange(1, 40)):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
            cut = data[: chance.randrange(len(data))]
            for broken in (bytes(changed), cut, chance.randbytes(200)):
                with suppress(NoteUnreadable):
                    extract(name, broken)
