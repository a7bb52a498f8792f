"""Questions with known answers, one JSON object a line.

Evidence names a note and a verbatim quote of it, so that cases survive another way of cutting the notes into chunks.
"""

from __future__ import annotations

import datetime
import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

import regex
from pydantic import Field, TypeAdapter

from rag_bot.errors import UsageError
from rag_bot.evaluation.json_lines import Fault, JsonLines
from rag_bot.markdown import Kind, LineIndex, parse_note, quotable_lines
from rag_bot.records import ALL_NOTES, Filters, split_location

NEAR_TOPIC, OFF_TOPIC = "near-topic", "off-topic"
"""Kinds of questions without an answer: about the subjects of the notes, and about something else."""

Split = Literal["dev", "test"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A note's path and text that stands in it. Pieces of one `group` are alternatives: one of them suffices.

    The path begins with the name of the folder of notes, as everywhere, or below it.
    """

    path: str
    quote: str
    group: Annotated[str, Field(coerce_numbers_to_str=True)] = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A question, what its answer must match (a regular expression), and where that stands; or not answerable.

    `turns` are the questions asked before it in the same conversation, the oldest first; `date` is the day that it is
    asked on, as in "2026-04-02", "" for the day of the run; `filters` are what the notes that it is asked of pass.
    """

    id: str
    question: str
    kind: str
    answerable: bool
    pattern: str = ""
    evidence: tuple[Evidence, ...] = ()
    turns: tuple[str, ...] = ()
    date: str = ""
    filters: Filters = ALL_NOTES

    @property
    def day(self) -> datetime.date | None:
        """Raises ValueError where the date is no day."""
        return datetime.datetime.strptime(self.date, "%Y-%m-%d").date() if self.date else None

    @property
    def split(self) -> Split:
        return split_of(self.id)

    def is_matched_by(self, text: str) -> bool:
        """Whether the pattern is found in a text, upper and lower case alike.

        Raises UsageError where looking for it takes too long: a pattern such as `(a+)+$` may try for a lifetime.
        """
        try:
            found = regex.search(self.pattern, text, regex.IGNORECASE, timeout=_LONGEST_SEARCH)
        except TimeoutError as error:
            raise UsageError(
                f"The case {self.id!r} cannot be judged: its pattern {_short(self.pattern)} takes more than "
                f"{_LONGEST_SEARCH} seconds on an answer. Write it without a repetition inside a repetition."
            ) from error
        return found is not None


_SHOWN = 80  # characters of a question or a pattern that is named; by eye
_FEWEST_CHARACTERS = 4  # letters and digits of a sentence that tells something: "No." stands in many lines
_LONGEST_SEARCH = 2  # seconds for a pattern in one answer, far above what one takes; set by hand
# Characters of a pattern with its counted repetitions written out, as `regex` compiles it: up to 1 s and 270 MB.
_LONGEST_WRITTEN_OUT = 1_000_000
_COUNTED = re.compile(r"\\.|\{(\d{1,9})", re.DOTALL)  # an escaped character, or the least number of `{2,5}`
_SLUG_WORDS, _SLUG_CHARACTERS = 8, 60  # of an id that is made from a question; by eye


def split_of(identity: str) -> Split:
    """Half of all cases and questions are for development, the others for tests; which, hangs on nothing but the id."""
    return "test" if sha256(identity.encode()).digest()[0] % 2 else "dev"


def needs(evidence: Sequence[Evidence]) -> list[tuple[int, ...]]:
    """What must be found: for each need the numbers of the pieces, from 0, any of which meets it.

    A group is one need, and so is each piece without a group.
    """
    members: dict[str | int, list[int]] = {}
    for number, piece in enumerate(evidence):
        members.setdefault(piece.group or number, []).append(number)
    return [tuple(numbers) for numbers in members.values()]


def read_cases(path: Path) -> list[Case]:
    """The cases of a file. Raises UsageError as `JsonLines.read`."""
    return _CASES.read(path)


def select_cases(cases: list[Case], *, split: str = "all", kind: str | None = None) -> list[Case]:
    """The cases of one half ("dev" or "test", or "all") and of one kind.

    Raises:
        UsageError: there is no such half or kind, or no case is left.
    """
    kinds = sorted({case.kind for case in cases})
    if kind is not None and kind not in kinds:
        raise UsageError(f"There are no cases of kind {kind!r}. Kinds are: {', '.join(kinds)}.")
    if split not in ("dev", "test", "all"):
        raise UsageError(f"There is no split {split!r}. Splits are: dev, test, all.")
    left = [case for case in cases if split in ("all", case.split) and kind in (None, case.kind)]
    if not left:
        raise UsageError(f"No case is both in the split {split!r} and of kind {kind!r}. Try --split all.")
    return left


def case_files(folder: Path) -> list[Path]:
    """The files of cases in a folder, by name; other JSON Lines files are left out."""

    def holds_cases(path: Path) -> bool:
        holds = False
        try:
            for line in _CASES.lines(path):
                if isinstance(line, Fault):
                    return False  # it is read no further than that
                holds = True
        except UsageError:
            return False
        return holds

    return [path for path in sorted(folder.glob("*.jsonl")) if holds_cases(path)]


def make_case(
    find_text: Callable[[str], str | None],
    question: str,
    places: tuple[str, ...],
    *,
    pattern: str = "",
    kind: str = "",
    turns: tuple[str, ...] = (),
) -> Case:
    """A case whose evidence is what stands at these places (`notes/a.md:12-15`); without places, it has no answer.

    `find_text` gives the text of a note by its path, None where it is not indexed (`text_finder(library)`). A line
    with several sentences makes a piece of each, one of which suffices. The default pattern is any sentence of the
    first place, with any white space between its words.

    Raises:
        UsageError: a place is none, its note is not indexed, its lines are not in the note or blank; the pattern is no
            regular expression; the question has no word in it.
    """
    evidence = tuple(piece for place in places for piece in _evidence_at(find_text, place))
    return case_of_evidence(question, evidence, pattern=pattern, kind=kind, turns=turns)


def case_of_evidence(
    question: str, evidence: tuple[Evidence, ...], *, pattern: str = "", kind: str = "", turns: tuple[str, ...] = ()
) -> Case:
    """As `make_case`, from evidence that is there already."""
    if evidence and not pattern:
        first = [evidence[number] for number in needs(evidence)[0]]
        pattern = any_pattern(sentence for piece in first for sentence in sentences_of(piece.quote, piece.path))
    kind = kind or ("fact" if evidence else NEAR_TOPIC)
    # The first words, as in `how-many-tasks-are`; accents and other scripts are kept.
    slug = "-".join(re.findall(r"\w+", question.lower())[:_SLUG_WORDS])[:_SLUG_CHARACTERS]
    case = Case(slug, " ".join(question.split()), kind, bool(evidence), pattern, evidence, turns)
    if problems := _problems(case):
        raise UsageError(f"This makes no case: {'; '.join(problems)}.")
    return case


def quote_pattern(quote: str) -> str:
    """The regular expression of a quote, with any white space between its words."""
    return r"\s+".join(re.escape(word) for word in quote.split())


def any_pattern(quotes: Iterable[str]) -> str:
    """That of several quotes, one of which suffices; each is in it once."""
    return "|".join(dict.fromkeys(map(quote_pattern, quotes)))


def sentences_of(quote: str, path: str) -> tuple[str, ...]:
    """The sentences of a paragraph or a long bullet, as answers quote them; anything else of a note as it stands.

    `path` is the note's, which tells whether it is Markdown.
    """
    blocks = parse_note(path, quote)
    if len(blocks) != 1 or blocks[0].kind not in (Kind.PARAGRAPH, Kind.ITEM):
        return (quote,)
    sentences = [quote[line.span.start_char : line.span.end_char] for line in quotable_lines(quote, blocks)]
    return tuple(text for text in sentences if sum(map(str.isalnum, text)) >= _FEWEST_CHARACTERS) or (quote,)


def find_case(path: Path, case: Case) -> Case | None:
    """The case of a file that asks the same, after the same turns, and has the same answer; None where there is none.

    Raises:
        UsageError: the file is there and no file of cases.
    """
    return next((other for other in _cases_in(path) if replace(other, id=case.id, kind=case.kind) == case), None)


def append_case(path: Path, case: Case) -> Case:
    """Add a case to a file, which is made where there is none. Gives it back with an id that is its own in the file.

    Raises:
        UsageError: the file is there and no file of cases, or can't be written.
    """
    taken = {other.id for other in _cases_in(path)}
    names = (case.id if number == 1 else f"{case.id}-{number}" for number in range(1, len(taken) + 2))
    case = replace(case, id=next(name for name in names if name not in taken))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            ends_with_newline = path.read_bytes()[-1:] in (b"", b"\n")
            file.write((("" if ends_with_newline else "\n") + case_line(case)).encode())
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}. Choose another with --to.") from error
    return case


def case_line(case: Case) -> str:
    """A case as a line of a file, with its line end."""
    values = asdict(case)
    values["filters"] = {name: value for name, value in values["filters"].items() if value}
    for name in ("turns", "date", "filters"):
        if not values[name]:
            del values[name]
    for piece in values["evidence"]:
        if not piece["group"]:
            del piece["group"]
    return json.dumps(values, ensure_ascii=False, default=str) + "\n"


def _cases_in(path: Path) -> list[Case]:
    """The cases of a file; none of one that is not there or empty."""
    return read_cases(path) if path.is_file() and path.read_bytes().strip() else []


def _problems(case: Case) -> list[str]:
    """All that makes a case useless, in words."""
    problems = []
    if not any(map(str.isalnum, case.question)):
        problems.append(f"the question {_short(case.question)} has no word in it")
    if case.answerable and not case.pattern:
        problems.append("it is answerable, but has no pattern that a right answer matches")
    if fault := _pattern_fault(case.pattern):
        problems.append(f"the pattern {_short(case.pattern)} {fault}")
    try:
        _ = case.day
    except ValueError:
        problems.append(f"the date {_short(case.date)} is no day like 2026-04-02")
    return problems


def _pattern_fault(pattern: str) -> str:
    """What is wrong with a pattern, in words; "" for one that can be looked for."""
    counts = (int(count[1] or 1) or 1 for count in _COUNTED.finditer(pattern))
    if len(pattern) * math.prod(counts) > _LONGEST_WRITTEN_OUT:
        return f"is too long with its repetitions written out: at most {_LONGEST_WRITTEN_OUT:,} characters"
    try:
        regex.compile(pattern, regex.IGNORECASE)
    except (regex.error, OverflowError, RecursionError) as error:
        return f"is no regular expression: {error}"
    return ""


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def _evidence_at(find_text: Callable[[str], str | None], place: str) -> tuple[Evidence, ...]:
    """The lines of a note that a place names, verbatim, without white space around; of one line its sentences."""
    try:
        path, start, end = split_location(place)
    except ValueError as error:
        raise UsageError(f"{place!r} is no place. Give a note and its lines, as in notes/a.md:12-15.") from error
    text = find_text(path)
    if text is None:
        raise UsageError(f"The note {path} is not indexed. Write its path as `rag-bot search` shows it.")
    lines = LineIndex.of(text)
    if not 1 <= start <= end <= len(lines.starts):
        raise UsageError(f"{place} is not in the note, which has the lines 1 to {len(lines.starts)}.")
    quote = text[lines.starts[start - 1] : lines.ends[end - 1]].strip()
    if not any(map(str.isalnum, quote)):
        raise UsageError(f"There is no word in {place}. Name the lines that hold the answer.")
    if start < end:
        return (Evidence(path, quote),)
    sentences = sentences_of(quote, path)  # a line can't be named in part, so that any of them may be meant
    return tuple(Evidence(path, sentence, place if len(sentences) > 1 else "") for sentence in sentences)


_CASES = JsonLines(TypeAdapter(Case), "case", "questions", _problems)
