"""The page stands alone, shows what notes and cases say as text, and its plots show the figures."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from rag_bot import UsageError
from rag_bot.evaluation.cases import Case, Evidence
from rag_bot.evaluation.compare import compare_results
from rag_bot.evaluation.plots import kinds_svg, ranks_svg, reliability_svg
from rag_bot.evaluation.report import report_html, write_report
from rag_bot.evaluation.results import Cited, Expected, IndexFacts, Outcome, Result, RetrievedPassage
from rag_bot.evaluation.tables import comparison_text, evaluation_text
from rag_bot.records import ANSWERED, NONE

NASTY = "<script>alert('x')</script> & \"quotes\" ![](https://example.com/x.png)"
PLOTS = (kinds_svg, reliability_svg, ranks_svg)


def _outcome(id_: str, kind: str, right: bool, rank: int | None, problem: str = "") -> Outcome:
    case = Case(id_, f"Which {id_}? {NASTY}", kind, True, "<b>", (Evidence("notes/a.md", NASTY),), ("Earlier?",))
    hits = tuple(
        RetrievedPassage(place, f"notes/{place}.md:1", NASTY, 0.5, (0,) if place == rank else (), place, None)
        for place in range(1, 11)
    )
    expected = (Expected(case.evidence[0], "" if problem else "notes/a.md:3", problem),)
    citations = (Cited("notes/a.md:3", NASTY, 0.7, right),)
    return Outcome(case, expected, right, ANSWERED, 0.8, citations, hits, {"right_answers": float(right)}, 0.2)


@pytest.fixture
def result() -> Result:
    outcomes = (
        _outcome("one", "fact", True, 1),
        _outcome("two", "fact", False, 4),
        _outcome("three", "<why>", False, None, "the note notes/a.md is not indexed"),
        Outcome(Case("four", "Why?", "off-topic", False), (), True, NONE, 0.8, (), (), {"right_abstentions": 1}, 0.1),
    )
    index = IndexFacts("model", "fingerprint", "1", 1_000, 2_000)
    return Result("<cases>.jsonl", "2026-11-22T10:00:00Z", {"fusion": "convex"}, index, "abc", {}, outcomes)


class _Tags(HTMLParser):
    """Collects the tags of a page, with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def _tags(text: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Tags()
    parser.feed(text)
    return parser.seen


def test_nothing_is_loaded_and_nothing_of_the_notes_is_markup(result: Result) -> None:
    tags = _tags(report_html(result))
    assert not {"script", "img", "link", "iframe", "b", "why"} & {tag for tag, _ in tags}
    assert not {"src", "href", "onclick", "style"} & {name for _, attributes in tags for name in attributes}


def test_every_failed_case_is_shown_with_what_was_expected_answered_and_retrieved(result: Result) -> None:
    page = report_html(result)
    shown = re.findall(r'<article id="(\w+)">', page)
    assert shown == ["two", "three"]
    two = page.split('<article id="two">')[1].split("</article>")[0]
    assert "Which two? &lt;script&gt;" in two
    assert "Earlier?" in two
    assert "notes/a.md:3" in two
    assert "first evidence at rank 4" in two
    assert two.count("notes/10.md:1") == 1
    assert "2 of 4 cases went wrong" in page
    assert "<tr><td>answered</td><td>1</td><td>2</td><td>0</td><td>0</td></tr>" in page
    assert "0.80" not in two


def test_missing_evidence_is_named_on_the_page_and_in_the_text(result: Result) -> None:
    said = "three: the note notes/a.md is not indexed"
    assert said in report_html(result)
    assert said in _printed(result)


def test_the_text_says_measures_kinds_and_what_went_wrong(result: Result) -> None:
    said = _printed(result)
    assert re.search(r"right answers +too few to tell +0\.1 – 0\.8 +3", said)
    assert re.search(r"fact +2 +\? +0\.1 – 0\.9", said)
    assert re.search(r"two: Which two\?.* -> answered: notes/a\.md:3; expected notes/a\.md:3", said)
    assert "0.80" not in said
    assert re.search(r"answered +1 +2 +0 +0 *\n", said)
    assert re.search(r"none +0 +0 +0 +1 *\n", said)
    assert "4 cases of <cases>.jsonl" in said


def test_a_figure_of_many_cases_has_the_digits_that_they_carry(result: Result) -> None:
    said = _printed(replace(result, outcomes=100 * result.outcomes))
    assert re.search(r"right answers +0\.33 +0\.28 – 0\.39 +300", said)
    assert re.search(r"fact +200 +0\.50 +0\.43 – 0\.57", said)


def test_a_comparison_is_printed_with_its_flips(result: Result) -> None:
    after = replace(result, outcomes=(replace(result.outcomes[0], right=False), *result.outcomes[1:]))
    console = Console(width=200)
    with console.capture() as captured:
        console.print(comparison_text(compare_results(result, after)))
    assert "Right before, wrong after:" in captured.get()
    assert captured.get().count("three: the note notes/a.md is not indexed") == 1


@pytest.mark.parametrize("plot", PLOTS)
def test_a_plot_is_one_well_formed_picture_without_anything_from_outside(plot: object, result: Result) -> None:
    assert callable(plot)
    for outcomes in (result.outcomes, result.outcomes[:1], ()):
        root = ElementTree.fromstring(plot(replace(result, outcomes=outcomes)))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert not [name for element in root.iter() for name in element.attrib if name in ("style", "href", "class")]
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        texts = list(root.iter("{http://www.w3.org/2000/svg}text"))
        assert all(0 <= float(one.attrib["x"]) <= width and 0 <= float(one.attrib["y"]) <= height for one in texts)


def test_the_plots_show_the_figures(result: Result) -> None:
    assert "fact: too few to tell (0.1 – 0.9), 2 cases" in kinds_svg(result)
    assert "fact: 0.50 (0.43 – 0.57), 200 cases" in kinds_svg(replace(result, outcomes=100 * result.outcomes))
    assert "&lt;why&gt;" in kinds_svg(result)
    assert "3 of 4 answerable" in reliability_svg(result)
    counts = re.findall(r'text-anchor="middle"[^>]*>(\d+|none)<', ranks_svg(result))
    assert counts[:4] == ["1", "1", "0", "2"]  # count and rank in turn: one case at rank 1, none at rank 2
    assert counts[-2:] == ["1", "none"]


def test_a_page_that_cannot_be_written_gets_one_line(result: Result, tmp_path: Path) -> None:
    write_report(result, tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == report_html(result)
    with pytest.raises(UsageError, match="cannot be written"):
        write_report(result, tmp_path / "none" / "page.html")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def _printed(result: Result) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(evaluation_text(result))
    return captured.get()
