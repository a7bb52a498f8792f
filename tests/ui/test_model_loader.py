"""Models are opened once, can be left while they are, and only the one that was wanted last is kept."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from rag_bot.errors import LlmError
from rag_bot.llm import LanguageModel
from rag_bot.ui.models.models import ModelLoader
from tests.ui.conftest import eventually


class Door:
    """Opens names, each only once it is let; remembers which were tried."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.let: dict[str, threading.Event] = {name: threading.Event() for name in "ab"}

    def open(self, name: str) -> LanguageModel:
        self.tried.append(name)
        assert self.let[name].wait(30)
        return cast(LanguageModel, f"model {name}")


def set_event() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


def test_who_stops_waiting_leaves_at_once_and_the_next_one_finds_it_opened() -> None:
    door = Door()
    loader = ModelLoader(door.open)
    assert loader.wait("a", set_event()) is None
    assert not loader.is_open("a")
    door.let["a"].set()
    assert cast(Any, loader.wait("a", threading.Event())) == "model a"
    assert loader.is_open("a")
    assert door.tried == ["a"]


def test_one_that_nobody_wants_any_more_when_it_is_open_is_let_go() -> None:
    door = Door()
    loader = ModelLoader(door.open)
    loader.wait("a", set_event())
    door.let["b"].set()
    assert cast(Any, loader.wait("b", threading.Event())) == "model b"
    door.let["a"].set()
    eventually(lambda: "a" not in loader._begun)
    assert loader.is_open("b")
    loader.wait("a", threading.Event())
    assert door.tried == ["a", "b", "a"]
    assert (loader.is_open("a"), loader.is_open("b")) == (True, False)


def test_one_that_failed_is_tried_again() -> None:
    tried = []

    def fails(name: str) -> LanguageModel:
        tried.append(name)
        raise LlmError("It is not there.")

    loader = ModelLoader(fails)
    for _ in range(2):
        with pytest.raises(LlmError, match="not there"):
            loader.wait("a", threading.Event())
    assert tried == ["a", "a"]
