"""Questions with known answers, one JSON object a line.

Evidence names a note and a verbatim quote of it, so that cases survive another way of cutting the notes into chunks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from rag_bot.errors import UsageError
from rag_bot.evaluation.patterns import any_pattern, sentences_of
from rag_bot.markdown import LineIndex

NEAR_TOPIC, OFF_TOPIC = "near-topic", "off-topic"
"""Kinds of questions without an answer: about the subjects of the notes, and about something else."""

Split = Literal["dev", "test"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A note's path and text that stands in it. Pieces of one `group` are alternatives: one of them suffices."""

    path: str
    quote: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A question, what its answer must match (a regular expression), and where that stands; or not answerable.

    `turns` are the questions asked before it in the same conversation, the oldest first.
    """

    id: str
    question: str
    kind: str
    answerable: bool
    pattern: str
    evidence: tuple[Evidence, ...]
    turns: tuple[str, ...] = ()

    @property
    def split(self) -> Split:
        """Half of all cases are for development, the others for tests; which, hangs on nothing but the id."""
        return "test" if sha256(self.id.encode()).digest()[0] % 2 else "dev"


_CASE: TypeAdapter[Case] = TypeAdapter(Case)
_NAMED = 10  # faults of a file that are named
_SHOWN = 80  # characters of a question or a pattern that is named


def needs(evidence: Sequence[Evidence]) -> list[tuple[int, ...]]:
    """What must be found: for each need the numbers of the pieces, from 0, any of which meets it.

    A group is one need, and so is each piece without a group.
    """
    members: dict[str | int, list[int]] = {}
    for number, piece in enumerate(evidence):
        members.setdefault(piece.group or number, []).append(number)
    return [tuple(some) for some in members.values()]


def read_cases(path: Path) -> list[Case]:
    """The cases of a file.

    Raises:
        UsageError: the file is missing, holds no cases, or lines are no cases or repeat an id; the message names all
            faults, up to ten, each with its line.
    """
    found = list(_read(path))
    if faults := [one for one in found if isinstance(one, _Fault)]:
        raise UsageError(_faults_text(path, faults))
    if not found:
        raise UsageError(f"{path} holds no questions.")
    return [one for one in found if isinstance(one, Case)]


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
    return [path for path in sorted(folder.glob("*.jsonl")) if _holds_cases(path)]


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

    `find_text` gives the text of a note by its path, None where it is not indexed (`note_text(library)`). A line
    with several sentences makes a piece of each, one of which suffices. The default pattern is any sentence of the
    first place, with any white space between its words.

    Raises:
        UsageError: a place is none, its note is not indexed, its lines are not in the note or blank; the pattern is no
            regular expression; the question has no word in it.
    """
    evidence = tuple(piece for place in places for piece in _quoted(find_text, place))
    return case_of(question, evidence, pattern=pattern, kind=kind, turns=turns)


def case_of(
    question: str, evidence: tuple[Evidence, ...], *, pattern: str = "", kind: str = "", turns: tuple[str, ...] = ()
) -> Case:
    """As `make_case`, from evidence that is there already."""
    if evidence and not pattern:
        first = [evidence[number] for number in needs(evidence)[0]]
        pattern = any_pattern(quote for one in first for quote in sentences_of(one.quote, one.path))
    kind = kind or ("fact" if evidence else NEAR_TOPIC)
    case = Case(_slug(question), " ".join(question.split()), kind, bool(evidence), pattern, evidence, turns)
    if problems := _problems(case):
        raise UsageError(f"This makes no case: {'; '.join(problems)}.")
    return case


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
            ended = _ends_with_newline(path)
            file.write((("" if ended else "\n") + case_line(case)).encode())
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}. Choose another with --to.") from error
    return case


def _cases_in(path: Path) -> list[Case]:
    """The cases of a file; none of one that is not there or empty."""
    return read_cases(path) if path.is_file() and path.read_bytes().strip() else []


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The questions {path} cannot be read: {error}. Give a file of one JSON object a line."
        ) from error
    return ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with a line of a file of cases."""

    line: int
    said: str


def _read(path: Path) -> Iterator[Case | _Fault]:
    """Every line as a case, or what is wrong with it. Raises UsageError where the file cannot be read."""
    seen: dict[str, int] = {}
    for number, line in _lines(path):
        try:
            case = _CASE.validate_json(line)
        except ValidationError as error:
            named = (f"{'.'.join(map(str, one['loc']))} {one['msg']}".strip() for one in error.errors())
            yield from (_Fault(number, f"is no case: {said}") for said in named)
            continue
        if case.id and case.id in seen:
            yield _Fault(number, f"repeats the id {case.id!r} of line {seen[case.id]}")
        problems = _problems(case)
        yield from (_Fault(number, f"is no case: {problem}") for problem in problems)
        if not problems:
            yield case
        seen.setdefault(case.id, number)


def _faults_text(path: Path, faults: Sequence[_Fault]) -> str:
    """One line that names the file once, and each fault with its line."""
    said = [f"line {fault.line} {fault.said}" for fault in faults[:_NAMED]]
    said[0] = f"{path}:{faults[0].line} {faults[0].said}"
    more = [f"and {len(faults) - _NAMED:,} more"] if len(faults) > _NAMED else []
    return f"{'; '.join([*said, *more])}. Mend {'them' if len(faults) > 1 else 'it'}, and run again."


def _problems(case: Case) -> list[str]:
    """All that makes a case useless, in words."""
    found = []
    if not any(map(str.isalnum, case.question)):
        found.append(f"the question {_short(case.question)} has no word in it")
    if not case.id:
        found.append("its id is empty")
    if case.answerable and not case.pattern:
        found.append("it is answerable, but has no pattern that a right answer matches")
    try:
        re.compile(case.pattern)
    except (re.error, OverflowError, RecursionError) as error:
        found.append(f"the pattern {_short(case.pattern)} is no regular expression: {error}")
    return found


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def _holds_cases(path: Path) -> bool:
    """Reads no further than the first line that is none."""
    holds = False
    try:
        for one in _read(path):
            if isinstance(one, _Fault):
                return False
            holds = True
    except UsageError:
        return False
    return holds


def _quoted(find_text: Callable[[str], str | None], place: str) -> tuple[Evidence, ...]:
    """The lines of a note that a place names, verbatim, without white space around; of one line its sentences."""
    found = re.fullmatch(r"(.+):(\d+)(?:-(\d+))?", place)
    if not found:
        raise UsageError(f"{place!r} is no place. Give a note and its lines, as in notes/a.md:12-15.")
    path, start, end = found[1], int(found[2]), int(found[3] or found[2])
    text = find_text(path)
    if text is None:
        raise UsageError(f"The note {path} is not indexed. Write its path as `rag-bot search` shows it.")
    lines = LineIndex.of(text)
    if not 1 <= start <= end <= len(lines.starts):
        raise UsageError(f"{place} is not in the note, which has the lines 1 to {len(lines.starts)}.")
    quote = text[lines.starts[start - 1] : lines.ends[end - 1]].strip()
    if not any(map(str.isalnum, quote)):
        raise UsageError(f"There is no word in {place}. Name the lines that hold the answer.")
    said = sentences_of(quote, path) if start == end else (quote,)  # a line can't be named in part, lines are meant
    return tuple(Evidence(path, one, place if len(said) > 1 else "") for one in said)


def _slug(question: str) -> str:
    """The first words of a question, as in `how-many-tasks-are`; accents and other scripts are kept."""
    return "-".join(re.findall(r"\w+", question.lower())[:8])[:60]


def case_line(case: Case) -> str:
    """A case as a line of a file, with its line end."""
    values = asdict(case)
    if not case.turns:
        del values["turns"]
    for piece in values["evidence"]:
        if not piece["group"]:
            del piece["group"]
    return json.dumps(values, ensure_ascii=False) + "\n"


def _ends_with_newline(path: Path) -> bool:
    """Whether a file is empty or ends with a line end."""
    return path.read_bytes()[-1:] in (b"", b"\n")
