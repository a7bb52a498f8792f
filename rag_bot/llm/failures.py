"""What went wrong when a model was asked, as one line that names no key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from rag_bot.errors import LlmError, first_line
from rag_bot.llm.addresses import HERE
from rag_bot.llm.calls import Call

_KEY_LIKE = re.compile(r"\b(?:sk|pk|rk|key|gsk|xai|hf|ant|api)[-_][\w*.…-]{6,}|(?i:bearer\s+)[^\s,]+")
_TOO_LONG = re.compile(r"context|too (?:long|large|many tokens)|maximum.*tokens|exceed", re.IGNORECASE)
_SHOWN = 200  # characters of what a server says
_LONGEST_WAIT = 30.0  # seconds that a server may ask us to wait before it is given up


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked: for messages. `secret` is the key, which a server may repeat."""

    name: str
    place: str
    secret: str = ""

    @property
    def who(self) -> str:
        return f"{self.name} at {self.place}" if self.place != HERE else self.name


@dataclass(frozen=True, slots=True)
class Failure:
    """One line for people, and whether it is worth asking again, after how many seconds (None: as usual)."""

    line: str
    may_pass: bool = False
    wait_seconds: float | None = None


class NoModelThere(Exception):
    """A web server answered, but with something that no model's server sends."""


def explain(error: BaseException, asked: Asked, call: Call) -> Failure:
    """What an error of LlamaIndex, a client library or the connection means."""
    chain = list(_chain(error))
    if ours := next((link for link in chain if isinstance(link, LlmError)), None):
        return Failure(redact(str(ours), asked.secret))
    if other := next((link for link in chain if isinstance(link, NoModelThere)), None):
        return Failure(f"{asked.place} answers, but not as a language model: {other}. Check generation.url.")
    status = next((code for link in chain if (code := _status(link))), 0)
    if status:
        return _refused(status, redact(_said(error), asked.secret), asked, call)
    return _not_reached(chain, asked)


def redact(text: str, secret: str = "") -> str:
    """`text` in one line without anything that is or looks like a key."""
    plain = text.replace(secret, "…") if len(secret) > 3 else text
    return " ".join(_KEY_LIKE.sub("…", plain).split())


def _refused(status: int, said: str, asked: Asked, call: Call) -> Failure:
    who = asked.who
    if status in (401, 403):
        return Failure(
            f"{who} refuses the key ({status}). Check the key; `rag-bot models` says where it is looked for."
        )
    if status == 404:
        pull = f" Run `ollama pull {asked.name.partition(':')[2]}`, or see" if asked.name[:7] == "ollama:" else " See"
        return Failure(f"{who} is not known there (404).{pull} `rag-bot models` for what is.")
    if status == 402:
        return Failure(f"{who} wants to be paid (402): {said}.")
    if status in (408, 409, 429) or status >= 500:
        return _busy(status, said, who, call)
    if status in (400, 413, 422) and _TOO_LONG.search(said):
        return Failure(
            f"The question and its passages do not fit into {who}: {said}. "
            "Set generation.context_tokens to what it takes, or lower generation.passage_tokens."
        )
    if 300 <= status < 400:
        return Failure(f"{who} sends us elsewhere ({status}), which is not followed. Give that address as the URL.")
    return Failure(f"{who} refused ({status}): {said}.")


def _busy(status: int, said: str, who: str, call: Call) -> Failure:
    wait = _seconds(call.retry_after)
    if wait is not None and wait > _LONGEST_WAIT:
        return Failure(f"{who} has too much to do and says to come back in {wait:.0f} s ({status}). Ask again then.")
    what = "has too much to do or your quota is used up" if status == 429 else "failed"
    return Failure(f"{who} {what} ({status}): {said}. Try again later.", may_pass=True, wait_seconds=wait)


def _not_reached(chain: list[BaseException], asked: Asked) -> Failure:
    kinds = {kind.__name__ for link in chain for kind in type(link).__mro__}
    said, who = redact(first_line(chain[-1]), asked.secret)[:_SHOWN], asked.who
    if "ConnectTimeout" in kinds:
        return Failure(f"{who} cannot be reached: no connection in time. Check the network.", may_pass=True)
    if kinds & {"TimeoutException", "TimeoutError"}:
        return Failure(f"{who} gave no words in time. Raise generation.timeout_seconds if it is slow.", may_pass=True)
    if kinds & {"ConnectError", "ConnectionRefusedError", "gaierror"}:
        start = " Is Ollama running?" if asked.name.startswith("ollama:") else " Is its server running?"
        return Failure(f"{who} cannot be reached: {said}.{start}", may_pass=True)
    if kinds & {"TransportError", "ConnectionError", "IncompleteRead"}:
        return Failure(f"{who} ended the connection: {said}. Try again.", may_pass=True)
    if kinds & {"JSONDecodeError", "UnicodeDecodeError", "ValidationError", "APIResponseValidationError"}:
        return Failure(f"{who} answers with something that is not understood: {said}. Check generation.url.")
    return Failure(f"{who} failed: {type(chain[0]).__name__}: {said}. Try again, or another model.")


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _status(error: BaseException) -> int:
    status = getattr(error, "status_code", 0) or getattr(getattr(error, "response", None), "status_code", 0)
    return status if isinstance(status, int) and status >= 300 else 0


def _said(error: BaseException) -> str:
    """What the server said about it, out of the JSON that it comes in; not a web page."""
    body = getattr(error, "body", None) or getattr(error, "error", None) or first_line(error)
    if isinstance(body, str) and body.lstrip().startswith("{"):
        with suppress(ValueError):
            body = json.loads(body)
    while isinstance(body, dict):
        body = body.get("error") or body.get("message") or body.get("detail") or "no reason given"
    text = str(body).strip()
    return "no reason given" if text.startswith("<") or not text else text[:_SHOWN].rstrip(".")


def _seconds(retry_after: str) -> float | None:
    """A Retry-After header in seconds. A date, its other form, counts as none: the usual pause does."""
    try:
        return max(float(retry_after), 0.0)
    except ValueError:
        return None
