"""One function for each stage of the search: did this passage pass it, and by how much?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rag_bot.query.answer import ANSWER_HITS
from rag_bot.query.lines import lines_in
from rag_bot.query.quotes import LEAST_SHARE, MOST_LINES, MOST_QUOTES, QUOTED_HITS, JudgedLine, leading, only_links
from rag_bot.query.verdict import LEAST_ANSWERING, LEAST_SPEAKING
from rag_bot.query.why.full_search import FullSearch
from rag_bot.query.why.trace import SEARCHES, PassageTrace, Stage
from rag_bot.records import ANSWERED, NONE, Chunk, Note, change_words, location

_MOST_CANDIDATES = 1_000  # the most that the setting retrieval.candidates allows

Lines = tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Target:
    """A passage that is asked about. `lines` are those that were named, `change` is as in a citation."""

    chunk: Chunk
    note: Note
    passages: int
    lines: Lines
    change: str


def trace_passage(search: FullSearch, target: Target) -> PassageTrace:
    """The stages of a passage up to the one at which it is lost; the quote of another may show it all the same."""
    citation = _citation_of(search, target.chunk, target.lines)
    stages = list(_stages(search, target))
    if citation is not None and stages[-1].name != "quotes":
        stages.append(_quotes(search, target))
    return PassageTrace(target.chunk, tuple(stages), citation)


def _stages(search: FullSearch, target: Target) -> Iterator[Stage]:
    """Whether the notes answer at all is no question to the passage: the quotes are looked at in any case."""
    for stage_of in (_indexed, _filters, _dense, _words, _candidates, _fused, _duplicates, _budget, _read):
        stage = stage_of(search, target)
        yield stage
        if not stage.passed and stage.name not in SEARCHES:
            return
    yield _verdict(search)
    yield _quotes(search, target)


def _indexed(_: FullSearch, target: Target) -> Stage:
    changed = f", but {change_words(target.change)}: run `rag-bot ingest`" if target.change else ""
    message = f"passage {target.chunk.ordinal + 1} of {target.passages} of the note{changed}"
    detail = {"ordinal": target.chunk.ordinal, "passages": target.passages, "change": target.change}
    return Stage("indexed", True, message, detail=detail)


def _filters(search: FullSearch, target: Target) -> Stage:
    filters = search.filters
    named = [f"{name} {value!r}" for name, value in asdict(filters).items() if value] if filters else []
    detail = {"folder": filters.folder if filters else None, "tag": filters.tag if filters else None}
    if target.chunk.key in search.allowed:
        return Stage("filters", True, f"passes {' and '.join(named)}" if named else "none asked for", detail=detail)
    tags = ", ".join(f"#{tag}" for tag in target.note.metadata.get("tags", ())) or "no tag"
    message = f"its note is not in {' and '.join(named)}: {target.note.path} has {tags}"
    return Stage("filters", False, message, "ask without the filter, or tag or move the note", detail)


def _dense(search: FullSearch, target: Target) -> Stage:
    key, best = target.chunk.key, dict(search.candidates.dense)
    place, cosine = search.dense[key]
    limit, passed = len(best), key in best
    missed = place <= limit and not passed
    message = f"rank {place:,} of {len(search.dense):,} by meaning, cosine {cosine:.2f}"
    if not passed:
        message += "; the approximate search missed it" if missed else f"; the best {limit:,} become candidates"
    detail = {"rank": place, "of": len(search.dense), "cosine": round(cosine, 4), "limit": limit, "missed": missed}
    return Stage("dense", passed, message, detail=detail)


def _words(search: FullSearch, target: Target) -> Stage:
    key, best = target.chunk.key, dict(search.candidates.words)
    missing = search.missing(key)
    present = [word for word in search.passages_with if word not in missing]
    place, score = search.words.get(key, (None, 0.0))
    figures = {"rank": place, "of": len(search.words), "bm25": round(score, 4), "limit": len(best)}
    detail = {**figures, "has": present, "lacks": missing}
    if place is None:
        message = f"none of the question's words stands in it: {_quoted(missing)}"
        return Stage("words", False, message, detail=detail)
    message = f"rank {place:,} of {len(search.words):,} by words, BM25 {score:.1f}; has {_quoted(present)}"
    message += f", not {_quoted(missing)}" if missing else ""
    message += "" if key in best else f"; beyond the best {len(best):,}, so its words count for nothing"
    return Stage("words", key in best, message, detail=detail)


def _candidates(search: FullSearch, target: Target) -> Stage:
    key, candidates = target.chunk.key, search.candidates
    rankings = (("meaning", candidates.dense), ("words", candidates.words))
    ways = [name for name, ranking in rankings if key in dict(ranking)]
    detail = {"candidates": len(candidates.vectors), "by": ways}
    if ways:
        message = f"one of {len(candidates.vectors):,}, by {' and '.join(ways)}"
        return Stage("candidates", True, message, detail=detail)
    by_meaning, _ = search.dense[key]
    by_words, _ = search.words.get(key, (None, 0.0))
    standing = f"rank {by_words:,} by words" if by_words else "no word in common"
    message = (
        "neither its meaning nor its words are near enough to the question "
        f"(rank {by_meaning:,} by meaning, {standing})"
    )
    nearest = min(by_meaning, by_words or by_meaning)
    if nearest <= len(candidates.dense):
        remedy = "run `rag-bot verify`, since the approximate search should have found it"
    else:
        raised = f", or raise the setting retrieval.candidates to {nearest:,}" if nearest <= _MOST_CANDIDATES else ""
        remedy = f"{_ask_with_its_words(search, key)}{raised}"
    return Stage("candidates", False, message, remedy, detail)


def _fused(search: FullSearch, target: Target) -> Stage:
    place, score = search.fused[target.chunk.key]
    before, _ = search.before_feedback.get(target.chunk.key, (None, 0.0))
    detail = {"rank": place, "of": len(search.fused), "score": round(score, 4), "rank_before_feedback": before}
    moved = f"; rank {before:,} before the first ranking fed back" if before and before != place else ""
    return Stage("fused", True, f"rank {place:,} of {len(search.fused):,}, score {score:.2f}{moved}", detail=detail)


def _duplicates(search: FullSearch, target: Target) -> Stage:
    chunk = target.chunk
    if own := search.hit_of(chunk):
        copies = f"stands for {', '.join(own.duplicates)} too" if own.duplicates else "repeats no better passage"
        return Stage("duplicates", True, copies, detail={"of": None, "copies": list(own.duplicates)})
    twin = next(hit for hit in search.hits if chunk.location in hit.duplicates)
    citation = _citation_of(search, twin.chunk, None)
    how = "has the very text of" if twin.chunk.key == chunk.key else "mostly repeats"
    shown = f", which is shown as citation {citation}" if citation else f", which is passage {twin.rank} of the ranking"
    remedy = "the text is not lost" if citation else f"ask about the copy: --note {twin.chunk.location}"
    detail = {"of": twin.chunk.location, "of_rank": twin.rank, "copies": []}
    return Stage("duplicates", False, f"it {how} {twin.chunk.location}{shown}", remedy, detail)


def _budget(search: FullSearch, target: Target) -> Stage:
    own = search.hit_of(target.chunk)
    assert own  # what is no hit has been lost as a duplicate
    message = f"passage {own.rank:,} of {len(search.hits):,} without copies; the best {ANSWER_HITS} are used"
    detail = {"rank": own.rank, "of": len(search.hits), "limit": ANSWER_HITS}
    passed = any(hit.chunk == target.chunk for hit in search.investigation.hits)
    return Stage("budget", passed, message, "" if passed else _ask_with_its_words(search, target.chunk.key), detail)


def _read(search: FullSearch, target: Target) -> Stage:
    """Whether any line of the passage was compared with the question."""
    own = search.hit_of(target.chunk)
    assert own  # as above
    compared = _judged_lines(search, target.chunk, target.lines)
    detail = {"rank": own.rank, "limit": QUOTED_HITS, "lines": len(compared)}
    if compared:
        return Stage("read", True, f"{len(compared)} of its lines were compared with the question", detail=detail)
    remedy = _ask_with_its_words(search, target.chunk.key)
    if own.rank > QUOTED_HITS:
        message = f"it is passage {own.rank}, and the best {QUOTED_HITS} are read line by line"
        return Stage("read", False, message, remedy, detail)
    others_compared = _judged_lines(search, target.chunk, None)
    message = "these lines were not compared" if others_compared else "none of its lines was compared"
    within = [line for line in lines_in(own) if _overlap(target.lines, (line.span.start_line, line.span.end_line))]
    if not within:
        why, remedy = "they hold no text that could be quoted", "no question brings them as an answer"
    elif all(only_links(own.note, line) for line in within):
        why, remedy = "they only link to other notes", "no question brings them as an answer"
    else:
        why = f"they are not among the {MOST_LINES} lines with most words of the question"
    return Stage("read", False, f"{message}: {why}", remedy, detail)


def _verdict(search: FullSearch) -> Stage:
    """What the notes are taken to say to the question as a whole, and which feature decided."""
    judgement = search.investigation.judgement
    features = {name: round(value, 4) for name, value in asdict(judgement.features).items()}
    detail = {
        "verdict": judgement.verdict,
        "answering": round(judgement.answering, 4),
        "speaking": round(judgement.speaking, 4),
        "missing": list(judgement.missing),
        "unmentioned": list(judgement.unmentioned),
        "features": features,
    }
    figures = ", ".join(f"{name.replace('_', ' ')} {value:.2f}" for name, value in features.items())
    if judgement.verdict == NONE:
        message = (
            f"the notes are not taken to speak of it: {judgement.speaking:.2f}, below {LEAST_SPEAKING} ({figures})"
        )
        return Stage("verdict", False, message, "ask more fully, with words that stand in the notes", detail)
    if judgement.verdict == ANSWERED:
        message = f"the lines are taken to answer: {judgement.answering:.2f}, at least {LEAST_ANSWERING} ({figures})"
    elif judgement.missing:
        message = f"the lines come near, but lack {_quoted(list(judgement.missing))} ({figures})"
    else:
        message = f"the lines only come near: {judgement.answering:.2f}, below {LEAST_ANSWERING} ({figures})"
    return Stage("verdict", True, message, detail=detail)


def _quotes(search: FullSearch, target: Target) -> Stage:
    """Whether one of the target's lines is shown, and else the rule that dropped the best of them."""
    compared = _judged_lines(search, target.chunk, target.lines)
    citation = _citation_of(search, target.chunk, target.lines)
    best = next((judged for judged in compared if judged.quote), compared[0] if compared else None)
    leader = leading([judged.scored for judged in search.judged]) if search.judged else None
    last = next((judged for judged in reversed(search.judged) if judged.quote), None)
    detail = {
        "citation": citation,
        "rule": best.dropped if best else "",
        "line": _figures(best) if best else None,
        "best_line": next((_figures(judged) for judged in search.judged if judged.scored is leader), None),
        "last_quote": _figures(last) if last else None,
        "least_score": round(LEAST_SHARE * leader.score, 4) if leader else None,
        "limit": MOST_QUOTES,
    }
    if best and best.quote:
        number = search.quotes.index(best.quote) + 1
        shown = f"shown as citation {number}" if search.answered else f"would be citation {number}"
        return Stage("quotes", True, f"{shown}: {best.quote.location}, {_scores(best)}", detail=detail)
    if citation is not None:
        shown = f"shown as part of citation {citation}, {search.quotes[citation - 1].location}"
        return Stage("quotes", True, shown, detail=detail)
    assert best  # what has no line has been lost before
    start, end = best.scored.line.span.start_line, best.scored.line.span.end_line
    which = f"line {start}" if start == end else f"lines {start}-{end}"
    reason, remedy = _why_dropped(search, best.dropped)
    return Stage("quotes", False, f"its best is {which} ({_scores(best)}), but {reason}", remedy, detail)


def _why_dropped(search: FullSearch, rule: str) -> tuple[str, str]:
    """What a rule means here, and what would help."""
    best = leading([judged.scored for judged in search.judged])
    remedy = "ask more precisely for what this line says, in its words"
    match rule:
        case "names":
            reason = "it only names or sorts the note, and other lines say more"
            return reason, "ask for the title or the tags, if these are meant"
        case "siblings":
            return "a bullet of the same list has more of the question's words", remedy
        case "words":
            return f"it has clearly fewer of the question's words than the best line ({best.words:.0%})", remedy
        case "score":
            needed = f"{LEAST_SHARE * best.score:.2f}, {LEAST_SHARE:.0%} of the best line's score"
            return f"a further line needs {needed}", remedy
        case "most":
            last = [judged.scored.score for judged in search.judged if judged.quote][-1]
            return f"{MOST_QUOTES} lines with higher scores are shown, down to {last:.2f}", remedy
        case "repeats":
            return "a line that is shown says the same", "its words are not lost"
        case other:
            return f"the rule “{other}” dropped it", remedy


def _figures(judged: JudgedLine) -> dict[str, Any]:
    scored = judged.scored
    return {
        "location": location(scored.hit.note.path, scored.line.span.start_line, scored.line.span.end_line),
        "text": scored.text,
        "score": round(scored.score, 4),
        "reader": round(scored.answers, 4),
        "meaning": round(scored.meaning, 4),
        "words": round(scored.words, 4),
    }


def _scores(judged: JudgedLine) -> str:
    scored = judged.scored
    return f"score {scored.score:.2f}, meaning {scored.meaning:.2f}, words {scored.words:.0%}"


def _citation_of(search: FullSearch, chunk: Chunk, lines: Lines) -> int | None:
    """The number of the first quote that shows something of a passage, or of the lines of it that are asked about."""
    if not search.answered:
        return None
    for number, quote in enumerate(search.quotes, start=1):
        in_passage = quote.start_char < chunk.end_char and chunk.start_char < quote.end_char
        is_asked_about = _overlap(lines, (quote.start_line, quote.end_line))
        if quote.note_path == chunk.note_path and in_passage and is_asked_about:
            return number
    return None


def _judged_lines(search: FullSearch, chunk: Chunk, lines: Lines) -> Sequence[JudgedLine]:
    """The lines of a passage that were compared with the question, best first; of `lines`, where these are given."""
    return [
        judged
        for judged in search.judged
        if judged.scored.hit.chunk == chunk
        and _overlap(lines, (judged.scored.line.span.start_line, judged.scored.line.span.end_line))
    ]


def _overlap(lines: Lines, span: tuple[int, int]) -> bool:
    """Whether a span has some of these lines; without any, it has."""
    return not lines or (lines[0] <= span[1] and span[0] <= lines[1])


def _ask_with_its_words(search: FullSearch, key: str) -> str:
    missing = search.missing(key)
    lacks = f" ({_quoted(missing)} {'do' if missing[1:] else 'does'} not)" if missing else ""
    narrower = "" if search.filters else ", or within its folder or tag"
    return f"ask with more words that stand in it{lacks}{narrower}"


def _quoted(words: list[str]) -> str:
    return ", ".join(f"“{word}”" for word in words) or "nothing"
