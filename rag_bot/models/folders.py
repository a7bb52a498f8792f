"""What a model's folder may hold: weights and settings. One that brings code, or could, is refused unopened."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from rag_bot.errors import ModelError

# Files whose loading runs what is in them: Python, what Python pickles (as .bin files of PyTorch are), libraries.
_CODE = frozenset({".py", ".pyc", ".so", ".dll", ".dylib"})
_PICKLED = frozenset({".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib"})
# Read by the tokenizer alone, and large.
_VOCABULARIES = frozenset({"tokenizer.json", "vocab.json"})
# Keys by which transformers is told to load code, whatever their place in a file.
_CODE_KEYS = frozenset({"auto_map", "custom_pipelines", "trust_remote_code"})
# The parts that embedding models and CrossEncoders are made of. Not `Router` or `Asym`, which name others themselves.
_MODULE = re.compile(
    r"sentence_transformers\.(?:[a-z_]+\.)*"
    r"(?:Transformer|Pooling|Normalize|Dense|LayerNorm|Dropout|WeightedLayerPooling|StaticEmbedding|CNN|LSTM|LogitScore)"
)
# Of PyTorch a file may name number types ("torch.float32") and layers ("torch.nn.modules.activation.Sigmoid").
_OF_TORCH = re.compile(r"torch\.\w+|torch\.nn\.(?:modules\.)?(?:\w+\.)?\w+")


def require_harmless(folder: Path) -> None:
    """Raises ModelError where loading this folder would run code that came with it, or code that it names."""
    for path in sorted(folder.rglob("*")):
        if reason := _reason(folder, path):
            raise ModelError(
                f"The model folder {folder} is refused: {path.relative_to(folder).as_posix()} {reason}. rag-bot loads "
                "models that are weights (.safetensors) and settings only; take one of those."
            )


def _reason(folder: Path, path: Path) -> str:
    """Why a file is refused; "" if it is not."""
    if path.is_symlink() and path.is_dir():
        return "leads out of it"
    if path.suffix in _CODE and path.is_file():
        return "is code"
    if path.suffix in _PICKLED and path.is_file() and not any(path.parent.glob("*.safetensors")):
        return "is pickled, which can hold code"
    if path.suffix != ".json" or path.name in _VOCABULARIES or not path.is_file():
        return ""
    if path.name == "adapter_config.json":
        return "names another model"
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return "is no JSON that can be read"
    if path == folder / "modules.json":
        return _reason_of_modules(content)
    return next((f"has {key!r}: {str(value)[:60]!r}" for key, value in _entries(content) if _loads(key, value)), "")


def _reason_of_modules(modules: object) -> str:
    for module in modules if isinstance(modules, list) else [modules]:
        name, place = (module.get("type"), module.get("path")) if isinstance(module, dict) else (module, "")
        if not isinstance(name, str) or not _MODULE.fullmatch(name):
            return f"names {str(name)[:60]!r}, which is none of the usual parts of sentence-transformers"
        if not isinstance(place, str) or Path(place).is_absolute() or ".." in Path(place).parts:
            return f"names {str(place)[:60]!r}, which leads out of it"
    return ""


def _loads(key: str, value: object) -> bool:
    if key in _CODE_KEYS and value:
        return True
    if key.endswith("attn_implementation") and isinstance(value, str) and "/" in value:
        return True  # a kernel from the hub
    return isinstance(value, str) and value.startswith("torch.") and not _OF_TORCH.fullmatch(value)


def _entries(content: object) -> Iterator[tuple[str, object]]:
    """Every key with its value, and every element of a list with an empty key, at any depth."""
    waiting = [("", content)]
    while waiting:
        key, value = waiting.pop()
        yield key, value
        if isinstance(value, dict):
            waiting.extend(value.items())
        elif isinstance(value, list):
            waiting.extend(("", element) for element in value)
