"""What is searched for in place of a question: a follow-up with its subject, its words as the notes spell them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from rag_bot.query.names import is_in_names
from rag_bot.query.open_index import Sources
from rag_bot.query.quotes import TermWeights
from rag_bot.text.spelling import corrected
from rag_bot.text.terms import LANGUAGES, STOP_WORDS, detect, is_stop_word, words_of

# All numbers here are set by hand on conversations of our own, as in the tests and in `eval/questions.jsonl`.
MOST_SUBJECT_WORDS = 8  # taken over from earlier questions
ENOUGH_CONTENT_WORDS = 4  # "Is it raining in Berlin this week?" is about no earlier question
READ_FOR_SPELLING = 50  # passages that have a word like the unknown one
BEGINNING_OF_NAME, NAMES_FOR_SPELLING = 2, 2_000  # letters that a word of a name shares with an unknown one; names
READ_TOGETHER = 20  # passages that have most of the words of two questions
OWN_TOGETHER, OTHERS_TOGETHER = 0.3, 0.5  # shares of the known words of both, by weight
_SHORT = 6  # words of a short question

StandTogether = Callable[[str, str], bool | None]
"""Whether the words of two texts stand together in the notes; None where the notes do not have those of the first."""

# Words by which a question points back at an earlier one; some do so in short questions, some at the end only.
_POINTING = frozenset(
    """he her hers him his it its ones others she their theirs them they these those latter former
    er ihm ihn ihr ihre ihrem ihren sie dort dafür damit darin davon dazu""".split()
)
_POINTING_IN_SHORT = frozenset("that this one same else".split())
_POINTING_AT_END = frozenset("that there more so".split())
_JOINING = frozenset("also and but or so then und aber oder auch".split())
_SEVERAL = frozenset("they them their theirs".split())
_HELPING = frozenset(
    "am are be been can could did do does doing had has have is should was were will would may might must".split()
)
_ASKING = frozenset("who whom whose what which when where why how wann warum wer was wie wo".split())
_PAST, _ARTICLES = frozenset("was were did had".split()), frozenset("a an the".split())
_HOW_MUCH = re.compile(r"\bhow (?:much|many|long|often|far|old|big|large|high|fast|soon|well)\b", re.IGNORECASE)
_PREPOSITION = "(?:about|after|at|before|between|by|during|for|from|in|into|of|on|since|till|to|until|with|without)"
# A whole question without a verb, in lower case: "in which year", "how many people at the end", but not "how to cook".
_WITHOUT_VERB = re.compile(
    rf"(?:{_PREPOSITION} )?(?:who|whom|when|where|why|(?:what|which)(?: \w+)?|how (?!to )\w+(?: \w+)?)"
    rf"(?: {_PREPOSITION}\b.*)?"
)
# Of these a follow-up names that which it is about, and means it in place of the other.
_CONTRASTS = tuple(
    frozenset(words.split())
    for words in (
        "big huge large larger little short small smaller tiny long longer shorter",
        "better good bad worse best worst",
        "high higher low lower",
        "fast faster slow slower quick",
        "new newer old older",
        "early earlier late later",
        "cheap cheaper expensive",
        "first second third last next previous",
        "before after",
        "now then",
        "monday tuesday wednesday thursday friday saturday sunday",
        "spring summer autumn winter",
        "today tomorrow yesterday",
    )
)
_CONTRASTED = frozenset[str]().union(*_CONTRASTS)


def reword(sources: Sources, question: str, earlier: Sequence[str] = ()) -> str:
    """The query for a question. `earlier` are the questions of the conversation before it, oldest first."""

    def spellings(word: str) -> list[str]:
        return [term for forms in sources.words.content_terms(word) for term in forms]

    def is_known(word: str) -> bool:
        """Whether the notes have a word, or the embedding model knows it as a whole: it is spelt well, then."""
        known = spellings(word)
        in_notes = sources.words.document_frequency(known) or is_in_names(sources.catalogue, known)
        return bool(in_notes) or sources.model.count_tokens([word])[0] <= 1

    def texts_with(word: str, most_mistakes: int, is_beginning: bool) -> Iterator[str]:
        """Some passages and names with words that are like this one, or begin so."""
        keys = [
            key
            for term in ([word] if is_beginning else spellings(word))
            for key in sources.words.similar(term, most_mistakes, READ_FOR_SPELLING, prefix=is_beginning)
        ]
        yield from (chunk.embedded_text for chunk, _ in sources.catalogue.find_chunks(keys))
        yield from sources.catalogue.names_with(word[:BEGINNING_OF_NAME].lower(), NAMES_FOR_SPELLING)

    return corrected(stand_alone(question, earlier, partial(stand_together, sources)), is_known, texts_with)


def stand_together(sources: Sources, text: str, other: str) -> bool | None:
    """Whether some passage has of both texts a good part of the words; None where the notes have none of the first."""
    first, second = _known_words(sources, text), _known_words(sources, other)
    if not first.weights:
        return None
    keys = [key for key, _ in sources.words.query(f"{text} {other}", READ_TOGETHER)]
    passages = [chunk.embedded_text for chunk, _ in sources.catalogue.find_chunks(keys)]
    return any(
        first.share(passage) >= OWN_TOGETHER and second.share(passage) >= OTHERS_TOGETHER for passage in passages
    )


def _known_words(sources: Sources, text: str) -> TermWeights:
    terms = TermWeights.of(sources, text)
    known = {term: weight for term, weight in terms.weights.items() if sources.words.document_frequency(term)}
    return replace(terms, weights=known)


def stand_alone(question: str, earlier: Sequence[str], together: StandTogether = lambda *_: True) -> str:
    """The question with its subject in brackets, if it leans on those before it.

    The subject is the conversation's, and that of the question right before. Words that do not point back stay without
    a subject that no passage has `together` with them.
    """
    if not leans_back(question):
        return question
    about = ""  # the question that the conversation is about
    for turn in earlier:
        if content_words(turn) and not (leans_back(turn) and _may_share(turn, about, together)):
            about = turn
    last = [turn for turn in earlier[-1:] if not _points(turn)]  # what one that points asks about is another's subject
    turns = [turn for turn in dict.fromkeys([*last, about]) if turn and _may_share(question, turn, together)]
    subject = _subject(turns, question)
    return f"{question} ({subject})" if subject else question


def leans_back(question: str) -> bool:
    """Whether a question can only be understood with the earlier ones."""
    words = words_of(question)
    if not words:
        return False
    is_whole = _names(question) and _HELPING & {*words}  # "and who is Henrik?" has a subject
    asks_of_the_known = words[0] in _ASKING and "the" in words and len(content_words(question)) == 1  # the landlord?
    return bool((_joining_words(words) and not is_whole) or _points(question) or asks_of_the_known)


def content_words(question: str) -> list[str]:
    """The words of a question that carry meaning and do not point back at an earlier one."""
    words = words_of(question)
    language = detect(words, LANGUAGES, at_least=1, least_share=0.0)
    return [
        word
        for word in words
        if word not in STOP_WORDS | _POINTING | _POINTING_IN_SHORT | _JOINING and not is_stop_word(word, language)
    ]


def _points(question: str) -> bool:
    """Whether a question has a word that stands for something in an earlier one, or lacks what it asks about."""
    words, content = words_of(question), content_words(question)
    if not content or words[-1] in _POINTING_AT_END:
        return True
    pointing = _POINTING | (_POINTING_IN_SHORT if len(words) <= _SHORT else frozenset())
    if len(content) < ENOUGH_CONTENT_WORDS and pointing & {*words}:
        return True
    rest = words[_joining_words(words) :]
    if len(rest) <= _SHORT and not _HELPING & {*rest} and _WITHOUT_VERB.fullmatch(" ".join(rest)):
        return True
    has_subject = _names(question) or _ARTICLES & {*rest}  # "who was absent?" has none
    return bool(rest and rest[0] in _ASKING and _PAST & {*rest} and len(content) == 1 and not has_subject)


def _joining_words(words: Sequence[str]) -> int:
    """How many words at the beginning only join a question to the one before: "and", "what about"."""
    joining = int(words[:1] != [] and words[0] in _JOINING)
    return joining + 2 * (tuple(words[joining : joining + 2]) in (("what", "about"), ("how", "about")))


def _may_share(question: str, turn: str, together: StandTogether) -> bool:
    """Whether a question that leans back may be about what another one is."""
    if _points(question):
        return True
    own, others = _without_contrasts(question), _without_contrasts(turn)
    shared = together(own, others) if own else True
    if shared is None:  # no, where it only names something else: "what about the weather?"
        words = words_of(question)
        return bool((_HELPING | _ASKING) & {*words[_joining_words(words) :]})
    return shared


def _without_contrasts(question: str) -> str:
    return " ".join(word for word in content_words(_HOW_MUCH.sub("", question)) if word not in _CONTRASTED)


def _subject(turns: Sequence[str], question: str) -> str:
    """What these questions were about, in their words, without those that the question has or puts in their place.

    Only their names, where the question's words stand for several and they name several.
    """
    own = set(words_of(question))
    replaced = own.union(*(contrast for contrast in _CONTRASTS if contrast & own))
    subject = []
    for turn in turns:
        kept, names = {*content_words(turn)} - replaced, _names(turn)
        means_names = len(names) > 1 and own & _SEVERAL
        words = names if means_names else re.findall(r"[\w'-]+", _HOW_MUCH.sub("", turn))
        subject += [word for word in words if kept & {*words_of(word)}]
    return " ".join(list(dict.fromkeys(subject))[:MOST_SUBJECT_WORDS])


def _names(question: str) -> list[str]:
    """The words with a capital letter but for the first."""
    return [word for word in re.findall(r"[\w'-]+", question)[1:] if word[0].isupper() and word != "I"]
