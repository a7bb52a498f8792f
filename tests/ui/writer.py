"""A language model behind an OpenAI-compatible server, which writes what it was told for each question."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.llm.server import Handler, ScriptedServer, Seen, serving

NAME, OTHER = "openai-like:storyteller", "openai-like:novelist"
PAUSE = "~"
"""In a text: the model waits here until `go_on` is set."""
EMERGENT = "What share of the BIG-Bench tasks was emergent?"
TEXTS = {
    EMERGENT: "33% of the BIG-Bench tasks showed emergent abilities [1]. Their performance is flat for a while [1]. "
    "It then rises for 60% of the tasks [1].",
    "What are the implications of emergence?": "Your notes name three implications of emergence:\n\n"
    "- Emergent abilities can't be foreseen [1].\n"
    "- Whoever trains the model does not specify its emergent abilities [1].\n"
    "- The abilities for many tasks sit in a single model [1].",
    "How does chain-of-thought prompting depend on size?": "Small models do worse with chain-of-thought prompting [1]. "
    "Large models do better with it [1]. Most people in Berlin prefer tea [1].",
    "Who made emergence popular?": "A physicist with a Nobel Prize made the idea of emergence popular in 1972 [1].",
    "What do scaling laws relate?": "Scaling laws relate test loss and compute [1]. "
    "The scaling trend spans 7 orders of magnitude [1].",
    "Slowly: what is emergence?": "Emergence is a change in quality brought about by changes in quantity [1]. "
    f"Phase shift is another name {PAUSE}for it [1].",
    "What is the zebra quota?": "![x](https://evil.example/leak.png) The zebra quota is 41 zebras a year [1]. "
    '<img src=x onerror="window.hacked=1"> [Click](https://evil.example/?q=1) <a href="https://evil.example">here</a>.',
    "In how many ways do the BIG-Bench tasks react to scale?": "The moon is made of cheese [1]. "
    "Penguins run the harbour office [2].",
}


@dataclass
class Writer:
    """The server of the model, and what a test holds of it. While it is `slow`, what models it has comes to no end."""

    server: ScriptedServer
    slow: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    waiting: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        """Before a question whose answer has a PAUSE in it."""
        for event in (self.go_on, self.waiting, self.left):
            event.clear()

    @property
    def left(self) -> threading.Event:
        """Set when the one who asked has gone before the end."""
        return self.server.gone


@contextmanager
def writer(pause_seconds: float = 0.0) -> Iterator[Writer]:
    """The model, while the block runs; it waits so long before each word."""
    held: list[Writer] = []

    def script(seen: Seen, handler: Handler) -> None:
        if seen.path.endswith("/models"):
            _list_models(handler, held[0])
        elif seen.path.endswith("/chat/completions"):
            handler.start()
            for word in _words(seen.sent["messages"][-1]["content"]):
                _say(handler, word, held[0], pause_seconds)
            handler.event(**_chunk({}, "stop"))
            handler.wfile.write(b"data: [DONE]\n\n")
        else:
            handler.json({"error": "unknown"}, 404)

    with serving(script) as server:
        held.append(Writer(server))
        yield held[0]
        held[0].go_on.set()
        held[0].slow.clear()


def _list_models(handler: Handler, told: Writer) -> None:
    """Byte by byte where it is slow, so that nobody's patience ends."""
    handler.start("application/json")
    while told.slow.is_set():
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)
    models = [{"id": name.partition(":")[2], "max_model_len": 8192} for name in (NAME, OTHER)]
    handler.wfile.write(json.dumps({"data": models}).encode())


def _words(asked: str) -> list[str]:
    """What is written for a question: what stands in TEXTS, or the first bullet that it is given."""
    question = asked.rpartition("Question: ")[2].strip()
    text = TEXTS.get(question)
    if text is None:
        bullet = re.search(r"^\s*- (.+)$", asked, re.MULTILINE)
        text = f"{bullet[1]} [1]" if bullet else "NOT IN THE NOTES"
    return re.findall(rf"{PAUSE}|\s*[^\s{PAUSE}]+\s*", text)


def _say(handler: Handler, word: str, told: Writer, pause_seconds: float) -> None:
    if word == PAUSE:
        told.waiting.set()
        _hold(handler, told.go_on)
    else:
        time.sleep(pause_seconds)
        handler.event(**_chunk({"content": word}, None))


def _hold(handler: Handler, go_on: threading.Event) -> None:
    """Until the test says so, or the one who asked has left."""
    handler.connection.settimeout(0.05)
    while not go_on.is_set():
        try:
            if not handler.connection.recv(1):
                raise ConnectionResetError("nobody is there any more")
        except TimeoutError:
            continue
    handler.connection.settimeout(None)


def _chunk(delta: dict[str, str], finish: str | None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "storyteller", "choices": [choice]}
