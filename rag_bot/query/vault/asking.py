"""Question -> what it wants to know of the notes as a whole; None for every other question.

A question about notes has to be made of nothing but phrases of the lexicon, names of tags and folders, a time, and
one topic: "how many notes do I have about bees" is, "how many notes does a chord have" is not. Tasks are told by what
is left to do; whether there are tasks about the topic decides then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

from rag_bot.query.followups import content_words
from rag_bot.query.vault.about_notes import ASKING, LONGEST_FOLDER, about_notes, first_but, folder_size
from rag_bot.query.vault.lexicon import (
    ABOUT,
    ARE,
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
    LIST,
    MENTION,
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
    TASK,
    TICKED,
    TO_DO,
    UNDATED,
    USED_ONCE,
    Phrase,
    fold,
    read,
    words_of_phrases,
)
from rag_bot.query.vault.vault_question import COMPARISON, NOTES, SUMMARY, TAGS, TASKS, VaultQuestion
from rag_bot.records import AskedDate, DateRange
from rag_bot.text.dates import find_dates

_BEFORE_TASKS = (ASK, LIST, HOW_MANY, SAYS_WHAT, OWN, SOME, ARE, OPEN, OVERDUE, TASK, TO_DO, DONE)
_TASKS = ("task", "tasks", "todos", "to-dos", "aufgaben", "taches", "tareas")
_ALONE = (OVERDUE, DUE, OPEN, TO_DO, TICKED)
_COMMA = re.compile(r",\s*(?:(?:and|und|et|y)\s+)?")
_SHOW = (
    "open|read|display|show|show me|what is in|what's in|zeig|zeige|zeig mir|offne|lies|ouvre|montre|montre-moi|"
    "affiche|abre|muestra|muestrame"
).split("|")
# Small words right before a time, which belong to it.
BEFORE_TIME = re.compile(
    r"(?:\b(?:in|on|at|of|the|for|during|from|by|written|created|made|dated|am|im|vom|von|der|dem|den|en|du|de|le|la|el)"
    r"\s+)+$",
    re.IGNORECASE,
)


def understand(question: str, today: date, is_folder: Callable[[str], bool]) -> VaultQuestion | None:
    """What a question wants to know of the notes as a whole. `is_folder` says whether notes lie in one so named."""
    phrases = read(question)
    if any(phrase.meaning in (COMPARE, DIFFERENCE) for phrase in phrases):
        phrases = read(_COMMA.sub(" and ", question))
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
        before = BEFORE_TIME.sub("", before)
        dated = read(f"{before} {question[time.end :]}")
    dated = _verb_first(dated, is_folder)
    return _about_tags(phrases) or _about_tasks(dated, time) or about_notes(dated, time, is_folder)


def _verb_first(phrases: Sequence[Phrase], is_folder: Callable[[str], bool]) -> list[Phrase]:
    """With what stands before what asks behind it: "Home folder: notes ...", "in Home: ...", "about how many X ..."."""
    end = next((place for place, phrase in enumerate(phrases[: LONGEST_FOLDER + 2]) if phrase.meaning == FOLDER), 0) + 1
    inside = phrases[:1] and phrases[0].meaning == INSIDE
    size = folder_size(phrases[1:], is_folder) if inside else end > 1 and folder_size(phrases[:end], is_folder)
    size = 0 if any(phrase.meaning == NOTE for phrase in phrases[:size]) else size  # a folder may be called "notes"
    if size:
        folder = phrases[1 : size + 1] if inside else phrases[:size]
        return [*phrases[size + bool(inside) :], Phrase(INSIDE, "in"), *folder]
    if [phrase.meaning for phrase in phrases[:2]] == [ABOUT, HOW_MANY] and phrases[-1].meaning == NOTE:
        return [*phrases[1:], phrases[0]]
    return [*phrases]


def _about_one(phrases: Sequence[Phrase]) -> VaultQuestion | None:
    """To summarise a note or to compare two: after such a phrase all the rest names them."""
    start = first_but(phrases, but=(ASK, LIST))
    if start is None:
        return None
    kind, named = phrases[start].meaning, list(phrases[start + 1 :])
    while named and named[0].meaning in (SOME, OWN):
        named = named[1:]
    says_note = bool(named) and named[0].meaning == NOTE
    named = named[says_note:]
    if says_note and named and named[0].meaning in (ABOUT, MENTION):
        named = named[1:]
    if kind == SAYS_WHAT and named and named[-1].meaning == LINKING:
        return VaultQuestion(NOTES, linked_from=words_of_phrases(named[:-1]))
    if named and named[-1].meaning == SAY:
        named = named[:-1]
    elif kind == SAYS_WHAT and any(phrase.meaning == SAY for phrase in named):
        return None  # "what does my note X say about Y" is answered by a line of it
    if not named or (kind in (SAYS_WHAT, DIFFERENCE) and not says_note):
        return None
    if kind in (SUMMARISE, SAYS_WHAT):
        return VaultQuestion(SUMMARY, topic=words_of_phrases(named))
    return VaultQuestion(COMPARISON, topic=words_of_phrases(named)) if kind in (COMPARE, DIFFERENCE) else None


def shown_whole(question: str) -> VaultQuestion | None:
    """ "Show me the note X", "open X": what may be the very name of a note."""
    verb, *named = read(question)
    start = next((place for place, phrase in enumerate(named[:3], start=1) if phrase.meaning == NOTE), 0)
    named = named[start:]
    if fold(verb.text) not in _SHOW or not named:
        return None
    return VaultQuestion(SUMMARY, topic=words_of_phrases(named), is_plain=False)


def not_understood(question: str) -> str:
    """What of "how many of my notes ...", "list my notes ..." is in no phrase; "" of every other question."""
    phrases = read(question)
    start = first_but(phrases, but=(HOW_MANY, LIST, SOME, OWN, ARE, HAVE))
    before = {phrase.meaning for phrase in phrases[:start]}
    asks_notes = start and phrases[start].meaning == NOTE and OWN in before and before & {HOW_MANY, LIST}
    if not asks_notes or any(phrase.meaning == OTHER_QUESTION for phrase in phrases):
        return ""
    return words_of_phrases(phrases[start + 1 :]) if start else ""


def _about_tags(phrases: Sequence[Phrase]) -> VaultQuestion | None:
    meanings = {phrase.meaning for phrase in phrases}
    if TAG not in meanings or meanings - {TAG, *ASKING, SOME, ARE, OWN, HAVE, HOW_OFTEN, USED_ONCE, MENTION, INSIDE}:
        return None
    if meanings == {ASK, TAG} and fold(phrases[0].text) == "what are":
        return None  # asks what a tag is
    used_once = USED_ONCE in meanings
    return VaultQuestion(TAGS, used_once=used_once) if used_once or not meanings & {MENTION, INSIDE} else None


def _about_tasks(phrases: Sequence[Phrase], time: AskedDate | None) -> VaultQuestion | None:
    """What is left to do, or "open", "overdue", "done" beside a word for tasks; all other words are the topic."""
    if not phrases or phrases[0].meaning not in _BEFORE_TASKS:
        return None
    meanings = [phrase.meaning for phrase in phrases if phrase.meaning not in (SOME, ARE, OWN, HAVE, UNDATED)]
    topic = " ".join(phrase.text for phrase in phrases if not phrase.meaning)
    topic = topic if content_words(topic) else ""
    pairs = {frozenset(pair) for pair in pairwise(meanings)}
    state = next((state for state in (OVERDUE, DUE, DONE, TICKED, OPEN) if frozenset((TASK, state)) in pairs), "")
    alone = next((place for place, meaning in enumerate(meanings) if meaning in _ALONE), None)
    if not state and alone is not None:  # "what is overdue", "what do I have to do for X", "what is due this week"
        asks_only = {*meanings[:alone]} <= {*ASKING, SAYS_WHAT}
        is_whole = meanings[alone] in (OVERDUE, TO_DO, TICKED) or topic or time
        if asks_only and is_whole and {*meanings[alone + 1 : alone + 2]} <= {ABOUT, MENTION, INSIDE}:
            state = meanings[alone]
    if not state and (INSIDE in meanings or ABOUT in meanings):  # "tasks in Home"
        place = next((place for place, phrase in enumerate(phrases) if fold(phrase.text) in _TASKS), None)
        after = [phrase.meaning for phrase in phrases[place + 1 : place + 3]] if place is not None else []
        asks_only = {phrase.meaning for phrase in phrases[: place or 0]} <= {*ASKING, SOME, OWN, ARE}
        state = OPEN if asks_only and {INSIDE, ABOUT} & {*after} else ""
    mine = any((one.meaning, other.meaning) == (OWN, TASK) for one, other in pairwise(phrases))
    undated = any(phrase.meaning == UNDATED for phrase in phrases) and TASK in meanings
    if not (state or mine or undated or LEFT in meanings):
        return None
    return VaultQuestion(
        TASKS,
        topic=topic,
        time=time,
        done=state in (DONE, TICKED) and LEFT not in meanings,
        overdue=OVERDUE in meanings,
        undated=undated,
        is_plain=mine or undated or bool(state and (state != TICKED or TASK in meanings)),
    )
