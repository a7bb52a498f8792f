"""Imports run one way, and the light commands load no engine."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

LAYERS = (
    ("records", "errors", "settings", "files", "processes", "failpoints", "text"),
    ("markdown", "models", "llm", "conversations"),
    ("store", "check"),
    ("ingestion", "query"),
    ("library",),
    ("evaluation", "llama", "output"),
    ("ui",),
    ("cli", "__main__"),
)
HEAVY = ("torch", "sentence_transformers", "transformers", "llama_index", "gradio", "chromadb", "onnxruntime", "numpy")


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _part(module: str) -> str:
    return module.removeprefix("rag_bot.").split(".")[0]


def _modules() -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / "rag_bot").rglob("*.py")):
        part = path.relative_to(ROOT / "rag_bot").parts[0].removesuffix(".py")
        if part != "__init__":
            yield part, path


def _layer(part: str) -> int:
    return next(number for number, parts in enumerate(LAYERS) if part in parts)


def test_every_module_has_its_place_and_imports_only_from_its_own_layer_or_below() -> None:
    backwards = [
        f"{path.relative_to(ROOT)} imports {name}"
        for part, path in _modules()
        for name in _imports(path)
        if name.startswith("rag_bot.") and _layer(_part(name)) > _layer(part)
    ]
    assert backwards == []


def test_answering_never_imports_ingestion_and_ingestion_never_answering() -> None:
    crossed = [
        f"{path.relative_to(ROOT)} imports {name}"
        for part, path in _modules()
        for name in _imports(path)
        if {part, _part(name)} == {"query", "ingestion"} and name.startswith("rag_bot.")
    ]
    assert crossed == []


def test_only_the_vector_store_imports_chroma_and_only_the_word_store_tantivy() -> None:
    importers = {
        (name.split(".")[0], path.name)
        for _, path in _modules()
        for name in _imports(path)
        if name.split(".")[0] in ("chromadb", "tantivy")
    }
    assert importers == {("chromadb", "vectors.py"), ("tantivy", "bm25.py"), ("tantivy", "terms.py")}


def test_onnxruntime_is_told_not_to_report_before_it_can_be_loaded() -> None:
    script = "import rag_bot, os, sys; print(os.environ['ORT_DISABLE_TELEMETRY'], 'onnxruntime' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["1", "False"]


def _loaded(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.splitlines()[-1].split()) if done.stdout.strip() else set()


def test_help_loads_no_engine() -> None:
    helped = "from rag_bot.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit: pass"
    assert _loaded(helped) == set()


def test_importing_the_library_loads_no_torch_no_gradio_and_no_llama_index() -> None:
    assert _loaded("from rag_bot import Library") <= {"numpy"}
