"""Serves the images that lie among the notes, at `/images/PATH`, to be shown and for nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from rag_bot.library import Library
from rag_bot.ui.notes.links import link_targets

if TYPE_CHECKING:
    from fastapi import FastAPI


def add_images(app: FastAPI, library: Library) -> None:
    """Only what `NoteImages` finds is served; the headers that every answer gets are those of the guard."""

    @app.get("/images/{path:path}")
    def image(path: str, request: Request) -> Response:
        images = link_targets(library).images
        found = images.read(path) if images else None
        if found is None:
            return PlainTextResponse("Not found.", 404)
        headers = {"ETag": found.etag, "Cache-Control": "private, no-cache"}
        if request.headers.get("if-none-match") == found.etag:
            return Response(status_code=304, headers=headers)
        return Response(found.data, media_type=found.media_type, headers=headers)
