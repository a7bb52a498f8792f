"""The runs that were kept: what is told of each in a list, read once, and the files that are none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag_bot.errors import UsageError
from rag_bot.evaluation.feedback import KIND
from rag_bot.evaluation.results import kept_results, read_result
from rag_bot.settings import Settings
from rag_bot.ui.words import many, when

if TYPE_CHECKING:
    from rag_bot.evaluation.results import Result

Chosen = tuple[str, ...]
"""The names of the runs that are looked at: one, or two that are compared; none for the newest."""
_SHOWN = 30
_UTC = "+00:00"


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in the list. `recall` is None where no case has evidence."""

    path: Path
    made: str
    file: str
    cases: int
    right: float
    recall: float | None
    settings: Mapping[str, Any]

    @classmethod
    def of(cls, path: Path, result: Result) -> RunLine:
        outcomes = result.outcomes
        recalls = [one.scores["recall@5"] for one in outcomes if "recall@5" in one.scores]
        return cls(
            path=path,
            made=result.made,
            file=file_words(result),
            cases=len(outcomes),
            right=_mean([float(one.right) for one in outcomes]) or 0.0,
            recall=_mean(recalls),
            settings=result.settings,
        )

    @property
    def name(self) -> str:
        return self.path.name


@dataclass(frozen=True, slots=True)
class RunList:
    """The runs, the newest first, and why the other files are none."""

    runs: tuple[RunLine, ...] = ()
    skipped: tuple[str, ...] = ()

    def choose(self, chosen: Chosen) -> tuple[RunLine, ...]:
        """Those that are chosen and still there, the older first; else the newest."""
        found = tuple(run for run in reversed(self.runs) if run.name in chosen)
        return found or self.runs[:1]


class RunLists:
    """Reads each file once, and again when it has changed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[tuple[Path, int, int], RunLine | str] = {}

    def now(self) -> RunList:
        try:
            keys = [(path, found.st_mtime_ns, found.st_size) for path, found in _stats(kept_results(self._settings))]
        except OSError as error:
            return RunList(skipped=(f"The kept results cannot be read: {error}.",))
        self._known = {key: self._known.get(key) or _read(key[0]) for key in keys}
        lines = self._known.values()
        return RunList(
            tuple(sorted((one for one in lines if isinstance(one, RunLine)), key=_age, reverse=True)),
            tuple(one for one in lines if isinstance(one, str)),
        )


def runs_html(found: RunList, shown: Sequence[RunLine]) -> str:
    """A table in which a run is shown by a click, and two are compared by their ticks."""
    skipped = "".join(f'<p class="why">Skipped: {escape(why)}</p>' for why in found.skipped)
    if not found.runs:
        return f'<p class="hint">No runs yet. Run the cases of a file, and the result will stand here.</p>{skipped}'
    differing = _differing(found.runs)
    rows = "".join(_row(run, run in shown, differing) for run in found.runs[:_SHOWN])
    more = len(found.runs) - _SHOWN
    rest = f'<p class="hint">and {many(more, "older run")}</p>' if more > 0 else ""
    hint = '<p class="hint">Tick two runs to compare them.</p>' if len(found.runs) > 1 else ""
    head = "<th></th><th>Run</th><th>Cases</th><th>Right</th><th>recall@5</th><th>Settings</th>"
    return (
        f'<h2>Runs</h2>{hint}<div class="wide"><table class="runs"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{rest}{skipped}"
    )


def made_words(made: str) -> str:
    """When a run was made, in local words."""
    return when(made.replace("Z", _UTC))


def file_words(result: Result) -> str:
    """The file of a run's cases; what comes from feedback alone is called so."""
    from_feedback = result.outcomes and all(outcome.case.kind == KIND for outcome in result.outcomes)
    return "Your feedback" if from_feedback else result.cases_file


def settings_words(settings: Mapping[str, Any], names: Iterable[str]) -> str:
    return ", ".join(f"{name} {settings[name]}" for name in names if settings.get(name) not in (None, ""))


def _row(run: RunLine, shown: bool, differing: Sequence[str]) -> str:
    name, label = escape(run.name), escape(made_words(run.made))
    ticked = " checked" if shown else ""
    recall = f"{run.recall:.3f}" if run.recall is not None else "–"
    return (
        f'<tr class="{"shown" if shown else ""}"><td><input type="checkbox" data-compare="{name}"'
        f' data-focus="tick {name}" aria-label="Compare the run of {label}"{ticked}></td>'
        f'<td><a href="#" data-run="{name}" data-focus="run {name}">{label}</a></td>'
        f'<td dir="auto">{escape(run.file)} <span class="faint">{run.cases:,}</span></td><td>{run.right:.3f}</td>'
        f'<td>{recall}</td><td class="faint">{escape(settings_words(run.settings, differing))}</td></tr>'
    )


def _differing(runs: Sequence[RunLine]) -> list[str]:
    """The settings that are not the same in all runs that have them; those of older versions have fewer."""
    names = dict.fromkeys(name for run in runs for name in run.settings)
    return [name for name in names if len({repr(run.settings[name]) for run in runs if name in run.settings}) > 1]


def _read(path: Path) -> RunLine | str:
    try:
        return RunLine.of(path, read_result(path))
    except UsageError as error:
        return str(error)


def _stats(paths: Iterable[Path]) -> Iterable[tuple[Path, Any]]:
    for path in paths:
        if path.is_file():
            yield path, path.stat()


def _age(run: RunLine) -> tuple[str, str]:
    return run.made, run.name


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
