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
    TICKED,
    TO_DO,
    UNDATED,
    UNTAGGED,
    USED_ONCE,
    WHEN_LAST,
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
MOST_OF_SORT = 3  # words of "daily", "dimmer racks", that say what sort of notes; set by hand
_BEFORE_TASKS = (ASK, LIST, HOW_MANY, SAYS_WHAT, OWN, SOME, ARE, OPEN, OVERDUE, TASK, TO_DO, DONE)
_BEFORE_NOTES = (HOW_MANY, HOW_OFTEN, ASK, LIST, SOME, ARE, OWN, HAVE, NEWEST, UNTAGGED)
_ASKING = {HOW_MANY, ASK, LIST}
_ALONE = (OVERDUE, DUE, OPEN, TO_DO, TICKED)
_ALL = ("all", "every", "alle", "tous", "toutes", "todos", "todas")
# Small words right before a time, which belong to it.
_BEFORE_TIME = re.compile(
    r"(?:\b(?:in|on|at|of|the|for|during|from|by|written|created|made|dated|am|im|vom|von|der|dem|den|en|du|de|le|la|el)"
    r"\s+)+$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class VaultQuestion:
    """What is asked about. `kind` is "notes", "tasks", "tags", "summary" or "comparison".

    Of notes: `topic` are the words they have to be about, or just to `mention`, `sort` those that they have to be
    named, tagged or filed by ("daily" notes); `tag`, `folder` and `linked_to` are names as they were written, `newest`
    how many of the newest are wanted, 0 for all. Of tasks: whether `done` ones are, `overdue` or `undated` ones.
    Of tags: whether only those `used_once`. `is_plain` says that the question can mean nothing but notes, or tasks. Of
    a summary or comparison `topic` is all that names notes.
    """

    kind: str
    topic: str = ""
    mention: bool = False
    sort: str = ""
    tag: str = ""
    folder: str = ""
    linked_to: str = ""
    untagged: bool = False
    newest: int = 0
    time: AskedDate | None = None
    done: bool = False
    overdue: bool = False
    undated: bool = False
    used_once: bool = False
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
    dated = _verb_first(dated, is_folder)
    return _about_tags(phrases) or _about_tasks(dated, time) or _about_notes(dated, time, is_folder)


def _verb_first(phrases: Sequence[Phrase], is_folder: Callable[[str], bool]) -> list[Phrase]:
    """With what stands before what asks behind it: "Home folder: notes ...", "in Home: ...", "about how many X ..."."""
    end = next((place for place, phrase in enumerate(phrases[: LONGEST_FOLDER + 2]) if phrase.meaning == FOLDER), 0) + 1
    inside = phrases[:1] and phrases[0].meaning == INSIDE
    size = _folder_size(phrases[1:], is_folder) if inside else end > 1 and _folder_size(phrases[:end], is_folder)
    if size:
        folder = phrases[1 : size + 1] if inside else phrases[:size]
        return [*phrases[size + bool(inside) :], Phrase(INSIDE, "in"), *folder]
    if [phrase.meaning for phrase in phrases[:2]] == [ABOUT, HOW_MANY] and phrases[-1].meaning == NOTE:
        return [*phrases[1:], phrases[0]]
    return [*phrases]


def _about_one(phrases: Sequence[Phrase]) -> VaultQuestion | None:
    """To summarise a note or to compare two: after such a phrase all the rest names them."""
    start = _first(phrases, but=(ASK, LIST))
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
    if TAG not in meanings or meanings - {TAG, *_ASKING, SOME, ARE, OWN, HAVE, HOW_OFTEN, USED_ONCE, MENTION, INSIDE}:
        return None
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
        asks_only = {*meanings[:alone]} <= {*_ASKING, SAYS_WHAT}
        is_whole = meanings[alone] in (OVERDUE, TO_DO, TICKED) or topic or time
        if asks_only and is_whole and {*meanings[alone + 1 : alone + 2]} <= {ABOUT, INSIDE}:
            state = meanings[alone]
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


def _about_notes(
    phrases: Sequence[Phrase], time: AskedDate | None, is_folder: Callable[[str], bool]
) -> VaultQuestion | None:
    """What asks, "notes" or a word for a sort of them, then conditions."""
    meanings = [phrase.meaning for phrase in phrases]
    if meanings == [WROTE_LAST]:
        return VaultQuestion(NOTES, newest=DEFAULT_NEWEST)
    if meanings[:1] == [WHEN_LAST] and len(phrases) > 1:
        topic = words_of_phrases([phrase for phrase in phrases[1:] if phrase.meaning != HAVE])
        return VaultQuestion(NOTES, topic=topic, mention=True, newest=1, is_plain=False)
    start = _first(phrases, but=_BEFORE_NOTES)
    if start is None:
        return None
    before, rest = {*meanings[:start]}, list(phrases[start:])
    number = int(rest[0].text) if rest[0].text.isdecimal() else 0
    rest = rest[bool(number) :]
    while number and rest and rest[0].meaning in _BEFORE_NOTES:  # "my 5 latest notes"
        before.add(rest.pop(0).meaning)
    size = next((place for place, phrase in enumerate(rest) if phrase.meaning), len(rest))
    sort, rest = rest[:size], rest[size:]
    names = dict[str, str]()
    single = bool(rest) and fold(rest[0].text) in ("note", "notiz", "nota")
    says_notes, is_asked = bool(rest) and rest[0].meaning == NOTE, bool(before & {*_ASKING, OWN, SOME, HAVE})
    if len(sort) == 1 and sort[0].text.startswith("#"):  # "my #money notes", "how often did I use #money"
        names["tag"], rest = sort[0].text, rest[says_notes:]
        is_asked = is_asked or HOW_OFTEN in before
    elif says_notes:
        rest = rest[1:]
        names |= {"sort": words_of_phrases(sort)} if sort else {}
        is_asked = is_asked or bool(time)  # "daily notes from May"
    elif sort and _asks_notes_on(rest):  # "how many books do I have notes on"
        names["sort"], rest, says_notes = words_of_phrases(sort), [], True
        is_asked = bool(before & _ASKING)
    elif sort and before & {*_ASKING, OWN}:
        name = words_of_phrases(sort)
        if is_folder(name):
            names["folder"] = name
        elif OWN in before and (LIST in before or fold(phrases[0].text) in _ALL):  # "list my recipes"
            names["sort"] = name
        else:
            return None
    elif not (rest and rest[0].meaning in (LINKING, TAGGED) and (before & _ASKING or _links_alone(rest[0]))):
        return None
    else:
        is_asked = True
    if (number and NEWEST not in before) or len(sort) > MOST_OF_SORT:
        return None
    also = _read_conditions(rest, is_folder, names)
    if also is None:
        return None
    said = before | also
    is_newest, untagged = NEWEST in said, UNTAGGED in said
    is_narrowed = bool(names or untagged or is_newest or time)
    is_listed = bool(before & _ASKING) or fold(phrases[0].text) in _ALL
    if single and not is_newest and not (is_narrowed and is_listed):
        return None  # "my note on X" are words to look for
    is_asked = is_asked or untagged or is_newest or bool({"tag", "folder"} & {*names})
    if not is_asked or not (is_narrowed or said & {HOW_MANY, OWN, HAVE, SOME}):
        return None
    return VaultQuestion(
        NOTES,
        topic=names.get("topic", names.get("mention", "")),
        mention="mention" in names,
        sort=names.get("sort", ""),
        tag=names.get("tag", ""),
        folder=names.get("folder", ""),
        linked_to=names.get("linked_to", ""),
        untagged=untagged,
        newest=(number or (1 if single else DEFAULT_NEWEST)) if is_newest else 0,
        time=time,
        is_plain=says_notes or "sort" not in names,
    )


def _asks_notes_on(rest: Sequence[Phrase]) -> bool:
    """ "do I have notes on", behind what they are on."""
    words = [phrase.meaning for phrase in rest if phrase.meaning not in (SOME, ARE, OWN, HAVE)]
    return words == [NOTE, ABOUT] and len(rest) > 2


def _links_alone(phrase: Phrase) -> bool:
    """Whether the phrase asks by itself for what links to a note."""
    return fold(phrase.text).split()[0] in ("who", "backlinks", "incoming", "wer", "qui", "quien")


def _read_conditions(
    rest: Sequence[Phrase], is_folder: Callable[[str], bool], names: dict[str, str]
) -> set[str] | None:
    """Enters the names after "notes" by what they are of; what else is said there, None where it is anything else."""
    said, rest, last = set[str](), list(rest), ""
    while rest:
        phrase, rest = rest[0], rest[1:]
        of_all = all(not one.meaning for one in rest)
        if phrase.meaning in (SOME, ARE, OWN, HAVE, APPEARS, UNTAGGED, NEWEST, HOW_OFTEN):
            said.add(phrase.meaning)
        elif (phrase.meaning in (ABOUT, MENTION) and rest and rest[0].text.startswith("#")) or (
            phrase.meaning == TAGGED and "tag" in names
        ):
            pass
        elif phrase.meaning == TAGGED and rest and "tag" not in names:
            rest = rest[_first(rest, but=(SOME,)) or 0 :]
            names["tag"], rest = rest[0].text, rest[1:]
        elif phrase.meaning == TAGGED and len(names.get("mention", "").split()) == 1:  # "mit arbeit getaggt"
            names["tag"] = names.pop("mention")
        elif not phrase.meaning and phrase.text.startswith("#") and "tag" not in names:
            names["tag"] = phrase.text
        elif phrase.meaning == LINKING and rest:
            names["linked_to"], rest = words_of_phrases([phrase for phrase in rest if phrase.meaning != NOTE]), []
        elif phrase.meaning == INSIDE and "folder" not in names and (size := _folder_size(rest, is_folder)):
            names["folder"] = words_of_phrases([phrase for phrase in rest[:size] if phrase.meaning != FOLDER])
            rest = rest[size:]
        elif phrase.meaning in (ABOUT, MENTION) and not {"topic", "mention"} & {*names}:
            size = _topic_size(rest, is_folder)
            if not size:
                return None
            is_mentioned = phrase.meaning == MENTION or (rest[size:] and rest[size].meaning == APPEARS)
            names["mention" if is_mentioned else "topic"] = words_of_phrases(rest[:size])
            rest = rest[size:]
        elif not phrase.meaning and last == ARE and of_all and "sort" not in names and len(rest) < MOST_OF_SORT:
            names["sort"], rest = words_of_phrases([phrase, *rest]), []  # "which of my notes are meetings"
        else:
            return None
        last = phrase.meaning
    return said


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
    while size and rest[size - 1].meaning in (SOME, ARE):  # "about boats are in the folder"
        size -= 1
    return size
