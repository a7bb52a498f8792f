"""Formulas as MathML: what can be read of them, and that nothing else comes through."""

from __future__ import annotations

import re

import pytest

from rag_bot.ui.notes.formulas import mathml


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{a}{b}",
        r"\sum_{i=1}^n x_i^2",
        r"\begin{pmatrix}a & b\\ c & d\end{pmatrix}",
        r"\begin{align}x &= 1\label{first}\\ y &= 2\end{align}",
        r"\left(\frac{1}{2}\right]",
        r"f \in [0, 1) \cup \{2\}",
        r"\bigl( x \bigr) \langle v \rangle",
    ],
)
def test_a_formula_becomes_one_element(latex: str) -> None:
    made = mathml(latex, display=True)
    assert made
    assert made.startswith('<math display="block">')
    assert made.endswith("</math>")
    assert " id=" not in made


def test_opening_brackets_are_shown_as_they_are() -> None:
    made = mathml(r"f(x) = [0, \{a\}) \text{(b)}", display=False)
    assert made
    assert re.sub(r"<[^>]*>", "", made) == "f(x)=[0,{a})(b)"


@pytest.mark.parametrize(
    "latex",
    [
        "",
        r"\unknown{x}",
        r"\frac{a}",
        r"\href{javascript:alert(1)}{x}",
        r"\eqref{a}",
        r"\def\a{\a\a}\a",
        "x" * 3_000,
    ],
)
def test_what_cannot_be_read_or_would_lead_elsewhere_is_none(latex: str) -> None:
    assert mathml(latex, display=False) is None


@pytest.mark.parametrize("latex", [r"\text{<img src=x onerror=alert(1)>}", r"\text{</math><script>}", "a<b"])
def test_what_looks_like_html_is_text(latex: str) -> None:
    made = mathml(latex, display=False)
    assert made
    assert not re.search("<(?:img|script)", made)
    assert "&lt;" in made


@pytest.mark.parametrize(
    "piece",
    ["(", "[", r"\{", r"\langle ", r"\lvert1", r"\bigl(", "{(", r"\overset)(", "{", r"\sqrt{", "x^{", r"\left("],
)
def test_pieces_without_an_end_take_no_time_and_no_stack(piece: str) -> None:
    mathml(piece * (1_900 // len(piece)), display=False)  # else it hangs, or ends the process
