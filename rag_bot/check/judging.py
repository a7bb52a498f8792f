"""What was found of a sentence in lines -> supported, reworded or not, and why.

Hard facts come first: an amount or name that no line has makes a sentence "not". The rest is one probability, by
logistic regression over a few features; `eval/checker/fit.py` fits the coefficients, and its table gave the thresholds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import exp
from textwrap import shorten

from rag_bot.check.alignment import Alignment
from rag_bot.check.numbers import Number
from rag_bot.check.statement import Item
from rag_bot.records import REWORDED, SUPPORTED, UNSUPPORTED

COUNTABLE = 12  # a bare number up to here may count what the lines list ("three options"); set by hand
_MOST_NAMED, _LONGEST_NAMED = 3, 40  # missing words that a reason names, and characters of each


@dataclass(frozen=True, slots=True)
class SentenceFeatures:
    """What is measured of a sentence over its lines.

    `unfound` is the share of its words that they lack, `facts` how many amounts and names no line has (three at most),
    `negation` whether one side alone denies, `exact` whether the lines have all of it and agree; `says` is the reader's
    logit.
    """

    unfound: float
    facts: float
    negation: float
    exact: float
    says: float


@dataclass(frozen=True, slots=True)
class Fit:
    """A logistic regression, and the probabilities from which a sentence is supported and below which it is not."""

    intercept: float
    coefficients: dict[str, float]
    supported_from: float
    not_below: float

    def probability(self, features: SentenceFeatures) -> float:
        """How likely the lines say the sentence."""
        measured = asdict(features)
        total = self.intercept + sum(weight * measured[name] for name, weight in self.coefficients.items())
        return 1 / (1 + exp(-total))


WITH_READER = Fit(0.54, {"unfound": -0.8, "facts": -0.88, "negation": -0.05, "exact": 0.62, "says": 0.83}, 0.75, 0.3)
BY_WORDS = Fit(1.1, {"unfound": -2.32, "facts": -1.4, "negation": -0.63, "exact": 1.21}, 0.7, 0.25)


@dataclass(frozen=True, slots=True)
class Finding:
    support: str
    reasons: tuple[str, ...]
    probability: float


def measure(alignment: Alignment, says: float | None) -> SentenceFeatures:
    """`says` is None where no reader has read the lines."""
    unfound = 1 - alignment.share()
    return SentenceFeatures(
        unfound=unfound,
        facts=min(3, sum(alignment.sentence.items[item].is_fact for item in alignment.missing())),
        negation=alignment.other_negation(),
        exact=not unfound and not alignment.parted() and alignment.agrees(),
        says=says or 0.0,
    )


def judge(alignment: Alignment, says: float | None) -> Finding:
    """What the lines say to a sentence; without a reader by words, amounts and names alone."""
    fit = BY_WORDS if says is None else WITH_READER
    probability = fit.probability(measure(alignment, says))
    if facts := hard_facts(alignment):
        return Finding(UNSUPPORTED, (f"no line has {_named(facts)}",), probability / 4)
    if alignment.in_another_language():
        return Finding(REWORDED, ("the lines are in another language",), probability)
    if probability >= fit.supported_from and alignment.agrees():
        return Finding(SUPPORTED, (), probability)
    items = [alignment.sentence.items[item] for item in alignment.missing()]
    reason = f"no line has {_named(items)}" if items else ""
    if probability < fit.not_below:
        return Finding(UNSUPPORTED, (reason or _difference(alignment),), probability)
    return Finding(REWORDED, (reason,) if reason else (), probability)


def hard_facts(alignment: Alignment) -> list[Item]:
    """What decides alone since no line has it: amounts, but for numbers that may be counts, and whole names.

    Names are translated, so they decide nothing where the lines are in another language.
    """
    missing = alignment.missing()
    found = {item.name for number, item in enumerate(alignment.sentence.items) if number not in missing}
    known = found | {0} if not alignment.in_another_language() else {item.name for item in alignment.sentence.items}
    items = [alignment.sentence.items[number] for number in missing]
    return [item for item in items if _is_amount(item) or item.name not in known]


def _is_amount(item: Item) -> bool:
    if isinstance(item.value, Number):
        return bool(item.value.units) or max(map(abs, item.value.values)) > COUNTABLE or min(item.value.values) % 1 > 0
    return item.value is not None


def _named(items: list[Item]) -> str:
    words = dict.fromkeys(shorten(item.text.strip(".,"), _LONGEST_NAMED, placeholder="…") or "…" for item in items)
    return ", ".join(f"‘{word}’" for word in [*words][:_MOST_NAMED])


def _difference(alignment: Alignment) -> str:
    """What is true of a sentence whose words all stand in the lines, which do not say it all the same."""
    if alignment.other_negation():
        return "one of the sentence and the lines says ‘not’, the other does not"
    if alignment.parted():
        return "the lines say these things apart from each other"
    return "the lines have these words, and seem to say something else"
