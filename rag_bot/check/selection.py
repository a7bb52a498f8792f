"""Which few lines a sentence stands on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from rag_bot.check.coverage import Coverage
from rag_bot.check.evidence import ReadLine
from rag_bot.check.reading.statement import Statement
from rag_bot.check.supply import supplies_date, supplies_name, supplies_number

Need = Callable[[ReadLine], bool]

MOST_LINES = 6  # an enumeration of the notes may be told in one sentence
LEAST_GAIN = 0.09  # of the words' weight, for a further line that supplies no number, date or name
WORDS, MEANING = 0.6, 0.4  # what makes a line the first choice


def select(
    sentence: Statement,
    coverage: Coverage,
    lines: Sequence[ReadLine],
    cosines: Sequence[float],
    allowed: Sequence[int],
) -> list[int]:
    """The lines (of those allowed) that supply the most, each only if it adds words, numbers, dates or names."""
    if not allowed:
        return []
    needs = needs_of(sentence)
    worth = {line: WORDS * coverage.share([line]) + MEANING * cosines[line] for line in allowed}
    chosen = [max(allowed, key=lambda line: worth[line] + 0.15 * sum(need(lines[line]) for need in needs))]
    while len(chosen) < MOST_LINES:
        left = [line for line in allowed if line not in chosen]
        open_needs = [need for need in needs if not any(need(lines[line]) for line in chosen)]
        have = coverage.share(chosen)
        gains = {
            line: coverage.share([*chosen, line])
            - have
            + sum(need(lines[line]) for need in open_needs)
            + worth[line] / 50
            for line in left
        }
        best = max(gains, key=lambda line: gains[line], default=None)
        if best is None or gains[best] < LEAST_GAIN + worth[best] / 50:
            break
        chosen.append(best)
    return _without_spare(chosen, coverage, needs, lines)


def needs_of(sentence: Statement) -> list[Need]:
    """For each number, date and name of a sentence, whether a line supplies it."""
    numbers: list[Need] = [partial(supplies_number, number=one) for one in sentence.numbers if not one.weak]
    dates: list[Need] = [partial(supplies_date, date=one) for one in sentence.dates]
    return [*numbers, *dates, *(partial(supplies_name, name=one) for one in sentence.names)]


def _without_spare(
    chosen: list[int],
    coverage: Coverage,
    needs: Sequence[Need],
    lines: Sequence[ReadLine],
) -> list[int]:
    """Without a line that the later ones made superfluous."""
    for line in list(chosen):
        rest = [other for other in chosen if other != line]
        if rest and coverage.share(chosen) - coverage.share(rest) < LEAST_GAIN / 2:
            met = [need for need in needs if need(lines[line])]
            if all(any(need(lines[other]) for other in rest) for need in met):
                chosen = rest
    return sorted(chosen)
