"""What is searched for in place of a question: a follow-up with its subject, its words as the notes spell them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from rag_bot.query.names import is_in_names
from rag_bot.query.open_index import Sources
from rag_bot.query.quotes import TermWeights
from rag_bot.text.function_words import FunctionWords, function_words
from rag_bot.text.spelling import corrected
from rag_bot.text.terms import STOP_WORDS, is_stop_word, language_of, passage_terms, words_of

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

_HOW_MUCH = re.compile(
    r"\b(?:how (?:much|many|long|often|far|old|big|large|high|fast|soon|well)"
    r"|wie (?:viele?|lange?|oft|weit|alt|groß|hoch|schnell|schwer))\b",
    re.IGNORECASE,
)
_PREPOSITION = "(?:about|after|at|before|between|by|during|for|from|in|into|of|on|since|till|to|until|with|without)"
# A whole question without a verb, in lower case: "in which year", "how many people at the end", but not "how to cook".
_WITHOUT_VERB = re.compile(
    rf"(?:{_PREPOSITION} )?(?:who|whom|when|where|why|(?:what|which)(?: \w+)?|how (?!to )\w+(?: \w+)?)"
    rf"(?: {_PREPOSITION}\b.*)?"
    r"|(?:\w+ )?(?:welche[mnrs]?|wie vie\w+|quel(?:le)?s?|combien de|qué|cuál\w*|cuánt\w+) \w+"
)
# What French repeats of a subject that stands there already: "quand la réunion a-t-elle lieu".
_REPEATED = re.compile(r"-(?:t-)?(?:il|elle)s?\b", re.IGNORECASE)
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
        "große großen größere kleine kleinen kleinere",
        "erste ersten zweite zweiten dritte dritten letzte letzten nächste nächsten",
        "morgens mittags nachmittags abends nachts",
        "grand grande grands grandes petit petite petits petites",
        "premier première second seconde deuxième troisième dernier dernière prochain prochaine",
        "matin midi après-midi soir nuit",
        "grande grandes pequeño pequeña pequeños pequeñas",
        "primer primero primera segundo segunda tercer tercero tercera último última",
        "mañana tarde noche",
    )
)
_CONTRASTED = frozenset[str]().union(*_CONTRASTS)


def reword(sources: Sources, question: str, earlier: Sequence[str] = ()) -> str:
    """The query for a question. `earlier` are the questions of the conversation before it, oldest first."""
    earlier = [unicodedata.normalize("NFC", turn) for turn in earlier]

    def spellings(word: str) -> list[str]:
        return [term for forms in sources.words.content_terms(word) for term in forms]

    def is_known(word: str) -> bool:
        """Whether the notes have a word, or the embedding model knows it as a whole: it is spelt well, then."""
        known = spellings(word)
        in_notes = sources.words.document_frequency(known) or is_in_names(sources.catalogue, known)
        return bool(in_notes) or sources.model.count_tokens([word])[0] <= 1

    def texts_with(word: str, most_mistakes: int, is_beginning: bool) -> Iterator[str]:
        """Some passages and names with words that are like this one, or begin so; no passage in another language.

        A word of one language is near many of another ("Sommer", "summer").
        """
        keys = [
            key
            for term in ([word] if is_beginning else spellings(word))
            for key in sources.words.similar(term, most_mistakes, READ_FOR_SPELLING, prefix=is_beginning)
        ]
        texts = (chunk.embedded_text for chunk, _ in sources.catalogue.find_chunks(keys))
        yield from (text for text in texts if not language or passage_terms(text)[1] == language)
        if is_beginning:
            return  # the names were looked through before, for words like this one
        yield from sources.catalogue.names_with(word[:BEGINNING_OF_NAME].lower(), NAMES_FOR_SPELLING)

    language = language_of(question, telling=1)
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
    known = _known_to(question)
    # "and who is Henrik?" has a subject; in German all nouns look like names
    is_whole = language_of(question) != "german" and _names(question) and known.helping & {*words}
    asks_of_the_known = words[0] in known.asking and known.definite & {*words} and len(content_words(question)) == 1
    return bool((_joining_words(words, known) and not is_whole) or _points(question) or asks_of_the_known)


def content_words(question: str) -> list[str]:
    """The words of a question that carry meaning and do not point back at an earlier one."""
    known, language = _known_to(question), language_of(question)
    function = STOP_WORDS | known.pointing | known.pointing_in_short | known.joining
    return [word for word in words_of(question) if word not in function and not is_stop_word(word, language)]


def _known_to(question: str) -> FunctionWords:
    """The function words of the question's language."""
    return function_words(language_of(question))


def _points(question: str) -> bool:
    """Whether a question has a word that stands for something in an earlier one, or lacks what it asks about."""
    known = _known_to(question)
    has_article = bool(known.articles & {*words_of(question)})
    words = words_of(_REPEATED.sub("", question) if has_article else question)
    content = content_words(question)
    if not content or words[-1] in known.pointing_at_end:
        return True
    pointing = known.pointing | (known.pointing_in_short if len(words) <= _SHORT else frozenset())
    if len(content) < ENOUGH_CONTENT_WORDS and pointing & {*words}:
        return True
    rest = words[_joining_words(words, known) :]
    if len(rest) <= _SHORT and not known.helping & {*rest} and _WITHOUT_VERB.fullmatch(" ".join(rest)):
        return True
    has_subject = _names(question) or known.articles & {*rest}  # "who was absent?" has none
    return bool(rest and rest[0] in known.asking and known.past & {*rest} and len(content) == 1 and not has_subject)


def _joining_words(words: Sequence[str], known: FunctionWords) -> int:
    """How many words at the beginning only join a question to the one before: "and", "what about"."""
    joining = int(words[:1] != [] and words[0] in known.joining)
    return joining + 2 * (tuple(words[joining : joining + 2]) in (("what", "about"), ("how", "about")))


def _may_share(question: str, turn: str, together: StandTogether) -> bool:
    """Whether a question that leans back may be about what another one is."""
    if _points(question):
        return True
    own, others = _without_contrasts(question), _without_contrasts(turn)
    shared = together(own, others) if own else True
    if shared is None:  # no, where it only names something else: "what about the weather?"
        words, known = words_of(question), _known_to(question)
        return bool((known.helping | known.asking) & {*words[_joining_words(words, known) :]})
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
        means_names = len(names) > 1 and own & _known_to(question).several
        words = names if means_names else re.findall(r"[\w'-]+", _HOW_MUCH.sub("", turn))
        subject += [word for word in words if kept & {*words_of(word)}]
    return " ".join(list(dict.fromkeys(subject))[:MOST_SUBJECT_WORDS])


def _names(question: str) -> list[str]:
    """The words with a capital letter but for the first."""
    return [word for word in re.findall(r"[\w'-]+", question)[1:] if word[0].isupper() and word != "I"]
