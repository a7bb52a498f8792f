"""What was found of a sentence in lines -> supported, reworded or not, with the reasons.

Hard facts come first: an amount or name that no line has makes a sentence "not". What is left is one probability, by
logistic regression over the few features below; `eval/checker/fit.py` fits it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from rag_bot.check.alignment import Alignment
from rag_bot.check.numbers import Number

# A bare number up to here may be a count of things that the lines list ("three options"); set by hand.
COUNTABLE = 12


@dataclass(frozen=True, slots=True)
class Features:
    """What is measured of a sentence over its lines: see `Alignment`; `says` is the logit of the reader, 0 without."""

    unfound: float
    facts: float
    parted: float
    turned: float
    distance: float
    negation: float
    added: float
    dropped: float
    says: float = 0.0


def features(alignment: Alignment, says: float | None) -> Features:
    items = alignment.sentence.items
    return Features(
        unfound=1 - alignment.share(),
        facts=min(3, sum(items[item].is_fact for item in alignment.missing())),
        parted=min(3, alignment.parted()),
        turned=min(3, alignment.turned()),
        distance=alignment.distance(),
        negation=alignment.other_negation(),
        added=min(2, alignment.limits_added()),
        dropped=min(2, alignment.limits_dropped()),
        says=says or 0.0,
    )
