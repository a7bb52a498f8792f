"""The benchmarks run and print what they say. What they measure is not tested."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.benchmarks.changes import unchanged
from eval.benchmarks.generate import groups, read_source, write_library
from eval.benchmarks.ingest import compare
from eval.benchmarks.measure import REPOSITORY, Table, percentile, run_module
from eval.benchmarks.recall import try_settings
from eval.benchmarks.scale import measure_scale
from eval.benchmarks.synthetic import near
from rag_bot.settings import load_settings
from tests.conftest import lacking


@pytest.fixture
def three_notes(notes: Path) -> Path:
    for topic in ("sleep", "coffee", "running"):
        text = f"# On {topic}\n\nSome words about {topic} and why it matters.\n\n- one thing\n- another thing\n"
        (notes / f"{topic}.md").write_text(text)
    return notes


def test_all_benchmarks_of_a_folder_run_and_leave_it_as_it_was(model_cache: Path, three_notes: Path) -> None:
    before = {path: path.read_text() for path in three_notes.iterdir()}
    flags = "--rounds 0 --runs 1 --questions 4 --chunks 40 --json --cache".split()
    done = subprocess.run(
        [sys.executable, "eval/benchmarks/run.py", str(three_notes), *flags, str(model_cache)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    titles = " ".join(table["title"] for table in json.loads(done.stdout)["tables"])
    assert "Sync of 3 notes" in titles
    assert "Cold `rag-bot ask`, 3 notes" in titles
    assert "40 chunks, 4 questions" in titles
    assert {path: path.read_text() for path in three_notes.iterdir()} == before


@pytest.mark.slow
def test_the_compared_tools_ingest_the_same_notes_and_what_they_embed_is_counted(
    model_cache: Path, three_notes: Path
) -> None:
    if not importlib.util.find_spec("llama_index.embeddings.huggingface"):
        lacking("llama-index-embeddings-huggingface")
    table = compare(three_notes, model_cache, rounds=1)
    assert table.columns == ("", "rag-bot", "LlamaIndex", "LlamaIndex / rag-bot")
    for side in (1, 2):
        found: dict[str, Any] = {str(row[0]): row[side] for row in table.rows}
        assert found["notes"] == 3
        assert found["passages"] == found["passages embedded"] >= 3
        assert found["tokens embedded"] > found["tokens cut off"] == 0
        assert found["s, whole process"] > found["s, without imports"] > 0
        assert found["CPU s, whole process"] > found["CPU s, without imports"] > 0


@pytest.mark.slow
def test_changes_of_a_library_are_measured_with_and_without_embedding(
    model_cache: Path, three_notes: Path, tmp_path: Path
) -> None:
    """That each sync did what it is the measure of (no rename embeds, and so on) is checked while it is measured."""
    place = tmp_path / "place"
    changes, saves = measure_scale([three_notes], 20, place, model_cache, runs=1, saves=1, stub_above=10)
    operations = [str(row[0]) for row in changes.rows]
    assert operations == [
        "fresh ingest",
        "nothing changed",
        "one note edited",
        "folder of 2 notes renamed",
        "2 notes deleted",
        "2 notes restored",
        "verify",
        "status",
    ]
    assert "STUBBED" in changes.remarks[0]
    assert "Save until found, 20 notes" in saves.title
    assert len(read_source([place / "notes"]).lengths) == 20


@pytest.mark.slow
def test_the_app_is_measured_in_a_browser_beside_gradios_smallest_chat(model_cache: Path, three_notes: Path) -> None:
    if not Path("/usr/bin/chromium").exists():
        lacking("browser /usr/bin/chromium")
    flags = ("--rounds", 1, "--questions", 2, "--cache", model_cache, "--json")
    tables = run_module("eval.benchmarks.app_speed", three_notes, *flags).values["tables"]
    assert [table["title"].partition(",")[0] for table in tables] == [
        "From the start to the first page",
        "Opened by a browser without a past",
        "Reloaded",
        "In use",
    ]
    assert {row[0] for row in tables[1]["rows"]} >= {"first paint, ms", "interactive, ms", "requests", "kB"}


def test_generated_libraries_are_the_same_for_the_same_seed_and_have_folders_to_change(
    three_notes: Path, tmp_path: Path
) -> None:
    source = read_source([three_notes])
    for name, seed in (("one", 0), ("same", 0), ("other", 1)):
        write_library(tmp_path / name, 2_050, source, seed)
    one, same, other = (
        {path.relative_to(tmp_path / name): path.read_text() for path in (tmp_path / name).rglob("*.md")}
        for name in ("one", "same", "other")
    )
    assert one == same != other
    assert [len(list(group.rglob("*.md"))) for group in groups(tmp_path / "one")] == [1_000, 1_000, 50]
    with pytest.raises(ValueError, match="no words"):
        read_source([tmp_path / "nothing"])


def test_a_failing_measurement_says_what_went_wrong() -> None:
    with pytest.raises(RuntimeError, match="No module named"):
        run_module("eval.benchmarks.nothing")


def test_a_sync_that_did_something_else_is_not_measured(model_cache: Path, three_notes: Path, tmp_path: Path) -> None:
    settings = load_settings(index=tmp_path / "index", cache=model_cache)
    with pytest.raises(RuntimeError, match=r"reports \{'added': 3\}"):
        unchanged(settings, three_notes, 1)


def test_recall_is_whole_in_a_small_index() -> None:
    rows = np.random.default_rng(0).standard_normal((300, 16), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    (first, second) = try_settings(rows, rows[:10], [(16, 100)], [100, 200])
    assert (first.ef_search, second.ef_search) == (100, 200)
    assert second.recall >= first.recall > 0.99


def test_synthetic_vectors_are_unit_vectors_near_the_real_ones() -> None:
    rows = np.eye(4, 400, dtype=np.float32)
    made = near(rows, 50, noise=0.5)
    assert np.allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    assert np.all((made @ rows.T).max(axis=1) > 0.8)


def test_tables_are_markdown() -> None:
    table = Table("Title", ("", "s"), (("a", 1.234), ("b", 12345)), ("Remark.",))
    assert str(table) == "## Title\n\n|   | s      |\n|---|--------|\n| a | 1.23   |\n| b | 12,345 |\n\nRemark."


def test_percentiles_are_values_that_were_measured() -> None:
    assert [percentile([3.0, 1.0, 2.0], share) for share in (0.0, 0.5, 0.95, 1.0)] == [1.0, 2.0, 3.0, 3.0]
