"""One frozen object with every setting. A flag wins over RAG_BOT_*, that over the rag-bot.toml of the current folder,
that over the one of the user's config folder, that over the default.

What the rag-bot.toml of a folder says of where data goes, or of what is loaded or written, counts only once its user
has agreed to the file: it may have come with the notes. Into the config folder only its user can put one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import reprlib
import stat
import textwrap
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_cache_path, user_config_path, user_data_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from rag_bot.errors import UsageError
from rag_bot.trust import SETTINGS, has_agreed, say_once

CONFIG_NAME = "rag-bot.toml"
WITHOUT_FILE = "RAG_BOT_WITHOUT_FILE"
"""Set for a child process, which is told all settings in its environment and is to read no file."""
_PATH_KEYS = ("notes", "index", "cache")
# What the file of a stranger may set, by group. Not `notes` or `exclude`: they would put a stranger's notes into the
# index of its user, or take theirs out.
_HARMLESS = {
    "": ("chunk_tokens", "port"),
    "retrieval": ("fusion", "dense_weight", "candidates", "reranked", "feedback"),
    "generation": (
        *("context_tokens", "answer_tokens", "passage_tokens", "memory_tokens"),
        *("temperature", "timeout_seconds", "retries"),
    ),
}
_NO_EDITORS = frozenset(("javascript", "vbscript", "data", "blob", "file", "about"))
"""Schemes of addresses that a browser runs or reads itself."""
_RENAMED = {"generation.nli": "generation.check_model"}
_LARGEST_FILE = 8 * 1024  # bytes, set by hand: tomllib takes 0.5 s for the worst that fits, 40 s for eight times that
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 200  # characters of a value in a message; set by hand


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
    timeout_seconds: float = Field(
        default=25.0, gt=0, description="wait for the first words and then for the next ones, at most"
    )
    retries: int = Field(default=2, ge=0, le=10, description="after a failure that may pass, before the first words")
    check_model: str = Field(
        default="", description="cross-encoder that checks each sentence as well: a name on the hub or a folder"
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
    vectors: str = Field(
        default="", description='URL of a Chroma server that has the vectors; "" keeps them in the index'
    )
    catalogue: str = Field(
        default="", description='URL of a PostgreSQL database that has the catalogue; "" keeps it in the index'
    )
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
    uploads: bool = Field(default=False, description="whether the app adds files to the folders of notes")
    editor: str = Field(
        default="", description="address that opens a note in your editor, with {path} and perhaps {line} in it"
    )
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

    @field_validator("editor")
    @classmethod
    def _check_editor(cls, value: str) -> str:
        """It becomes a link in the app's page."""
        scheme = re.match(r"[a-z][a-z0-9+.-]*(?=:)", value, re.IGNORECASE)  # as RFC 3986 has it in 3.1
        if value and (not scheme or scheme[0].lower() in _NO_EDITORS or not value.isprintable()):
            raise ValueError("it is no address of a program")
        if value and ("{path}" not in value or set("{}") & set(value.replace("{path}", "").replace("{line}", ""))):
            raise ValueError("it has to have {path} in it, and nothing else in braces but {line}")
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
        files = (read_folder(folder) for folder in (Path.cwd(), own_file().parent))
        return init_settings, env_settings, *(InitSettingsSource(settings_cls, dict(file.counting)) for file in files)


@dataclass(frozen=True, slots=True)
class FolderSettings:
    """What the rag-bot.toml of a folder says.

    `config` is all of it, `harmless` what counts in any case, both as `Settings` takes them, relative paths taken from
    the folder. `other` is what counts only where `is_agreed`, as it is written, by names such as `generation.url`.
    `digest` is the SHA-256 of the very bytes that were read, "" where there is no file.
    """

    file: Path
    digest: str
    config: Mapping[str, Any]
    harmless: Mapping[str, Any]
    other: Mapping[str, Any]
    is_agreed: bool

    @property
    def counting(self) -> Mapping[str, Any]:
        return self.config if self.is_agreed else self.harmless

    @property
    def pending(self) -> Mapping[str, Any]:
        """What waits for its user to agree."""
        return {} if self.is_agreed else self.other

    def check(self) -> None:
        """Also of what does not count. Raises UsageError where something is no value of its setting."""
        with _explained():
            Settings(**self.config)


def load_settings(**flags: Any) -> Settings:
    """Settings from all four places. A flag that is None was not given. What is left out of a file is said once.

    Raises:
        UsageError: a value or a key is not one that exists, or the file is no TOML.
    """
    with _explained():
        settings = Settings(**{key: value for key, value in flags.items() if value is not None})
    found = read_folder(Path.cwd())
    if found.pending:
        found.check()
        *first, last = found.pending
        names = f"{', '.join(first)} and {last}" if first else last
        count = "They don't" if first else "It doesn't"
        say_once(f"{CONFIG_NAME} here also sets {names}. {count} count until you agree: `rag-bot trust`.")
    return settings


def read_folder(folder: Path) -> FolderSettings:
    """What rag-bot.toml in this folder says, and whether its user has agreed to it.

    Raises:
        UsageError: it can't be read, or is no TOML.
    """
    file = settings_file(folder)
    try:
        return understood(file, b"" if os.environ.get(WITHOUT_FILE) else read_bytes(file))
    except FileNotFoundError:
        return FolderSettings(file, "", {}, {}, {}, False)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {_shortened(error)}. Mend or remove it.") from error


def understood(file: Path, data: bytes) -> FolderSettings:
    """What a rag-bot.toml says that has this content. Raises UsageError where that is too long or no TOML."""
    if len(data) > _LARGEST_FILE:
        raise UsageError(f"{file} has more than {_LARGEST_FILE:,} bytes, which no settings need. Shorten or remove it.")
    try:
        config = _parse(data)
    except RecursionError:
        raise UsageError(f"{file} cannot be read: its lists lie in each other too deep. Mend or remove it.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {_shortened(error)}. Mend or remove it.") from error
    if unknown := [name for name in config if name not in Settings.model_fields]:
        raise UsageError(_unknown(unknown[0], ()))
    harmless: dict[str, Any] = {}
    other: dict[str, Any] = {}
    for key, value in config.items():
        if key in _HARMLESS and isinstance(value, dict):
            harmless[key] = {name: told for name, told in value.items() if name in _HARMLESS[key]}
            other |= {f"{key}.{name}": told for name, told in value.items() if name not in _HARMLESS[key]}
        elif key in _HARMLESS[""]:
            harmless[key] = value
        else:
            other[key] = value
    config = {key: _in_folder(file.parent, key, value) for key, value in config.items()}
    digest = hashlib.sha256(data).hexdigest()
    is_agreed = bool(other) and (needs_no_agreement(file) or has_agreed(SETTINGS, str(file), digest))
    return FolderSettings(file, digest, config, harmless, other, is_agreed)


@lru_cache(maxsize=2)  # the file of the folder, and that of the config folder
def _parse(data: bytes) -> dict[str, Any]:
    """Remembered, for what takes long is parsed once. Nobody changes what it gives."""
    return tomllib.loads(data.decode())


def settings_file(folder: Path) -> Path:
    """The file of a folder, be it there or not, by the name that is agreed to."""
    return folder.resolve() / CONFIG_NAME


def own_file() -> Path:
    """The rag-bot.toml of the user's config folder, be it there or not. It counts wherever the program is started."""
    return settings_file(user_config_path("rag-bot"))


def needs_no_agreement(file: Path) -> bool:
    """Whether only its user can have written it: into their config folder, or beside this package, as in a checkout,
    where who could write it could write the program.
    """
    return file.parent == Path(__file__).resolve().parents[1] or file == own_file()


def set_by_environment() -> frozenset[str]:
    """The settings that RAG_BOT_* variables set, by names such as "llm" and "generation.url"."""
    with _explained():
        told = EnvSettingsSource(Settings)()
    names = ([f"{name}.{key}" for key in value] if isinstance(value, dict) else [name] for name, value in told.items())
    return frozenset(name for group in names for name in group)


def read_bytes(file: Path) -> bytes:
    """The content, read once, of a little more than may be in it at most. A pipe or a device in its place holds nobody
    up. Raises OSError; UsageError where it is no regular file.
    """
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UsageError(f"{file} is not a regular file. Remove it.")
        return stream.read(_LARGEST_FILE + 1)


def _in_folder(folder: Path, key: str, value: Any) -> Any:
    """The value of a setting, from this folder if it is a path or a list of them."""
    if key not in _PATH_KEYS:
        return value
    if isinstance(value, str):
        try:
            return folder / Path(value).expanduser()
        except RuntimeError:  # the home of somebody who is not there
            return folder / value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(_in_folder(folder, key, part) for part in value)
    return value


def _from_json(value: str) -> tuple[str, ...] | None:
    """The texts of a JSON list; None of anything else."""
    try:
        read = json.loads(value)
    except ValueError:
        return None
    return tuple(map(str, read)) if isinstance(read, list) else None


@contextmanager
def _explained() -> Iterator[None]:
    """What pydantic says of settings, as an error of ours."""
    try:
        yield
    except ValidationError as error:
        raise UsageError(_explain(error)) from error
    except SettingsError as error:  # a group of settings in the environment that is no JSON
        found = re.search(r'field "(\w+)"', str(error))
        name = f"RAG_BOT_{found[1].upper()}" if found else "RAG_BOT_*"
        raise UsageError(f"The environment variable {name} is no JSON object. Unset it, or write {{...}}.") from error


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    *group, last = (str(part) for part in first["loc"])
    name = ".".join([*group, last])
    if first["type"] == "extra_forbidden":
        return _unknown(name, group)
    fields = _fields(group)
    meaning = fields[last].description if last in fields else None
    said = f" It is: {meaning}." if meaning else ""
    problem = _shortened(first["msg"].removeprefix("Value error, "))  # which pydantic puts before words of ours
    return f"Setting {_short(name)} is {_short(first['input'])}: {problem}.{said}"


def _unknown(name: str, group: Sequence[str]) -> str:
    if name in _RENAMED:
        return f"Setting {name} is called {_RENAMED[name]} now. Rename it."
    return f"Unknown setting {_short(name)}. Settings {'there ' if group else ''}are: {', '.join(_fields(group))}."


def _short(value: object) -> str:
    """A value as messages repeat it, however long or deep it is."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python writes no number of more than 4,300 digits
        return "a number of thousands of digits"


def _shortened(text: object) -> str:
    """What others say of a file, without the long words that they repeat of it."""
    return textwrap.shorten(str(text), 300, placeholder=" ...")


def _fields(group: Sequence[str]) -> Mapping[str, FieldInfo]:
    """Of the settings, or of a group of them."""
    model = Settings.model_fields[group[0]].annotation if group and group[0] in Settings.model_fields else Settings
    return model.model_fields if isinstance(model, type) and issubclass(model, BaseModel) else {}
