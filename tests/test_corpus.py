"""The notes that ship with the project, the facts they hold, and the questions asked of them."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from rag_bot.evaluation.cases import read_cases
from rag_bot.text.terms import content_terms

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "corpus"
FACTS = ROOT / "tests" / "corpus_facts.tsv"
QUESTIONS = ROOT / "eval" / "questions.jsonl"
SOURCES = Path(__file__).parents[2] / "shared" / "notes"

NOTES = sorted(path.relative_to(CORPUS).as_posix() for path in CORPUS.rglob("*.md"))
KEYS = ("id", "question", "turns", "kind", "answerable", "pattern", "evidence")
LEAST = dict.fromkeys(("fact", "list", "why", "comparison", "paraphrase", "typo", "keywords"), 12) | {
    "follow-up": 16,
    "near-topic": 20,
    "off-topic": 20,
}  # questions of each kind
LONGEST_SHARED_RUN = 7  # words; a longer run of the sources' words counts as copied
SHARED_TERMS = {"the large language model renaissance paradigms and challenges"}  # a title stays as it is

MARKDOWN_LINK = re.compile(r"(?<!!)\[[^\[\]]+\]\(([^()\s]+)\)")
WIKILINK = re.compile(r"\[\[([^\[\]|#]+)(?:#([^\[\]|]+))?(?:\|[^\[\]]+)?\]\]")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def read_note(path: str) -> str:
    """The text of a note, by its path relative to the corpus."""
    return (CORPUS / path).read_text(encoding="utf-8")


def body(path: str) -> str:
    """The text of a note below its front matter."""
    return read_note(path).split("---\n", 2)[2]


def normalised(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def read_facts() -> list[dict[str, str]]:
    """The rows of the table of facts."""
    with FACTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True))


def read_questions() -> list[dict[str, Any]]:
    """The questions, one record for each line of the file."""
    return [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]


def slug(heading: str) -> str:
    """The anchor that a Markdown link uses for a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def words(text: str) -> list[str]:
    """The words of a text in lower case, without addresses and punctuation."""
    return re.findall(r"[a-z0-9]+", re.sub(r"https?://\S+", " ", text).lower())


def runs(text: str, length: int) -> set[str]:
    """Every run of so many consecutive words."""
    found = words(text)
    return {" ".join(found[start : start + length]) for start in range(len(found) - length + 1)}


FACT_ROWS = read_facts()
QUESTION_ROWS = read_questions()
ANSWERABLE = [row for row in QUESTION_ROWS if row["answerable"]]


def test_each_fact_stands_in_its_note() -> None:
    texts = {path: normalised(read_note(path)) for path in NOTES}
    lost = [row for row in FACT_ROWS if not re.search(row["pattern"], texts[row["note"]], re.IGNORECASE)]
    assert lost == []


def test_the_facts_are_told_apart_and_cover_every_note_of_the_talk() -> None:
    assert len({row["fact"] for row in FACT_ROWS}) == len(FACT_ROWS) >= 110
    digests = {"index.md", "ai-work/three-shifts.md"}  # these only repeat what other notes hold
    assert {row["note"] for row in FACT_ROWS} == set(NOTES) - digests


def front_matter_faults(path: str) -> Iterator[str]:
    """What is wrong with the front matter and the title of a note."""
    before, front_matter, _ = read_note(path).split("---\n", 2)
    fields = yaml.safe_load(front_matter)
    if before:
        yield f"{before!r} stands before the front matter"
    if set(fields) != {"title", "date", "tags", "speaker"}:
        yield f"the fields are {sorted(fields)}"
    for name in ("title", "tags"):
        if not fields.get(name):
            yield f"{name} is empty"
    for name, value in (("date", "2026-11-22"), ("speaker", "Jason Wei (OpenAI)")):
        if str(fields.get(name)) != value:
            yield f"{name} is {fields.get(name)}"
    if (titles := re.findall(r"^# (.+)$", body(path), re.MULTILINE)) != [fields.get("title")]:
        yield f"the titles in the text are {titles}"


def test_each_note_has_its_front_matter_and_one_title() -> None:
    assert [f"{path}: {fault}" for path in NOTES for fault in front_matter_faults(path)] == []


def markdown_targets(path: str) -> Iterator[tuple[Path, str]]:
    """File and anchor of each relative Markdown link of a note."""
    for target in MARKDOWN_LINK.findall(read_note(path)):
        if "://" not in target:
            file, _, anchor = target.partition("#")
            yield (CORPUS / path).parent / file, anchor


def wikilink_targets(path: str) -> Iterator[tuple[list[str], str]]:
    """The notes that each wikilink of a note may mean, and its heading."""
    for name, heading in WIKILINK.findall(read_note(path)):
        yield [note for note in NOTES if Path(note).stem == name], heading


def headings(file: Path) -> list[str]:
    """The headings of a note; none where there is no such file."""
    return HEADING.findall(file.read_text(encoding="utf-8")) if file.is_file() else []


def test_each_relative_link_leads_to_a_note_and_heading() -> None:
    links = [(path, file, anchor) for path in NOTES for file, anchor in markdown_targets(path)]
    assert [link for link in links if not link[1].is_file()] == []
    assert [
        (path, file, anchor) for path, file, anchor in links if anchor and anchor not in map(slug, headings(file))
    ] == []


def test_each_wikilink_leads_to_exactly_one_note_and_heading() -> None:
    links = [(path, notes, heading) for path in NOTES for notes, heading in wikilink_targets(path)]
    assert [link for link in links if len(link[1]) != 1] == []
    assert [
        (path, notes, heading)
        for path, notes, heading in links
        if heading and heading not in headings(CORPUS / notes[0])
    ] == []


def test_both_kinds_of_link_are_in_use_and_every_note_is_reached_from_the_index() -> None:
    reached = {file.resolve().relative_to(CORPUS.resolve()).as_posix() for file, _ in markdown_targets("index.md")}
    assert reached == set(NOTES) - {"index.md"}
    assert any(list(wikilink_targets(path)) for path in NOTES)


def conversation(row: dict[str, Any]) -> tuple[str, ...]:
    """The whole conversation: earlier turns and the question, in lower case."""
    return tuple(turn.casefold() for turn in (*row.get("turns", []), row["question"]))


def stripped(line: str) -> str:
    """A line of a note without its bullet."""
    return line.strip().removeprefix("- ")


def sections(path: str) -> list[str]:
    """The parts of a note between its headings."""
    return re.split(r"^#{1,6} .+$", body(path), flags=re.MULTILINE)


def test_the_questions_are_read_as_cases() -> None:
    assert [case.id for case in read_cases(QUESTIONS)] == [row["id"] for row in QUESTION_ROWS]


def test_each_question_is_told_apart_by_its_id_and_by_what_was_asked() -> None:
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["id"]) for row in QUESTION_ROWS)
    assert len({row["id"] for row in QUESTION_ROWS}) == len(QUESTION_ROWS)
    assert len({conversation(row) for row in QUESTION_ROWS}) == len(QUESTION_ROWS)


def test_the_keys_of_a_question_stand_in_one_order() -> None:
    for row in QUESTION_ROWS:
        assert list(row) == [key for key in KEYS if key != "turns" or row["kind"] == "follow-up"]
        for piece in row["evidence"]:
            assert list(piece) in (["path", "quote"], ["path", "quote", "group"])


def test_each_kind_has_enough_questions_and_a_quarter_has_no_answer() -> None:
    counts = Counter(row["kind"] for row in QUESTION_ROWS)
    assert set(counts) == set(LEAST)
    assert all(counts[kind] >= least for kind, least in LEAST.items()), counts
    assert counts.total() >= 170
    assert (counts["near-topic"] + counts["off-topic"]) * 4 >= counts.total()


def test_only_near_topic_and_off_topic_questions_have_no_answer_and_no_evidence() -> None:
    for row in QUESTION_ROWS:
        assert row["answerable"] == (row["kind"] not in {"near-topic", "off-topic"}) == bool(row["pattern"])
        assert row["answerable"] == bool(row["evidence"]), row["id"]


def test_each_quote_stands_once_in_its_note() -> None:
    wrong = []
    for row in ANSWERABLE:
        for piece in row["evidence"]:
            assert piece["path"].startswith("corpus/"), row["id"]
            if (times := read_note(piece["path"].removeprefix("corpus/")).count(piece["quote"])) != 1:
                wrong.append((row["id"], piece, times))
    assert wrong == []


def test_alternatives_are_at_least_two_and_none_stands_twice() -> None:
    alone, twice = [], []
    for row in ANSWERABLE:
        groups = Counter(piece["group"] for piece in row["evidence"] if "group" in piece)
        alone += [(row["id"], group) for group, count in groups.items() if count == 1]
        pieces = Counter(tuple(piece.items()) for piece in row["evidence"])
        twice += [(row["id"], piece) for piece, count in pieces.items() if count > 1]
    assert alone == []
    assert twice == []


def test_the_evidence_of_a_question_matches_its_pattern() -> None:
    unmatched = []
    for row in ANSWERABLE:
        quotes = "\n".join(piece["quote"] for piece in row["evidence"])
        if not re.search(row["pattern"], quotes, re.IGNORECASE):
            unmatched.append((row["id"], row["pattern"], quotes))
    assert unmatched == []
    assert [row["id"] for row in ANSWERABLE if re.search(row["pattern"], "", re.IGNORECASE)] == []


def test_a_pattern_matches_nothing_in_the_notes_but_the_evidence() -> None:
    others = []
    for row in ANSWERABLE:
        quotes = [piece["quote"] for piece in row["evidence"]]
        pattern = re.compile(row["pattern"], re.IGNORECASE)
        for path in NOTES:
            if "(?=" not in row["pattern"]:  # else it asks for several lines, and no line says it all
                matching = [line for line in body(path).splitlines() if pattern.search(line)]
                others += [
                    (row["id"], path, line)
                    for line in matching
                    if not any(stripped(line) in quote or quote in line for quote in quotes)
                ]
            elif any(map(pattern.search, sections(path))) and f"corpus/{path}" not in {
                piece["path"] for piece in row["evidence"]
            }:
                others.append((row["id"], path, "a section"))
    assert others == []


def test_a_paraphrase_shares_no_content_word_with_its_evidence() -> None:
    shared = {}
    for row in ANSWERABLE:
        if row["kind"] == "paraphrase":
            quoted = {term for piece in row["evidence"] for term in content_terms(piece["quote"])}
            shared[row["id"]] = set(content_terms(row["question"])) & quoted
    assert {name: terms for name, terms in shared.items() if terms} == {}


def test_a_question_with_typos_has_a_word_that_is_almost_one_of_the_notes() -> None:
    known = {word for path in NOTES for word in words(read_note(path))}
    spelled = []
    for row in ANSWERABLE:
        unknown = set(words(row["question"])) - known
        if row["kind"] == "typo" and not any(get_close_matches(word, known, n=1, cutoff=0.75) for word in unknown):
            spelled.append(row["question"])
    assert spelled == []


if SOURCES.is_dir():

    def test_no_sentence_of_the_sources_is_copied() -> None:
        length = LONGEST_SHARED_RUN + 1
        lines = [line for file in SOURCES.glob("talk-notes*") for line in file.read_text(encoding="utf-8").splitlines()]
        sources = {run for line in lines for run in runs(line, length)}
        copied = {path: (runs(read_note(path), length) & sources) - SHARED_TERMS for path in NOTES}
        assert {path: found for path, found in copied.items() if found} == {}
