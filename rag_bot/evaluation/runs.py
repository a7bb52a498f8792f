"""Asks every case and keeps what came back, with the settings as they are or with some given for this run."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from rag_bot.errors import UsageError
from rag_bot.evaluation.cases import Case
from rag_bot.evaluation.evidence import EvidenceFinder, hit_holds, relevant_quotes
from rag_bot.evaluation.results import Cited, Expected, IndexFacts, Outcome, Prose, Result, RetrievedPassage, now
from rag_bot.evaluation.scores import DEPTH, claims_no_more, score_case
from rag_bot.library import Library
from rag_bot.llm import LanguageModel
from rag_bot.records import PROSE, UNSUPPORTED, Answer, Turn
from rag_bot.settings import LlmSettings, RetrievalSettings, Settings

PACKAGES = ("rag-bot", "chromadb", "ir-measures", "numpy", "onnxruntime", "tantivy", "tokenizers")
INDEX_SETTINGS = ("model", "chunk_tokens")
"""The settings that decide what stands in an index."""
CHECK_SETTINGS = ("reader", "check_model")
"""The settings that decide what the checker calls a sentence."""
_KEPT_CHARACTERS = 300  # of a passage, so that a result stays small; by eye


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
    made, finder, outcomes = now(), EvidenceFinder(library), []
    for done, case in enumerate(cases, start=1):
        outcomes.append(_run_case(library, finder, case, llm))
        on_case(done)
    status = library.status(runs=1)
    model = Path(status.model).name
    return Result(
        cases_file=Path(file).name,
        made=made,
        settings=settings_facts(library.settings) | ({"llm": llm.label} if llm else {}),
        index=IndexFacts(model, status.fingerprint, library.generation(), status.notes, status.chunks),
        commit=commit(),
        versions=versions(),
        outcomes=tuple(outcomes),
    )


def _run_case(library: Library, finder: EvidenceFinder, case: Case, llm: LanguageModel | None) -> Outcome:
    filters = case.filters
    try:
        if llm:
            turns = _turns_by_quotes(library, case.turns)
            began = time.perf_counter()
            answer, prose = _written(library, case, turns, llm)
            seconds = time.perf_counter() - began
            hits = library.search(answer.searched_for, limit=DEPTH, filters=filters)
        else:
            began = time.perf_counter()
            answer, prose = library.ask(case.question, filters=filters, earlier=case.turns, today=case.day), None
            seconds = time.perf_counter() - began
            hits = library.search(case.question, limit=DEPTH, filters=filters, earlier=case.turns)
    except UsageError as error:
        raise UsageError(f"The case {case.id!r} cannot be asked: {error}") from error
    pieces = [finder.locate(evidence) for evidence in case.evidence]
    held = [tuple(number for number, piece in enumerate(pieces) if hit_holds(piece, hit)) for hit in hits]
    right = claims_no_more(case, answer)
    if case.answerable:
        right = bool(answer.citations) and case.is_matched_by(_stated(answer))
    quotes = [citation.quote for citation in answer.citations]
    return Outcome(
        case=case,
        expected=tuple(Expected(piece.evidence, piece.location, piece.problem) for piece in pieces),
        right=right,
        verdict=answer.verdict,
        confidence=answer.confidence,
        citations=tuple(
            Cited(quote.location, quote.text, round(quote.score, 4), relevant)
            for quote, relevant in zip(quotes, relevant_quotes(pieces, quotes), strict=True)
        ),
        hits=tuple(
            RetrievedPassage(
                rank=hit.rank,
                location=hit.chunk.location,
                text=hit.chunk.text[:_KEPT_CHARACTERS],
                score=round(hit.score, 4),
                pieces=numbers,
                dense_rank=hit.why.dense_rank,
                word_rank=hit.why.word_rank,
            )
            for hit, numbers in zip(hits, held, strict=True)
        ),
        scores=score_case(case, pieces, answer, hits, held, right, prose),
        seconds=round(seconds, 4),
        prose=prose,
    )


def _turns_by_quotes(library: Library, questions: Sequence[str]) -> list[Turn]:
    """The turns before a question as they would have been with quotes, which are the same for every model."""
    answers = [
        library.ask(question, earlier=questions[:number]).remembered for number, question in enumerate(questions)
    ]
    return [Turn(question, answer) for question, answer in zip(questions, answers, strict=True)]


def _written(library: Library, case: Case, turns: Sequence[Turn], llm: LanguageModel) -> tuple[Answer, Prose | None]:
    """The answer as it is shown, and what the model wrote, also where quotes answered in its place.

    That is None where the notes don't speak of it and no model was asked.
    """
    *growing, answer = library.write(case.question, llm=llm, filters=case.filters, turns=turns, today=case.day)
    if not growing:
        return answer, None
    usage = answer.usage
    return answer, Prose(
        shown=answer.mode,
        notice=answer.notice,
        sentences=growing[-1].sentences,
        first_words_ms=answer.timings_ms.get("first_words"),
        prompt_tokens=usage.prompt_tokens if usage else None,
        answer_tokens=usage.answer_tokens if usage else None,
    )


def _stated(answer: Answer) -> str:
    """What an answer says in its own right: all quotes; prose without what its readers are warned of."""
    if answer.mode != PROSE:
        return answer.text
    return " ".join(sentence.text for sentence in answer.sentences if sentence.support != UNSUPPORTED)


def settings_facts(settings: Settings) -> dict[str, Any]:
    """What may change an answer, without the paths of this machine."""
    retrieval = settings.retrieval.model_dump(mode="json")
    return retrieval | {"reader": Path(settings.reader).name, "chunk_tokens": settings.chunk_tokens}


def versions() -> dict[str, str]:
    """The versions of the packages that matter; "" for one that is not installed."""
    known = {}
    for package in PACKAGES:
        try:
            known[package] = version(package)
        except PackageNotFoundError:
            known[package] = ""
    return known


def commit() -> str:
    """The commit of the working folder, "+" behind it where something has changed since; "" without git."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        head = git("rev-parse", "--short=12", "HEAD")
        return f"{head}+" if head and git("status", "--porcelain", "--untracked-files=no") else head
    except OSError:
        return ""


def split_assignments(
    given: Sequence[str], known: Sequence[str] = (*RetrievalSettings.model_fields, *INDEX_SETTINGS)
) -> dict[str, str]:
    """["a=1", "b=2"] -> {"a": "1", "b": "2"}. The `known` names are, if not given, those of retrieval and of the index.

    Raises:
        UsageError: one is no NAME=VALUE, its name is unknown, or a name is given twice.
    """
    pairs: dict[str, str] = {}
    for assignment in given:
        name, separator, value = (part.strip() for part in assignment.partition("="))
        name = name.replace("-", "_")
        if not separator or not value:
            raise UsageError(f"{assignment!r} is no setting; write NAME=VALUE, as in {known[0]}=VALUE.")
        if name not in known:
            raise UsageError(f"Unknown setting {name!r}. Those that count here are: {', '.join(known)}.")
        if name in pairs:
            raise UsageError(f"The setting {name!r} is given twice; give it once.")
        pairs[name] = value
    return pairs


def override(settings: Settings, values: Mapping[str, str]) -> Settings:
    """The settings with these values, read as they would be from the environment.

    Raises:
        UsageError: a value is none that the setting can have.
    """
    groups = {
        "retrieval": settings.retrieval.model_dump() | _fields_of(RetrievalSettings, values),
        "generation": settings.generation.model_dump() | _fields_of(LlmSettings, values),
    }
    of_index = {name: value for name, value in values.items() if name in (*INDEX_SETTINGS, "reader")}
    try:
        checked = Settings.model_validate(settings.model_dump() | of_index | groups)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"The setting {first['loc'][-1]} is {first['input']!r}: {first['msg']}.") from error
    return settings.model_copy(update={name: getattr(checked, name) for name in (*of_index, *groups)})


def _fields_of(group: type[BaseModel], values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name in group.model_fields}


def override_retrieval(settings: Settings, given: Sequence[str]) -> Settings:
    """The settings with some of retrieval's as NAME=VALUE; those of the index can't be, since it is there already.

    Raises:
        UsageError: as `split_assignments` and `override`, or a setting is the index's own.
    """
    values = split_assignments(given)
    if fixed := [name for name in values if name in INDEX_SETTINGS]:
        raise UsageError(f"The setting {fixed[0]!r} is the index's own; ingest into another --index with it instead.")
    return override(settings, values)
