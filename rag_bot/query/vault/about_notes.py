"""A question for notes: what asks, "notes" or a word for a sort of them, then conditions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rag_bot.query.vault.lexicon import (
    ABOUT,
    APPEARS,
    ARE,
    ASK,
    FOLDER,
    HAVE,
    HOW_MANY,
    HOW_OFTEN,
    IN_LANGUAGE,
    INSIDE,
    LANGUAGES,
    LINKING,
    LIST,
    MENTION,
    NEWEST,
    NOTE,
    OLDEST,
    OWN,
    SOME,
    TAGGED,
    UNDATED,
    UNLINKED,
    UNTAGGED,
    WHEN_LAST,
    WROTE_LAST,
    Phrase,
    fold,
    words_of_phrases,
)
from rag_bot.query.vault.vault_question import NOTES, VaultQuestion
from rag_bot.records import AskedDate

DEFAULT_NEWEST = 10  # notes, where the question does not say how many; set by hand
MOST_OF_SORT = 3  # words of "daily", "dimmer racks", that say what sort of notes; set by hand
_BEFORE_NOTES = (HOW_MANY, HOW_OFTEN, ASK, LIST, SOME, ARE, OWN, HAVE, NEWEST, UNTAGGED, UNLINKED, UNDATED)
_JOIN = {"and": "and", "und": "and", "et": "and", "y": "and", "or": "or", "oder": "or", "ou": "or", "o": "or"}
_ALL = ("all", "every", "alle", "tous", "toutes", "todos", "todas")
ASKING = {HOW_MANY, ASK, LIST}
LONGEST_FOLDER = 4  # words of a folder's name in a question; set by hand


def about_notes(
    phrases: Sequence[Phrase], time: AskedDate | None, is_folder: Callable[[str], bool]
) -> VaultQuestion | None:
    """What asks, "notes" or a word for a sort of them, then conditions."""
    oldest = any(phrase.meaning == OLDEST for phrase in phrases)
    phrases = [replace(phrase, meaning=NEWEST) if phrase.meaning == OLDEST else phrase for phrase in phrases]
    meanings = [phrase.meaning for phrase in phrases]
    if meanings == [WROTE_LAST]:
        return VaultQuestion(NOTES, newest=DEFAULT_NEWEST)
    if meanings[:1] == [WHEN_LAST] and len(phrases) > 1:
        topic = words_of_phrases([phrase for phrase in phrases[1:] if phrase.meaning != HAVE])
        return VaultQuestion(NOTES, topic=topic, mention=True, newest=1, is_plain=False)
    start = first_but(phrases, but=_BEFORE_NOTES)
    if start is None:
        return None
    before, rest = {*meanings[:start]}, list(phrases[start:])
    number = int(rest[0].text) if rest[0].text.isdecimal() else 0
    rest = rest[bool(number) :]
    while number and rest and rest[0].meaning in _BEFORE_NOTES:  # "my 5 latest notes"
        before.add(rest.pop(0).meaning)
    size = next((place for place, phrase in enumerate(rest) if phrase.meaning), len(rest))
    sort, rest = rest[:size], rest[size:]
    single = bool(rest) and fold(rest[0].text) in ("note", "notiz", "nota")
    which = _read_sort(sort, rest, before, is_folder, is_all=fold(phrases[0].text) in _ALL, is_dated=bool(time))
    if which is None or (number and NEWEST not in before):
        return None
    names, rest, says_notes, is_asked = which
    also = _read_conditions(rest, is_folder, names)
    if also is None:
        return None
    said = before | also
    is_newest, lacks = NEWEST in said, {UNTAGGED, UNLINKED, UNDATED} & said
    is_narrowed = bool(names or lacks or is_newest or time)
    is_listed = bool(before & ASKING) or fold(phrases[0].text) in _ALL
    if single and not is_newest and not (is_narrowed and is_listed):
        return None  # "my note on X" are words to look for
    is_asked = is_asked or is_newest or bool(lacks or {"tag", "folder", "linked_to"} & {*names})
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
        language=names.get("language", ""),
        untagged=UNTAGGED in said,
        unlinked=UNLINKED in said,
        undated=UNDATED in said,
        newest=(number or (1 if single else DEFAULT_NEWEST)) if is_newest else 0,
        oldest=oldest,
        time=time,
        is_plain=says_notes or not ({"sort", "tag"} & {*names} or HOW_MANY in before),
        only_counts=HOW_MANY in said and LIST not in said and not is_narrowed,
    )


def _read_sort(
    sort: Sequence[Phrase],
    rest: list[Phrase],
    before: set[str],
    is_folder: Callable[[str], bool],
    *,
    is_all: bool,
    is_dated: bool,
) -> tuple[dict[str, str], list[Phrase], bool, bool] | None:
    """What the words between what asks and the conditions are: the names by what they are of, the phrases left to read,
    whether these words say "notes", whether notes are asked for; None where the question asks for anything else.
    """
    names = dict[str, str]()
    says_notes, is_asked = bool(rest) and rest[0].meaning == NOTE, bool(before & {*ASKING, OWN, SOME, HAVE})
    if sort and sort[0].text.startswith("#") and not _joined_tags(sort)[1]:  # "my #money notes", "how often ... #money"
        (names["tag"], sort), rest = _joined_tags(sort), rest[says_notes:]
        if not says_notes and not before & {*ASKING, HOW_OFTEN}:
            return None
    elif says_notes:
        rest = rest[1:]
        names |= {"sort": words_of_phrases(sort)} if sort else {}
        is_asked = is_asked or is_dated  # "daily notes from May"
    elif sort and _asks_notes_on(rest):  # "how many books do I have notes on"
        names["sort"], rest, says_notes = words_of_phrases(sort), [], True
        is_asked = bool(before & ASKING)
    elif sort and before & {*ASKING, OWN}:
        name = words_of_phrases(sort)
        if is_folder(name):
            names["folder"] = name
        elif OWN in before and (LIST in before or is_all):  # "list my recipes"
            names["sort"] = name
        else:
            return None
    elif not (rest and rest[0].meaning in (LINKING, TAGGED) and (before & ASKING or _links_alone(rest[0]))):
        return None
    else:
        is_asked = True
    return None if len(sort) > MOST_OF_SORT else (names, rest, says_notes, is_asked)


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
        is_last = all(not one.meaning for one in rest)
        if phrase.meaning in (SOME, ARE, OWN, HAVE, APPEARS, UNTAGGED, UNLINKED, UNDATED, NEWEST, HOW_OFTEN):
            said.add(phrase.meaning)
        elif (phrase.meaning in (ABOUT, MENTION) and rest and rest[0].text.startswith("#")) or (
            phrase.meaning == TAGGED and "tag" in names
        ):
            pass
        elif phrase.meaning == TAGGED and rest and "tag" not in names:
            rest = rest[first_but(rest, but=(SOME,)) or 0 :]
            names["tag"], rest = _joined_tags(rest)
        elif phrase.meaning == TAGGED and len(names.get("mention", "").split()) == 1:  # "mit arbeit getaggt"
            names["tag"] = names.pop("mention")
        elif not phrase.meaning and phrase.text.startswith("#") and "tag" not in names:
            names["tag"], rest = _joined_tags([phrase, *rest])
        elif phrase.meaning == LINKING and rest:
            names["linked_to"], rest = words_of_phrases([phrase for phrase in rest if phrase.meaning != NOTE]), []
        elif phrase.meaning == IN_LANGUAGE:
            names["language"] = LANGUAGES[fold(phrase.text).split()[-1]]
        elif phrase.meaning == INSIDE and "folder" not in names and (size := folder_size(rest, is_folder)):
            names["folder"] = words_of_phrases([phrase for phrase in rest[:size] if phrase.meaning != FOLDER])
            rest = rest[size:]
        elif phrase.meaning == INSIDE and "folder" not in names and any(one.meaning == FOLDER for one in rest[:2]):
            rest = rest[first_but(rest, but=(SOME, OWN, FOLDER)) or 0 :]  # none is named so, which has to be said
            size = next((place for place, one in enumerate(rest) if one.meaning), len(rest))
            names["folder"], rest = words_of_phrases(rest[:size]), rest[size:]
        elif phrase.meaning in (ABOUT, MENTION) and not {"topic", "mention"} & {*names}:
            size = _topic_size(rest, is_folder)
            if not size:
                return None
            is_mentioned = phrase.meaning == MENTION or (rest[size:] and rest[size].meaning == APPEARS)
            names["mention" if is_mentioned else "topic"] = words_of_phrases(rest[:size])
            rest = rest[size:]
        elif not phrase.meaning and last == ARE and is_last and "sort" not in names and len(rest) < MOST_OF_SORT:
            names["sort"], rest = words_of_phrases([phrase, *rest]), []  # "which of my notes are meetings"
        else:
            return None
        last = phrase.meaning
    return said


def _joined_tags(rest: Sequence[Phrase]) -> tuple[str, list[Phrase]]:
    """The tags that come first, as "a", "a and b" or "a or b", and what comes after them."""
    tags, rest = rest[0].text, list(rest[1:])
    while len(rest) > 1 and (join := _JOIN.get(fold(rest[0].text))) and not rest[1].meaning:
        tags, rest = f"{tags} {join} {rest[1].text}", rest[2:]
    return tags, rest


def _topic_size(rest: Sequence[Phrase], is_folder: Callable[[str], bool]) -> int:
    """How many of the phrases belong to a topic: up to another condition."""
    size = len(rest)
    for place, phrase in enumerate(rest):
        after = rest[place + 1 :]
        says_folder = any(one.meaning == FOLDER for one in after[:2])
        in_folder = phrase.meaning == INSIDE and (says_folder or folder_size(after, is_folder))
        if (
            phrase.meaning in (TAGGED, UNTAGGED, UNLINKED, LINKING, APPEARS, HAVE, IN_LANGUAGE)
            or in_folder
            or phrase.text.startswith("#")
        ):
            size = place
            break
    while size and rest[size - 1].meaning in (SOME, ARE):  # "about boats are in the folder"
        size -= 1
    return size


def first_but(phrases: Sequence[Phrase], but: Sequence[str]) -> int | None:
    return next((place for place, phrase in enumerate(phrases) if phrase.meaning not in but), None)


def folder_size(rest: Sequence[Phrase], is_folder: Callable[[str], bool]) -> int:
    """How many of the phrases name a folder, 0 if none do: "the folder Old plans", "Bees"."""
    start = first_but(rest, but=(SOME, OWN))
    if start is None:
        return 0
    for end in range(min(len(rest), start + LONGEST_FOLDER + 1), start, -1):
        name = [phrase for phrase in rest[start:end] if phrase.meaning != FOLDER]
        if name and is_folder(words_of_phrases(name)):
            return end
    return 0
