"""Model files in llama.cpp's format: found by a path, or as OWNER/REPO/FILE on the Hugging Face hub, fetched once and
checked since; and what the head of one says, without loading it.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. The `gguf` package reads vocabulary and tensors
too: 1.6 s and 160 MB for a file of 98 MB, against a millisecond here, and over a minute for a damaged one of 1 MB that
claims to hold a long array.
"""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rag_bot.errors import LlmError, ModelError, first_line
from rag_bot.files import FileHashes

_HUB_FILE = re.compile(r"([\w.-]+/[\w.-]+)/([\w./ -]+\.gguf)", re.IGNORECASE)  # OWNER/REPO, then FILE, maybe in folders
_FETCH = "import sys; from rag_bot.llm.model_files import fetch; sys.exit(fetch(*sys.argv[1:]))"
_SHOWN = 200  # characters of what went wrong there: some two lines
_SHA256 = re.compile(r"[0-9a-f]{64}")

_MAGIC = b"GGUF"
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _ARRAY = 8, 9
_LONGEST_TEXT = 1 << 26  # bytes, set by hand; a chat template has some thousands
_MOST_ENTRIES = 10_000  # set by hand; files have some thirty
_MOST_ITEMS = 1 << 20  # of all arrays before the vocabulary, set by hand
_UNTOLD_CONTEXT = 4096  # tokens, set by hand; what small models read at least


def find_file(name: str, cache: Path) -> Path:
    """The file that `gguf:NAME` means. A file on the hub is fetched when it is not in `cache`/models.

    Raises:
        LlmError: there is none, it could not be fetched, or it is no longer what was fetched.
    """
    kept = find_kept(name, cache)
    if kept is None:
        repo, file = _hub_parts(name)
        _fetch_in_a_process(repo, file, _hub_folder(cache) / repo)
        kept = _hub_folder(cache) / repo / file
        _check_hash(kept, cache)
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
    kept = _hub_folder(cache) / repo / file
    if not kept.is_file() or not _hash_file(kept).is_file():
        return None
    _check_hash(kept, cache)
    return kept


def kept_files(cache: Path) -> list[str]:
    """OWNER/REPO/FILE of the files that were fetched whole."""
    folder = _hub_folder(cache)
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.gguf") if _hash_file(path).is_file())


def fetch(repo: str, file: str, folder: str) -> int:
    """Fetches a file and writes its hash beside it; what goes wrong is one line on stdout. Gives the exit code."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    try:
        told = get_hf_file_metadata(hf_hub_url(repo, file)).etag or ""
        path = Path(hf_hub_download(repo, file, local_dir=folder))
        digest = FileHashes().sha256(path)
    except Exception as error:  # noqa: BLE001 - the outermost edge of this process; the hub raises many kinds
        print(f"{type(error).__name__}: {first_line(error)}"[:_SHOWN].rstrip("."))
        return 1
    if _SHA256.fullmatch(told) and told != digest:
        path.unlink()
        print("it arrived damaged")
        return 1
    _hash_file(path).write_text(f"{digest}\n", encoding="ascii")
    return 0


def _fetch_in_a_process(repo: str, file: str, folder: Path) -> None:
    """This process may have told the hub's library to stay offline, which it never unlearns.

    Whoever told it so from outside is obeyed.
    """
    from rag_bot.models.export import OFFLINE_BY_US

    print(f"Fetching {repo}/{file} from the hub, once, into {folder}", file=sys.stderr)
    environment = dict(os.environ)
    if environment.pop(OFFLINE_BY_US, ""):
        del environment["HF_HUB_OFFLINE"]
    environment |= {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_VERBOSITY": "error"}
    if not sys.stderr.isatty():
        environment["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    command = [sys.executable, "-c", _FETCH, repo, file, str(folder)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        reason = (done.stdout.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise LlmError(
            f"The model file {repo}/{file} is not on this machine and could not be fetched from the hub ({reason}). "
            "Check the name and the network, or give the path of a .gguf file."
        )


def _hub_parts(name: str) -> tuple[str, str]:
    """OWNER/REPO and FILE."""
    parts = _HUB_FILE.fullmatch(name)
    if not parts or ".." in name or name.startswith("."):
        raise LlmError(
            f"There is no model file {name}. Give the path of a .gguf file, or OWNER/REPO/FILE.gguf on the hub."
        )
    return parts[1], parts[2]


def _hub_folder(cache: Path) -> Path:
    """Where files from the hub are kept, as OWNER/REPO/FILE."""
    return cache / "models" / "gguf"


def _hash_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _check_hash(path: Path, cache: Path) -> None:
    """Against the hash written when it was fetched; the file is only read again when its size or times changed."""
    wanted = _hash_file(path).read_text(encoding="ascii").strip()
    try:
        digest = FileHashes(cache).sha256(path)
    except ModelError as error:
        raise LlmError(str(error)) from error
    if digest != wanted:
        raise LlmError(
            f"The model file {path} is not what was fetched: it hashes to {digest[:12]}…, not to {wanted[:12]}…. "
            "Remove it, and it is fetched again."
        )


@dataclass(frozen=True, slots=True)
class Header:
    """What the file says about its model. `context_tokens` is the context it was trained with."""

    architecture: str
    name: str
    context_tokens: int


def read_header(path: Path) -> Header:
    """The head of a model file.

    Raises:
        LlmError: it cannot be read, or is no GGUF file.
    """
    try:
        with path.open("rb") as file:
            if file.read(4) != _MAGIC:
                raise LlmError(f"{path} is no GGUF file. Give a model file of llama.cpp, which ends in .gguf.")
            known = _entries(file)
    except OSError as error:
        raise LlmError(f"The model file {path} cannot be read: {error.strerror}.") from error
    except (struct.error, ValueError, KeyError) as error:
        raise LlmError(f"The model file {path} is damaged or incomplete. Fetch it again.") from error
    architecture = str(known.get("general.architecture", ""))
    context = known.get(f"{architecture}.context_length")
    name = str(known.get("general.name", "") or path.stem)
    return Header(architecture, name, context if isinstance(context, int) and context > 0 else _UNTOLD_CONTEXT)


def _entries(file: BinaryIO) -> dict[str, object]:
    """The entries up to the vocabulary, which is long and comes after what is wanted here."""
    _, _, count = struct.unpack("<IQQ", file.read(20))
    if count > _MOST_ENTRIES:
        raise ValueError(count)
    known: dict[str, object] = {}
    items = 0
    for _ in range(count):
        name = _text(file)
        if name.startswith("tokenizer.") and "general.architecture" in known:
            break
        (kind,) = struct.unpack("<I", file.read(4))
        if kind == _ARRAY:
            item_kind, length = struct.unpack("<IQ", file.read(12))
            items += length
            if items > _MOST_ITEMS:
                raise ValueError(length)
            known[name] = [_value(file, item_kind) for _ in range(length)]
        else:
            known[name] = _value(file, kind)
    return known


def _value(file: BinaryIO, kind: int) -> object:
    """A text or a number; arrays of arrays are in no file that llama.cpp reads."""
    if kind == _TEXT:
        return _text(file)
    shape = f"<{_NUMBERS[kind]}"
    return struct.unpack(shape, file.read(struct.calcsize(shape)))[0]


def _text(file: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", file.read(8))
    if length > _LONGEST_TEXT:
        raise ValueError(length)
    written = file.read(length)
    if len(written) < length:
        raise ValueError(length)
    return written.decode("utf-8", "replace")
