"""`rag-bot serve FOLDER`, as people start it: in an empty folder, with nothing ingested yet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.ui.conftest import eventually


def test_a_folder_that_is_named_is_ingested_and_the_app_says_that_it_is_up(tmp_path: Path, model_cache: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "boat.md").write_text("The boat was painted blue in May.\n")
    environment = {
        **os.environ,
        "RAG_BOT_CACHE": str(model_cache),
        "RAG_BOT_INDEX": str(tmp_path / "index"),
        "RAG_BOT_NOTES": str(tmp_path / "elsewhere"),  # which the named folder stands before
    }
    command = [sys.executable, "-m", "rag_bot"]

    def status() -> dict[str, Any]:
        done = subprocess.run(
            [*command, "status", "--json"], cwd=tmp_path, env=environment, capture_output=True, check=False
        )
        found: dict[str, Any] = json.loads(done.stdout or "{}")
        return found

    with subprocess.Popen(
        [*command, "serve", "notes", "--port", "0", "--token", "a-token-for-the-test"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout
            address = server.stdout.readline().removeprefix("rag-bot is at ").partition("/?token=")[0]
            answer = httpx.get(f"{address}/health")
            assert (answer.status_code, answer.text) == (200, "ok")
            assert httpx.get(f"{address}/").status_code == 403
            eventually(lambda: status().get("notes") == 1)
        finally:
            server.terminate()
