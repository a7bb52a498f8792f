"""Two runs side by side as HTML: what differs, whether it may be chance, and the cases that flipped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from rag_bot.evaluation.compare import Comparison, Difference, Flip
from rag_bot.evaluation.tables import NAMES
from rag_bot.ui.evaluation.result_view import place_html
from rag_bot.ui.words import many


def comparison_html(comparison: Comparison) -> str:
    """Measures of both, the p-values of the differences, and the flipped cases."""
    left_out = f'<p class="why">Not compared: {escape(comparison.left_out)}.</p>' if comparison.left_out else ""
    changed = "; ".join(comparison.changed_settings) or "the same in both"
    rows = "".join(_row(one) for one in comparison.differences)
    head = "".join(f"<th>{name}</th>" for name in ("measure", "before", "after", "difference", "p", "cases"))
    return (
        f'<h2>Two runs compared</h2><dl class="sides"><dt>Before</dt><dd>{escape(comparison.before)}</dd>'
        f"<dt>After</dt><dd>{escape(comparison.after)}</dd><dt>Settings</dt>"
        f"<dd>{escape(changed)}</dd></dl>"
        f'<p class="hint">{many(comparison.common, "case")} in both. p tells how often chance alone makes a '
        "difference as large (paired randomisation test); what is below 0.05 is in bold, but for times.</p>"
        f'{left_out}<div class="wide"><table><tr>{head}</tr>{rows}</table></div>'
        f"{_flips('Wrong before, right after', comparison.fixed)}"
        f"{_flips('Right before, wrong after', comparison.broken)}"
    )


def _row(one: Difference) -> str:
    digits, change = one.digits, one.after - one.before
    sort = ("good" if change > 0 else "bad") if one.is_clear and change else ""
    cells = (
        f"{one.before:,.{digits}f}",
        f"{one.after:,.{digits}f}",
        f'<span class="{sort}">{change:+,.{digits}f}</span>',
        f"{one.p:.4f}",
        f"{one.cases:,}",
    )
    values = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr class="{"sure" if sort else ""}"><td>{escape(NAMES.get(one.name, one.name))}</td>{values}</tr>'


def _flips(title: str, flips: Sequence[Flip]) -> str:
    if not flips:
        return f'<h3>{title}</h3><p class="hint">No case.</p>'
    return f"<h3>{title}: {many(len(flips), 'case')}</h3>{''.join(_flip(one) for one in flips)}"


def _flip(one: Flip) -> str:
    return (
        f'<details class="failed" data-keep="{escape(f"flip {one.id}")}"><summary dir="auto">{escape(one.question)} '
        f'<span class="faint">{escape(one.kind)}</span></summary>'
        f"<dl><dt>Before</dt><dd>{_places(one.before)}</dd><dt>After</dt><dd>{_places(one.after)}</dd></dl></details>"
    )


def _places(places: Iterable[str]) -> str:
    return "".join(f"<div>{place_html(place)}</div>" for place in places) or "“This is not in your notes.”"
