"""`rag-bot mcp` as the official client sees it: a process of its own, on its stdin and stdout."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError

from rag_bot.api import responses
from rag_bot.api.mcp import TOOLS, uri_of
from rag_bot.settings import Settings
from rag_bot.store.lock import writer_lock
from tests.conftest import CORPUS
from tests.ui.writer import EMERGENT, NAME, writer

NOTE = "corpus/talk/emergence.md"
MANY = 150
"""Notes: more than a page of resources, and long enough to read for a client to change its mind meanwhile."""
PATIENCE_SECONDS = 240


@dataclass(frozen=True)
class Session:
    """A client whose calls wait for their answers; `stderr` is what the server said beside the protocol."""

    portal: BlockingPortal
    client: Client
    stderr: Path

    def call(self, name: str, **arguments: Any) -> Any:
        return self.portal.call(self.client.call_tool, name, arguments)

    def got(self, name: str, **arguments: Any) -> dict[str, Any]:
        """The structured content, which is as the tool's schema says and stands in the text too."""
        result = self.call(name, **arguments)
        assert not result.is_error, result.content
        TOOLS[name].gives.model_validate_json(result.content[0].text, strict=True)
        assert json.loads(result.content[0].text) == result.structured_content
        values: dict[str, Any] = result.structured_content
        return values

    def failed(self, name: str, **arguments: Any) -> str:
        """The one line of an error."""
        result = self.call(name, **arguments)
        assert result.is_error
        assert result.structured_content is None
        text: str = result.content[0].text
        assert "\n" not in text
        return text


def command(index: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "rag_bot", "--index", str(index), *arguments]


@contextmanager
def session(index: Path, cache: Path, away: Path, mode: str = "auto", **told: str) -> Iterator[Session]:
    """A client with a server over this index; `told` are variables of the server's environment."""
    started, *arguments = command(index, "mcp")
    environment = {**os.environ, "RAG_BOT_CACHE": str(cache), **told}
    server = StdioServerParameters(command=started, args=arguments, env=environment, cwd=away)
    stderr = away / "stderr.txt"
    with start_blocking_portal() as portal, stderr.open("w") as errors:
        client = Client(stdio_client(server, errlog=errors), mode=mode, read_timeout_seconds=PATIENCE_SECONDS)
        with portal.wrap_async_context_manager(client):
            yield Session(portal, client, stderr)


@pytest.fixture(scope="module")
def corpus(corpus_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A session over the notes that ship."""
    away = tmp_path_factory.mktemp("away")
    with session(corpus_settings.index, corpus_settings.cache, away) as opened:
        yield opened


def _printed(settings: Settings, *arguments: str) -> dict[str, Any]:
    environment = {**os.environ, "RAG_BOT_CACHE": str(settings.cache)}
    output = subprocess.check_output(command(settings.index, *arguments, "--json"), env=environment, text=True)
    printed: dict[str, Any] = json.loads(output)
    return printed


def test_the_tools_say_what_they_take_and_give(corpus: Session) -> None:
    tools: dict[str, Any] = {tool.name: tool for tool in corpus.portal.call(corpus.client.list_tools).tools}
    assert list(tools) == ["ask", "search", "note", "sync", "verify"]
    for tool in tools.values():
        assert tool.output_schema
        assert len(tool.description) < 500  # a model reads it with every question
        assert all("description" in field for field in tool.input_schema["properties"].values())
    assert [name for name, tool in tools.items() if not tool.annotations.read_only_hint] == ["sync"]


def test_an_answer_is_what_the_command_prints(corpus: Session, corpus_settings: Settings) -> None:
    answer = corpus.got("ask", question=EMERGENT, folder="talk")
    printed = _printed(corpus_settings, "ask", EMERGENT, "--folder", "talk")
    del answer["timings_ms"], printed["timings_ms"]
    assert answer == printed
    citation = answer["citations"][0]
    lines = (CORPUS.parent / citation["path"]).read_text().splitlines()
    assert (answer["verdict"], citation["path"].split("/")[1]) == ("answered", "talk")
    assert citation["quote"] == "\n".join(lines[citation["start_line"] - 1 : citation["end_line"]]).strip()


def test_what_the_notes_do_not_say_has_the_verdict_none(corpus: Session) -> None:
    answer = corpus.got("ask", question="What is the capital of France?")
    assert (answer["verdict"], answer["citations"]) == ("none", [])


def test_a_scope_keeps_to_its_notes(corpus: Session) -> None:
    hits = corpus.got("search", question="emergence", folder="talk", limit=3)["hits"]
    assert len(hits) == 3
    assert {hit["path"].split("/")[1] for hit in hits} == {"talk"}
    assert corpus.failed("search", question="emergence", tag="nobody-has-this")
    for folder in ("../..", ".", "talk/..", "..\\talk"):
        assert "No folder of notes is called" in corpus.failed("search", question="emergence", folder=folder)
    assert "since 'whenever' is no date" in corpus.failed("ask", question="emergence?", since="whenever")


def test_a_note_is_read_whole_or_by_lines(corpus: Session) -> None:
    text = (CORPUS.parent / NOTE).read_text()
    assert corpus.got("note", path=NOTE)["text"] == text
    lines = corpus.got("note", path=NOTE, start_line=2, end_line=3)
    assert lines["text"] == "".join(text.splitlines(keepends=True)[1:3])
    assert "There is no note 'nowhere.md'" in corpus.failed("note", path="nowhere.md")
    assert "none of them" in corpus.failed("note", path=NOTE, start_line=9_999)


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("ask", {}, "question: Field required"),
        ("ask", {"question": " "}, "has no word"),
        ("ask", {"question": "emergence?", "fodler": "talk"}, "fodler: Extra inputs are not permitted"),
        ("ask", {"question": 7}, "question: "),
        ("search", {"question": "emergence", "limit": 0}, "limit: "),
        ("ask", {"question": "emergence?", "prose": True}, "No language model is named"),
    ],
)
def test_a_mistake_is_told_in_a_line(corpus: Session, name: str, arguments: dict[str, Any], words: str) -> None:
    assert words in corpus.failed(name, **arguments)


def test_a_tool_that_is_not_there_is_a_mistake_of_the_protocol(corpus: Session) -> None:
    with pytest.raises(MCPError, match="no tool 'delete'"):
        corpus.call("delete")


def test_each_note_is_a_resource(corpus: Session) -> None:
    listed = corpus.portal.call(corpus.client.list_resources)
    paths = [resource.name for resource in listed.resources]
    assert NOTE in paths
    assert listed.next_cursor is None
    read: Any = corpus.portal.call(corpus.client.read_resource, uri_of(NOTE))
    assert (read.contents[0].text, read.contents[0].mime_type) == ((CORPUS.parent / NOTE).read_text(), "text/markdown")
    [template] = corpus.portal.call(corpus.client.list_resource_templates).resource_templates
    assert template.uri_template == "note:///{+path}"
    for uri in ("note:///nowhere.md", "note:///../../etc/hostname", "file:///etc/hostname"):
        with pytest.raises(MCPError, match="no note"):
            corpus.portal.call(corpus.client.read_resource, uri)


def test_questions_asked_at_once_have_their_own_answers(corpus: Session) -> None:
    questions = [EMERGENT, "What is the capital of France?", "What do scaling laws relate?"] * 3
    answers: dict[int, str] = {}

    async def ask(number: int, question: str) -> None:
        result = await corpus.client.call_tool("ask", {"question": question})
        answers[number] = (result.structured_content or {})["question"]

    async def all_at_once() -> None:
        async with anyio.create_task_group() as tasks:
            for number, question in enumerate(questions):
                tasks.start_soon(ask, number, question)

    corpus.portal.call(all_at_once)
    assert [answers[number] for number in range(len(questions))] == questions


def test_an_earlier_client_is_understood(corpus_settings: Settings, tmp_path: Path) -> None:
    with session(corpus_settings.index, corpus_settings.cache, tmp_path, mode="legacy") as opened:
        assert opened.got("search", question="emergence", limit=1)["hits"]


# Syncs


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with many notes."""
    folder = tmp_path_factory.mktemp("vault") / "many"
    folder.mkdir()
    for number in range(MANY):
        lines = (f"- Machine {number} was oiled {count} times in hall {number * count}." for count in range(12))
        (folder / f"machine {number:03}.md").write_text("\n".join((f"# Machine {number}", *lines)))
    return folder


@pytest.mark.slow
def test_a_sync_tells_how_far_it_is_can_be_cancelled_and_goes_on(many: Path, model_cache: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    with session(index, model_cache, tmp_path, RAG_BOT_NOTES=json.dumps([str(many)])) as opened:
        assert "rag-bot ingest" in opened.failed("ask", question="What was oiled?")
        opened.portal.call(_cancelled_after_its_first_progress, opened.client)
        told: list[tuple[float, str]] = []
        done = opened.portal.call(_synced_when_it_can_be, opened.client, told)
        assert done["added"] == MANY
        assert done["chunks_reused"] + done["chunks_embedded"] >= MANY
        assert told == sorted(told)
        assert told[0][1].startswith("Reading and embedding notes: ")
        assert opened.got("sync", dry_run=True)["unchanged"] == MANY
        assert _all_resources(opened) == [uri_of(f"many/machine {number:03}.md") for number in range(MANY)]
        with writer_lock(index):
            assert f"Process {os.getpid()}" in opened.failed("sync")
        assert opened.got("verify")["ok"]
        moved = many.rename(many.with_name("elsewhere"))
        assert [loss["reason"] for loss in opened.got("sync")["kept"]] == ["missing"]
        moved.rename(many)
        assert opened.got("ask", question="How often was machine 7 oiled?")["verdict"] != "none"
    environment = {**os.environ, "RAG_BOT_CACHE": str(model_cache)}
    status = subprocess.check_output(command(index, "status", "--json"), env=environment, text=True)
    assert json.loads(status)["runs"][-1]["error"] == "stopped"


async def _cancelled_after_its_first_progress(client: Client) -> None:
    with anyio.CancelScope() as scope:

        async def on_progress(progress: float, total: float | None, message: str | None) -> None:
            del progress, total, message
            scope.cancel()

        await client.call_tool("sync", {}, progress_callback=on_progress)
    assert scope.cancelled_caught


async def _synced_when_it_can_be(client: Client, told: list[tuple[float, str]]) -> dict[str, Any]:
    """The cancelled one may still have to end."""

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        del total
        told.append((progress, message or ""))

    while True:
        result = await client.call_tool("sync", {}, progress_callback=on_progress)
        if not result.is_error:
            return result.structured_content or {}
        assert "is writing to the index" in result.content[0].text  # type: ignore[union-attr]


def _all_resources(opened: Session) -> list[str]:
    uris: list[str] = []
    cursor: str | None = None
    while True:
        page = opened.portal.call(_page, opened.client, cursor)
        assert len(page.resources) <= 100
        uris += [resource.uri for resource in page.resources]
        cursor = page.next_cursor
        if cursor is None:
            return uris


async def _page(client: Client, cursor: str | None) -> Any:
    return await client.list_resources(cursor=cursor)


# A language model


def test_a_model_writes_when_it_is_asked_to_and_stops_with_the_call(corpus_settings: Settings, tmp_path: Path) -> None:
    with (
        writer() as model,
        session(
            corpus_settings.index,
            corpus_settings.cache,
            tmp_path,
            RAG_BOT_LLM=NAME,
            RAG_BOT_GENERATION__URL=model.server.url,
        ) as opened,
    ):
        assert opened.got("ask", question=EMERGENT)["mode"] == "quotes"
        written = opened.got("ask", question=EMERGENT, prose=True)
        assert (written["mode"], written["model"]) == ("prose", NAME)
        model.begin()
        opened.portal.call(_cancelled_when, opened.client, model.waiting.wait)
        assert model.left.wait(PATIENCE_SECONDS)


async def _cancelled_when(client: Client, happens: Callable[[], bool]) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.call_tool, "ask", {"question": "Slowly: what is emergence?", "prose": True})
        await anyio.to_thread.run_sync(happens)
        tasks.cancel_scope.cancel()


# The process


def _lines(*messages: dict[str, Any]) -> str:
    return "".join(json.dumps({"jsonrpc": "2.0", **message}) + "\n" for message in messages)


HELLO: Sequence[dict[str, Any]] = (
    {
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "a test", "version": "1"},
        },
    },
    {"method": "notifications/initialized"},
)


def test_nothing_but_the_protocol_gets_to_stdout_and_the_end_of_stdin_ends_it(
    corpus_settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "rag-bot.toml").write_text('llm = "openai-like:somebody"\n')  # is said to count for nothing
    environment = {**os.environ, "RAG_BOT_CACHE": str(corpus_settings.cache)}
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command(corpus_settings.index, "mcp"), cwd=tmp_path, env=environment, **pipes) as server:
        assert server.stdin
        assert server.stdout
        assert server.stderr
        server.stdin.write(_lines(*HELLO) + "this is no JSON\n")
        ask = {"name": "ask", "arguments": {"question": EMERGENT}}
        server.stdin.write(_lines({"id": 2, "method": "tools/call", "params": ask}))
        server.stdin.flush()
        told: list[Any] = []
        while not any(message.get("id") == 2 for message in told):
            told.append(json.loads(server.stdout.readline()))
        server.stdin.close()
        assert server.stdout.read() == ""
        assert server.wait(PATIENCE_SECONDS) == 0
        assert "rag-bot.toml" in server.stderr.read()
    assert {message["jsonrpc"] for message in told} == {"2.0"}


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it(corpus_settings: Settings, tmp_path: Path, number: int) -> None:
    environment = {**os.environ, "RAG_BOT_CACHE": str(corpus_settings.cache)}
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command(corpus_settings.index, "mcp"), cwd=tmp_path, env=environment, **pipes) as server:
        assert server.stdin
        assert server.stdout
        server.stdin.write(_lines(*HELLO))
        server.stdin.flush()
        assert json.loads(server.stdout.readline())["id"] == 1
        server.send_signal(number)
        assert server.wait(PATIENCE_SECONDS) == -number


def test_the_models_describe_what_the_commands_print(corpus_settings: Settings, tmp_path: Path) -> None:
    index = tmp_path / "index"
    shutil.copytree(corpus_settings.index, index)
    settings = corpus_settings.model_copy(update={"index": index})
    for model, arguments in (
        (responses.StatusJson, ("status",)),
        (responses.VerificationJson, ("verify",)),
        (responses.SyncJson, ("ingest",)),
        (responses.SyncJson, ("ingest", "--dry-run")),
    ):
        model.model_validate(_printed(settings, *arguments), strict=True)
