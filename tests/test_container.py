"""The container image: what can be told without an engine, and with one that it runs as it should."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from release import package_files
from tests.conftest import ROOT
from tests.ui.conftest import eventually
from tests.ui.test_proxies import free_port

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
ENGINES = ("docker", "podman")


def _health_check() -> list[str]:
    """The command, run with this Python."""
    found = re.search(r"^HEALTHCHECK .*? CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert found
    program, *arguments = json.loads(found[1])
    assert program == "python3"
    return [sys.executable, *arguments]


@pytest.mark.parametrize(("answer", "code"), [("200 OK", 0), ("404 Not Found", 1), ("403 Forbidden", 1)])
def test_the_health_check_asks_whether_the_app_is_up(answer: str, code: int) -> None:
    server = """if True:
        import socket, sys
        with socket.create_server(("127.0.0.1", 0)) as listening:
            print(listening.getsockname()[1], flush=True)
            connection, _ = listening.accept()
            print(connection.recv(4096).split(b"\\r")[0].decode(), flush=True)
            connection.sendall(f"HTTP/1.1 {sys.argv[1]}\\r\\nContent-Length: 0\\r\\n\\r\\n".encode())
            connection.close()
    """
    with subprocess.Popen([sys.executable, "-c", server, answer], stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout
        port = serving.stdout.readline().strip()
        done = subprocess.run(_health_check(), env={"RAG_BOT_PORT": port}, capture_output=True, check=False)
        assert serving.stdout.readline() == "GET /health HTTP/1.1\n"
    assert done.returncode == code


def test_the_health_check_fails_where_nothing_listens() -> None:
    done = subprocess.run(_health_check(), env={"RAG_BOT_PORT": str(free_port())}, capture_output=True, check=False)
    assert done.returncode == 1


def test_what_the_image_is_made_of_is_what_an_engine_is_given() -> None:
    given = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.*)", DOCKERFILE, re.MULTILINE)
        for name in line.split()[:-1]  # the last one is where to
    }
    assert copied == given
    assert all((ROOT / name).exists() for name in given)


def test_the_composition_gives_the_app_its_notes_to_read_and_one_volume_to_write() -> None:
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["rag-bot"]
    assert service["read_only"] is True
    assert [entry.endswith(":ro") for entry in service["volumes"]] == [True, False]
    assert service["volumes"][1].endswith(":/data")
    assert re.search(r"^VOLUME /data$", DOCKERFILE, re.MULTILINE)
    assert service["ports"] == ["127.0.0.1:7860:7860"]


def _working_engine() -> str | None:
    for name in ENGINES:
        if shutil.which(name) and subprocess.run([name, "info"], capture_output=True, check=False).returncode == 0:
            return name
    return None


@pytest.fixture(scope="module")
def engine() -> str:
    found = _working_engine()
    if not found:
        pytest.skip(f"No container engine works on this machine ({' or '.join(ENGINES)})")
    return found


@pytest.fixture
def container(engine: str, tmp_path: Path) -> Iterator[str]:
    """One that runs as the Dockerfile says, over a note, without a network."""
    name = f"rag-bot-test-{uuid.uuid4().hex[:8]}"
    context = tmp_path / "context"
    for file in (*package_files(ROOT), *(line[1:] for line in (ROOT / ".dockerignore").read_text().split("\n"))):
        if (ROOT / file).is_file():
            (context / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, context / file)
    shutil.copy(ROOT / "Dockerfile", context)
    environment = {**os.environ, "BUILDAH_FORMAT": "docker"}  # Podman's own has no health check
    subprocess.run([engine, "build", "--tag", name, str(context)], env=environment, check=True)
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "boat.md").write_text("The boat was painted blue in May.\n")
    for path in (tmp_path, notes, notes / "boat.md"):
        path.chmod(0o755)  # the user inside is another one
    run = [
        "run",
        "--detach",
        "--name",
        name,
        "--read-only",
        "--tmpfs",
        "/tmp",
        "--network",
        "none",
        "--cap-drop",
        "ALL",
    ]
    subprocess.run([engine, *run, "--volume", f"{notes}:/notes:ro", name], check=True)
    try:
        yield name
    finally:
        subprocess.run([engine, "rm", "--force", "--volumes", name], check=False)
        subprocess.run([engine, "rmi", "--force", name], check=False)


@pytest.mark.slow
def test_the_image_serves_and_answers_as_nobody_special_with_a_root_that_cannot_be_written(
    engine: str, container: str
) -> None:
    def inside(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([engine, "exec", container, *command], capture_output=True, text=True, check=False)

    def health() -> str:
        shown = [engine, "inspect", "--format", "{{.State.Health.Status}}", container]
        return subprocess.run(shown, capture_output=True, text=True, check=True).stdout.strip()

    eventually(lambda: health() == "healthy")
    assert inside("id", "-u").stdout.strip() != "0"
    assert inside("touch", "/opt/rag-bot/file").returncode != 0
    assert inside("touch", "/notes/file").returncode != 0
    assert inside("touch", "/data/file").returncode == 0
    eventually(lambda: json.loads(inside("rag-bot", "status", "--json").stdout or "{}").get("notes") == 1)
    answer = json.loads(inside("rag-bot", "ask", "What colour was the boat?", "--json").stdout)
    assert answer["verdict"] == "answered"
