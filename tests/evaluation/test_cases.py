"""Cases are read with care, made from the notes' own lines, and split in halves that stay."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from rag_bot import Library, UsageError
from rag_bot.cli import main
from rag_bot.evaluation.cases import (
    Case,
    Evidence,
    append_case,
    case_files,
    case_line,
    make_case,
    needs,
    read_cases,
    select_cases,
)
from rag_bot.evaluation.evidence import text_finder

Write = Callable[..., Path]
NOTE = "# Keys\n\nThe key to the shed\nlies under the mat.\n\n- spare: with Ada\r\n"
GIVEN = {"id": "a", "question": "Where is the key?", "kind": "fact", "answerable": True, "pattern": "mat"}


def _line(**values: object) -> str:
    return json.dumps({**GIVEN, "evidence": [{"path": "notes/a.md", "quote": "under the mat"}], **values})


@pytest.fixture
def cases(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of cases."""

    def write(*lines: str) -> Path:
        path = tmp_path / "cases.jsonl"
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return write


@pytest.fixture
def keys(library: Library, notes: Path, write: Write) -> Library:
    write("a.md", NOTE)
    library.ingest([notes])
    return library


def test_a_case_is_read_with_its_turns_and_without(cases: Callable[..., Path]) -> None:
    first, second = read_cases(cases(_line(), "", _line(id="b", turns=["What is under the mat?", "Why?"])))
    assert first == Case(**GIVEN, evidence=(Evidence("notes/a.md", "under the mat"),))  # type: ignore[arg-type]
    assert second.turns == ("What is under the mat?", "Why?")


def test_a_case_may_name_its_day_leave_out_what_it_has_not_and_number_its_groups(cases: Callable[..., Path]) -> None:
    evidence = [{"path": "a.md", "quote": "under the mat", "group": 1}]
    unanswerable = {"id": "c", "question": "Who?", "kind": "near-topic", "answerable": False, "near": "notes/a.md"}
    dated, bare = read_cases(cases(_line(evidence=evidence, date="2026-04-02"), json.dumps(unanswerable)))
    assert dated.day == date(2026, 4, 2)
    assert dated.evidence == (Evidence("a.md", "under the mat", "1"),)
    assert (bare.pattern, bare.evidence, bare.day) == ("", (), None)
    assert json.loads(case_line(dated))["date"] == "2026-04-02"
    assert "date" not in json.loads(case_line(bare))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "Invalid JSON"),
        ("[]", "object"),
        ("{}", "id Field required"),
        (_line(pattern="("), "is no regular expression"),
        (_line(pattern="a{99999999999999}"), "is too long with its repetitions written out"),
        (_line(pattern="((a{1000}){1000}){1000}"), "is too long with its repetitions written out"),
        (_line(pattern=""), "has no pattern"),
        (_line(question=" ?"), "has no word"),
        (_line(question=5), "question"),
        (_line(id=""), "id is empty"),
        (_line(evidence=[{"path": "a.md"}]), "evidence.0.quote"),
        (_line(turns="why"), "turns"),
        (_line(date="2026-02-30"), "the date '2026-02-30' is no day like 2026-04-02"),
        (_line(date="tomorrow"), "the date 'tomorrow' is no day"),
        (_line(date=20260402), "date Input should be a valid string"),
    ],
)
def test_a_line_that_is_no_case_is_named_with_what_is_wrong(cases: Callable[..., Path], line: str, said: str) -> None:
    with pytest.raises(UsageError, match=rf"cases.jsonl:2 is no case: .*{re.escape(said)}"):
        read_cases(cases("", line))


def test_a_pattern_that_could_try_for_a_lifetime_ends_with_its_case_and_a_remedy(cases: Callable[..., Path]) -> None:
    (case,) = read_cases(cases(_line(pattern="(x+x+)+y")))
    with pytest.raises(UsageError, match=r"case 'a' cannot be judged: its pattern '\(x\+x\+\)\+y' takes more than 2"):
        case.is_matched_by("x" * 5_000)
    assert case.is_matched_by("an XXY in an answer")


def test_counts_of_a_pattern_are_refused_by_what_they_come_to_and_quoted_ones_are_text(
    cases: Callable[..., Path],
) -> None:
    patterns = [r"\d{4}-\d{2}-\d{2}", ".{0,500}a.{0,500}b", r"\{99999\} bytes"]
    read = read_cases(cases(*(_line(id=str(number), pattern=pattern) for number, pattern in enumerate(patterns))))
    assert [case.pattern for case in read] == patterns


def test_an_id_that_comes_twice_is_refused_with_both_lines(cases: Callable[..., Path]) -> None:
    with pytest.raises(UsageError, match=r"cases.jsonl:3 repeats the id 'a' of line 1"):
        read_cases(cases(_line(), _line(id="b"), _line()))


def test_all_faults_of_a_file_are_named_in_one_line_each_with_its_line(cases: Callable[..., Path]) -> None:
    wrong = _line(id="", question="?", pattern="(")
    path = cases(_line(), "{", "", wrong, _line(evidence=[{"path": 5}]), _line(id="b"), _line())
    with pytest.raises(UsageError) as caught:
        read_cases(path)
    said = str(caught.value)
    assert said.startswith(f"{path}:2 is no case: Invalid JSON")
    assert re.findall(r"line (\d+) is no case: (?:evidence.0.)?(\w+ \w+)", said) == [
        ("4", "its id"),
        ("4", "the question"),
        ("4", "the pattern"),
        ("5", "path Input"),
        ("5", "quote Field"),
    ]
    assert said.endswith("; line 7 repeats the id 'a' of line 1. Mend them, and run again.")
    assert "\n" not in said


def test_of_many_faults_the_first_ten_are_named_and_the_others_counted(cases: Callable[..., Path]) -> None:
    with pytest.raises(UsageError, match=r":1 is no case: .*; line 10 is no case: [^;]*; and 1,490 more\.") as caught:
        read_cases(cases(*(_line(id=str(number), pattern="(" * 200) for number in range(1_500))))
    assert len(str(caught.value)) < 3_000


def test_a_missing_or_empty_file_is_refused(tmp_path: Path, cases: Callable[..., Path]) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_cases(tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match="holds no questions"):
        read_cases(cases("", ""))


def test_the_halves_are_about_equal_and_hang_on_the_id_alone() -> None:
    case = Case(**GIVEN, evidence=())  # type: ignore[arg-type]
    splits = [Case(f"case-{number}", "Why?", "why", True, "x", ()).split for number in range(400)]
    assert 160 < splits.count("dev") < 240
    assert case.split == Case("a", "Another?", "why", False, "", ()).split
    pinned = [Case(id_, "Why?", "why", True, "x", ()).split for id_ in ("a", "b", "big-bench-count")]
    assert pinned == ["dev", "dev", "test"]


def test_cases_are_selected_by_half_and_kind() -> None:
    cases = [Case(f"{kind}-{number}", "Why?", kind, True, "x", ()) for kind in ("why", "fact") for number in range(20)]
    assert select_cases(cases) == cases
    halves = [select_cases(cases, split=split, kind="why") for split in ("dev", "test")]
    assert sorted(case.id for half in halves for case in half) == sorted(case.id for case in cases[:20])
    with pytest.raises(UsageError, match="Kinds are: fact, why"):
        select_cases(cases, kind="list")
    with pytest.raises(UsageError, match="Splits are: dev, test, all"):
        select_cases(cases, split="train")
    with pytest.raises(UsageError, match="No case is both"):
        select_cases([case for case in cases if case.split == "dev"], split="test")


def test_a_case_is_made_of_the_note_s_own_lines(keys: Library) -> None:
    case = make_case(text_finder(keys), "Where is  the key?", ("notes/a.md:3-4",), turns=("Is there a shed?",))
    assert case.evidence == (Evidence("notes/a.md", "The key to the shed\nlies under the mat."),)
    assert (case.id, case.question, case.kind, case.answerable) == (
        "where-is-the-key",
        "Where is the key?",
        "fact",
        True,
    )
    assert re.search(case.pattern, "the key to the shed lies\n  under the mat. [1]", re.IGNORECASE)
    assert not re.search(case.pattern, "the key to the shed lies under the matX", re.IGNORECASE)
    assert make_case(text_finder(keys), "Who has it?", ("notes/a.md:6",)).evidence[0].quote == "- spare: with Ada"


TWO = "The shed key hangs behind the blue door. It opens the garden gate as well."


@pytest.mark.parametrize("mark", ["", "> ", "- " + "A very long bullet tells where everything is kept. " * 7])
def test_any_sentence_of_a_line_is_an_answer_and_its_evidence(mark: str) -> None:
    case = make_case(lambda _: f"# Keys\n\n{mark}{TWO}\n", "Where is the key?", ("notes/a.md:3",))
    for sentence in ("the shed key hangs\nbehind the blue door.", "It opens the garden gate as well. [1]"):
        assert re.search(case.pattern, sentence, re.IGNORECASE)
    assert not re.search(case.pattern, "The shed key hangs behind the door.")
    assert len(needs(case.evidence)) == 1
    assert [one.quote for one in case.evidence][-1] == "It opens the garden gate as well."
    assert all(one.quote in f"{mark}{TWO}" for one in case.evidence)


def test_several_lines_are_one_piece_of_evidence_and_any_sentence_of_them_an_answer() -> None:
    text = "The shed key hangs behind\nthe blue door. It opens\nthe gate. No. We don't know."
    case = make_case(lambda _: text, "Where is the key?", ("notes/a.md:1-3",))
    assert case.evidence == (Evidence("notes/a.md", text),)
    assert re.search(case.pattern, "It opens the gate. [1]")
    assert not re.search(case.pattern, "No.")


@pytest.mark.parametrize("text", ["- Take bread. Take salt.", "# Bread. Salt.", "Bread.\n\nSalt here.", "Yes. No."])
def test_what_answers_quote_whole_is_asked_for_whole(text: str) -> None:
    case = make_case(lambda _: text, "What to take?", (f"notes/a.md:1-{len(text.splitlines())}",))
    assert case.evidence == (Evidence("notes/a.md", text),)
    assert re.fullmatch(case.pattern, text)
    assert re.search(case.pattern, text[: len(text) // 2]) is None


def test_a_case_without_an_answer_has_no_evidence(keys: Library) -> None:
    case = make_case(text_finder(keys), "Who owns the shed?", ())
    assert (case.answerable, case.evidence, case.pattern, case.kind) == (False, (), "", "near-topic")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("notes/a.md", "is no place"),
        ("notes/a.md:x", "is no place"),
        ("notes/a.md:3-", "is no place"),
        ("notes/b.md:1", "is not indexed"),
        ("notes/a.md:0", "the lines 1 to 7"),
        ("notes/a.md:3-9", "the lines 1 to 7"),
        ("notes/a.md:4-3", "the lines 1 to 7"),
        ("notes/a.md:2", "no word"),
    ],
)
def test_a_bad_place_is_refused(keys: Library, place: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        make_case(text_finder(keys), "Where is the key?", (place,))


def test_a_bad_pattern_or_question_makes_no_case(keys: Library) -> None:
    with pytest.raises(UsageError, match="makes no case: the pattern"):
        make_case(text_finder(keys), "Where is the key?", ("notes/a.md:3",), pattern="(")
    with pytest.raises(UsageError, match="has no word"):
        make_case(text_finder(keys), "?", ("notes/a.md:3",))


def test_appended_cases_get_ids_of_their_own_and_leave_what_was_there(
    tmp_path: Path, cases: Callable[..., Path]
) -> None:
    path = cases(_line(), _line(id="where-is-the-key"))
    before = path.read_text()
    case = Case("where-is-the-key", "Where is the key?", "fact", True, "mat", (), ("So?",))
    ids = [append_case(path, case).id for _ in range(3)]
    assert ids == ["where-is-the-key-2", "where-is-the-key-3", "where-is-the-key-4"]
    assert path.read_text().startswith(f"{before}\n")
    assert [one.id for one in read_cases(path)] == ["a", "where-is-the-key", *ids]
    assert append_case(tmp_path / "new" / "mine.jsonl", case) == read_cases(tmp_path / "new" / "mine.jsonl")[0] == case


def test_nothing_is_appended_to_a_file_that_holds_something_else(tmp_path: Path, cases: Callable[..., Path]) -> None:
    path = cases('{"text": "no case"}')
    with pytest.raises(UsageError, match="is no case"):
        append_case(path, Case("a", "Why?", "why", True, "x", ()))
    assert path.read_text() == '{"text": "no case"}'
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(UsageError, match="cannot be written"):
        append_case(tmp_path / "taken" / "cases.jsonl", Case("a", "Why?", "why", True, "x", ()))


def test_the_files_of_cases_in_a_folder_are_found(tmp_path: Path, cases: Callable[..., Path]) -> None:
    path = cases(_line())
    (tmp_path / "other.jsonl").write_text('{"text": "no case"}\n')
    assert case_files(tmp_path) == [path]
    assert case_files(tmp_path / "none") == []


def test_eval_add_adds_a_case_and_refuses_a_bad_place(
    keys: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ("--index", str(keys.settings.index), "--cache", str(keys.settings.cache))
    file = tmp_path / "mine.jsonl"

    def add(*arguments: str) -> int | str | None:
        with pytest.raises(SystemExit) as left:
            main([*settings, "eval", "add", *arguments, "--to", str(file)])
        return left.value.code

    assert add("Where is the key?", "notes/a.md:3-4", "--pattern", "mat", "--turn", "Is there a shed?") == 0
    assert "where-is-the-key (fact, " in capsys.readouterr().out
    assert add("Who owns the shed?", "--unanswerable", "--json") == 0
    assert json.loads(capsys.readouterr().out)["id"] == "who-owns-the-shed"
    first, second = read_cases(file)
    assert (first.pattern, first.turns, second.answerable) == ("mat", ("Is there a shed?",), False)
    assert add("Where is the key?", "notes/a.md:3-4", "--pattern", "mat", "--turn", "Is there a shed?") == 2
    assert "has this case already: where-is-the-key." in capsys.readouterr().err
    for wrong in (("Where?", "notes/a.md:99"), ("Where?",), ("Where?", "notes/a.md:3", "--unanswerable")):
        assert add(*wrong) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert len(read_cases(file)) == 2
