"""One function for each stage up to the lines: did this passage pass it, and by how much?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from rag_bot.query.answer import ANSWER_HITS
from rag_bot.query.duplicates import repeats, word_shingles
from rag_bot.query.why.full_search import FullSearch, Target, stands_in
from rag_bot.query.why.line_stages import ask_with_its_words, quoted_words, quotes_stage, read_stage, verdict_stage
from rag_bot.query.why.trace import SEARCHES, PassageTrace, Stage
from rag_bot.records import Answer, Hit, change_words

_MOST_CANDIDATES = 1_000  # the most that the setting retrieval.candidates allows


def trace_passage(search: FullSearch, target: Target) -> PassageTrace:
    """The stages of a passage up to the one at which it is lost; the quote of another may show it all the same."""
    citation = search.citation_of(target.chunk, target.lines)
    stages = list(_stages(search, target))
    if citation is not None and stages[-1].name not in ("quotes", "dated"):
        stages.append(quotes_stage(search, target))
    around = search.shown_around(target.chunk, target.lines) if citation is None else None
    return PassageTrace(target.chunk, tuple(stages), citation, around)


def _stages(search: FullSearch, target: Target) -> Iterator[Stage]:
    """The verdict is on all lines together: whatever it is, the quotes are looked at."""
    if search.investigation.of_times:
        yield _dated(search, target)
        return
    for stage_of in (_indexed, _filters, _dense, _words, _candidates, _fused, _duplicates, _budget, read_stage):
        stage = stage_of(search, target)
        yield stage
        if not stage.passed and stage.name not in SEARCHES:
            return
    yield verdict_stage(search)
    yield quotes_stage(search, target)


def trace_counted(answer: Answer, target: Target) -> PassageTrace:
    """The one stage of a passage where the catalogue answers: whether it shows something of it."""
    shown = [one for one in answer.citations if stands_in(one.quote, target.chunk, target.lines)]
    of_note = [one for one in answer.citations if one.quote.note_path == target.note.path]
    more = answer.total - len(answer.citations)
    fate = f"none of the {len(answer.citations):,} cited lines is of this note"
    fate += f", {more:,} more are not cited" if more > 0 else ""
    fate = f"citation {of_note[0].number} shows another line of this note" if of_note else fate
    fate = f"citation {shown[0].number} shows it" if shown else fate
    message = f"told from the catalogue, nothing is searched ({answer.statement.rstrip('.:')}); {fate}"
    detail = {"statement": answer.statement, "total": answer.total, "of_note": [one.number for one in of_note]}
    stage = Stage("counted", bool(shown), message, detail=detail)
    return PassageTrace(target.chunk, (stage,), shown[0].number if shown else None)


def _dated(search: FullSearch, target: Target) -> Stage:
    """Where all lines of a time are shown: whether the passage has some."""
    found = search.investigation
    names = " and ".join(asked.name for asked in found.times.dates)
    passed = search.citation_of(target.chunk, target.lines) is not None
    fate = "it is of that time" if passed else f"it is not{', or one of the older ones' if found.left_out else ''}"
    left_out = f" ({found.left_out.rstrip('.')})" if found.left_out else ""
    message = f"what the notes have of {names} is shown{left_out}; {fate}"
    return Stage("dated", passed, message, detail={"times": [asked.name for asked in found.times.dates]})


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
        message = f"none of the question's words stands in it: {quoted_words(missing)}"
        return Stage("words", False, message, detail=detail)
    message = f"rank {place:,} of {len(search.words):,} by words, BM25 {score:.1f}; has {quoted_words(present)}"
    message += f", not {quoted_words(missing)}" if missing else ""
    message += "" if key in best else f"; beyond the best {len(best):,}, so its words count for nothing"
    return Stage("words", key in best, message, detail=detail)


def _candidates(search: FullSearch, target: Target) -> Stage:
    key, candidates = target.chunk.key, search.candidates
    rankings = (("meaning", candidates.dense), ("words", candidates.words))
    ways = [name for name, ranking in rankings if key in dict(ranking)]
    ways += ["the name of its note"] if key in candidates.named else []
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
        remedy = f"{ask_with_its_words(search, key)}{raised}"
    return Stage("candidates", False, message, remedy, detail)


def _fused(search: FullSearch, target: Target) -> Stage:
    place, score = search.fused[target.chunk.key]
    before, _ = search.before_feedback.get(target.chunk.key, (None, 0.0))
    detail = {"rank": place, "of": len(search.fused), "score": round(score, 4), "rank_before_feedback": before}
    moved = f"; rank {before:,} before the first ranking fed back" if before and before != place else ""
    reranked = f"; the reader has put the best {search.reranked} in order" if search.reranked else ""
    message = f"rank {place:,} of {len(search.fused):,}, score {score:.2f}{moved}{reranked}"
    return Stage("fused", True, message, detail=detail)


def _duplicates(search: FullSearch, target: Target) -> Stage:
    chunk = target.chunk
    if own := search.hit_of(chunk):
        differing = _differing_copies(search, own)
        copies = f"stands for {', '.join(own.duplicates)} too" if own.duplicates else "repeats no better passage"
        if differing:
            copies += f"; {', '.join(differing)} differs in a number, name, date or negation, and is kept as well"
        found = {"of": None, "copies": list(own.duplicates), "differing": differing}
        return Stage("duplicates", True, copies, detail=found)
    twin = next(hit for hit in search.hits if chunk.location in hit.duplicates)
    citation = search.citation_of(twin.chunk, None)
    how = "has the very text of" if twin.chunk.key == chunk.key else "mostly repeats"
    shown = f", which is shown as citation {citation}" if citation else f", which is passage {twin.rank} of the ranking"
    remedy = "the text is not lost" if citation else f"ask about the copy: --note {twin.chunk.location}"
    detail = {"of": twin.chunk.location, "of_rank": twin.rank, "copies": [], "differing": []}
    return Stage("duplicates", False, f"it {how} {twin.chunk.location}{shown}", remedy, detail)


def _differing_copies(search: FullSearch, own: Hit) -> list[str]:
    """Where the passages stand that say nearly the same as a hit: had they agreed with it, one would be left."""
    words = word_shingles(own.chunk.text)
    return [
        hit.chunk.location
        for hit in search.hits
        if hit.chunk != own.chunk and repeats(words, word_shingles(hit.chunk.text))
    ]


def _budget(search: FullSearch, target: Target) -> Stage:
    own = search.hit_of(target.chunk)
    assert own  # what is no hit has been lost as a duplicate
    message = f"passage {own.rank:,} of {len(search.hits):,} without copies; the best {ANSWER_HITS} are used"
    detail = {"rank": own.rank, "of": len(search.hits), "limit": ANSWER_HITS}
    passed = any(hit.chunk == target.chunk for hit in search.investigation.hits)
    return Stage("budget", passed, message, "" if passed else ask_with_its_words(search, target.chunk.key), detail)
