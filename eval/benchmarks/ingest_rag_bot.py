"""One fresh ingest by rag-bot: `FOLDER TARGET CACHE`. What it will import is imported before the clock starts.

With CACHE alone: convert the model, which is done once on a machine and not a part of any ingest that is compared.
"""

import json
import sys
import time
from pathlib import Path

import chromadb  # noqa: F401

from rag_bot import Library
from rag_bot.models import EmbeddingModel
from rag_bot.models.weights import DEFAULT_MODEL
from rag_bot.settings import load_settings


def main() -> None:
    paths = list(map(Path, sys.argv[1:]))
    if len(paths) == 1:
        EmbeddingModel.prepare(DEFAULT_MODEL, paths[0])
        print("{}")
    else:
        _ingest(*paths)


def _ingest(folder: Path, target: Path, cache: Path) -> None:
    began = time.perf_counter()
    with Library(load_settings(index=target, cache=cache)) as library:
        library.ingest([folder])
        seconds = time.perf_counter() - began
        status = library.status()
    print(json.dumps({"notes": status.notes, "chunks": status.chunks, "seconds": seconds}))


if __name__ == "__main__":
    main()
