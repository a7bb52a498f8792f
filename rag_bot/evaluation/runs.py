"""Asks every case and keeps what came back."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rag_bot.errors import UsageError
from rag_bot.evaluation.cases import Case
from rag_bot.evaluation.judge import Judge, Piece, hit_holds, relevant_quotes
from rag_bot.evaluation.results import Cited, Expected, Found, IndexFacts, Outcome, Result, now
from rag_bot.evaluation.scores import DEPTH, score_case
from rag_bot.evaluation.writing import conversation, stated, written
from rag_bot.library import Library
from rag_bot.llm import LanguageModel
from rag_bot.records import Answer, Hit
from rag_bot.settings import Settings

PACKAGES = ("rag-bot", "chromadb", "ir-measures", "numpy", "onnxruntime", "tantivy", "tokenizers")
_SHOWN = 300  # characters of a passage that are kept


def run_cases(
    library: Library,
    cases: Sequence[Case],
    *,
    file: str = "",
    llm: LanguageModel | None = None,
    on_case: Callable[[int], None] = lambda _: None,
) -> Result:
    """Ask all cases, in order; `on_case` hears how many are done. `file` is where they come from, for the result.

    With `llm` that model writes the answers.

    What `on_case` raises ends the run.

    Raises:
        UsageError: a question can't be asked; the message names the case.
        IndexUnusable: there is no index, or it is damaged.
    """
    library.warm_up()
    made, judge, outcomes = now(), Judge(library), []
    for done, case in enumerate(cases, start=1):
        outcomes.append(_run_case(library, judge, case, llm))
        on_case(done)
    return Result(
        cases_file=Path(file).name,
        made=made,
        settings=settings_facts(library.settings) | ({"llm": llm.label} if llm else {}),
        index=_index_facts(library),
        commit=commit(),
        versions=versions(),
        outcomes=tuple(outcomes),
    )


def _run_case(library: Library, judge: Judge, case: Case, llm: LanguageModel | None) -> Outcome:
    try:
        turns = conversation(library, case.turns) if llm else []
        began = time.perf_counter()
        answer, prose = written(library, case.question, turns, llm) if llm else (_quoted(library, case), None)
        seconds = time.perf_counter() - began
        searched, earlier = (answer.searched_for, ()) if llm else (case.question, case.turns)
        hits = library.search(searched, limit=DEPTH, earlier=earlier)
    except UsageError as error:
        raise UsageError(f"The case {case.id!r} cannot be asked: {error}") from error
    pieces = [judge.locate(one) for one in case.evidence]
    held = [tuple(number for number, piece in enumerate(pieces) if hit_holds(piece, hit)) for hit in hits]
    right = _is_right(case, answer)
    return Outcome(
        case=case,
        expected=tuple(Expected(piece.evidence, piece.location, piece.problem) for piece in pieces),
        right=right,
        abstained=answer.abstained,
        confidence=answer.confidence,
        citations=_cited(pieces, answer),
        hits=tuple(_found(hit, some) for hit, some in zip(hits, held, strict=True)),
        scores=score_case(case, pieces, answer, hits, held, right, prose),
        seconds=round(seconds, 4),
        prose=prose,
    )


def _quoted(library: Library, case: Case) -> Answer:
    return library.ask(case.question, earlier=case.turns)


def _is_right(case: Case, answer: Answer) -> bool:
    if not case.answerable:
        return answer.abstained
    return bool(answer.citations) and re.search(case.pattern, stated(answer), re.IGNORECASE) is not None


def _cited(pieces: Sequence[Piece], answer: Answer) -> tuple[Cited, ...]:
    quotes = [citation.quote for citation in answer.citations]
    return tuple(
        Cited(quote.location, quote.text, round(quote.score, 4), relevant)
        for quote, relevant in zip(quotes, relevant_quotes(pieces, quotes), strict=True)
    )


def _found(hit: Hit, pieces: tuple[int, ...]) -> Found:
    text, score = hit.chunk.text[:_SHOWN], round(hit.score, 4)
    return Found(hit.rank, hit.chunk.location, text, score, pieces, hit.why.dense_rank, hit.why.word_rank)


def settings_facts(settings: Settings) -> dict[str, Any]:
    """What may change an answer, without the paths of this machine."""
    return settings.retrieval.model_dump(mode="json") | {"chunk_tokens": settings.chunk_tokens}


def _index_facts(library: Library) -> IndexFacts:
    status = library.status(runs=1)
    model = Path(status.model).name
    return IndexFacts(model, status.fingerprint, library.generation(), status.notes, status.chunks)


def versions() -> dict[str, str]:
    """The versions of the packages that matter; "" for one that is not installed."""
    return {name: _version(name) for name in PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def commit() -> str:
    """The commit of the working folder, "+" behind it where something has changed since; "" without git."""
    try:
        found = _git("rev-parse", "--short=12", "HEAD")
        return f"{found}+" if found and _git("status", "--porcelain", "--untracked-files=no") else found
    except OSError:
        return ""


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
