"""What the reader is taught with: right lines are right, wrong ones wrong, and what measures it is not among them."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from eval.reader.network import RELEVANCE, batches_by_length
from eval.reader.prepare import OUR_VAULTS, Scorer, as_keywords, edited_pairs, half_of, is_left_out, vault_groups
from eval.reader.teach import Batch, loss_of, thinned
from eval.reader.vault import Vault, right_and_doubtful, words_of

NOTE = """# Boiler

Serviced by Brunner. The pressure is 1.4 bar, set in March. Ask them before the frost.

- Filter
  - changed on 3 May
- Old boiler: 1.4 bar too, sold
"""
PRESSURE = {
    "id": "q-1",
    "question": "What is the pressure of the boiler?",
    "kind": "fact",
    "answerable": True,
    "pattern": r"1\.4 bar",
    "evidence": [
        {"path": "Boiler.md", "quote": "The pressure is 1.4 bar, set in March. Ask them before the frost.", "group": 1}
    ],
}


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    (tmp_path / "Boiler.md").write_text(NOTE)
    (tmp_path / "Car.md").write_text("Tyres at 2.2 bar. The service is due in June.\n")
    return Vault.read(tmp_path)


class WordScorer(Scorer):
    """Scores a pair by the words that both share, so that no model is needed."""

    def __init__(self) -> None:
        self._known = {}

    def read(self, pairs: Any) -> None:
        self._known |= {pair: float(len(set(words_of(pair[0])) & set(words_of(pair[1])))) for pair in pairs}


def texts_of(vault: Vault, indexes: set[int]) -> list[str]:
    return [vault.lines[index].bare for index in sorted(indexes)]


def test_only_lines_of_the_evidence_with_the_pattern_are_right_and_others_with_it_are_doubtful(vault: Vault) -> None:
    right, doubtful = right_and_doubtful(vault, PRESSURE)
    assert texts_of(vault, right) == ["The pressure is 1.4 bar, set in March."]
    assert texts_of(vault, doubtful) == ["Ask them before the frost.", "Old boiler: 1.4 bar too, sold"]


def test_a_quote_whose_lines_lack_the_pattern_is_right_as_a_whole(vault: Vault) -> None:
    part = {"path": "Boiler.md", "quote": "- changed on 3 May", "group": 2}
    right, _ = right_and_doubtful(vault, {**PRESSURE, "pattern": "never", "evidence": [part]})
    assert "changed on 3 May" in texts_of(vault, right)


def test_groups_hold_no_doubtful_line_and_a_label_and_a_score_for_each_text(vault: Vault) -> None:
    scorer = WordScorer()
    groups = vault_groups(vault, [PRESSURE], "test", scorer, random.Random(1))
    scorer.fill(groups)
    assert [group.kind for group in groups] == ["lines", "lines", "lines", "passages"]
    for group in groups:
        assert len(group.texts) == len(group.labels) == len(group.relevance) == len(set(group.texts))
        assert not any("Old boiler" in text for text, label in zip(group.texts, group.labels, strict=True) if not label)
    assert sum(groups[0].labels) == 1


def test_a_question_without_an_answer_has_wrong_lines_only(vault: Vault) -> None:
    question = {"id": "q-2", "question": "When was the boiler sold?", "kind": "near-topic", "answerable": False}
    groups = vault_groups(vault, [question], "test", WordScorer(), random.Random(1))
    assert groups
    assert not any(sum(group.labels) for group in groups)


def test_the_lines_that_say_an_edited_sentence_hold_it_and_those_that_do_not_differ() -> None:
    vault = Vault.read(OUR_VAULTS / "A")
    pairs = list(edited_pairs(vault, 300, random.Random(3)))
    assert 50 < sum(pair["label"] for pair in pairs) < 250
    for pair in pairs:
        assert (pair["sentence"] in pair["text"]) is bool(pair["label"])


def test_some_questions_over_our_vaults_and_half_of_the_shared_ones_are_kept_for_measuring() -> None:
    identities = [f"a-{number:03}" for number in range(300)]
    assert 10 < sum(map(is_left_out, identities)) < 50
    assert {half_of(identity) for identity in identities} == {"dev", "test"}


def test_keywords_are_the_words_that_are_no_stop_words() -> None:
    assert as_keywords("When is the boiler serviced by Brunner?") == "boiler serviced Brunner"
    assert as_keywords("Who is it?") == "Who is it?"


def test_thinning_keeps_right_and_hard_lines() -> None:
    row = {"question": "q", "texts": list("abcd"), "labels": [1, 0, 0, 1], "relevance": [-11.0, -11.0, 2.0, -11.0]}
    kept = [thinned(row, random.Random(seed)) for seed in range(50)]
    assert {"".join(some["texts"]) for some in kept} == {"acd", "abcd"}


def test_what_the_packaged_reader_was_not_asked_for_counts_for_nothing() -> None:
    logits = torch.zeros(2, 3, requires_grad=True)
    batch = Batch([("q", "a"), ("q", "b")], [1.0, 0.0], [1.0, 1.0], [math.nan, math.nan], [0, 0])
    losses = loss_of(logits, batch)
    torch.stack(list(losses.values())).sum().backward()
    assert set(losses) == {"answers", "ranking"}
    assert logits.grad is not None
    assert not logits.grad[:, RELEVANCE].any()
    assert logits.grad[0, 0] < 0 < logits.grad[1, 0]


def test_batches_hold_each_pair_once() -> None:
    pairs = [("q" * length, "line" * length) for length in range(1, 200)]
    assert sorted(index for batch in batches_by_length(pairs) for index in batch) == list(range(len(pairs)))
