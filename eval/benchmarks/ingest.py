"""Fresh ingest of a folder of Markdown: rag-bot and tools that people pick, each in its own process, in turns.

python -m eval.benchmarks.ingest FOLDER --python LangChain=/tmp/langchain/bin/python

LlamaIndex is always compared with, for `make test` installs it. The others run by the Python that is given for them;
`eval/benchmarks/README.md` says what to install there. All embed with the same weights on the processor.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.benchmarks.measure import Run, Table, arguments_for, median, run_module, show
from eval.benchmarks.report import kept_of
from rag_bot.models.weights import DEFAULT_MODEL, find_model
from rag_bot.settings import load_settings

OURS = "eval.benchmarks.ingest_rag_bot"
TOOLS = {
    "LlamaIndex": "eval.benchmarks.ingest_llama_index",
    "LangChain": "eval.benchmarks.ingest_langchain",
    "Open WebUI": "eval.benchmarks.ingest_open_webui",
}
FIGURES = (
    "notes",
    "passages",
    "passages embedded",
    "tokens embedded",
    "tokens cut off",
    "s, whole process",
    "s, without imports",
    "CPU s, whole process",
    "CPU s, without imports",
    "passages/CPU s",
    "tokens/CPU s",
    "MB peak",
)


@dataclass(frozen=True, slots=True)
class Ingest:
    """One ingest by one tool. `embedded` has what its model was given: passages, tokens, and tokens cut off."""

    run: Run
    embedded: Mapping[str, int]


def compare(folder: Path, cache: Path, rounds: int, pythons: Mapping[str, str] | None = None) -> Table:
    """rag-bot and the tools in turns, `rounds` times; the table has the medians.

    `pythons` has the interpreter of each tool that is compared with, by its name; without it, LlamaIndex by this one.
    """
    pythons, model = pythons or {"LlamaIndex": sys.executable}, find_model(DEFAULT_MODEL)
    run_module(OURS, cache)
    ingests: dict[str, list[Ingest]] = {"rag-bot": [], **{name: [] for name in TOOLS if name in pythons}}
    for _ in range(rounds):
        for name, done in ingests.items():
            with tempfile.TemporaryDirectory() as place:
                target = Path(place) / "index"
                if name == "rag-bot":
                    run = run_module(OURS, folder, target, cache)
                else:
                    run = run_module(TOOLS[name], folder, target, model, python=pythons[name])
                done.append(Ingest(run, run_module("eval.benchmarks.report", kept_of(target), model).values))
    tools = list(ingests)[1:]
    return Table(
        f"Fresh ingest of {folder.name}, {rounds} rounds in turns, medians",
        ("", *ingests, *(f"{tool} / rag-bot" for tool in tools)),
        tuple(
            (figure, *values, *(value / values[0] if values[0] else "-" for value in values[1:]))
            for figure, *values in zip(FIGURES, *map(_figures, ingests.values()), strict=True)
        ),
        tuple(f"{name}: {done[0].run.values['how']}." for name, done in ingests.items()),
    )


def _figures(done: Sequence[Ingest]) -> tuple[float, ...]:
    """In the order of FIGURES; the speeds are those of the whole process."""
    values, embedded = done[0].run.values, done[0].embedded
    whole, inside = median([one.run.seconds for one in done]), median([one.run.values["seconds"] for one in done])
    cpu, cpu_inside = (
        median([one.run.cpu_seconds for one in done]),
        median([one.run.values["cpu_seconds"] for one in done]),
    )
    return (
        values["notes"],
        values["chunks"],
        embedded["passages"],
        embedded["tokens"],
        embedded["cut_off"],
        whole,
        inside,
        cpu,
        cpu_inside,
        values["chunks"] / cpu,
        embedded["tokens"] / cpu,
        max(one.run.peak_megabytes for one in done),
    )


def main() -> None:
    parser = arguments_for(__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument(
        "--python", nargs="+", default=[], metavar="NAME=PATH", help=f"interpreters of tools: {', '.join(TOOLS)}"
    )
    chosen = parser.parse_args()
    pythons = {"LlamaIndex": sys.executable, **dict(given.split("=", 1) for given in chosen.python)}
    if unknown := pythons.keys() - TOOLS.keys():
        parser.error(f"no tool is called {', '.join(sorted(unknown))}; known: {', '.join(TOOLS)}")
    cache = load_settings(cache=chosen.cache).cache
    show([compare(chosen.folder.resolve(), cache, chosen.rounds, pythons)], as_json=chosen.json)


if __name__ == "__main__":
    main()
