"""A result of a run as HTML: figures, plots, and each case that went wrong, with links that open the notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import chain

from rag_bot.evaluation.cases import Evidence, any_pattern, needs, quote_pattern, sentences_of
from rag_bot.evaluation.measures import first_evidence_rank, measure
from rag_bot.evaluation.plots import kinds_svg, ranks_svg, reliability_svg
from rag_bot.evaluation.report import kinds_table, measures_table, missing_list
from rag_bot.evaluation.results import Cited, Expected, Outcome, Result, RetrievedPassage
from rag_bot.evaluation.tables import NAMES, about, figure, interval
from rag_bot.records import split_location
from rag_bot.ui.chat.quote_view import target
from rag_bot.ui.evaluation.run_list import file_words, made_words

_HEAD = ("right_answers", "right_abstentions", "recall@5", "nDCG@10", "citation_precision")
_LONGEST_QUOTE = 400  # characters


def result_html(result: Result) -> str:
    """The whole result. Everything that comes from notes, cases or the file stands in it as text."""
    failed = [outcome for outcome in result.outcomes if not outcome.right]
    kinds = len({outcome.case.kind for outcome in result.outcomes})
    wrong = "".join(_failed(outcome) for outcome in failed)
    return "".join(
        [
            f"<h2>{escape(file_words(result))}, {escape(made_words(result.made))}</h2>",
            _totals(result),
            *missing_list(result.outcomes),
            f"<h3>{len(failed):,} of {len(result.outcomes):,} cases went wrong</h3>",
            wrong or '<p class="hint">Every answer was right.</p>',
            "<h3>Measures</h3>",
            measures_table(result.outcomes),
            f"<h3>Right, by kind</h3>{kinds_svg(result)}{kinds_table(result.outcomes)}" if kinds > 1 else "",
            "<h3>Where the evidence was found</h3>",
            ranks_svg(result),
            "<h3>Is the confidence what it says?</h3>",
            reliability_svg(result),
            f'<p class="hint">{escape(about(result))}</p>',
        ]
    )


def place_html(place: str) -> str:
    """A place in a note as a link that opens it there; a place that is none stays text."""
    try:
        attributes = target(*split_location(place))
    except ValueError:
        return f'<span class="place" dir="auto">{escape(place)}</span>'
    return f'<a class="place" href="#" {attributes} dir="auto">{escape(place)}</a>'


def _totals(result: Result) -> str:
    found = measure(result.outcomes)
    shown = "".join(
        f"<span><b>{figure(found[name])}</b> {escape(NAMES.get(name, name))}<i>{interval(found[name])}</i></span>"
        for name in _HEAD
        if name in found
    )
    return f'<p class="totals">{shown}</p>'


def _failed(outcome: Outcome) -> str:
    case = outcome.case
    turns = "".join(f'<p class="faint" dir="auto">{escape(turn)}</p>' for turn in case.turns)
    key = escape(f"failed {case.id}")
    return (
        f'<details class="failed" data-keep="{key}"><summary dir="auto">{escape(case.question)} '
        f'<span class="faint">{escape(case.kind)}</span></summary>{turns}'
        f"<dl><dt>Expected</dt><dd>{_expected(outcome)}</dd><dt>Got</dt><dd>{_got(outcome.citations)}</dd>{_wrote(outcome)}</dl>"
        f'{_retrieved(outcome)}<p class="hint">{escape(case.id)} · confidence {outcome.confidence:.2f}</p></details>'
    )


def _expected(outcome: Outcome) -> str:
    case = outcome.case
    if not case.answerable:
        return "that the notes don't answer it"
    pieces = "".join(f"<div>{_piece(one)}</div>" for one in outcome.expected)
    if case.pattern in _plain_patterns(case.evidence):
        return pieces
    return f"{pieces}<div class='faint'>an answer that matches <code>{escape(_cut(case.pattern))}</code></div>"


def _plain_patterns(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """The patterns that say no more than the evidence: its first piece, or any, whole or by the sentence."""
    quoted = [quote_pattern(one.quote) for one in evidence]
    said = [sentences_of(one.quote, one.path) for one in evidence]
    first = [sentence for number in next(iter(needs(evidence)), ()) for sentence in said[number]]
    return (*quoted[:1], "|".join(quoted), any_pattern(first), any_pattern(chain.from_iterable(said)))


def _piece(one: Expected) -> str:
    where = place_html(one.location) if one.location else f'<span class="why">{escape(one.problem)}</span>'
    return f'<span class="words" dir="auto">{escape(_cut(one.evidence.quote))}</span> {where}'


def _got(citations: Iterable[Cited]) -> str:
    lines = "".join(
        f'<div class="{"good" if one.relevant else ""}"><span class="words" dir="auto">{escape(_cut(one.text))}</span> '
        f"{place_html(one.location)}</div>"
        for one in citations
    )
    return lines or "“This is not in your notes.”"


def _wrote(outcome: Outcome) -> str:
    if outcome.prose is None:
        return ""
    return f'<dt>Written</dt><dd dir="auto">{escape(outcome.prose.text) or "nothing"}</dd>'


def _retrieved(outcome: Outcome) -> str:
    rank = first_evidence_rank(outcome)
    found = f", the first with evidence at rank {rank}" if rank else ", none with evidence"
    rows = "".join(f"<li>{_hit(hit)}</li>" for hit in outcome.hits)
    words = f"The first {len(outcome.hits)} passages{found if outcome.expected else ''}"
    key = f"passages {outcome.case.id}"
    return f'<details data-keep="{escape(key)}"><summary>{words}</summary><ol>{rows}</ol></details>'


def _hit(hit: RetrievedPassage) -> str:
    holds = ' <span class="state">evidence</span>' if hit.pieces else ""
    ranks = f"{hit.score:.2f}; by meaning {hit.dense_rank or '–'}, by words {hit.word_rank or '–'}"
    return f'{place_html(hit.location)} <span class="faint">{ranks}</span>{holds}'


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]} …"
