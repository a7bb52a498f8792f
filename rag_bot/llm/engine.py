"""llama.cpp in this process: one model at a time, kept loaded between questions, one answer at a time."""

from __future__ import annotations

import queue
import secrets
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rag_bot.errors import LlmError
from rag_bot.llm.calls import current_call, end_threads_before_what_is_imported, start_thread
from rag_bot.llm.connection import Address, open_client
from rag_bot.llm.keys import Key
from rag_bot.processes import cores

_BATCH = 128  # tokens of the prompt that are read before it is seen that nobody waits any more; set by hand
_PROMPT_CACHE_MIB = 256  # set by hand
_BEAT = 1.0  # seconds between signs of life while another answer is written; set by hand
_END_SECONDS = 30.0  # that the batch at hand may take when the process ends; set by hand
_SEED = 0  # any: the same question shall get the same answer
_DONE: dict[str, Any] = {}


class Engine:
    """One model file and the context it is loaded with. Loads when it is first needed.

    `idle` is set while no answer is written, `address` is where it listens once it is loaded.
    """

    def __init__(self, path: Path, context_tokens: int) -> None:
        self.path, self.context_tokens = path, context_tokens
        self._server: Any = None
        self._secret = secrets.token_urlsafe(32)
        self._client: Any = None
        self._loading, self._writing = threading.Lock(), threading.Lock()
        self.idle = threading.Event()

    def stream(
        self, messages: Sequence[tuple[str, str]], temperature: float, most_tokens: int
    ) -> Iterator[dict[str, Any]]:
        """The steps of an answer in OpenAI's format; some without words, as signs of life.

        Leaving it, or cancelling the call that this thread serves, ends the work after the batch at hand.

        Raises:
            LlmError: the file cannot be loaded.
        """
        box: queue.SimpleQueue[Any] = queue.SimpleQueue()
        given_up = threading.Event()
        if call := current_call():
            call.on_cancel(given_up.set)
            call.on_cancel(lambda: box.put(_DONE))
        wanted = {
            "messages": [{"role": role, "content": text} for role, text in messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            "return_progress": True,
            "max_tokens": most_tokens,
            "temperature": temperature,
            "seed": _SEED,
            "cache_prompt": True,
            "chat_template_kwargs": {"enable_thinking": False},
        }
        start_thread("gguf", partial(self._write, wanted, box, given_up), give_up=given_up.set, seconds=_END_SECONDS)
        try:
            while (step := box.get()) is not _DONE:
                if isinstance(step, LlmError):
                    raise step
                yield step
        finally:
            given_up.set()

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, by the model's own tokenizer. Loads the model.

        Raises:
            LlmError: the file cannot be loaded, or counts nothing.
        """
        if not text:
            return 0
        self._load()
        try:
            found = self._client.post("/tokenize", json={"content": text, "add_special": False})
            return len(found.json()["tokens"])
        except Exception as error:  # whatever the extension's server does must let the quotes answer
            raise self._failed(error) from error

    def _write(self, wanted: dict[str, Any], box: queue.SimpleQueue[Any], given_up: threading.Event) -> None:
        def take(step: Any) -> bool:
            for part in step if isinstance(step, list) else [step]:
                box.put(part)
            return given_up.is_set()

        try:
            self._load()
            while not self._writing.acquire(timeout=_BEAT):
                if take({}) or given_up.is_set():
                    return
            try:
                self.idle.clear()
                if not given_up.is_set():
                    self._server.handle_chat_completions(wanted, take)
            finally:
                self.idle.set()
                self._writing.release()
        except LlmError as error:
            box.put(error)
        except Exception as error:  # noqa: BLE001 - whatever the extension raises must end the waiting
            box.put(self._failed(error))
        finally:
            box.put(_DONE)

    def _failed(self, error: Exception) -> LlmError:
        return LlmError(f"The model file {self.path.name} failed: {type(error).__name__}. Try another one.")

    def _load(self) -> None:
        with self._loading:
            if self._server is None:
                self._server = self._open()

    def _open(self) -> Any:
        import httpx
        import xllamacpp  # type: ignore[import-untyped]

        wanted = xllamacpp.CommonParams()
        wanted.model.path = str(self.path)
        wanted.n_ctx, wanted.n_parallel, wanted.n_batch = self.context_tokens, 1, _BATCH
        wanted.cache_ram_mib, wanted.verbosity, wanted.warmup = _PROMPT_CACHE_MIB, -1, False
        wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = _threads()
        wanted.cpuparams.poll = wanted.cpuparams_batch.poll = 0
        wanted.offline, wanted.ui = True, False
        wanted.hostnames, wanted.port, wanted.n_threads_http = ["127.0.0.1"], 0, 2
        wanted.api_keys = [self._secret]  # it listens, whether we want it or not: nobody else may use it
        wanted.endpoint_slots = wanted.endpoint_props = False
        end_threads_before_what_is_imported()
        try:
            server = xllamacpp.Server(wanted)
        except (RuntimeError, ValueError) as error:
            raise LlmError(
                f"The model file {self.path} cannot be loaded: it is incomplete or damaged, of a kind that this "
                f"llama.cpp does not know, or larger than the memory. Fetch it again, or take another one."
            ) from error
        self.address = Address(server.listening_address)
        self._client = open_client(self.address, Key(self._secret, "this process"), 60.0)
        self._client.base_url = httpx.URL(self.address.url)
        return server


def _threads() -> int:
    """Cores to compute on: of a few all but one, of many half, as the others are hyper-threads.

    llama.cpp's threads wait for each other by spinning, so that one which shares its core holds up all. On two cores
    with something else running, two threads wrote 1.4 tokens a second and one wrote 36; alone, 59 and 34.
    """
    found = cores()
    return max(found // 2, min(found - 1, 4), 1)


_lock = threading.Lock()
_engine: Engine | None = None


def the_engine(path: Path, context_tokens: int) -> Engine:
    """The engine of this file; the one before is let go, and its memory with it when its answers have ended."""
    global _engine
    with _lock:
        stamp = path.absolute()
        if _engine is None or (_engine.path, _engine.context_tokens) != (stamp, context_tokens):
            _engine = Engine(stamp, context_tokens)
        return _engine
