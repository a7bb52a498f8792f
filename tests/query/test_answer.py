"""A question is answered from the notes, or the answer is that they don't say."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_bot import Filters, Library, UsageError
from rag_bot.output import answer_json
from rag_bot.records import verdict_words

Write = Callable[..., Path]


def test_the_share_of_emergent_tasks_is_quoted_from_its_line(corpus_library: Library) -> None:
    answer = corpus_library.ask("What share of the BIG-Bench tasks was emergent?")
    assert "33%" in answer.text
    cited = next(citation.quote for citation in answer.citations if "33%" in citation.quote.text)
    note = corpus_library.note(cited.note_path)
    assert note
    lines = note.file.read_text().splitlines()[cited.start_line - 1 : cited.end_line]
    assert any("33%" in line for line in lines)
    assert not answer.abstained
    assert answer.mode == "quotes"
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))


@pytest.mark.parametrize(
    "question", ["What is the capital of France?", "How do I bake sourdough bread?", "法国的首都是哪里？"]
)
def test_off_topic_questions_are_not_in_your_notes(corpus_library: Library, question: str) -> None:
    answer = corpus_library.ask(question)
    assert answer.abstained
    assert answer.text == verdict_words(answer)
    assert ("not in your notes" if question.isascii() else "You ask in Chinese") in answer.text
    assert answer.citations == ()
    assert answer.confidence < 0.35


def test_an_abstaining_answer_names_the_nearest_notes(corpus_library: Library) -> None:
    assert len(corpus_library.ask("What is the capital of France?").nearest) == 3


def test_a_note_changed_since_is_said_to_be_changed(library: Library, notes: Path, write: Write) -> None:
    path = write("a.md", "The parcel is at the post office.")
    library.ingest([notes])
    assert not library.ask("Where is the parcel?").citations[0].stale
    path.write_text("The parcel has come.")
    stale = library.ask("Where is the parcel?").citations[0]
    assert stale.stale
    assert stale.quote.text == "The parcel is at the post office."
    path.unlink()
    assert library.ask("Where is the parcel?").citations[0].stale


def test_a_touched_note_is_not_stale(library: Library, notes: Path, write: Write) -> None:
    path = write("a.md", "The parcel is at the post office.")
    library.ingest([notes])
    path.write_text("The parcel is at the post office.")
    assert not library.ask("Where is the parcel?").citations[0].stale


@pytest.mark.parametrize("question", ["", "   ", "?!", "\n\t"])
def test_a_question_without_a_word_is_refused(corpus_library: Library, question: str) -> None:
    with pytest.raises(UsageError, match="has no word"):
        corpus_library.ask(question)


def test_a_question_of_one_character_is_answered_or_not_but_harmless(corpus_library: Library) -> None:
    assert corpus_library.ask("x").abstained


def test_a_question_of_20_000_characters_is_refused_in_one_line(corpus_library: Library) -> None:
    with pytest.raises(UsageError, match="20,000 characters; at most 2,000") as caught:
        corpus_library.ask("why " * 4999 + "why?")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("keywords", ["math word problems", "Nobel physicist", "fragments examples"])
def test_keywords_that_all_stand_in_one_line_find_it(corpus_library: Library, keywords: str) -> None:
    answer = corpus_library.ask(keywords)
    shown = [excerpt.text.lower() for excerpt in answer.excerpts]  # what is cited may stand right below that line
    assert any(all(word.lower() in line for word in keywords.split()) for text in shown for line in text.splitlines())


@pytest.mark.parametrize("words", ["sourdough examples", "is it a spreadsheet?", "physicist spreadsheet"])
def test_keywords_of_which_one_is_missing_and_questions_find_nothing_by_chance(
    corpus_library: Library, words: str
) -> None:
    assert corpus_library.ask(words).abstained


def test_a_language_that_the_model_cannot_read_is_judged_by_its_words(
    library: Library, notes: Path, write: Callable[..., Path]
) -> None:
    write("a.md", "# 北京\n\n- 故宫星期一闭馆。\n- 首都机场有地铁。\n")
    write("b.md", "# 机器学习\n\n- 学习率太大会导致训练不稳定。\n- 模型需要很多训练数据。\n")
    library.ingest([notes])
    answer = library.ask("故宫星期几闭馆？")
    assert "星期一" in answer.text
    assert "训练" not in answer.text
    assert library.ask("今天天气怎么样？").abstained
    assert library.ask("法国人喜欢吃面包吗？").abstained


def test_several_threads_ask_at_once(corpus_library: Library) -> None:
    from concurrent.futures import ThreadPoolExecutor

    questions = ["What share of the BIG-Bench tasks was emergent?", "What is the capital of France?"] * 4
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(corpus_library.ask, questions))
    assert [answer.abstained for answer in answers] == [False, True] * 4


def test_a_question_in_a_language_that_the_notes_lack_is_told_which_model_helps(library: Library, write: Write) -> None:
    note = write("a.md", "# Market\n\nA stall on the Saturday market costs 15 euros. It is open until noon.")
    library.ingest([note.parent])
    for question, language in (
        ("Was kostet ein Standplatz auf dem Samstagsmarkt?", "German"),
        ("土曜日の市場はいくらですか。", "Japanese"),
    ):
        answer = library.ask(question)
        assert answer.verdict != "answered"
        assert answer_json(answer)["unread_language"] == language
        assert f"You ask in {language}" in verdict_words(answer)
        assert 'model = "intfloat/multilingual-e5-small"' in verdict_words(answer)
        assert "don't mention" not in verdict_words(answer)
    assert library.ask("What does a Saturday stall cost?").unread_language == ""
    assert library.ask("What is the capital of Peru?").unread_language == ""
    write("b.md", "# Garten\n\nDie Bohnen sind noch nicht reif, und der Zaun ist kaputt.")
    write("c.md", "# 日記\n\n今日は図書館へ行きました。雨が降っていました。")
    library.ingest([note.parent])
    assert library.ask("Wer hat die Weltmeisterschaft gewonnen?").unread_language == ""
    assert library.ask("世界選手権は誰が勝ちましたか。").unread_language == ""
    assert library.ask("Qui a gagné la coupe du monde ?").unread_language == "French"


def test_composed_and_decomposed_letters_are_the_same(library: Library, write: Write) -> None:
    text = "Zoë closes on Mondays. Björn works there on Fridays. 부산에서 영희를 만났습니다."
    composed, decomposed = write("a/Café.md", text), write("b/note.md", unicodedata.normalize("NFD", text))
    for folder in (composed.parent, decomposed.parent):
        library.ingest([folder])
        for question in ("When does Björn work there?", "부산에서는 누구를 만났어요?"):
            asked = [library.ask(unicodedata.normalize(form, question)) for form in ("NFC", "NFD")]
            assert [answer.unmentioned + answer.missing for answer in asked] == [(), ()]
            assert asked[0].text == asked[1].text
            assert asked[0].citations
        library.forget(folder)


@pytest.mark.parametrize(
    "question",
    [
        "How many kiwis are there?",
        "How often do I water the kiwis?",
        "How much does the shop charge for kiwis?",
        "Which folder has notes with links that say kiwis?",
        "Wie groß werden kiwis?",
    ],
)
def test_words_that_ask_or_speak_of_notes_are_not_named_as_unmentioned(
    library: Library, write: Write, question: str
) -> None:
    library.ingest([write("a.md", "The water of the shop is free of charge. Wir werden sehen.").parent])
    assert library.ask(question).unmentioned == ("kiwis",)


def test_words_of_grammar_are_not_named_as_unmentioned(library: Library, write: Write) -> None:
    note = write("a.md", "Der Code vom Schloss ist 4417, und das Fahrrad steht im Keller.")
    library.ingest([note.parent])
    assert library.ask("Wie heißt eigentlich der Vermieter von Lissabon?").unmentioned == (
        "eigentlich",
        "Vermieter",
        "Lissabon",
    )


def test_what_a_filter_leaves_out_is_not_said_to_be_in_no_note(library: Library, write: Write) -> None:
    note = write("a/a.md", "# Rent\n\nThe rent is due on the third.")
    write("b/b.md", "# Bread\n\nRye bread needs an hour.")
    library.ingest([note.parent.parent])
    answer = library.ask("Who founded the kingdom of Poland?", filters=Filters("b"))
    assert answer.text.startswith("This is not in these notes.")
    assert library.ask("Who founded the kingdom of Poland?").text.startswith("This is not in your notes.")


def test_notes_without_a_word_can_be_searched(library: Library, write: Write) -> None:
    note = write("a.md", "")
    library.ingest([note.parent])
    assert library.ask("When is the rent due?").abstained
    assert library.search("rent") == []
