"""Numbers with their units in a text, in digits or in words, and whether two say the same amount."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from unicodedata import numeric

from rag_bot.check.dates import LOCALES

# The languages whose number words are read, as text2num names them, by the names of `text.terms`.
_SPELLED = {
    "english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it", "portuguese": "pt",
    "dutch": "nl",
}  # fmt: skip
_SPACED = frozenset("french danish norwegian swedish finnish hungarian russian".split())  # "1 000 km"
_CURRENCIES = ("EUR", "USD", "GBP", "JPY", "CHF", "PLN", "SEK", "NOK", "DKK")
_MONEY = {"€": "EUR", "£": "GBP", "$": "USD", "US$": "USD", "¥": "JPY", "zł": "PLN", "kr": "SEK", "Fr.": "CHF"}
_MONEY |= {currency: currency for currency in _CURRENCIES}
_LARGE = {"1000": 1e3, "1000000": 1e6, "1000000000": 1e9, "mio": 1e6, "mn": 1e6, "mrd": 1e9, "bn": 1e9}
_LARGE_AFTER = re.compile(  # "3 million" once its word is digits, "1.2bn", "3 Mio."
    r"(?<![\d.,])(\d{1,3}(?:[.,]\d{1,2})?)(?:\s(1000|1000000|1000000000)\b|\s?(mn|bn)\b|\s?(mio|mrd)\b\.?)(?![.,]\d)",
    re.IGNORECASE,
)
_HOURS_AND_MINUTES = re.compile(  # "1 h 30 min", "2 hours and 15 minutes", "1 Std. 30 Min."
    r"(?<![\d.,:])(\d{1,3})\s?(?:h|hrs?|hours?|std|stunden?|heures?|horas?|or[ae]|uur)\b\.?,?\s"
    r"(?:(?:and|und|et|y|e|en)\s)?(\d{1,2})\s?(?:m|mins?|minut\w*)\b",
    re.IGNORECASE,
)
_PER_CENT = re.compile(r"\b(?:per|pour|por)\s(?:cent|cento|ciento)\b", re.IGNORECASE)
_MINUS = re.compile(r"\b(?:minus|moins|menos|meno) (?=\d)", re.IGNORECASE)
_VULGAR = re.compile("(\\d?)([¼½¾⅐-⅞])")  # "¼ l", "2½"
_FRACTION = re.compile(r"(?<![\d/.,])([1-3])/([2348])(?![\d/.,])")  # "3/4 kg", not "3/12" or "1/2/2026"
_GROUPED_BY_SPACES = re.compile(r"(?<![\d.,])\d{1,3}(?: \d{3})+(?!\d)")
_SIGNS = "|".join(map(re.escape, sorted(_MONEY, reverse=True)))
_BESIDE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"  # Japanese, Chinese, Korean: "3時", "約20分"
# A number, the sign of money before it, and the word or sign behind it: "€1,200", "3.5 km", "-12%", "1.2k", "2nd".
_NUMBER = re.compile(
    rf"((?<![^\s(])[-−](?=[$€£¥\d]))?(?<![^\W_{_BESIDE}])((?:{_SIGNS})\s?)?"
    r"(\d(?:[\d.,'’\u00a0\u202f]*\d)?)(?:(st|nd|rd|th|er|ère|ème|e|º|ª|['’]s)(?![^\W_])|"
    rf"([\s\u00a0\u202f-]?)([$€£¥%‰]|°\s?[CFK]?\b|[^\W\d_{_BESIDE}]+(?:/[^\W\d_{_BESIDE}]+)?))?"
)
_DECADE = re.compile(r"(?:1[5-9]|20)\d0['’]?s")  # "1950s": each of its years
_GROUPED = re.compile(r"\d{1,3}(?:[.,'’\u00a0\u202f]\d{3})+")
_MOST_DIGITS = 24  # a longer run is a code; set by hand
_NEAR = 1e-6  # what rounding may do to a converted amount


@dataclass(frozen=True, slots=True)
class Number:
    """An amount as a text says it: the values it may have ("1.200" has two), and the units, none if bare.

    `is_decade` where it is any of its values ("1950s").
    """

    values: tuple[float, ...]
    units: frozenset[str] = frozenset()
    is_decade: bool = False

    @property
    def is_weak(self) -> bool:
        """Whether it may be no number at all: "one", "no one", "1."."""
        return not self.units and self.values == (1.0,)

    def agrees(self, other: Number) -> bool:
        """Whether a line that says `other` may say this; a bare number may have a unit above it, as "Width (cm)"."""
        if other.is_decade and not self.is_decade:
            return False
        if not self.units or not other.units or self.units & other.units:
            return any(_equal(ours, theirs) for ours in self.values for theirs in other.values)
        return any(
            unit == other_unit and _equal(ours, theirs)
            for value in self.values
            for other_value in other.values
            for ours, unit in _in_base_units(value, self.units)
            for theirs, other_unit in _in_base_units(other_value, other.units)
        )


def _equal(ours: float, theirs: float) -> bool:
    return abs(ours - theirs) <= _NEAR * max(abs(ours), abs(theirs))


Found = tuple[int, int, Number]


def find_numbers(text: str) -> Iterator[Found]:
    """The numbers of a text whose number words are digits, as (start, end, number); the end is behind the unit."""
    for match in _NUMBER.finditer(text):
        sign, money, digits, ordinal, gap, behind = match.groups()
        by = {"k": 1e3, "m": 1e6 if money else 0.0}.get((behind or "").casefold(), 0.0) if money or not gap else 0.0
        is_times = (
            behind in ("x", "×") and not text[match.end() : match.end() + 1].isdigit()
        )  # "2x a week", not "10x20"
        if (behind and not (gap or by or is_times or _units_of(behind))) or len(digits) > _MOST_DIGITS:
            continue  # a code, compared as a name
        if _DECADE.fullmatch(match[0]):
            yield *match.span(), Number(tuple(float(digits) + year for year in range(10)), is_decade=True)
            continue
        values = tuple(-value if sign else value for value in _values_of(digits))
        end = match.end(4) if ordinal else match.end(3)
        units = frozenset({_MONEY[money.strip()]}) if money else frozenset[str]()
        if by:
            values, end = tuple(value * by for value in values), match.end()
        elif behind and not ordinal and (found := _units_of(behind)) and not (gap and behind in _ALSO_WORDS):
            units, end = units or found, match.end()
        yield match.start(), end, Number(values, units)


def with_digits(text: str, languages: Sequence[str]) -> str:
    """The text with its number words in digits: "twenty-five" becomes "25", "2 million" and "2 Mio." 2000000."""
    from text_to_num import alpha2digit

    if not any(map(str.isalpha, text)):
        return text
    text = _MINUS.sub("-", _PER_CENT.sub("%", text))
    text = _FRACTION.sub(lambda match: f"{int(match[1]) / int(match[2]):g}", _VULGAR.sub(_as_decimal, text))
    for language in languages:
        if language in _SPELLED:
            text = alpha2digit(text, _SPELLED[language], 1)
    if languages[0] in _SPACED:
        text = _GROUPED_BY_SPACES.sub(lambda match: match[0].replace(" ", ""), text)
    text = _HOURS_AND_MINUTES.sub(lambda match: f"{60 * int(match[1]) + int(match[2])} min", text)
    return _LARGE_AFTER.sub(_multiplied, text)


def _as_decimal(match: re.Match[str]) -> str:
    return f"{int(match[1] or 0) + numeric(match[2]):g}"


def _multiplied(match: re.Match[str]) -> str:
    return f"{float(match[1].replace(',', '.')) * _LARGE[(match[2] or match[3] or match[4]).casefold()]:.10g}"


_ALSO_WORDS = frozenset("a in d to at me c e as so am an da once".split())  # signs of units that are words as well


def _values_of(digits: str) -> tuple[float, ...]:
    """What digits with separators may mean: "1.200" is 1200, or 1.2 where a full stop parts decimals."""
    marks = [mark for mark in digits if not mark.isdigit()]
    plain = re.sub(r"\D", "", digits)
    readings = [float(plain)] if not marks or _GROUPED.fullmatch(digits) else []
    if marks and marks[-1] in ".," and marks.count(marks[-1]) == 1:
        whole, _, decimals = digits.rpartition(marks[-1])
        readings.append(float(f"{re.sub(r'[^0-9]', '', whole)}.{decimals}"))
    return tuple(readings) or (float(plain),)


@lru_cache(maxsize=4_096)
def _units_of(word: str) -> frozenset[str]:
    """The units that a word or sign may stand for; its case counts where both cases are units (mW, MW)."""
    table = _unit_names()
    return table.get(word) or table.get(word.casefold()) or frozenset()


@cache
def _unit_names() -> dict[str, frozenset[str]]:
    """Names and signs of units and of money -> ids, in all these languages, as the CLDR has them."""
    from babel import Locale
    from babel.numbers import get_currency_name

    found: dict[str, set[str]] = {}
    for code in LOCALES:
        locale = Locale(code)
        for unit, lengths in locale._data["unit_patterns"].items():  # babel has no public list of them
            for width in ("long", "short"):
                for pattern in lengths.get(width, {}).values() if not unit.endswith("-person") else ():
                    name = pattern.replace("{0}", "").strip(" \u00a0\u202f.") if isinstance(pattern, str) else ""
                    if name and not any(mark.isspace() or mark.isdecimal() for mark in name):
                        found.setdefault(name, set()).add(unit.partition("-")[2])
        for currency in _CURRENCIES:
            for count in (1, 2, 5):
                name = get_currency_name(currency, count=count, locale=code).split()[-1]
                found.setdefault(name, set()).add(currency)
    for sign, currency in _MONEY.items():
        found.setdefault(sign, set()).add(currency)
    for name, unit in _ALSO.items():
        found.setdefault(name, set()).add(unit)
    for name in _DEGREES.split():
        found.setdefault(name, set()).update(("degree", "generic", "celsius", "fahrenheit"))
    for name in list(found):
        found.setdefault(name.casefold(), set()).update(found[name])
    return {name: frozenset(units) for name, units in found.items()}


_ALSO = {"hrs": "hour", "hr": "hour", "h": "hour", "min": "minute", "mins": "minute", "s": "second", "sec": "second",
    "secs": "second", "std": "hour", "pound": "GBP", "pounds": "GBP", "quid": "GBP", "euro": "EUR", "euros": "EUR",
    "dollar": "USD", "dollars": "USD", "litre": "liter", "litres": "liter", "metre": "meter", "metres": "meter",
    "kilometre": "kilometer", "kilometres": "kilometer", "kilo": "kilogram", "kilos": "kilogram", "knot": "knot",
    "percent": "percent", "prozent": "percent", "nm": "nautical-mile", "tonne": "tonne", "tonnes": "tonne",
    "gramme": "gram", "grammes": "gram", "centimetre": "centimeter", "centimetres": "centimeter",
    "millimetre": "millimeter", "millimetres": "millimeter", "ounces": "ounce", "°": "celsius",
    "sqm": "square-meter", "qm": "square-meter", "sqft": "square-foot", "cbm": "cubic-meter",
}  # fmt: skip


# "square-meter" and "kilometer-per-hour", as the CLDR has them, are "meter**2" and "kilometer/hour" to pint.
_POWER = re.compile(r"(square|cubic)-(\w+)|-per-")


def _in_words_of_pint(match: re.Match[str]) -> str:
    return f"{match[2]}**{2 if match[1] == 'square' else 3}" if match[1] else "/"


_DEGREES = "degree degrees grad degré degrés grado grados gradi graden °"  # of temperature, or of an angle


@lru_cache(maxsize=4_096)
def _in_base_units(value: float, units: frozenset[str]) -> tuple[tuple[float, str], ...]:
    """An amount in the basic unit of each dimension that it may have, by pint; nothing for what pint does not know."""
    found = []
    for unit in units:
        with suppress(AttributeError, ValueError):  # units that pint does not know, and "liter/100_kilometer"
            quantity = _pint().Quantity(value, _POWER.sub(_in_words_of_pint, unit).replace("-", "_")).to_base_units()
            found.append((float(quantity.magnitude), str(quantity.units)))
    return tuple(found)


@cache
def _pint() -> Any:
    import pint

    return pint.UnitRegistry(cache_folder=None)
