"""Questions are let in as they arrive, as many at once as there is room for."""

from __future__ import annotations

import threading
from contextlib import suppress

from rag_bot.query.arrivals import Arrivals


def _arrive(arrivals: Arrivals, number: int, order: list[int], leave: threading.Event) -> threading.Thread:
    """A thread that has arrived: it is inside, or waits."""

    def ask() -> None:
        with arrivals.admitted():
            order.append(number)
            leave.wait()

    known = len(arrivals._waiting) + len(order)
    thread = threading.Thread(target=ask)
    thread.start()
    while len(arrivals._waiting) + len(order) == known:
        threading.Event().wait(0.001)
    return thread


def test_those_who_wait_are_let_in_in_the_order_of_their_arrival() -> None:
    arrivals, order = Arrivals(1), list[int]()
    leaving = [threading.Event() for _ in range(6)]
    threads = [_arrive(arrivals, number, order, leave) for number, leave in enumerate(leaving)]
    assert order == [0]
    for leave, thread in zip(leaving, threads, strict=True):
        leave.set()
        thread.join()
    assert order == [0, 1, 2, 3, 4, 5]


def test_as_many_are_inside_as_there_is_room_for() -> None:
    arrivals, order, leave = Arrivals(2), list[int](), threading.Event()
    threads = [_arrive(arrivals, number, order, leave) for number in range(5)]
    assert sorted(order) == [0, 1]
    leave.set()
    for thread in threads:
        thread.join()
    assert sorted(order) == [0, 1, 2, 3, 4]


def test_a_question_that_fails_makes_room() -> None:
    arrivals = Arrivals(1)
    for _ in range(3):
        with suppress(ValueError), arrivals.admitted():
            raise ValueError
    order, leave = list[int](), threading.Event()
    leave.set()
    _arrive(arrivals, 1, order, leave).join()
    assert order == [1]
