"""What grows in a thread: the newest is seen, it ends when it is told, and when nobody looks any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from rag_bot.ui.chat.streaming import Stream, Streams


def until_stopped(stop: threading.Event) -> Iterator[str]:
    yield "begun"
    stop.wait(30)
    yield "stopped" if stop.is_set() else "forgotten"


def test_the_first_and_the_last_value_are_always_seen() -> None:
    seen_first = threading.Event()

    def many(_: threading.Event) -> Iterator[int]:
        yield 0
        seen_first.wait(30)
        yield from range(1, 10_000)

    values = []
    for value in Stream(many):
        values.append(value)
        seen_first.set()
    assert (values[0], values[-1]) == (0, 9_999)
    assert values == sorted(values)
    assert len(values) < 1_000


def test_a_stop_ends_it_and_what_comes_of_that_is_still_given() -> None:
    stream = Stream(until_stopped)
    values = []
    for value in stream:
        values.append(value)
        stream.stop()
    assert values == ["begun", "stopped"]


def test_one_that_nobody_looks_at_any_more_is_stopped() -> None:
    ended = threading.Event()

    def make(stop: threading.Event) -> Iterator[str]:
        yield from until_stopped(stop)
        ended.set()

    looking = iter(Stream(make))
    assert next(looking) == "begun"
    looking.close()  # type: ignore[attr-defined]
    assert ended.wait(30)


def test_one_that_fails_ends() -> None:
    def fails(_: threading.Event) -> Iterator[str]:
        yield "begun"
        raise SystemExit  # ends its thread without a word

    assert list(Stream(fails)) == ["begun"]


def test_a_page_has_one_at_a_time_and_pages_do_not_wait_for_each_other() -> None:
    streams = Streams()
    first = streams.begin("a", until_stopped)
    assert first
    assert streams.begin("a", until_stopped) is None
    other = streams.begin("b", until_stopped)
    assert other
    streams.stop("a")
    assert [*first][-1] == "stopped"
    first.join(30)
    assert streams.begin("a", until_stopped)
    streams.stop_all()
    assert [*other][-1] == "stopped"


def test_one_that_is_left_gives_nothing_more_and_the_page_can_begin_another_at_once() -> None:
    streams, going_on = Streams(), threading.Event()

    def slow_to_stop(stop: threading.Event) -> Iterator[str]:
        yield "begun"
        stop.wait(30)
        going_on.wait(30)
        yield "late"

    left = streams.begin("a", slow_to_stop)
    assert left
    seen: list[str] = []
    began = threading.Event()

    def watch() -> None:
        for value in left:
            seen.append(value)
            began.set()

    watching = threading.Thread(target=watch)
    watching.start()
    assert began.wait(30)
    streams.leave("a")
    watching.join(30)
    assert seen == ["begun"]
    assert streams.begin("a", until_stopped)
    going_on.set()
    streams.stop_all()
    assert left.over
