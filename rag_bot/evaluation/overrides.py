"""Settings given as NAME=VALUE, for one run of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from rag_bot.errors import UsageError
from rag_bot.settings import RetrievalSettings, Settings

INDEX_SETTINGS = ("model", "chunk_tokens")  # those that decide what stands in an index


def settable() -> tuple[str, ...]:
    """The names that `override` knows: all settings of retrieval, and those of the index."""
    return (*RetrievalSettings.model_fields, *INDEX_SETTINGS)


def split_assignments(given: Sequence[str]) -> dict[str, str]:
    """["a=1", "b=2"] -> {"a": "1", "b": "2"}.

    Raises:
        UsageError: one is no NAME=VALUE, its name is unknown, or a name is given twice.
    """
    pairs: dict[str, str] = {}
    for one in given:
        name, separator, value = (part.strip() for part in one.partition("="))
        name = name.replace("-", "_")
        if not separator or not value:
            raise UsageError(f"{one!r} is no setting; write NAME=VALUE, as in dense_weight=0.5.")
        if name not in settable():
            raise UsageError(f"Unknown setting {name!r}. Those of retrieval are: {', '.join(settable())}.")
        if name in pairs:
            raise UsageError(f"The setting {name!r} is given twice; give it once.")
        pairs[name] = value
    return pairs


def override(settings: Settings, values: Mapping[str, str]) -> Settings:
    """The settings with these values, read as they would be from the environment.

    Raises:
        UsageError: a value is none that the setting can have.
    """
    retrieval = settings.retrieval.model_dump() | {
        name: value for name, value in values.items() if name in RetrievalSettings.model_fields
    }
    of_index = {name: value for name, value in values.items() if name in INDEX_SETTINGS}
    try:
        checked = Settings.model_validate(settings.model_dump() | of_index | {"retrieval": retrieval})
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"The setting {first['loc'][-1]} is {first['input']!r}: {first['msg']}.") from error
    return settings.model_copy(
        update={name: getattr(checked, name) for name in of_index} | {"retrieval": checked.retrieval}
    )
