"""Numbers, dates, names and negations are read off a text without a model."""

from __future__ import annotations

import pytest
from rag_bot.check.evidence import ReadLine
from rag_bot.check.reading import dates, numbers
from rag_bot.check.reading.names import stands_in
from rag_bot.check.reading.statement import Statement, read_statement
from rag_bot.check.rules.conflicts import contradiction
from rag_bot.check.supply import supplies_date, supplies_number

ALL = ("english", "french", "german", "spanish")


def read(text: str) -> Statement:
    return read_statement(text, ALL)


def says_numbers(said: str, written: str) -> bool:
    line = ReadLine(read(written), read(""))
    wanted = [number for number in read(said).numbers if not number.weak]
    assert wanted
    return all(supplies_number(line, number) for number in wanted)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("It has 1,000 users.", "It has 1000 users."),
        ("It has a thousand users.", "It has 1,000 users."),
        ("It took twenty-five days.", "It took 25 days."),
        ("It took 1.5 s.", "It took 1500 ms."),
        ("It costs 20 euros.", "It costs €20."),
        ("It costs $3 million.", "It costs 3,000,000 dollars."),
        ("Half of the tasks failed.", "50% of the tasks failed."),
        ("About 30 people came.", "31 people came."),
        ("It ran for 2 weeks.", "It ran for 14 days."),
        ("Between 10 and 20 ms.", "10-20 ms"),
        ("Es kostet 1.150,50 Euro und das ist nicht wenig.", "The price: €1,150.50."),
        ("Il faut 2,5 litres d'eau pour les plantes.", "2.5 l of water"),
        ("6e23 operations", "6 × 10^23 operations"),
        ("3 out of 5 failed.", "3 of 5 failed."),
        ("tens of billions of parameters", "Tens of billions."),
    ],
)
def test_the_same_number_written_in_another_way_is_the_same(said: str, written: str) -> None:
    assert says_numbers(said, written)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("45% of the tasks", "33% of the tasks"),
        ("It took 20 ms.", "It took 20 s."),
        ("It has 4 GB.", "It has 4 TB."),
        ("It is 5 km long.", "It is 5 miles long."),
        ("It rose by 3%.", "It rose by 3 percentage points."),
        ("It costs $20.", "It costs €20."),
        ("33 tasks", "33% of the tasks"),
        ("€900 a week", "€900 a month"),
        ("It has 1,001 users.", "It has 1,000 users."),
        ("2.5 litres", "25 litres"),
        ("two moles", "PaLM 2 comes to 1 mole."),
        ("hundreds of billions of parameters", "tens of billions of parameters"),
        ("-5 °C in winter", "5 °C in winter"),
    ],
)
def test_another_number_or_another_unit_is_not_the_same(said: str, written: str) -> None:
    assert not says_numbers(said, written)


def says_dates(said: str, written: str) -> bool:
    line = ReadLine(read(written), read(""))
    assert read(said).dates
    return all(supplies_date(line, date) for date in read(said).dates)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("on 3 October 2024", "2024-10-03"),
        ("on October 3rd", "2024-10-03"),
        ("in Oct 2024", "3 October 2024"),
        ("am 3. Oktober 2024", "2024-10-03"),
        ("el 3 de octubre de 2024", "3/10/2024"),
        ("on Thursday", "2024-10-03"),
        ("at 2 pm", "at 14:00"),
        ("at noon", "at 12:00"),
        ("at 9:15 in the morning", "9:15"),
    ],
)
def test_the_same_day_or_time_written_in_another_way_is_the_same(said: str, written: str) -> None:
    assert says_dates(said, written)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("on 3 October 2024", "2024-11-03"),
        ("on 3 October 2024", "on 3 October 2023"),
        ("on Friday", "2024-10-03"),
        ("at 2 pm", "at 2:00 a.m."),
        ("on October 3", "in October"),
    ],
)
def test_another_day_or_time_is_not_the_same(said: str, written: str) -> None:
    assert not says_dates(said, written)


@pytest.mark.parametrize(
    ("said", "written", "stands"),
    [
        ("we asked Anna", "Anna's view", True),
        ("it runs on PaLM 2", "Palm2 (PaLM 2)", True),
        ("these LLMs", "large language models", True),
        ("an LLM", "a large language model", True),
        ("see `read_file()`", "call read_file() first", True),
        ("we asked Johnson", "we asked John", False),
        ("it is in /mnt/vault.", "written to `/mnt/vault`", True),
        ("it is in /mnt/backup.", "written to `/mnt/vault`", False),
    ],
)
def test_a_name_has_to_stand_in_the_line(said: str, written: str, stands: bool) -> None:
    (name,) = read(said).names
    line = read(written)
    assert stands_in(name, line.letters, line.raw) is stands


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("The slides were published.", "The slides have not been published yet."),
        ("Scaling is not hard.", "Scaling is hard."),
        ("The result is predictable.", "The result is unpredictable."),
        ("The loss increases.", "The loss decreases."),
        ("Always add water.", "Never add water."),
        ("Set the minimum size.", "Set the maximum size."),
        ("Book before noon.", "Book after noon."),
        (
            "Die Heizung darf abgestellt werden und das ist gut.",
            "Die Heizung darf nicht abgestellt werden, das ist so.",
        ),
        ("Les tomates sont plantées dans le jardin.", "Les tomates ne sont pas plantées dans le jardin."),
        (
            "El arroz se remueve en la cocina con los platos.",
            "El arroz no se remueve nunca en la cocina con los platos.",
        ),
    ],
)
def test_a_denial_and_an_opposite_contradict(said: str, written: str) -> None:
    assert contradiction(read(said).polarity, ReadLine(read(written), read("")))
    assert contradiction(read(written).polarity, ReadLine(read(said), read("")))


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("The slides have not been released.", "The slides have not been published yet."),
        ("It carries no more than 320 kg.", "It carries at most 320 kg."),
        ("No, he says nothing about it.", "He says nothing about it."),
        ("The result cannot be predicted.", "The result is unpredictable."),
        ("Small models do worse, large ones better.", "Small models do worse."),
    ],
)
def test_the_same_denial_in_other_words_does_not_contradict(said: str, written: str) -> None:
    assert contradiction(read(said).polarity, ReadLine(read(written), read(""))) == ""


def test_a_number_is_not_read_out_of_a_name_or_a_version() -> None:
    assert read("GPT-4 and Python 3.11.2 on x86_64").numbers == ()
    assert [number.text for number in numbers.read_numbers("up 10-20 ms", (), "english")] == ["10", "20 ms"]
    assert dates.read_dates("2024-02-30").found == ()
