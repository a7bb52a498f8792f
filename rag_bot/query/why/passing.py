"""One function for each stage of the search: did this passage pass it, and by how much?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from rag_bot.query.answer import ANSWER_HITS
from rag_bot.query.confidence import THRESHOLD
from rag_bot.query.why.journey import SEARCHES, Journey, Stage
from rag_bot.query.why.picking import citation_of, lines_of, picked, read
from rag_bot.query.why.working import Working
from rag_bot.records import Chunk, Hit, Note, change_words


@dataclass(frozen=True, slots=True)
class Target:
    """A passage that is asked about. `lines` are those that were named, `change` is as in a citation."""

    chunk: Chunk
    note: Note
    passages: int
    lines: tuple[int, int] | None
    change: str


def journey(work: Working, target: Target) -> Journey:
    """The stages of a passage up to the one at which it is lost; the quote of another may show it all the same."""
    citation = citation_of(work, target.chunk, target.lines)
    stages = tuple(_stages(work, target))
    if citation is not None and stages[-1].name != "quotes":
        stages = (*stages, picked(work, lines_of(work, target.chunk, target.lines), citation))
    return Journey(target.chunk, stages, citation)


def _stages(work: Working, target: Target) -> Iterator[Stage]:
    """Whether the notes answer at all is no question to the passage: the quotes are looked at in any case."""
    for make in (_indexed, _filters, _dense, _words, _candidates, _fused, _duplicates, _budget, _read):
        stage = make(work, target)
        yield stage
        if not stage.passed and stage.name not in SEARCHES:
            return
    yield _confidence(work)
    yield picked(work, lines_of(work, target.chunk, target.lines), citation_of(work, target.chunk, target.lines))


def _indexed(_: Working, target: Target) -> Stage:
    changed = f", but {change_words(target.change)}: run `rag-bot ingest`" if target.change else ""
    said = f"passage {target.chunk.ordinal + 1} of {target.passages} of the note{changed}"
    detail = {"ordinal": target.chunk.ordinal, "passages": target.passages, "change": target.change}
    return Stage("indexed", True, said, detail=detail)


def _filters(work: Working, target: Target) -> Stage:
    filters = work.filters
    named = [f"{name} {value!r}" for name, value in asdict(filters).items() if value] if filters else []
    detail = {"folder": filters.folder if filters else None, "tag": filters.tag if filters else None}
    if target.chunk.key in work.allowed:
        return Stage("filters", True, f"passes {' and '.join(named)}" if named else "none asked for", detail=detail)
    tags = ", ".join(f"#{tag}" for tag in target.note.metadata.get("tags", ())) or "no tag"
    said = f"its note is not in {' and '.join(named)}: {target.note.path} has {tags}"
    return Stage("filters", False, said, "ask without the filter, or tag or move the note", detail)


def _dense(work: Working, target: Target) -> Stage:
    key, found = target.chunk.key, dict(work.found.ranked.found.dense)
    place, cosine = work.dense[key]
    limit = len(found)
    detail = {"rank": place, "of": len(work.dense), "cosine": round(cosine, 4), "limit": limit}
    said = f"rank {place:,} of {len(work.dense):,} by meaning, cosine {cosine:.2f}"
    missed = place <= limit and key not in found
    beyond = "; the approximate search missed it" if missed else f"; the best {limit:,} become candidates"
    return Stage("dense", key in found, said + ("" if key in found else beyond), detail=detail | {"missed": missed})


def _words(work: Working, target: Target) -> Stage:
    key, found = target.chunk.key, dict(work.found.ranked.found.words)
    missing = work.missing(key)
    standing = [word for word in work.has if word not in missing]
    place, score = work.words.get(key, (None, 0.0))
    figures = {"rank": place, "of": len(work.words), "bm25": round(score, 4), "limit": len(found)}
    detail = {**figures, "has": standing, "lacks": missing}
    if place is None:
        return Stage("words", False, f"none of the question's words stands in it: {_quoted(missing)}", detail=detail)
    said = f"rank {place:,} of {len(work.words):,} by words, BM25 {score:.1f}; has {_quoted(standing)}"
    said += f", not {_quoted(missing)}" if missing else ""
    beyond = "" if key in found else f"; beyond the best {len(found):,}, so its words count for nothing"
    return Stage("words", key in found, said + beyond, detail=detail)


def _candidates(work: Working, target: Target) -> Stage:
    key, found = target.chunk.key, work.found.ranked.found
    ways = [name for name, ranking in (("meaning", found.dense), ("words", found.words)) if key in dict(ranking)]
    detail = {"candidates": len(found.vectors), "by": ways}
    if ways:
        return Stage("candidates", True, f"one of {len(found.vectors):,}, by {' and '.join(ways)}", detail=detail)
    nearest = min(place for place, _ in filter(None, (work.dense.get(key), work.words.get(key))))
    said = f"neither its meaning nor its words are near enough to the question ({_standings(work, key)})"
    return Stage("candidates", False, said, _candidates_remedy(work, key, nearest), detail)


def _candidates_remedy(work: Working, key: str, nearest: int) -> str:
    if nearest <= len(work.found.ranked.found.dense):
        return "run `rag-bot verify`, since the approximate search should have found it"
    more = f", or raise the setting retrieval.candidates to {nearest:,}" if nearest <= 1_000 else ""
    return f"{_with_its_words(work, key)}{more}"


def _fused(work: Working, target: Target) -> Stage:
    place, score = work.last[target.chunk.key]
    before = work.first.get(target.chunk.key)
    earlier = before[0] if before else None
    detail = {"rank": place, "of": len(work.last), "score": round(score, 4), "rank_before_feedback": earlier}
    moved = f"; rank {before[0]:,} before the first ranking fed back" if before and before[0] != place else ""
    return Stage("fused", True, f"rank {place:,} of {len(work.last):,}, score {score:.2f}{moved}", detail=detail)


def _duplicates(work: Working, target: Target) -> Stage:
    chunk = target.chunk
    if own := _own_hit(work, chunk):
        copies = f"stands for {', '.join(own.duplicates)} too" if own.duplicates else "repeats no better passage"
        return Stage("duplicates", True, copies, detail={"of": None, "copies": list(own.duplicates)})
    twin = next(hit for hit in work.hits if chunk.location in hit.duplicates)
    citation = citation_of(work, twin.chunk, None)
    how = "has the very text of" if twin.chunk.key == chunk.key else "mostly repeats"
    shown = f", which is shown as citation {citation}" if citation else f", which is passage {twin.rank} of the ranking"
    remedy = "the text is not lost" if citation else f"ask about the copy: --note {twin.chunk.location}"
    detail = {"of": twin.chunk.location, "of_rank": twin.rank, "copies": []}
    return Stage("duplicates", False, f"it {how} {twin.chunk.location}{shown}", remedy, detail)


def _budget(work: Working, target: Target) -> Stage:
    own = _own_hit(work, target.chunk)
    assert own  # what is no hit has been lost as a duplicate
    said = f"passage {own.rank:,} of {len(work.hits):,} without copies; the best {ANSWER_HITS} are used"
    detail = {"rank": own.rank, "of": len(work.hits), "limit": ANSWER_HITS}
    passed = any(hit.chunk == target.chunk for hit in work.found.hits)
    return Stage("budget", passed, said, "" if passed else _with_its_words(work, target.chunk.key), detail)


def _read(work: Working, target: Target) -> Stage:
    own = _own_hit(work, target.chunk)
    assert own
    return read(work, own, target.lines, _with_its_words(work, target.chunk.key))


def _confidence(work: Working) -> Stage:
    found = work.found
    features = {name: round(value, 4) for name, value in asdict(found.features).items()}
    detail = {"confidence": round(found.confidence, 4), "threshold": THRESHOLD, "features": features}
    figures = ", ".join(f"{name.replace('_', ' ')} {value:.2f}" for name, value in features.items())
    if work.answered:
        return Stage("confidence", True, f"{found.confidence:.2f}, at least {THRESHOLD} ({figures})", detail=detail)
    said = f"the notes are not taken to answer: confidence {found.confidence:.2f}, below {THRESHOLD} ({figures})"
    return Stage("confidence", False, said, "ask more fully, with words that stand in the notes", detail)


def _own_hit(work: Working, chunk: Chunk) -> Hit | None:
    return next((hit for hit in work.hits if hit.chunk == chunk), None)


def _standings(work: Working, key: str) -> str:
    words = f"rank {work.words[key][0]:,} by words" if key in work.words else "no word in common"
    return f"rank {work.dense[key][0]:,} by meaning, {words}"


def _with_its_words(work: Working, key: str) -> str:
    missing = work.missing(key)
    lacks = f" ({_quoted(missing)} {'do' if missing[1:] else 'does'} not)" if missing else ""
    narrower = "" if work.filters else ", or within its folder or tag"
    return f"ask with more words that stand in it{lacks}{narrower}"


def _quoted(words: list[str]) -> str:
    return ", ".join(f"“{word}”" for word in words) or "nothing"
