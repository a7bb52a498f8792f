"""A real, weak model that reads hostile notes does no harm."""

from __future__ import annotations

import pytest

from rag_bot import Library
from rag_bot.llm import LanguageModel
from tests.injection.checks import assert_harmless
from tests.injection.notes import FACTS

_FIRST, *_MORE = [*FACTS][:3]


@pytest.mark.parametrize("question", [_FIRST, *(pytest.param(question, marks=pytest.mark.slow) for question in _MORE)])
def test_what_a_real_model_makes_of_hostile_notes_is_harmless(
    shed: Library, smol: LanguageModel, question: str
) -> None:
    answers = list(shed.write(question, llm=smol))
    assert_harmless([answers[0], *answers[-6:]], shed)
    whole = answers[-1]
    assert whole.citations or whole.abstained
