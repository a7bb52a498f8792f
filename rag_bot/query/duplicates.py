"""Passages and lines that repeat each other: only the best copy is shown, unless they differ in what matters."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from rag_bot.records import Chunk, Hit, Note, SearchRanks

# Of the shorter passage's word triples, so many stand in the longer one. Set by hand.
DUPLICATE_SHARE = 0.8

# Of the words of two lines that are no numbers and no names, so many are common where they say the same of something;
# fewer of them tell nothing. Set by hand.
SAME_STATEMENT, FEWEST_WORDS = 0.6, 4
_NEGATIONS = frozenset("no not never none nor without cannot nicht kein keine keinen nie ohne pas jamais sans".split())
_WORD = re.compile(r"\w(?:[\w.,:/'’-]*\w)?")

Shingles = frozenset[tuple[str, ...]]


def collapse(ranked: Iterable[tuple[list[tuple[Chunk, Note]], float, SearchRanks]], limit: int) -> list[Hit]:
    """Turn ranked passages into hits; one that mostly repeats a better one, and agrees with it, becomes its duplicate.

    Each entry has all the chunks that share one text (the same passage in several notes).
    """
    kept: list[tuple[Chunk, Note, float, SearchRanks]] = []
    duplicates: dict[str, list[str]] = defaultdict(list)
    shingles: list[Shingles] = []
    for copies, score, why in ranked:
        copies = sorted(copies, key=lambda copy: (copy[0].note_path, copy[0].ordinal))
        locations = [chunk.location for chunk, _ in copies]
        text = copies[0][0].text
        own = word_shingles(text)
        twin = next(
            (index for index, other in enumerate(shingles) if repeats(own, other) and agree(text, kept[index][0].text)),
            None,
        )
        if twin is not None:
            duplicates[kept[twin][0].location] += locations
        elif len(kept) < limit:
            kept.append((*copies[0], score, why))
            shingles.append(own)
            duplicates[locations[0]] += locations[1:]
        else:
            break
    return [
        Hit(chunk, note, score, rank, why, tuple(duplicates[chunk.location]))
        for rank, (chunk, note, score, why) in enumerate(kept, start=1)
    ]


def word_shingles(text: str) -> Shingles:
    """The triples of neighbouring words of a text, lower-cased; its words where there are fewer than three."""
    words = re.findall(r"\w+", text.lower())
    size = min(3, len(words))
    return (
        frozenset(tuple(words[start : start + size]) for start in range(len(words) - size + 1)) if size else frozenset()
    )


def repeats(text: Shingles, other: Shingles) -> bool:
    """Whether the shorter of two texts mostly stands in the longer one, by their word triples."""
    shorter = min(len(text), len(other))
    return shorter > 0 and len(text & other) >= DUPLICATE_SHARE * shorter


def agree(text: str, other: str) -> bool:
    """Whether the numbers, names, dates and negations of the shorter of two texts are those of the longer one."""
    short, long = sorted((text, other), key=len)
    words = {word.lower() for word in _WORD.findall(long)}
    telling = {word.lower() for word in _WORD.findall(short) if _tells(word)}
    return telling <= words and _negations(short) == _negations(long)


def differences(lines: Sequence[tuple[str, str, str]]) -> list[tuple[list[int], list[str]]]:
    """Lines of different notes that say the same but for a number, a name, a date or a negation.

    Each line is its text as the reader gets it, its note's path and that note's date ("" without one). Gives groups:
    the numbers of the lines, from 0, the newest note's first, and for each the words that the others lack.
    """
    groups: list[list[int]] = []
    for number, (text, path, _) in enumerate(lines):
        for group in groups:
            others = [lines[other] for other in group]
            if all(path != other[1] and _same_statement(text, other[0]) for other in others):
                if not any(agree(text, other[0]) for other in others):
                    group.append(number)
                break
        else:
            groups.append([number])
    found = []
    for group in groups:
        if len(group) > 1:
            group.sort(key=lambda number: lines[number][2], reverse=True)
            texts = [lines[number][0] for number in group]
            own = [
                _own_words(text, [*texts[:place], *texts[place + 1 :], lines[number][1]])
                for place, (number, text) in enumerate(zip(group, texts, strict=True))
            ]
            if any(own):
                found.append((group, own))
    return found


def _same_statement(text: str, other: str) -> bool:
    """Whether two lines share most of the words that are no numbers and no names."""
    plain, others = ({word.lower() for word in _WORD.findall(line) if not _tells(word)} for line in (text, other))
    together = plain | others
    return len(together) >= FEWEST_WORDS and len(plain & others) >= SAME_STATEMENT * len(together)


def _own_words(text: str, others: Sequence[str]) -> str:
    """The telling words of a text that none of the others has, as they stand there; its note's name is no news."""
    known = {word.lower() for other in others for word in _WORD.findall(other)}
    telling = (word for word in _WORD.findall(text) if _tells(word) or word.lower() in _NEGATIONS)
    return ", ".join(dict.fromkeys(word for word in telling if word.lower() not in known))


def _tells(word: str) -> bool:
    """Whether a word is a number or a name."""
    return word[0].isupper() or any(map(str.isdigit, word))


def _negations(text: str) -> set[str]:
    words = {word.lower() for word in _WORD.findall(text)}
    return {word for word in words if word in _NEGATIONS or word.endswith(("n't", "n’t"))}
