"""The last stages of a passage's way: are its lines compared with the question, and is one of them shown?"""

from __future__ import annotations

from typing import Any

from rag_bot.query.extent import lines_in
from rag_bot.query.quotes import LEAST_SHARE, MOST_QUOTES, MOST_UNITS, QUOTED_HITS, Judged, leading, only_links
from rag_bot.query.why.journey import Stage
from rag_bot.query.why.working import Working
from rag_bot.records import Chunk, Hit, Quote, location

Lines = tuple[int, int] | None


def citation_of(work: Working, chunk: Chunk, lines: Lines) -> int | None:
    """The number of the first quote that shows something of a passage, or of the lines of it that are asked about."""
    if not work.answered:
        return None
    return next((number for number, quote in enumerate(work.quotes, start=1) if _shows(quote, chunk, lines)), None)


def lines_of(work: Working, chunk: Chunk, lines: Lines) -> list[Judged]:
    """The lines of a passage that were compared with the question, best first; of `lines`, where these are given."""
    return [
        judged
        for judged in work.judged
        if judged.line.hit.chunk == chunk
        and (not lines or _overlap(lines, (judged.line.unit.span.start_line, judged.line.unit.span.end_line)))
    ]


def read(work: Working, own: Hit, lines: Lines, remedy: str) -> Stage:
    """Whether any line of a passage was compared with the question."""
    compared, whole = lines_of(work, own.chunk, lines), lines_of(work, own.chunk, None)
    detail = {"rank": own.rank, "limit": QUOTED_HITS, "lines": len(compared)}
    if compared:
        return Stage("read", True, f"{len(compared)} of its lines were compared with the question", detail=detail)
    if own.rank > QUOTED_HITS:
        said = f"it is passage {own.rank}, and the best {QUOTED_HITS} are read line by line"
        return Stage("read", False, said, remedy, detail)
    which = "these lines were" if whole else "none of its lines was"
    said = f"{which} not compared" if whole else f"{which} compared"
    never = _never_compared(own, lines)
    said += f": {never or f'they are not among the {MOST_UNITS} lines with most words of the question'}"
    return Stage("read", False, said, "no question brings them as an answer" if never else remedy, detail)


def _never_compared(own: Hit, lines: Lines) -> str:
    """Why lines of a passage are compared with no question at all; "" where they may be."""
    within = [
        unit for unit in lines_in(own) if not lines or _overlap(lines, (unit.span.start_line, unit.span.end_line))
    ]
    if not within:
        return "they hold no text that could be quoted"
    return "they only link to other notes" if all(only_links(own.note, unit) for unit in within) else ""


def picked(work: Working, compared: list[Judged], citation: int | None) -> Stage:
    """Whether one of these lines is shown, and else the rule that dropped the best of them."""
    best = next((judged for judged in compared if judged.quote), compared[0] if compared else None)
    detail = _figures(work, best, citation)
    if best and best.quote:
        number = work.quotes.index(best.quote) + 1
        shown = f"shown as citation {number}" if work.answered else f"would be citation {number}"
        return Stage("quotes", True, f"{shown}: {best.quote.location}, {_scores(best)}", detail=detail)
    if citation is not None:
        shown = f"shown as part of citation {citation}, {work.quotes[citation - 1].location}"
        return Stage("quotes", True, shown, detail=detail)
    assert best  # what has no line has been lost before
    start, end = best.line.unit.span.start_line, best.line.unit.span.end_line
    which = f"line {start}" if start == end else f"lines {start}-{end}"
    said = f"its best is {which} ({_scores(best)}), but {_reason(work, best)}"
    return Stage("quotes", False, said, _remedy(best), detail)


def _reason(work: Working, judged: Judged) -> str:
    top = leading([one.line for one in work.judged])
    match judged.dropped:
        case "names":
            return "it only names or sorts the note, and other lines say more"
        case "siblings":
            return "a bullet of the same list has more of the question's words"
        case "words":
            return f"it has clearly fewer of the question's words than the best line ({top.words:.0%})"
        case "score":
            return f"a further line needs {LEAST_SHARE * top.score:.2f}, {LEAST_SHARE:.0%} of the best line's score"
        case "most":
            return f"{MOST_QUOTES} lines with higher scores are shown, down to {_last(work).line.score:.2f}"
        case "repeats":
            return "a line that is shown says the same"
        case other:
            return f"the rule “{other}” dropped it"


def _remedy(judged: Judged) -> str:
    if judged.dropped == "repeats":
        return "its words are not lost"
    if judged.dropped == "names":
        return "ask for the title or the tags, if these are meant"
    return "ask more precisely for what this line says, in its words"


def _figures(work: Working, best: Judged | None, citation: int | None) -> dict[str, Any]:
    top = _leader(work)
    last = _last(work) if work.quotes else None
    return {
        "citation": citation,
        "rule": best.dropped if best else "",
        "line": _figure(best) if best else None,
        "best_line": _figure(top) if top else None,
        "last_quote": _figure(last) if last else None,
        "least_score": round(LEAST_SHARE * top.line.score, 4) if top else None,
        "limit": MOST_QUOTES,
    }


def _leader(work: Working) -> Judged | None:
    """The line that the others are measured by."""
    leader = leading([one.line for one in work.judged]) if work.judged else None
    return next((one for one in work.judged if one.line is leader), None)


def _figure(judged: Judged) -> dict[str, Any]:
    line = judged.line
    span = line.unit.span
    return {
        "location": _place(judged),
        "text": line.hit.note.text[span.start_char : span.end_char],
        "score": round(line.score, 4),
        "meaning": round(line.meaning, 4),
        "words": round(line.words, 4),
    }


def _last(work: Working) -> Judged:
    return [judged for judged in work.judged if judged.quote][-1]


def _scores(judged: Judged) -> str:
    line = judged.line
    return f"score {line.score:.2f}, meaning {line.meaning:.2f}, words {line.words:.0%}"


def _place(judged: Judged) -> str:
    span = judged.line.unit.span
    return location(judged.line.hit.note.path, span.start_line, span.end_line)


def _shows(quote: Quote, chunk: Chunk, lines: Lines) -> bool:
    if quote.note_path != chunk.note_path:
        return False
    if quote.start_char >= chunk.end_char or chunk.start_char >= quote.end_char:
        return False
    return not lines or _overlap(lines, (quote.start_line, quote.end_line))


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
