"""A result as one HTML file that needs nothing else: figures, plots, and every case that went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from rag_bot.evaluation.intervals import TOO_FEW
from rag_bot.evaluation.measures import (
    AUROCS,
    COSTS,
    SHARES,
    count_verdicts,
    first_evidence_rank,
    measure,
    measure_kinds,
    missing_evidence,
)
from rag_bot.evaluation.plots import kinds_svg, ranks_svg, reliability_svg
from rag_bot.evaluation.results import Outcome, Result
from rag_bot.evaluation.tables import (
    KIND_COLUMNS,
    NAMES,
    SORT_NAMES,
    about,
    expected_place,
    expected_verdict,
    figure,
    interval,
)
from rag_bot.files import save_text

_STYLE = """
:root { color-scheme: light dark; --line: #d5d8dd; --faint: #5d636d; --panel: #f5f6f8; --good: #1d7a3c; --bad: #b3261e }
@media (prefers-color-scheme: dark) {
  :root { --line: #3a3f47; --faint: #a2a8b2; --panel: #1f2329; --good: #6fcf8b; --bad: #ff8a80 }
  body { background: #15181c; color: #e6e8eb }
}
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin-bottom: 0 } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem }
table { border-collapse: collapse } .wide { overflow-x: auto }
th, td { padding: .22rem .9rem .22rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap }
th { font-weight: 500; color: var(--faint) } td:first-child, th:first-child { text-align: left }
svg { max-width: 100%; height: auto; display: block; margin-bottom: .8rem }
article { background: var(--panel); border-radius: .5rem; padding: .8rem 1rem; margin: .8rem 0 }
article h3 { font-size: 1rem; margin: 0 } dl { margin: .5rem 0; display: grid; grid-template-columns: 6.5rem 1fr }
dt, .faint, summary { color: var(--faint) } dd { margin: 0 0 .4rem; min-width: 0 }
code { font-size: .88em; overflow-wrap: anywhere } q, .text { white-space: pre-wrap; overflow-wrap: anywhere }
.good { color: var(--good) } .bad { color: var(--bad) } li { margin-bottom: .35rem }
""".strip()


def write_report(result: Result, path: Path) -> None:
    """Write the page.

    Raises:
        UsageError: it can't be written there.
    """
    save_text(path, report_html(result))


def report_html(result: Result) -> str:
    """The whole page. It loads nothing, and everything that comes from notes or cases stands in it as text."""
    failed = [outcome for outcome in result.outcomes if not outcome.right]
    body = [
        f"<h1>Evaluation of {escape(result.cases_file or 'cases')}</h1>",
        f'<p class="faint">{escape(about(result))}</p>',
        *missing_list(result.outcomes),
        "<h2>Measures</h2>",
        measures_table(result.outcomes),
        "<h2>Verdicts</h2>",
        verdicts_table(result.outcomes),
        "<h2>Right, by kind</h2>",
        kinds_svg(result),
        kinds_table(result.outcomes),
        "<h2>Where the evidence was found</h2>",
        ranks_svg(result),
        "<h2>Is the confidence what it says?</h2>",
        reliability_svg(result),
        f"<h2>{len(failed):,} of {len(result.outcomes):,} cases went wrong</h2>",
        *(_failed(outcome) for outcome in failed),
    ]
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Evaluation of {escape(result.cases_file)}</title>",
            f"<style>\n{_STYLE}\n</style>\n</head>\n<body>",
            *body,
            "</body>\n</html>\n",
        ]
    )


def measures_table(outcomes: Sequence[Outcome]) -> str:
    """Every measure with its interval, as a table."""
    measures = measure(outcomes)
    rows = (
        (NAMES.get(name, name), figure(measures[name]), interval(measures[name]), f"{measures[name].cases:,}")
        for name in (*SHARES, *AUROCS, *COSTS)
        if name in measures
    )
    return _table(("measure", "value", "95 % interval", "cases"), rows)


def verdicts_table(outcomes: Sequence[Outcome]) -> str:
    """How many cases of each sort got each verdict, as a table."""
    rows = (
        (verdict, *(f"{counts[sort]:,}" for sort in SORT_NAMES)) for verdict, counts in count_verdicts(outcomes).items()
    )
    return _table(("verdict", *SORT_NAMES.values()), rows)


def kinds_table(outcomes: Sequence[Outcome]) -> str:
    """The main measures of each kind of cases, as a table."""
    rows = (
        (
            kind,
            f"{measures['right'].cases:,}",
            *(figure(measures[name], brief=True) if name in measures else "" for name in KIND_COLUMNS),
        )
        for kind, measures in measure_kinds(outcomes).items()
    )
    table = _table(("kind", "cases", *(NAMES.get(name, name) for name in KIND_COLUMNS)), rows)
    return f'{table}\n<p class="faint">? is {TOO_FEW}.</p>'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows]
    headed = f"<tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>"
    return "\n".join(['<div class="wide"><table>', headed, *lines, "</table></div>"])


def missing_list(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The evidence that no longer stands in the notes, as a list below a heading; nothing where all of it does."""
    missing = list(missing_evidence(outcomes))
    if missing:
        yield '<h2 class="bad">Evidence that is missing, counted as not found</h2>\n<ul>'
        for piece in missing:
            yield f"<li>{escape(piece['id'])}: {escape(piece['problem'])}: <q>{escape(piece['quote'])}</q></li>"
        yield "</ul>"


def _failed(outcome: Outcome) -> str:
    case = outcome.case
    turns = "".join(f'<div class="faint">{escape(turn)}</div>' for turn in case.turns)
    return "\n".join(
        [
            f'<article id="{escape(case.id)}">{turns}<h3>{escape(case.question)}</h3>',
            f'<div class="faint">{escape(case.id)} · {escape(case.kind)} · {escape(outcome.verdict)}</div>',
            f"<dl><dt>expected</dt><dd>{_expected(outcome)}</dd>",
            f"<dt>answered</dt><dd>{_answered(outcome)}</dd>{_wrote(outcome)}</dl>",
            *_retrieved(outcome),
            "</article>",
        ]
    )


def _expected(outcome: Outcome) -> str:
    if not outcome.case.answerable:
        return expected_verdict(outcome.case)
    pattern = f"<div>an answer that matches <code>{escape(outcome.case.pattern)}</code></div>"
    return pattern + "".join(
        f"<div><code>{escape(expected_place(piece))}</code> <q>{escape(piece.evidence.quote)}</q></div>"
        for piece in outcome.expected
    )


def _answered(outcome: Outcome) -> str:
    if not outcome.citations:
        return escape(outcome.verdict)
    return "".join(
        f'<div><code class="{"good" if cited.relevant else ""}">{escape(cited.location)}</code> '
        f'<span class="text">{escape(cited.text)}</span></div>'
        for cited in outcome.citations
    )


def _wrote(outcome: Outcome) -> str:
    """What a language model wrote, also where quotes answered in its place."""
    prose = outcome.prose
    if prose is None:
        return ""
    notice = f'<div class="faint">{escape(prose.notice)}</div>' if prose.notice else ""
    return f'<dt>the model wrote</dt><dd><span class="text">{escape(prose.text) or "nothing"}</span>{notice}</dd>'


def _retrieved(outcome: Outcome) -> Iterator[str]:
    rank = first_evidence_rank(outcome)
    found = f": first evidence at rank {rank}" if rank else ": no evidence among them"
    yield f"<details><summary>The first {len(outcome.hits)} passages{found if outcome.expected else ''}</summary><ol>"
    for hit in outcome.hits:
        holds = ' <span class="good">holds evidence</span>' if hit.pieces else ""
        ranks = f"{hit.score:.2f}; meaning {hit.dense_rank or '–'}, words {hit.word_rank or '–'}"
        place = f'<code>{escape(hit.location)}</code> <span class="faint">{ranks}</span>{holds}'
        yield f'<li>{place}<div class="text faint">{escape(hit.text)}</div></li>'
    yield "</ol></details>"
