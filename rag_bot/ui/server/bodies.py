"""What a page may send: texts, numbers, truth values and lists of them; and files, where they are taken as such.

Gradio takes {"path": ...} and {"url": ...} as the value of any field for a file: it copies that, or fetches it.
"""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

from rag_bot.ui.server.asgi import Receive

LARGEST = 2_000_000  # bytes; the page itself sends some kilobytes
_KEYS_OF_FILES = frozenset(("path", "url", "meta"))


class _IsFile(ValueError):
    """A mapping that Gradio would take for a file."""


async def checked_body(
    headers: Headers, receive: Receive, *, largest: int = LARGEST, is_file: bool = False
) -> Receive | PlainTextResponse:
    """What gives the body once more, or the refusal. A file may be anything of at most `largest` bytes."""
    body = await _read(headers, receive, largest)
    if body is None:
        return PlainTextResponse(f"A request may have {largest // 1_000_000} MB.", 413)
    try:
        if body and not is_file:
            json.loads(body.decode("utf-8"), object_pairs_hook=_refuse_files)
    except _IsFile:
        return PlainTextResponse("Files and addresses are not taken.", 400)
    except (ValueError, RecursionError):
        return PlainTextResponse("This is no JSON that the page sends.", 400)
    given = False

    async def again() -> MutableMapping[str, Any]:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _read(headers: Headers, receive: Receive, largest: int) -> bytes | None:
    """The whole body; None if it is too large."""
    declared = headers.get("content-length", "0")
    if not declared.isdecimal() or len(declared) > 9 or int(declared) > largest:
        return None
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > largest:
            return None
        if message["type"] != "http.request" or not message.get("more_body", False):
            return bytes(body)


def _refuse_files(pairs: list[tuple[str, Any]]) -> None:
    """Called for each mapping, however deep; it sees a key also where the same one comes again."""
    if any(key in _KEYS_OF_FILES for key, _ in pairs):
        raise _IsFile
