"""One fresh ingest by rag-bot: `FOLDER TARGET CACHE`. What it will import is imported before the clock starts.

With CACHE alone: convert the model, which is done once on a machine and not a part of any ingest that is compared.
"""

import sys
from pathlib import Path

import chromadb  # noqa: F401

from eval.benchmarks.report import clock, keep_texts, report
from rag_bot import Library, __version__
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
    texts = keep_texts(EmbeddingModel, "encode_passages")
    began = clock()
    with Library(load_settings(index=target, cache=cache)) as library:
        library.ingest([folder])
        ended = clock()
        status = library.status()
    how = (
        f"{__version__}; passages of up to 256 tokens with their headings, an int8 copy of the weights where the "
        "processor gains from it, one text at a time on each core, Chroma, Tantivy and a catalogue of every vector"
    )
    report(target, texts, began, ended, notes=status.notes, chunks=status.chunks, how=how)


if __name__ == "__main__":
    main()
