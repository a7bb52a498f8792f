"""What a run of cases found, as records that are kept in files."""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError, field_validator, model_validator

from rag_bot.errors import UsageError, reason_of
from rag_bot.evaluation.cases import Case, Evidence
from rag_bot.files import save_text
from rag_bot.records import ANSWERED, CLOSEST, EARLIER_SUPPORTS, NONE, Sentence, support_words
from rag_bot.settings import Settings

FORMAT = "rag-bot result 1"
FOLDER = "evaluations"
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Expected:
    """A piece of evidence and where it stands in the index; `problem` says why it is not found there, else ""."""

    evidence: Evidence
    location: str
    problem: str


@dataclass(frozen=True, slots=True)
class RetrievedPassage:
    """A passage that the search gave. `pieces` are the numbers of the pieces of evidence it holds, from 0.

    `text` is its beginning. `dense_rank` and `word_rank` count from 1; None where that search did not find it.
    """

    rank: int
    location: str
    text: str
    score: float
    pieces: tuple[int, ...]
    dense_rank: int | None
    word_rank: int | None


@dataclass(frozen=True, slots=True)
class Cited:
    """A line that the answer quotes. `relevant`: it counts as right for the citation precision."""

    location: str
    text: str
    score: float
    relevant: bool


@dataclass(frozen=True, slots=True)
class Prose:
    """What a language model made of a question.

    `sentences` are those it wrote, as they were checked; `shown` is "prose", or "quotes" where these answered in its
    place; `notice` says why. `first_words_ms` and the tokens are None where the model wrote nothing or does not say.
    """

    shown: str
    notice: str
    sentences: tuple[Sentence, ...]
    first_words_ms: float | None
    prompt_tokens: int | None
    answer_tokens: int | None

    @field_validator("sentences")
    @classmethod
    def _of_an_earlier_version(cls, sentences: tuple[Sentence, ...]) -> tuple[Sentence, ...]:
        """Two supports once had other names."""
        return tuple(replace(one, support=EARLIER_SUPPORTS.get(one.support, one.support)) for one in sentences)

    @property
    def text(self) -> str:
        """What the model wrote, each sentence that the notes do not say in these words with its mark behind it."""
        marked = ((sentence.text, support_words(sentence.support)) for sentence in self.sentences)
        return " ".join(f"{text} ({mark})" if mark else text for text, mark in marked)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one case got. `scores` has each measure that applies to the case, by its name, in [0, 1].

    `verdict` is the answer's: "answered", "closest" or "none". `right`: the answer matches the pattern; for a case
    without an answer: it claimed no more than there is (see `scores`). `hits` are the first ten; `prose` is what a
    language model wrote, where one was asked.
    """

    case: Case
    expected: tuple[Expected, ...]
    right: bool
    verdict: Annotated[str, Field(pattern=f"^({ANSWERED}|{CLOSEST}|{NONE})$")]
    confidence: float
    citations: tuple[Cited, ...]
    hits: tuple[RetrievedPassage, ...]
    scores: Mapping[str, float]
    seconds: float
    prose: Prose | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_an_earlier_version(cls, values: Any) -> Any:
        """Results were once saved with `abstained` in place of the verdict."""
        if isinstance(values, dict) and "verdict" not in values and "abstained" in values:
            return values | {"verdict": NONE if values["abstained"] else ANSWERED}
        return values

    @property
    def missing(self) -> tuple[Expected, ...]:
        """The evidence that no longer stands in its note."""
        return tuple(piece for piece in self.expected if piece.problem)


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """Which index was asked."""

    model: str
    fingerprint: str
    generation: str
    notes: int
    passages: int


@dataclass(frozen=True, slots=True)
class Result:
    """A run of a file of cases: what was asked, with which settings, of which index, and what came back.

    `cases_file` is the file's name without folders, `made` the time in UTC, `commit` that of the working folder where
    it is under git ("+" behind it: with changes), `versions` those of the packages that matter.
    """

    cases_file: str
    made: str
    settings: Mapping[str, Any]
    index: IndexFacts
    commit: str
    versions: Mapping[str, str]
    outcomes: tuple[Outcome, ...]
    format: str = FORMAT

    @property
    def name(self) -> str:
        """A name for files and lists: when it was made, of what."""
        return f"{self.made.replace(':', '').removesuffix('Z')}-{Path(self.cases_file).stem}"


_RESULT: TypeAdapter[Result] = TypeAdapter(Result)


def result_json(result: Result) -> str:
    """The text that `read_result` reads."""
    return _RESULT.dump_json(result, indent=1).decode() + "\n"


def read_result(path: Path) -> Result:
    """A result that was saved.

    Raises:
        UsageError: the file can't be read, is no result, or is one of another version.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The result {path} cannot be read: {reason_of(error)}.") from error
    try:
        result = _RESULT.validate_json(text)
    except ValidationError as error:
        raise UsageError(f"{path} is no result of this version. Make one with `rag-bot eval run --save`.") from error
    if result.format != FORMAT:
        raise UsageError(f"{path} is a {result.format!r}, this version reads {FORMAT!r}. Run it again.")
    try:
        datetime.datetime.strptime(result.made, _TIME).replace(tzinfo=datetime.UTC).astimezone()
    except (ValueError, OverflowError) as error:  # the year 1 may not have a time here
        raise UsageError(
            f"{path} was made at {result.made!r}, which is no time like 2026-11-22T10:30:00Z. Run it again."
        ) from error
    return result


def save_result(result: Result, path: Path) -> None:
    """Write a result, whole or not at all.

    Raises:
        UsageError: it can't be written there.
    """
    save_text(path, result_json(result))


def beside_index(settings: Settings, kind: str) -> Path:
    """The folder for a person's own files of this kind, beside the index and called as it is. Not made here."""
    return settings.index.parent / kind / settings.index.name


def make_private(folder: Path) -> None:
    """A folder of `beside_index`, and the one of its kind, for nobody else to read, where there are none.

    Raises:
        OSError: they can't be made.
    """
    folder.parent.parent.mkdir(parents=True, exist_ok=True)
    for level in (folder.parent, folder):
        level.mkdir(mode=0o700, exist_ok=True)


def results_folder(settings: Settings) -> Path:
    """Where results of this index are kept: beside it, for nobody else to read. Made where there is none."""
    folder = beside_index(settings, FOLDER)
    make_private(folder)
    return folder


def keep_result(result: Result, settings: Settings) -> Path:
    """Save a result among the others; older ones stay. Gives the file."""
    folder = results_folder(settings)
    names = (f"{result.name}{f'-{number}' if number > 1 else ''}.json" for number in range(1, 10_000))
    path = next(path for path in (folder / name for name in names) if not path.exists())
    save_result(result, path)
    return path


def kept_results(settings: Settings) -> list[Path]:
    """The files of the results that were kept, the newest first."""
    return sorted(results_folder(settings).glob("*.json"), reverse=True)


def now() -> str:
    """The time in UTC, as `2026-11-22T10:30:00Z`."""
    return time.strftime(_TIME, time.gmtime())
