"""Numbers, amounts and units are the same in digits and words, with any separators, and in other units."""

from __future__ import annotations

from itertools import product

import pytest

from rag_bot.check.numbers import Number, _unit_names, _units_of, find_numbers, with_digits
from rag_bot.check.statement import read_statement

ALL = ("english", "dutch", "french", "german", "italian", "spanish")


def says(line: str, sentence: str) -> bool:
    """Whether the line has all amounts of the sentence."""
    wanted = [item for item in read_statement(sentence, ALL).items if item.value is not None]
    assert wanted
    line_items = read_statement(line, ALL).items
    return all(any(item.says(other) for other in line_items) for item in wanted)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It has 1,000 users.", "It has 1000 users."),
        ("It has a thousand users.", "It has 1,000 users."),
        ("It took twenty-five days.", "It took 25 days."),
        ("It took 1.5 s.", "It took 1500 ms."),
        ("1.5 km", "1,500 m"),
        ("1,5 km", "1500 m"),
        ("2 h", "120 min"),
        ("two hours", "120 minutes"),
        ("It ran for 2 weeks.", "It ran for 14 days."),
        ("a 2.5 kg bag", "2500 g"),
        ("32 °F", "0 °C"),
        ("It costs 20 euros.", "It costs €20."),
        ("It costs $3 million.", "It costs 3,000,000 dollars."),
        ("€1.2bn", "1.2 billion euros"),
        ("3 Mio. Euro", "€3,000,000"),
        ("20 m²", "20 sqm"),
        ("1 h 30 min", "90 minutes"),
        ("2 Std. 15 Min.", "2 hours and 15 minutes"),
        ("1 km²", "1,000,000 m²"),
        ("36 km/h", "10 m/s"),
        ("12%", "12 per cent"),
        ("12 pour cent", "12 %"),
        ("el 12 por ciento", "12 percent"),
        ("Between 10 and 20 ms.", "10-20 ms"),
        ("1 000 km en une journée et la nuit", "1,000 km"),
        ("1’000 Franken", "CHF 1,000"),
        ("５個", "5個"),
        ("3時間かかる", "約3時間"),
    ],
)
def test_the_same_amount_written_in_another_way_is_the_same(one: str, other: str) -> None:
    assert says(one, other)
    assert says(other, one)


@pytest.mark.parametrize(
    "written",
    [
        "It lasts twenty-two days.", "Das dauert zweiundzwanzig Tage.", "Cela dure vingt-deux jours.",
        "Eso dura veintidós días.", "Questo dura ventidue giorni.", "Dit duurt tweeëntwintig dagen.",
    ],
)  # fmt: skip
def test_number_words_of_six_languages_are_digits(written: str) -> None:
    assert says("22 days", written)
    assert says(written, "22 days")
    assert not says(written, "23 days")


MONEY = ("1240 EUR", "EUR 1,240", "€1.240,00", "€1,240", "€ 1,240.00", "1.240 EUR", "1240 euros", "1 240 €")


@pytest.mark.parametrize(("line", "sentence"), list(product(MONEY, MONEY)))
def test_an_amount_of_money_is_read_the_same_however_it_is_written(line: str, sentence: str) -> None:
    line, sentence = f"La chaudière neuve a coûté {line} et la pose.", f"Pour la chaudière on a payé {sentence}."
    assert says(line, sentence)
    assert not says(line, "On a payé €1,250.")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("33% of the tasks", "45% of the tasks"),
        ("It took 20 s.", "It took 20 ms."),
        ("It has 4 TB.", "It has 4 GB."),
        ("It is 5 miles long.", "It is 5 km long."),
        ("It costs €20.", "It costs $20."),
        ("It has 1,000 users.", "It has 1,001 users."),
        ("25 litres", "2.5 litres"),
        ("5 °C in winter", "-5 °C in winter"),
        ("0.5 mg", "0.7 mg"),
        ("2 hours", "2 days"),
        ("€20 million", "€20"),
        ("ran 400m", "ran 400 million"),
        ("5 litros de agua", "6 litros de agua"),
        ("zwanzig Euro", "dreißig Euro"),
    ],
)
def test_another_number_or_another_unit_is_not_the_same(line: str, sentence: str) -> None:
    assert not says(line, sentence)


def test_a_year_says_its_decade_and_no_decade_a_year() -> None:
    assert says("Opened on 1 March 1958.", "Opened in the 1950s.")
    assert says("the 1950s", "the 1950's")
    assert not says("Opened in the 1950s.", "Opened in 1958.")
    assert not says("Opened in 1961.", "Opened in the 1950s.")


def test_a_bare_number_agrees_with_one_that_has_a_unit() -> None:
    assert says("Width (cm): 40", "It is 40 cm wide.")
    assert says("It is 40 cm wide.", "The width is 40.")


@pytest.mark.parametrize(
    ("word", "text"), [("once", "We meet once a month."), ("miles", "They ran 5 miles to the sea.")]
)
def test_words_of_one_language_are_no_numbers_of_another(word: str, text: str) -> None:
    assert word in with_digits(text, ["english"])
    amounts = [item.value for item in read_statement(text, ALL).items if isinstance(item.value, Number)]
    assert all(max(amount.values) < 11 for amount in amounts)


def test_a_number_in_a_code_is_no_amount() -> None:
    for code in ("6e23x", "x86", "B12", "0x1F", "A4", "9" * 30):
        assert list(find_numbers(code)) == []


def test_every_unit_of_the_cldr_can_be_compared() -> None:
    for name in _unit_names():
        (number, other) = (Number((2.0,), _units_of(name)), Number((3.0,), _units_of("hours")))
        assert number.agrees(number)
        assert not number.agrees(other)


def test_one_and_first_are_no_facts() -> None:
    for text in ("No one came.", "At first it rained.", "Two fifths of it."):
        items = read_statement(text, ("english",)).items
        assert not any(item.name for item in items)
        assert all(item.value is None or item.value == Number((2.0,)) for item in items)
