"""What is searched for in place of a question: a follow-up with its subject, misspelt words as the notes spell them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from rapidfuzz.distance import OSA

from rag_bot.query.sources import Sources
from rag_bot.store.analysis import ENGLISH, STOP_WORDS, is_stop_word, words_of

_WORD = re.compile(r"[^\W\d_]+")
SHORTEST_CORRECTED = 4  # letters; shorter words have too many neighbours
TWO_MISTAKES_FROM = 8  # letters
READ_FOR_SPELLING = 50  # passages that have a word like the unknown one
MOST_SUBJECT_WORDS = 12  # taken over from earlier questions

# Words by which a question points back at what was said before.
_POINTING = frozenset(
    """he her hers him his it its one ones others she that their theirs them there these they this those same latter former
    else""".split()
)
_JOINING = frozenset("also and but or so then".split())
SAYS_ENOUGH = 4  # words with a meaning: "Is it raining in Berlin this week?" is about no earlier question
_SHORT = 6  # words: in longer questions "that" and "there" seldom point back
_SELDOM_POINTING = frozenset("that there this one same else".split())


def reword(sources: Sources, question: str, earlier: Sequence[str] = ()) -> str:
    """The question to search for. `earlier` are the questions of the conversation before it, oldest first."""
    return corrected(sources, stand_alone(question, earlier))


def stand_alone(question: str, earlier: Sequence[str]) -> str:
    """The question with the subject of those before it in brackets, if it leans on them."""
    complete = ""
    for turn in (*earlier, question):
        complete = f"{turn} ({_subject(complete, turn)})" if complete and leans_back(turn) else turn
    return complete


def leans_back(question: str) -> bool:
    """Whether a question can only be understood with what was said before."""
    words = words_of(question)
    pointing = _POINTING if len(words) <= _SHORT or words[-1:] == ["that"] else _POINTING - _SELDOM_POINTING
    starts_open = bool(words) and (words[0] in _JOINING or words[1:2] == ["about"])
    content = [word for word in words if word not in STOP_WORDS | _POINTING]
    asks = any(word in STOP_WORDS for word in words)
    points = bool(pointing & set(words)) and len(content) < SAYS_ENOUGH
    return starts_open or points or (asks and len(content) <= 1)


def corrected(sources: Sources, question: str) -> str:
    """The question with words that the notes do not have as they spell them, where only letters are amiss.

    A word that the embedding model knows as a whole is none of those: it is spelt well, but not in the notes.
    """

    def mend(match: re.Match[str]) -> str:
        word = match[0]
        return (_nearest_word(sources, word.lower()) or word) if _is_unknown(sources, word) else word

    return _WORD.sub(mend, question)


def _subject(complete: str, turn: str) -> str:
    """The words of the question before that say what it was about."""
    own = set(words_of(turn))
    words = [word for word in re.findall(r"[\w'-]+", complete) if word.lower() not in STOP_WORDS | _POINTING | own]
    return " ".join(dict.fromkeys(words[:MOST_SUBJECT_WORDS]))


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
    near = [other for other, distance in distances.items() if distance <= most]
    return min(near, key=lambda other: (distances[other], -counts[other], other), default=None)


def _spellings(sources: Sources, word: str) -> list[str]:
    return [term for spellings in sources.words.content_terms(word) for term in spellings]
