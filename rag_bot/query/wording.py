"""What is searched for in place of a question: a follow-up with its subject, its words as the notes spell them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import replace
from functools import partial

from rag_bot.query.quotes import TermWeights
from rag_bot.query.sources import Sources
from rag_bot.text.spelling import corrected
from rag_bot.text.terms import LANGUAGES, STOP_WORDS, detect, is_stop_word, words_of

_HOW = re.compile(r"\bhow (?:much|many|long|often|far|old|big|large|high|fast|soon|well)\b", re.IGNORECASE)
MOST_SUBJECT_WORDS = 8  # taken over from earlier questions
SAYS_ENOUGH = 4  # words with a meaning: "Is it raining in Berlin this week?" is about no earlier question
READ_FOR_SPELLING = 50  # passages that have a word like the unknown one
READ_TOGETHER = 20  # passages that have most of the words of two questions
OWN_TOGETHER, OTHERS_TOGETHER = 0.3, 0.5  # shares of the known words of both, by weight

Together = Callable[[str, str], bool | None]
"""Whether the words of two texts stand together in the notes; None where the notes do not have those of the first."""

# Words by which a question points back at what was said before; some do so in short questions, some at the end only.
_POINTING = frozenset(
    """he her hers him his it its ones others she their theirs them they these those latter former
    er ihm ihn ihr ihre ihrem ihren sie dort dafür damit darin davon dazu""".split()
)
_IN_SHORT_ONES = frozenset("that this one same else".split())
_AT_THE_END = frozenset("that there more so".split())
_SHORT = 6  # words
_JOINING = frozenset("also and but or so then und aber oder auch".split())
_SEVERAL = frozenset("they them their theirs".split())
_HELPING = frozenset(
    "am are be been can could did do does doing had has have is should was were will would may might must".split()
)
_PREPOSITION = "(?:about|after|at|before|between|by|during|for|from|in|into|of|on|since|till|to|until|with|without)"
_WITHOUT_VERB = re.compile(
    rf"(?:{_PREPOSITION} )?(?:who|whom|when|where|why|(?:what|which)(?: \w+)?|how (?!to )\w+(?: \w+)?)"
    rf"(?: {_PREPOSITION}\b.*)?"
)
_ASKING = frozenset("who whom whose what which when where why how wann warum wer was wie wo".split())
_PAST, _ARTICLES = frozenset("was were did had".split()), frozenset("a an the".split())
# Of these a follow-up names the one that it is about, and means it in place of the other.
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
    """The question to search for. `earlier` are the questions of the conversation before it, oldest first."""
    stands_alone = stand_alone(question, earlier, partial(stand_together, sources))
    return corrected(stands_alone, partial(_is_known, sources), partial(_texts_with, sources))


def _is_known(sources: Sources, word: str) -> bool:
    """Whether the notes have a word, or the embedding model knows it as a whole: it is spelt well, then."""
    frequency = sources.words.document_frequency(_spellings(sources, word))
    return bool(frequency) or sources.model.count_tokens([word])[0] <= 1


def _texts_with(sources: Sources, word: str, most_mistakes: int, is_beginning: bool) -> Iterator[str]:
    """Some passages with words that are like this one, or begin so."""
    words = [word] if is_beginning else _spellings(sources, word)
    keys = [
        key
        for term in words
        for key in sources.words.similar(term, most_mistakes, READ_FOR_SPELLING, prefix=is_beginning)
    ]
    return (chunk.embedded_text for chunk, _ in sources.catalogue.find_chunks(keys))


def _spellings(sources: Sources, word: str) -> list[str]:
    return [term for spellings in sources.words.content_terms(word) for term in spellings]


def stand_alone(question: str, earlier: Sequence[str], together: Together = lambda *_: True) -> str:
    """The question with its subject in brackets, if it leans on those before it.

    The subject is the conversation's, and that of the question right before. Words that do not point back stay without
    one that no passage has `together` with them.
    """
    if not leans_back(question):
        return question
    subject = _subject(_turns_about(question, earlier, together), question)
    return f"{question} ({subject})" if subject else question


def leans_back(question: str) -> bool:
    """Whether a question can only be understood with what was said before."""
    words = words_of(question)
    if not words:
        return False
    whole = _names(question) and _HELPING & {*words}  # "and who is Henrik?" has a subject
    return (_opens(words) > 0 and not whole) or _points(question) or _asks_of_the_known(question)


def says_itself(question: str) -> list[str]:
    """The words of a question that carry meaning and do not point back at what was said before."""
    words = words_of(question)
    language = detect(words, LANGUAGES, at_least=1, least_share=0.0)
    return [
        word
        for word in words
        if word not in STOP_WORDS | _POINTING | _IN_SHORT_ONES | _JOINING and not is_stop_word(word, language)
    ]


def stand_together(sources: Sources, one: str, other: str) -> bool | None:
    """Whether some passage has of both texts a good part of the words; None where the notes have none of the first."""
    first, second = _known_words(sources, one), _known_words(sources, other)
    if not first.weights:
        return None
    keys = [key for key, _ in sources.words.query(f"{one} {other}", READ_TOGETHER)]
    texts = [chunk.embedded_text for chunk, _ in sources.catalogue.find_chunks(keys)]
    return any(first.share(text) >= OWN_TOGETHER and second.share(text) >= OTHERS_TOGETHER for text in texts)


def _points(question: str) -> bool:
    """Whether a question has a word that stands for something said before, or lacks what it asks about."""
    words, content = words_of(question), says_itself(question)
    points = _POINTING | (_IN_SHORT_ONES if len(words) <= _SHORT else frozenset())
    return (
        not content
        or words[-1] in _AT_THE_END
        or (len(content) < SAYS_ENOUGH and bool(points & {*words}))
        or _lacks_verb(words)
        or _lacks_subject(question)
    )


def _lacks_verb(words: Sequence[str]) -> bool:
    rest = words[_opens(words) :]
    return len(rest) <= _SHORT and not _HELPING & {*rest} and bool(_WITHOUT_VERB.fullmatch(" ".join(rest)))


def _lacks_subject(question: str) -> bool:
    """As "who was absent?" does."""
    words = words_of(question)
    rest = words[_opens(words) :]
    named = _names(question) or _ARTICLES & {*rest}
    return bool(rest and rest[0] in _ASKING and _PAST & {*rest}) and len(says_itself(question)) == 1 and not named


def _asks_of_the_known(question: str) -> bool:
    """As "who is the landlord?" does."""
    words = words_of(question)
    return words[0] in _ASKING and "the" in words and len(says_itself(question)) == 1


def _opens(words: Sequence[str]) -> int:
    """How many words at the beginning only join a question to the one before: "and", "what about"."""
    joining = int(words[:1] != [] and words[0] in _JOINING)
    return joining + 2 * (tuple(words[joining : joining + 2]) in (("what", "about"), ("how", "about")))


def _turns_about(question: str, earlier: Sequence[str], together: Together) -> list[str]:
    """The question right before, and the one that the conversation is about, where this one may be about them."""
    about = ""
    for turn in earlier:
        if says_itself(turn) and not (leans_back(turn) and _may_share(turn, about, together)):
            about = turn
    last = [turn for turn in earlier[-1:] if not _points(turn)]  # what one that points asks about is another's subject
    return [turn for turn in dict.fromkeys([*last, about]) if turn and _may_share(question, turn, together)]


def _may_share(question: str, turn: str, together: Together) -> bool:
    """Whether a question that leans back may be about what another one is."""
    if _points(question):
        return True
    own, others = _without_contrasts(question), _without_contrasts(turn)
    shared = together(own, others) if own else True
    return not _names_another(question) if shared is None else shared


def _without_contrasts(question: str) -> str:
    return " ".join(word for word in says_itself(_HOW.sub("", question)) if word not in _CONTRASTED)


def _names_another(question: str) -> bool:
    """Whether a question only names something else: "what about the weather?"."""
    words = words_of(question)
    return not (_HELPING | _ASKING) & {*words[_opens(words) :]}


def _names(question: str) -> list[str]:
    """The words with a capital letter but for the first."""
    return [word for word in re.findall(r"[\w'-]+", question)[1:] if word[0].isupper() and word != "I"]


def _known_words(sources: Sources, text: str) -> TermWeights:
    terms = TermWeights.of(sources, text)
    known = {term: weight for term, weight in terms.weights.items() if sources.words.document_frequency(term)}
    return replace(terms, weights=known)


def _subject(turns: Sequence[str], question: str) -> str:
    """What these questions were about, in their words, without those that the question has or puts in their place."""
    own = set(words_of(question))
    replaced = own.union(*(contrast for contrast in _CONTRASTS if contrast & own))
    words = []
    for turn in turns:
        kept = {*says_itself(turn)} - replaced
        words += [word for word in _meant(turn, own) if kept & {*words_of(word)}]
    return " ".join(list(dict.fromkeys(words))[:MOST_SUBJECT_WORDS])


def _meant(turn: str, own: Set[str]) -> list[str]:
    """The words of an earlier question: only its names, where these words stand for several and it names several."""
    names = _names(turn)
    if len(names) > 1 and own & _SEVERAL:
        return names
    return re.findall(r"[\w'-]+", _HOW.sub("", turn))
