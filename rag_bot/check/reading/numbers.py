"""Numbers in a text, with their units, and whether other numbers confirm them. Linear in the length of the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from rag_bot.check.reading.dates import Span
from rag_bot.check.reading.number_words import WORD_NUMBER, fraction_of, value_of_words
from rag_bot.check.reading.units import Unit, multiplier_of, unit_of

LONGEST = 24  # digits; a longer run is a code, and compared as a name
ABOUT = Decimal("0.05")  # how far "about 30" may be from what the notes say
THIRDS = Decimal("0.02")  # how far a share in words ("a third") may be from one in digits
_APPROXIMATE = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|nearly|almost|some|circa|ca|etwa|rund|ungefähr|environ|unos|unas"
    r"|aproximadamente)\b"
    r"\.?|~|≈) *(?:[$€£¥] ?)?$",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d(?:[\d.,'’\u00a0\u202f]*\d)?")
_SCIENTIFIC = re.compile(
    r"[eE]([+-]?\d{1,3})(?!\w)|\s?[×x*·]\s?10(?:\^|\*\*)([+-]?\d{1,3})|(?:\^|\*\*)([+-]?\d{1,3})(?!\w)"
)
_ORDINAL = re.compile(r"(?:st|nd|rd|th|º|ª|er|ème|e)(?!\w)")
_DECADE = re.compile(r"['’]?s(?!\w)")
_AFTER = re.compile(r"(?:[ \u00a0\u202f]|-(?=[A-Za-z]))?(%|°[CF]?|[$€£¥]|[^\W\d_]+(?:/[^\W\d_]+)?\.?)")
_SECOND_WORD = re.compile(r" ([^\W\d_]+)")
_RANGE = re.compile(r"\s?(?:[-–—]|to|bis|à|a|and|und|et|y)\s?\d[\d.,]*")
_CURRENCY_BEFORE = re.compile(r"(US\$|[$€£¥]|\b(?:USD|EUR|GBP|CHF)) ?$")
_RATE = re.compile(
    r"\s?(?:\w+ )?(?:a|an|per|each|every|/|pro|im|par|por|al) ?(second|minute|hour|day|night|week|month|year|quarter"
    r"|s|h|stunde|tag|woche|monat|jahr|heure|jour|semaine|mois|hora|día|semana|mes|año)\b",
    re.IGNORECASE,
)
_CURRENCIES = ("dollars", "euros", "sterling", "yen", "francs")
_IN_THOUSANDS = re.compile(r"[1-9]\d{0,2}\.\d{3}")  # as an amount of money: it has two decimals or none
_CAPITALISED = re.compile(r"\b[A-Z]\w*")
_NAME_BEFORE = re.compile(r"\b([A-Z]\w*[A-Za-z]) $")
_NO_NAMES = frozenset(
    "in on at since the from by of for with about over under after before and or but to is was only".split()
)
_MANY = re.compile(
    r"\b(tens|dozens|hundreds|thousands|millions|billions|trillions)(?: of (thousands|millions|billions|trillions))?\b",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"\d{1,3}(?:[,.'’\u00a0\u202f]\d{3})+")


@dataclass(frozen=True, slots=True)
class Number:
    """An amount as a text says it. `value` is in the basic unit of what it `measures`, which is "" for a bare number.

    `weak` ones may be no number at all ("one", "first"): they deny, but are not asked for. `rate` is the time that it
    is said for ("a month"), `label` the name that it belongs to ("Postgres" of "Postgres 15"), `beside` are the
    capitalised words of its text. The unit of an `elided` one stands with the number before it.
    """

    text: str
    value: Decimal
    measures: str = ""
    about: bool = False
    weak: bool = False
    start: int = 0
    bare: Decimal = Decimal(0)
    rate: str = ""
    label: str = ""
    beside: frozenset[str] = frozenset()
    elided: bool = False

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def is_year(self) -> bool:
        """Whether it is written as a year is: four digits of the last or next centuries, and no unit."""
        return not self.measures and len(self.text) == 4 and self.text.isdecimal() and 1400 <= self.value <= 2199


def read_numbers(text: str, taken: Sequence[Span], language: str) -> tuple[Number, ...]:
    """The numbers of a text but for those inside the spans taken by dates."""
    masked = _masked(text, taken)
    with localcontext() as context:
        context.prec = 60
        beside = frozenset(match[0].lower() for match in _CAPITALISED.finditer(text))
        found = [number for match in _DIGITS.finditer(masked) for number in _read(masked, match, language, beside)]
        spans = [(number.start, number.end) for number in found]
        masked = _masked(masked, spans)
        found += [number for match in WORD_NUMBER.finditer(masked) for number in _read_words(masked, match)]
        found += [_many(match) for match in _MANY.finditer(masked)]
    return tuple(sorted(found, key=lambda number: number.start))


def confirms(said: Number, others: Iterable[Number]) -> bool:
    """Whether one of the other numbers says this one."""
    return any(_same(said, other) for other in others)


def comparable(said: Number, other: Number) -> bool:
    """Whether both answer "how much of it?" alike, so that one may stand for the other."""
    return said.measures == other.measures and said.is_year == other.is_year


def _same(said: Number, other: Number) -> bool:
    if said.rate != other.rate and said.rate and other.rate:
        return False
    if other.label and said.label != other.label and other.label not in said.beside:
        return False
    if said.measures == other.measures:
        return _equal(said, other, said.value, other.value)
    if other.elided and not said.measures and said.bare == other.bare:
        return True
    if not said.measures or not other.measures:
        named = said.measures or other.measures
        return named in _MAY_BE_BARE and _equal(said, other, said.bare, other.bare)
    return False


_MAY_BE_BARE = ("times", "angle", "decade")


def _equal(said: Number, other: Number, here: Decimal, there: Decimal) -> bool:
    if here == there:
        return True
    near = ABOUT if said.about else THIRDS if "fraction" in (said.text, other.text) else Decimal(0)
    return bool(near) and abs(here - there) <= near * abs(there)


def _masked(text: str, spans: Sequence[Span]) -> str:
    """The text with these spans blanked, so that places stay."""
    parts, last = [], 0
    for start, end in sorted(spans):
        if start >= last:
            parts += [text[last:start], " " * (end - start)]
            last = end
    return "".join([*parts, text[last:]])


def _read(text: str, match: re.Match[str], language: str, beside: frozenset[str]) -> Iterator[Number]:
    start, end = match.span()
    if is_part_of_name(text, start, end) or sum(map(str.isdigit, match[0])) > LONGEST:
        return
    value = _value(match[0], language)
    if value is None:
        return
    power = _SCIENTIFIC.match(text, end)
    if power:
        value, end = _with_power(value, power), power.end()
    if _negative(text, start):
        value = -value
    about = bool(_APPROXIMATE.search(text[max(0, start - 24) : start]))
    measures, factor, end = _unit(text, start, end)
    label = _label(text, start, value) if not measures else ""
    currency = _currency_before(text, start)
    if (currency or measures in _CURRENCIES) and factor == 1 and _IN_THOUSANDS.fullmatch(match[0]):
        value *= 1000
    begin = currency.start() if currency else start
    said = text[begin:end].strip()
    yield Number(said, value * factor, measures, about, False, begin, value, _rate(text, end), label, beside)


def _rate(text: str, end: int) -> str:
    match = _RATE.match(text, end)
    return match[1].lower() if match else ""


def _label(text: str, start: int, value: Decimal) -> str:
    """The name right before a number that is no year."""
    match = _NAME_BEFORE.search(text[max(0, start - 24) : start])
    if not match or match[1].lower() in _NO_NAMES or 1000 <= value <= 2999:
        return ""
    return match[1].lower()


def _unit(text: str, start: int, end: int) -> tuple[str, Decimal, int]:
    """What is measured, how many of the basic unit, and where the number with its unit ends."""
    if ordinal := _ORDINAL.match(text, end):
        return "ordinal", Decimal(1), ordinal.end()
    if decade := _DECADE.match(text, end):
        return "decade", Decimal(1), decade.end()
    factor = Decimal(1)
    name, after = _name_after(text, end)
    if name and (many := multiplier_of(name)):
        factor, end = many, after
        name, after = _name_after(text, end)
    before = _currency_before(text, start)
    unit = unit_of(before[1].lower()) if before else _named_unit(text, name, after, end)
    if unit is None:
        return "", factor, end
    return unit.measures, factor * unit.factor, end if before else after


def _currency_before(text: str, start: int) -> re.Match[str] | None:
    return _CURRENCY_BEFORE.search(text, max(0, start - 5), start)


def _named_unit(text: str, name: str, after: int, end: int) -> Unit | None:
    """The unit after a number, or after the range that it begins ("10-20 ms")."""
    second = _SECOND_WORD.match(text, after)
    if second and (both := unit_of(f"{name} {second[1]}".lower())):
        return both
    if unit := unit_of(name) if name else None:
        return unit
    if span := _RANGE.match(text, end):
        name, _ = _name_after(text, span.end())
        return unit_of(name) if name and name.lower() not in ("in", "an", "a") else None
    return None


def _name_after(text: str, end: int) -> tuple[str, int]:
    match = _AFTER.match(text, end)
    if not match:
        return "", end
    name = match[1]
    if name.endswith(".") and name.lower() != "in.":
        name = name[:-1]
    if name.lower() in ("in", "an", "a", "t") or (len(name) == 1 and name == "B" and text[end : end + 1] != " "):
        return ("billion", match.end()) if name == "B" else ("", end)
    return name, match.start(1) + len(name)


def is_part_of_name(text: str, start: int, end: int) -> bool:
    """Whether the digits belong to an identifier: "GPT-4", "v2", "3.11.2", "4o"."""
    before, digits = text[max(0, start - 2) : start], text[start:end]
    if before and (before[-1].isalpha() or before[-1] in "_@#/\\"):
        return True
    if len(before) == 2 and before[-1] in "-." and (before[0].isalpha() or (before[-1] == "." and before[0] in "_")):
        return before[-1] == "-" and not before[0].isdigit()
    if digits.count(".") > 1 and not _THOUSANDS.fullmatch(digits):
        return True
    after = text[end : end + 12]
    if not after or not (after[0].isalpha() or after[0] == "_"):
        return False
    return not _is_suffix(text, end)


def _is_suffix(text: str, end: int) -> bool:
    """Whether the letters right after the digits are a unit, an ordinal's ending or a power of ten."""
    if _ORDINAL.match(text, end) or _DECADE.match(text, end) or _SCIENTIFIC.match(text, end):
        return True
    match = _AFTER.match(text, end)
    name = match[1].rstrip(".") if match else ""
    return bool(name) and (name == "B" or unit_of(name) is not None or multiplier_of(name) is not None)


def _negative(text: str, start: int) -> bool:
    sign, before = text[start - 1 : start], text[start - 2 : start - 1]
    return sign in ("-", "−") and start > 0 and not (before.isalnum() or (before and before in ")%°"))


def _with_power(value: Decimal, power: re.Match[str]) -> Decimal:
    mantissa, times, exponent = power.groups()
    if exponent is not None:
        return value ** int(exponent) if value and abs(int(exponent)) < 100 else value
    return value.scaleb(int(mantissa or times))


def _value(digits: str, language: str) -> Decimal | None:
    """The amount that digits with marks between them are in this language."""
    digits = digits.replace("\u00a0", "'").replace("\u202f", "'").replace("’", "'").replace("'", "")
    decimal = "," if language != "english" else "."
    grouping = "." if decimal == "," else ","
    only_one_mark = not (digits.count(",") and digits.count("."))
    if only_one_mark and _THOUSANDS.fullmatch(digits) and (digits.count(grouping) or digits.count(decimal) > 1):
        digits = digits.replace(",", "").replace(".", "")
    last = max(digits.rfind(","), digits.rfind("."))
    if last >= 0:
        whole = digits[:last].replace(",", "").replace(".", "")
        digits = f"{whole}.{digits[last + 1 :]}"
    try:
        return Decimal(digits)
    except ArithmeticError:
        return None


def _many(match: re.Match[str]) -> Number:
    """ "tens of billions": how many, to the order of magnitude."""
    value = Decimal(1)
    for word in filter(None, match.groups()):
        singular = word.lower()[:-1]
        value *= 10 if singular == "ten" else multiplier_of(singular) or 1
    return Number(match[0], value, "many", start=match.start(), bare=value)


def _read_words(text: str, match: re.Match[str]) -> Iterator[Number]:
    """A number in words, or a share such as "two thirds"."""
    start, end = match.span()
    if (share := fraction_of(match[0])) is not None:
        yield Number("fraction", share * 100, "%", start=start, bare=share)
        return
    value, weak = value_of_words(match[0])
    if value is None:
        return
    measures, factor, _ = _unit(text, start, end)
    about = bool(_APPROXIMATE.search(text[max(0, start - 24) : start]))
    yield Number(match[0], value * factor, measures, about, weak and not measures, start, value)
