"""One fresh ingest by LangChain's own parts: `FOLDER TARGET MODEL`, with the weights in MODEL in float32.

As its page on semantic search and that of HuggingFaceEmbeddings show it: texts as Documents, its splitter for Markdown
with the 1,000 characters and the overlap of 200 of that page (its default of 4,000 is four times what the model reads),
32 texts a batch, Chroma.from_documents.
"""

import sys
from importlib.metadata import version
from pathlib import Path

from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import MarkdownTextSplitter
from sentence_transformers import SentenceTransformer

from eval.benchmarks.report import clock, keep_texts, markdown_notes, report

PACKAGES = ("langchain-core", "langchain-chroma", "langchain-huggingface", "langchain-text-splitters")


def main() -> None:
    folder, target, model = map(Path, sys.argv[1:])
    texts = keep_texts(SentenceTransformer, "encode")
    began = clock()
    documents = [
        Document(page_content=path.read_text(encoding="utf-8"), metadata={"source": str(path)})
        for path in markdown_notes(folder)
    ]
    splitter = MarkdownTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)
    chunks = splitter.split_documents(documents)
    embeddings = HuggingFaceEmbeddings(model_name=str(model), model_kwargs={"device": "cpu"})
    Chroma.from_documents(chunks, embeddings, persist_directory=str(target))
    ended = clock()
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    how = f"{packages}; MarkdownTextSplitter(1000, 200), HuggingFaceEmbeddings in float32, batches of 32, Chroma"
    report(target, texts, began, ended, notes=len(documents), chunks=len(chunks), how=how)


if __name__ == "__main__":
    main()
