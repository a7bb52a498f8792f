"""What a model is asked fits it: whole passages for one that reads much, the chosen lines for any other."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

from rag_bot import Answer, Library
from rag_bot.query.prose.prompt import WHOLE_PASSAGES_FROM
from tests.llm.scripted import ScriptedModel, scripted

Write = Callable[..., Path]

PRICES = """# Bread prices

The bakery in Amsel street is open from six. It is closed on Mondays.

- Rye
  - a loaf costs {price} euros
  - baked on Fridays

## Cakes

The plum cake is sold in September. It needs to be ordered.

The cheese cake is sold all year. Nobody likes it, and it crumbles before it is on the plate.
"""


def prompted(library: Library, question: str, context_tokens: int) -> tuple[str, str]:
    """The rules and the question with its passages."""
    model = scripted("x", context_tokens=context_tokens)
    list(library.write(question, llm=model, today=date(2026, 11, 28)))
    script = model.llm
    assert isinstance(script, ScriptedModel)
    rules, asked = script.asked[-1]
    return rules.text, asked.text


def passages(text: str) -> list[tuple[str, str]]:
    """Heading path and text of each passage."""
    return re.findall(r"<passage \d+> (.*)\n((?:.|\n)*?)\n</passage>", text)


def test_a_small_model_gets_the_lines_under_their_headings_and_the_date_of_their_note(
    library: Library, notes: Path, write: Write
) -> None:
    write("2026-03-02 Bakery.md", PRICES.format(price="6.90"))
    library.ingest([notes])
    rules, asked = prompted(library, "What does a loaf of rye cost?", 4096)
    assert rules.endswith("Today is 2026-11-28.")
    heading, text = passages(asked)[0]
    assert "Bread prices" in heading
    assert heading.endswith("(2026-03-02)")
    assert "a loaf costs 6.90 euros" in text
    assert "Cakes" not in asked
    long_rules, long_asked = prompted(library, "What does a loaf of rye cost?", WHOLE_PASSAGES_FROM)
    assert long_rules.endswith("Today is 2026-11-28.")
    assert len(long_rules) > len(rules)
    assert long_asked.count("a loaf costs 6.90 euros") == 1
    assert "The cheese cake" in long_asked


def test_a_small_model_reads_little_however_much_was_found(library: Library, notes: Path, write: Write) -> None:
    for number in range(12):
        text = f"The bakery number {number} sells rye bread, which is baked on Fridays by {number} bakers. " * 3
        write(f"bakery-{number}.md", f"# Bakery {number}\n\n{text}\n")
    library.ingest([notes])
    question = "Which bakery sells rye bread?"
    assert sum(len(part) for part in prompted(library, question, 8192)) < 2_000
    assert sum(len(part) for part in prompted(library, question, WHOLE_PASSAGES_FROM)) > 2_500


def test_what_differs_between_notes_is_cited_beside_what_a_model_took(
    library: Library, notes: Path, write: Write
) -> None:
    for year, price in ((2024, "6.90"), (2025, "7.50")):
        text = f"A loaf of rye bread costs {price} euros at the bakery."
        write(f"prices-{year}.md", f"---\ndate: {year}-01-02\n---\n# Prices\n\n{text}\n")
    library.ingest([notes])
    question = "What does a loaf of rye bread cost at the bakery?"
    quoted = library.ask(question)
    assert [difference.words for difference in quoted.differences] == [("7.50", "6.90")]
    answer: Answer = library.ask(question, llm=scripted("A loaf of rye bread costs 7.50 euros at the bakery [1]."))
    assert answer.mode == "prose"
    [difference] = answer.differences
    said = [answer.citations[number - 1].quote.text for number in difference.citations]
    assert [word in text for word, text in zip(difference.words, said, strict=True)] == [True, True]
    assert {number for excerpt in answer.excerpts for number in excerpt.citations} == {1, 2}
