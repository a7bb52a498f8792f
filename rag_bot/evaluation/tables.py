"""Results and comparisons as text for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rag_bot.evaluation.cases import OFF_TOPIC, Case
from rag_bot.evaluation.checking import (
    MEASURES,
    SUPPORTS,
    CheckerFigures,
    JudgedPair,
    by_kind,
    by_source,
    measure_checker,
    milliseconds,
    wrong_pairs,
)
from rag_bot.evaluation.compare import Comparison, Flip, MeasureDifference
from rag_bot.evaluation.intervals import TOO_FEW, digits_of, is_too_wide
from rag_bot.evaluation.measures import (
    AUROCS,
    COSTS,
    OF_A_KIND,
    SHARES,
    Measure,
    count_verdicts,
    measure,
    measure_kinds,
    missing_words,
)
from rag_bot.evaluation.results import Expected, Outcome, Result
from rag_bot.output import line

NAMES = {
    "right": "right",
    "right_answers": "right answers",
    "right_first_two": "first two right",
    "answered_right": "answered, first two right",
    "right_abstentions": "right abstentions",
    "answered_share_of_answerable": "answered, of the answerable",
    "none_share_of_answerable": "none, of the answerable",
    "answered_share_of_near_topic": "answered, of the near-topic",
    "none_share_of_off_topic": "none, of the off-topic",
    "abstention_accuracy": "abstention accuracy",
    "citation_precision": "citation precision",
    "citation_recall": "citation recall",
    "completeness": "completeness of answers in parts",
    "auroc_off_topic": "AUROC of confidence, off topic",
    "auroc_near_topic": "AUROC of confidence, near topic",
    "auroc": "AUROC of confidence, both",
    "unsupported_share": "sentences that the notes do not say",
    "reworded_share": "sentences in the model's own words",
    "fell_back": "quotes in place of the model's answer",
    "first_words_p50_ms": "first words, median ms",
    "prompt_tokens": "tokens read, median",
    "answer_tokens": "tokens written, median",
    "latency_p50_ms": "latency p50, ms",
    "latency_p95_ms": "latency p95, ms",
}
"""Measures for people; those that are not here go by their own name."""
CHECKER_NAMES = {
    "precision": "precision of ‘supported’",
    "recall": "recall of ‘supported’",
    "false_supported": "false ones called ‘supported’",
    "true_not": "true ones called ‘not’",
    "balanced_accuracy": "balanced accuracy of ‘anything but not’",
    "overlap": "the same by word overlap, the floor (*)",
}
"""The measures of the checker for people."""
CHECKER_COLUMNS = {
    "precision": "precision",
    "recall": "recall",
    "false_supported": "false, supported",
    "true_not": "true, not",
    "balanced_accuracy": "balanced",
    "overlap": "floor (*)",
}
"""The same over the columns of tables, which fit into 80 characters."""
SORT_NAMES = {
    "answerable_right": "answerable, right",
    "answerable_wrong": "answerable, wrong",
    "near_topic": "near-topic",
    "off_topic": "off-topic",
}
"""The sorts of cases for people."""
KIND_COLUMNS = tuple(name for name in OF_A_KIND if name not in ("nDCG@10", "MRR"))
"""The measures of a kind that tables show: as many as fit into 80 columns. The others are in the JSON only."""
_FLOOR = (
    "(*) A sentence passes that has enough of its content words in the lines. How many are enough",
    "is chosen on these very pairs, for each row anew, which flatters the floor.",
)


def evaluation_text(result: Result) -> RenderableType:
    """Each measure with its interval, those of each kind, evidence that is missing, and the cases that went wrong."""
    outcomes = result.outcomes
    figures = measure(outcomes)
    measures = _table("measure", "value", "95 % interval", "cases")
    for name in (*SHARES, *AUROCS, *COSTS):
        if name in figures:
            value, cases = Text(figure(figures[name]), style="bold"), f"{figures[name].cases:,}"
            measures.add_row(NAMES.get(name, name), value, interval(figures[name]), cases)
    wrong = []
    for outcome in outcomes:
        if not outcome.right:
            shown = f": {', '.join(cited.location for cited in outcome.citations)}" if outcome.citations else ""
            expected = ", ".join(map(expected_place, outcome.expected)) or expected_verdict(outcome.case)
            fate = f"{outcome.verdict}{shown}; expected {expected}"
            wrong.append(line(f"{outcome.case.id}: {outcome.case.question} -> {fate}"))
    return Group(
        measures,
        Text(),
        _verdicts_table(outcomes),
        Text(),
        _kinds_table(measure_kinds(outcomes)),
        line(f"? is {TOO_FEW}.", "dim"),
        *_missing_text(missing_words(outcomes)),
        *([Text(), Text("Wrong:", style="bold"), *wrong] if wrong else []),
        Text(),
        line(about(result), "dim"),
    )


def comparison_text(comparison: Comparison) -> RenderableType:
    """Each measure before and after with the p-value of the difference, and the cases that flipped."""
    table = _table("measure", *DIFFERENCE_COLUMNS)
    for difference in comparison.differences:
        before, after, change, *rest = difference_words(difference)
        by = Text(change, style="bold" if difference.is_clear else "")
        table.add_row(NAMES.get(difference.name, difference.name), before, after, by, *rest)
    left_out = [line(f"Not compared: {comparison.left_out}.", "yellow")] if comparison.left_out else []
    sides = f"before: {comparison.before}; after: {comparison.after}; {comparison.common:,} cases are in both."
    changed = "; ".join(comparison.changed_settings) or "the same in both"
    return Group(
        line(sides),
        line(f"Settings: {changed}."),
        *left_out,
        Text(),
        table,
        *_missing_text(comparison.missing),
        *_flips_text("Wrong before, right after:", "green", comparison.fixed),
        *_flips_text("Right before, wrong after:", "red", comparison.broken),
    )


def checker_text(judged: Sequence[JudgedPair], *, name_wrong: bool = False) -> RenderableType:
    """Each measure with its interval, what true and false sentences were called, and the same by kind and source.

    With `name_wrong` the sentences whose mark says what is not so are named.
    """
    of_all = measure_checker(judged)
    measures = _table("measure", "value", "95 % interval", "pairs")
    for name in MEASURES:
        if name in of_all.measures:
            one = of_all.measures[name]
            measures.add_row(CHECKER_NAMES[name], Text(figure(one), style="bold"), interval(one), f"{one.cases:,}")
    called = _table("called", *SUPPORTS, "all")
    for is_true, counts in of_all.called.items():
        numbers = [counts[support] for support in SUPPORTS]
        called.add_row("true" if is_true else "false", *(f"{number:,}" for number in (*numbers, sum(numbers))))
    sources = by_source(judged)
    groups = [_groups_table("kind", by_kind(judged))]
    if len(sources) > 1:
        groups.append(_groups_table("source", sources))
    wrong = [
        line(f"{one.pair.id} ({one.pair.kind}): {one.pair.sentence} -> {'; '.join((one.support, *one.reasons))}")
        for one in (wrong_pairs(judged) if name_wrong else ())
    ]
    notes = [*(_FLOOR if of_all.threshold is not None else ())]
    times = milliseconds(judged)
    sentence, lines = (
        f"{times[name]['p50']:.1f} ms (95 %: {times[name]['p95']:.1f})" for name in ("sentence", "lines")
    )
    notes.append(f"A sentence takes {sentence}; its lines, read once for an answer, {lines}.")
    return Group(
        called,
        Text(),
        measures,
        *(part for table in groups for part in (Text(), table)),
        *([Text(), Text("Wrong:", style="bold"), *wrong] if wrong else []),
        Text(),
        *(line(note, "dim") for note in notes),
    )


def about(result: Result) -> str:
    """What was asked of what, in one line."""
    settings = ", ".join(f"{name} {value}" for name, value in result.settings.items() if value is not None)
    commit = f", commit {result.commit}" if result.commit else ""
    index = f"{result.index.notes:,} notes in {result.index.passages:,} passages ({result.index.fingerprint})"
    return f"{len(result.outcomes):,} cases of {result.cases_file} at {result.made}; {index}; {settings}{commit}"


def figure(measure: Measure, *, brief: bool = False) -> str:
    """The value of a measure, with no more digits than its cases carry; "too few to tell", or `brief`ly "?"."""
    if measure.name in COSTS:
        return f"{measure.value:,.{_cost_digits(measure)}f}"
    if is_too_wide((measure.low, measure.high)):
        return "?" if brief else TOO_FEW
    return f"{measure.value:.{digits_of((measure.low, measure.high))}f}"


def interval(measure: Measure) -> str:
    """The interval of a measure, with as many digits."""
    low, high = measure.low, measure.high
    digits = _cost_digits(measure) if measure.name in COSTS else digits_of((low, high))
    return f"{low:,.{digits}f} – {high:,.{digits}f}"


def _cost_digits(measure: Measure) -> int:
    return 0 if measure.high - measure.low > 1 else 1


DIFFERENCE_COLUMNS = ("before", "after", "difference", "p", "differ")
"""What `difference_words` gives. "Differ" is how many cases do, of how many."""


def difference_words(difference: MeasureDifference) -> tuple[str, str, str, str, str]:
    """Before, after, the change, its p-value, and the cases that differ."""
    digits, values = difference.digits, (difference.before, difference.after)
    before, after = (f"{value:,.{digits}f}" for value in values)
    change = f"{difference.after - difference.before:+,.{digits}f}"
    p = TOO_FEW if difference.is_too_few else f"{difference.p:.3f}"
    if not difference.differing:
        change, p = "none", ""
    return before, after, change, p, f"{difference.differing:,} of {difference.cases:,}"


def expected_place(piece: Expected) -> str:
    """Where the evidence stands, or why it does not."""
    return piece.location or piece.problem


def expected_verdict(case: Case) -> str:
    """What should be said of a case of which no place is known."""
    if case.answerable:
        return "an answer"
    return "none" if case.kind == OFF_TOPIC else "closest or none"


def _verdicts_table(outcomes: Sequence[Outcome]) -> Table:
    table = _table("verdict", *SORT_NAMES.values())
    for verdict, counts in count_verdicts(outcomes).items():
        table.add_row(verdict, *(f"{counts[sort]:,}" for sort in SORT_NAMES))
    return table


def _kinds_table(kinds: Mapping[str, Mapping[str, Measure]]) -> Table:
    table = _table("kind", "cases", "right", "95 % interval", *(NAMES.get(name, name) for name in KIND_COLUMNS[1:]))
    table.padding, table.columns[0].no_wrap = (0, 1, 0, 0), True
    for kind, measures in kinds.items():
        right = measures["right"]
        others = [figure(measures[name], brief=True) if name in measures else "" for name in KIND_COLUMNS[1:]]
        shown = Text(figure(right, brief=True), style="bold")
        table.add_row(line(kind), f"{right.cases:,}", shown, interval(right), *others)
    return table


def _groups_table(name: str, groups: Mapping[str, CheckerFigures]) -> Table:
    shown = [one for one in CHECKER_COLUMNS if any(one in of_group.measures for of_group in groups.values())]
    table = _table(name, "true", "false", *(CHECKER_COLUMNS[one] for one in shown))
    table.padding, table.columns[0].no_wrap = (0, 1, 0, 0), True
    for group, of_group in groups.items():
        measures = of_group.measures
        shares = [f"{measures[one].value:.2f}" if one in measures else "" for one in shown]
        table.add_row(line(group), f"{of_group.true:,}", f"{of_group.false:,}", *shares)
    return table


def _missing_text(missing: Sequence[str]) -> list[Text]:
    title = Text("Evidence that is missing, counted as not found:", style="bold yellow")
    return [Text(), title, *map(line, missing)] if missing else []


def _flips_text(title: str, style: str, flips: Sequence[Flip]) -> list[Text]:
    lines = [
        line(f"{flip.id}: {flip.question} -> {_places(flip.before)}, then {_places(flip.after)}") for flip in flips
    ]
    return [Text(), Text(title, style=f"bold {style}"), *lines] if lines else []


def _places(places: Sequence[str]) -> str:
    return ", ".join(places) or "abstained"


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right", min_width=11 if "interval" in name else None)
    return table
