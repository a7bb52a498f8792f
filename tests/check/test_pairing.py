"""Values of one line keep their partners, those who do something their part, and claims their reach."""

from __future__ import annotations

import pytest

from rag_bot.check import Checker, CitedLine
from rag_bot.models import EmbeddingModel
from rag_bot.records import SUPPORTED

SALES = "Sales grew from 4 million in 2021 to 6 million in 2022."
FEES = "Anna pays 300 and Ben 450."
SCORES = "Mia, Jon and Eva scored 12, 9 and 15 points respectively."
CHOIR = "In 2019 and 2020 the choir had 40 and 52 singers."
DAM = "The dam holds 30 million litres in spring and 12 million litres in autumn."
EXAMS = "The first exam is on 4 May and the second on 9 June."
BOARD = "Vera chaired the board in 2015, Hugo in 2018."
BUS = "The bus leaves at 7:15 and the train at 8:40."
CITIES = "Berlin: 12 °C; Madrid: 24 °C; Oslo: 3 °C."
HALL = "Hall: 5.2 m long, 3.8 m wide."


@pytest.fixture(scope="module")
def checker(model: EmbeddingModel) -> Checker:
    return Checker(model)


def supports(checker: Checker, line: str, sentence: str, above: str = "") -> bool:
    return checker.check(sentence, checker.read([CitedLine(line, above)])).support == SUPPORTED


@pytest.mark.parametrize(
    ("line", "faithful", "false"),
    [
        (SALES, "Sales were 6 million in 2022.", "Sales were 6 million in 2021."),
        (SALES, "Between 2021 and 2022 sales grew from 4 million to 6 million.", "Sales were 4 million in 2022."),
        (FEES, "Ben pays 450.", "Ben pays 300."),
        ("Anna pays 300 euros and Ben 450.", "Ben pays 450 euros.", "Ben pays 300 euros."),
        (SCORES, "Jon scored 9 points.", "Jon scored 15 points."),
        (CHOIR, "In 2020 the choir had 52 singers.", "In 2019 the choir had 52 singers."),
        (DAM, "In autumn the dam holds 12 million litres.", "In autumn the dam holds 30 million litres."),
        (EXAMS, "The second exam is on 9 June.", "The second exam is on 4 May."),
        (BOARD, "In 2018 Hugo chaired the board.", "Hugo chaired the board in 2015."),
        (BUS, "The train leaves at 8:40.", "The train leaves at 7:15."),
        (CITIES, "Madrid has 24 °C.", "Madrid has 3 °C."),
        (HALL, "The hall is 5.2 m long.", "The hall is 3.8 m long."),
        ("Lena visits on Monday and Theo on Thursday.", "Theo visits on Thursday.", "Theo visits on Monday."),
        ("In May we sold 2,400 tickets and in June 1,950.", "In June we sold 1,950 tickets.", "June: 2,400 tickets."),
    ],
)
def test_a_value_keeps_its_partner(checker: Checker, line: str, faithful: str, false: str) -> None:
    assert supports(checker, line, faithful)
    assert not supports(checker, line, false)


@pytest.mark.parametrize(
    ("heads", "row", "faithful", "false"),
    [
        (
            "Year | Members | Guests",
            "| 2021 | 34 | 12 |",
            "In 2021 there were 34 members.",
            "In 2021 there were 12 members.",
        ),
        ("Item | Net | Gross", "| Widget | €12 | €15 |", "The widget is €12 net.", "The widget is €15 net."),
    ],
)
def test_a_cell_keeps_the_head_of_its_column(checker: Checker, heads: str, row: str, faithful: str, false: str) -> None:
    assert supports(checker, row, faithful, above=f"Club > {heads}")
    assert not supports(checker, row, false, above=f"Club > {heads}")


def test_another_line_may_have_the_value_with_this_partner(checker: Checker) -> None:
    evidence = checker.read([CitedLine(SALES), CitedLine("Sales were 6 million in 2021, too.")])
    assert checker.check("Sales were 6 million in 2021.", evidence).support == SUPPORTED


@pytest.mark.parametrize(
    ("line", "faithful", "false"),
    [
        ("Maria lent Tom the drill.", "Tom was lent the drill by Maria.", "Tom lent Maria the drill."),
        ("Maria lent Tom the drill.", "Maria lent the drill to Tom.", "Maria was lent the drill by Tom."),
        ("Maria lent Tom the drill.", "Maria lent Tom the drill", "Maria was lent the drill."),
        ("The council approved the plan.", "The plan was approved by the council.", "The plan approved the council."),
        ("Keller was hired by Weber in 2010.", "In 2010 Weber hired Keller.", "Keller hired Weber in 2010."),
        (
            "The email was sent to Sara by Jonas.",
            "Jonas sent Sara the email.",
            "The email was sent to Jonas by Sara.",
        ),
        (
            "The virus infects the bacteria.",
            "The bacteria are infected by the virus.",
            "The virus is infected by the bacteria.",
        ),
        ("Anna introduced Ben to Carla.", "Ben was introduced to Carla by Anna.", "Anna introduced Carla to Ben."),
    ],
)
def test_who_does_it_and_to_whom_stay_apart(checker: Checker, line: str, faithful: str, false: str) -> None:
    assert supports(checker, line, faithful)
    assert not supports(checker, line, false)


@pytest.mark.parametrize(
    ("line", "faithful", "false"),
    [
        ("The filter works for images.", "The filter works for images.", "The filter works for any kind of image."),
        ("Visitors feed the ducks.", "The ducks: visitors feed them.", "All visitors feed the ducks."),
        ("The library opens on Sundays.", "On Sundays the library opens.", "The library always opens on Sundays."),
        ("Paul swims in the lake.", "In the lake Paul swims.", "Only Paul swims in the lake."),
        ("Bees visit the garden in March.", "In March bees visit the garden.", "Bees never visit the garden in March."),
        ("The soup was good.", "The soup was good", "The soup was the best."),
        ("The climb is hard.", "The climb is hard", "The climb is the hardest."),
        ("The pump runs daily at noon.", "The pump runs every day at noon.", "The pump runs only at noon."),
        ("Guests speak Danish.", "The guests speak Danish.", "Most guests speak Danish."),
        ("Whole families work in the mill.", "All families work in the mill.", "Only families work in the mill."),
    ],
)
def test_a_sweeping_word_has_to_be_in_the_line(checker: Checker, line: str, faithful: str, false: str) -> None:
    assert supports(checker, line, faithful)
    assert not supports(checker, line, false)


@pytest.mark.parametrize(
    ("line", "faithful", "false"),
    [
        ("Blitz is a good exercise for openings.", "Blitz is an exercise.", "Blitz is an opening."),
        ("Dr. Lang, a dentist from Graz, bought the mill.", "Dr. Lang is a dentist.", "Dr. Lang is a mill."),
        ("Ada works as a nurse in the clinic.", "Ada is a nurse.", "Ada is a clinic."),
        ("Rust: a language for systems.", "Rust is a language.", "Rust is a system."),
        (
            "The scaling trend is steep; laws of scaling relate two things.",
            "The trend is steep.",
            "The trend is a law.",
        ),
    ],
)
def test_what_a_thing_is_has_to_be_said(checker: Checker, line: str, faithful: str, false: str) -> None:
    assert supports(checker, line, faithful)
    assert not supports(checker, line, false)


def test_a_heading_says_what_its_entries_are_and_not_what_its_statements_speak_of(checker: Checker) -> None:
    assert supports(checker, "Robin, small", "The robin is a bird.", "Garden > Birds")
    assert not supports(
        checker, "The robin nests in the hedge behind the shed.", "The hedge is a bird.", "Garden > Birds"
    )
    growth = "The growth trend spans two decades of sales."
    assert not supports(checker, growth, "The growth trend is a growth law.", "Growth laws")


@pytest.mark.parametrize(
    ("line", "faithful", "false"),
    [
        ("The new boiler is quieter than the old one.", "The new boiler is quieter.", "The new boiler is less quiet."),
        ("The lake is less deep in autumn.", "In autumn the lake is less deep.", "In autumn the lake is deeper."),
        ("Trains run more often in May.", "In May trains run more often.", "In May trains run less often."),
        ("The red tent is bigger.", "The red tent is bigger.", "The red tent is less big."),
        ("Rye is less heavy than oak.", "Rye is less heavy than oak.", "Rye is heavier than oak."),
    ],
)
def test_less_and_more_of_a_thing_are_opposites(checker: Checker, line: str, faithful: str, false: str) -> None:
    assert supports(checker, line, faithful)
    assert not supports(checker, line, false)


@pytest.mark.parametrize("said", ["1240 EUR", "EUR 1,240", "€1.240,00", "€1,240", "1.240 EUR", "1240 euros"])
@pytest.mark.parametrize("written", ["1240 EUR", "EUR 1,240", "€1.240,00", "€1,240.00"])
def test_an_amount_of_money_is_read_the_same_however_it_is_written(checker: Checker, said: str, written: str) -> None:
    assert supports(checker, f"The new boiler cost {written} in spring.", f"In spring the new boiler cost {said}.")
    assert not supports(checker, f"The new boiler cost {written} in spring.", "In spring the new boiler cost €1,250.")


@pytest.mark.parametrize("said", ["Jan. 2021", "January 2021", "01/2021", "2021-01"])
@pytest.mark.parametrize("written", ["Jan. 2021", "January 2021", "01/2021", "2021-01", "2021-01-17"])
def test_a_month_is_read_the_same_however_it_is_written(checker: Checker, said: str, written: str) -> None:
    assert supports(checker, f"The roof was repaired in {written}.", f"The roof was repaired in {said}.")
    assert not supports(checker, f"The roof was repaired in {written}.", "The roof was repaired in 02/2021.")


@pytest.mark.parametrize(
    ("line", "sentence", "unwanted"),
    [
        ("The town has 4 million people.", "The town was founded in 2019.", "4 million, not 2019"),
        ("We planted 45 trees.", "We planted 12 trees in 1998.", "45, not 1998"),
        ("The deposit was three months' rent.", "The flat has 3 windows.", "months"),
        ("The team has 12 engineers.", "The team has 30 printers.", "12, not 30"),
    ],
)
def test_a_reason_compares_values_of_one_kind(checker: Checker, line: str, sentence: str, unwanted: str) -> None:
    reasons = checker.check(sentence, checker.read([CitedLine(line)])).reasons
    assert reasons
    assert not any(unwanted in reason for reason in reasons)
