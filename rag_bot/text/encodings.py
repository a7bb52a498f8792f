"""Bytes -> text. What is neither marked nor UTF-8 is guessed, and said to be.

charset-normalizer says which encodings are plausible, but in a few words of German or Polish it sees anything. Among
them the one wins whose text is the likeliest, letter by letter, in the language that fits it best.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from math import log

# The longer marks first: that of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
USUAL = "cp1252"  # as Windows writes in Western Europe and America
_WIDE = ("utf_16_le", "utf_16_be")
# Those that people's notes were ever written in; ISO 8859 and the national standards are parts of them, but for signs.
_NARROW = (
    USUAL, "cp1250", "gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255",
    "cp1256", "cp874",
)  # fmt: skip
_SAMPLE = 16_384  # bytes, of lines that are not ASCII, that the guess is made from; set by hand
# Letters that charset-normalizer's lists of each language's 26 commonest ones lack.
_FURTHER_LETTERS = {
    "Croatian": "čćđšž",
    "Czech": "áčďéěíňóřšťúůýž",
    "Danish": "æøåéêóôöäü",
    "Dutch": "éëïöüèêáóíç",
    "English": "éèêëïöçñ",
    "Estonian": "äöõüšž",
    "Finnish": "äöåšž",
    "French": "àâæçéèêëîïôœùûüÿ",
    "German": "äöüß",
    "Greek": "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋ",
    "Hungarian": "áéíóöőúüű",
    "Icelandic": "áéíóúýþðæö",
    "Italian": "àèéìíòóùú",
    "Norwegian": "æøåéêóòôöäü",
    "Polish": "ąćęłńóśźż",
    "Portuguese": "àáâãçéêíóôõúü",
    "Romanian": "ăâîșțşţ",
    "Russian": "абвгдежзийклмнопрстуфхцчшщъыьэюяё",
    "Slovak": "áäčďéíĺľňóôŕšťúýž",
    "Slovene": "čšž",
    "Spanish": "áéíñóúü",
    "Swedish": "åäöéüà",
    "Turkish": "çğıöşüâîû",
    "Ukrainian": "абвгдежзийклмнопрстуфхцчшщьюяєіїґ",
}
_SIGNS = frozenset("’“”„–—…°£€§·×«»¿¡µ\xa0")  # that Western texts are full of
# Natural logarithms of shares of a text's characters. The letters' are those of a Zipf distribution over their ranks;
# the others are set by hand, to the order of magnitude.
_FURTHER_LETTER, _IDEOGRAPH, _SIGN, _OTHER_SIGN, _ASCII = log(3e-3), log(2e-4), log(1e-2), log(1e-3), log(1e-2)
_INITIAL, _CAPITAL = log(0.3), log(0.02)  # capitals to small letters: at the beginning of a word, and inside one
_IDEOGRAPH_IN_WORD, _SIGN_IN_WORD = log(1e-5), log(1e-5)
_STRANGE_LETTER, _STRANGE_LATIN_LETTER = log(1e-7), log(1e-6)
_EASTERN = ("Chinese", "Japanese", "Korean")
_LAST_LATIN = "\u024f"
_MOST_DAMAGE = 0.1  # share of broken bytes among what is not ASCII, in UTF-8 that was damaged; set by hand
_USUAL_BONUS = 8.0  # what speaks for the usual encoding before anything is read; set by hand


def decode(data: bytes) -> tuple[str, str]:
    """The text, a byte-order mark being its first character, and the encoding if that was guessed, else "".

    What has a NUL and is not UTF-16 keeps it, which no text has.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), ""
    if b"\0" in data:  # as the spaces and line ends of UTF-16 have it
        encoding = _guess_wide(data)
        return data.decode(encoding or "latin-1", "replace"), encoding
    with suppress(UnicodeDecodeError):
        return data.decode("utf-8"), ""
    damaged = data.decode("utf-8", "replace")
    errors, characters = damaged.count("\ufffd"), sum(not mark.isascii() for mark in damaged)
    if errors <= _MOST_DAMAGE * characters:
        return damaged, "damaged utf-8"
    for encoding in _by_likelihood(data):
        with suppress(UnicodeDecodeError):
            return data.decode(encoding), encoding
    return data.decode("latin-1"), "latin-1"


def _guess_wide(data: bytes) -> str:
    """Which UTF-16 it is; "" for none."""
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE], cp_isolation=list(_WIDE)).best() if len(data) % 2 == 0 else None
    return best.encoding.replace("_", "-") if best else ""


def _by_likelihood(data: bytes) -> list[str]:
    """The plausible encodings, the likeliest first."""
    from charset_normalizer import from_bytes

    sample = b"\n".join(line for line in data.splitlines() if not line.isascii())[:_SAMPLE]
    found = from_bytes(sample, cp_isolation=list(_NARROW))
    plausible = {USUAL, *(encoding for match in found for encoding in (match.encoding, *match.could_be_from_charset))}

    def likelihood(encoding: str) -> float:
        return _likelihood(sample.decode(encoding, "replace")) + (_USUAL_BONUS if encoding == USUAL else 0)

    return sorted(plausible & {*_NARROW}, key=lambda encoding: (-likelihood(encoding), encoding))


def _likelihood(text: str) -> float:
    """Natural logarithm of how likely the text is in the language in which it is likeliest."""
    padded = f" {text} "
    places = Counter(
        (
            padded[place],
            padded[place - 1].isalpha(),
            padded[place - 1].islower(),
            padded[place + 1].isalpha(),
            any(near.isascii() and near.isalpha() for near in (padded[place - 1], padded[place + 1])),
        )
        for place in range(1, len(padded) - 1)
    )
    return max(sum(count * _share(*place, letters) for place, count in places.items()) for letters in _languages())


def _share(
    mark: str,
    after_letter: bool,
    after_small: bool,
    before_letter: bool,
    beside_ascii: bool,
    letters: Mapping[str, float],
) -> float:
    """Logarithm of a character's share of the texts of a language with these letters."""
    small = mark.lower()
    if mark.isascii():
        return letters.get(small, _ASCII) + (_INITIAL if mark != small else 0)
    if _is_ideograph(mark):
        return _IDEOGRAPH_IN_WORD if beside_ascii else letters.get(mark, letters[""])
    if mark in _SIGNS:
        return _SIGN
    if not mark.isalpha():
        return _SIGN_IN_WORD if after_letter and before_letter else _OTHER_SIGN
    if small not in letters or (beside_ascii and mark > _LAST_LATIN):
        return _STRANGE_LETTER if mark > _LAST_LATIN else _STRANGE_LATIN_LETTER
    return letters[small] + (0 if mark == small else _CAPITAL if after_small else _INITIAL)


def _is_ideograph(mark: str) -> bool:
    """Also kana, Hangul and the signs that stand between them."""
    return (
        "\u3000" <= mark <= "\u30ff"
        or "\u4e00" <= mark <= "\u9fff"
        or "\uac00" <= mark <= "\ud7af"
        or "\uff01" <= mark <= "\uff5e"
    )


@cache
def _languages() -> tuple[Mapping[str, float], ...]:
    """The letters of each language, with the logarithms of their shares; "" is any other ideograph."""
    from charset_normalizer.constant import FREQUENCIES

    languages: dict[str, dict[str, float]] = {}
    for name, letters in FREQUENCIES.items():
        language = name.rstrip("—")  # Japanese is in it three times, once for each script
        known = languages.setdefault(language, {"": _IDEOGRAPH if language in _EASTERN else _STRANGE_LETTER})
        known |= {letter: log(1 / (rank + 2) / 3) for rank, letter in enumerate(letters)}
    for name, further in _FURTHER_LETTERS.items():
        known = languages.setdefault(name, {"": _STRANGE_LETTER})
        known |= {letter: _FURTHER_LETTER for letter in further if letter not in known}
    english = languages["English"]  # stands also among letters that are not Latin
    return tuple(known if "a" in known else {**english, **known} for known in languages.values())
