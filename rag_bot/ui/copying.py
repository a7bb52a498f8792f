"""What can be taken along from the page, as Markdown and as plain text: lines of notes, and whole answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag_bot.conversations.markdown import escaped, laid_out
from rag_bot.output.visible import visible
from rag_bot.records import LISTED_AT_ONCE, PROSE, Answer, Citation, difference_words, verdict_words

_LINE_END = re.compile(r"\r\n|\n|\r")
_MARKUP = re.compile(r"[<>\[\]`*&\\\n]|://")  # in the name of a file: what Markdown might make more of than text


@dataclass(frozen=True, slots=True)
class Copy:
    """The same words in both forms."""

    markdown: str
    plain: str


def quoted(text: str, place: str, number: str = "") -> Copy:
    """Lines of a note word for word, and where they stand (`notes/a.md:12-14`), after a `number` such as "[1] "."""
    lines = _LINE_END.split(text.strip("\r\n"))
    block = "\n".join(f"> {line}" if line.strip() else ">" for line in lines)
    named = escaped(place) if _MARKUP.search(place) else place
    return Copy(f"{block}\n>\n> — {number}{named}", "\n".join([*lines, f"({number}{place})"]))


def all_quoted(citations: Iterable[Citation]) -> Copy:
    """The cited lines one after the other, each with its place."""
    return _joined([quoted(citation.quote.text, citation.quote.located) for citation in citations])


def whole(answer: Answer) -> Copy:
    """What an answer says, and the numbered lines that it stands on; of a long list, those that are shown at first."""
    verdict = verdict_words(answer)
    differing = [difference_words(difference) for difference in answer.differences]
    copies = [Copy(escaped(words), visible(words)) for words in (verdict, *differing) if words]
    if answer.mode == PROSE:
        plain = "".join(
            f"{sentence.before}{sentence.text}{''.join(f' [{number}]' for number in sentence.citations)}"
            for sentence in answer.sentences
        )
        copies.append(Copy("\n\n".join(filter(None, laid_out(answer.sentences))), visible(plain.strip())))
    shown = answer.citations[:LISTED_AT_ONCE] if answer.statement else answer.citations
    copies += [quoted(one.quote.text, one.quote.located, f"[{one.number}] ") for one in shown]
    return _joined(copies)


def _joined(copies: Sequence[Copy]) -> Copy:
    return Copy("\n\n".join(copy.markdown for copy in copies), "\n\n".join(copy.plain for copy in copies))
