"""Text -> terms, for passages and questions alike: words in lower case, stemmed as their language does it.

The language of a text is told by its script, else by its stop words. Scripts that write no spaces become pairs of
neighbouring characters, which is how their words are found without a dictionary; so does Korean, whose words have
particles at their ends.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import tantivy

from rag_bot.text.function_words import function_words

ENGLISH = "english"
LANGUAGES = (
    ENGLISH, "german", "spanish", "french", "italian", "portuguese", "dutch", "danish", "norwegian", "swedish",
    "finnish", "hungarian", "russian",
)  # fmt: skip
# Set by hand: share of English stop words from which no other language of a longer text is considered, and how many
# different words make it longer. Of a short one a single word may be of two languages ("was").
CLEARLY_ENGLISH, LONGER = 0.2, 20
# Stop words that tell a passage's language, set by hand: code has a few of any language by chance.
FEWEST_STOP_WORDS, LEAST_SHARE = 3, 0.15
_LONGEST_WORD = 60  # bytes, set by hand: what is longer is no word that anybody searches for
STOP_WORDS = frozenset(
    """a about after all also am an and any are as at be because been before being between both but by can could did do
    does doing don for from further had has have having he her here hers him his how i if in into is it its itself just
    let me more most my no nor not now of off on once only or other our out over own s same she should so some such t
    than that the their them then there these they this those through to too under until up us very was we were what
    when where which while who whom whose why will with would you your""".split()
)
# Characters that carry grammar: pairs with one of them, and pairs of hiragana, are stop words.
_FUNCTION_CHARACTERS = frozenset("的了是在和有不这那吗呢吧啊哪几什么怎谁多少为何与及其之就也很")
_HIRAGANA = ("\u3040", "\u309f")
_SCRIPTS = {
    "HIRAGANA": "japanese", "KATAKANA": "japanese", "HANGUL": "korean", "CJK": "chinese", "THAI": "thai",
    "GREEK": "greek", "ARABIC": "arabic", "HEBREW": "hebrew", "DEVANAGARI": "hindi",
}  # fmt: skip
"""The language that a script tells, by how Unicode begins the names of its letters; Japanese has Chinese ones, too."""
# Korean question words, and a word's particles and polite endings after its first two syllables.
_KOREAN_ASKING = frozenset("누구 누가 언제 어디 무엇 무슨 얼마 어떻 떻게 어느".split())
_KOREAN_ENDING = re.compile(
    "(?<=[\uac00-\ud7af]{2})[은는이가을를에서의로으와과도만께까지부터요다니습나죠]+(?![\uac00-\ud7af])"
)
# Thai, Lao, Burmese, Khmer, Japanese, Chinese, Korean.
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+")


def passage_terms(text: str) -> tuple[list[str], str]:
    """Every term of a passage in order, stop words included, and the language it was taken for."""
    text = unicodedata.normalize("NFC", text)
    spaced = UNSPACED.sub(lambda run: _pairs(run[0], single=True), text)
    language = script_language(text) or detect(words_of(text))
    stemming = _stemming(language if language in LANGUAGES else ENGLISH)
    return [term for term in stemming.analyze(spaced) if term], language


def content_terms(text: str, languages: Sequence[str] = (ENGLISH,)) -> list[tuple[str, ...]]:
    """The words of a text that carry meaning, in order, repeated as they stand, each as these languages spell it.

    A text of nothing but stop words keeps them.
    """
    words = words_of(text)
    language = detect(words, languages, at_least=1, least_share=0.0)
    spelled = tuple(languages)
    return [spellings(word, spelled) for word in [word for word in words if not is_stop_word(word, language)] or words]


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, those of scripts without spaces as pairs of characters."""
    bare = _KOREAN_ENDING.sub("", unicodedata.normalize("NFC", text))
    return list(_plain().analyze(UNSPACED.sub(lambda run: _pairs(run[0], single=False), bare)))


def language_of(question: str, *, telling: int = 0) -> str:
    """The language of a question by its script or the words that only its grammar needs.

    English where nothing tells another one; "" where fewer than `telling` words do: one that asks counts twice.
    """
    if language := script_language(question):
        return language
    words = words_of(question)
    language = detect(words, at_least=1, least_share=0.0)
    told = sum(is_stop_word(word, language) for word in {*words})
    return language if told + len(function_words(language).asking & {*words}) >= telling else ""


def script_language(text: str) -> str:
    """The language in whose script most of a text's letters are; "" for scripts of several languages, as Latin."""
    if text.isascii():
        return ""
    letters = [character for character in unicodedata.normalize("NFC", text) if character.isalpha()]
    scripts = (unicodedata.name(letter, "").partition(" ")[0] for letter in letters if letter > "\u036f")
    counts = Counter(_SCRIPTS[script] for script in scripts if script in _SCRIPTS)
    if 2 * counts.total() <= len(letters):
        return ""
    return "japanese" if counts["japanese"] else counts.most_common(1)[0][0]


def detect(
    words: Sequence[str],
    languages: Sequence[str] = LANGUAGES,
    *,
    at_least: int = FEWEST_STOP_WORDS,
    least_share: float = LEAST_SHARE,
) -> str:
    """The language of these words in lower case: English where no other one has more, and enough, stop words."""
    distinct = set(words)
    best, most = ENGLISH, len(STOP_WORDS & distinct)
    if len(languages) == 1 or (len(distinct) > LONGER and most > CLEARLY_ENGLISH * len(distinct)):
        return ENGLISH
    text, least = " ".join(distinct), max(at_least, least_share * len(distinct))
    for language in languages:
        if language == ENGLISH:
            continue
        count = len(distinct) - len(_stopping(language).analyze(text)) + len(_also_stopped(language) & distinct)
        if count > most and count >= least:
            best, most = language, count
    return best


@lru_cache(maxsize=100_000)
def is_stop_word(word: str, language: str) -> bool:
    if _is_pair_of_grammar(word):
        return True
    if language == ENGLISH or language not in LANGUAGES:
        return word in STOP_WORDS
    return word in _also_stopped(language) or not _stopping(language).analyze(word)


@lru_cache(maxsize=100_000)
def spellings(word: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """A word as each of these languages stems it, in which terms of passages and questions are compared."""
    found = (term for language in languages for term in _stemming(language).analyze(word) if term)
    return tuple(dict.fromkeys(found)) or (word,)


@cache
def _also_stopped(language: str) -> frozenset[str]:
    """The words that ask, join, help or point which Tantivy's own list lacks."""
    words = function_words(language)
    listed = words.asking | words.pointing | words.joining | words.helping | words.articles
    return frozenset(word for word in listed if _stopping(language).analyze(word))


def _is_pair_of_grammar(word: str) -> bool:
    if not UNSPACED.fullmatch(word):
        return False
    first, last = _HIRAGANA
    return (
        word in _KOREAN_ASKING
        or bool(_FUNCTION_CHARACTERS & {*word})
        or all(first <= character <= last for character in word)
    )


def _pairs(run: str, *, single: bool) -> str:
    """The pairs of neighbouring characters, parted by spaces; with `single` each character as well."""
    pairs = [run[start : start + 2] for start in range(len(run) - 1)] or [run]
    return f" {' '.join([*pairs, *(run if single and len(run) > 1 else '')])} "


@cache
def _plain() -> Any:
    return _analyzer()


@cache
def _stopping(language: str) -> Any:
    return _analyzer(tantivy.Filter.stopword(language))


@cache
def _stemming(language: str) -> Any:
    """English is freed of accents first; elsewhere they tell the stemmer what an ending is."""
    fold, stem = tantivy.Filter.ascii_fold(), tantivy.Filter.stemmer(language)
    return _analyzer(fold, stem) if language == ENGLISH else _analyzer(stem, fold)


def _analyzer(*filters: Any) -> Any:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (tantivy.Filter.remove_long(_LONGEST_WORD), tantivy.Filter.lowercase(), *filters):
        builder = builder.filter(step)
    return builder.build()
