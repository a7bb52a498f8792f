"""What holds of a check whatever its coefficients: hard facts decide, what is verbatim is supported."""

from __future__ import annotations

import pytest

from rag_bot.check import Checker, CitedLine, SentenceSupport
from rag_bot.check.alignment import align
from rag_bot.check.statement import read_statement
from rag_bot.check.words import languages_with
from rag_bot.models.reader import DEFAULT_READER, open_reader
from rag_bot.records import NO_CLAIM, REWORDED, SUPPORTED, UNSUPPORTED

LINES = (
    CitedLine("- Emergent abilities: 33% of the BIG-Bench tasks, with performance flat for a while.", "Talk > Tasks"),
    CitedLine("- Smoothly increasing: 29% of the BIG-Bench tasks, which are small tasks.", "Talk > Tasks"),
    CitedLine("- The speaker was Jason Wei of OpenAI.", "Talk > Overview"),
    CitedLine("- On 2024-10-03 the second disk failed; the mirror kept everything.", "Server"),
    CitedLine("- The wall by the stairs is 1.5 km of cable away, 2 h on foot.", "Server"),
    CitedLine("- Bed 3: garlic, planted on 14 May.", "Garden"),
)
# In each language a line, and the line with one fact changed that no reading can make the same.
CHANGED = (
    ("The rent of the flat in Harbour Street is 940 euros.", "The rent of the flat in Harbour Street is 960 euros."),
    ("The boat is moored in Lisbon until 14 May 2026.", "The boat is moored in Lisbon until 15 May 2026."),
    ("The new boiler weighs 38.5 kg without water.", "The new boiler weighs 38.5 lb without water."),
    ("Die Heizung wurde am 3. Oktober 2024 gewartet.", "Die Heizung wurde am 3. November 2024 gewartet."),
    ("Die Miete beträgt 1.150,50 Euro im Monat.", "Die Miete beträgt 1.250,50 Euro im Monat."),
    ("Le train pour Lyon part à 14h30 du quai 17.", "Le train pour Lyon part à 15h30 du quai 17."),
    ("Il faut 2,5 litres d'eau pour les plantes.", "Il faut 3,5 litres d'eau pour les plantes."),
    ("El contrato termina el 1 de mayo de 2026.", "El contrato termina el 1 de junio de 2026."),
    ("La caldaia costa 1.240 euro con il montaggio.", "La caldaia costa 1.340 euro con il montaggio."),
    ("De huur van de boot is 85 euro per week.", "De huur van de boot is 95 euro per week."),
    ("会議は3月8日に会議室で行われます。", "会議は3月9日に会議室で行われます。"),
)


@pytest.fixture(scope="module", params=["reader", "words"])
def checker(request: pytest.FixtureRequest) -> Checker:
    return Checker(open_reader(DEFAULT_READER) if request.param == "reader" else None)


def check(checker: Checker, sentence: str, *lines: str, question: str = "") -> SentenceSupport:
    evidence = checker.read([CitedLine(line) for line in lines] or LINES)
    return checker.check(sentence, evidence, question=question)


@pytest.mark.parametrize(("line", "changed"), CHANGED)
def test_a_line_is_supported_by_itself_and_not_with_another_fact(checker: Checker, line: str, changed: str) -> None:
    filler = "Anna painted the fence."
    assert check(checker, line, filler, f"- {line}") == SentenceSupport(SUPPORTED, (1,), (), 1.0)
    verdict = check(checker, changed, filler, f"- {line}")
    assert (verdict.support, verdict.lines) == (UNSUPPORTED, ())
    assert verdict.reasons[0].startswith("no line has")


def test_every_line_is_supported_by_its_own(checker: Checker) -> None:
    evidence = checker.read(LINES)
    for number, line in enumerate(LINES):
        verdict = checker.check(line.text.removeprefix("- "), evidence)
        assert (verdict.support, verdict.lines) == (SUPPORTED, (number,))


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        ("45% of the BIG-Bench tasks are emergent.", "45%"),
        ("On 2024-11-03 the second disk failed.", "2024-11-03"),
        ("The speaker was Jason Wei of Google.", "Google"),
        ("The speaker was Sam Altman.", "Altman"),
        ("Write to jason@example.com.", "jason@example.com"),
        ("The mirror is in /mnt/vault.", "/mnt/vault"),
        ("It is 1,600 m of cable away.", "1,600 m"),
        ("The stairs are 4 h on foot away.", "4 h"),
        ("On 15 May garlic was planted in bed 3.", "15 May"),
    ],
)
def test_a_fact_that_no_line_has_is_named(checker: Checker, sentence: str, named: str) -> None:
    verdict = check(checker, sentence)
    assert (verdict.support, verdict.lines) == (UNSUPPORTED, ())
    assert f"‘{named}" in verdict.reasons[0] or f"{named}’" in verdict.reasons[0]
    assert verdict.score <= 0.25


@pytest.mark.parametrize(
    "sentence",
    [
        "On May 14. the garlic in bed 3 was planted.",
        "The garlic in bed 3 was planted on 14 May.",
        "It is 1,500 m of cable away.",
        "It is 120 min on foot.",
        "On 3 October 2024 the second disk failed.",
        "The second disk failed on Thursday, 3 October.",
        "33 percent of the BIG-Bench tasks are emergent.",
    ],
)
def test_a_fact_in_another_form_is_not_called_missing(checker: Checker, sentence: str) -> None:
    assert not any("no line has" in reason for reason in check(checker, sentence).reasons)


def test_a_sentence_without_any_of_the_words_is_not_supported(checker: Checker) -> None:
    for sentence in ("The cat sat on the mat.", "Reading novels makes people happy."):
        assert check(checker, sentence).support != SUPPORTED


@pytest.mark.parametrize("sentence", ["According to your notes:", "Here is what your notes say:", "?", "", "***", "📌"])
def test_a_lead_in_has_no_lines(checker: Checker, sentence: str) -> None:
    assert check(checker, sentence) == SentenceSupport(NO_CLAIM, (), (), 0.0)


@pytest.mark.parametrize("sentence", ["Yes.", "No.", "Not any more.", "It is not so."])
def test_a_claim_that_cannot_be_compared_is_reworded(checker: Checker, sentence: str) -> None:
    verdict = check(checker, sentence)
    assert (verdict.support, verdict.lines) == (REWORDED, ())
    assert verdict.reasons


def test_a_line_is_verbatim_in_whatever_language_it_is_read(checker: Checker) -> None:
    for line in ("Muttis Rezept, für sechs.", "750 g Beeren (halb Himbeeren, ein paar Kirschen)", "cc=one@example.org"):
        assert check(checker, line, line).support == SUPPORTED


def test_only_the_cited_lines_count(checker: Checker) -> None:
    evidence = checker.read(LINES)
    sentence = "The speaker was Jason Wei of OpenAI."
    assert checker.check(sentence, evidence, among=[0, 2]).lines == (2,)
    assert checker.check(sentence, evidence, among=[2, 2, 0]).support == SUPPORTED
    assert checker.check(sentence, evidence, among=[0, 1]).support == UNSUPPORTED
    assert checker.check(sentence, evidence, among=[]).reasons == ("no line is cited",)


def test_the_words_of_the_question_alone_are_no_support(checker: Checker) -> None:
    sentence = "The speaker was Sam Altman."
    assert check(checker, sentence, question="Was Sam Altman the speaker?").support == UNSUPPORTED


def test_what_is_struck_out_does_not_count(checker: Checker) -> None:
    line = "The timing belt was changed at ~~243,000 km~~ 238,700 km."
    assert check(checker, "The timing belt was changed at 238,700 km.", line).support == SUPPORTED
    assert check(checker, "The timing belt was changed at 243,000 km.", line).support == UNSUPPORTED


def test_what_stands_above_a_line_counts_for_its_facts(checker: Checker) -> None:
    evidence = checker.read([CitedLine("The dentist is at 9:15.", "Diary > 2026-05-14")])
    verdict = checker.check("On 14 May 2026 the dentist is at 9:15.", evidence)
    assert not any("no line has" in reason for reason in verdict.reasons)
    assert checker.check("On 15 May 2026 the dentist is at 9:15.", evidence).support == UNSUPPORTED


def test_a_sentence_too_long_to_be_checked_says_so(checker: Checker) -> None:
    verdict = check(checker, "The rent is due. " * 400)
    assert verdict.support == REWORDED
    assert verdict.reasons == ("a sentence of 6,800 characters is too long to be checked",)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            "ドイツのリューベックで生まれて、アイルランドに住んでいます。",
            "You were born in Lübeck and live in Ireland.",
        ),
        (
            "You were born in Lübeck and live in Ireland.",
            "ドイツのリューベックで生まれて、アイルランドに住んでいます。",
        ),
        ("Η Άννα μένει στην Αθήνα.", "Anna lives in Athens."),
    ],
)
def test_a_line_in_another_script_is_for_people_to_compare(checker: Checker, line: str, sentence: str) -> None:
    verdict = check(checker, sentence, line)
    assert (verdict.support, verdict.reasons) == (REWORDED, ("the lines are in another script",))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("Miete: 900 Euro, Nebenkosten 120 Euro", "Die Wohnung kostet 900 Euro."),  # a German noun is no name
        ("The rent is 900 euros.", "Le loyer est de 900 euros."),
        ("Ask Maier about the rent.", "You wanted to ask Mr Maier about the rent."),
        ("I am late for the rent.", "You said I'm late for the rent."),
        ("Eau de la ville: 900 l", "L'eau de la ville fait 900 l."),
    ],
)
def test_words_that_only_look_like_names_are_not_called_missing_facts(
    checker: Checker, line: str, sentence: str
) -> None:
    evidence = checker.read([CitedLine(line)])
    said = read_statement(sentence, languages_with(sentence, evidence.languages))
    missing = align(said, evidence.read).missing()
    assert not any(said.items[item].is_fact for item in missing)


def test_no_lines_support_nothing(checker: Checker) -> None:
    assert checker.check("The rent is due on day 3.", checker.read([])).support == UNSUPPORTED
