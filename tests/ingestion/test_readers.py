"""A file -> a Note: bytes, text, front matter, title, tags."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_bot import files
from rag_bot.errors import NoteUnreadable
from rag_bot.ingestion.front_matter import read_front_matter
from rag_bot.ingestion.readers import read_note
from rag_bot.records import Note


def note_of(tmp_path: Path, content: str | bytes, name: str = "a note.md") -> Note:
    data = content if isinstance(content, bytes) else content.encode("utf-8")
    (tmp_path / name).write_bytes(data)
    return read_note(tmp_path, name, label="notes")


def metadata(tmp_path: Path, front: str, body: str = "") -> dict[str, Any]:
    return dict(note_of(tmp_path, f"---\n{front}\n---\n{body}").metadata)


def test_a_note_holds_the_file_as_it_is(tmp_path: Path) -> None:
    data = b"# Title\r\n\r\ntext\r"
    note = note_of(tmp_path, data)
    assert (note.path, note.root, note.text) == ("notes/a note.md", tmp_path, "# Title\r\n\r\ntext\r")
    assert note.content_hash == hashlib.sha256(data).hexdigest()
    assert (note.size, note.mtime_ns) == (len(data), (tmp_path / "a note.md").stat().st_mtime_ns)
    assert note.metadata == {"tags": [], "aliases": []}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("é\n".encode(), "é\n"),
        (b"\xef\xbb\xbf# A", "\ufeff# A"),
        ("\ufeffé漢".encode("utf-16-le"), "\ufeffé漢"),
        ("\ufeffé漢".encode("utf-16-be"), "\ufeffé漢"),
        ("\ufeffé漢".encode("utf-32-le"), "\ufeffé漢"),
        ("\ufeffé漢".encode("utf-32-be"), "\ufeffé漢"),
        ("café “x”".encode("cp1252"), "café “x”"),
        (b"", ""),
    ],
)
def test_text_is_decoded_by_mark_then_utf_8_then_as_windows_wrote_it(tmp_path: Path, data: bytes, text: str) -> None:
    assert note_of(tmp_path, data).text == text


@pytest.mark.parametrize("data", [b"a\0b", bytes(range(256)), b"\x89PNG\r\n\x1a\n\0\0", b"\x01\x02\x03\x04\x05x"])
def test_what_is_not_text_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(NoteUnreadable, match=r"notes/a note\.md is not text"):
        note_of(tmp_path, data)


def test_what_cannot_be_read_is_refused_in_one_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "out.md").symlink_to("/etc/hostname")
    for name, why in [
        ("gone.md", "No such file"),
        ("pipe.md", "not a regular file"),
        ("folder.md", "folder.md"),
        ("out.md", "leads out of"),
        ("../x.md", "leads out of"),
    ]:
        with pytest.raises(NoteUnreadable, match=why):
            read_note(tmp_path, name, label="notes")


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "big.md").open("wb") as file:
        file.truncate(files.LARGEST_NOTE + 1)
    with pytest.raises(NoteUnreadable, match="67,108,865 bytes"):
        read_note(tmp_path, "big.md", label="notes")


def test_a_file_that_keeps_changing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.md"
    file.write_text("x")
    times = iter(range(100))
    real = os.fstat

    def fstat(descriptor: int) -> os.stat_result:
        os.utime(file, ns=(0, next(times)))
        return real(descriptor)

    monkeypatch.setattr(os, "fstat", fstat)
    with pytest.raises(NoteUnreadable, match="changes while it is read"):
        read_note(tmp_path, "a.md", label="notes")


@pytest.mark.parametrize(
    ("text", "title", "own"),
    [
        ("---\ntitle: From front\n---\n# Heading", "From front", "From front"),
        ("---\ntitle: 2024\n---\n", "2024", "2024"),
        ("---\ntitle: true\n---\ntext", "a note", ""),
        ("---\ntitle: '  '\n---\n# *Heading* `x`", "Heading x", "Heading x"),
        ("## Sub\n# First *one*\n# Second", "First one", "First one"),
        ("```\n# no\n```\n", "a note", ""),
        ("Setext\n===", "Setext", "Setext"),
        ("\ufeff# With mark", "With mark", "With mark"),
        ("plain", "a note", ""),
    ],
)
def test_the_title_comes_from_front_matter_then_heading_then_name(
    tmp_path: Path, text: str, title: str, own: str
) -> None:
    note = note_of(tmp_path, text)
    assert (note.title, note.own_title) == (title, own)


def test_front_matter_in_yaml_and_toml(tmp_path: Path) -> None:
    yaml = note_of(tmp_path, "---\nTitle: A\ndate: 2024-01-05\ntime: 12:30\nok: yes\nn: 3\nx: 1.5\n---\nBody")
    expected = {"title": "A", "date": "2024-01-05", "time": "12:30", "ok": True, "n": 3, "x": 1.5}
    assert {key: yaml.metadata[key] for key in expected} == expected
    assert yaml.body_start_line == 9
    toml = note_of(tmp_path, '+++\ntitle = "A"\ndate = 2024-01-05T10:00:00Z\n[more]\nx = [1, 2]\n+++\nBody')
    assert toml.metadata["date"] == "2024-01-05T10:00:00+00:00"
    assert toml.metadata["more"] == {"x": [1, 2]}
    assert toml.body_start_line == 7


@pytest.mark.parametrize(
    ("text", "body_start_line"),
    [
        ("---\na: 1\n---\nx", 4),
        ("\ufeff---\r\na: 1\r\n---\r\nx", 4),
        ("---\na: 1\n...\nx", 4),
        ("---\n---\nx", 3),
        ("--- \na: [\n---  \nx", 4),
        ("---\na: 1\nx", 1),
        ("\n---\na: 1\n---\n", 1),
        ("----\na: 1\n----\n", 1),
        ("---\nSome prose between two rules.\n---\n", 1),
        ("---\n" + "a: 1\n" * 300 + "---\n", 1),
        ("text", 1),
        ("", 1),
    ],
)
def test_the_body_starts_after_the_front_matter(text: str, body_start_line: int) -> None:
    assert read_front_matter(text).body_start_line == body_start_line


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = {
    "alias bomb": BOMB,
    "deep list": "a: " + "[" * 20_000,
    "deep mapping": "a: " + "{a: " * 5_000,
    "tab": "a:\n\t- b",
    "list": "- a\n- b",
    "object": "a: !!python/object/apply:os.system ['true']",
    "bad bool": "a: !!bool maybe",
    "bad binary": "a: !!binary é",
    "unhashable": "? [a]\n: b\n? {c: d}\n: e",
    "merge": "<<: 3",
    "control": "a: \x01",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_front_matter_leaves_the_body_and_no_metadata(tmp_path: Path, name: str) -> None:
    note = note_of(tmp_path, f"---\n{HOSTILE[name]}\n---\n# Body\n")
    assert note.metadata == {"tags": [], "aliases": []}
    assert note.own_title == "Body"


@pytest.mark.parametrize(
    "front",
    [
        "a." * 20_000 + "b = 1",
        f"[{'a.' * 20_000}b]",
        "\n".join("a." * 150 + f"b{number} = 1" for number in range(100)),
        "a = " + "[" * 30_000,
    ],
    ids=["key", "table", "keys", "list"],
)
def test_front_matter_that_its_parser_is_slow_at_is_not_parsed(tmp_path: Path, front: str) -> None:

    (tmp_path / "a.md").write_text(f"+++\n{front}\n+++\n# Body\n")
    reading = (
        "import sys; from pathlib import Path; from rag_bot.ingestion.front_matter import read_front_matter; "
        "print(read_front_matter(Path(sys.argv[1]).read_text()).body_start_line)"
    )
    command = [sys.executable, "-c", reading, str(tmp_path / "a.md")]
    done = subprocess.run(command, timeout=60, capture_output=True, text=True, check=True)
    assert int(done.stdout) == front.count("\n") + 4


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-02-30", "2024-02-30"),
        ("9" * 5_000, "9" * 2_000),
        ("9" * 100, "a very large number"),
        (".inf", "inf"),
        ("!!int ''", ""),
        ("!!timestamp x", "x"),
        ('"\\uD800\\0x"', "?x"),
        ("null", ""),
        ("!!set {b}", ["b"]),
    ],
)
def test_odd_values_become_plain_ones(tmp_path: Path, value: str, expected: Any) -> None:
    assert metadata(tmp_path, f"v: {value}\nw: 1")["v"] == expected


def test_odd_keys_become_strings(tmp_path: Path) -> None:
    assert metadata(tmp_path, "yes: 1\n3: 2\nnull: 3\nA: 4\na: 5") == {
        "true": 1, "3": 2, "": 3, "a": 5, "tags": [], "aliases": []
    }  # fmt: skip


@pytest.mark.parametrize(
    ("front", "tags"),
    [
        ("tags: [A, '#b', c/d, 3]", ["a", "b", "c/d", "3"]),
        ("tags: one two", ["one", "two"]),
        ("tags: machine learning, ai", ["machine learning", "ai"]),
        ("tag: x\nkeywords: [y, x]", ["x", "y"]),
        ("tags:\n  - a\n  - {b: c}\n  - [d]", ["a"]),
        ("tags:", []),
    ],
)
def test_tags_of_the_front_matter(tmp_path: Path, front: str, tags: list[str]) -> None:
    assert metadata(tmp_path, front)["tags"] == tags


def test_tags_in_the_body(tmp_path: Path) -> None:
    body = (
        "# Not #thisone\n#First and #Nested/Tag, #über. #123 #1st x#no [a](#anchor) `#code` http://a/#b #first\n\n"
        "- item #inlist\n\n```\n#fenced\n```\n\n    #indented\n"
    )
    assert note_of(tmp_path, body).metadata["tags"] == ["first", "nested/tag", "über", "1st", "inlist"]


def test_aliases_are_a_list_of_strings(tmp_path: Path) -> None:
    assert metadata(tmp_path, "aliases: [Old name, 3]")["aliases"] == ["Old name", "3"]
    assert metadata(tmp_path, "alias: Old name, Other")["aliases"] == ["Old name", "Other"]


yaml_text = st.lists(
    st.sampled_from(
        ["a: ", "tags: ", "- ", "[", "]", "{", "}", "\n", "  ", "&a ", "*a", "!!int ", "!!float ", "'", '"']
    )
    | st.sampled_from(
        ["2024-13-01", "? ", ": ", "|\n", ">\n", "<<: ", "!!omap ", "!!pairs ", "!!set ", "%YAML 9\n", "#", "~"]
    )
    | st.text(max_size=4),
    max_size=20,
).map("".join)


@settings(max_examples=500, deadline=None)
@given(yaml_text, st.sampled_from(["---", "+++"]))
def test_no_front_matter_can_break_a_note(front: str, fence: str) -> None:
    read = read_front_matter(f"{fence}\n{front}\n{fence}\nbody")
    json.dumps(dict(read.values), allow_nan=False).encode()
    assert all(isinstance(key, str) for key in read.values)
