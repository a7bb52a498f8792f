"""Units that are said once for several numbers: "Anna pays 300 euros and Ben 450"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from rag_bot.check.reading.numbers import Number

_ELIDING = re.compile(r"[^,;.!?]{0,20}(?:[,;]|,? (?:and|or|but|und|et|y))(?: [^\W\d]+){1,3} ")
_ENDING = re.compile(r"[,;.)]?(?: (?:and|or|but|because|und|et|y)\b|\s*$)|[,;] ")


def with_elided_units(found: Sequence[Number], text: str) -> Iterator[Number]:
    """ "Anna pays 300 euros and Ben 450": the numbers, where one without a unit has that of the one before it."""
    last: Number | None = None
    for number in found:
        one = _with_unit_of(last, number, text) if last else number
        last = one
        yield one


def _with_unit_of(last: Number, number: Number, text: str) -> Number:
    named = number.measures or number.weak or number.is_year or not last.measures
    if named or not (_ELIDING.fullmatch(text[last.end : number.start]) and _ENDING.match(text, number.end)):
        return number
    factor = last.value / last.bare if last.bare else Decimal(1)
    return replace(number, measures=last.measures, value=number.value * factor, elided=True)
