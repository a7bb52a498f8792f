"""Obsidian's canvases (https://jsoncanvas.org): cards, links and groups, as they are read on the board."""

from __future__ import annotations

import json
from typing import Any

from rag_bot.extraction.writer import CannotRead, Extracted, TextWriter
from rag_bot.text.encodings import decode


def read(data: bytes) -> Extracted:
    """The cards from top to bottom, those of a group below its label; then what the arrows say. Cards are landmarks."""
    try:
        board = json.loads(decode(data)[0].removeprefix("\ufeff"))
        nodes = [node for node in board.get("nodes") or () if isinstance(node, dict)]
        edges = [edge for edge in board.get("edges") or () if isinstance(edge, dict)]
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise CannotRead("is no canvas") from error
    groups = sorted((node for node in nodes if node.get("type") == "group"), key=_position)
    cards = sorted((node for node in nodes if node.get("type") != "group"), key=_position)
    inside = {id(card): next((group for group in groups if _holds(group, card)), None) for card in cards}
    writer, number = TextWriter(), 0
    for group in (None, *groups):
        if group and group.get("label"):
            writer.mark("")
            writer.add(f"## {' '.join(str(group['label']).split())}")
        for card in cards:
            if inside[id(card)] is group:
                number += 1
                writer.mark("card", number)
                writer.add(_words(card))
    names = {node.get("id"): _name(node) for node in nodes}
    labelled = [edge for edge in edges if edge.get("label")]
    if labelled:
        writer.mark("arrows")
    for edge in labelled:
        ends = names.get(edge.get("fromNode"), "?"), names.get(edge.get("toNode"), "?")
        writer.add(f"- {ends[0]} → {edge['label']} → {ends[1]}", apart=edge is labelled[0])
    return writer.done()


def _words(card: dict[str, Any]) -> str:
    match card.get("type"):
        case "file":
            return f"[[{card.get('file', '')}{card.get('subpath', '')}]]"
        case "link":
            return str(card.get("url", ""))
    return str(card.get("text", ""))


def _name(node: dict[str, Any]) -> str:
    """A card's first words."""
    return " ".join(str(node.get("label") or _words(node)).split()[:8]).lstrip("# ")


def _position(node: dict[str, Any]) -> tuple[float, float]:
    return _number(node, "y"), _number(node, "x")


def _holds(group: dict[str, Any], card: dict[str, Any]) -> bool:
    return all(
        _number(group, start) <= _number(card, start) < _number(group, start) + _number(group, size)
        for start, size in (("x", "width"), ("y", "height"))
    )


def _number(node: dict[str, Any], name: str) -> float:
    value = node.get(name)
    return float(value) if isinstance(value, (int, float)) and abs(value) < 1e12 else 0.0
