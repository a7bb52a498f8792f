"""Search in a warm process, the question's encoding included; and what the process holds in memory.

python -m eval.benchmarks.search FOLDER --chunks 100000
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from eval.benchmarks.measure import Table, arguments_for, ingest, percentile, resident_megabytes, run_module, show
from eval.benchmarks.questions import make_questions
from rag_bot import Library
from rag_bot.models import EmbeddingModel
from rag_bot.settings import RetrievalSettings, Settings, load_settings
from rag_bot.store.bm25 import WordIndex
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.vectors import VectorIndex

ASKERS = 20  # as many as the budget speaks of

T = TypeVar("T")
Times = dict[str, list[float]]


def search_warm(settings: Settings, questions: int) -> tuple[Table, Table]:
    """Times of as many questions in one new process, and its memory."""
    run = run_module("eval.benchmarks.search", "--child", settings.index, settings.cache, questions)
    title = f"{run.values['notes']:,} notes, {run.values['chunks']:,} chunks"
    rows = tuple(
        (stage, percentile(times, 0.5), percentile(times, 0.95), max(times))
        for stage, times in run.values["milliseconds"].items()
    )
    speed = Table(f"Warm search, {title}, {questions} questions", ("", "ms p50", "ms p95", "ms worst"), rows)
    return speed, Table(f"Memory of a reading process, {title}", ("after", "MB"), tuple(run.values["memory"].items()))


def _measure(settings: Settings, count: int) -> dict[str, Any]:
    """What the child process does. Memory first: measuring must not add to it."""
    memory = {"imports": resident_megabytes()}
    with Library(settings) as library:
        status, questions = library.status(), make_questions(library, count)
        library.warm_up()
        memory["warm_up"] = resident_megabytes()
        times: Times = {"whole search": []}
        for question in questions:
            times["whole search"].append(_timed(partial(library.search, question))[1])
        memory[f"{count} searches"] = resident_megabytes()
        times["whole answer"] = [_timed(partial(library.ask, question))[1] for question in questions[: count // 4]]
        memory[f"{count // 4} answers"] = resident_megabytes()
        times[f"an answer, {ASKERS} asking at once"] = _asked_at_once(library, questions)
        memory[f"{ASKERS} asking at once"] = resident_megabytes()
    times |= _parts(settings, questions)
    return {"notes": status.notes, "chunks": status.chunks, "milliseconds": times, "memory": memory}


def _asked_at_once(library: Library, questions: list[str]) -> list[float]:
    """The milliseconds that each of the questions waits where `ASKERS` people ask one after another."""
    with ThreadPoolExecutor(ASKERS) as askers:
        return list(askers.map(lambda question: _timed(partial(library.ask, question))[1], questions))


def _parts(settings: Settings, questions: list[str]) -> Times:
    """The parts that a search of a large library consists of, each by itself."""
    with closing(Catalogue.open(settings.index)) as catalogue:
        meta = catalogue.meta()
        model = EmbeddingModel.open(meta["model"], meta["fingerprint"], settings.cache)
        model.encode_query("warm up")
        folder = settings.index / meta["store"]
        words, times, limit = WordIndex.open(folder), Times(), RetrievalSettings().candidates
        with closing(VectorIndex(folder, meta["fingerprint"])) as vectors:
            vectors.query(model.encode_query("warm up"), 1)
            for question in questions:
                vector = _add(times, "of it: encode the question", partial(model.encode_query, question))
                dense = _add(times, "by meaning (Chroma)", partial(vectors.query, vector, limit))
                found = _add(times, "by words (Tantivy)", partial(words.query, question, limit))
                keys = list(dict.fromkeys(key for key, _ in [*dense, *found]))
                known = _add(times, "known keys of the catalogue", partial(catalogue.known_keys, keys))
                _add(times, "ten passages of the catalogue", partial(catalogue.find_chunks, sorted(known)[:10]))
    return times


def _add(times: Times, stage: str, call: Callable[[], T]) -> T:
    result, milliseconds = _timed(call)
    times.setdefault(stage, []).append(milliseconds)
    return result


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    result = call()
    return result, (time.perf_counter() - began) * 1000


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        index, cache, count = sys.argv[2:]
        print(json.dumps(_measure(load_settings(index=Path(index), cache=Path(cache)), int(count))))
        return
    parser = arguments_for(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--chunks", type=int, default=0, help="add synthetic chunks up to this number")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        settings = load_settings(index=Path(temporary) / "index", cache=load_settings(cache=chosen.cache).cache)
        ingest(chosen.folder.resolve(), settings)
        if chosen.chunks:
            run_module("eval.benchmarks.synthetic", settings.index, chosen.chunks)
        show(search_warm(settings, chosen.questions), as_json=chosen.json)


if __name__ == "__main__":
    main()
