"""Plots of a result as SVG: text in the colour around it, marks in one that is seen on light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import sqrt

from rag_bot.evaluation.intervals import interval_of_share
from rag_bot.evaluation.measures import first_evidence_rank, measure_kinds
from rag_bot.evaluation.results import Outcome, Result
from rag_bot.evaluation.scores import DEPTH
from rag_bot.evaluation.tables import figure, interval

BINS = 10  # tenths of the confidence
_MARK, _FAINT = "#3f7fd6", "#8a8f98"  # these and the sizes below, in pixels, by eye
_FONT = 'font-family="system-ui, sans-serif" font-size="13" fill="currentColor"'
_LEFT, _WIDTH, _ROW = 150, 640, 26
_LONGEST_KIND = 18  # characters that fit on the left


def kinds_svg(result: Result) -> str:
    """The share of right cases of each kind, with its interval and the number of cases."""
    kinds = {kind: measures["right"] for kind, measures in measure_kinds(result.outcomes).items()}
    plot, bottom = _WIDTH - _LEFT - 90, 30 + _ROW * len(kinds)

    def x(share: float) -> float:
        return _LEFT + plot * share

    parts = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        parts += [
            _line(x(share), 14, x(share), bottom - 8, _FAINT, 1, 0.35),
            _text(x(share), bottom + 10, f"{share:g}", "middle", faint=True),
        ]
    for number, (kind, right) in enumerate(kinds.items()):
        y = 28 + _ROW * number
        parts += [
            _text(_LEFT - 12, y + 4, kind if len(kind) <= _LONGEST_KIND else f"{kind[: _LONGEST_KIND - 1]}…", "end"),
            _line(x(0), y, x(right.value), y, _MARK, 12, 0.3),
            _line(x(right.low), y, x(right.high), y, _MARK, 2, 1)
            + "".join(_line(x(end), y - 5, x(end), y + 5, _MARK, 2, 1) for end in (right.low, right.high)),
            _dot(
                x(right.value),
                y,
                f"{kind}: {figure(right)} ({interval(right)}), {right.cases} cases",
            ),
            _text(_WIDTH - 56, y + 4, figure(right, brief=True), "end"),
            _text(_WIDTH, y + 4, f"n={right.cases}", "end", faint=True),
        ]
    return _svg("Share of right cases by kind, with 95 % intervals", bottom + 22, parts)


def reliability_svg(result: Result) -> str:
    """The share of answerable cases among those of like confidence: on the diagonal, the confidence is what it says."""
    tenths: list[list[Outcome]] = [[] for _ in range(BINS)]
    for outcome in result.outcomes:
        tenths[min(int(outcome.confidence * BINS), BINS - 1)].append(outcome)
    bins = [outcomes for outcomes in tenths if outcomes]
    left, top, size = 60, 12, 300

    def at(confidence: float, share: float) -> tuple[float, float]:
        return left + size * confidence, top + size * (1 - share)

    parts = [_line(*at(0, 0), *at(1, 1), _FAINT, 1, 1, dashed=True)]
    for share in (0, 0.25, 0.5, 0.75, 1):
        parts += [
            _line(*at(0, share), *at(1, share), _FAINT, 1, 0.35),
            _line(*at(share, 0), *at(share, 1), _FAINT, 1, 0.35),
        ]
        parts += [_text(left - 8, at(0, share)[1] + 4, f"{share:g}", "end", faint=True)]
        parts += [_text(at(share, 0)[0], top + size + 18, f"{share:g}", "middle", faint=True)]
    most = max(map(len, bins), default=1)
    for outcomes in bins:
        confidence = sum(outcome.confidence for outcome in outcomes) / len(outcomes)
        answerable = sum(outcome.case.answerable for outcome in outcomes)
        share, (low, high) = answerable / len(outcomes), interval_of_share(answerable, len(outcomes))
        title = f"confidence about {confidence:.2f}: {answerable} of {len(outcomes)} answerable"
        parts += [
            _line(*at(confidence, low), *at(confidence, high), _MARK, 2, 0.55),
            _dot(*at(confidence, share), title, 3 + 7 * sqrt(len(outcomes) / most)),
        ]
    parts += [
        _text(left + size / 2, top + size + 40, "confidence", "middle"),
        _text(left + size + 24, top + 24, "share of answerable cases among"),
        _text(left + size + 24, top + 42, "those of like confidence;"),
        _text(left + size + 24, top + 60, "larger dots: more cases;", faint=True),
        _text(left + size + 24, top + 78, "lines: 95 % Wilson intervals", faint=True),
    ]
    return _svg("Reliability of the confidence", top + size + 52, parts)


def ranks_svg(result: Result) -> str:
    """For how many cases the first passage with evidence has each rank, and for how many none of the ten does."""
    ranks = [first_evidence_rank(outcome) for outcome in result.outcomes if outcome.expected]
    counts = [ranks.count(rank) for rank in (*range(1, DEPTH + 1), None)]
    left, top, height, step = 40, 24, 190, (_WIDTH - 40) / (DEPTH + 1)
    most = max([*counts, 1])
    parts = [_line(left, top + height, _WIDTH, top + height, _FAINT, 1, 1)]
    for number, count in enumerate(counts):
        label = "none" if number == DEPTH else str(number + 1)
        x, bar = left + step * number + step / 2, height * count / most
        colour = _FAINT if number == DEPTH else _MARK
        if count:
            parts.append(_line(x, top + height, x, top + height - bar, colour, step * 0.7, 0.85))
        parts += [
            _text(x, top + height - bar - 6, str(count), "middle", faint=not count),
            _text(x, top + height + 18, label, "middle", faint=True),
        ]
    parts.append(
        _text(left + (_WIDTH - left) / 2, top + height + 40, "rank of the first passage with evidence", "middle")
    )
    return _svg("Rank of the first passage that holds evidence", top + height + 52, parts)


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    box = f'viewBox="0 0 {_WIDTH} {height:.0f}" width="{_WIDTH}" height="{height:.0f}"'
    opened = f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" {_FONT}>'
    return "\n".join([opened, f"<title>{escape(title)}</title>", *parts, "</svg>"])


def _dot(x: float, y: float, title: str, radius: float = 5) -> str:
    place = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"'
    return f'<circle {place} fill="{_MARK}"><title>{escape(title)}</title></circle>'


def _line(
    x1: float, y1: float, x2: float, y2: float, colour: str, width: float, opacity: float, dashed: bool = False
) -> str:
    place = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    dashes = ' stroke-dasharray="5 5"' if dashed else ""
    return f'<line {place} stroke="{colour}" stroke-width="{width:.1f}" stroke-opacity="{opacity:g}"{dashes}/>'


def _text(x: float, y: float, text: str, anchor: str = "start", *, faint: bool = False) -> str:
    colour = ' fill-opacity="0.65"' if faint else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{colour}>{escape(text)}</text>'
