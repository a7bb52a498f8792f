"""Do the shown lines answer, do the notes only come near, or don't they speak of it?

Two logistic models over what was found and read. `eval/fit_verdict.py` fits them, and prints how they do on questions
that they did not see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import exp

from rag_bot.query.anchors import missing_anchors, texts_of
from rag_bot.query.quotes import JudgedLine, ScoredLine, TermWeights
from rag_bot.query.times import AskedTimes
from rag_bot.records import ANSWERED, CLOSEST, NONE, Hit
from rag_bot.text.sentences import asks
from rag_bot.text.terms import STOP_WORDS, words_of

# All fitted. "Answers": lines that answer against those that don't; "speaks": what notes speak of, against questions
# about other things altogether. What the default reader has not read is judged by cosines and words.
ANSWERS = {"intercept": -0.223, "reader": 0.702}
SPEAKS = {"intercept": 1.289, "reader": 0.664, "cosine": 3.303, "words": 2.703, "unmentioned": -3.303}
ANSWERS_UNREAD = {"intercept": -2.331, "line_cosine": 3.028, "words": 1.104}
SPEAKS_UNREAD = {"intercept": -2.663, "line_cosine": 5.640, "words": 5.124}
LEAST = 0.5  # of either: more likely than not
KEYWORDS_FOUND = 0.75  # that lines answer, unread, where all keywords stand in one of them; set by hand
WORDS_IN = 3  # passages that the words are looked for in; set by hand
SHOWN = 2  # of the first lines, in which what the question is about has to stand; set by hand


@dataclass(frozen=True, slots=True)
class Features:
    """What speaks for an answer. `reader` is the logit of the best line, 0 without the default reader, others 0 to 1.

    `cosine` is that of the question and the best passage; `line_cosine` that of the first line, 0 where the default
    reader has read; `words`: share of the question's words in the best passages; `unmentioned`: of those that stand
    nowhere in the notes.
    """

    reader: float
    cosine: float
    line_cosine: float
    words: float
    unmentioned: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, and what it is made of.

    `answering` and `speaking` are the probabilities that the lines answer, and that the notes speak of it at all.
    `missing` are names, numbers and dates of the question that the best lines lack, which forbids "answered";
    `unmentioned` are its words that stand nowhere in the notes.
    """

    verdict: str
    answering: float
    speaking: float
    features: Features
    missing: tuple[str, ...] = ()
    unmentioned: tuple[str, ...] = ()


def judge_question(
    query: str,
    terms: TermWeights,
    hits: Sequence[Hit],
    judged: Sequence[JudgedLine],
    *,
    was_read: bool,
    reads_words: bool,
    anchors: Sequence[str],
    times: AskedTimes,
) -> Judgement:
    """The verdict on what was found. `was_read` says whether the default reader has read the lines;
    `anchors` are the names and numbers that the question is about, `times` those that it asks for.

    To an embedding model that does not read the query's words all texts of that language are alike: without
    `reads_words` the cosine counts no more than the words found.
    """
    shown = [line.scored for line in judged if line.quote]
    features = _measure(terms, hits, shown, [line.scored for line in judged], reads_words=reads_words)
    if was_read:
        answering, speaking = _probability(features, ANSWERS), _probability(features, SPEAKS)
    else:
        answering, speaking = _probability(features, ANSWERS_UNREAD), _probability(features, SPEAKS_UNREAD)
        if are_keywords(query) and any(line.scored.words == 1 for line in judged):
            answering, speaking = max(answering, KEYWORDS_FOUND), max(speaking, KEYWORDS_FOUND)
    texts = [text for line in shown[:SHOWN] for text in texts_of(line.hit, line.line)]
    missing = missing_anchors(anchors, texts)
    lacking = [times.lacking(line.hit.note, line.line) for line in shown[:SHOWN]]
    missing += lacking[0] if lacking and all(lacking) else []
    # "who?" and "thanks!" are of nothing in particular, and a line that has no word of the question may be, too.
    says_what = any(word not in STOP_WORDS for word in words_of(query)) and terms.share("\n".join(texts)) > 0
    if not shown or speaking < LEAST:
        verdict = NONE
    elif answering < LEAST or missing or not says_what:
        verdict = CLOSEST
    else:
        verdict = ANSWERED
    return Judgement(verdict, answering, speaking, features, tuple(missing), terms.unmentioned)


def _measure(
    terms: TermWeights,
    hits: Sequence[Hit],
    shown: Sequence[ScoredLine],
    lines: Sequence[ScoredLine],
    *,
    reads_words: bool,
) -> Features:
    words = max((terms.share(hit.chunk.embedded_text) for hit in hits[:WORDS_IN]), default=0.0)
    cosine = max((hit.why.dense_score or 0.0 for hit in hits), default=0.0)
    line_cosine = shown[0].meaning if shown else 0.0
    return Features(
        reader=max((line.answers for line in lines), default=0.0),
        cosine=cosine if reads_words else min(cosine, words),
        line_cosine=line_cosine if reads_words else min(line_cosine, words),
        words=words,
        unmentioned=terms.share_unmentioned,
    )


def are_keywords(query: str) -> bool:
    """Whether words are only listed, as one searches the web: two or more, each of which means something."""
    words = words_of(query)
    return len(words) > 1 and not asks(query) and not STOP_WORDS.intersection(words)


def _probability(features: Features, coefficients: Mapping[str, float]) -> float:
    values = asdict(features) | {"intercept": 1.0}
    return 1 / (1 + exp(-sum(weight * values[name] for name, weight in coefficients.items())))
