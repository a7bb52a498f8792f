"""Question -> what it wants to know of the notes as a whole; None for every other question.

A question about notes has to be made of nothing but phrases of the lexicon, names of tags and folders, a time, and
one topic: "how many notes do I have about bees" is, "how many notes does a chord have" is not. Tasks are told by what
is left to do; whether there are tasks about the topic decides then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
    Phrase,
    fold,
    read,
    words_of_phrases,
)
from rag_bot.records import AskedDate, DateRange
from rag_bot.text.dates import find_dates

NOTES, TASKS, TAGS, SUMMARY, COMPARISON = "notes", "tasks", "tags", "summary", "comparison"
DEFAULT_NEWEST = 10  # notes, where the question does not say how many; set by hand
LONGEST_FOLDER = 4  # words of a folder's name in a question; set by hand
_BEFORE_TASKS = (ASK, HOW_MANY, SAYS_WHAT, OWN, SOME, OPEN, OVERDUE, TASK, TO_DO, DONE)
_BEFORE_NOTES = (HOW_MANY, ASK, SOME, OWN, NEWEST, UNTAGGED)
# Small words right before a time, which belong to it.
_BEFORE_TIME = re.compile(
    r"(?:\b(?:in|on|at|of|the|for|during|from|by|written|created|made|dated|am|im|vom|von|der|dem|den|en|du|de|le|la|el)"
    r"\s+)+$",
    re.IGNORECASE,
)


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
    time: AskedDate | None = None
    done: bool = False
    overdue: bool = False
    is_plain: bool = True


def understand(question: str, today: date, is_folder: Callable[[str], bool]) -> VaultQuestion | None:
    """What a question wants to know of the notes as a whole. `is_folder` says whether notes lie in one so named."""
    phrases = read(question)
    if whole := _about_one(phrases):
        return whole
    if any(phrase.meaning == OTHER_QUESTION for phrase in phrases):
        return None
    time = next(iter(find_dates(question, today)), None)
    dated = phrases
    if time:
        before = question[: time.start]
        if before.lower().endswith("by "):
            time = replace(time, ranges=tuple(DateRange(date.min, one.last) for one in time.ranges))
        before = _BEFORE_TIME.sub("", before)
        dated = read(f"{before} {question[time.end :]}")
    return _about_tags(phrases) or _about_tasks(dated, time) or _about_notes(dated, time, is_folder)


def _about_one(phrases: Sequence[Phrase]) -> VaultQuestion | None:
    """To summarise a note or to compare two: after such a phrase all the rest names them."""
    start = _first(phrases, but=(ASK,))
    if start is None:
        return None
    kind, named = phrases[start].meaning, list(phrases[start + 1 :])
    while named and named[0].meaning in (SOME, OWN):
        named = named[1:]
    says_note = bool(named) and named[0].meaning == NOTE
    named = named[says_note:]
    if says_note and named and named[0].meaning == ABOUT:
        named = named[1:]
    if named and named[-1].meaning == SAY:
        named = named[:-1]
    elif kind == SAYS_WHAT and any(phrase.meaning == SAY for phrase in named):
        return None  # "what does my note X say about Y" is answered by a line of it
    if not named or (kind in (SAYS_WHAT, DIFFERENCE) and not says_note):
        return None
    if kind in (SUMMARISE, SAYS_WHAT):
        return VaultQuestion(SUMMARY, topic=words_of_phrases(named))
    return VaultQuestion(COMPARISON, topic=words_of_phrases(named)) if kind in (COMPARE, DIFFERENCE) else None


def _about_tags(phrases: Sequence[Phrase]) -> VaultQuestion | None:
    meanings = {phrase.meaning for phrase in phrases}
    return VaultQuestion(TAGS) if TAG in meanings <= {TAG, HOW_MANY, ASK, SOME, OWN, HAVE, HOW_OFTEN} else None


def _about_tasks(phrases: Sequence[Phrase], time: AskedDate | None) -> VaultQuestion | None:
    """What is left to do, or "open", "overdue", "done" beside a word for tasks; all other words are the topic."""
    if not phrases or phrases[0].meaning not in _BEFORE_TASKS:
        return None
    meanings = [phrase.meaning for phrase in phrases if phrase.meaning not in (SOME, OWN, HAVE)]
    topic = " ".join(phrase.text for phrase in phrases if not phrase.meaning)
    topic = topic if content_words(topic) else ""
    pairs = {frozenset(pair) for pair in pairwise(meanings)}
    state = next((state for state in (OVERDUE, DUE, DONE, OPEN) if frozenset((TASK, state)) in pairs), "")
    alone = next((place for place, meaning in enumerate(meanings) if meaning in (OVERDUE, DUE, OPEN, TO_DO)), None)
    if not state and alone is not None:  # "what is overdue", "what do I have to do for X", "what is due this week"
        asks_only = {*meanings[:alone]} <= {ASK, HOW_MANY, SAYS_WHAT}
        is_whole = meanings[alone] in (OVERDUE, TO_DO) or topic or time
        if asks_only and is_whole and {*meanings[alone + 1 : alone + 2]} <= {ABOUT, INSIDE}:
            state = meanings[alone]
    mine = any((one.meaning, other.meaning) == (OWN, TASK) for one, other in pairwise(phrases))
    if not (state or mine or LEFT in meanings):
        return None
    return VaultQuestion(
        TASKS,
        topic=topic,
        time=time,
        done=state == DONE and LEFT not in meanings,
        overdue=OVERDUE in meanings,
        is_plain=bool(state or mine),
    )


def _about_notes(
    phrases: Sequence[Phrase], time: AskedDate | None, is_folder: Callable[[str], bool]
) -> VaultQuestion | None:
    """What asks, "notes" or a folder's name for them, then conditions."""
    if [phrase.meaning for phrase in phrases] == [WROTE_LAST]:
        return VaultQuestion(NOTES, newest=DEFAULT_NEWEST)
    start = next((place for place, phrase in enumerate(phrases) if phrase.meaning not in _BEFORE_NOTES), None)
    if start is None:
        return None
    number = int(phrases[start].text) if phrases[start].text.isdecimal() else 0
    before, (noun, *rest) = phrases[:start], phrases[start + bool(number) :] or [phrases[start]]
    before_noun = {phrase.meaning for phrase in before}
    while number and noun.meaning in _BEFORE_NOTES and rest:  # "my 5 latest notes"
        before_noun.add(noun.meaning)
        noun, *rest = rest
    may_be_folder = not noun.meaning and bool(before_noun & {HOW_MANY, ASK, OWN})
    if noun.meaning == LINKING and ASK in before_noun:  # "what links to X"
        rest = [noun, *rest]
    elif noun.meaning != NOTE and not may_be_folder:
        return None
    read_conditions = _conditions(rest, is_folder)
    if read_conditions is None or (may_be_folder and not is_folder(noun.text)):
        return None
    names, also = read_conditions
    said = before_noun | also
    is_newest, untagged = NEWEST in said, UNTAGGED in said
    is_narrowed = bool(names or untagged or is_newest or time)
    is_asked = bool(before_noun & {HOW_MANY, ASK, OWN, SOME} or untagged or is_newest or "tag" in names)
    is_single = fold(noun.text) in ("note", "notiz", "nota")
    if is_single and not is_newest and not (is_narrowed and before_noun & {HOW_MANY, ASK}):
        return None  # "my note on X" are words to look for
    if (number and not is_newest) or not is_asked or not (is_narrowed or said & {HOW_MANY, OWN, HAVE, SOME}):
        return None
    return VaultQuestion(
        NOTES,
        topic=names.get("topic", ""),
        tag=names.get("tag", ""),
        folder=noun.text if may_be_folder else names.get("folder", ""),
        linked_to=names.get("linked_to", ""),
        untagged=untagged,
        newest=(number or (1 if is_single else DEFAULT_NEWEST)) if is_newest else 0,
        time=time,
    )


def _conditions(rest: Sequence[Phrase], is_folder: Callable[[str], bool]) -> tuple[dict[str, str], set[str]] | None:
    """The names after "notes", by what they are of, and what else is said there; None where anything else is."""
    names, said = dict[str, str](), set[str]()
    rest = list(rest)
    while rest:
        phrase, rest = rest[0], rest[1:]
        if phrase.meaning in (SOME, OWN, HAVE, APPEARS, UNTAGGED, NEWEST):
            said.add(phrase.meaning)
        elif phrase.meaning == TAGGED and rest:
            names["tag"], rest = rest[0].text, rest[1:]
        elif phrase.meaning == TAGGED and len(names.get("topic", "").split()) == 1:  # "mit arbeit getaggt"
            names["tag"] = names.pop("topic")
        elif not phrase.meaning and phrase.text.startswith("#"):
            names["tag"] = phrase.text
        elif phrase.meaning == LINKING and rest:
            names["linked_to"], rest = words_of_phrases([phrase for phrase in rest if phrase.meaning != NOTE]), []
        elif phrase.meaning == INSIDE and (size := _folder_size(rest, is_folder)):
            names["folder"] = words_of_phrases([phrase for phrase in rest[:size] if phrase.meaning != FOLDER])
            rest = rest[size:]
        elif phrase.meaning == ABOUT and "topic" not in names and (size := _topic_size(rest, is_folder)):
            names["topic"], rest = words_of_phrases(rest[:size]), rest[size:]
        else:
            return None
    return names, said


def _first(phrases: Sequence[Phrase], but: Sequence[str]) -> int | None:
    return next((place for place, phrase in enumerate(phrases) if phrase.meaning not in but), None)


def _folder_size(rest: Sequence[Phrase], is_folder: Callable[[str], bool]) -> int:
    """How many of the phrases name a folder, 0 if none do: "the folder Old plans", "Bees"."""
    start = _first(rest, but=(SOME, OWN))
    if start is None:
        return 0
    for end in range(min(len(rest), start + LONGEST_FOLDER + 1), start, -1):
        name = [phrase for phrase in rest[start:end] if phrase.meaning != FOLDER]
        if name and is_folder(words_of_phrases(name)):
            return end
    return 0


def _topic_size(rest: Sequence[Phrase], is_folder: Callable[[str], bool]) -> int:
    """How many of the phrases belong to a topic: up to another condition."""
    size = len(rest)
    for place, phrase in enumerate(rest):
        in_folder = phrase.meaning == INSIDE and _folder_size(rest[place + 1 :], is_folder)
        if phrase.meaning in (TAGGED, UNTAGGED, LINKING, APPEARS, HAVE) or in_folder or phrase.text.startswith("#"):
            size = place
            break
    while size and rest[size - 1].meaning == SOME:  # "about boats are in the folder"
        size -= 1
    return size
