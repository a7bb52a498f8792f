"""The container image and both compositions: what can be told without an engine, and with one that the image runs."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml

from rag_bot.settings import Settings
from release import package_files
from tests.conftest import ROOT
from tests.ui.conftest import eventually
from tests.ui.test_proxies import free_port, is_open, started

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
ENGINES = ("docker", "podman")
LARGER = yaml.safe_load((ROOT / "compose.larger.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = LARGER["services"]
ANSWERING = ("answering-1", "answering-2")
CADDYFILE = (ROOT / "Caddyfile").read_text(encoding="utf-8")


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


def _is_ours(service: Any) -> bool:
    """Whether it runs the image that is built from this checkout, as that image's own user."""
    return (service["image"], service.get("build"), service.get("user")) == ("rag-bot", ".", None)


def test_of_the_larger_composition_only_the_proxy_can_be_reached_and_from_this_machine_alone() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"proxy": ["127.0.0.1:7860:7860"]}
    assert LARGER["networks"] == {"inside": {"internal": True}, "outside": {}}
    assert [name for name, service in SERVICES.items() if service["networks"] != ["inside"]] == ["proxy"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_of_the_larger_composition_may_do_no_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert (service["cap_drop"], service["security_opt"]) == (["ALL"], ["no-new-privileges:true"])
    if not _is_ours(service):
        assert re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?", service["image"])
        assert service["user"].partition(":")[0] not in ("", "0", "root")
    assert all(entry.endswith(":ro") or entry.partition(":")[0] in LARGER["volumes"] for entry in service["volumes"])


def test_the_larger_composition_waits_for_the_health_of_all_that_listens_but_the_proxy() -> None:
    telling = {name for name, service in SERVICES.items() if "test" in service.get("healthcheck", ())}
    waited_for = {
        (name, how["condition"]) for one in SERVICES.values() for name, how in one.get("depends_on", {}).items()
    }
    assert waited_for == {(name, "service_healthy") for name in telling.union(ANSWERING)}  # those have the image's
    assert all(_is_ours(SERVICES[name]) and "healthcheck" not in SERVICES[name] for name in ANSWERING)


def test_the_larger_composition_sets_what_is_a_setting_and_names_services_that_are_waited_for() -> None:
    known = {f"RAG_BOT_{name.upper()}" for name in Settings.model_fields}
    for name in ("syncing", *ANSWERING):
        told = {key: value for key, value in SERVICES[name]["environment"].items() if key.startswith("RAG_BOT_")}
        assert told.keys() - known <= {"RAG_BOT_TOKEN"}
        assert {urlsplit(value).hostname for value in told.values()} - {None} == SERVICES[name]["depends_on"].keys()


def test_one_process_of_the_larger_composition_syncs_and_two_answer_from_its_index() -> None:
    commands = [(SERVICES[name].get("command"), "entrypoint" in SERVICES[name]) for name in ("syncing", *ANSWERING)]
    assert commands == [(["ingest", "--watch"], False), (None, False), (None, False)]
    assert [SERVICES[name]["environment"].get("RAG_BOT_NOTES") for name in ("syncing", *ANSWERING)] == [None, "", ""]
    assert all(SERVICES[name]["volumes"] == SERVICES["syncing"]["volumes"] for name in ANSWERING)


def test_the_server_of_the_vectors_starts_as_it_is_composed_and_tells_its_health(tmp_path: Path) -> None:
    port, service = str(free_port()), SERVICES["vectors"]
    program, *check = shlex.split(service["healthcheck"]["test"].replace("8000", port))
    assert program == "python3"

    def is_healthy() -> bool:
        return subprocess.run([sys.executable, *check], capture_output=True, check=False).returncode == 0

    assert not is_healthy()
    here = {"8000": port, "/data": str(tmp_path), "0.0.0.0": "127.0.0.1"}
    command = [here.get(part, part) for part in service["entrypoint"]]
    with subprocess.Popen([Path(sys.executable).with_name(command[0]), *command[1:]], cwd=tmp_path) as server:
        try:
            eventually(is_healthy)
        finally:
            server.terminate()
    assert (tmp_path / "chroma.sqlite3").is_file()


def test_the_proxy_keeps_a_browser_at_one_process_until_that_ends(tmp_path: Path) -> None:
    text = CADDYFILE
    assert re.findall(r"\S+(?=:7860)", text) == list(ANSWERING)
    with ExitStack() as stack:
        servers = {}
        for name in ANSWERING:
            (tmp_path / name).mkdir()
            (tmp_path / name / "index.html").write_text(name)
            (tmp_path / name / "health").write_text("ok")
            listening = free_port()
            command = [sys.executable, "-m", "http.server", str(listening), "--bind", "127.0.0.1"]
            servers[name] = stack.enter_context(subprocess.Popen(command, cwd=tmp_path / name))
            stack.callback(servers[name].terminate)
            text = text.replace(f"{name}:7860", f"127.0.0.1:{listening}")
            eventually(partial(is_open, listening))
        port = free_port()  # now that the others have theirs, which could have been this one
        text = text.replace("\n:7860 {", f"\nhttp://127.0.0.1:{port} {{")
        (tmp_path / "configuration").write_text(text)
        command = ["run", "--adapter", "caddyfile", "--config", str(tmp_path / "configuration")]
        stack.enter_context(started("caddy", *command, home=tmp_path))
        eventually(lambda: is_open(port))
        browser = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}"))
        eventually(lambda: browser.get("/", timeout=60).text in ANSWERING)
        first = browser.get("/").text
        assert [browser.get("/").text for _ in range(4)] == [first] * 4
        servers[first].terminate()
        servers[first].wait()
        (second,) = set(ANSWERING) - {first}
        eventually(lambda: browser.get("/", timeout=60).text == second)  # what was on its way may fail
        assert [browser.get("/", timeout=60).text for _ in range(4)] == [second] * 4


def test_the_pages_show_the_proxy_that_the_larger_composition_has() -> None:
    page = (ROOT / "docs" / "larger.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"reverse_proxy [^\n]* \{\n(.*?)\n    \}\n", page, re.DOTALL)
    (composed,) = re.findall(r"reverse_proxy [^\n]* \{\n(.*?)\n\t\}\n", CADDYFILE, re.DOTALL)
    assert shown.split() == composed.partition("health_headers")[0].split()


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

    def is_healthy() -> bool:
        if engine == "podman":  # which asks by itself only where systemd runs
            return subprocess.run([engine, "healthcheck", "run", container], check=False).returncode == 0
        shown = [engine, "inspect", "--format", "{{.State.Health.Status}}", container]
        return subprocess.run(shown, capture_output=True, text=True, check=True).stdout.strip() == "healthy"

    eventually(is_healthy)
    assert inside("id", "-u").stdout.strip() != "0"
    assert inside("touch", "/opt/rag-bot/file").returncode != 0
    assert inside("touch", "/notes/file").returncode != 0
    assert inside("touch", "/data/file").returncode == 0
    eventually(lambda: json.loads(inside("rag-bot", "status", "--json").stdout or "{}").get("notes") == 1)
    answer = json.loads(inside("rag-bot", "ask", "What colour was the boat?", "--json").stdout)
    assert answer["verdict"] == "answered"
