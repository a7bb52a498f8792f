"""What went wrong when a model was asked, as one line that names no key."""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from dataclasses import dataclass

from rag_bot.errors import LlmError, first_line, reason_of
from rag_bot.llm.calls import Call
from rag_bot.llm.connection import HERE, NoModelThere

IS_SERVER_RUNNING = "Is its server running?"
# Must match what begins like a key of one of the known kinds (sk-..., gsk_..., "Bearer ..."), also where a server has
# put stars or dots into it, and no ordinary word such as "task-force".
_KEY_LIKE = re.compile(r"\b(?:sk|pk|rk|key|gsk|xai|hf|ant|api)[-_][\w*.…-]{6,}|(?i:bearer\s+)[^\s,]+")
# Must match how servers say that a question does not fit: "maximum context length is 100 tokens", "prompt is too long".
_TOO_LONG = re.compile(r"context|too (?:long|large|many tokens)|maximum.*tokens|exceed", re.IGNORECASE)
_SHOWN = 200  # characters of what a server says: some two lines
_NOT_UNDERSTOOD = {  # the last but one is for lists in lists in lists
    "JSONDecodeError",
    "UnicodeDecodeError",
    "ValidationError",
    "RecursionError",
    "APIResponseValidationError",
}
_LONGEST_WAIT = 30.0  # seconds that a server may ask us to wait before it is given up: set by hand


@dataclass(frozen=True, slots=True)
class AskedModel:
    """Which model was asked, for messages. `secret` is the key, which a server may repeat.

    `start_hint` is what to look at where it can't be reached, `pull_command` what brings it where it is not known.
    """

    name: str
    place: str
    secret: str = ""
    start_hint: str = IS_SERVER_RUNNING
    pull_command: str = ""

    @property
    def who(self) -> str:
        return f"{self.name} at {self.place}" if self.place != HERE else self.name


@dataclass(frozen=True, slots=True)
class CallFailure:
    """One line for people, and whether it is worth asking again, after how many seconds (None: as usual)."""

    line: str
    may_pass: bool = False
    wait_seconds: float | None = None


def explain(error: BaseException, model: AskedModel, call: Call) -> CallFailure:
    """What an error of LlamaIndex, a client library or the connection means."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and all(link is not seen for seen in chain):
        chain.append(link)
        link = link.__cause__ or link.__context__
    if ours := next((link for link in chain if isinstance(link, LlmError)), None):
        return CallFailure(redact(str(ours), model.secret))
    if other := next((link for link in chain if isinstance(link, NoModelThere)), None):
        return CallFailure(f"{model.place} answers, but not as a language model: {other}. Check generation.url.")
    status = next((code for link in chain if (code := _status(link))), 0)
    if status:
        return _refused(status, _said(error, model.secret), model, call.retry_after)
    return _not_reached(chain, model)


def redact(text: str, secret: str = "") -> str:
    """`text` in one line without anything that is or looks like a key."""
    plain = text.replace(secret, "…") if len(secret) > 3 else text
    return " ".join(_KEY_LIKE.sub("…", plain).split())


def _refused(status: int, said: str, model: AskedModel, retry_after: str) -> CallFailure:
    """What a status of HTTP means."""
    who, may_pass, wait_seconds = model.who, False, None
    if status in (401, 403):
        line = f"{who} refuses the key ({status}). Check the key; `rag-bot models` says where it is looked for."
    elif status == 404:
        pull = f"Run `{model.pull_command}`, or see" if model.pull_command else "See"
        line = f"{who} is not known there (404). {pull} `rag-bot models` for what is."
    elif status == 402:
        line = f"{who} wants to be paid (402): {said}."
    elif status in (408, 409, 429) or status >= 500:
        with suppress(ValueError):  # a date, the header's other form, counts as none: the usual pause does
            told = float(retry_after)
            wait_seconds = max(told, 0.0) if math.isfinite(told) else None
        if wait_seconds is not None and wait_seconds > _LONGEST_WAIT:
            line = f"{who} has too much to do and says to come back in {wait_seconds:.6g} s ({status}). Ask again then."
        else:
            what = "has too much to do or your quota is used up" if status == 429 else "failed"
            line, may_pass = f"{who} {what} ({status}): {said}. Try again later.", True
    elif status in (400, 413, 422) and _TOO_LONG.search(said):
        line = (
            f"The question and its passages do not fit into {who}: {said}. "
            "Set generation.context_tokens to what it takes, or lower generation.passage_tokens."
        )
    elif 300 <= status < 400:
        line = f"{who} sends us elsewhere ({status}), which is not followed. Give that address as the URL."
    else:
        line = f"{who} refused ({status}): {said}."
    return CallFailure(line, may_pass, wait_seconds if may_pass else None)


def _not_reached(chain: list[BaseException], model: AskedModel) -> CallFailure:
    """What an error means that came without a status; `chain` is it and what it was raised from."""
    kinds = {kind.__name__ for link in chain for kind in type(link).__mro__}
    said, who, may_pass = redact(reason_of(chain[-1]), model.secret)[:_SHOWN], model.who, True
    if "ConnectTimeout" in kinds:
        line = f"{who} cannot be reached: no connection in time. Check the network."
    elif kinds & {"TimeoutException", "TimeoutError"}:
        line = f"{who} gave no words in time. Raise generation.timeout_seconds if it is slow."
    elif kinds & {"ConnectError", "ConnectionRefusedError", "gaierror"}:
        line = f"{who} cannot be reached: {said}. {model.start_hint}"
    elif kinds & {"TransportError", "ConnectionError", "IncompleteRead"}:
        line = f"{who} ended the connection: {said}. Try again."
    elif kinds & _NOT_UNDERSTOOD:
        line, may_pass = f"{who} answers with something that is not understood: {said}. Check generation.url.", False
    else:
        line, may_pass = f"{who} failed: {type(chain[0]).__name__}: {said}. Try again, or another model.", False
    return CallFailure(line, may_pass)


def _status(error: BaseException) -> int:
    status = getattr(error, "status_code", 0) or getattr(getattr(error, "response", None), "status_code", 0)
    return status if isinstance(status, int) and status >= 300 else 0


def _said(error: BaseException, secret: str) -> str:
    """What the server said about it, out of the JSON that it comes in, without the key; not a web page."""
    body = getattr(error, "body", None) or getattr(error, "error", None) or first_line(error)
    if isinstance(body, str) and body.lstrip().startswith("{"):
        with suppress(ValueError, RecursionError):
            body = json.loads(body)
    while isinstance(body, dict):
        body = body.get("error") or body.get("message") or body.get("detail") or "no reason given"
    text = str(body)[: 10 * _SHOWN].strip()  # a key is taken out before the cut, which could leave half of it
    return "no reason given" if text.startswith("<") or not text else redact(text, secret)[:_SHOWN].rstrip(".")
