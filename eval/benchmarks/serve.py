"""People who ask the app at once, through HTTP with the token: what they wait, and whose answer they get.

python -m eval.benchmarks.serve FOLDER --askers 1 20 60 --seconds 60 [--questions FILE.jsonl]
python -m eval.benchmarks.serve FOLDER... --seconds 3600 --askers 3 --pause 2     # whether its memory grows in an hour
"""

from __future__ import annotations

import json
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import httpx
from markupsafe import escape

from eval.benchmarks.measure import Cell, Table, arguments_for, ingest, percentile, show
from eval.benchmarks.questions import make_questions
from eval.benchmarks.search import ASKERS
from rag_bot import Library
from rag_bot.processes import child_environment
from rag_bot.query.answer import clean_question
from rag_bot.settings import Settings, load_settings

# Must match those of `make_questions` that are no words of a note.
_QUESTION = re.compile(r"What did I note about [\w -]+\?")
_PATIENCE_SECONDS = 120.0  # for one answer; longer is an error
_LOOK_SECONDS = 60.0  # between two looks at the memory


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: what it took, and whether what came was the answer to it."""

    milliseconds: float
    is_own: bool


def ask_through_the_app(
    settings: Settings, askers: Sequence[int], seconds: float, questions: dict[str, str], pause: float = 0.0
) -> Table:
    """So many ask one question after another, each for as long. A question has the path of a note of its answer, or "".

    `pause` are the seconds between an answer and the asker's next question.
    """
    token = secrets.token_urlsafe(32)
    with _serving(settings, token) as (process, address):
        with _page(address, token) as first:
            _ask(first, _submit(first), next(iter(questions)))
        with _looking(process) as looks:
            rows = [_asked_by(number, process, address, token, seconds, questions, pause) for number in askers]
    columns = ("askers", "answers", "a second", "ms p50", "ms p95", "ms worst", "CPU s", "not their own", "MB")
    remarks = _remarks(looks) if len(looks) > 1 else ()
    return Table(f"Asking the app for {seconds:.0f} s with a token", (*columns, "MB after"), tuple(rows), remarks)


def _asked_by(
    askers: int, process: int, address: str, token: str, seconds: float, questions: dict[str, str], pause: float
) -> tuple[Cell, ...]:
    """A row of the table. "CPU s" is what the app spent on an answer."""
    megabytes, cpu_seconds, begun = _megabytes(process), _cpu_seconds(process), time.monotonic()
    with ThreadPoolExecutor(askers) as pool:
        asking = partial(_keep_asking, address, token, begun + seconds, questions, pause)
        answers = [answer for own in pool.map(asking, range(askers)) for answer in own]
    took = time.monotonic() - begun
    times = [answer.milliseconds for answer in answers]
    return (
        askers,
        len(answers),
        len(answers) / took,
        percentile(times, 0.5),
        percentile(times, 0.95),
        max(times),
        (_cpu_seconds(process) - cpu_seconds) / len(answers),
        sum(not answer.is_own for answer in answers),
        megabytes,
        _megabytes(process),
    )


@contextmanager
def _looking(process: int) -> Iterator[list[float]]:
    """The megabytes that a process holds, one more entry each minute."""
    looks, is_over = list[float](), threading.Event()

    def look() -> None:
        while not is_over.wait(_LOOK_SECONDS):
            looks.append(_megabytes(process))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield looks
    finally:
        is_over.set()
        looking.join()


def _remarks(looks: Sequence[float]) -> tuple[str, ...]:
    second = looks[len(looks) // 2 :]
    slope = statistics.linear_regression(range(len(second)), second).slope if len(second) > 1 else 0.0
    every = ", ".join(f"{megabytes:.0f}" for megabytes in looks)
    return (f"MB each minute: {every}.", f"In the second half {slope:+.2f} MB a minute.")


@contextmanager
def _serving(settings: Settings, token: str) -> Iterator[tuple[int, str]]:
    """The app in a process of its own: its id and its address."""
    environment = child_environment() | {"RAG_BOT_TOKEN": token, "RAG_BOT_CACHE": str(settings.cache)}
    command = [sys.executable, "-m", "rag_bot", "--index", str(settings.index), "serve", "--port", "0"]
    with subprocess.Popen(
        command, env=environment, cwd=settings.index.parent, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        try:
            link = server.stdout.readline().removeprefix("rag-bot is at ").strip()
            yield server.pid, link.partition("/?token=")[0]
        finally:
            server.terminate()


@contextmanager
def _page(address: str, token: str) -> Iterator[httpx.Client]:
    """What a browser has that has opened the link: the cookie."""
    with httpx.Client(base_url=address, timeout=_PATIENCE_SECONDS, follow_redirects=True) as client:
        client.get("/", params={"token": token}).raise_for_status()
        yield client


def _keep_asking(
    address: str, token: str, until: float, questions: dict[str, str], pause: float, asker: int
) -> list[Asked]:
    """As one of the askers, who each begin with another question."""
    asked: list[Asked] = []
    known = list(questions.items())
    with _page(address, token) as page:
        submit = _submit(page)
        while time.monotonic() < until:
            question, path = known[(asker * 7 + len(asked)) % len(known)]
            shown, milliseconds = _ask(page, submit, question)
            is_own = {one for one in questions if _as_shown(one) in shown} == {question} and _as_shown(path) in shown
            asked.append(Asked(milliseconds, is_own))
            time.sleep(pause)
    return asked


def _submit(page: httpx.Client) -> int:
    """The number of the event by which questions are asked."""
    dependencies = page.get("/config").raise_for_status().json()["dependencies"]
    return next(int(one["id"]) for one in dependencies if any(target[1] == "ask" for target in one["targets"]))


def _ask(page: httpx.Client, submit: int, question: str) -> tuple[str, float]:
    """As the page does it: joins the queue and reads the stream to its end, which it gives with the milliseconds.

    Each is a conversation of its own.
    """
    session = secrets.token_hex(6)
    told = {"question": question, "scope": ""}
    asked = {"part": "question", "event": "ask", "told": told, "shows": {}, "number": 1}
    body = {"data": [], "fn_index": submit, "session_hash": session, "event_data": asked}
    began = time.perf_counter()
    page.post("/gradio_api/queue/join", json=body).raise_for_status()
    shown = page.get("/gradio_api/queue/data", params={"session_hash": session}).raise_for_status().text
    return shown, (time.perf_counter() - began) * 1000


@cache  # each answer is looked at for all questions, on the processor that is measured
def _as_shown(text: str) -> str:
    """A text as it stands in the stream, which is JSON that has HTML in it."""
    return json.dumps(escape(text))[1:-1]


def _megabytes(process: int) -> float:
    """Memory that a process holds now (Linux)."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


def _cpu_seconds(process: int) -> float:
    """What the processors have spent on a process (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = arguments_for(__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--askers", type=int, nargs="+", default=[ASKERS])
    parser.add_argument("--seconds", type=float, default=60, help="that each number of askers goes on for")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds from an answer to the next question")
    parser.add_argument("--questions", type=Path, help="JSON lines with them; without, they ask for titles")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        settings = load_settings(index=Path(temporary) / "index", cache=load_settings(cache=chosen.cache).cache)
        for folder in chosen.folders:
            ingest(folder.resolve(), settings)
        with Library(settings) as library:
            if chosen.questions:
                lines = chosen.questions.read_text(encoding="utf-8").splitlines()
                asked = [clean_question(json.loads(line)["question"]) for line in lines]
            else:
                asked = [question for question in make_questions(library, 200) if _QUESTION.fullmatch(question)]
            answers = {question: library.ask(question) for question in asked}
            questions = {
                question: answer.citations[0].quote.note_path if answer.citations else ""
                for question, answer in answers.items()
            }
        table = ask_through_the_app(settings, chosen.askers, chosen.seconds, questions, chosen.pause)
        show((table,), as_json=chosen.json)


if __name__ == "__main__":
    main()
