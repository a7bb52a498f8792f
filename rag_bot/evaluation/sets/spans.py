"""Questions with the character spans that answer them: how much of the answer is retrieved, and how much else.

Measures by characters as Smith and Troynikov take them by tokens ("Evaluating Chunking Strategies for Retrieval",
Chroma 2024). `corpora/` has the notes, `queries_spans.jsonl` {_id, text, file, spans: [{start, end, content}]}.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_bot.errors import UsageError, reason_of
from rag_bot.evaluation.measures import figures
from rag_bot.evaluation.scores import Scores
from rag_bot.evaluation.sets.beir import read_lines
from rag_bot.evaluation.sets.question_set import (
    OnProgress,
    SetResult,
    file_digest,
    measured,
    set_json,
)
from rag_bot.library import Library
from rag_bot.records import Hit
from rag_bot.settings import Settings

TOP = 5  # passages, as Smith and Troynikov retrieve by default
MEASURES = ("recall", "precision", "IoU")
_FOLDER = "corpora"

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SpansSet:
    """`gold` are note path and spans of each question. `mismatched` names the questions with a span that its file
    does not have at that place; such a span counts for nothing, and a question without another is left out.
    """

    name: str
    folder: Path
    digest: str
    questions: Mapping[str, str]
    gold: Mapping[str, tuple[str, Spans]]
    mismatched: tuple[str, ...]
    top: int = TOP
    measures: tuple[str, ...] = MEASURES

    def limit(self, settings: Settings) -> int:  # noqa: ARG002 - the same for all settings
        return self.top

    def folders(self, work: Path, on_progress: OnProgress) -> Sequence[Path]:  # noqa: ARG002 - nothing is written
        return [self.folder / _FOLDER]

    def index(self, settings: Settings) -> Path | None:  # noqa: ARG002 - it has notes of its own
        return None

    def results_of(self, question_id: str, hits: Sequence[Hit], library: Library) -> list[Any]:  # noqa: ARG002
        """Note path, start and end of each passage."""
        return [[hit.chunk.note_path, hit.chunk.start_char, hit.chunk.end_char] for hit in hits]

    def score(self, results: Mapping[str, list[Any]]) -> Scores:
        return {question: score_spans(*self.gold[question], passages) for question, passages in results.items()}

    def by_file(self) -> dict[str, list[str]]:
        """The questions of each file."""
        files = defaultdict(list)
        for question, (path, _) in self.gold.items():
            files[path.removeprefix(f"{_FOLDER}/")].append(question)
        return dict(sorted(files.items()))


def score_spans(path: str, gold: Spans, passages: Iterable[Sequence[Any]]) -> dict[str, float]:
    """Share of the gold characters that are retrieved, of the retrieved that are gold, and of either that are both."""
    retrieved: dict[str, set[int]] = defaultdict(set)
    for name, start, end in passages:
        retrieved[name].update(range(start, end))
    wanted = {position for start, end in gold for position in range(start, end)}
    hit, total = len(wanted & retrieved[path]), sum(map(len, retrieved.values()))
    return {
        "recall": hit / len(wanted),
        "precision": hit / total if total else 0.0,
        "IoU": hit / (len(wanted) + total - hit),
    }


def read_spans(folder: Path, top: int = TOP) -> SpansSet:
    """The set in this folder, its `top` passages to be looked at.

    Raises:
        UsageError: a file is missing, a line is not what it should be, or no span stands where it is said to.
    """
    queries = folder / "queries_spans.jsonl"
    questions, gold, mismatched = {}, {}, []
    texts: dict[str, str] = {}
    for place, values in read_lines(queries, keys=("_id", "text", "file", "spans")):
        id_, file = str(values["_id"]), str(values["file"])
        if file not in texts:
            try:
                texts[file] = (folder / _FOLDER / file).read_bytes().decode("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise UsageError(
                    f"{place} names {folder / _FOLDER / file}, which cannot be read: {reason_of(error)}."
                ) from error
        spans = _spans(values["spans"], place)
        standing = tuple(
            (start, end) for start, end, content in spans if 0 <= start < end and texts[file][start:end] == content
        )
        if len(standing) < len(spans):
            mismatched.append(id_)
        if standing:
            questions[id_], gold[id_] = str(values["text"]), (f"{_FOLDER}/{file}", standing)
    if not questions:
        raise UsageError(f"{queries} has no question with a span that stands in its file.")
    files = sorted(path for path in (folder / _FOLDER).rglob("*") if path.is_file())
    digest = file_digest(*files)[:16]
    return SpansSet(folder.resolve().name, folder, digest, questions, gold, tuple(mismatched), top)


def spans_json(spans: SpansSet, result: SetResult) -> dict[str, Any]:
    """What came of asking it, without the questions; `with_questions` adds them."""
    by_file = {
        file: {name: figures(measured(result, name, questions)) for name in spans.measures}
        for file, questions in spans.by_file().items()
    }
    counts = {"mismatched": len(spans.mismatched)}
    facts = set_json(result, spans.measures, counts)
    return {"kind": "spans", "set": spans.name, "top": spans.top, **facts} | {
        "by_file": by_file,
        "mismatched": list(spans.mismatched),
    }


def _spans(values: Any, place: str) -> list[tuple[int, int, str]]:
    try:
        return [(int(span["start"]), int(span["end"]), str(span["content"])) for span in values]
    except (TypeError, ValueError, KeyError) as error:
        raise UsageError(
            f"{place} has a span without start, end or content: {type(error).__name__} {error}."
        ) from error
