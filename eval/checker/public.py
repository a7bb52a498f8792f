"""Pairs made from public data sets by rule, always the same ones: only the figures are kept, not the texts.

SQuAD 2.0 (paragraphs of Wikipedia) and the notes of three vaults. True ones: a sentence as it stands, without its last
clause, or joined with the next one. False ones: with another number, year, name, a "not" more or less, an opposite, or
against another paragraph of the same article.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from eval.checker.pairs import Pair, lines_of, split_of
from rag_bot.check import CitedLine
from rag_bot.markdown import plain_text

EACH = 8  # sentences of a set for each kind
_LONGEST, _SHORTEST = 300, 50  # characters
_NUMBER = re.compile(r"(?<![\w.,/-])\d+(?![\w,/-]|\.\d)")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b(?! [A-Z])")
_IS = re.compile(r" (is|are|was|were|can|has been|have been) (?!not\b|no\b)")
_OPPOSITES = {
    "first": "last", "more": "less", "before": "after", "largest": "smallest", "increased": "decreased",
    "always": "never", "all": "none of the", "early": "late", "higher": "lower", "most": "least", "north": "south",
    "enable": "disable", "add": "remove", "open": "close", "old": "new", "minimum": "maximum", "above": "below",
    "larger": "smaller", "northern": "southern", "western": "eastern", "public": "private", "start": "stop",
}  # fmt: skip
_OPPOSITE = re.compile(rf"\b({'|'.join(_OPPOSITES)})\b")

Passage = tuple[CitedLine, ...]
Change = Callable[[str, Random, Sequence[str]], str]


def public_pairs(folder: Path) -> Iterator[Pair]:
    """Pairs from the data sets in a folder that are there."""
    squad = folder / "answerability" / "squad2-8-articles.json"
    if squad.is_file():
        yield from _pairs("squad", _squad(squad))
    vaults = [folder / "vaults" / name for name in ("obsidian-help-en", "simonw-til")]
    groups = [_vault(vault) for vault in vaults if vault.is_dir()]
    if groups:
        yield from _pairs("vaults", [passage for group in groups for passage in group])


def _squad(path: Path) -> list[Passage]:
    articles = json.loads(path.read_text())["data"]
    return [
        tuple(CitedLine(line.text, article["title"].replace("_", " ")) for line in lines_of(paragraph["context"]))
        for article in articles
        for paragraph in article["paragraphs"]
    ]


def _vault(folder: Path) -> list[Passage]:
    """Each note's first lines, as many as a few passages hold."""
    notes = sorted(path for path in folder.rglob("*.md") if path.stat().st_size > 800)
    return [lines_of(path.read_text(encoding="utf-8", errors="replace"), title=path.stem)[:25] for path in notes]


def _pairs(source: str, passages: Sequence[Passage]) -> Iterator[Pair]:
    random = Random(f"{source} 1")
    names = sorted({name for passage in passages for line in passage for name in _NAME.findall(line.text)})
    for kind, (label, change) in _KINDS.items():
        made = 0
        for place in random.sample(range(len(passages) - 1), len(passages) - 1):
            sentence = _sentence(passages[place], random)
            changed = change(sentence, random, names) if sentence else ""
            lines = passages[place + 1] if kind == "other passage" else passages[place]
            if not changed or len(lines) < 2:
                continue
            identity = f"{source} {kind} {changed}"
            yield Pair(identity, lines, changed, label, kind, split_of(identity), source)
            made += 1
            if made == EACH:
                break
    yield from _merged(source, passages, random)


def _merged(source: str, passages: Sequence[Passage], random: Random) -> Iterator[Pair]:
    for place in random.sample(range(len(passages)), min(EACH, len(passages))):
        good = [text for line in passages[place] if _is_plain(text := plain_text(line.text))]
        if len(good) < 2:
            continue
        sentence = f"{good[0].rstrip('.')}, and {good[1]}"
        yield Pair(sentence, passages[place], sentence, "supported", "merged", split_of(sentence), source)


def _sentence(passage: Passage, random: Random) -> str:
    good = [text for line in passage if _is_plain(text := plain_text(line.text))]
    return random.choice(good) if good else ""


def _is_plain(text: str) -> bool:
    return _SHORTEST <= len(text) <= _LONGEST and text.endswith(".") and text[:1].isupper() and "\n" not in text


def _shortened(sentence: str, *_: object) -> str:
    """Without its last clause, where a comma parts it."""
    head, comma, tail = sentence.rpartition(", ")
    return f"{head}." if comma and len(head) > _SHORTEST and not tail.startswith(("and ", "or ")) else ""


def _number(sentence: str, random: Random, _: Sequence[str]) -> str:
    found = list(_NUMBER.finditer(sentence))
    if not found:
        return ""
    match = random.choice(found)
    other = int(match[0]) + random.choice((-1, 1, 2, 3, 10))
    return f"{sentence[: match.start()]}{abs(other) if other else 12}{sentence[match.end() :]}"


def _name(sentence: str, random: Random, names: Sequence[str]) -> str:
    found = list(_NAME.finditer(sentence))
    if not found:
        return ""
    match = random.choice(found)
    other = random.choice([name for name in names if name not in sentence])
    return f"{sentence[: match.start()]}{other}{sentence[match.end() :]}"


def _negated(sentence: str, *_: object) -> str:
    if " not " in sentence:
        return sentence.replace(" not ", " ", 1)
    return (
        _IS.sub(
            lambda match: f"{match[0].split()[0].join('  ')}not {' '.join(match[0].split()[1:])}".rstrip() + " ",
            sentence,
            count=1,
        )
        if _IS.search(sentence)
        else ""
    )


def _opposite(sentence: str, *_: object) -> str:
    return _OPPOSITE.sub(lambda match: _OPPOSITES[match[1]], sentence, count=1) if _OPPOSITE.search(sentence) else ""


def _same(sentence: str, *_: object) -> str:
    return sentence


_KINDS: dict[str, tuple[str, Change]] = {
    "verbatim": ("supported", _same),
    "shortened": ("supported", _shortened),
    "number": ("not", _number),
    "name": ("not", _name),
    "negation": ("not", _negated),
    "antonym": ("not", _opposite),
    "other passage": ("not", _same),
}
