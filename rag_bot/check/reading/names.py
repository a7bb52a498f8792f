"""Names in a text: capitalised words inside a sentence, acronyms, identifiers, addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag_bot.check.reading.dates import Span
from rag_bot.check.reading.numbers import LONGEST
from rag_bot.check.reading.tokens import Term, Token
from rag_bot.check.reading.units import unit_of

_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>()\"'`]{1,500}|[\w.+-]{1,64}@[\w-]{1,63}\.[\w.]{2,63}|(?:[\w.~-]{0,64}/){1,8}[\w.-]{1,64}"
)
_IDENTIFIER = re.compile(r"(?<![\w.])[A-Za-z_][\w]{0,60}(?:[-.][A-Za-z0-9_]{1,40}){0,6}(?:\(\))?")
_VERSION = re.compile(r"(?<![\w.])v?\d{1,6}(?:\.\d{1,6}){2,6}(?![\w])")
_COMPOUND = re.compile(r"(?<![\w-])[^\W\d_]{2,30}(?:-[^\W\d_]{2,30}){2,6}(?![\w-])")
_ENDINGS = ("s", "es", "n", "an", "ian", "ish", "y", "ese", "en")
_NOT_NAMES = frozenset("i i'm i'd i've i'll".split())
_STARTS = "^.:;!?-–—|("


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is written, and its letters and digits alone in lower case. `sure` ones are not just a noun.

    `term` is the stem of a single word.
    """

    text: str
    letters: str
    start: int
    sure: bool = True
    term: Term | None = None


def read_names(text: str, tokens: Sequence[Token], taken: Sequence[Span], language: str) -> tuple[Name, ...]:
    """The names of a text, in order; `taken` are the dates, which are none."""
    found: list[Name] = []
    spans: list[Span] = []
    for name, span in (*_addresses(text), *_versions(text), *_identifiers(text), *_compounds(text)):
        if not any(span[0] < end and start < span[1] for start, end in (*spans[-50:], *taken[:200])):
            found.append(name)
            spans.append(span)
    inside = _covered(spans + list(taken), len(text))
    found += [name for name in _capitalised(tokens, language) if not inside[name.start] and not _is_unit(name, text)]
    return tuple(sorted(found, key=lambda name: name.start))


def _compounds(text: str) -> Iterator[tuple[Name, Span]]:
    """Terms of three words and more that hyphens join: "tree-of-thought"."""
    for match in _COMPOUND.finditer(text):
        yield Name(match[0], letters_of(match[0]), match.start()), match.span()


def letters_of(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def known_letters(tokens: Sequence[Token]) -> frozenset[str]:
    """What a name may be found as: each word of a text, and neighbouring words written as one ("PaLM 2", "palm2")."""
    words = [letters_of(token.text.removesuffix("'s").removesuffix("’s")) for token in tokens]
    pairs = ("".join(pair) for pair in pairwise(words))
    triples = ("".join(three) for three in zip(words, words[1:], words[2:], strict=False))
    fours = ("".join(four) for four in zip(words, words[1:], words[2:], words[3:], strict=False))
    return frozenset([*words, *pairs, *triples, *fours, *_initials(words)])


def stands_in(name: Name, known: frozenset[str], raw: str) -> bool:
    """Whether a name is among the words of a text, or, an address, in the text as it is written."""
    letters = name.letters
    if letters in known or (len(letters) > 3 and any(f"{letters}{ending}" in known for ending in _ENDINGS)):
        return True
    if any(
        letters.endswith(ending) and len(letters) - len(ending) > 2 and letters[: -len(ending)] in known
        for ending in _ENDINGS
    ):
        return True
    return not name.text.isalpha() and len(name.text) > 3 and name.text.lower().rstrip("/.") in raw


def _initials(words: Sequence[str]) -> Iterator[str]:
    """The initials of three to five neighbouring words: what an acronym may stand for."""
    firsts = "".join(word[:1] or " " for word in words)
    for size in (3, 4, 5):
        yield from (firsts[start : start + size] for start in range(len(firsts) - size + 1))


def _is_unit(name: Name, text: str) -> bool:
    """Whether an acronym stands beside digits as their unit: "EUR 20", "5 MB"."""
    end = name.start + len(name.text)
    around = text[max(0, name.start - 2) : name.start].strip()[-1:] + text[end : end + 2].strip()[:1]
    return unit_of(name.text) is not None and any(map(str.isdigit, around))


def _covered(spans: Iterable[Span], length: int) -> bytearray:
    inside = bytearray(length + 1)
    for start, end in spans:
        inside[start:end] = b"\x01" * (end - start)
    return inside


def _addresses(text: str) -> Iterator[tuple[Name, Span]]:
    for match in _ADDRESS.finditer(text):
        found = match[0].rstrip(".,;:!?")
        if any(map(str.isalpha, found)) and (
            "://" in found or "@" in found or "." in found or found.startswith(("/", "~", "www"))
        ):
            yield Name(found, letters_of(found), match.start()), (match.start(), match.start() + len(found))


def _versions(text: str) -> Iterator[tuple[Name, Span]]:
    for match in _VERSION.finditer(text):
        yield Name(match[0], letters_of(match[0]), match.start()), match.span()
    for match in re.finditer(rf"\d{{{LONGEST + 1},}}", text):
        yield Name(match[0], match[0], match.start()), match.span()


def _identifiers(text: str) -> Iterator[tuple[Name, Span]]:
    """What only code or products are called: "snake_case", "camelCase", "GPT-4", "os.path", "main()"."""
    for match in _IDENTIFIER.finditer(text):
        found = match[0].rstrip(".-")
        if _is_identifier(found):
            yield Name(found, letters_of(found), match.start()), (match.start(), match.start() + len(found))


def _is_identifier(word: str) -> bool:
    if word.endswith("()") or "_" in word.strip("_"):
        return True
    if any(map(str.isdigit, word)):
        return True
    return any(a.islower() and b.isupper() for a, b in pairwise(word))


def _capitalised(tokens: Sequence[Token], language: str) -> Iterator[Name]:
    """Acronyms anywhere, other capitalised words where no sentence begins; German writes every noun so."""
    for token in tokens:
        word = token.text.removesuffix("'s").removesuffix("’s")
        if not word[:1].isupper() or word.lower() in _NOT_NAMES or any(map(str.isdigit, word)):
            continue
        acronym = len(word) > 1 and word.removesuffix("s").isupper() and len(word.removesuffix("s")) > 1
        if acronym or (token.after not in (*_STARTS,) and token.content):
            yield Name(word, letters_of(word), token.start, sure=acronym or language != "german", term=token.terms[0])
