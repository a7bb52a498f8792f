"""Leaves out what a model thinks aloud before it answers."""

from __future__ import annotations

from collections.abc import Iterator

_START, _END = "<think>", "</think>"


def without_thoughts(pieces: Iterator[str]) -> Iterator[str]:
    """The pieces without a `<think>…</think>` at their start, and without the blanks around it.

    Most servers part thoughts from the answer themselves; some send them as text.
    """
    held = ""
    for piece in pieces:
        held += piece
        start = held.lstrip()
        if not start or (_START.startswith(start[: len(_START)]) and len(start) < len(_START)):
            continue
        if not start.startswith(_START):
            yield start
            yield from pieces
            return
        _, closed, rest = start.partition(_END)
        if closed:
            yield from _without_blanks(rest, pieces)
            return
    if held.strip() and not held.lstrip().startswith(_START):
        yield held.lstrip()


def _without_blanks(first: str, pieces: Iterator[str]) -> Iterator[str]:
    held = first.lstrip()
    while not held:
        piece = next(pieces, None)
        if piece is None:
            return
        held = piece.lstrip()
    yield held
    yield from pieces
