"""What holds of every answer and of everything that is shown of it, whatever notes say and models write."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from rich.console import Console

from rag_bot import Answer, Library
from rag_bot.conversations import Conversation, SavedExchange
from rag_bot.conversations.exchange import local_now
from rag_bot.conversations.markdown import conversation_markdown
from rag_bot.output import answer_text, prose_text
from rag_bot.records import PROSE, SUPPORTED, Filters, Place
from rag_bot.ui.chat.answer_view import growing_prose, whole_answer
from tests.injection.notes import NOTES

ADDRESS = re.compile(r"(?:https?:|mailto:|javascript:|data:|//|www\.)[^\s<>()\[\]\"']+", re.IGNORECASE)
COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_DIALECTS = [MarkdownIt("commonmark", {"html": True}), MarkdownIt("js-default", {"html": True, "linkify": False})]
_CALM = frozenset(
    "p br em strong s ul ol li h1 h2 h3 h4 h5 h6 blockquote pre code hr table thead tbody tr th td".split()
)
# An excerpt is a note's Markdown, rendered: what that may become has no more power than text.
_APP = _CALM | frozenset("div p span a figure figcaption b bdi i mark details summary time button svg path sup".split())
_LOADING = frozenset("src srcset href poster background action formaction data ping style xlink:href".split())


class _Elements(HTMLParser):
    """The elements of a page as a browser would make them, with their attributes; comments count as one."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_comment(self, data: str) -> None:
        del data
        self.found.append(("!--", {}))

    def handle_decl(self, decl: str) -> None:
        self.handle_comment(decl)

    handle_pi = unknown_decl = handle_comment


def elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    """Each element of a page with its attributes."""
    reader = _Elements()
    reader.feed(html)
    reader.close()
    return reader.found


def assert_true_to_the_notes(answer: Answer, library: Library) -> None:
    """Citations are numbered, and verbatim where they say; sentences cite those, and a supported one has no address
    that the notes do not have."""
    assert [citation.number for citation in answer.citations] == [*range(1, len(answer.citations) + 1)]
    for citation in answer.citations:
        quote = citation.quote
        note = library.note(quote.note_path)
        assert note is not None, quote.note_path
        assert quote.text
        assert note.text[quote.start_char : quote.end_char] == quote.text
        first, last = (_line_of(note.text, at) for at in (quote.start_char, quote.end_char - 1))
        assert (quote.start_line, quote.end_line) == (first, last)
    numbers = {citation.number for citation in answer.citations}
    everything = "\n".join(NOTES.values())
    for sentence in answer.sentences:
        assert set(sentence.citations) <= numbers
        assert sentence.support != SUPPORTED or sentence.citations
        assert sentence.support != "not" or not sentence.citations
        if sentence.support == SUPPORTED:
            assert all(address in everything for address in ADDRESS.findall(sentence.text)), sentence.text


def _line_of(text: str, at: int) -> int:
    return len(re.findall(r"\r\n|\n|\r", text[:at])) + 1


def assert_dead_as_markdown(answer: Answer) -> None:
    """What a model wrote has no link, image or HTML where its text is shown as Markdown; nor has what is exported."""
    if answer.mode == PROSE:
        _assert_calm(answer.text)
    _assert_calm(exported(answer))


def exported(answer: Answer) -> str:
    """A saved conversation of one question, as Markdown."""
    now = local_now()
    exchange = SavedExchange("k", answer.question, Filters(), answer, now)
    return conversation_markdown(Conversation("k", answer.text[:200], now, now, 1), [exchange])


def _assert_calm(markdown: str) -> None:
    for dialect in _DIALECTS:
        found = elements(dialect.render(markdown))
        assert {tag for tag, _ in found} <= _CALM, markdown
        assert not {name for _, attributes in found for name in attributes} - {"class", "start", "style"}
        assert all((attributes.get("style") or "text-align:").startswith("text-align:") for _, attributes in found)


def assert_dead_in_the_app(answer: Answer) -> None:
    """The app's HTML has only its own elements; its only links open notes that are cited or near; what can be copied of
    it is dead as Markdown too."""
    nearest = tuple(Place.of(hit) for hit in answer.nearest)
    paths = {citation.quote.note_path for citation in answer.citations} | {place.path for place in nearest}
    pages = [growing_prose(answer)] if answer.draft else [whole_answer(answer, nearest), growing_prose(answer)]
    for tag, attributes in (element for page in pages for element in elements(page)):
        assert tag in _APP, tag
        assert not {name for name in attributes if name.startswith("on")}
        if tag == "button":  # what copies lines or opens their note elsewhere
            assert "data-copy" in attributes or attributes["data-programs"] in paths
            copied = (attributes.get("data-markdown") or "").split("\n")
            _assert_calm("\n".join(line for line in copied if not line.startswith(">") or line.startswith("> — ")))
        for name in _LOADING & attributes.keys() - {"style"}:
            assert (tag, name, attributes[name]) == ("a", "href", "#")
        assert re.fullmatch(r"(?:--(?:n|hang):[\d.]+(?:em)?)?", attributes.get("style") or "")
        assert attributes.get("data-note") in {*paths, None}


def assert_dead_on_the_terminal(answer: Answer) -> None:
    """No control character reaches the terminal, but those of our own colours, which are off here."""
    for made in (answer_text(answer), prose_text(answer), prose_text(replace(answer, draft=answer.text))):
        written = io.StringIO()
        Console(file=written, highlight=False, color_system=None, width=200).print(made, soft_wrap=True)
        assert not COMMANDS.search(written.getvalue()), ascii(written.getvalue())
        written.getvalue().encode()


def assert_harmless(answers: Sequence[Answer], library: Library) -> None:
    """All of it, for an answer while it grows and when it is whole."""
    whole = answers[-1]
    assert whole.draft == ""
    for answer in answers:
        assert_true_to_the_notes(answer, library)
    for answer in answers[:: max(1, len(answers) // 8)]:
        assert_dead_in_the_app(answer)
        assert not COMMANDS.search(answer.draft)
    assert_dead_as_markdown(whole)
    assert_dead_in_the_app(whole)
    assert_dead_on_the_terminal(whole)
