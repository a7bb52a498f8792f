"""One frozen object with every setting. A flag wins over RAG_BOT_*, that over rag-bot.toml, that over the default."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from rag_bot.errors import UsageError

CONFIG_NAME = "rag-bot.toml"
_PATH_KEYS = ("notes", "index", "cache")
_SHOWN = 300  # characters of a value that is none; by eye


class RetrievalSettings(BaseModel):
    """How passages are searched for. The defaults won on several sets of notes; `rag-bot eval sweep` tries others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fusion: Literal["convex", "linear", "rrf"] = Field(
        default="convex", description="weighted sum of scores normalised for each question, of scores, or of ranks"
    )
    dense_weight: float = Field(
        default=0.5, ge=0, le=1, description="share of meaning in the fusion; the rest is words"
    )
    candidates: int = Field(default=100, ge=10, le=1000, description="passages taken from each of the two searches")
    reranked: int = Field(default=0, ge=0, le=200, description="best passages that the reader orders anew")
    feedback: float = Field(
        default=0.5, ge=0, le=2, description="how far a first ranking moves the question towards its best passages"
    )


class LlmSettings(BaseModel):
    """How a language model is asked. None of it matters without one. The defaults are set by hand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(default="", description="base URL of `openai-like:` and, if not the usual one, `ollama:`")
    context_tokens: int | None = Field(
        default=None, ge=512, description="tokens that the model reads and writes; without it, what it says itself"
    )
    answer_tokens: int = Field(default=512, ge=16, description="tokens of an answer, at most")
    passage_tokens: int = Field(default=2400, ge=128, description="tokens of passages that it is given, at most")
    memory_tokens: int = Field(default=600, ge=0, description="tokens of the conversation that it is given, at most")
    temperature: float = Field(default=0.0, ge=0, le=2, description="0 writes the likeliest words")
    timeout_seconds: float = Field(default=60.0, gt=0, description="wait for the next words, at most")
    retries: int = Field(default=2, ge=0, le=10, description="after a failure that may pass, before the first words")
    nli: str = Field(
        default="", description="CrossEncoder trained on NLI that checks each sentence as well: a name or a folder"
    )


class Settings(BaseSettings):
    """Where the notes and the index are, which model embeds, where the app listens."""

    model_config = SettingsConfigDict(env_prefix="RAG_BOT_", env_nested_delimiter="__", frozen=True, extra="forbid")

    notes: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(), description="folders of notes that `ingest` and the app start with"
    )
    exclude: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="paths, as in .gitignore, and #tags of notes that are kept out of the index"
    )
    index: Path = Field(default_factory=lambda: user_data_path("rag-bot") / "index", description="folder of the index")
    cache: Path = Field(default_factory=lambda: user_cache_path("rag-bot"), description="folder for converted models")
    model: str = Field(
        default="all-MiniLM-L6-v2",
        min_length=1,
        description="sentence-transformers model: a name on the hub or a folder",
    )
    chunk_tokens: int | None = Field(
        default=None, ge=32, description="tokens of a passage, at most; without it, what the model reads, up to 256"
    )
    reader: str = Field(
        default="default",
        description='cross-encoder that reads the lines: "default", a CrossEncoder\'s name or folder; "" for none',
    )
    retrieval: RetrievalSettings = Field(default_factory=RetrievalSettings, description="how passages are searched for")
    llm: str = Field(
        default="", description="language model that writes the answers, such as ollama:NAME; none quotes your notes"
    )
    generation: LlmSettings = Field(default_factory=LlmSettings, description="how the language model is asked")
    host: str = Field(default="127.0.0.1", description="address the app listens on")
    port: int = Field(default=7860, ge=0, le=65535, description="port of the app; 0 takes a free one")

    @field_validator("notes", "exclude", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """One entry may stand without a list; in the environment several are separated like a PATH, or a JSON list."""
        if isinstance(value, Path):
            return (value,)
        if isinstance(value, str):
            listed = _from_json(value)
            return tuple(part for part in value.split(os.pathsep) if part) if listed is None else listed
        return value

    @field_validator("exclude")
    @classmethod
    def _check_exclude(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """What excludes nothing would leave in the index what its user believes to be out of it."""
        from rag_bot.ignoring import LARGEST_IGNORE_FILE, IgnorePattern

        if (size := sum(len(entry.encode()) for entry in value)) > LARGEST_IGNORE_FILE:
            raise ValueError(f"it has {size:,} bytes; patterns have at most {LARGEST_IGNORE_FILE:,}")
        for entry in value:
            if not entry.strip("#/ !") or entry.startswith("!"):
                raise ValueError(f"{entry!r} is neither a path nor a #tag")
            if not entry.startswith("#") and IgnorePattern(entry).include is None:
                raise ValueError(f"{entry!r} is no pattern")
        return value

    @field_validator("notes", "index", "cache")
    @classmethod
    def _make_absolute(cls, value: Path | tuple[Path, ...]) -> Path | tuple[Path, ...]:
        if isinstance(value, tuple):
            return tuple(part.expanduser().absolute() for part in value)
        return value.expanduser().absolute()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, InitSettingsSource(settings_cls, dict(read_config(Path.cwd())))


def load_settings(**flags: Any) -> Settings:
    """Settings from all four places. A flag that is None was not given.

    Raises:
        UsageError: a value or a key is not one that exists, or the file is no TOML.
    """
    try:
        return Settings(**{key: value for key, value in flags.items() if value is not None})
    except ValidationError as error:
        raise UsageError(_explain(error)) from error
    except SettingsError as error:  # a group of settings in the environment that is no JSON
        found = re.search(r'field "(\w+)"', str(error))
        name = f"RAG_BOT_{found[1].upper()}" if found else "RAG_BOT_*"
        raise UsageError(f"The environment variable {name} is no JSON object. Unset it, or write {{...}}.") from error


def read_config(folder: Path) -> Mapping[str, Any]:
    """The content of rag-bot.toml in this folder, its relative paths taken from there; {} without one."""
    path = folder / CONFIG_NAME
    try:
        config = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}. Mend or remove it.") from error
    return {key: _from_folder(folder, value) if key in _PATH_KEYS else value for key, value in config.items()}


def llm_comes_with_folder() -> bool:
    """Whether rag-bot.toml has a say in which language model is asked, and where. It may have come with the notes."""
    config = read_config(Path.cwd())
    generation = config.get("generation")
    return "llm" in config or (isinstance(generation, dict) and "url" in generation)


def _from_folder(folder: Path, value: Any) -> Any:
    if isinstance(value, str):
        return folder / Path(value).expanduser()
    if isinstance(value, list):
        return tuple(_from_folder(folder, part) for part in value)
    return value


def _from_json(value: str) -> tuple[str, ...] | None:
    """The texts of a JSON list; None of anything else."""
    try:
        read = json.loads(value)
    except ValueError:
        return None
    return tuple(map(str, read)) if isinstance(read, list) else None


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    *group, last = (str(part) for part in first["loc"])
    name = ".".join([*group, last])
    fields = _fields(group)
    if first["type"] == "extra_forbidden":
        return f"Unknown setting {name!r}. Settings {'there ' if group else ''}are: {', '.join(fields)}."
    meaning = fields[last].description if last in fields else None
    given = repr(first["input"])
    given = given if len(given) <= _SHOWN else f"{given[:_SHOWN]}…"
    return f"Setting {name!r} is {given}: {first['msg']}.{f' It is: {meaning}.' if meaning else ''}"


def _fields(group: Sequence[str]) -> Mapping[str, FieldInfo]:
    """Of the settings, or of a group of them."""
    model = Settings.model_fields[group[0]].annotation if group and group[0] in Settings.model_fields else Settings
    return model.model_fields if isinstance(model, type) and issubclass(model, BaseModel) else {}
