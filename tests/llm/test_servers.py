"""Models behind a server that follows a script: what each provider is sent, and what goes wrong on the way."""

from __future__ import annotations

import gc
import logging
import threading
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from rag_bot.errors import LlmError, UsageError
from rag_bot.llm import open_llm
from rag_bot.llm.providers import PROVIDERS
from rag_bot.records.answers import Usage
from rag_bot.settings import Settings
from tests.llm.conftest import ASKED, KEY
from tests.llm.server import Handler, Seen, serving

Told = Callable[..., Settings]
CHAT, TAGS = "/v1/chat/completions", "/api/tags"


def only_chat(chat: Callable[[Handler], None]) -> Callable[[Seen, Handler], None]:
    """Answers questions; of its models the server says nothing."""

    def script(seen: Seen, handler: Handler) -> None:
        if seen.path in (CHAT, "/api/chat"):
            chat(handler)
        else:
            handler.json({"error": "unknown"}, 404)

    return script


def in_turn(*answers: Callable[[Handler], None]) -> Callable[[Handler], None]:
    left = list(answers)
    return lambda handler: (left.pop(0) if len(left) > 1 else left[0])(handler)


def failure(told: Told, chat: Callable[[Handler], None], **generation: Any) -> tuple[str, int]:
    """The one line that asking gives, and how often the server was asked."""
    with serving(only_chat(chat)) as server:
        model = open_llm(told("openai-like:m", url=server.url, **generation))
        with pytest.raises(LlmError) as caught:
            list(model.stream(ASKED))
        assert "\n" not in str(caught.value)
        return str(caught.value), sum(seen.path == CHAT for seen in server.seen)


def test_an_openai_like_server_is_sent_the_question_and_its_words_come(told: Told) -> None:
    with serving(only_chat(lambda handler: handler.words("Ada", " Lovelace"))) as server:
        model = open_llm(told("openai-like:m", url=server.url, answer_tokens=50))
        pieces = model.stream(ASKED, most_tokens=30)
        assert list(pieces) == ["Ada", " Lovelace"]
        assert (pieces.usage, pieces.finish) == (Usage(7, 2), "stop")
        assert (model.place, model.is_remote) == (server.url.removeprefix("http://"), False)
    sent = server.seen[-1].sent
    assert sent["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who?"}]
    assert {name: sent[name] for name in ("model", "max_tokens", "temperature", "seed", "stream")} == {
        "model": "m",
        "max_tokens": 30,
        "temperature": 0.0,
        "seed": 0,
        "stream": True,
    }


def test_a_server_without_a_key_gets_none_not_even_that_of_openai(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with serving(only_chat(lambda handler: handler.words("Ada"))) as server:
        list(open_llm(told("openai-like:m", url=server.url)).stream(ASKED))
    assert all("authorization" not in seen.headers and KEY not in str(seen) for seen in server.seen)


def test_the_key_travels_to_the_server_and_is_nowhere_else(
    told: Told, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("RAG_BOT_LLM_KEY", KEY)
    caplog.set_level(logging.DEBUG)

    def refuse(handler: Handler) -> None:
        handler.json({"error": {"message": f"Incorrect API key provided: {KEY}. (sk-te*****9z)"}}, 401)

    with serving(only_chat(refuse)) as server:
        model = open_llm(told("openai-like:m", url=server.url))
        with pytest.raises(LlmError, match="refuses the key") as caught:
            list(model.stream(ASKED))
    assert server.seen[-1].headers["authorization"] == f"Bearer {KEY}"
    told_of_it = [repr(model), repr(model.llm), str(model.llm.to_dict()), caplog.text]
    told_of_it += traceback.format_exception(caught.value, chain=True)
    assert not any(KEY in text or "sk-te*" in text for text in told_of_it)


@pytest.mark.parametrize("status", [400, 402, 418, 500])
def test_a_key_that_a_server_repeats_is_left_out_of_the_error(
    status: int, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_BOT_LLM_KEY", "unusual!key")
    said = {"error": {"message": f"Strange: unusual!key, {KEY}"}}
    line, _ = failure(told, lambda handler: handler.json(said, status))
    assert "Strange: …, …" in line
    assert str(status) in line


def test_an_unknown_model_is_said_to_be_one(told: Told) -> None:
    line, asked = failure(told, lambda handler: handler.json({"error": {"message": "no such model"}}, 404), retries=3)
    assert line.startswith("openai-like:m at 127.0.0.1:")
    assert "is not known there (404)" in line
    assert asked == 1


def test_too_many_questions_are_asked_again_after_what_the_server_says(told: Told) -> None:
    busy = {"error": {"message": "slow down"}}
    answers = in_turn(lambda handler: handler.json(busy, 429, Retry_After="0"), lambda handler: handler.words("Ada"))
    with serving(only_chat(answers)) as server:
        assert list(open_llm(told("openai-like:m", url=server.url, retries=1)).stream(ASKED)) == ["Ada"]


def test_a_server_that_wants_us_back_much_later_is_not_waited_for(told: Told) -> None:
    busy = {"error": {"message": "slow down"}}
    line, asked = failure(told, lambda handler: handler.json(busy, 429, Retry_After="3600"), retries=3)
    assert "come back in 3600 s" in line
    assert asked == 1


def test_a_server_that_fails_each_time_is_given_up(told: Told) -> None:
    broken = {"error": {"message": "out of memory"}}
    line, asked = failure(told, lambda handler: handler.json(broken, 500, Retry_After="0"), retries=2)
    assert "failed (500): out of memory." in line
    assert asked == 3


def test_a_server_that_gives_no_words_in_time_is_said_to_be_slow(told: Told) -> None:
    line, asked = failure(told, lambda handler: handler.wait_until_gone(), timeout_seconds=3.0, retries=1)
    assert "gave no words in time" in line
    assert asked == 2


def test_words_that_stop_coming_break_the_answer_off(told: Told) -> None:
    def stall(handler: Handler) -> None:
        handler.words("Ada", " Love", finish=None)
        handler.wait_until_gone()

    with serving(only_chat(stall)) as server:
        pieces = open_llm(told("openai-like:m", url=server.url, timeout_seconds=5.0)).stream(ASKED)
        assert [next(pieces), next(pieces)] == ["Ada", " Love"]
        with pytest.raises(LlmError, match=r"The answer broke off: .* gave no words in time"):
            next(pieces)


def test_a_stream_that_ends_without_a_reason_broke_off(told: Told) -> None:
    line, asked = failure(told, lambda handler: handler.words("Ada", finish=None), retries=3)
    assert line.startswith("The answer broke off: openai-like:m at 127.0.0.1:")
    assert asked == 1


def test_an_answer_cut_at_its_most_tokens_says_so(told: Told) -> None:
    with serving(only_chat(lambda handler: handler.words("Ada", finish="length"))) as server:
        pieces = open_llm(told("openai-like:m", url=server.url)).stream(ASKED)
        assert (list(pieces), pieces.finish) == (["Ada"], "length")


def test_an_error_inside_a_stream_is_told(told: Told) -> None:
    def fail(handler: Handler) -> None:
        handler.start()
        handler.event(error={"message": "the model crashed", "code": 500})

    line, _ = failure(told, fail)
    assert "the model crashed" in line


def test_a_web_page_is_no_language_model(told: Told) -> None:
    line, asked = failure(told, lambda handler: handler.plain("<html>Sign in</html>", kind="text/html"), retries=3)
    assert "answers, but not as a language model" in line
    assert asked == 1


def test_what_is_no_json_is_not_understood(told: Told) -> None:
    def babble(handler: Handler) -> None:
        handler.start()
        handler.wfile.write(b"data: {nonsense\n\n")

    line, _ = failure(told, babble)
    assert "is not understood" in line


def test_an_answer_without_a_word_is_an_error(told: Told) -> None:
    line, _ = failure(told, lambda handler: handler.words())
    assert "answered without a word" in line


def test_an_answer_that_went_into_thinking_says_what_to_raise(told: Told) -> None:
    line, _ = failure(told, lambda handler: handler.words(finish="length"))
    assert "Raise generation.answer_tokens" in line


def test_a_question_that_is_too_long_says_what_to_lower(told: Told) -> None:
    said = {"error": {"message": "maximum context length is 100 tokens"}}
    line, _ = failure(told, lambda handler: handler.json(said, 400))
    assert "lower generation.passage_tokens" in line


def test_a_redirection_is_not_followed(told: Told) -> None:
    with serving(only_chat(lambda handler: handler.words("Eve"))) as elsewhere:
        where = f"{elsewhere.url}{CHAT}"
        line, _ = failure(told, lambda handler: handler.plain("", 307, Location=where))
        assert "sends us elsewhere (307)" in line
        assert elsewhere.seen == []


def test_a_server_that_is_not_there_is_said_not_to_be(told: Told) -> None:
    with serving(only_chat(lambda handler: handler.words("Ada"))) as server:
        pass
    for name in ("openai-like:m", "ollama:m"):
        with pytest.raises(LlmError, match=rf"^{name} at 127\.0\.0\.1:\d+ cannot be reached: .*running\?$"):
            list(open_llm(told(name, url=server.url)).stream(ASKED))


@pytest.mark.parametrize("name", ["openai-like:m", "ollama:m"])
def test_a_stop_ends_the_connection_while_it_waits_for_the_first_word(name: str, told: Told) -> None:
    stop = threading.Event()

    def wait(handler: Handler) -> None:
        stop.set()
        handler.wait_until_gone()

    with serving(only_chat(wait)) as server:
        assert list(open_llm(told(name, url=server.url)).stream(ASKED, stop=stop)) == []
        assert server.gone.wait(10)


@pytest.mark.parametrize("leave", ["stop", "close", "forget"])
def test_leaving_an_answer_ends_the_connection(leave: str, told: Told) -> None:
    stop = threading.Event()

    def talk(handler: Handler) -> None:
        handler.words("Ada", finish=None)
        handler.wait_until_gone()

    with serving(only_chat(talk)) as server:
        pieces = open_llm(told("openai-like:m", url=server.url)).stream(ASKED, stop=stop)
        assert next(pieces) == "Ada"
        if leave == "stop":
            stop.set()
            assert list(pieces) == []
        elif leave == "close":
            pieces.close()
        del pieces
        gc.collect()
        assert server.gone.wait(10)


def ollama(seen: Seen, handler: Handler) -> None:
    """What Ollama answers."""
    if seen.path == TAGS:
        handler.json({"models": [{"name": "qwen3:4b", "model": "qwen3:4b"}]})
    elif seen.path == "/api/show":
        handler.json({"model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40960}})
    elif seen.sent["model"] != "qwen3:4b":
        handler.json({"error": f"model '{seen.sent['model']}' not found"}, 404)
    else:
        handler.start("application/x-ndjson")
        handler.line(model="m", message={"role": "assistant", "content": "", "thinking": "Hm."}, done=False)
        handler.line(model="m", message={"role": "assistant", "content": "Ada"}, done=False)
        handler.line(model="m", message={"role": "assistant", "content": " L."}, done=False)
        end = {"done": True, "done_reason": "stop", "prompt_eval_count": 11, "eval_count": 2}
        handler.line(model="m", message={"role": "assistant", "content": ""}, **end)


def test_ollama_is_told_how_much_to_read_and_to_write(told: Told) -> None:
    with serving(ollama) as server:
        model = open_llm(told("ollama:qwen3:4b", url=server.url))
        pieces = model.stream(ASKED, most_tokens=30)
        assert list(pieces) == ["Ada", " L."]
        assert (pieces.usage, pieces.finish) == (Usage(11, 2), "stop")
    assert model.context_tokens == 8192
    sent = server.seen[-1].sent
    assert sent["options"] == {"temperature": 0.0, "num_ctx": 8192, "seed": 0, "num_predict": 30}
    assert sent["think"] is False


def test_a_model_that_ollama_does_not_have_says_how_to_get_it(told: Told) -> None:
    with serving(ollama) as server, pytest.raises(LlmError, match="Run `ollama pull llama9`"):
        list(open_llm(told("ollama:llama9", url=server.url)).stream(ASKED))


def test_an_ollama_stream_that_ends_in_the_middle_broke_off(told: Told) -> None:
    def breaks(handler: Handler) -> None:
        handler.start("application/x-ndjson")
        handler.line(model="m", message={"role": "assistant", "content": "Ada"}, done=False)

    with serving(only_chat(breaks)) as server, pytest.raises(LlmError, match="The answer broke off"):
        list(open_llm(told("ollama:m", url=server.url)).stream(ASKED))


@pytest.mark.parametrize(
    ("listed", "tokens"),
    [
        ({"data": [{"id": "m", "max_model_len": 16384}]}, 16384),
        ({"data": [{"id": "other.gguf", "meta": {"n_ctx": 2048}}]}, 2048),
        ({"data": [{"id": "x", "context_length": 1}, {"id": "m", "context_length": 131072}]}, 131072),
        ({"data": []}, 4096),
    ],
)
def test_a_server_tells_how_much_its_model_reads(listed: dict[str, Any], tokens: int, told: Told) -> None:
    def script(seen: Seen, handler: Handler) -> None:
        handler.json(listed if seen.path == "/v1/models" else {}, 200 if seen.path == "/v1/models" else 404)

    with serving(script) as server:
        assert open_llm(told("openai-like:m", url=server.url)).context_tokens == tokens
        assert open_llm(told("openai-like:m", url=server.url, context_tokens=999)).context_tokens == 999


def test_a_key_is_not_sent_unencrypted_over_the_internet(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_BOT_LLM_KEY", KEY)
    with pytest.raises(LlmError, match=r"is not sent to models\.example unencrypted") as caught:
        open_llm(told("openai-like:m", url="http://models.example/v1"))
    assert KEY not in str(caught.value)


def test_openai_needs_a_key_and_is_remote(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LlmError, match=r"no key for openai\. Set the variable OPENAI_API_KEY"):
        open_llm(told("openai:gpt-4o-mini"))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_BASE", "http://evil.example")
    model = open_llm(told("openai:gpt-4o-mini"))
    assert (model.place, model.is_remote, model.context_tokens) == ("api.openai.com", True, 128_000)
    assert KEY not in repr(model.llm)


def test_a_model_of_openai_that_is_newer_than_any_list_can_be_named(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert open_llm(told("openai:next-9")).context_tokens == 4096


def test_a_package_that_is_missing_says_how_it_comes(told: Told) -> None:
    if PROVIDERS["anthropic"].is_installed():
        pytest.skip("it is there")
    with pytest.raises(LlmError, match="pip install llama-index-llms-anthropic"):
        open_llm(told("anthropic:claude"))


@pytest.mark.parametrize("url", ["", "ftp://x", "http://", "localhost:8080", "http://me:pw@host/v1"])
def test_an_address_that_is_none_is_wrong_usage_and_shows_no_password(url: str, told: Told) -> None:
    with pytest.raises(UsageError) as caught:
        open_llm(told("openai-like:m", url=url))
    assert "pw" not in str(caught.value)


def test_anthropic_is_sent_the_question_with_the_key_and_its_words_come(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("llama_index.llms.anthropic")

    def talk(seen: Seen, handler: Handler) -> None:
        if seen.sent["model"] == "claude-unknown":
            handler.json({"error": {"message": f"x-api-key {KEY} may not use it"}}, 404)
            return
        usage = {"input_tokens": 9, "output_tokens": 1}
        message = {"id": "1", "type": "message", "role": "assistant", "content": [], "model": "m", "usage": usage}
        handler.start()
        handler.named_event("message_start", message=message)
        handler.named_event("content_block_start", index=0, content_block={"type": "text", "text": ""})
        for word in ("Ada", " L."):
            handler.named_event("content_block_delta", index=0, delta={"type": "text_delta", "text": word})
        handler.named_event("content_block_stop", index=0)
        handler.named_event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 3})
        handler.named_event("message_stop")

    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    with serving(talk) as server:
        monkeypatch.setattr("rag_bot.llm.providers.anthropic.AnthropicProvider.url", server.url)
        model = open_llm(told("anthropic:claude-x"))
        pieces = model.stream(ASKED, most_tokens=30)
        assert (list(pieces), pieces.finish) == (["Ada", " L."], "stop")
        assert pieces.usage == Usage(9, 3)
        with pytest.raises(LlmError, match="is not known there") as caught:
            list(open_llm(told("anthropic:claude-unknown")).stream(ASKED))
    sent = server.seen[0]
    assert (sent.headers["x-api-key"], sent.sent["max_tokens"]) == (KEY, 30)
    assert "Be brief." in str(sent.sent["system"])
    assert KEY not in f"{model!r} {model.llm!r} {caught.value}"
