"""How fast the app starts and opens in a browser, beside the smallest chat that Gradio makes, in turns.

python -m eval.benchmarks.app_speed FOLDER --rounds 7

Needs Playwright and Chromium at /usr/bin/chromium.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from eval.benchmarks.measure import Table, arguments_for, ingest, median, show, start_module
from eval.benchmarks.questions import make_questions
from rag_bot import Library
from rag_bot.settings import Settings, load_settings

_PATIENCE_SECONDS = 120.0  # for a start or a page; longer is an error
_GOALS = {"first paint, ms": 1.2, "first contentful paint, ms": 1.2, "interactive, ms": 1.2}
"""At most so many times the minimal chat's."""

# Tells in the page when a question that is asked is carried to the server: the field is there, and so is Gradio.
_WATCH = """(() => {
  window.paints = {};
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => { paints[entry.name] = entry.startTime; }))
    .observe({ type: "paint", buffered: true });
  const look = () => {
    const field = document.querySelector("#question textarea, textarea#question, gradio-app textarea");
    const isOurs = Boolean(document.querySelector("title")?.textContent === "rag-bot");
    if (field && !field.disabled && (!isOurs || window.ragBot?.trigger)) {
      window.interactive = performance.now();
    } else requestAnimationFrame(look);
  };
  look();
})()"""
# Clicks a link of an answer and waits until marked lines are seen in the panel. Gives milliseconds.
_OPEN = """(link) => new Promise((done) => {
  const began = performance.now();
  link.click();
  const look = () => {
    const box = document.querySelector("#panel .cited")?.getBoundingClientRect();
    if (box && box.height && box.top >= 0 && box.top < innerHeight && box.left < innerWidth) {
      done(performance.now() - began);
    } else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""
# Counts what moves from now on; also within half a second of a key, which browsers leave out of the score.
_WATCH_SHIFTS = """() => {
  window.shifts = 0;
  window.shiftsWatched?.disconnect();
  const count = (list) => list.getEntries().forEach((shift) => { shifts += shift.value; });
  window.shiftsWatched = new PerformanceObserver(count);
  shiftsWatched.observe({ type: "layout-shift" });
}"""
_FIELD = "#question textarea, textarea#question"


@dataclass(frozen=True, slots=True)
class Side:
    """One of both apps: its module, run with arguments that end with the port."""

    name: str
    module: str
    arguments: tuple[object, ...]

    @contextmanager
    def serving(self) -> Iterator[tuple[str, float]]:
        """The app in a process of its own: its address, and the seconds until it answered for the first time."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        address = f"http://127.0.0.1:{port}/"
        began = time.perf_counter()
        process = start_module(self.module, *self.arguments, port)
        try:
            yield address, _first_answer(address, process) - began
        finally:
            process.terminate()
            process.communicate()


def _first_answer(address: str, process: subprocess.Popen[str]) -> float:
    """When the page was first given."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(address).is_success:
                return time.perf_counter()
        except httpx.TransportError:
            time.sleep(0.01)
    raise RuntimeError(f"{process.args!r} did not answer at {address}")


def time_starts(sides: Sequence[Side], rounds: int) -> Table:
    """Seconds from the start of the process to the first page, and those of a process that imports gradio, in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in (*(side.name for side in sides), "import gradio")}
    for _ in range(rounds):
        for side in sides:
            with side.serving() as (_, waited):
                seconds[side.name].append(waited)
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import gradio"], check=True)
        seconds["import gradio"].append(time.perf_counter() - began)
    rows = tuple((name, median(values), min(values), max(values)) for name, values in seconds.items())
    return Table("From the start to the first page", ("", "s median", "s least", "s most"), rows)


def time_pages(browser: Any, addresses: dict[str, str], rounds: int) -> Iterator[Table]:
    """What opening and reloading the page takes, by side, in turns; each round is a browser without a past."""
    found: dict[str, dict[str, list[dict[str, float]]]] = {
        kind: {name: [] for name in addresses} for kind in ("opened", "reloaded")
    }
    for number in range(rounds):
        order = list(addresses.items())
        for name, address in order if number % 2 else reversed(order):
            with _fresh_page(browser) as (page, traffic):
                found["opened"][name].append(_opened(page, traffic, partial(page.goto, address)))
                found["reloaded"][name].append(_opened(page, traffic, page.reload))
    titles = {"opened": "Opened by a browser without a past", "reloaded": "Reloaded"}
    for kind, by_side in found.items():
        ours, theirs = by_side.values()
        rows = []
        for measure in ours[0]:
            here, there = (median([one[measure] for one in side]) for side in (ours, theirs))
            goal = f"at most {_GOALS[measure]}" if measure in _GOALS else ""
            rows.append((measure, here, there, here / there, goal))
        yield Table(f"{titles[kind]}, {rounds} rounds", ("median", *addresses, "ratio", "goal"), tuple(rows))


@contextmanager
def _fresh_page(browser: Any) -> Iterator[tuple[Any, dict[str, float]]]:
    """A page of its own, and the traffic that it has had, which is counted on."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_SECONDS * 1000)
    traffic = {"requests": 0.0, "kB": 0.0}
    protocol = context.new_cdp_session(page)
    protocol.send("Network.enable")

    def on_request(_: Any) -> None:
        traffic["requests"] += 1

    def on_data(event: Any) -> None:
        traffic["kB"] += event["encodedDataLength"] / 1000

    protocol.on("Network.requestWillBeSent", on_request)
    protocol.on("Network.loadingFinished", on_data)
    page.add_init_script(_WATCH)
    yield page, traffic
    context.close()


def _opened(page: Any, traffic: dict[str, float], opens: Callable[[], object]) -> dict[str, float]:
    """What it took until the page took a question; a key that is pressed then has to arrive."""
    before = dict(traffic)
    opens()
    page.wait_for_function("window.interactive")
    field = page.locator(f"{_FIELD}, gradio-app textarea").first
    field.press("x")
    if "x" not in field.input_value():
        raise RuntimeError(f"{page.url} did not take a key")
    page.wait_for_function("paints['first-contentful-paint']")
    paints, interactive = page.evaluate("[window.paints, window.interactive]")
    page.wait_for_timeout(500)  # what is still under way belongs to the page's traffic
    return {
        "first paint, ms": paints["first-paint"],
        "first contentful paint, ms": paints["first-contentful-paint"],
        "interactive, ms": interactive,
        **{name: traffic[name] - before[name] for name in traffic},
    }


def time_use(browser: Any, address: str, questions: Sequence[str]) -> Table:
    """From the click on a citation to its marked lines, and how far the page jumps while answers come."""
    clicks, shifts = [], []
    with _fresh_page(browser) as (page, _):
        page.goto(address)
        page.wait_for_function("window.interactive")
        for number, question in enumerate(questions, start=1):
            page.evaluate(_WATCH_SHIFTS)
            page.fill(_FIELD, question)
            page.press(_FIELD, "Enter")
            page.wait_for_function(
                f"document.querySelectorAll('.exchange:not(.growing)').length === {number}"
                " && !document.querySelector('.exchange.growing')"
            )
            page.wait_for_timeout(300)
            shifts.append(page.evaluate("window.shifts"))
            link = page.locator(".exchange").last.locator("a.cite:visible, a.place:visible").first
            if link.count():
                clicks.append(link.evaluate(_OPEN))
                page.keyboard.press("Escape")
                page.wait_for_selector("#panel .cited", state="detached")
    rows = (
        ("click to marked lines, ms", median(clicks), max(clicks), "less than 200"),
        ("layout shift of an answer", median(shifts), max(shifts), "0"),
    )
    return Table(f"In use, {len(questions)} questions", ("", "median", "most", "goal"), rows)


def measure_app(settings: Settings, rounds: int, questions: Sequence[str]) -> Iterator[Table]:
    """All of it. The index is there already."""
    from playwright.sync_api import sync_playwright

    ours = Side("rag-bot", "rag_bot", ("--index", settings.index, "serve", "--no-token", "--port"))
    sides = (ours, Side("Gradio", "eval.benchmarks.gradio_chat", ()))
    yield time_starts(sides, rounds)
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as driver, sides[0].serving() as (here, _), sides[1].serving() as (there, _):
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        yield from time_pages(browser, {"rag-bot": here, "Gradio": there}, rounds)
        yield time_use(browser, here, questions)


def main() -> None:
    parser = arguments_for(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--questions", type=int, default=12)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        settings = load_settings(index=Path(temporary) / "index", cache=load_settings(cache=chosen.cache).cache)
        os.environ["RAG_BOT_CACHE"] = str(settings.cache)
        ingest(chosen.folder.resolve(), settings)
        with Library(settings) as library:
            asked = make_questions(library, chosen.questions)
        show(measure_app(settings, chosen.rounds, asked), as_json=chosen.json)


if __name__ == "__main__":
    main()
