"""Links are found in the text, lead where Obsidian leads, and follow renamed notes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from rag_bot import Library
from rag_bot.markdown import links_in, parse, part_of
from rag_bot.store.catalogue import Catalogue
from rag_bot.store.links import NoteLink


def test_links_are_read_but_not_those_in_code_or_out_of_the_notes() -> None:
    text = """---
up: "[[Home]]"
---
See [[Router#Wi-Fi#Guests|the router]], ![[Plan^b1]] and [a](../x%20y/Note.md#part-two) `[[no]]`.

| [[Ann\\|Annie]] | [web](https://example.org) ![picture](p.png) |
|---|---|

```
[[nor this]]
```
[[#Below]] [odd](<b c.md>) ![[Router#^w]]
"""
    found = [(link.line, link.target, link.anchor, link.is_embed) for link in links_in(text, parse(text))]
    assert found == [
        (2, "Home", "", False),
        (4, "Router", "Guests", False),
        (4, "Plan", "^b1", True),
        (4, "../x y/Note.md", "part-two", False),
        (6, "Ann", "", False),
        (12, "", "Below", False),
        (12, "b c.md", "", False),
        (12, "Router", "^w", True),
    ]
    assert links_in("[[" * 50_000 + "](" * 50_000, parse("x")) == ()


def test_an_anchor_is_a_section_or_a_block_with_what_is_below_it() -> None:
    text = "# A\nx\n## B *c*\ny\n### D\nz\n## E\n- one ^i1\n  - two\n- three\n\nLast words.\n^i2\n"

    def part(anchor: str) -> str | None:
        span = part_of(text, parse(text), anchor)
        return text[span.start_char : span.end_char] if span else None

    assert part("B c") == part("b-c") == "## B *c*\ny\n### D\nz"
    assert part("^i1") == "- one ^i1\n  - two"
    assert part("^i2") == "Last words.\n^i2"
    assert part("nowhere") is part("^no") is None


def test_a_link_leads_to_the_note_that_obsidian_opens(library: Library, write: Callable[..., Path]) -> None:
    write("a/Index.md", "[[ROUTER]] [[b/Router]] [[The Box]] [[missing]] [r](../b/Router.md) [[Index]]")
    write("a/Router.md", "In a.")
    notes = write("b/Router.md", "---\naliases: [the box]\n---\nIn b.").parents[1]
    write("Router.md", "On top, see [[Router#top]].")
    library.ingest([notes])

    def targets() -> list[str | None]:
        with closing(Catalogue.open(library.settings.index)) as catalogue:
            return [catalogue.resolve_link(link) for link in catalogue.links_from("notes/a/Index.md", 1, 1)]

    b = "notes/b/Router.md"
    assert targets() == ["notes/a/Router.md", b, b, None, b, "notes/a/Index.md"]
    with closing(Catalogue.open(library.settings.index)) as catalogue:
        assert [link.target for link in catalogue.links_to(b)] == ["../b/Router.md", "The Box", "b/Router"]
        assert catalogue.links_to("notes/a/Router.md") == [NoteLink("notes/a/Index.md", 1, "ROUTER", "", False)]
        assert catalogue.links_to("notes/Router.md") == []
        assert catalogue.find_by_name("router") == ["notes/Router.md", "notes/a/Router.md", b]
        assert catalogue.find_by_name("THE  BOX") == [b]

    (notes / "a/Router.md").rename(notes / "a/Missing.md")
    report = library.ingest()
    assert (report.chunks_embedded, len(report.plan.moved)) == (0, 1)
    assert targets() == ["notes/Router.md", b, b, "notes/a/Missing.md", b, "notes/a/Index.md"]
