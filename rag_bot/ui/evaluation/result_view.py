"""A result of a run as HTML: figures, plots, and each case that went wrong; and two results side by side.

Everything that comes from notes, cases or files stands in it as text; places are links that open the note there.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from markupsafe import Markup

from rag_bot.evaluation.cases import Evidence, any_pattern, needs, quote_pattern, sentences_of
from rag_bot.evaluation.compare import Comparison, Flip, MeasureDifference
from rag_bot.evaluation.intervals import is_too_wide
from rag_bot.evaluation.measures import LESS_IS_BETTER, Measure, first_evidence_rank, measure
from rag_bot.evaluation.plots import kinds_svg, ranks_svg, reliability_svg
from rag_bot.evaluation.report import kinds_table, measures_table, missing_list, verdicts_table
from rag_bot.evaluation.results import Outcome, Result
from rag_bot.evaluation.tables import NAMES, about, difference_words, figure, interval
from rag_bot.records import split_location
from rag_bot.ui.phrases import cut, many
from rag_bot.ui.templating import macros

_TOTALS = (
    "right_answers",
    "right_first_two",
    "right_abstentions",
    "recall@5",
    "nDCG@10",
    "citation_precision",
)  # chosen by hand
_LONGEST_QUOTE = 400  # characters; set by hand


def result_html(result: Result, title: str) -> Markup:
    """The whole result under a title."""
    measures = measure(result.outcomes)
    totals = [measures[name] for name in _TOTALS if name in measures]
    too_few = [total for total in totals if is_too_wide((total.low, total.high))]
    failed = [outcome for outcome in result.outcomes if not outcome.right]
    kinds = len({outcome.case.kind for outcome in result.outcomes})
    return macros("evaluation.html").result(
        title=title,
        totals=[_total(total) for total in totals if total not in too_few],
        too_few=[_total(total) for total in too_few],
        missing=Markup("".join(missing_list(result.outcomes))),
        failed=[_failed(outcome) for outcome in failed],
        counted=f"{len(failed):,} of {len(result.outcomes):,}",
        measures=Markup(measures_table(result.outcomes)),
        verdicts=Markup(verdicts_table(result.outcomes)),
        kinds=Markup(kinds_svg(result) + kinds_table(result.outcomes)) if kinds > 1 else "",
        ranks=Markup(ranks_svg(result)),
        reliability=Markup(reliability_svg(result)),
        about=about(result),
    )


def _total(total: Measure) -> tuple[str, str, str]:
    return figure(total), NAMES.get(total.name, total.name), interval(total)


def place_html(place: str) -> Markup:
    """A place in a note, such as "a.md:3-4", as a link that opens it there; a place that is none stays text."""
    html = macros("evaluation.html")
    try:
        path, start_line, end_line = split_location(place)
    except ValueError:
        return html.place(place, "", None)
    return html.place(place, path, (start_line, end_line))


def _failed(outcome: Outcome) -> Markup:
    case, prose, html = outcome.case, outcome.prose, macros("evaluation.html")
    expected = [
        (cut(piece.evidence.quote, _LONGEST_QUOTE), place_html(piece.location) if piece.location else "", piece.problem)
        for piece in outcome.expected
    ]
    asks_more = case.answerable and case.pattern not in _patterns_of(case.evidence)
    rank = first_evidence_rank(outcome)
    evidence = f", the first with evidence at rank {rank}" if rank else ", none with evidence"
    hits = [
        (
            place_html(hit.location),
            f"{hit.score:.2f}; by meaning {hit.dense_rank or '–'}, by words {hit.word_rank or '–'}",
            bool(hit.pieces),
        )
        for hit in outcome.hits
    ]
    return html.failed(
        case,
        verdict=outcome.verdict,
        expected=expected if case.answerable else (),
        pattern=cut(case.pattern, _LONGEST_QUOTE) if asks_more else "",
        got=[
            (cut(cited.text, _LONGEST_QUOTE), place_html(cited.location), cited.relevant) for cited in outcome.citations
        ],
        written=prose.text if prose else None,
        hits=html.hits(case.id, f"The first {len(outcome.hits)} passages{evidence if outcome.expected else ''}", hits),
    )


def _patterns_of(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """The patterns that ask no more than the evidence: its first piece, or any, whole or by the sentence."""
    quotes = [quote_pattern(piece.quote) for piece in evidence]
    sentences = [sentences_of(piece.quote, piece.path) for piece in evidence]
    first = [sentence for number in next(iter(needs(evidence)), ()) for sentence in sentences[number]]
    return (*quotes[:1], "|".join(quotes), any_pattern(first), any_pattern(chain.from_iterable(sentences)))


def comparison_html(comparison: Comparison) -> Markup:
    """Measures of both, the p-values of the differences, and the flipped cases."""
    return macros("evaluation.html").comparison(
        comparison,
        common=many(comparison.common, "case"),
        settings="; ".join(comparison.changed_settings) or "the same in both",
        rows=[_difference(difference) for difference in comparison.differences],
        fixed=_flips(comparison.fixed),
        broken=_flips(comparison.broken),
    )


def _difference(difference: MeasureDifference) -> tuple[str, ...]:
    """A row of the table, and whether the change is "good", "bad" or perhaps chance ("")."""
    change = difference.after - difference.before
    better = (change > 0) != (difference.name in LESS_IS_BETTER)
    sort = ("good" if better else "bad") if difference.is_clear and change else ""
    return (NAMES.get(difference.name, difference.name), *difference_words(difference), sort)


def _flips(flips: Sequence[Flip]) -> tuple[str, list[tuple[Flip, list[Markup], list[Markup]]]]:
    """How many cases flipped, and each with the places before and after."""
    cases = [
        (flip, [place_html(place) for place in flip.before], [place_html(place) for place in flip.after])
        for flip in flips
    ]
    return many(len(flips), "case"), cases
