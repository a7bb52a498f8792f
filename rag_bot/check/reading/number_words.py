"""Numbers and shares written as words: "twenty-five", "a thousand", "two thirds", "drei", "mille"."""

from __future__ import annotations

import re
from decimal import Decimal

_ONES = {
    "zero null cero": 0,
    "one ein eins eine einen une uno": 1,
    "two both zwei deux dos": 2,
    "three drei trois tres": 3,
    "four vier quatre cuatro": 4,
    "five fünf cinq cinco": 5,
    "six sechs seis": 6,
    "seven sieben sept siete": 7,
    "eight acht huit ocho": 8,
    "nine neun neuf nueve": 9,
    "ten zehn dix diez": 10,
    "eleven elf onze once-es": 11,
    "twelve zwölf douze doce": 12,
    "thirteen dreizehn treize trece": 13,
    "fourteen vierzehn quatorze catorce": 14,
    "fifteen fünfzehn quinze quince": 15,
    "sixteen sechzehn seize": 16,
    "seventeen siebzehn": 17,
    "eighteen achtzehn": 18,
    "nineteen neunzehn": 19,
    "twenty zwanzig vingt veinte": 20,
    "thirty dreißig dreissig trente treinta": 30,
    "forty vierzig quarante cuarenta": 40,
    "fifty fünfzig cinquante cincuenta": 50,
    "sixty sechzig soixante sesenta": 60,
    "seventy siebzig setenta": 70,
    "eighty achtzig ochenta": 80,
    "ninety neunzig noventa": 90,
}
_SCALES = {
    "hundred hundert cent-fr cien": 100,
    "thousand tausend mille mil": 1000,
    "million millionen millón": 10**6,
    "billion milliarde milliarden": 10**9,
    "trillion": 10**12,
    "dozen dutzend": 12,
}
_VALUE = {name: value for names, value in _ONES.items() for name in names.split()}
_SCALE = {name: value for names, value in _SCALES.items() for name in names.split()}
_SINGLE = frozenset("one ein eins eine einen une uno both".split())
_SHARES = {
    "half": Decimal("0.5"), "halves": Decimal("0.5"), "third": 1 / Decimal(3), "thirds": 1 / Decimal(3),
    "quarter": Decimal("0.25"), "quarters": Decimal("0.25"), "fifth": Decimal("0.2"), "fifths": Decimal("0.2"),
    "tenth": Decimal("0.1"), "tenths": Decimal("0.1"),
}  # fmt: skip

_NAMES = "|".join(sorted({*_VALUE, *_SCALE}, key=len, reverse=True))
_SHARE = (
    r"(?:a|one|two|three|four)[ -](?:thirds?|quarters?|fifths?|tenths?)(?= (?:of|the)\b)|\bhalf(?= (?:of|the|as)\b)"
)
WORD_NUMBER = re.compile(
    rf"\b(?:{_SHARE}|(?:a (?=hundred|thousand|million|billion|trillion|dozen))?(?:{_NAMES})"
    rf"(?:(?:[ -]and)?[ -](?:{_NAMES})){{0,8}})\b",
    re.IGNORECASE,
)
"""A run of such words, short so that reading it stays linear."""


def fraction_of(words: str) -> Decimal | None:
    """The share that words such as "two thirds" stand for."""
    parts = words.lower().replace("-", " ").split()
    if not parts or parts[-1] not in _SHARES:
        return None
    many = _VALUE.get(parts[0], 1) if len(parts) > 1 else 1
    return many * _SHARES[parts[-1]]


def value_of_words(words: str) -> tuple[Decimal | None, bool]:
    """The number that words stand for, and whether they are as often something else ("one", "both")."""
    parts = [part for part in words.lower().replace("-", " ").split() if part not in ("and", "a")]
    if not parts:
        return None, True
    total, current = 0, 0
    for part in parts:
        if part in _VALUE:
            current += _VALUE[part]
            continue
        scale = _SCALE[part]
        current = max(current, 1) * scale
        if scale > 100:
            total, current = total + current, 0
    return Decimal(total + current), len(parts) == 1 and parts[0] in _SINGLE
