"""A real model in this process, the same model behind a server, and files that are none."""

from __future__ import annotations

import gc
import itertools
import struct
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from rag_bot.errors import LlmError
from rag_bot.llm import LanguageModel, Message, open_llm
from rag_bot.llm.engine import Engine
from rag_bot.llm.model_files import read_header
from rag_bot.settings import Settings
from tests.conftest import ROOT
from tests.llm.conftest import KEY

Told = Callable[..., Settings]
HELLO = [Message("user", "Say hello in five words.")]
PATIENCE = 120.0  # seconds; nobody waits where all is well
LONG = [Message("user", "The quick brown fox jumps over the lazy dog. " * 150)]


class SetWhen(threading.Event):
    """An event that is set as soon as something holds when it is looked at."""

    def __init__(self, holds: Callable[[], bool]) -> None:
        super().__init__()
        self._holds = holds

    def is_set(self) -> bool:
        if self._holds():
            self.set()
        return super().is_set()


def engine_of(model: LanguageModel) -> Engine:
    found = model.llm.engine
    assert isinstance(found, Engine)
    return found


def test_a_model_file_answers_in_this_process_and_counts_what_it_cost(smol: LanguageModel) -> None:
    pieces = smol.stream(HELLO, most_tokens=8)
    came = list(pieces)
    assert len(came) > 3
    assert (smol.place, smol.is_remote, smol.context_tokens) == ("this machine", False, 8192)
    assert pieces.usage is not None
    assert (pieces.usage.answer_tokens, pieces.finish) == (8, "length")
    assert pieces.usage.prompt_tokens > smol.count_tokens(HELLO[0].text)


def test_at_temperature_zero_it_always_says_the_same(smol: LanguageModel) -> None:
    assert len({"".join(smol.stream(HELLO, most_tokens=12)) for _ in range(3)}) == 1


def test_tokens_are_counted_by_the_models_own_tokenizer(smol: LanguageModel) -> None:
    assert [smol.count_tokens(text) for text in ("", "Hello", "Hello there, you.")] == [0, 1, 5]


def test_a_stop_while_the_question_is_read_ends_the_work(smol: LanguageModel) -> None:
    engine = engine_of(smol)
    stop = SetWhen(lambda: not engine.idle.is_set())
    assert list(smol.stream(LONG, stop=stop)) == []
    assert stop.is_set()
    assert engine.idle.wait(PATIENCE)
    assert len(list(smol.stream(HELLO, most_tokens=4))) == 4


def test_closing_between_words_ends_the_work(smol: LanguageModel) -> None:
    pieces = smol.stream([Message("user", "Tell a long story.")], most_tokens=2000)
    next(pieces)
    pieces.close()
    assert engine_of(smol).idle.wait(PATIENCE)


def test_a_process_ends_well_though_its_answer_is_still_being_written(smol_file: Path) -> None:
    code = """
import sys, tempfile
from pathlib import Path
from rag_bot.llm import Message, open_llm
from rag_bot.settings import Settings
model = open_llm(Settings(llm=f"gguf:{sys.argv[1]}", cache=Path(tempfile.mkdtemp())))
pieces = model.stream([Message("user", "Count from one to a thousand.")], most_tokens=400)
print(next(pieces))
kept = [pieces] if len(sys.argv) > 2 else pieces.close()
"""
    for more in ([], ["kept open"]):
        done = subprocess.run(
            [sys.executable, "-c", code, str(smol_file), *more], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_an_engine_that_is_let_go_takes_no_more_memory(smol_file: Path, told: Told) -> None:
    def tokens(context: int) -> tuple[int, weakref.ref[Engine]]:
        model = open_llm(told(f"gguf:{smol_file}", context_tokens=context))
        return model.count_tokens("Hello"), weakref.ref(engine_of(model))

    counted, first = tokens(512)
    assert counted == 1
    counted, second = tokens(1024)
    gc.collect()
    assert counted == 1
    assert first() is None
    assert second() is not None


def test_what_is_wrong_with_counting_is_one_line(smol_file: Path, told: Told) -> None:
    model = open_llm(told(f"gguf:{smol_file}", context_tokens=512))
    assert model.count_tokens("Hello") == 1
    engine_of(model)._client.close()
    with pytest.raises(LlmError, match=r"^The model file .* failed: "):
        model.count_tokens("Hello")


def test_two_questions_at_once_are_answered_one_after_the_other(smol: LanguageModel) -> None:
    texts: list[str] = []
    threads = [threading.Thread(target=lambda: texts.append("".join(smol.stream(HELLO, most_tokens=6)))) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(texts) == 2
    assert texts[0] == texts[1]


def test_a_question_larger_than_the_context_says_what_to_do(smol: LanguageModel) -> None:
    with pytest.raises(LlmError, match=r"do not fit into the model's context: .*generation\.context_tokens"):
        list(smol.stream([Message("user", "word " * 9000)]))


def test_the_engine_listens_on_loopback_for_nobody_but_us(smol: LanguageModel) -> None:
    assert smol.count_tokens("loaded") == 1
    url = engine_of(smol).address.url
    assert url.startswith("http://127.0.0.1:")
    for path in ("/props", "/slots", "/v1/models", "/metrics"):
        assert httpx.get(f"{url}{path}", trust_env=False).status_code in (401, 404, 501)
    assert httpx.post(f"{url}/tokenize", json={"content": "x"}, trust_env=False).status_code == 401
    assert httpx.post(f"{url}/v1/chat/completions", json={"messages": []}, trust_env=False).status_code == 401


def test_the_same_model_answers_through_a_server(smol_file: Path, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    import xllamacpp

    wanted = xllamacpp.CommonParams()
    wanted.model.path, wanted.n_ctx, wanted.n_parallel = str(smol_file), 2048, 1
    wanted.n_batch = 64  # it notices at the end of a batch that nobody waits any more
    wanted.api_keys, wanted.warmup, wanted.verbosity, wanted.cache_ram_mib = [KEY], False, -1, 0
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = 1  # more get in each other's way on a busy machine
    server = xllamacpp.Server(wanted)
    with pytest.raises(LlmError, match="refuses the key"):
        list(open_llm(told("openai-like:smol", url=server.listening_address)).stream(HELLO))
    monkeypatch.setenv("RAG_BOT_LLM_KEY", KEY)
    model = open_llm(told("openai-like:smol", url=server.listening_address))
    pieces = model.stream(HELLO, most_tokens=8)
    assert len(list(pieces)) > 3
    assert pieces.usage is not None
    assert (model.context_tokens, pieces.usage.answer_tokens, pieces.finish) == (2048, 8, "length")
    with pytest.raises(LlmError, match=r"do not fit into openai-like:smol at 127\.0\.0\.1"):
        list(model.stream([Message("user", "word " * 3000)]))
    looks = itertools.count()
    assert list(model.stream(LONG, stop=SetWhen(lambda: next(looks) > 2))) == []


def test_the_head_of_a_file_tells_what_its_model_reads(smol_file: Path) -> None:
    header = read_header(smol_file)
    assert (header.architecture, header.context_tokens) == ("llama", 8192)


def test_the_settings_win_over_what_the_file_says(smol_file: Path, told: Told) -> None:
    assert open_llm(told(f"gguf:{smol_file}", context_tokens=600)).context_tokens == 600


@pytest.mark.parametrize("damage", ["empty", "magic", "page", "head", "half", "garbled"])
def test_a_file_that_is_damaged_or_no_model_is_one_line(
    damage: str, smol_file: Path, tmp_path: Path, told: Told
) -> None:
    whole = smol_file.read_bytes()
    content = {
        "empty": b"",
        "magic": whole[:4],
        "page": b"<html>" * 500,
        "head": whole[:300],
        "half": whole[: len(whole) // 2],
        "garbled": whole[:200] + b"\xff" * 300 + whole[500:],
    }
    path = tmp_path / "bad.gguf"
    path.write_bytes(content[damage])
    with pytest.raises(LlmError, match=r"bad\.gguf (is no GGUF file|is damaged|cannot be loaded)") as caught:
        list(open_llm(told(f"gguf:{path}")).stream(HELLO))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "claims",
    [
        struct.pack("<IQQ", 3, 0, 1 << 60),
        struct.pack("<IQQQsIIQ", 3, 0, 1, 1, b"a", 9, 0, 1 << 40),
        struct.pack("<IQQQsIIQ", 3, 0, 1, 1, b"a", 9, 8, 1 << 40),
        struct.pack("<IQQQsIQ", 3, 0, 1, 1, b"a", 8, 1 << 62),
        struct.pack("<IQQQsI", 3, 0, 1, 1, b"a", 9) + struct.pack("<IQ", 9, 1) * 5000,
    ],
    ids=["entries", "numbers", "texts", "text", "arrays in arrays"],
)
def test_a_file_that_claims_to_hold_more_than_any_model_is_one_line(claims: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(b"GGUF" + claims + bytes(1 << 20))
    with pytest.raises(LlmError, match=r"bad\.gguf is damaged or incomplete") as caught:
        read_header(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["nothing.gguf", "/no/such/file.gguf", "../x/y.gguf", "a/../b/c.gguf", "a/b"])
def test_a_file_that_is_not_there_says_what_can_be_given(name: str, told: Told) -> None:
    with pytest.raises(LlmError, match="There is no model file"):
        open_llm(told(f"gguf:{name}"))
