"""The stages of a passage's lines: what the reader made of them, the verdict on all of them, which are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rag_bot.markdown import Kind
from rag_bot.query.lines import lines_in, with_what_follows
from rag_bot.query.quotes import (
    HITS_EMBEDDED,
    HITS_READ,
    LEAST_BELOW_READ,
    LEAST_SHARE,
    MOST_CLOSEST,
    MOST_QUOTES,
    JudgedLine,
    leading,
    only_links,
    quote_lines,
    say_the_same,
)
from rag_bot.query.verdict import LEAST
from rag_bot.query.why.full_search import FullSearch, Target, overlap
from rag_bot.query.why.trace import Stage
from rag_bot.records import ANSWERED, NONE, location


def read_stage(search: FullSearch, target: Target) -> Stage:
    """Whether any line of the passage was read with the question, and what it was given."""
    own, was_read = search.hit_of(target.chunk), search.investigation.was_read
    assert own  # what is no hit has been lost as a duplicate
    hits = HITS_READ if was_read else HITS_EMBEDDED
    compared = search.judged_in(target.chunk, target.lines)
    detail = {
        "rank": own.rank,
        "limit": hits,
        "by": "reader" if was_read else "meaning",
        "lines": len(compared),
        "best": _figures(search, compared[0]) if compared else None,
    }
    read = "read by the reader" if was_read else "compared with the question"
    if compared:
        best = f"best {_numbered(compared[0])} ({_scores(search, compared[0])})"
        count = f"{len(compared)} of its lines {'were' if compared[1:] else 'was'}"
        return Stage("read", True, f"{count} {read}, {best}", detail=detail)
    remedy = ask_with_its_words(search, target.chunk.key)
    if own.rank > hits:
        message = f"it is passage {own.rank}, and the lines of the best {hits} are {read}"
        return Stage("read", False, message, remedy, detail)
    others_compared = search.judged_in(target.chunk, None)
    message = f"these lines were not {read}" if others_compared else f"none of its lines was {read}"
    within = [line for line in lines_in(own) if overlap(target.lines, (line.span.start_line, line.span.end_line))]
    if not within:
        why, remedy = "they hold no text that could be quoted", "no question brings them as an answer"
    elif all(only_links(own.note, line) for line in within):
        why, remedy = "they only link to other notes", "no question brings them as an answer"
    elif was_read and all(line.kind is Kind.HEADING for line in within):
        why, remedy = "headings are read with the lines below them", "ask for these"
    else:
        why = f"the {len(search.judged)} lines that are have more of the question's words, or stand in better passages"
    return Stage("read", False, f"{message}: {why}", remedy, detail)


def verdict_stage(search: FullSearch) -> Stage:
    """What the notes are taken to say to the question as a whole, and what decided."""
    judgement = search.investigation.judgement
    features = asdict(judgement.features)
    answers, speaks = _weighed(features, search.answers), _weighed(features, search.speaks)
    detail = {
        "verdict": judgement.verdict,
        "answering": round(judgement.answering, 4),
        "speaking": round(judgement.speaking, 4),
        "missing": list(judgement.missing),
        "unmentioned": list(judgement.unmentioned),
        "features": {name: round(value, 4) for name, value in features.items()},
        "adds": {"answering": answers, "speaking": speaks},
    }
    unmentioned = f"; no note has {quoted_words(list(judgement.unmentioned))}" if judgement.unmentioned else ""
    if judgement.verdict == NONE:
        message = "no line could be shown"
        if judgement.speaking < LEAST:
            message = f"the notes are not taken to speak of it: {_estimate(judgement.speaking, LEAST, speaks)}"
        remedy = "ask more fully, with words that stand in the notes"
        return Stage("verdict", False, f"{message}{unmentioned}", remedy, detail)
    estimate = _estimate(judgement.answering, LEAST, answers)
    if judgement.verdict == ANSWERED:
        message = f"the lines are taken to answer: {estimate}"
    else:
        against = [f"they lack {quoted_words(list(judgement.missing))}"] if judgement.missing else []
        against += [] if against and judgement.answering >= LEAST else [estimate]
        message = f"the lines only come near: {', and '.join(against)}"
    return Stage("verdict", True, f"{message}{unmentioned}", detail=detail)


def _weighed(features: Mapping[str, float], weights: Mapping[str, float]) -> dict[str, float]:
    """What each feature adds to the logit of a probability, what speaks most against it first."""
    added = {name: weight * features.get(name, 1.0) for name, weight in weights.items()}  # the intercept is no feature
    return {name: round(value, 4) for name, value in sorted(added.items(), key=lambda pair: pair[1])}


def _estimate(probability: float, least: float, weighed: Mapping[str, float]) -> str:
    how = "at least" if probability >= least else "below"
    names = {name: name.replace("_", " ") for name in weighed} | {"intercept": "to begin with"}
    parts = ", ".join(f"{names[name]} {value:+.2f}" for name, value in weighed.items())
    return f"{probability:.2f}, {how} {least} ({parts})"


def quotes_stage(search: FullSearch, target: Target) -> Stage:
    """Whether one of the target's lines is marked, and else the rule that dropped the best of them."""
    compared = search.judged_in(target.chunk, target.lines)
    citation = search.citation_of(target.chunk, target.lines)
    best = next((judged for judged in compared if judged.quote), compared[0] if compared else None)
    leader = leading([judged.scored for judged in search.judged]) if search.judged else None
    last = next((judged for judged in reversed(search.judged) if judged.quote), None)
    was_read = search.investigation.was_read
    detail = {
        "citation": citation,
        "rule": best.dropped if best else "",
        "line": _figures(search, best) if best else None,
        "best_line": next((_figures(search, judged) for judged in search.judged if judged.scored is leader), None),
        "last_quote": _figures(search, last) if last else None,
        "least_score": round(LEAST_SHARE * leader.score, 4) if leader and not was_read else None,
        "least_reader": round(leader.answers - LEAST_BELOW_READ, 4) if leader and was_read else None,
        "limit": MOST_QUOTES,
    }
    if best and best.quote:
        number = search.quotes.index(best.quote) + 1
        shown = f"shown as citation {number}" if search.answer.citations else f"would be citation {number}"
        return Stage("quotes", True, f"{shown}: {best.quote.location}, {_scores(search, best)}", detail=detail)
    if citation is not None:
        shown = f"shown as part of citation {citation}, {search.quotes[citation - 1].location}"
        return Stage("quotes", True, shown, detail=detail)
    assert best  # what has no line has been lost before
    reason, remedy = _why_dropped(search, best)
    message = f"its best is {_numbered(best)} ({_scores(search, best)}), but {reason}"
    return Stage("quotes", False, message, remedy, detail)


def _why_dropped(search: FullSearch, dropped: JudgedLine) -> tuple[str, str]:
    """What the rule that dropped a line means here, and what would help."""
    best = leading([judged.scored for judged in search.judged])
    remedy = "ask more precisely for what this line says, in its words"
    match dropped.dropped:
        case "names":
            reason = "it only names or sorts the note, and other lines say more"
            return reason, "ask for the title or the tags, if these are meant"
        case "siblings":
            return "a bullet of the same list has more of the question's words", remedy
        case "words":
            return f"it has clearly fewer of the question's words than the best line ({best.words:.2f})", remedy
        case "score" if search.investigation.was_read:
            needed = f"{best.answers - LEAST_BELOW_READ:.2f}, {LEAST_BELOW_READ:g} below what it gives the best line"
            return f"the reader has to give a further line {needed}", remedy
        case "score":
            needed = f"{LEAST_SHARE * best.score:.2f}, {LEAST_SHARE:.2f} of the best line's score"
            return f"a further line needs {needed}", remedy
        case "most":
            last = [judged for judged in search.judged if judged.quote][-1]
            return f"{MOST_QUOTES} better lines are shown, down to {_scores(search, last)}", remedy
        case "closest":
            return f"no line answers, and only the closest are shown, at most {MOST_CLOSEST}", remedy
        case "repeats":
            return f"{_said_before(search, dropped)} says the same", "its words are not lost"
        case other:
            return f"the rule “{other}” dropped it", remedy


def _said_before(search: FullSearch, repeated: JudgedLine) -> str:
    """The quote that a line repeats."""
    line, note = repeated.scored.line, repeated.scored.hit.note
    own = quote_lines(note, line, with_what_follows(note, line), repeated.scored.score)
    said = ((number, quote) for number, quote in enumerate(search.quotes, start=1) if say_the_same(own, quote))
    number, quote = next(said, (0, own))
    if not number:  # it repeats a line that stands in a longer quote by now
        return "a quote before it"
    return f"citation {number}, {quote.location}," if search.answer.citations else quote.location


def _figures(search: FullSearch, judged: JudgedLine) -> dict[str, Any]:
    """`score` is what lines are ordered by; only the best of those that the reader has read have a `meaning` too."""
    scored, was_read = judged.scored, search.investigation.was_read
    return {
        "location": location(scored.hit.note.path, scored.line.span.start_line, scored.line.span.end_line),
        "text": scored.text,
        "score": round(scored.score, 4),
        "reader": round(scored.answers, 4) if was_read else None,
        "meaning": round(scored.meaning, 4) if scored.meaning or not was_read else None,
        "words": round(scored.words, 4),
    }


def _scores(search: FullSearch, judged: JudgedLine) -> str:
    """What a line is picked by: the reader's logit that it answers and its order, or what stands for them."""
    scored = judged.scored
    if search.investigation.was_read:
        return f"reader {scored.answers:+.2f}, relevance {scored.score:.2f}"
    return f"score {scored.score:.2f}, meaning {scored.meaning:.2f}, words {scored.words:.2f}"


def _numbered(judged: JudgedLine) -> str:
    start, end = judged.scored.line.span.start_line, judged.scored.line.span.end_line
    return f"line {start}" if start == end else f"lines {start}-{end}"


def ask_with_its_words(search: FullSearch, key: str) -> str:
    missing = search.missing(key)
    lacks = f" ({quoted_words(missing)} {'do' if missing[1:] else 'does'} not)" if missing else ""
    narrower = "" if search.filters else ", or within its folder or tag"
    return f"ask with more words that stand in it{lacks}{narrower}"


def quoted_words(words: list[str]) -> str:
    return ", ".join(f"“{word}”" for word in words) or "nothing"
