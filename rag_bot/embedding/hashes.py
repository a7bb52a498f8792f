"""SHA-256 of large files, remembered in the cache folder: hashing the weights takes as long as a small sync."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

from rag_bot.errors import ModelError

_FILE_NAME = "hashes.json"


class FileHashes:
    """A file with the size, times and inode that it had is not read again. Without a cache nothing is remembered."""

    def __init__(self, cache: Path | None = None) -> None:
        self._file = cache / _FILE_NAME if cache else None
        self._known = self._read(self._file) if self._file else {}

    def sha256(self, path: Path) -> str:
        """The hex digest of a file.

        Raises:
            ModelError: it can't be read.
        """
        try:
            status = path.stat()
            stamp = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
            known = self._known.get(str(path))
            if known and known[:-1] == stamp:
                return str(known[-1])
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelError(f"The model file {path} cannot be read: {os.strerror(error.errno or 0)}.") from error
        self._known[str(path)] = [*stamp, digest]
        if self._file:
            self._write(self._file)
        return digest

    @staticmethod
    def _read(file: Path) -> dict[str, list[object]]:
        try:
            known = json.loads(file.read_text(encoding="utf-8"))
            return {str(path): list(values) for path, values in known.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def _write(self, file: Path) -> None:
        with suppress(OSError):  # it is read again the next time, then
            file.parent.mkdir(parents=True, exist_ok=True)
            beside = file.with_name(f"{_FILE_NAME}.{os.getpid()}")
            beside.write_text(json.dumps(self._known), encoding="utf-8")
            beside.replace(file)
