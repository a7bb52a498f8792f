"""Collections in the layout of BEIR (Thakur et al. 2021, arXiv:2104.08663): documents, questions, judgements.

`corpus.jsonl` has {_id, title, text} in each line, `queries.jsonl` {_id, text}, `qrels/<split>.tsv` lines of question,
document and grade.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_bot.errors import UsageError
from rag_bot.evaluation.scores import Scores, rank_notes, score_rankings
from rag_bot.evaluation.sets.question_set import OnProgress, SetResult, file_digest, set_json
from rag_bot.files import write_whole
from rag_bot.ingestion.front_matter import read_front_matter
from rag_bot.library import Library
from rag_bot.markdown import LineIndex
from rag_bot.records import Hit, Progress
from rag_bot.settings import Settings

MEASURES = ("nDCG@10", "R@10", "R@100", "RR")
"""The first is the one that BEIR reports."""
MOST_PASSAGES = 100  # R@100 looks at no more
NOTES_VERSION = 1
NOTES_FOLDER = "notes"
_PER_FOLDER = 1000  # files, so that no folder is slow to list; by eye
_MAP_NAME = "documents.json"


@dataclass(frozen=True, slots=True)
class BeirSet:
    """One split of a collection. `judged` are grades by question and document, `documents` the ids by note path."""

    name: str
    split: str
    folder: Path
    digest: str
    questions: Mapping[str, str]
    judged: Mapping[str, Mapping[str, int]]
    documents: Mapping[str, str]
    measures: tuple[str, ...] = MEASURES

    def limit(self, settings: Settings) -> int:
        """No more than are fused anyway: asking for more would change their order."""
        return min(settings.retrieval.candidates, MOST_PASSAGES)

    def folders(self, work: Path, on_progress: OnProgress) -> Sequence[Path]:
        texts = ((title, text) for _, title, text in _documents(self.folder / "corpus.jsonl"))
        return [write_notes(texts, self.documents, work, on_progress)]

    def index(self, settings: Settings) -> Path | None:  # noqa: ARG002 - it has notes of its own
        return None

    def results_of(self, question_id: str, hits: Sequence[Hit], library: Library) -> list[Any]:  # noqa: ARG002
        """The documents, best first."""
        return [self.documents[path] for path in rank_notes(hits)]

    def score(self, results: Mapping[str, list[Any]]) -> Scores:
        return score_rankings(self.judged, results, self.measures)


def read_beir(folder: Path, split: str = "test") -> BeirSet:
    """The collection in this folder.

    Raises:
        UsageError: a file is missing, a line is not what it should be, or there is no such split.
    """
    corpus, qrels = folder / "corpus.jsonl", folder / "qrels" / f"{split}.tsv"
    if not qrels.is_file():
        splits = sorted(path.stem for path in (folder / "qrels").glob("*.tsv"))
        remedy = f"It has {', '.join(splits)}." if splits else "A BEIR set has qrels/<split>.tsv; give its folder."
        raise UsageError(f"{folder} has no judgements for the split {split!r}. {remedy}")
    documents = _by_id(((id_, id_) for id_, _, _ in _documents(corpus)), corpus)
    judged = _judgements(qrels)
    queries = folder / "queries.jsonl"
    texts = _by_id(((str(v["_id"]), str(v["text"])) for _, v in read_lines(queries, keys=("_id", "text"))), queries)
    if unknown := [question for question in judged if question not in texts]:
        raise UsageError(f"{qrels} judges {len(unknown):,} questions that {queries} has not, such as {unknown[0]!r}.")
    return BeirSet(
        name=folder.resolve().name,
        split=split,
        folder=folder,
        digest=f"{file_digest(corpus)[:12]}{NOTES_VERSION}",
        questions={question: texts[question] for question in judged},
        judged=judged,
        documents={note_path(number): id_ for number, id_ in enumerate(documents)},
    )


def beir_json(beir: BeirSet, result: SetResult) -> dict[str, Any]:
    """What came of asking it, without the questions; `with_questions` adds them."""
    judged = {document for grades in beir.judged.values() for document in grades}
    counts = {"documents": len(beir.documents), "judged_and_missing": len(judged - {*beir.documents.values()})}
    return {"kind": "beir", "set": beir.name, "split": beir.split, **set_json(result, beir.measures, counts)}


def note_path(number: int) -> str:
    """The path by which the index knows it."""
    return f"{NOTES_FOLDER}/{_note_name(number)}"


def document_as_note(title: str, text: str) -> str:
    """The document as Markdown. Front matter stays first; a title that the text gives itself is not given twice."""
    title = " ".join(title.split())
    front = read_front_matter(text)
    lines = LineIndex.of(text).starts
    start = lines[front.body_start_line - 1] if front.body_start_line <= len(lines) else len(text)
    head, body = text[:start], text[start:].strip()
    if head and not head.endswith(("\n", "\r")):
        head += "\n"
    if title and str(front.values.get("title", "")).strip() != title:
        end = LineIndex.of(body).ends[0]
        own_heading = " ".join(body[:end].lstrip("#").split())
        body = f"# {title}{body[end:]}" if own_heading == title else f"# {title}\n\n{body}".rstrip()
    return f"{head}{body}\n"


def write_notes(
    documents: Iterable[tuple[str, str]], ids: Mapping[str, str], work: Path, on_progress: OnProgress
) -> Path:
    """The folder with the notes of these titles and texts, written unless it is complete already.

    `ids` are the documents by note path, in the same order; they are saved beside the notes once all are written.
    """
    folder, saved = work / NOTES_FOLDER, work / _MAP_NAME
    if saved.is_file():
        return folder
    for number, (title, text) in enumerate(documents):
        file = folder / _note_name(number)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(document_as_note(title, text).encode("utf-8", "replace"))
        on_progress(Progress("documents", number + 1, len(ids)))
    write_whole(saved, json.dumps(ids, ensure_ascii=False))
    return folder


def read_lines(path: Path, *, keys: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place and content of each line of a file of JSON objects that have these keys.

    Raises:
        UsageError: the file can't be read, or a line is no such object; the message names it.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield f"{path}:{number}", _object(line, f"{path}:{number}", keys)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{path} cannot be read: {reason}. Give the folder of a complete set.") from error


def _object(line: str, place: str, keys: Sequence[str]) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except ValueError as error:
        raise UsageError(f"{place} is not JSON: {error}. Mend or remove the line.") from error
    missing = [key for key in keys if not (isinstance(values, dict) and key in values)]
    if missing:
        raise UsageError(f"{place} has no {missing[0]!r}; each line must be an object with {', '.join(keys)}.")
    return dict(values)


def _documents(corpus: Path) -> Iterator[tuple[str, str, str]]:
    for _, values in read_lines(corpus, keys=("_id", "text")):
        yield str(values["_id"]), str(values.get("title") or ""), str(values["text"] or "")


def _by_id(pairs: Iterator[tuple[str, str]], path: Path) -> dict[str, str]:
    values: dict[str, str] = {}
    for id_, value in pairs:
        if id_ in values:
            raise UsageError(f"{path} has the id {id_!r} twice; each must be there once.")
        values[id_] = value
    if not values:
        raise UsageError(f"{path} is empty.")
    return values


def _judgements(qrels: Path) -> dict[str, dict[str, int]]:
    judged: dict[str, dict[str, int]] = defaultdict(dict)
    for number, line in enumerate(qrels.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        fields = line.split("\t")
        if not line.strip() or (number == 1 and not _is_grade(fields[-1])):
            continue
        if len(fields) != 3 or not _is_grade(fields[2]):
            raise UsageError(f"{qrels}:{number} is no judgement; each line has a question, a document and a number.")
        judged[fields[0]][fields[1]] = int(fields[2])
    if not judged:
        raise UsageError(f"{qrels} holds no judgements.")
    return dict(judged)


def _is_grade(text: str) -> bool:
    return text.strip().removeprefix("-").isdigit()


def _note_name(number: int) -> str:
    """The file of the document of this number, below the folder of notes: `003/003017.md`."""
    return f"{number // _PER_FOLDER:03d}/{number:06d}.md"
