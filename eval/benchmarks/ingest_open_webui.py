"""One fresh ingest by Open WebUI: `FOLDER TARGET MODEL`, with the weights in MODEL in float32.

A knowledge base is made, and each note uploaded into it by the requests that its page sends, all of them to the app in
this process, so that no server costs anything. Its settings are those that it comes with, but for the model's folder
and for what would ask the network or a person.
"""

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sentence_transformers import SentenceTransformer
from starlette.testclient import TestClient

from eval.benchmarks.report import clock, keep_texts, markdown_notes, report

SETTINGS = {
    "FROM_INIT_PY": "true",  # as `open-webui serve` sets it: the page lies in the package
    "WEBUI_AUTH": "False",  # one user, as on one's own machine
    "WEBUI_SECRET_KEY": "of a benchmark that ends with it",
    "OFFLINE_MODE": "True",
    "ENABLE_OLLAMA_API": "False",
    "ENABLE_OPENAI_API": "False",
    "GLOBAL_LOG_LEVEL": "ERROR",
}


def main() -> None:
    folder, target, model = map(Path, sys.argv[1:])
    target.mkdir()
    os.environ.update(SETTINGS, DATA_DIR=str(target), RAG_EMBEDDING_MODEL=str(model))
    texts = keep_texts(SentenceTransformer, "encode")
    from open_webui.main import app
    from open_webui.retrieval.vector.factory import VECTOR_DB_CLIENT

    began = clock()
    notes = markdown_notes(folder)
    with TestClient(app) as client:
        token = _sent(client, "auths/signin", json={"email": "", "password": ""})["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        knowledge = _sent(client, "knowledge/create", json={"name": "notes", "description": ""})["id"]
        for note in notes:
            _sent(
                client,
                "files/?process_in_background=false",
                files={"file": (note.name, note.read_bytes(), "text/markdown")},
                data={"metadata": json.dumps({"knowledge_id": knowledge})},
            )
    ended = clock()
    stored = VECTOR_DB_CLIENT.get(knowledge).metadatas[0]  # an upload that failed answers as one that did not
    how = (
        f"{version('open-webui')}; its splitter at Markdown headings and into 1,000 characters with an overlap of 100, "
        "float32, batches of 1, Chroma; it embeds each passage twice, for the file and for the knowledge base"
    )
    found = len({passage["file_id"] for passage in stored})
    report(target, texts, began, ended, notes=found, chunks=len(stored), how=how)


def _sent(client: TestClient, address: str, **content: Any) -> dict[str, str]:
    answer = client.post(f"/api/v1/{address}", **content)
    answer.raise_for_status()
    values: dict[str, str] = answer.json()
    return values


if __name__ == "__main__":
    main()
