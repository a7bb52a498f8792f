"""Question -> what it wants to know of the notes as a whole; None for every other question.

A question about notes has to be made of nothing but phrases of the lexicon, names of tags and folders, a period, and
one topic: "how many notes do I have about bees" is, "how many notes does a chord have" is not. Tasks are told by what
is left to do; whether there are tasks about the topic decides then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from rag_bot.query.followups import content_words
from rag_bot.query.vault.lexicon import (
    ABOUT,
    APPEARS,
    ASK,
    COMPARE,
    DIFFERENCE,
    DONE,
    DUE,
    FOLDER,
    HAVE,
    HOW_MANY,
    HOW_OFTEN,
    INSIDE,
    LEFT,
    LINKING,
    NEWEST,
    NOTE,
    OPEN,
    OTHER_QUESTION,
    OVERDUE,
    OWN,
    SAY,
    SAYS_WHAT,
    SOME,
    SUMMARISE,
    TAG,
    TAGGED,
    TASK,
    TO_DO,
    UNTAGGED,
    WROTE_LAST,
    Token,
    fold,
    read,
    text_of_tokens,
)
from rag_bot.query.vault.periods import Period, period_in

NOTES, TASKS, TAGS, SUMMARY, COMPARISON = "notes", "tasks", "tags", "summary", "comparison"
DEFAULT_NEWEST = 10  # notes, where the question does not say how many; set by hand
LONGEST_FOLDER = 4  # words of a folder's name in a question; set by hand
_BEFORE_TASKS = (ASK, HOW_MANY, SAYS_WHAT, OWN, SOME, OPEN, OVERDUE, TASK, TO_DO, DONE)
_BEFORE_NOTES = (HOW_MANY, ASK, SOME, OWN, NEWEST, UNTAGGED)


@dataclass(frozen=True, slots=True)
class VaultQuestion:
    """What is asked about. `kind` is "notes", "tasks", "tags", "summary" or "comparison".

    Of notes: `topic` are the words they have to be about, `tag`, `folder` and `linked_to` names as they were written,
    `newest` how many of the newest are wanted, 0 for all. Of tasks: whether `done` ones are, or those `overdue`;
    `is_plain` says that the question can mean nothing but tasks. Of a summary or comparison `topic` is all that names
    notes.
    """

    kind: str
    topic: str = ""
    tag: str = ""
    folder: str = ""
    linked_to: str = ""
    untagged: bool = False
    newest: int = 0
    period: Period | None = None
    done: bool = False
    overdue: bool = False
    is_plain: bool = True


def understand(question: str, today: date, is_folder: Callable[[str], bool]) -> VaultQuestion | None:
    """What a question wants to know of the notes as a whole. `is_folder` says whether notes lie in one so named."""
    tokens = read(question)
    if whole := _about_one(tokens):
        return whole
    if any(token.meaning == OTHER_QUESTION for token in tokens):
        return None
    period, rest = period_in(question, today)
    dated = read(rest)
    return _about_tags(tokens) or _about_tasks(dated, period) or _about_notes(dated, period, is_folder)


def _about_one(tokens: Sequence[Token]) -> VaultQuestion | None:
    """To summarise a note or to compare two: after such a phrase all the rest names them."""
    start = _first(tokens, but=(ASK,))
    if start is None:
        return None
    kind, named = tokens[start].meaning, list(tokens[start + 1 :])
    while named and named[0].meaning in (SOME, OWN):
        named = named[1:]
    says_note = bool(named) and named[0].meaning == NOTE
    named = named[says_note:]
    if named and named[-1].meaning == SAY:
        named = named[:-1]
    elif kind == SAYS_WHAT and any(token.meaning == SAY for token in named):
        return None  # "what does my note X say about Y" is answered by a line of it
    if not named or (kind in (SAYS_WHAT, DIFFERENCE) and not says_note):
        return None
    if kind in (SUMMARISE, SAYS_WHAT):
        return VaultQuestion(SUMMARY, topic=text_of_tokens(named))
    return VaultQuestion(COMPARISON, topic=text_of_tokens(named)) if kind in (COMPARE, DIFFERENCE) else None


def _about_tags(tokens: Sequence[Token]) -> VaultQuestion | None:
    meanings = {token.meaning for token in tokens}
    return VaultQuestion(TAGS) if TAG in meanings <= {TAG, HOW_MANY, ASK, SOME, OWN, HAVE, HOW_OFTEN} else None


def _about_tasks(tokens: Sequence[Token], period: Period | None) -> VaultQuestion | None:
    if not tokens or tokens[0].meaning not in _BEFORE_TASKS:
        return None
    meanings = [token.meaning for token in tokens if token.meaning not in (SOME, OWN, HAVE)]
    pairs = {frozenset(pair) for pair in pairwise(meanings)}
    state = next((state for state in (OVERDUE, DUE, DONE, OPEN) if frozenset((TASK, state)) in pairs), "")
    alone = next((place for place, meaning in enumerate(meanings) if meaning in (OVERDUE, DUE, OPEN, TO_DO)), None)
    if alone is not None and not state:  # "what is overdue", "what do I have to do for X"
        before, after = meanings[:alone], meanings[alone + 1 : alone + 2]
        if {*before} <= {ASK, HOW_MANY, SAYS_WHAT} and (not after or after[0] in (ABOUT, INSIDE)):
            state = meanings[alone]
    topic = " ".join(token.text for token in tokens if not token.meaning)
    topic = topic if content_words(topic) else ""
    own = tokens[0].meaning == OWN or any(
        pair[0].meaning == OWN and pair[1].meaning == TASK for pair in pairwise(tokens)
    )
    if not (state or LEFT in meanings or (TASK in meanings and own)) or (
        state in (DUE, OPEN) and TASK not in meanings and not (topic or period)
    ):
        return None
    return VaultQuestion(
        TASKS,
        topic=topic,
        period=period,
        done=state == DONE and LEFT not in meanings,
        overdue=OVERDUE in meanings,
        is_plain=bool(state),
    )


def _about_notes(
    tokens: Sequence[Token], period: Period | None, is_folder: Callable[[str], bool]
) -> VaultQuestion | None:
    """Read from left to right: what asks, "notes" or a folder's name for them, then each condition with its name."""
    if tokens and tokens[0].meaning == WROTE_LAST and len(tokens) == 1:
        return VaultQuestion(NOTES, newest=DEFAULT_NEWEST)
    start = next(
        (
            place
            for place, token in enumerate(tokens)
            if token.meaning not in _BEFORE_NOTES and not token.text.isdigit()
        ),
        None,
    )
    if start is None:
        return None
    before, noun, rest = tokens[:start], tokens[start], list(tokens[start + 1 :])
    meanings = {token.meaning for token in before}
    found: dict[str, str] = {}
    if noun.meaning != NOTE:
        if noun.meaning == LINKING and ASK in meanings:  # "what links to X"
            rest = [noun, *rest]
        elif not noun.meaning and {HOW_MANY, ASK, OWN} & meanings and is_folder(noun.text):
            found["folder"] = noun.text
        else:
            return None
    untagged, newest = UNTAGGED in meanings, NEWEST in meanings
    numbers = [int(token.text) for token in before if token.text.isdigit()]
    if noun.meaning == NOTE and fold(noun.text) in ("note", "notiz", "nota"):
        if not newest and not {HOW_MANY, ASK} & meanings:
            return None  # "my note on X": words to look for
        numbers = numbers or [1]
    while rest:
        token, rest = rest[0], rest[1:]
        if token.meaning in (SOME, OWN, HAVE, APPEARS):
            meanings.add(token.meaning)
        elif token.meaning == UNTAGGED:
            untagged = True
        elif token.meaning == NEWEST:
            newest = True
        elif token.meaning == TAGGED and rest and "tag" not in found:
            found["tag"], rest = rest[0].text, rest[1:]
        elif not token.meaning and token.text.startswith("#"):
            found["tag"] = token.text
        elif token.meaning == TAGGED and len(found.get("topic", "").split()) == 1:  # "mit work getaggt"
            found["tag"] = found.pop("topic")
        elif token.meaning == LINKING and rest:
            found["linked_to"], rest = text_of_tokens([token for token in rest if token.meaning != NOTE]), []
        elif token.meaning == INSIDE and (size := _folder_size(rest, is_folder)):
            found["folder"] = text_of_tokens([token for token in rest[:size] if token.meaning != FOLDER])
            rest = rest[size:]
        elif token.meaning in (ABOUT, INSIDE) and "topic" not in found:
            size = _topic_size(rest, is_folder)
            topic = text_of_tokens(rest[:size])
            if not topic or token.meaning == INSIDE:
                return None
            found["topic"], rest = topic, rest[size:]
        else:
            return None
    is_narrowed = bool(found.keys() - {"folder"} or untagged or newest or period) or (
        noun.meaning == NOTE and bool(found)
    )
    if (any(token.text.isdigit() for token in before) and not newest) or not (
        is_narrowed or {HOW_MANY, OWN, HAVE} & meanings or meanings >= {ASK, SOME}
    ):
        return None
    if not {HOW_MANY, ASK, OWN, SOME, NEWEST, UNTAGGED} & meanings and "tag" not in found and not untagged:
        return None  # "notes about bees" are words to look for
    return VaultQuestion(
        NOTES,
        topic=found.get("topic", ""),
        tag=found.get("tag", ""),
        folder=found.get("folder", ""),
        linked_to=found.get("linked_to", ""),
        untagged=untagged,
        newest=(numbers[0] if numbers else DEFAULT_NEWEST) if newest else 0,
        period=period,
    )


def _first(tokens: Sequence[Token], but: Sequence[str]) -> int | None:
    return next((place for place, token in enumerate(tokens) if token.meaning not in but), None)


def _folder_size(rest: Sequence[Token], is_folder: Callable[[str], bool]) -> int:
    """How many of the tokens name a folder, 0 if none do: "the folder Old plans", "Bees"."""
    start = _first(rest, but=(SOME, OWN))
    if start is None:
        return 0
    for end in range(min(len(rest), start + LONGEST_FOLDER + 1), start, -1):
        name = [token for token in rest[start:end] if token.meaning != FOLDER]
        if name and is_folder(text_of_tokens(name)):
            return end
    return 0


def _topic_size(rest: Sequence[Token], is_folder: Callable[[str], bool]) -> int:
    """How many of the tokens belong to a topic: up to another condition."""
    for place, token in enumerate(rest):
        in_folder = token.meaning == INSIDE and _folder_size(rest[place + 1 :], is_folder)
        if token.meaning in (TAGGED, UNTAGGED, LINKING, APPEARS, HAVE) or in_folder or token.text.startswith("#"):
            return place
    return len(rest)
