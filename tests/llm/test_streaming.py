"""Words as they come, an end at once, and one line for whatever goes wrong: with a model that follows a script."""

from __future__ import annotations

import gc
import threading

import pytest

from rag_bot.errors import LlmError
from rag_bot.llm import Message
from rag_bot.llm.streaming import without_thoughts
from rag_bot.records.answers import Usage
from tests.llm.scripted import BREAK, PAUSE, ScriptedModel, scripted

ASKED = [Message("system", "Be brief."), Message("user", "Who?")]


def test_the_pieces_are_the_answer_and_the_model_gets_the_messages() -> None:
    model = scripted("Ada Lovelace\n\nwrote it.")
    pieces = model.stream(ASKED)
    assert list(pieces) == ["Ada ", "Lovelace\n\n", "wrote ", "it."]
    assert isinstance(model.llm, ScriptedModel)
    assert model.llm.asked == [ASKED]


def test_the_usage_is_estimated_rather_too_high_where_the_model_does_not_tell() -> None:
    pieces = scripted("Ada Lovelace wrote it.").stream(ASKED)
    assert pieces.usage is None
    list(pieces)
    assert pieces.usage == Usage(prompt_tokens=4 + 3, answer_tokens=9)


def test_nothing_is_asked_before_the_first_piece_is_taken() -> None:
    model = scripted("Yes.")
    pieces = model.stream(ASKED)
    assert model.llm.asked == []
    assert next(pieces) == "Yes."


def test_a_stop_while_waiting_for_the_first_word_ends_the_answer_without_an_error() -> None:
    model, stop = scripted(f"{PAUSE}never"), threading.Event()
    threading.Thread(target=_set_after, args=(model.llm.waiting, stop)).start()
    assert list(model.stream(ASKED, stop=stop)) == []


def _set_after(first: threading.Event, then: threading.Event) -> None:
    first.wait()
    then.set()


def test_a_stop_between_words_keeps_those_that_came() -> None:
    model, stop = scripted(f"One two {PAUSE} three"), threading.Event()
    pieces = model.stream(ASKED, stop=stop)
    assert [next(pieces), next(pieces)] == ["One ", "two "]
    stop.set()
    assert list(pieces) == []


def test_a_stop_during_the_pause_before_another_try_ends_it() -> None:
    class SetWhenWaitedFor(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            self.set()
            return super().wait(timeout)

    model, stop = scripted(ConnectionResetError("busy"), retries=5), SetWhenWaitedFor()
    assert list(model.stream(ASKED, stop=stop)) == []
    assert len(model.llm.asked) == 1


@pytest.mark.parametrize("leave", ["close", "forget"])
def test_leaving_the_answer_ends_the_work_of_the_model(leave: str) -> None:
    model, others = scripted(f"One {PAUSE} two three"), set(threading.enumerate())
    pieces = model.stream(ASKED)
    assert next(pieces) == "One "
    if leave == "close":
        pieces.close()
        assert list(pieces) == []
    del pieces
    gc.collect()
    model.llm.go_on.set()
    for thread in set(threading.enumerate()) - others:
        thread.join(10)
    assert "three" not in model.llm.given


def test_what_may_pass_is_tried_again_before_the_first_word() -> None:
    model = scripted(ConnectionResetError("gone"), "Here.", retries=1)
    assert list(model.stream(ASKED)) == ["Here."]
    assert len(model.llm.asked) == 2


def test_what_will_not_pass_is_not_tried_again() -> None:
    model = scripted(ValueError("no such thing\nand more"), "Here.", retries=3)
    with pytest.raises(LlmError, match=r"^scripted:model failed: ValueError: no such thing\.") as caught:
        list(model.stream(ASKED))
    assert "\n" not in str(caught.value)
    assert len(model.llm.asked) == 1


def test_a_stream_that_breaks_after_words_is_not_asked_again_and_says_so() -> None:
    model = scripted(f"One two {BREAK}", "Again.", retries=3)
    pieces = model.stream(ASKED)
    assert [next(pieces), next(pieces)] == ["One ", "two "]
    with pytest.raises(LlmError, match="The answer broke off: scripted:model ended the connection"):
        next(pieces)
    assert len(model.llm.asked) == 1


def test_an_answer_without_a_word_is_an_error() -> None:
    with pytest.raises(LlmError, match="answered without a word"):
        list(scripted("").stream(ASKED))


def test_what_a_model_thinks_aloud_is_left_out() -> None:
    thought = "<think>They ask who. Ada? Yes.</think>\n\nAda <think>or Eve?</think>stays."
    assert "".join(scripted(thought).stream(ASKED)) == "Ada stays."


def test_an_answer_of_nothing_but_thoughts_is_one_without_a_word() -> None:
    for thought in ("<think>Who?</think>", "<think>Who?</think> \n<think>Ada", " <think>"):
        with pytest.raises(LlmError, match="answered without a word"):
            list(scripted(thought).stream(ASKED))


THOUGHTS = {
    "<think>Hm. Say 5 [1].</think>It is **bold** [1].": "It is **bold** [1].",
    "It is 33%. <think>Or 5?</think>It was 20%.": "It is 33%. It was 20%.",
    " \n<think>Hm.</think>\n\nYes. <think>No.</think> No.": "Yes.  No.",
    "\n <think>a</think> <think>b <think> c</think>\nYes": "Yes",
    "Ada <think> does not stay.": "Ada ",
    "<think>They": "",
    "  Yes": "Yes",
    "a < b, a <thin line, and </think> too": "a < b, a <thin line, and </think> too",
    "It ends in <thi": "It ends in <thi",
    "": "",
}


@pytest.mark.parametrize("text", THOUGHTS)
@pytest.mark.parametrize("step", [1, 3, 1000])
def test_thoughts_are_left_out_wherever_they_stand_and_however_they_come_in_pieces(text: str, step: int) -> None:
    pieces = (text[start : start + step] for start in range(0, len(text), step))
    assert "".join(without_thoughts(pieces)) == THOUGHTS[text]


def test_words_are_not_held_back_once_it_is_known_that_they_are_no_thought() -> None:
    pieces = iter(["One <", "b> two ", "<think>They", "</think>\nYes", " <thi", "n"])
    assert list(without_thoughts(pieces)) == ["One ", "<b> two ", "\nYes", " ", "<thin"]


def test_a_model_that_never_stops_is_cut() -> None:
    pieces = scripted("word " * 5000).stream(ASKED, most_tokens=20)
    assert len("".join(pieces)) < 200
    assert pieces.finish == "length"


def test_answers_at_the_same_time_do_not_mix() -> None:
    model, texts = scripted("One two three four."), {}

    def ask(number: int) -> None:
        texts[number] = "".join(model.stream(ASKED))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(texts.values()) == {"One two three four."}
