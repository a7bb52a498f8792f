"""Each item of a sentence is found in the lines, which are the fewest that have most of it."""

from __future__ import annotations

from collections.abc import Sequence

from rag_bot.check.alignment import ABOVE, Alignment, ReadLine, align
from rag_bot.check.statement import read_statement


def aligned(sentence: str, lines: Sequence[str | tuple[str, str]]) -> Alignment:
    """`lines` are texts, or pairs of what stands above and the text."""
    english = ("english",)
    pairs = [("", line) if isinstance(line, str) else line for line in lines]
    read = [ReadLine(read_statement(text, english), read_statement(above, english)) for above, text in pairs]
    return align(read_statement(sentence, english), read)


def missing(sentence: str, *lines: str) -> list[str]:
    alignment = aligned(sentence, lines)
    return [alignment.sentence.items[item].text for item in alignment.missing()]


def test_items_that_no_line_has_are_missing() -> None:
    line = "Anna paid 300 euros for the door on 14 May."
    assert missing("Anna paid 300 euros.", line) == []
    assert missing("Ben paid 350 euros for the window on May 15.", line) == ["Ben", "350 euros", "window", "May 15"]


def test_a_sentence_stands_on_the_fewest_lines() -> None:
    lines = ["The cat sleeps.", "Anna paid the door.", "Ben painted the fence.", "Anna paid."]
    assert aligned("Anna paid the door.", lines).lines == (1,)
    assert set(aligned("Anna paid the door and Ben painted the fence.", lines).lines) == {1, 2}
    assert len(aligned("cat door fence Anna Ben sleeps paid painted", lines).lines) <= 4


def test_a_line_that_has_a_word_itself_wins_over_one_that_has_it_above() -> None:
    lines = [("Garden > Roses", "They need water."), ("", "Roses need water.")]
    assert aligned("Roses need water.", lines).lines == (1,)
    only_above = aligned("Roses need water.", lines[:1])
    assert only_above.missing() == []
    assert only_above.places[0] == ((ABOVE,),)


def test_the_share_counts_words_and_no_amounts() -> None:
    assert aligned("Anna paid 300.", ["Anna paid 400."]).share() == 1
    assert aligned("Anna paid the door.", ["Anna"]).share() == 1 / 3
    assert aligned("300", ["nothing"]).share() == 1


def test_neighbours_in_different_lines_are_parted() -> None:
    lines = ["Berlin has rain.", "Madrid has snow."]
    assert aligned("Berlin rain, Madrid snow.", lines).parted() == 1  # rain and Madrid, where the sentence goes on
    assert aligned("Berlin snow, Madrid rain.", lines).parted() == 2
    assert aligned("Berlin has rain.", lines).parted() == 0


def test_neighbours_in_the_other_order_are_turned() -> None:
    line = "Maria lent Tom the drill."
    assert aligned("Maria lent Tom the drill.", [line]).turned() == 0
    assert aligned("Tom lent Maria the drill.", [line]).turned() > 0


def test_a_denial_is_that_of_the_clause() -> None:
    line = "The pool is open. The sauna is not open."
    assert not aligned("The sauna is not open.", [line]).other_negation()
    assert aligned("The pool is not open.", ["The pool is open."]).other_negation()
    assert aligned("The sauna is open.", ["The pool is closed. The sauna is not warm."]).other_negation()
    assert not aligned("The pool closed.", ["The pool closed. The sauna is not warm."]).other_negation()


def test_what_limits_one_side_alone_is_no_agreement() -> None:
    assert not aligned("All guests came.", ["The guests came."]).agrees()
    assert not aligned("The guests came.", ["Most guests came."]).agrees()
    assert aligned("Most guests came.", ["Most guests came."]).agrees()
    assert not aligned("The guests came at 7 pm.", ["The guests came at 8 pm."]).agrees()


def test_no_lines_and_no_items_are_possible() -> None:
    assert aligned("Anna paid.", []).lines == ()
    assert aligned("Anna paid.", []).missing() == [0, 1]
    assert aligned("", ["Anna paid."]).missing() == []
