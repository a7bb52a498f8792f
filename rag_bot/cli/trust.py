"""The command by which a rag-bot.toml or an index, which may have come with its folder, is agreed to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag_bot.cli.command import AsJson, ask_to_agree, can_ask, sets, show
from rag_bot.errors import UsageError
from rag_bot.output import line
from rag_bot.output.visible import visible_line

app = typer.Typer()


_EXAMPLES = """Examples:

  rag-bot trust

  rag-bot trust ~/work --yes

  rag-bot trust ~/work --forget

  rag-bot trust ~/work/index"""


@app.command(epilog=_EXAMPLES)
def trust(
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="Folder of a rag-bot.toml, or of an index.")
    ] = Path(),
    yes: Annotated[bool, typer.Option("--yes", help="Agree without being asked.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Take the agreement back.")] = False,
    as_json: AsJson = False,
) -> None:
    """Agree to what a folder's rag-bot.toml sets beyond the harmless; changed, it has to be agreed to again.

    That is where data goes, what is loaded and what is written, such as llm, index, or notes. The
    folder of an index that was not made here is opened as it is from then on.
    """
    from rag_bot.settings import CONFIG_NAME, needs_no_agreement, read_folder, settings_file
    from rag_bot.store.ownership import holds_index, is_own
    from rag_bot.trust import SETTINGS, agree, withdraw

    file = settings_file(folder)
    if holds_index(folder) and not (file.is_file() and is_own(folder)):
        _trust_index(folder, yes=yes, forget=forget, as_json=as_json)
        return
    if forget:
        had = withdraw(SETTINGS, str(file))
        state = "no longer agreed to" if had else "not agreed to"
        show(as_json, {"file": str(file), "agreed": False}, lambda: line(f"{file} is {state}."))
        return
    found = read_folder(folder)
    if not found.digest:
        raise UsageError(f"There is no {CONFIG_NAME} and no index in {folder}. Name the folder that has one.")
    found.check()
    agreed = not found.pending
    if yes and not agreed:
        agree(SETTINGS, str(file), found.digest)
        agreed = True
    elif not agreed:
        if not can_ask():
            raise UsageError(f"{sets(found)} They count once you agree: say so with --yes.")
        agreed = ask_to_agree(found)
    if not found.other:
        said = f"{file} sets nothing that has to be agreed to."
    elif needs_no_agreement(file):
        said = f"{sets(found)} Nobody else can have written it there: it needs no agreement."
    else:
        said = f"{sets(found)} You have {'agreed' if agreed else 'not agreed'} to it."
    show(as_json, {"file": str(file), "sets": dict(found.other), "agreed": agreed}, lambda: line(said))


def _trust_index(index: Path, *, yes: bool, forget: bool, as_json: bool) -> None:
    from rag_bot.store.ownership import forget_index, is_own, trust_index

    if forget:
        forget_index(index)
    elif not is_own(index):
        told = visible_line(f"The index in {index} was not made here, and may hold what others wrote.")
        if not yes and not can_ask():
            raise UsageError(f"{told} It counts once you agree: say so with --yes.")
        if yes or typer.confirm(f"{told} Open it as it is?", err=True):
            trust_index(index)
    agreed = is_own(index)
    said = f"The index in {index} {'counts' if agreed else 'does not count'} as made here."
    show(as_json, {"index": str(index), "agreed": agreed}, lambda: line(said))
