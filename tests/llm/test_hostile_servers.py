"""Servers without manners: whatever one sends, little of it is read, one line says so, and the call ends.

Each answers with raw bytes from a socket. What a client has taken is counted in bytes; waits are made small.
"""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from rag_bot.errors import LlmError
from rag_bot.llm import list_models, open_llm, streaming
from rag_bot.llm.calls import MOST_BYTES, Call
from rag_bot.llm.connection import Address, NoAnswer, get_json
from rag_bot.llm.failures import AskedModel, explain
from rag_bot.records.answers import Usage
from rag_bot.settings import Settings
from tests.llm.conftest import ASKED

Told = Callable[..., Settings]
Send = Callable[["HostileServer", socket.socket], None]
MIB = 1 << 20
BUFFERED = 16 * MIB  # bytes that the two ends of a loopback connection hold at most, which nobody has read
MODEL = AskedModel("openai-like:m", "127.0.0.1:1")


@dataclass
class HostileServer:
    """`taken` counts the bytes that were sent, `asked` the questions."""

    url: str = ""
    taken: int = 0
    asked: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def send(self, connection: socket.socket, data: bytes) -> None:
        connection.sendall(data)
        self.taken += len(data)

    def send_for_ever(self, connection: socket.socket, piece: bytes, pause: float = 0.0) -> None:
        """At most a gigabyte, which no client may take."""
        while not self.over.wait(pause) and self.taken < 1 << 30:
            self.send(connection, piece)


def head(kind: str = "text/event-stream", status: str = "200 OK", *more: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", f"Content-Type: {kind}", "Connection: close", *more, "", "")).encode()


def event(**delta: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return f"data: {json.dumps(chunk)}\n\n".encode()


def endless(first: bytes, piece: bytes, pause: float = 0.0) -> Send:
    def send(server: HostileServer, connection: socket.socket) -> None:
        server.send(connection, first)
        server.send_for_ever(connection, piece, pause)

    return send


def only(*pieces: bytes) -> Send:
    return lambda server, connection: server.send(connection, b"".join(pieces))


def silence(server: HostileServer, connection: socket.socket) -> None:
    del connection
    server.over.wait()


UNKNOWN = only(head("application/json", "404 Not Found"), b"{}")
JSON = head("application/json")
PACKED = gzip.compress(bytes(64 * MIB))


@contextmanager
def hostile(chat: Send, models: Send = UNKNOWN) -> Iterator[HostileServer]:
    server, listening = HostileServer(), socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                request = b""
                while b"\r\n\r\n" not in request:
                    request += connection.recv(1 << 16)
                path = request.split(b" ")[1]
                is_question = path.endswith(b"/chat/completions")
                server.asked += is_question
                answer = chat if is_question else models if path.endswith(b"/models") else UNKNOWN
                answer(server, connection)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(1 << 16):  # a reset would take what was sent from the client
                    pass
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            if server.over.is_set():
                connection.close()
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    server.url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server
    finally:
        server.over.set()
        with closing(socket.create_connection(listening.getsockname())):  # wakes the thread that accepts
            listening.close()


def failure(told: Told, chat: Send, **generation: Any) -> tuple[str, HostileServer]:
    with hostile(chat) as server:
        model = open_llm(told("openai-like:m", url=server.url, **generation))
        with pytest.raises(LlmError) as caught:
            list(model.stream(ASKED))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    return str(caught.value), server


@pytest.mark.parametrize(
    ("first", "piece", "said"),
    [
        (head("application/json", "500 Oops"), b"A" * MIB, "failed (500): AAA"),
        (head("text/plain", "307 Elsewhere", "Location: http://127.0.0.1:1/"), b"A" * MIB, "sends us elsewhere (307)"),
        (JSON, b"A" * MIB, "it sent more than 768 KiB"),
        (head(), b"A" * MIB, "it sent more than 768 KiB"),
        (head(), (b": " + b"wait" * 999 + b"\n") * 99, "it sent more than 768 KiB"),
        (head(), event(content="") * 999, "it sent more than 768 KiB"),
        (head(), event(reasoning_content="Hm. ") * 999, "spent all 512 tokens of its answer on thinking"),
        (head() + event(content="<think>"), event(content="Hm. ") * 999, "spent all 512 tokens of its answer on"),
        (head(), event(tool_calls=[{"index": 0, "function": {"name": "f", "arguments": "A" * MIB}}]), "more than"),
        (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 999, "ended the connection"),
    ],
)
def test_of_what_has_no_end_only_the_beginning_is_read(first: bytes, piece: bytes, said: str, told: Told) -> None:
    line, server = failure(told, endless(first, piece), timeout_seconds=300.0)
    assert said in line
    assert server.taken < BUFFERED


def test_an_answer_without_end_is_cut_at_the_length_it_may_have(told: Told) -> None:
    with hostile(endless(head(), event(content="Ada ") * 999)) as server:
        pieces = open_llm(told("openai-like:m", url=server.url, answer_tokens=100)).stream(ASKED)
        assert len("".join(pieces)) < 1000
        assert pieces.finish == "length"
    assert server.taken < BUFFERED


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
def test_what_is_packed_is_not_unpacked(coding: str, told: Told) -> None:
    packed = f"Content-Encoding: {coding}"
    line, _ = failure(told, only(head("text/event-stream", "200 OK", packed), PACKED))
    assert "it packs what it sends" in line
    line, _ = failure(told, only(head("application/json", "400 Bad", packed), PACKED))
    assert "refused (400)" in line
    listed = only(head("application/json", "200 OK", packed), PACKED)
    with hostile(UNKNOWN, listed) as server, pytest.raises(NoAnswer, match="not as a language model"):
        get_json(Address(server.url), "/models")


@pytest.mark.parametrize(
    "drips",
    [
        silence,
        endless(b"", b"H"),
        endless(b"HTTP/1.1 200 OK\r\nX-A: ", b"a", 0.02),
        endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.02),
        endless(head(), b": wait\n\n", 0.02),
        endless(head(), event(content=""), 0.02),
        endless(head(), event(content=" "), 0.02),
        endless(head() + b"data: ", b" ", 0.02),
    ],
)
def test_a_server_that_only_shows_that_it_is_there_is_given_up(drips: Send, told: Told) -> None:
    line, server = failure(told, drips, timeout_seconds=1.5)
    assert "gave no words in time" in line or "ended the connection" in line
    assert server.asked == 1


def test_all_tries_together_are_given_the_time_for_the_first_words(told: Told) -> None:
    busy = only(head("application/json", "503 Busy", "Retry-After: 29"), b"{}")
    _, server = failure(told, busy, retries=5, timeout_seconds=1.0)
    assert server.asked == 1


def test_a_model_that_thinks_longer_than_its_words_may_take_still_answers(told: Told) -> None:
    def think(server: HostileServer, connection: socket.socket) -> None:
        server.send(connection, head())
        for _ in range(20):
            server.send(connection, event(reasoning_content="Hm. "))
            server.over.wait(0.2)
        server.send(connection, event(content="Ada") + b"data: [DONE]\n\n")

    with hostile(think) as server:
        pieces = open_llm(told("openai-like:m", url=server.url, timeout_seconds=3.0)).stream(ASKED)
        assert next(pieces) == "Ada"


def test_words_that_drip_have_an_end_too(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "_SLOWEST_TOKEN", 0.001)
    with hostile(endless(head(), event(content="a "), 0.05)) as server:
        pieces = open_llm(told("openai-like:m", url=server.url, timeout_seconds=4.0)).stream(ASKED)
        assert next(pieces) == "a "
        with pytest.raises(LlmError, match=r"The answer broke off: .* gave no words in time"):
            list(pieces)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (only(head(), b"data: " + b"[" * 100_000 + b"\n\n"), "is not understood"),
        (only(head("application/json", "400 Bad"), b'{"error":' * 100_000), "refused (400)"),
        (only(head("application/json", "400 Bad"), b'{"error":' + b"[" * 60_000), "refused (400)"),
        (only(head("text/event-stream", "200 OK", "Transfer-Encoding: chunked"), b"zz\r\nAda"), "ended the connection"),
        (only(head("application/json", "429 Busy", "Retry-After: 1e9"), b"{}"), "come back in 1e+09 s"),
        (only(head("application/json", "429 Busy", "Retry-After: nan"), b"{}"), "has too much to do"),
        (only(head("application/json", "429 Busy", "Retry-After: inf"), b"{}"), "has too much to do"),
        (only(b"\0" * 1000), "ended the connection"),
    ],
)
def test_what_makes_no_sense_is_one_line(answer: Send, said: str, told: Told) -> None:
    line, _ = failure(told, answer)
    assert said in line


def test_lists_in_lists_are_not_understood_wherever_they_are_read() -> None:
    assert "is not understood" in explain(RecursionError("maximum depth"), MODEL, Call()).line
    deep = RefusalWithBody('{"error":' * 50_000)
    assert "(400)" in explain(deep, MODEL, Call()).line


class RefusalWithBody(Exception):
    """As a client library raises it."""

    status_code = 400

    def __init__(self, body: str) -> None:
        super().__init__(body)
        self.body = body


@pytest.mark.parametrize(
    "listed",
    [
        b"[" * 100_000,
        b'{"data":' + b"[" * 100_000,
        b'{"data":[{"id":"m","max_model_len":' + b"9" * 5000 + b"}]}",
        b'{"data":[{"id":"m","max_model_len":' + b"9" * 4000 + b"}]}",
        b'{"data":[{"id":"m","max_model_len":NaN,"context_length":true,"loaded_context_length":"8192"}]}',
        b'{"data":[{"id":"m","max_model_len":1}]}',
        b'{"data":5}',
        b'{"data":{"id":"m"}}',
        b'{"data":[5,null,[]]}',
        b"A" * (MOST_BYTES + 1),
    ],
)
def test_a_list_that_makes_no_sense_tells_nothing(listed: bytes, told: Told) -> None:
    with hostile(UNKNOWN, only(JSON, listed)) as server:
        settings = told("openai-like:m", url=server.url)
        assert open_llm(settings).context_tokens == 4096
        assert list_models(settings)[0].name == "openai-like:m"


@pytest.mark.parametrize("drips", [silence, endless(b"HTTP/1.1 200 OK\r\nX: ", b"a", 0.02), endless(JSON, b" ", 0.02)])
def test_a_list_that_drips_is_given_up(drips: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag_bot.llm.connection.PROBE_SECONDS", 0.5)
    with hostile(UNKNOWN, drips) as server, pytest.raises(NoAnswer, match="does not answer in time"):
        get_json(Address(server.url), "/models")


def test_a_list_without_end_is_given_up() -> None:
    with (
        hostile(UNKNOWN, endless(JSON, b"A" * MIB)) as server,
        pytest.raises(NoAnswer, match="not as a language model"),
    ):
        get_json(Address(server.url), "/models")
    assert server.taken < BUFFERED


def test_names_that_no_model_has_are_not_shown(told: Told) -> None:
    names = ["good", "\x1b[2Jclear", "two\nlines", "A" * 100_000]
    listed = json.dumps({"data": [{"id": name} for name in names]}).encode()
    with hostile(UNKNOWN, only(JSON, listed)) as server:
        shown = [info.name for info in list_models(told("openai-like:good", url=server.url))]
    assert [name for name in shown if name.startswith("openai-like:")] == ["openai-like:good"]


def test_counts_that_no_answer_has_are_not_believed(told: Told) -> None:
    usage = {"prompt_tokens": -5, "completion_tokens": 10**300, "total_tokens": 1}
    said = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [], "usage": usage}
    counts = f"data: {json.dumps(said)}\n\ndata: [DONE]\n\n".encode()
    end = event().replace(b"null", b'"stop"')
    with hostile(only(head(), event(content="Ada"), end, counts)) as server:
        pieces = open_llm(told("openai-like:m", url=server.url)).stream(ASKED)
        assert list(pieces) == ["Ada"]
    assert isinstance(pieces.usage, Usage)
    assert 0 < pieces.usage.answer_tokens < 100


def test_no_half_of_a_key_is_left_where_what_a_server_says_is_cut(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_BOT_LLM_KEY", "unusual!key!of!some!length")
    said = json.dumps({"error": {"message": "A" * 190 + " unusual!key!of!some!length"}}).encode()
    line, _ = failure(told, only(head("application/json", "400 Bad"), said))
    assert "unusual" not in line
