"""Long work says how far it is also where no terminal shows a bar."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag_bot.cli import main
from rag_bot.cli.progress import Log, shown_progress
from rag_bot.records import Progress


def _said(seconds: Iterator[float], steps: list[Progress]) -> list[str]:
    """What is written of these steps, by a clock that gives these times; the first is that of the beginning."""
    now = [next(seconds)]
    said: list[str] = []
    log = Log(said.append, lambda: now[0])
    for step in steps:
        now[0] = next(seconds)
        log(step)
    return said


def test_a_line_comes_for_each_tenth_of_long_work() -> None:
    said = _said(itertools.count(0.0, 1.0), [Progress("notes", done, 1_000) for done in range(0, 1_000, 10)])
    assert said == [
        f"Reading and embedding notes: {done} of 1,000 ({done / 10:.0f}%)" for done in range(100, 1_000, 100)
    ]


def test_a_line_comes_each_half_minute_where_work_is_slow() -> None:
    said = _said(itertools.count(0.0, 16.0), [Progress("cases", done, 100) for done in range(9)])
    assert said == [f"Asking: {done} of 100 ({done}%)" for done in (1, 3, 5, 7)]


def test_fast_work_says_nothing_and_no_end_is_said() -> None:
    assert _said(itertools.count(0.0, 0.1), [Progress("notes", done, 40) for done in range(41)]) == []
    assert _said(itertools.count(0.0, 100.0), [Progress("index", done, done) for done in range(5)]) == []


def test_a_new_stage_begins_anew() -> None:
    steps = [Progress("documents", 90, 100), Progress("notes", 5, 100), Progress("notes", 10, 100)]
    assert _said(itertools.count(0.0, 6.0), steps) == [
        "Writing documents as notes: 90 of 100 (90%)",
        "Reading and embedding notes: 10 of 100 (10%)",
    ]


@pytest.mark.parametrize("as_json", [False, True])
def test_without_a_terminal_the_lines_are_on_stderr_and_for_the_app_they_are_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    monkeypatch.setattr("rag_bot.cli.progress.LEAST_SECONDS", 0.0)
    with shown_progress(as_json, False) as on_progress:
        on_progress(Progress("trials", 1, 4))
    assert tuple(capsys.readouterr()) == ("", "rag-bot: Trying settings: 1 of 4 (25%)\n")
    with shown_progress(as_json, True) as on_progress:
        on_progress(Progress("trials", 1, 4))
    out, error = capsys.readouterr()
    assert (out, json.loads(error)) == ("", {"stage": "trials", "done": 1, "total": 4})


def test_a_terminal_has_the_bar_and_no_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("rag_bot.cli.progress.LEAST_SECONDS", 0.0)
    monkeypatch.setattr("sys.stderr", screen := Screen())
    with shown_progress(False, False) as on_progress:
        on_progress(Progress("trials", 1, 4))
        on_progress(Progress("trials", 2, 4))
    assert "Trying settings" in screen.getvalue()
    assert "rag-bot: " not in screen.getvalue()


def test_a_long_sync_and_a_long_evaluation_say_how_far_they_are(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    model_cache: Path,
    write: Callable[..., Path],
) -> None:
    monkeypatch.setattr("rag_bot.cli.progress.LEAST_SECONDS", 0.0)
    monkeypatch.chdir(tmp_path)
    for number in range(40):
        write(f"{number}.md", f"The lamp in room {number} was mended on day {number}.")
    evidence = [{"path": "notes/1.md", "quote": "The lamp in room 1 was mended"}]
    case = {"question": "When was the lamp in room 1 mended?", "kind": "fact", "answerable": True, "pattern": "day 1"}
    cases = [json.dumps({**case, "id": str(number), "evidence": evidence}) for number in range(4)]
    (tmp_path / "cases.jsonl").write_text("\n".join(cases))

    def run(*arguments: str) -> tuple[str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["--index", str(tmp_path / "index"), "--cache", str(model_cache), *arguments])
        assert not ended.value.code
        printed = capsys.readouterr()
        return printed.out, printed.err

    out, error = run("ingest", "notes", "--json")
    assert json.loads(out)["added"] == 40
    assert all(line.startswith("rag-bot: ") for line in error.splitlines())
    _, error = run("eval", "run", "cases.jsonl")
    assert error.splitlines() == [f"rag-bot: Asking: {done} of 4 ({done / 4:.0%})" for done in (1, 2, 3)]
