"""A model writes; what is shown has citations that code chose, and nothing unsupported without a mark."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest

from rag_bot import Answer, Library, LlmError, ModelError, Turn, UsageError
from rag_bot.check import CheckedLines, Checker, CitedLine, SentenceSupport
from rag_bot.query.prose.prompt import NO_ANSWER, WHOLE_PASSAGES_FROM
from rag_bot.records import ANSWERED, CLOSEST, REWORDED
from tests.llm.scripted import BREAK, PAUSE, ScriptedModel, scripted

FERRY = "When does the ferry to Lindholm leave?"
Say = Callable[..., Answer]


def script_of(model: Any) -> ScriptedModel:
    found = model._llm
    assert isinstance(found, ScriptedModel)
    return found


def supports(answer: Answer) -> list[str]:
    return [sentence.support for sentence in answer.sentences]


def test_each_sentence_gets_the_lines_that_say_it(walk: Library, say: Say) -> None:
    answer = say(FERRY, "The ferry to Lindholm leaves at 7:40. [1] A return ticket costs 14 euros [1].")
    assert (answer.mode, answer.abstained, answer.draft, answer.notice) == ("prose", False, "", "")
    assert supports(answer) == ["supported", "supported"]
    quotes = [citation.quote for citation in answer.citations]
    assert [sentence.citations for sentence in answer.sentences] == [(1,), (2,)]
    assert quotes[0].text == "The ferry to Lindholm leaves at 7:40 from pier 3."
    assert quotes[1].text == "A return ticket costs 14 euros."
    for quote in quotes:
        note = walk.note(quote.note_path)
        assert note
        assert note.text[quote.start_char : quote.end_char] == quote.text
    assert answer.text == "The ferry to Lindholm leaves at 7:40. [1] A return ticket costs 14 euros. [2]"


def test_a_wrong_or_unknown_number_is_put_right_and_a_missing_one_added(say: Say) -> None:
    for mark in ("[2]", "[99]", "[0]", "", "[7, 12]"):
        answer = say(FERRY, f"The ferry to Lindholm leaves at 7:40 {mark}.")
        assert supports(answer) == ["supported"]
        assert answer.citations[0].quote.text.startswith("The ferry to Lindholm leaves at 7:40")
        assert [citation.number for citation in answer.citations] == [1]


def test_what_the_notes_do_not_say_is_marked_and_cites_nothing(say: Say) -> None:
    answer = say(FERRY, "The ferry to Lindholm leaves at 7:40 [1]. The ferry is named Aurora [1].")
    assert supports(answer) == ["supported", "not"]
    assert answer.sentences[1].citations == ()
    assert answer.sentences[1].reasons
    assert answer.text.endswith("The ferry is named Aurora. (not in these lines)")


@pytest.mark.parametrize("mark", ["", "[1]", "[2]", "[9]"])
def test_what_stands_verbatim_in_any_passage_is_supported_by_that_line(say: Say, mark: str) -> None:
    wanted = "- Mia cooks the soup; Jo swims to the island."
    answer = say("Who swims and who cooks?", f"Mia cooks the soup; Jo swims to the island {mark}.")
    assert supports(answer) == ["supported"]
    assert [citation.quote.text for citation in answer.citations[:1]] == [wanted]


@pytest.mark.parametrize("lead_in", ["Here is what your notes say:", "## Times and prices", "When does it leave?"])
def test_a_heading_and_what_leads_in_have_neither_citation_nor_mark(say: Say, lead_in: str) -> None:
    answer = say(FERRY, f"{lead_in}\n\nThe ferry to Lindholm leaves at 7:40 [1].")
    assert supports(answer) == ["none", "supported"]
    assert [sentence.citations for sentence in answer.sentences] == [(), (1,)]
    assert "(" not in answer.text


def test_a_number_in_a_heading_is_checked(say: Say) -> None:
    answer = say(FERRY, "# The ferry leaves at 9:15\n\nThe ferry to Lindholm leaves at 7:40 [1].")
    assert supports(answer) == ["not", "supported"]


class BrokenChecker(Checker):
    """Fails over some sentence, as over one that nobody thought of."""

    def check(self, sentence: str, *given: Any, **more: Any) -> SentenceSupport:
        if "waffles" in sentence:
            raise IndexError("\x1b[2J")
        return super().check(sentence, *given, **more)


def test_a_check_that_fails_claims_nothing_of_its_sentence_and_ends_no_answer(
    walk: Library, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("rag_bot.query.prose.author.Checker", BrokenChecker)
    text = "The ferry leaves at 7:40 [1]. It has waffles [1]. A return ticket costs 14 euros [1]."
    *_, answer = walk.write(FERRY, llm=scripted(text))
    assert answer.mode == "prose"
    broken = answer.sentences[1]
    assert (broken.support, broken.citations, broken.reasons) == ("reworded", (), ("it could not be checked",))
    assert answer.sentences[2].support == "supported"
    assert "IndexError" in caplog.text
    assert "\x1b" not in caplog.text


def test_where_the_lines_cannot_be_read_the_quotes_answer(walk: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreadable(Checker):
        def read(self, lines: Sequence[CitedLine]) -> CheckedLines:
            raise RecursionError(len(lines))

    monkeypatch.setattr("rag_bot.query.prose.author.Checker", Unreadable)
    *_, answer = walk.write(FERRY, llm=scripted("It leaves at noon [1]."))
    assert (answer.mode, answer.citations) == ("quotes", walk.ask(FERRY).citations)


@pytest.mark.parametrize(
    ("text", "mode"), [("It departs early.", "prose"), ("The passages do not mention this.", "quotes")]
)
def test_reworded_sentences_are_an_answer_with_their_lines_and_a_no_in_other_words_is_none(
    walk: Library, monkeypatch: pytest.MonkeyPatch, text: str, mode: str
) -> None:
    class Rewording(Checker):
        def check(self, *_: Any, **__: Any) -> SentenceSupport:
            return SentenceSupport(REWORDED, (0,), ("in other words",), 0.5)

    monkeypatch.setattr("rag_bot.query.prose.author.Checker", Rewording)
    *_, answer = walk.write(FERRY, llm=scripted(text))
    assert answer.mode == mode
    assert answer.sentences[0].citations == (1,)
    assert ("(in the model's words)" in answer.text) == (mode == "prose")


def test_a_word_of_sixty_letters_ends_no_answer(say: Say) -> None:
    answer = say(FERRY, f"The ferry to Lindholm leaves at 7:40 [1]. It is a {'Donau' * 12}schiff [1].")
    assert supports(answer)[0] == "supported"
    assert supports(answer)[1] in ("reworded", "not")


def test_where_nothing_is_supported_the_quotes_answer_and_say_why(walk: Library, say: Say) -> None:
    answer = say(FERRY, "The ferry leaves at 9:15 from pier 8. It costs 99 euros.")
    quoted = walk.ask(FERRY)
    assert (answer.mode, answer.model) == ("quotes", "scripted:model")
    assert (answer.text, answer.citations) == (quoted.text, quoted.citations)
    assert "wrote nothing that your notes say" in answer.notice


@pytest.mark.parametrize("verdict", [ANSWERED, CLOSEST])
def test_a_models_no_never_hides_the_lines_that_were_found(walk: Library, say: Say, verdict: str) -> None:
    question = FERRY if verdict == ANSWERED else "When did the ferry to Lindholm leave in 1999?"
    found = walk.ask(question)
    assert found.verdict == verdict
    for no in (NO_ANSWER, "Not in the notes.", "The passages do not mention this.", "I cannot find the answer."):
        answer = say(question, no)
        assert (answer.verdict, answer.mode, answer.model) == (verdict, "quotes", "scripted:model")
        assert (answer.text, answer.citations, answer.excerpts) == (found.text, found.citations, found.excerpts)
        assert answer.notice.startswith("scripted:model found no answer in these lines.")


@pytest.mark.parametrize(
    "scraps", ["pier 3", "7:40 [1]", "At 7:40.", "The ferry", "The ferry to Lindholm leaves at [1]", "14 euros"]
)
def test_scraps_never_hide_the_lines_that_were_found(walk: Library, say: Say, scraps: str) -> None:
    answer = say(FERRY, scraps)
    assert (answer.mode, answer.citations) == ("quotes", walk.ask(FERRY).citations)
    words = scraps.removesuffix(" [1]").removesuffix(".")
    assert answer.notice.startswith(f"scripted:model wrote only “{words}”.")


@pytest.mark.parametrize("nothing", ["[1]", FERRY, "...", "the"])
def test_what_is_no_sentence_never_hides_them_either(walk: Library, say: Say, nothing: str) -> None:
    answer = say(FERRY, nothing)
    assert (answer.mode, answer.citations) == ("quotes", walk.ask(FERRY).citations)
    assert answer.notice.startswith("scripted:model wrote nothing")


def test_sentences_have_the_verdict_and_the_excerpts_of_what_they_stand_on(walk: Library, say: Say) -> None:
    answer = say(FERRY, "The ferry to Lindholm leaves at 7:40 [1].")
    assert (answer.mode, answer.verdict) == ("prose", walk.ask(FERRY).verdict)
    [excerpt] = answer.excerpts
    assert excerpt.citations == (1,)
    assert excerpt.text == "The ferry to Lindholm leaves at 7:40 from pier 3. A return ticket costs 14 euros."


def test_the_line_that_answers_is_shown_also_where_the_sentences_stand_on_others(walk: Library, say: Say) -> None:
    best = walk.ask(FERRY).citations[0].quote
    answer = say(FERRY, "A return ticket costs 14 euros [1].")
    assert [sentence.citations for sentence in answer.sentences] == [(1,)]
    assert [citation.quote.text for citation in answer.citations] == ["A return ticket costs 14 euros.", best.text]
    assert [excerpt.citations for excerpt in answer.excerpts] == [(1, 2)]


def test_a_no_beside_supported_sentences_ends_nothing(say: Say) -> None:
    answer = say(FERRY, "The ferry to Lindholm leaves at 7:40 [1]. The notes do not say when it comes back.")
    assert not answer.abstained
    assert len(answer.sentences) == 2


def test_about_what_the_notes_do_not_speak_of_no_model_is_asked(say: Say) -> None:
    model = scripted("The capital of France is Paris.")
    answer = say("What is the capital of France?", llm=model)
    assert answer.abstained
    assert script_of(model).asked == []


def test_a_model_that_fails_leaves_the_quotes_and_one_line(say: Say) -> None:
    answer = say(FERRY, ConnectionRefusedError("nobody there"))
    assert answer.mode == "quotes"
    assert answer.citations
    assert "\n" not in answer.notice
    assert "own lines instead" in answer.notice


def test_a_broken_stream_leaves_what_came_and_says_so(say: Say) -> None:
    answer = say(FERRY, f"The ferry to Lindholm leaves at 7:40 [1]. A return ticket {BREAK}")
    assert answer.mode == "prose"
    assert answer.sentences[0].support == "supported"
    assert answer.sentences[-1].text == "A return ticket …"
    assert answer.sentences[-1].support == "reworded"
    assert answer.sentences[-1].citations == ()
    assert "broke off" in answer.notice


def test_the_first_marks_come_while_the_model_still_writes(walk: Library) -> None:
    model = scripted(f"The ferry to Lindholm leaves at 7:40 [1]. And now {PAUSE}more.")
    growing = walk.write(FERRY, llm=model)
    marked = next(answer for answer in growing if answer.sentences)  # the model waits: nobody lets it go on
    assert (marked.sentences[0].support, marked.sentences[0].citations) == ("supported", (1,))
    script_of(model).go_on.set()
    assert len(list(growing)) > 0


def test_stopping_leaves_what_came_at_once(walk: Library) -> None:
    model = scripted(f"The ferry to Lindholm leaves at 7:40 [1]. And now {PAUSE}more.")
    stop = threading.Event()
    for answer in walk.write(FERRY, llm=model, stop=stop):
        if answer.sentences:
            stop.set()
    script_of(model).go_on.set()
    assert answer.notice == "Stopped."
    assert answer.sentences[0].text == "The ferry to Lindholm leaves at 7:40."


def test_the_answer_grows_and_only_checked_sentences_are_sentences(walk: Library) -> None:
    grown = list(walk.write(FERRY, llm=scripted("The ferry to Lindholm leaves at 7:40 [1]. It is named Aurora.")))
    assert (grown[0].sentences, grown[0].draft) == ((), "")
    assert grown[1].draft == "The"
    assert all(
        sentence.support in ("supported", "reworded", "not") for answer in grown for sentence in answer.sentences
    )
    counts = [len(answer.sentences) for answer in grown]
    assert counts == sorted(counts)
    assert grown[-1].draft == ""


def test_a_model_that_goes_in_circles_is_ended_and_said_once(say: Say) -> None:
    model = scripted("A return ticket costs 14 euros [1]. " * 6 + PAUSE)
    answer = say(FERRY, llm=model)
    script_of(model).go_on.set()
    assert len(answer.sentences) == 1


def test_numbers_without_items_are_ended_and_no_answer(say: Say) -> None:
    endless = scripted("1.\n2.\n3.\n4.\n5. " + PAUSE)
    for model in (endless, scripted("1. [1] 2. [1] 3. 4. [1] 5. ")):
        answer = say(FERRY, llm=model)
        assert (answer.mode, len(answer.citations) > 0) == ("quotes", True)
        assert answer.notice.startswith("scripted:model wrote nothing that your notes say.")
    script_of(endless).go_on.set()


def test_what_would_lead_to_more_at_the_end_is_left_out(say: Say) -> None:
    answer = say(FERRY, "The ferry to Lindholm leaves at 7:40 [1]. The answer is:")
    assert answer.text == "The ferry to Lindholm leaves at 7:40. [1]"


def test_a_checking_model_that_is_not_there_is_said_before_anything_is_written(walk: Library) -> None:
    generation = walk.settings.generation.model_copy(update={"check_model": "/no/such/model"})
    with (
        Library(walk.settings.model_copy(update={"generation": generation})) as library,
        pytest.raises(ModelError, match="/no/such/model"),
    ):
        next(library.write(FERRY, llm=scripted("The ferry leaves.")))


def test_the_prompt_has_the_passages_the_rules_and_the_conversation(say: Say) -> None:
    model = scripted("The ferry to Lindholm leaves at 7:40 [1].")
    say(FERRY, llm=model, turns=(Turn("Who went along?", "Nora did not swim."),), today=date(2026, 11, 28))
    [messages] = script_of(model).asked
    assert [message.role for message in messages] == ["system", "user", "assistant", "user"]
    assert NO_ANSWER in messages[0].text
    assert messages[0].text.endswith("Today is 2026-11-28.")
    assert messages[1].text == "Who went along?"
    assert "<passage 1>" in messages[-1].text
    assert "leaves at 7:40 from pier 3" in messages[-1].text
    assert messages[-1].text.endswith(f"Question: {FERRY}")


@pytest.mark.parametrize("context_tokens", [4096, WHOLE_PASSAGES_FROM])
def test_passages_are_cut_after_a_sentence_to_fit_the_model(walk: Library, context_tokens: int) -> None:
    generation = walk.settings.generation.model_copy(update={"passage_tokens": 40})
    model = scripted("The ferry to Lindholm leaves at 7:40 [1].", context_tokens=context_tokens)
    with Library(walk.settings.model_copy(update={"generation": generation})) as library:
        list(library.write(FERRY, llm=model))
    text = script_of(model).asked[0][-1].text
    assert "leaves at 7:40 from pier 3." in text
    assert "waffles" not in text
    assert text.partition("</passage>")[0].rstrip().endswith(".")


def test_a_model_that_reads_too_little_is_named(say: Say) -> None:
    answer = say(FERRY, llm=scripted("x", context_tokens=600))
    assert answer.mode == "quotes"
    assert "too few" in answer.notice


def test_an_empty_question_is_refused_before_any_model_is_asked(walk: Library) -> None:
    model = scripted("x")
    with pytest.raises(UsageError):
        list(walk.write("  ", llm=model))
    assert script_of(model).asked == []


def test_asking_with_a_model_gives_the_whole_answer(walk: Library) -> None:
    answer = walk.ask(FERRY, llm=scripted("The ferry to Lindholm leaves at 7:40 [1]."))
    assert answer.mode == "prose"
    with pytest.raises((LlmError, UsageError)):
        list(walk.write(FERRY))


def test_a_follow_up_is_rewritten_by_the_model_where_its_version_can_be_trusted(say: Say) -> None:
    turns = (Turn("When does the ferry to Lindholm leave?", "The ferry to Lindholm leaves at 7:40 from pier 3."),)
    asked = "And what does it cost?"
    good = say(asked, "What does the ferry to Lindholm cost?", "A return ticket costs 14 euros [1].", turns=turns)
    assert good.reworded == "What does the ferry to Lindholm cost?"
    assert good.question == asked
    for bad in ("What does Aurora of Bremen cost?", "Sure!\nHere it is", "", "When does it leave?"):
        answer = say(asked, bad, "A return ticket costs 14 euros [1].", turns=turns)
        assert "ferry" in answer.reworded
        assert "(" in answer.reworded


def test_statements_of_one_line_are_not_mixed(say: Say) -> None:
    swapped = say("Who swims and who cooks?", "Jo cooks the soup [1]. Mia cooks the soup [1].")
    assert supports(swapped)[0] != "supported"
    assert supports(swapped)[1] == "supported"
    assert swapped.citations[0].quote.text == "- Mia cooks the soup; Jo swims to the island."


def test_a_model_hears_of_a_follow_up_only_where_the_notes_may_answer(say: Say) -> None:
    turns = (Turn(FERRY, "The ferry to Lindholm leaves at 7:40 from pier 3."),)
    model = scripted("What does Nora eat for breakfast on Mars?")
    answer = say("And what does the president of France think of quantum gravity?", llm=model, turns=turns)
    assert answer.abstained
    assert script_of(model).asked == []


def test_hidden_comments_are_neither_sent_nor_evidence(say: Say) -> None:
    model = scripted("The ferry costs 9,999 euros [1].")
    answer = say(FERRY, llm=model)
    assert "9,999" not in script_of(model).asked[0][-1].text
    assert answer.mode == "quotes"


def test_the_conversation_that_a_model_gets_has_no_marks_and_nothing_unsupported(say: Say) -> None:
    before = say(FERRY, "The ferry to Lindholm leaves at 7:40 [1]. The ferry is named Aurora [1].")
    assert before.remembered == "The ferry to Lindholm leaves at 7:40."
