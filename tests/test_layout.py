"""Imports run one way, and the light commands load no engine."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

LAYERS = (  # the ground floor first
    ("records", "errors", "settings", "trust", "files", "databases", "processes", "failpoints", "ignoring"),
    ("text",),
    ("markdown", "models"),
    ("llm", "conversations", "check"),
    ("extraction",),
    ("store",),
    ("ingestion", "query"),
    ("library",),
    ("evaluation", "llama", "output"),
    ("api",),
    ("ui",),
    ("cli", "__main__"),
)
HEAVY = ("torch", "sentence_transformers", "transformers", "llama_index", "gradio", "chromadb", "onnxruntime", "numpy")


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
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


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_no_modules_import_each_other_in_a_circle() -> None:
    paths = {_module(path): path for path in (ROOT / "rag_bot").rglob("*.py")}
    imports = {
        module: {name for name in _imports(path) if name in paths and not module.startswith(f"{name}.")} - {module}
        for module, path in paths.items()
    }
    while leaves := [module for module, names in imports.items() if not names]:
        for leaf in leaves:
            del imports[leaf]
        for names in imports.values():
            names.difference_update(leaves)
    assert sorted(imports) == []  # what is left leads back to itself, or to a circle


def test_each_public_class_has_a_name_of_its_own() -> None:
    classes = Counter(
        node.name
        for path in (ROOT / "rag_bot").rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, times in classes.items() if times > 1] == []


def test_answering_never_imports_ingestion_and_ingestion_never_answering() -> None:
    crossed = [
        f"{path.relative_to(ROOT)} imports {name}"
        for part, path in _modules()
        for name in _imports(path)
        if {part, _part(name)} == {"query", "ingestion"} and name.startswith("rag_bot.")
    ]
    assert crossed == []


def test_commands_take_of_the_app_and_of_the_evaluation_what_these_offer() -> None:
    offered = ("rag_bot.ui", "rag_bot.evaluation", "rag_bot.evaluation.sets")
    taken = {
        node.module
        for part, path in _modules()
        if part == "cli"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(("rag_bot.ui", "rag_bot.eval"))
    }
    assert sorted(taken - {*offered}) == []


def test_only_the_vector_store_imports_chroma_and_only_the_word_store_and_the_terms_tantivy() -> None:
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


def test_importing_the_app_or_the_language_models_loads_no_engine() -> None:
    assert _loaded("import rag_bot.ui, rag_bot.llm, rag_bot.llm.providers") == set()


def test_importing_the_library_loads_no_torch_no_gradio_and_no_llama_index() -> None:
    assert _loaded("from rag_bot import Library") <= {"numpy"}
