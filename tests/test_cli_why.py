"""`rag-bot why` keeps its keys, and shows the stages to people."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag_bot.settings import Settings
from tests.conftest import CORPUS

QUESTION = "What share of the BIG-Bench tasks was emergent?"
STAGES = "indexed filters dense words candidates fused duplicates budget read verdict quotes".split()
WAY = {
    "dense": {"rank", "of", "cosine", "limit", "missed"},
    "words": {"rank", "of", "bm25", "limit", "has", "lacks"},
    "fused": {"rank", "of", "score", "rank_before_feedback"},
    "duplicates": {"of", "copies", "differing"},
    "budget": {"rank", "of", "limit"},
    "read": {"rank", "limit", "by", "lines", "best"},
    "verdict": {"verdict", "answering", "speaking", "missing", "unmentioned", "features", "adds"},
    "quotes": {"citation", "rule", "line", "best_line", "last_quote", "least_score", "least_reader", "limit"},
}


def _why(settings: Settings, *arguments: str, cwd: Path = CORPUS) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "RAG_BOT_CACHE": str(settings.cache), "COLUMNS": "200"}
    command = [sys.executable, "-m", "rag_bot", "--index", str(settings.index), "why", *arguments]
    environment["PYTHONPATH"] = str(CORPUS.parent)
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False)


def test_the_json_has_the_keys_of_the_contract(corpus_settings: Settings) -> None:
    done = _why(corpus_settings, QUESTION, "--note", "corpus/talk/big-bench.md", "--json")
    assert done.returncode == 0, done.stderr
    trace = json.loads(done.stdout)
    assert list(trace) == [
        "question",
        "searched_for",
        "note",
        "lines",
        "passage",
        "stages",
        "citation",
        "shown_around",
        "lost_at",
        "verdict",
        "others",
    ]
    assert [stage["name"] for stage in trace["stages"]] == STAGES
    assert list(trace["passage"]) == ["location", "text"]
    for stage in trace["stages"]:
        assert {"name", "passed", "said"} <= stage.keys()
        assert WAY.get(stage["name"], set()) <= stage.keys()
    assert trace["lost_at"] is None
    assert all(list(other) == ["location", "citation", "lost_at", "verdict"] for other in trace["others"])


def test_people_see_a_tick_or_a_cross_for_each_stage_and_one_sentence(corpus_settings: Settings) -> None:
    shown = _why(corpus_settings, QUESTION, "--note", "talk/big-bench.md")
    assert shown.returncode == 0, shown.stderr
    assert [line.split()[:2] for line in shown.stdout.splitlines() if line[:1] in "✓✗"][: len(STAGES)]
    assert "Nothing was lost: it is shown as citation" in shown.stdout
    lost = _why(corpus_settings, "What is the capital of France?", "--note", "talk/big-bench.md:1")
    assert "✗" in lost.stdout


def test_a_note_that_is_not_there_and_a_file_elsewhere_are_told_apart(
    corpus_settings: Settings, tmp_path: Path
) -> None:
    gone = json.loads(_why(corpus_settings, QUESTION, "--note", "nowhere.md", "--json").stdout)
    assert gone["lost_at"] == "indexed"
    assert gone["passage"] is None
    assert gone["stages"][0]["reason"] == "missing"
    near = ("--note", "corpus/big-bench.md")
    wrong = json.loads(_why(corpus_settings, QUESTION, *near, "--json").stdout)
    assert wrong["stages"][0]["nearest"][0] == "corpus/talk/big-bench.md"
    assert "The nearest notes:\n  corpus/talk/big-bench.md" in _why(corpus_settings, QUESTION, *near).stdout
    (tmp_path / "here.md").write_text("A note.")
    here = json.loads(_why(corpus_settings, QUESTION, "--note", "here.md", "--json", cwd=tmp_path).stdout)
    assert here["stages"][0]["reason"] == "outside"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("?", "--note", "talk/big-bench.md"), "has no word in it"),
        ((QUESTION,), "--note"),
        ((QUESTION, "--note", "talk/big-bench.md", "--folder", "away"), "folder 'away'"),
    ],
)
def test_wrong_usage_is_one_line(corpus_settings: Settings, arguments: tuple[str, ...], said: str) -> None:
    done = _why(corpus_settings, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
