"""The JSON API of the app, `/api/v1`: what the command line prints with --json, for editors and other programs.

It stands behind the same guard as the pages. What is wrong comes back as `{"error": "..."}`.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from rag_bot.api import VERSION, calls
from rag_bot.api.requests import (
    AskRequest,
    LinesRequest,
    NoteRequest,
    NotesRequest,
    SearchRequest,
    SyncRequest,
    VerifyRequest,
    mistakes,
)
from rag_bot.api.responses import (
    AnswerJson,
    ErrorJson,
    HitsJson,
    NoteJson,
    NotesJson,
    StatusJson,
    SyncJson,
    VerificationJson,
)
from rag_bot.errors import NoteUnknown, RagBotError, UsageError, WriterBusy
from rag_bot.library import Library
from rag_bot.output import json_text, status_json, verification_json
from rag_bot.ui.app_state import AppState
from rag_bot.ui.syncing.sync_job import SyncJob
from rag_bot.ui.templating import macros

PATH = "/api/v1"
_STATUS = {NoteUnknown: 404, WriterBusy: 409, UsageError: 422}
"""Of errors that the caller can do something about; with any other the index or a model cannot be used now: 503."""
_CANNOT_NOW = 503
_OF_EXIT_CODES = {UsageError.exit_code: UsageError, WriterBusy.exit_code: WriterBusy}
_ERRORS: dict[int | str, dict[str, Any]] = {
    409: {"model": ErrorJson, "description": "Another process writes to the index."},
    422: {"model": ErrorJson, "description": "The request makes no sense."},
    503: {"model": ErrorJson, "description": "The index or a model cannot be used now."},
}
_DESCRIPTION = "Ask, search, read and sync your notes. Answers quote the notes verbatim, with their lines."


def _takes_json(request: Request) -> None:
    """A page of another site can send a form unasked, but JSON only after a question that the app answers with no."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and kind != "application/json":
        raise HTTPException(415, "Send JSON, with the header Content-Type: application/json.")


def create_api(library: Library, state: AppState, root_path: str) -> FastAPI:
    """The API, to be mounted at `PATH`; its own description is at `/openapi.json` below that, and for people at `/`."""
    api = FastAPI(
        title="rag-bot",
        version=VERSION,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        root_path_in_servers=False,
        servers=[{"url": f"{root_path}{PATH}"}],
        dependencies=[Depends(_takes_json)],
        responses=_ERRORS,
        generate_unique_id_function=lambda route: route.name,
    )

    @api.post("/ask", response_model=AnswerJson, summary="The lines that answer a question, or that none do")
    def ask(request: AskRequest) -> Response:
        return _answer(calls.ask(library, request, llm=_writer(state) if request.prose else None))

    @api.post("/search", response_model=HitsJson, summary="The passages that match best")
    def search(request: SearchRequest) -> Response:
        return _answer(calls.search(library, request))

    @api.get("/notes", response_model=NotesJson, summary="All notes by path, page by page")
    def notes(request: Annotated[NotesRequest, Query()]) -> Response:
        return _answer(calls.notes(library, request))

    @api.get(
        "/notes/{path:path}",
        response_model=NoteJson,
        summary="Lines of a note, as they were indexed",
        responses={404: {"model": ErrorJson, "description": "The index has no such note."}},
    )
    def note(path: str, request: Annotated[LinesRequest, Query()]) -> Response:
        return _answer(calls.note(library, NoteRequest(path=path, **request.model_dump())))

    @api.post("/sync", response_model=SyncJson, summary="Make the index equal to the folders of notes")
    def sync(request: SyncRequest) -> Response:
        if request.dry_run:
            return _answer(calls.sync(library, dry_run=True))
        return _answer(_synced(state.sync))

    @api.post("/verify", response_model=VerificationJson, summary="Do the folders and the index agree?")
    def verify(_: VerifyRequest) -> Response:
        return _answer(verification_json(library.verify()))

    @api.get("/status", response_model=StatusJson, summary="What is indexed, and the last syncs")
    def status() -> Response:
        return _answer(status_json(library.status()))

    @api.get("/", include_in_schema=False)
    def described() -> Response:
        return HTMLResponse(str(macros("api.html").page(api.openapi())))

    _tell_errors(api)
    return api


def _answer(values: dict[str, Any], status: int = 200) -> Response:
    return Response(json_text(values), status, {"Cache-Control": "no-store"}, "application/json")


def _writer(state: AppState) -> Any:
    """The language model that was chosen in the app. Raises UsageError, LlmError where none can be asked."""
    if not (name := state.models.chosen):
        raise UsageError("No language model is chosen. Choose one in the app, or ask without `prose`.")
    return state.models.open(name)


def _synced(job: SyncJob) -> dict[str, Any]:
    """Waits for a sync that pages show and can stop, too."""
    if not job.start(on_loss=calls.KEEP):
        raise WriterBusy("The app syncs already. Try again later.")
    ended = job.wait()
    if ended.report is None:
        raise _OF_EXIT_CODES.get(ended.exit_code, RagBotError)(ended.error or "The sync was stopped in the app.")
    return dict(ended.report)


def _tell_errors(api: FastAPI) -> None:
    @api.exception_handler(RagBotError)
    def expected(_: Request, error: RagBotError) -> Response:
        status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), _CANNOT_NOW)
        return _answer({"error": str(error)}, status)

    @api.exception_handler(RequestValidationError)
    def misunderstood(_: Request, error: RequestValidationError) -> Response:
        return _answer({"error": mistakes(error.errors(), skipped=1)}, 422)

    @api.exception_handler(HTTPException)
    def refused(_: Request, error: HTTPException) -> Response:
        answer = _answer({"error": str(error.detail)}, error.status_code)
        answer.headers.update(error.headers or {})
        return answer

    @api.exception_handler(Exception)
    def unexpected(_: Request, error: Exception) -> Response:
        return _answer({"error": f"Unexpected {type(error).__name__}. The app has printed more."}, 500)
