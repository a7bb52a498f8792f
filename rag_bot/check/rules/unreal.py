"""What the notes say as a plan, a wish, a thought or a task, and a sentence tells as a fact."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag_bot.check.evidence import ReadLine
from rag_bot.check.reading.statement import Statement
from rag_bot.check.reading.tokens import Term, Token

LEAST = 0.34  # share of a sentence's words that has to stand in what is planned, wished or thought
_BOX = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+\[([ xX])\]\s")
_PLAN, _WISH, _THOUGHT, _TASK = "a plan", "a wish or a suggestion", "a thought", "a task"
_ROWS = {
    _PLAN: "plan plans planned planning intend intends intended expect expects expected expecting supposed soll sollen "
    "sollte sollten plant planen geplant",
    _WISH: "want wants wanted wish wishes wished hope hopes hoped suggest suggests suggested propose proposes proposed "
    "recommend recommends recommended möchte möchten will wollen hofft hoffen hoffe schlägt vorgeschlagen empfiehlt",
    _THOUGHT: "think thinks thought thinking believe believes believed consider considers considering suppose supposes "
    "suspect suspects denkt denke denken glaubt glaube glauben überlegt überlege überlegen vielleicht",
}
_MARKERS = {word: kind for kind, words in _ROWS.items() for word in words.split()}
_GERMAN_ONLY = frozenset("soll will plant denke hoffe".split())  # "will" and "plant" are English words as well
_ONLY_BEFORE = {
    **dict.fromkeys("plan plans planned planning intended supposed expected".split(), frozenset({"to", "on", "for"})),
    **dict.fromkeys(
        "hope hopes hoped wish wishes wished".split(), frozenset("to that for we i he she they it".split())
    ),
}
_NOUNS_AFTER = frozenset("the a an this that these those my our his her their its your as than no".split())
_SAID = frozenset(
    """may might could would should must need needs needed supposedly perhaps maybe possibly probably likely task tasks
    todo action actions open pending idea proposal suggestion opinion advice intention wish hope expectation plan plans
    says said according asked asks decide decides estimate estimates estimated advised advises favours leans lean feels
    aufgabe offen würde könnte muss müssen""".split()
)
_WILL = frozenset("will shall 'll wird werden".split())
_BEFORE_TO = frozenset("is are was were am be has have had ought going about due meant told".split())
_END_MARKS = frozenset(".;!?()")
_END_WORDS = frozenset("but however because since so which who whose aber weil denn sondern obwohl although".split())


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a line's words: what it is said as, the marking word, "" for both where it is told as a fact."""

    kind: str
    marker: str
    terms: frozenset[Term]


def unreal(sentence: Statement, stands_on: Sequence[ReadLine], stating: Sequence[ReadLine]) -> Iterator[str]:
    """What the lines say as a plan, wish, thought or task, where no line (of `stating`) tells it as a fact."""
    wanted = _terms(sentence.tokens)
    if not wanted or sentence.polarity.count:
        return
    careful = _kinds_said(sentence)
    marked = [piece for line in stands_on for piece in _pieces(line.own) if piece.kind and piece.kind not in careful]
    best = max(marked, key=lambda piece: len(piece.terms & wanted), default=None)
    share = len(best.terms & wanted) if best else 0
    facts = (
        len(piece.terms & wanted) for line in stating for piece in _pieces(line.own) if piece.kind in {"", *careful}
    )
    if best and share >= LEAST * len(wanted) and share > max(facts, default=0):
        yield f"the notes say this as {best.kind}: ‘{best.marker}’"


def undone(sentence: Statement, lines: Sequence[ReadLine]) -> Iterator[str]:
    """Where the sentence says that something is still to be done, and the notes have ticked it off."""
    words = [token.lower for token in sentence.tokens]
    still = "still" in words and _TASK in _kinds_said(sentence)
    if (still or "must" in words or "pending" in words) and any(_box(line.own) in ("x", "X") for line in lines):
        yield "the notes say that this is done"


def _kinds_said(sentence: Statement) -> frozenset[str]:
    """The kinds that a sentence itself tells as such: with a word of its own, or "will" for what is planned."""
    words = [token.lower for token in sentence.tokens]
    if any(word in _SAID for word in words) or any(_marker(sentence, at) for at in range(len(words))):
        return frozenset({_PLAN, _WISH, _THOUGHT, _TASK})
    is_to = any(one in _BEFORE_TO and two == "to" for one, two in pairwise(words))
    will = not _WILL.isdisjoint(words) or any(word.endswith("'ll") for word in words)
    return frozenset({_PLAN, _TASK}) if is_to or will else frozenset()


def _pieces(line: Statement) -> Iterator[Piece]:
    """A line parted at full stops, brackets, "but" and "because", and at the words that mark a plan or a thought."""
    if _box(line) == " ":
        yield Piece(_TASK, "[ ]", _terms(line.tokens))
        return
    kind = marker = ""
    run: list[Token] = []
    for at, token in enumerate(line.tokens):
        ends = (token.after in _END_MARKS and token.after) or token.lower in _END_WORDS
        task = _is_instruction(line, at)
        found = _marker(line, at) or (_TASK if task else "")
        if ends or (found and not kind):
            # Other languages put what is planned before the word as well as after it.
            if not (found and not ends and line.language == "german"):
                yield Piece(kind, marker, _terms(run))
                run = []
            kind, marker = found, token.text if found else ""
        run.append(token)
    yield Piece(kind, marker, _terms(run))


def _marker(statement: Statement, at: int) -> str:
    """The kind that the word at a place makes of what follows it, or ""."""
    token = statement.tokens[at]
    word, kind = token.lower, _MARKERS.get(token.lower, "")
    following = statement.tokens[at + 1].lower if at + 1 < len(statement.tokens) else ""
    before = statement.tokens[at - 1].lower if at else ""
    if not kind or (word in _GERMAN_ONLY and statement.language != "german"):
        return ""
    if word in _ONLY_BEFORE and following not in _ONLY_BEFORE[word]:
        return ""
    return "" if before in _NOUNS_AFTER else kind


def _is_instruction(line: Statement, at: int) -> bool:
    """Whether a line tells to do something by a day: "cancel by 30 September"."""
    token = line.tokens[at]
    begins = at == 0 or token.after in (",", ";", ".", ":")
    following = line.tokens[at + 1].lower if at + 1 < len(line.tokens) else ""
    return begins and token.content and following in ("by", "until", "before") and not token.lower.endswith(("ed", "n"))


def _box(line: Statement) -> str:
    """What stands in the box of a task: " ", "x", or "" for no task."""
    found = _BOX.match(line.raw)
    return found[1] if found else ""


def _terms(tokens: Sequence[Token]) -> frozenset[Term]:
    return frozenset(token.terms[0] for token in tokens if token.content and token.terms)
