"""One fresh ingest by LlamaIndex's own parts: `FOLDER TARGET MODEL`, with the weights in MODEL in float32.

SimpleDirectoryReader, SentenceSplitter at the model's window and by its tokenizer, HuggingFaceEmbedding as it comes (10
texts a batch), ChromaVectorStore. Its batches of 41,665 are cut to what Chroma takes, or large folders would fail.
"""

import logging
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import chromadb
from llama_index.core import SimpleDirectoryReader
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.vector_stores.chroma import ChromaVectorStore, base
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from eval.benchmarks.report import clock, keep_texts, report


def main() -> None:
    folder, target, model = map(Path, sys.argv[1:])
    logging.disable(logging.WARNING)  # one line a file about readers for other formats
    texts = keep_texts(SentenceTransformer, "encode")
    began = clock()
    client = chromadb.PersistentClient(str(target), chromadb.Settings(anonymized_telemetry=False))
    base.MAX_CHUNK_SIZE = client.get_max_batch_size()
    collection = client.create_collection("notes", configuration={"hnsw": {"space": "cosine"}})
    documents = SimpleDirectoryReader(str(folder), recursive=True, required_exts=[".md"]).load_data()
    pipeline = IngestionPipeline(
        transformations=[
            SentenceSplitter(chunk_size=256, chunk_overlap=0, tokenizer=_tokenizer(model)),
            HuggingFaceEmbedding(str(model), device="cpu"),
        ],
        vector_store=ChromaVectorStore(chroma_collection=collection),
    )
    pipeline.run(documents=documents)
    ended = clock()
    how = (
        f"llama-index-core {version('llama-index-core')}; SentenceSplitter(256, 0), HuggingFaceEmbedding in float32, "
        "batches of 10, ChromaVectorStore"
    )
    report(target, texts, began, ended, notes=len(documents), chunks=collection.count(), how=how)


def _tokenizer(model: Path) -> Callable[[str], list[int]]:
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def tokens(text: str) -> list[int]:
        return list(tokenizer.encode(text, add_special_tokens=False).ids)

    return tokens


if __name__ == "__main__":
    main()
