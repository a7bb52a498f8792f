"""What is searched for in place of a question: a follow-up with its subject, misspelt words as the notes spell them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from rapidfuzz.distance import OSA

from rag_bot.query.sources import Sources
from rag_bot.store.analysis import ENGLISH, STOP_WORDS, is_stop_word, words_of

_WORD = re.compile(r"(?<!\w)[^\W\d_]+(?!\w)")
_HOW = re.compile(r"\bhow (?:much|many|long|often|far|old|big|large|high|fast|soon|well)\b", re.IGNORECASE)
SHORTEST_CORRECTED = 4  # letters
ANY_MISTAKE_FROM = 5  # letters; a shorter word with one letter exchanged is more often another word
TWO_MISTAKES_FROM = 12  # letters; else it is more often another word than a mistake
READ_FOR_SPELLING = 50  # passages that have a word like the unknown one
MOST_SUBJECT_WORDS = 8  # taken over from earlier questions
SAYS_ENOUGH = 4  # words with a meaning: "Is it raining in Berlin this week?" is about no earlier question

# Words by which a question points back at what was said before; some do so in short questions, some at the end only.
_POINTING = frozenset(
    "he her hers him his it its ones others she their theirs them they these those latter former".split()
)
_IN_SHORT_ONES = frozenset("that this one same else".split())
_AT_THE_END = frozenset("that there more so".split())
_SHORT = 6  # words
_JOINING = frozenset("also and but or so then".split())
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


def reword(sources: Sources, question: str, earlier: Sequence[str] = ()) -> str:
    """The question to search for. `earlier` are the questions of the conversation before it, oldest first."""
    return corrected(sources, stand_alone(question, earlier))


def stand_alone(question: str, earlier: Sequence[str]) -> str:
    """The question with its subject in brackets, if it leans on those before it.

    The subject is that of the last question that stood alone, and of the question right before.
    """
    if not leans_back(question):
        return question
    alone = next((turn for turn in reversed(earlier) if not leans_back(turn)), "")
    subject = _subject([*earlier[-1:], alone], question)
    return f"{question} ({subject})" if subject else question


def leans_back(question: str) -> bool:
    """Whether a question can only be understood with what was said before."""
    words = words_of(question)
    if not words:
        return False
    content = says_itself(question)
    points = _POINTING | (_IN_SHORT_ONES if len(words) <= _SHORT else frozenset())
    opens = words[0] in _JOINING or words[:2] in (["what", "about"], ["how", "about"])
    return opens or words[-1] in _AT_THE_END or (len(content) < SAYS_ENOUGH and bool(points & {*words})) or not content


def says_itself(question: str) -> list[str]:
    """The words of a question that carry meaning and do not point back at what was said before."""
    return [word for word in words_of(question) if word not in STOP_WORDS | _POINTING | _IN_SHORT_ONES]


def corrected(sources: Sources, question: str) -> str:
    """The question with words that the notes do not have as they spell them, where only letters are amiss.

    A word that the embedding model knows as a whole is none of those: it is spelt well, but not in the notes.
    """

    def mend(match: re.Match[str]) -> str:
        word = match[0]
        nearest = _nearest_word(sources, word.lower()) if _is_unknown(sources, word) else None
        return (nearest.capitalize() if word.istitle() else nearest) if nearest else word

    return _WORD.sub(mend, question)


def _subject(turns: Sequence[str], question: str) -> str:
    """What these questions were about, in their words, without those that the question has or puts in their place."""
    own = set(words_of(question))
    replaced = own.union(*(contrast for contrast in _CONTRASTS if contrast & own))
    words = [word for turn in turns for word in re.findall(r"[\w'-]+", _HOW.sub("", turn))]
    said = dict.fromkeys(
        word for word in words if word.lower() not in STOP_WORDS | _POINTING | _IN_SHORT_ONES | _JOINING | replaced
    )
    return " ".join(list(said)[:MOST_SUBJECT_WORDS])


def _is_unknown(sources: Sources, word: str) -> bool:
    if len(word) < SHORTEST_CORRECTED or is_stop_word(word.lower(), ENGLISH):
        return False
    if sources.words.document_frequency(_spellings(sources, word)):
        return False
    return sources.model.count_tokens([word])[0] > 1


def _nearest_word(sources: Sources, word: str) -> str | None:
    """The commonest of the nearest words in the notes; None where none is near."""
    most = 2 if len(word) >= TWO_MISTAKES_FROM else 1
    alike = [key for term in _spellings(sources, word) for key in sources.words.similar(term, most, READ_FOR_SPELLING)]
    beginning = word[: max(SHORTEST_CORRECTED, len(word) // 2)]  # a mistake near the end may change how it is stemmed
    return _nearest_in(sources, alike, word, most) or _nearest_in(
        sources, sources.words.similar(beginning, 0, READ_FOR_SPELLING, prefix=True), word, most
    )


def _nearest_in(sources: Sources, keys: Sequence[str], word: str, most: int) -> str | None:
    texts = (chunk.embedded_text for chunk, _ in sources.catalogue.find_chunks(keys))
    counts = Counter(other for text in texts for other in words_of(text) if other[0] == word[0])
    distances = {other: OSA.distance(word, other, score_cutoff=most) for other in counts}
    near = [other for other, distance in distances.items() if distance <= most and _may_be_meant(word, other)]
    return min(near, key=lambda other: (distances[other], -counts[other], other), default=None)


def _spellings(sources: Sources, word: str) -> list[str]:
    return [term for spellings in sources.words.content_terms(word) for term in spellings]


def _may_be_meant(word: str, other: str) -> bool:
    """Of short words only those that lack a letter, or have two swapped, are taken for mistakes."""
    return len(word) >= ANY_MISTAKE_FROM or len(other) > len(word) or sorted(word) == sorted(other)
