"""Saved conversations as Markdown files to download."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import FastAPI
from starlette.responses import PlainTextResponse, Response

from rag_bot.conversations import Conversations
from rag_bot.errors import RagBotError, UsageError

FOLDER = "/conversations/"
_NOT_IN_NAMES = frozenset('/\\:*?"<>|')


def add_export(app: FastAPI, conversations: Conversations) -> None:
    """Serves `/conversations/KEY.md`."""

    @app.get(f"{FOLDER}{{key}}.md")
    def export(key: str) -> Response:
        try:
            title, text = conversations.find(key).title, conversations.export(key)
        except UsageError as error:
            return PlainTextResponse(str(error), 404)
        except RagBotError as error:
            return PlainTextResponse(str(error), 500)
        return Response(text.encode("utf-8", "replace"), media_type="text/markdown", headers=_headers(title))


def _headers(title: str) -> dict[str, str]:
    name = "".join(" " if one in _NOT_IN_NAMES or not one.isprintable() else one for one in title)
    name = " ".join(name.split()).strip(". ") or "Conversation"
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}.md", "Cache-Control": "no-store"}
