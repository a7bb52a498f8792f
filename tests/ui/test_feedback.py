"""What a vote makes of an answer: a case in a file that is the user's own."""

from __future__ import annotations

import json
import re
import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from rag_bot import Library
from rag_bot.conversations import SavedExchange
from rag_bot.errors import UsageError
from rag_bot.evaluation.cases import Case, Evidence, case_of_evidence, read_cases
from rag_bot.evaluation.feedback import KIND, Feedback, feedback_file
from rag_bot.evaluation.runs import run_cases
from rag_bot.records import Filters
from rag_bot.settings import Settings
from rag_bot.ui.chat.answer_view import bare
from rag_bot.ui.chat.chats import Exchange, History
from rag_bot.ui.chat.feedback import Vote, Votes
from rag_bot.ui.evaluation.result_view import result_html

TRAM, BUS = "When does the night tram leave?", "What colour is the airport bus?"
TRAMS = """# Trams

- The night tram leaves at two.
- The day tram leaves at six.

## Tickets

A ticket costs three crowns.
It is valid for an hour.
"""
ABSENT = "Who composed the opera about whales?"


@pytest.fixture
def tram_library(library: Library, write: Callable[..., Path], notes: Path) -> Library:
    write("trams.md", TRAMS)
    write("buses.md", "# Buses\n\nThe airport bus is blue.\n")
    library.ingest([notes])
    return library


def asked(library: Library, question: str, key: str = "k1", folder: str | None = None) -> Exchange:
    filters = Filters(folder)
    result = SavedExchange(key, question, filters, library.ask(question))
    return Exchange(key, question, filters, Markup("<p>answer</p>"), result)


def kept(library: Library) -> list[Case]:
    path = feedback_file(library.settings)
    return read_cases(path) if path.is_file() and path.read_text() else []


def vote(library: Library, history: History, action: str, **more: Any) -> str:
    return Votes(library).vote(history, Vote(history[-1].key, action, **more))


def said(html: str) -> str:
    found = re.search(r'class="said">(.*?)</span></div>', html, re.DOTALL)
    assert found
    return re.sub(r"<[^>]+>", "", found[1]).strip()


def pressed(html: str) -> list[str]:
    return re.findall(r'data-vote="(\w+)" aria-pressed="true"', html)


def chosen_line(html: str) -> list[str]:
    return re.findall(r'data-line-number="(\d*)" aria-pressed="true"', html)


def test_a_thumb_up_keeps_the_cited_lines_as_evidence(tram_library: Library) -> None:
    history = (asked(tram_library, TRAM),)
    html = vote(tram_library, history, "up")
    [case] = kept(tram_library)
    assert (case.question, case.kind, case.answerable) == (TRAM, KIND, True)
    assert case.evidence == (Evidence("notes/trams.md", "The night tram leaves at two."),)
    assert re.search(case.pattern, tram_library.ask(TRAM).text)
    assert pressed(html) == ["up"]
    assert "Kept as a case: the answer is “The night tram leaves at two.” in notes/trams.md." in said(html)
    assert "Which line was it?" not in html


def test_the_file_lies_beside_the_index_for_nobody_else_and_outlives_it(tram_library: Library, tmp_path: Path) -> None:
    vote(tram_library, (asked(tram_library, TRAM),), "up")
    path = tmp_path / "feedback" / "index" / "cases.jsonl"
    assert feedback_file(tram_library.settings) == path
    assert path.is_file()
    assert not path.is_relative_to(tram_library.settings.index)
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in list(path.parents)[:2]] == [0o700, 0o700]


def test_a_second_vote_replaces_the_first_and_keeps_its_id(tram_library: Library) -> None:
    history = (asked(tram_library, TRAM),)
    vote(tram_library, history, "up")
    [first] = kept(tram_library)
    again = asked(tram_library, f"  {TRAM.upper()} ", "k2")
    html = vote(tram_library, (*history, again), "lines", note="notes/trams.md", first=8, last=9)
    [case] = kept(tram_library)
    assert case.id == first.id
    assert case.evidence == (Evidence("notes/trams.md", "A ticket costs three crowns.\nIt is valid for an hour."),)
    assert pressed(html) == ["down", "down"]


def test_a_vote_can_be_taken_back_and_others_stay(tram_library: Library) -> None:
    history = (asked(tram_library, BUS, "k1"), asked(tram_library, TRAM, "k2"))
    for number in (1, 2):
        vote(tram_library, history[:number], "up")
    html = vote(tram_library, history, "back")
    assert [case.question for case in kept(tram_library)] == [BUS]
    assert pressed(html) == ["up"]
    vote(tram_library, history[:1], "back")
    assert feedback_file(tram_library.settings).read_text() == ""
    vote(tram_library, history, "up")
    assert [case.question for case in kept(tram_library)] == [TRAM]


def test_a_thumb_down_takes_back_the_thumb_up_and_asks_where_the_answer_stands(tram_library: Library) -> None:
    history = (asked(tram_library, TRAM),)
    vote(tram_library, history, "up")
    html = vote(tram_library, history, "down")
    assert kept(tram_library) == []
    assert pressed(html) == ["down"]
    assert 'type="checkbox" value="1"' in html
    assert 'data-note="notes/trams.md"' in html
    assert 'data-vote="none"' in html
    assert 'class="picker"' not in vote(tram_library, history, "cancel")


def test_lines_that_are_ticked_or_chosen_in_a_note_become_the_evidence(tram_library: Library) -> None:
    history = (asked(tram_library, TRAM),)
    assert "Tick the lines" in said(vote(tram_library, history, "pick", picked=()))
    assert kept(tram_library) == []
    vote(tram_library, history, "pick", picked=(1,))
    assert [one.evidence[0].quote for one in kept(tram_library)] == ["The night tram leaves at two."]
    vote(tram_library, history, "lines", note="notes/trams.md", first=4, last=4)
    [case] = kept(tram_library)
    assert case.evidence == (Evidence("notes/trams.md", "The day tram leaves at six."),)


def test_a_line_with_several_sentences_is_a_case_that_one_of_them_answers(
    tram_library: Library, write: Callable[..., Path], notes: Path
) -> None:
    write("ferry.md", "# Ferry\n\nThe night ferry leaves at nine from the old pier. Its captain sells the tickets.\n")
    tram_library.ingest([notes])
    question = "When does the night ferry leave?"
    vote(tram_library, (asked(tram_library, question),), "lines", note="notes/ferry.md", first=3, last=3)
    result = run_cases(tram_library, kept(tram_library))
    (outcome,) = result.outcomes
    assert outcome.right
    assert outcome.scores["citation_recall"] == 1.0
    failed = replace(result, outcomes=(replace(outcome, right=False),))
    assert "an answer that matches" not in result_html(failed, "Cases")


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ({"note": "notes/trams.md", "first": 2, "last": 2}, "no word in"),
        ({"note": "notes/trams.md", "first": 9, "last": 99}, "has the lines 1 to"),
        ({"note": "notes/gone.md", "first": 1, "last": 1}, "is not indexed"),
    ],
)
def test_lines_that_hold_nothing_are_refused_and_asked_for_again(
    tram_library: Library, lines: dict[str, Any], problem: str
) -> None:
    html = vote(tram_library, (asked(tram_library, TRAM),), "lines", **lines)
    assert problem in said(html)
    assert 'class="picker"' in html
    assert kept(tram_library) == []


def test_that_the_notes_do_not_answer_is_a_case_as_well(tram_library: Library) -> None:
    html = vote(tram_library, (asked(tram_library, TRAM),), "none")
    [case] = kept(tram_library)
    assert (case.answerable, case.evidence, case.kind) == (False, (), KIND)
    assert pressed(html) == ["down"]
    abstained = asked(tram_library, ABSENT, "k2")
    assert abstained.result
    assert abstained.result.answer.abstained
    html = vote(tram_library, (abstained,), "up")
    assert pressed(html) == ["up"]
    assert "your notes don't answer this" in unescape(html)
    assert 'data-vote="none"' not in vote(tram_library, (abstained,), "down")


def test_one_of_several_lines_is_kept_by_a_click_and_all_again_by_another(tram_library: Library) -> None:
    history = (asked(tram_library, "Which trams leave, and when?"),)
    assert history[0].result
    numbers = [citation.number for citation in history[0].result.answer.citations]
    assert len(numbers) > 1
    html = vote(tram_library, history, "up")
    assert len(kept(tram_library)[0].evidence) == len(numbers)
    assert "Which line was it?" in html
    assert (pressed(html), chosen_line(html)) == (["up"], [""])  # all lines
    html = vote(tram_library, history, "pick", picked=(numbers[1],))
    [case] = kept(tram_library)
    assert [piece.quote for piece in case.evidence] == [bare(history[0].result.answer.citations[1].quote.text)]
    assert f"“{case.evidence[0].quote}”" in unescape(said(html))
    assert (pressed(html), chosen_line(html)) == (["up"], [str(numbers[1])])
    vote(tram_library, history, "up")
    assert len(kept(tram_library)[0].evidence) == len(numbers)


def test_a_case_has_the_day_and_the_folder_it_was_asked_of(tram_library: Library) -> None:
    everywhere, inside = asked(tram_library, ABSENT), asked(tram_library, ABSENT, "k2", folder="notes")
    assert inside.result
    inside = replace(inside, result=replace(inside.result, asked="2026-03-04T23:59:00+01:00"))
    html = vote(tram_library, (inside,), "up")
    assert "your notes in notes don't answer this" in unescape(said(html))
    [case] = kept(tram_library)
    assert (case.filters, case.date, case.answerable) == (Filters("notes"), "2026-03-04", False)
    assert json.loads(feedback_file(tram_library.settings).read_text())["filters"] == {"folder": "notes"}
    vote(tram_library, (everywhere,), "up")
    assert [case.filters.folder for case in kept(tram_library)] == ["notes", None]
    assert all(outcome.right for outcome in run_cases(tram_library, kept(tram_library)).outcomes)
    vote(tram_library, (inside,), "back")
    assert [case.filters.folder for case in kept(tram_library)] == [None]


def test_an_answer_from_a_note_that_changed_makes_no_case(
    tram_library: Library, write: Callable[..., Path], notes: Path
) -> None:
    history = (asked(tram_library, TRAM),)
    write("trams.md", TRAMS.replace("two", "three"))
    html = vote(tram_library, history, "up")
    assert "these lines have changed since they were indexed, so no case was made. Sync" in said(html)
    tram_library.ingest([notes])
    assert "has changed since this was answered" in said(vote(tram_library, history, "up"))
    (notes / "trams.md").unlink()
    assert "no case was made" in said(vote(tram_library, (asked(tram_library, TRAM),), "up"))
    assert kept(tram_library) == []
    assert pressed(html) == []


def test_a_follow_up_is_kept_with_the_questions_before_it(tram_library: Library) -> None:
    plain = asked(tram_library, TRAM)
    follow_up = replace(plain, key="k2", earlier=(BUS,))
    html = vote(tram_library, (plain, follow_up), "up")
    assert [case.turns for case in kept(tram_library)] == [(BUS,)]
    assert pressed(html) == ["up"]
    vote(tram_library, (plain,), "up")
    assert [case.turns for case in kept(tram_library)] == [(BUS,), ()]


def test_an_answer_that_the_app_no_longer_knows_says_so(tram_library: Library) -> None:
    html = Votes(tram_library).vote((asked(tram_library, TRAM),), Vote("<b>", "up"))
    assert "ask again" in html
    assert 'data-exchange="&lt;b&gt;"' in html
    assert kept(tram_library) == []


def test_a_file_that_somebody_broke_is_named_and_left_as_it_is(tram_library: Library) -> None:
    path = feedback_file(tram_library.settings)
    path.parent.mkdir(parents=True)
    path.write_text("{broken\n")
    history = (asked(tram_library, TRAM),)
    assert f"{path}:1 is no case" in said(vote(tram_library, history, "up"))
    assert path.read_text() == "{broken\n"
    assert Votes(tram_library).block(history[0]).count('data-vote="up"') == 1


def test_votes_of_before_are_shown_and_none_under_what_went_wrong(tram_library: Library) -> None:
    vote(tram_library, (asked(tram_library, TRAM),), "up")
    failed = Exchange("k3", "?", Filters(), Markup("<p>notice</p>"))
    votes = Votes(tram_library)
    assert pressed(votes.block(asked(tram_library, TRAM, "k2"))) == ["up"]
    assert votes.block(failed) == ""


def test_everything_of_notes_and_questions_is_escaped(
    library: Library, write: Callable[..., Path], notes: Path
) -> None:
    evil = '<img src=x onerror="alert(1)">'
    write(f"zebra {evil.replace('/', '')}.md", f"# Zebra {evil}\n\nThe zebra quota is 41 {evil}.\n")
    library.ingest([notes])
    history = (asked(library, f"What is the zebra quota {evil}?"),)
    for action in ("down", "up"):
        html = vote(library, history, action)
        assert "<img" not in html
        assert not re.search(r"<[^>]* onerror=", re.sub(r'"[^"]*"', "", html))


def made(question: str) -> Case:
    return case_of_evidence(question, (), kind=KIND)


def test_votes_of_many_threads_are_all_kept(tmp_path: Path) -> None:
    settings = Settings(index=tmp_path / "index")
    threads = [
        threading.Thread(target=lambda number=number: Feedback(settings).keep(made(f"Question {number}?")))
        for number in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {case.question for case in read_cases(feedback_file(settings))} == {f"Question {n}?" for n in range(12)}


def test_questions_that_read_alike_get_ids_of_their_own(tmp_path: Path) -> None:
    feedback = Feedback(Settings(index=tmp_path / "index"))
    assert feedback.keep(made("What is it?")).id == "what-is-it"
    assert feedback.keep(made("What is it!")).id == "what-is-it-2"
    assert feedback.find("what  IS it?") == made("What is it?")
    assert not feedback.take_back("Something else?")


def test_the_feedback_on_an_index_is_not_that_on_one_beside_it(tmp_path: Path) -> None:
    one, other = (Feedback(Settings(index=tmp_path / name)) for name in ("index", "other"))
    one.keep(made("Mine?"))
    assert other.find("Mine?") is None
    assert other.keep(made("Mine?")).id == "mine"
    assert other.take_back("Mine?")
    assert [case.question for case in one.cases()] == ["Mine?"]


def test_cases_that_are_no_feedback_stay_when_votes_change(tmp_path: Path) -> None:
    feedback = Feedback(Settings(index=tmp_path / "index"))
    feedback.path.parent.mkdir(parents=True)
    own = {"id": "own", "question": "Mine?", "kind": "fact", "answerable": False, "pattern": "", "evidence": []}
    feedback.path.write_text(json.dumps(own))
    feedback.keep(made("Mine?"))
    feedback.take_back("Mine?")
    assert [case.id for case in feedback.cases()] == ["own"]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "feedback").write_text("a file")
    with pytest.raises(UsageError, match=r"cases\.jsonl cannot be written"):
        Feedback(Settings(index=tmp_path / "index")).keep(made("Mine?"))
