"""What was asked of a set, as JSON and as text for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rag_bot.evaluation.measures import Measure
from rag_bot.evaluation.results import now
from rag_bot.evaluation.runs import commit, settings_facts, versions
from rag_bot.evaluation.sets.beir import BeirSet
from rag_bot.evaluation.sets.bench import Asked
from rag_bot.evaluation.sets.spans import SpansSet
from rag_bot.evaluation.sets.sweep import Sweep, measured

_KEPT = 10  # of what a question found
_NAMED = 10  # questions that are named in one line


def beir_json(beir: BeirSet, asked: Asked) -> dict[str, Any]:
    """Without the questions; `with_questions` adds them."""
    judged = {document for grades in beir.judged.values() for document in grades}
    counts = {"documents": len(beir.documents), "judged_and_missing": len(judged - {*beir.documents.values()})}
    return {"kind": "beir", "set": beir.name, "split": beir.split, **_facts(asked, beir.measures, counts)}


def spans_json(spans: SpansSet, asked: Asked) -> dict[str, Any]:
    """Without the questions; `with_questions` adds them."""
    by_file = {
        file: {name: _figures(measured(asked, name, questions)) for name in spans.measures}
        for file, questions in spans.by_file().items()
    }
    counts = {"mismatched": len(spans.mismatched)}
    facts = _facts(asked, spans.measures, counts)
    return {"kind": "spans", "set": spans.name, "top": spans.top, **facts} | {
        "by_file": by_file,
        "mismatched": list(spans.mismatched),
    }


def sweep_json(swept: Sweep, name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Every trial by the development half; the best and the present settings by the test half."""
    return {
        "kind": "sweep",
        "set": name,
        "made": now(),
        "measure": swept.measure,
        "trials": [{**trial.values, "dev": trial.score} for trial in swept.trials],
        "best": dict(swept.best.values),
        "test": _figures(swept.tested),
        "present": dict(swept.present.values),
        "test_of_present": _figures(swept.tested_present),
        "p": swept.p,
        "questions": {"dev": swept.dev, "test": swept.test},
        "settings": dict(settings),
        "commit": commit(),
        "versions": versions(),
    }


def with_questions(values: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    """The result with each question's measures and the first of what it found."""
    questions = {id_: {**asked.scores[id_], "found": found[:_KEPT]} for id_, found in asked.found.items()}
    return {**values, "questions": questions}


def result_text(values: Mapping[str, Any]) -> RenderableType:
    """Measures with their intervals, by file where there are files, and what they were taken from."""
    counts, seconds = values["counts"], values["seconds"]
    split = f" {values['split']}" if "split" in values else ""
    about = (
        f"{values['set']}{split}: {counts['questions']:,} questions, {counts['notes']:,} notes in "
        f"{counts['passages']:,} passages; ingested in {seconds['ingest']:.0f} s, asked in {seconds['ask']:.0f} s"
    )
    columns = {"all" if "by_file" in values else "": values["measures"], **values.get("by_file", {})}
    table = Table("", *columns, box=None, header_style="bold")
    for name in values["measures"]:
        table.add_row(name, *(_figures_text(measures[name]) for measures in columns.values()))
    return Group(table, Text(), *_warnings(values), Text(about, style="dim"))


def sweep_text(values: Mapping[str, Any]) -> RenderableType:
    """The trials with the best marked, then the test half."""
    names = list(values["best"])
    table = Table(*names, f"{values['measure']} on dev", "", box=None, header_style="bold")
    for number, trial in enumerate(values["trials"]):
        is_best = all(trial[name] == value for name, value in values["best"].items())
        marks = [word for word, holds in (("best", is_best), ("present", number == 0)) if holds]
        row = (*(str(trial[name]) for name in names), f"{trial['dev']:.4f}", ", ".join(marks))
        table.add_row(*row, style="bold" if is_best else "")
    halves = values["questions"]
    said = f"On test: best {_figures_text(values['test'])}, "
    if values["best"] == values["present"]:
        said += "which are the present settings"
    else:
        said += f"present {_figures_text(values['test_of_present'])}, p = {values['p']:.4f}"
    about = f"{values['set']}: {halves['dev']:,} questions for dev, {halves['test']:,} for test"
    return Group(table, Text(), Text(said), Text(about, style="dim"))


def _facts(asked: Asked, measures: Sequence[str], counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        "made": now(),
        "counts": {
            "questions": len(asked.found),
            "without_result": sum(not found for found in asked.found.values()),
            "refused": asked.refused,
            "notes": asked.index.notes,
            "passages": asked.index.chunks,
            "unreadable": asked.unreadable,
            **counts,
        },
        "measures": {name: _figures(measured(asked, name)) for name in measures},
        "seconds": {"ingest": round(asked.ingest_seconds, 1), "ask": round(asked.ask_seconds, 1)},
        "settings": settings_facts(asked.settings),
        "model": asked.index.model,
        "fingerprint": asked.index.fingerprint,
        "commit": commit(),
        "versions": versions(),
    }


def _figures(one: Measure) -> dict[str, Any]:
    return {name: value for name, value in asdict(one).items() if name != "name"}


def _figures_text(one: Mapping[str, Any]) -> str:
    return f"{one['value']:.4f} ({one['low']:.3f}-{one['high']:.3f})"


def _warnings(values: Mapping[str, Any]) -> list[Text]:
    counts = values["counts"]
    said = {
        "unreadable": "notes could not be read",
        "refused": "questions are too long to be asked, and count as without result",
        "judged_and_missing": "documents are judged that the set does not have",
        "mismatched": "questions have a span that is not what stands there, and is left out",
    }
    lines = [f"{counts[name]:,} {words}" for name, words in said.items() if counts.get(name)]
    if named := values.get("mismatched", ()):
        lines.append(f"They are {', '.join(named[:_NAMED])}{' ...' if len(named) > _NAMED else ''}")
    return [Text(line, style="yellow") for line in lines]
