"""The page of settings as HTML: what is set, by whom, and what a change would cost."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from rag_bot.errors import UsageError
from rag_bot.llm import ModelInfo
from rag_bot.llm.consent import Agreement
from rag_bot.llm.opening import settings_of
from rag_bot.llm.provider import (
    NO_KEY,
    NO_PACKAGE,
    NOT_FETCHED,
    NOT_REACHABLE,
    READY,
    UNKNOWN,
    UNUSABLE,
    Provider,
)
from rag_bot.llm.providers import NEAREST_FIRST
from rag_bot.records import Status
from rag_bot.settings import FolderSettings, Settings
from rag_bot.store.postgres import remote_database
from rag_bot.store.server import remote_place
from rag_bot.ui.models.model_setup import SetupState, Trial
from rag_bot.ui.models.models import ANY, Choice
from rag_bot.ui.phrases import many
from rag_bot.ui.settings.settings_file import CHECK_MODEL, EXCLUDE, LLM, MODEL, READER, URL
from rag_bot.ui.templating import macros

_PASSAGES_A_SECOND = 10.0  # embedded where no sync has told yet; set by hand: a first sync took 16 s for 179
_FEWEST_PASSAGES = 50  # that a sync must have embedded to tell how fast it is; set by hand
_STATES = {
    READY: "ready",
    NO_KEY: "needs a key",
    NO_PACKAGE: "not part of this installation",
    NOT_FETCHED: "is fetched when it is first asked",
    NOT_REACHABLE: "does not answer",
    UNKNOWN: "not there",
    UNUSABLE: "cannot be used",
}
_NOTHING_FOUND = {
    NOT_REACHABLE: "Nothing answers there as a language model. Is it running?",
    NO_KEY: "It wants a key, or another one.",
}


@dataclass(frozen=True, slots=True)
class SetupCard:
    """What the page tells of a provider. `models` are names with labels, `model` and `address` what stands in its form.

    `key` is where its key is, None where it takes none or that is not known yet; it `is_missing` where its package is.
    """

    name: str
    models: tuple[tuple[str, str], ...]
    model: str
    address: str
    state: str
    takes_url: bool
    key_variable: str
    key: str | None
    is_chosen: bool
    is_silent: bool
    is_missing: bool
    problem: str
    trial: Trial | None


@dataclass(frozen=True, slots=True)
class Leaving:
    """A remote model that was agreed to; `is_asked` where it answers now, `is_set` where only the settings say so."""

    name: str
    place: str
    since: str
    is_asked: bool
    is_set: bool = False


def settings_view(
    settings: Settings,
    found: FolderSettings,
    fixed: Mapping[str, str],
    *,
    choice: Choice,
    setup: SetupState,
    agreements: Sequence[Agreement],
    status: Status | None,
    is_watching: bool,
    conversations: Path,
    agreements_file: Path,
) -> Markup:
    """The whole page below its head."""
    html = macros("settings.html")
    cards = [_card(provider, settings, choice, setup) for provider in NEAREST_FIRST]
    places = {
        "Conversations": conversations,
        "Index of your notes": settings.index,
        "Settings": found.file,
        "What you agreed to": agreements_file,
        "Converted models": settings.cache,
    }
    reading = {MODEL: settings.model, READER: settings.reader, CHECK_MODEL: settings.generation.check_model}
    sections = (
        html.answers(choice, cards, setup.asked, fixed.get(LLM) or fixed.get(URL) or "", settings.llm),
        html.reading(reading, fixed, _cost(status)),
        html.sync(is_watching, settings.exclude, fixed.get(EXCLUDE, "")),
        html.appearance(),
        html.privacy(
            _leaving(settings, choice, agreements),
            remote_place(settings.vectors),
            remote_database(settings.catalogue),
            places,
        ),
    )
    return html.page(found.digest, found.file, Markup().join(sections))


def unreadable(problem: str) -> Markup:
    """In the page's place, where the settings can't be read any more."""
    return macros("base.html").notice(problem)


def outcome(words: str, *, form: str = "", is_done: bool, is_empty: bool = False, mark: str = "") -> Markup:
    """What came of a change of a form, with the file's `mark`; `is_empty` after all conversations were deleted."""
    return macros("settings.html").outcome(words, form, is_done, is_empty, mark)


def _card(provider: Provider, settings: Settings, choice: Choice, setup: SetupState) -> SetupCard:
    name = provider.name
    found = setup.found.get(name)
    listed = found.models if found else tuple(info for info in choice.known if info.name.startswith(f"{name}:"))
    chosen = choice.chosen if choice.chosen.startswith(f"{name}:") else ""
    models = tuple((_own_name(info), _label(info)) for info in listed if not info.name.endswith(ANY))
    address = found.address if found else _address(provider, settings)
    trial = setup.trial if setup.trial and setup.trial.wish.provider == name else None
    return SetupCard(
        name=name,
        models=models,
        model=trial.wish.model if trial else chosen.partition(":")[2],
        address=address,
        state=_state(name, listed, bool(address)),
        takes_url=provider.takes_url,
        key_variable=provider.key_variable,
        key=(setup.keys or {}).get(name) if provider.key_variable else None,
        is_chosen=bool(chosen),
        is_silent=any(info.name == chosen and info.state == NOT_REACHABLE for info in listed),
        is_missing=any(info.state == NO_PACKAGE for info in listed),
        problem=found.problem or (_NOTHING_FOUND.get(listed[0].state, "") if listed else "It has none.")
        if found
        else "",
        trial=trial,
    )


def _nothing_found(listed: Sequence[ModelInfo]) -> str:
    """Why no model was found at an address; "" where there is one."""
    return _NOTHING_FOUND.get(listed[0].state, "") if listed else "It has no models."


def _address(provider: Provider, settings: Settings) -> str:
    """What the settings say of where it is, if that is its own."""
    try:
        return settings_of(provider, settings).generation.url if provider.takes_url else ""
    except UsageError:  # they name a model that is none
        return ""


def _state(name: str, listed: Sequence[ModelInfo], has_address: bool) -> str:
    """How a provider stands, in a few words."""
    ready = [info for info in listed if info.is_ready and not info.name.endswith(ANY)]
    if ready:
        return many(len(ready), "model")
    if listed:
        return _STATES[listed[0].state]
    if name == "gguf":
        return "no file yet"
    return "" if has_address else "no address yet"


def _own_name(info: ModelInfo) -> str:
    return info.name.partition(":")[2]


def _label(info: ModelInfo) -> str:
    return _own_name(info) if info.is_ready else f"{_own_name(info)} ({_STATES[info.state]})"


def _leaving(settings: Settings, choice: Choice, agreements: Sequence[Agreement]) -> list[Leaving]:
    """Each remote model that may be asked; the one that is asked first."""
    info = choice.info
    rows = [
        Leaving(agreed.name, agreed.place, _day(agreed.since), agreed.name == choice.chosen) for agreed in agreements
    ]
    is_remote = info is not None and info.is_remote and info.name == choice.chosen
    if info and is_remote and not any(row.name == info.name and row.place == info.place for row in rows):
        rows.append(Leaving(info.name, info.place, "", True, is_set=settings.llm == info.name))
    return sorted(rows, key=lambda row: not row.is_asked)


def _day(since: str) -> str:
    try:
        day = datetime.date.fromisoformat(since)
    except ValueError:
        return ""
    return f"{day.day} {day:%B %Y}"


def _cost(status: Status | None) -> str:
    """What another embedding model costs, in words."""
    if status is None or not status.notes:
        return ""
    told = [
        run.counts["chunks_embedded"] / run.seconds
        for run in status.runs
        if run.seconds and run.counts.get("chunks_embedded", 0) >= _FEWEST_PASSAGES
    ]
    minutes = status.chunks / max(told, default=_PASSAGES_A_SECOND) / 60
    about = "less than a minute" if minutes < 1 else f"about {many(round(minutes), 'minute')}"
    return (
        f"All {many(status.notes, 'note')} are embedded anew, which takes {about} with a model as large as the one "
        "now. Until then they answer as before."
    )
