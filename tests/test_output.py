"""Answers in the terminal: the verdict in words, the best excerpt whole, what is cited marked, the others by a line."""

from __future__ import annotations

import io
import json
from dataclasses import replace

from rich.console import Console

from rag_bot.cli.command import put
from rag_bot.output import answer_json, answer_text
from rag_bot.output.syncs import failure_rows
from rag_bot.records import (
    ANSWERED,
    CLOSEST,
    NONE,
    PROSE,
    QUOTES,
    Answer,
    Citation,
    Difference,
    Excerpt,
    Failure,
    Quote,
    Sentence,
)

CAR = "| Load | Front |\n|---|---|\n| two | 2.2 |\n| full | 2.6 |"


def _citation(number: int, text: str, words: str, *, path: str = "notes/Car.md", line: int = 1) -> Citation:
    """Words of the text of a note that begins at this line."""
    start = text.index(words)
    line += text.count("\n", 0, start)
    quote = Quote(words, path, path[6:-3], ("Tyres",), (), start, start + len(words), line, line, 0.9)
    return Citation(number, quote)


def _excerpt(text: str, *numbers: int, context: tuple[str, ...] = (), date: str = "") -> Excerpt:
    last = 1 + text.count("\n")
    return Excerpt("notes/Car.md", "Car", ("Tyres",), context, text, 0, len(text), 1, last, numbers, date)


def _answer(verdict: str, *citations: Citation, **values: object) -> Answer:
    sentences = tuple(Sentence(citation.quote.text, (citation.number,)) for citation in citations)
    text = "\n".join(sentence.text for sentence in sentences)
    answer = Answer("How much air?", text, citations, verdict, 0.62, QUOTES, sentences, (), {}, "How much air?")
    return replace(answer, **values)  # type: ignore[arg-type]


def _printed(answer: Answer, *, styled: bool = False) -> list[str]:
    console = Console(file=io.StringIO(), force_terminal=styled, width=80, color_system="standard" if styled else None)
    put(console, answer_text(answer))
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined, no-any-return]


def test_a_table_stands_as_in_its_file_with_the_cited_row_numbered_in_the_margin() -> None:
    answer = _answer(ANSWERED, _citation(1, CAR, "| full | 2.6 |"), excerpts=(_excerpt(CAR, 1, date="2026-02-20"),))
    assert _printed(answer) == [
        "Car › Tyres  notes/Car.md:1-4  2026-02-20",
        "    | Load | Front |",
        "    |---|---|",
        "    | two | 2.2 |",
        "[1] | full | 2.6 |",
        "",
    ]


def test_comments_are_not_printed_nor_the_room_they_took() -> None:
    text = "Check it monthly.\n%% or not %%\nFront 2.6 <!-- 2.4? --> bar.\nRear more."
    quote = "Front 2.6 <!-- 2.4? --> bar."
    shown = _answer(ANSWERED, _citation(1, text, quote), _citation(2, text, quote), excerpts=(_excerpt(text, 1),))
    assert [line.split("  ")[-1] for line in _printed(shown)[1:]] == [
        "Check it monthly.",
        "[1] Front 2.6 bar.",
        "Rear more.",
        "",
        "Front 2.6 bar.",
        "",
    ]


def test_the_cited_sentence_is_bold_and_the_others_are_dim() -> None:
    text = "Check it monthly. Front 2.6 bar. Rear more."
    answer = _answer(ANSWERED, _citation(1, text, "Front 2.6 bar."), excerpts=(_excerpt(text, 1),))
    _, line, _ = _printed(answer, styled=True)
    assert "\x1b[2mCheck it monthly. \x1b[0m\x1b[1mFront 2.6 bar.\x1b[0m\x1b[2m Rear more." in line


def test_two_citations_of_a_line_and_what_stands_above_are_shown() -> None:
    text = "- Front 2.6 bar. Rear 2.8 bar.\n- spare"
    cited = (_citation(1, text, "Front 2.6 bar."), _citation(2, text, "Rear 2.8 bar."))
    answer = _answer(ANSWERED, *cited, excerpts=(_excerpt(text, 1, 2, context=("Full load",)),))
    assert _printed(answer)[1:4] == ["       Full load", "[1][2] - Front 2.6 bar. Rear 2.8 bar.", "       - spare"]


def test_other_places_get_a_line_each_with_the_beginning_of_their_words() -> None:
    long = "It was\n  2.4 in the manual, " + "and so on " * 30
    other, titled = (
        _citation(2, long, long, path="notes/Manual.md", line=7),
        _citation(3, CAR, "| two | 2.2 |", path="notes/b.md"),
    )
    titled = replace(titled, quote=replace(titled.quote, title="The van", headings=("The van",)), change="deleted")
    cited = (_citation(1, CAR, "| full | 2.6 |"), other, titled)
    lines = _printed(_answer(ANSWERED, *cited, excerpts=(_excerpt(CAR, 1), _excerpt(long, 2))))
    assert lines[-3].startswith("[2] notes/Manual.md:7  Tyres  It was 2.4 in the manual, and so on")
    assert lines[-3].endswith("…")
    assert lines[-2] == "[3] notes/b.md:3  The van  | two | 2.2 |  the note is no longer there"


def test_lines_that_only_come_near_are_shown_below_words_that_say_so_and_what_they_lack() -> None:
    cited = _citation(1, CAR, "| full | 2.6 |")
    answer = _answer(CLOSEST, cited, excerpts=(_excerpt(CAR, 1),), unmentioned=("Lada",), missing=("Lada", "2031"))
    first, blank, *rest = _printed(answer)
    assert first == (
        "Your notes come near this; these lines may not answer it. Your notes don't mention “Lada”. "
        "The first lines say nothing of “2031”."
    )
    assert blank == ""
    assert rest == _printed(_answer(ANSWERED, cited, excerpts=(_excerpt(CAR, 1),)))


def test_a_difference_between_notes_is_said() -> None:
    cited = (_citation(1, CAR, "| full | 2.6 |"), _citation(2, CAR, "| two | 2.2 |", path="notes/b.md"))
    differing = (Difference((1, 2), ("2.6", "2.2"), ("2026-01-02", "")),)
    lines = _printed(_answer(ANSWERED, *cited, excerpts=(_excerpt(CAR, 1),), differences=differing))
    assert lines[0] == "Your notes differ: 2.6 [1] (2026-01-02), 2.2 [2]."


def test_no_percentage_or_confidence_is_shown() -> None:
    cited = _citation(1, CAR, "| full | 2.6 |")
    for verdict in (ANSWERED, CLOSEST):
        for mode in (QUOTES, PROSE):
            shown = "\n".join(_printed(_answer(verdict, cited, excerpts=(_excerpt(CAR, 1),), mode=mode)))
            assert not [word for word in ("%", "62", "onfidence") if word in shown]


def test_what_the_notes_do_not_speak_of_is_said_also_after_a_model_found_nothing() -> None:
    assert _printed(_answer(NONE, unmentioned=("Lisbon",))) == [
        "This is not in your notes. Your notes don't mention “Lisbon”."
    ]
    refused = _answer(NONE, mode=PROSE, text="", notice="scripted found no answer.")
    assert _printed(refused) == ["scripted found no answer.", "This is not in your notes."]


def test_an_answer_that_was_saved_without_excerpts_shows_its_quotes_whole() -> None:
    long = "Words that are quoted. " * 20
    lines = _printed(_answer(ANSWERED, _citation(1, CAR, "| full | 2.6 |"), _citation(2, long, long.strip())))
    assert lines[1] == "[1] | full | 2.6 |"
    assert lines[4] == f"[2] {long.strip()}"


def test_marks_keep_their_place_behind_what_a_terminal_would_obey() -> None:
    text = "\x1b[31mOld.\x07\r\nFront 2.6 bar.\rMore."
    answer = _answer(ANSWERED, _citation(1, text, "Front 2.6 bar."), excerpts=(_excerpt(text, 1),))
    _, first, second, _ = _printed(answer, styled=True)
    assert "␛[31mOld.␇" in first
    assert "\x1b[1mFront 2.6 bar.\x1b[0m" in second


def test_the_json_has_excerpts_and_differences_as_lists() -> None:
    differing = (Difference((1, 2), ("2.6", "2.2"), ("2026-01-02", "")),)
    answer = _answer(CLOSEST, excerpts=(_excerpt(CAR, 1, context=("Full",)),), differences=differing, missing=("2031",))
    values = json.loads(json.dumps(answer_json(answer)))
    assert values["excerpts"] == [
        {
            "location": "notes/Car.md:1-4",
            "note": "notes/Car.md",
            "title": "Car",
            "headings": ["Tyres"],
            "context": ["Full"],
            "text": CAR,
            "citations": [1],
            "date": "",
            "place": "",
            "doubts": [],
        }
    ]
    assert values["differences"] == [{"citations": [1, 2], "words": ["2.6", "2.2"], "dates": ["2026-01-02", ""]}]
    assert (values["verdict"], values["abstained"], values["missing"], values["unmentioned"]) == (
        "closest",
        False,
        ["2031"],
        [],
    )


def test_the_verdict_comes_first_and_what_was_not_read_last() -> None:
    unread = "29 files could not be read; see `rag-bot status`."
    near = _answer(CLOSEST, _citation(1, CAR, "| full | 2.6 |"), excerpts=(_excerpt(CAR, 1),), notice=unread)
    printed = _printed(near)
    assert printed[0].startswith("Your notes come near this")
    assert printed[-2:] == [unread, ""]
    assert _printed(_answer(NONE, notice=unread)) == ["This is not in your notes.", unread]


def test_of_many_files_that_could_not_be_read_each_reason_is_told_once() -> None:
    scans = [Failure(f"notes/{n}.pdf", "holds no text (a scan or pictures only?).") for n in range(29)]
    assert failure_rows(scans[:2]) == [f"notes/{n}.pdf: holds no text (a scan or pictures only?)." for n in range(2)]
    assert failure_rows([Failure("notes/locked.pdf", "is encrypted."), *scans]) == [
        "29 files: holds no text (a scan or pictures only?). notes/0.pdf, notes/1.pdf, notes/2.pdf, ...",
        "notes/locked.pdf: is encrypted.",
    ]
