"""A run of a file of cases in a child process, which can be stopped. Its result is kept by the command itself."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rag_bot.errors import UsageError
from rag_bot.evaluation.cases import read_cases, select_cases
from rag_bot.ui.child import ChildProcess
from rag_bot.ui.job import Ended, Job, JobState


@dataclass(frozen=True, slots=True)
class EvaluationState(JobState):
    """How far the current or last run is: `done` of `total` cases of `file`."""

    file: str = ""


class EvaluationJob(Job[EvaluationState]):
    """At most one run at a time; of one that is ended nothing is kept."""

    before = EvaluationState()

    def start(self, file: str, split: str = "all") -> bool:
        """Begins to ask these cases; False while others are asked, or where it can't: the state says why."""
        if self._state.running:
            return False
        try:
            path = case_file(file)
            cases = select_cases(read_cases(path), split=split)
        except UsageError as error:
            self._state = EvaluationState(error=str(error))
            return False
        begun = EvaluationState(running=True, file=str(path), total=len(cases))
        return self._begin(begun, ("eval", "run", "--json", "--progress", "--split", split))

    def _run(self, child: ChildProcess, arguments: Sequence[str]) -> None:
        """The command keeps a result that it saves somewhere."""
        with tempfile.TemporaryDirectory(prefix="rag-bot-") as folder:
            saved = str(Path(folder) / "result.json")
            super()._run(child, (*arguments, "--save", saved, "--", self._state.file))

    def _ended(self, ended: Ended) -> EvaluationState:
        is_well = ended.exit_code == 0 or self._state.stopped
        return replace(self._state, running=False, error="" if is_well else ended.message)


def case_file(typed: str) -> Path:
    """The file that is meant.

    Raises:
        UsageError: it is not there, or is no .jsonl file.
    """
    if not typed.strip():
        raise UsageError("Choose a file of cases, or type the path of one.")
    path = Path(typed.strip()).expanduser().absolute()
    if path.suffix != ".jsonl":
        raise UsageError(f"{path} is no .jsonl file. Cases are kept as one JSON object a line.")
    if not path.is_file():
        raise UsageError(f"There is no file {path}. Type the path of one, or choose one of the list.")
    return path
