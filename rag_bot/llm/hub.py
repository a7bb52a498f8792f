"""Finds a model file: a path, or OWNER/REPO/FILE on the Hugging Face hub, fetched once and checked since."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from rag_bot.errors import LlmError, ModelError, first_line
from rag_bot.files import FileHashes
from rag_bot.models.export import OFFLINE_BY_US

_HUB_FILE = re.compile(r"([\w.-]+/[\w.-]+)/([\w./ -]+\.gguf)", re.IGNORECASE)
_PROGRAM = "import sys; from rag_bot.llm.hub import fetch; sys.exit(fetch(*sys.argv[1:]))"
_SHOWN = 200  # characters of what went wrong there
_SHA256 = re.compile(r"[0-9a-f]{64}")


def find_file(name: str, cache: Path) -> Path:
    """The file that `gguf:NAME` means. A file on the hub is fetched when it is not in `cache`/models.

    Raises:
        LlmError: there is none, it could not be fetched, or it is no longer what was fetched.
    """
    found = find_kept(name, cache)
    if found:
        return found
    repo, file = _hub_parts(name)
    kept = models_folder(cache) / repo / file
    _fetch(repo, file, models_folder(cache) / repo)
    _check(kept, cache)
    return kept


def find_kept(name: str, cache: Path) -> Path | None:
    """The same without asking the hub: None for a file that would have to be fetched.

    Raises:
        LlmError: it is neither a file nor the name of one on the hub, or no longer what was fetched.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path.absolute()
    repo, file = _hub_parts(name)
    kept = models_folder(cache) / repo / file
    if not kept.is_file() or not _hash_file(kept).is_file():
        return None
    _check(kept, cache)
    return kept


def _hub_parts(name: str) -> tuple[str, str]:
    parts = _HUB_FILE.fullmatch(name)
    if not parts or ".." in name or name.startswith("."):
        raise LlmError(
            f"There is no model file {name}. Give the path of a .gguf file, or OWNER/REPO/FILE.gguf on the hub."
        )
    return parts[1], parts[2]


def models_folder(cache: Path) -> Path:
    """Where files from the hub are kept, as OWNER/REPO/FILE."""
    return cache / "models" / "gguf"


def kept_files(cache: Path) -> list[str]:
    """OWNER/REPO/FILE of the files that were fetched whole."""
    folder = models_folder(cache)
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.gguf") if _hash_file(path).is_file())


def _hash_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _check(path: Path, cache: Path) -> None:
    """Against the hash written when it was fetched; the file is only read again when its size or times changed."""
    wanted = _hash_file(path).read_text(encoding="ascii").strip()
    try:
        found = FileHashes(cache).sha256(path)
    except ModelError as error:
        raise LlmError(str(error)) from error
    if found != wanted:
        raise LlmError(
            f"The model file {path} is not what was fetched: it hashes to {found[:12]}…, not to {wanted[:12]}…. "
            "Remove it, and it is fetched again."
        )


def _fetch(repo: str, file: str, folder: Path) -> None:
    """In a process of its own: this one may have told the hub's library to stay offline, which it never unlearns.

    Whoever told it so from outside is obeyed.
    """
    print(f"Fetching {repo}/{file} from the hub, once, into {folder}", file=sys.stderr)
    environment = dict(os.environ)
    if environment.pop(OFFLINE_BY_US, ""):
        del environment["HF_HUB_OFFLINE"]
    environment |= {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_VERBOSITY": "error"}
    if not sys.stderr.isatty():
        environment["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    command = [sys.executable, "-c", _PROGRAM, repo, file, str(folder)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        reason = (done.stdout.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise LlmError(
            f"The model file {repo}/{file} is not on this machine and could not be fetched from the hub ({reason}). "
            "Check the name and the network, or give the path of a .gguf file."
        )


def fetch(repo: str, file: str, folder: str) -> int:
    """Fetches a file and writes its hash beside it; what goes wrong is one line on stdout. Gives the exit code."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    try:
        told = get_hf_file_metadata(hf_hub_url(repo, file)).etag or ""
        path = Path(hf_hub_download(repo, file, local_dir=folder))
        found = FileHashes().sha256(path)
    except Exception as error:  # noqa: BLE001 - the outermost edge of this process; the hub raises many kinds
        print(f"{type(error).__name__}: {first_line(error)}"[:_SHOWN].rstrip("."))
        return 1
    if _SHA256.fullmatch(told) and told != found:
        path.unlink()
        print("it arrived damaged")
        return 1
    _hash_file(path).write_text(f"{found}\n", encoding="ascii")
    return 0
