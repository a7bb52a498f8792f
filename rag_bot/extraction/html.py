"""Web pages -> Markdown: the words in their blocks, without scripts, styles and navigation. By lxml (libxml2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from rag_bot.extraction.writer import CannotRead, Extracted, TextWriter, refuse_binary

# https://html.spec.whatwg.org/multipage/indices.html#elements-3: what is run, chosen or pressed, and no text.
_SKIPPED = frozenset(
    "script style noscript template svg canvas iframe object nav button select textarea input dialog head".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr li main ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
_LAYOUT = "table", "ul", "ol", "pre", "h1", "h2", "h3", "h4", "blockquote"
"""A table that holds one of these only arranges what is in it."""
_DEEPEST = 10  # lists and quotes in each other that are shown as such; set by hand
_WEB = re.compile(r"(?:https?|mailto):[^\s()<>]+")


def read(data: bytes) -> Extracted:
    """A page with its title and address as front matter; where the page says which part is the main one, only that."""
    root = page(data)
    writer = TextWriter()
    title = root.findtext(".//title") or ""
    address = next((link.get("href", "") for link in root.iterfind('.//link[@rel="canonical"]')), "")
    written = next(
        (meta.get("content", "") for meta in root.iterfind('.//meta[@property="article:published_time"]')), ""
    )
    writer.front_matter(title=title, url=address, date=written[:10])
    write_page(writer, root)
    return writer.done()


def page(data: bytes) -> HtmlElement:
    """The tree of a page. Raises CannotRead where there is none."""
    encoding = None  # as the page says
    try:
        data.decode("utf-8")
        encoding = "utf-8"
    except UnicodeDecodeError:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            data, encoding = data.decode("utf-16", "replace").encode(), "utf-8"
    refuse_binary(data)
    parser = HTMLParser(encoding=encoding, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        return document_fromstring(data.replace(b"\0", b""), parser=parser)
    except etree.ParserError as error:
        raise CannotRead("holds no text") from error


def write_page(writer: TextWriter, root: HtmlElement) -> None:
    """The text of a page's main part, or of all of it."""
    mains = root.findall(".//main") or root.findall('.//*[@role="main"]') or root.findall(".//article")
    _Page(writer).read(mains[0] if len(mains) == 1 else root)


@dataclass(slots=True)
class _Page:
    """Walks a tree without recursion. `words` are those of the open block; `lists` the numbers of the open ones."""

    writer: TextWriter
    words: list[str] = field(default_factory=list)
    lists: list[int] = field(default_factory=list)
    marker: str = ""
    quotes: int = 0
    follows: bool = False  # the next block belongs to the line before it

    def read(self, root: HtmlElement) -> None:
        walk = etree.iterwalk(root, events=("start", "end"))
        skipped = None
        for event, element in walk:
            if skipped is None and event == "start" and self.is_skipped(element):
                skipped = element
                walk.skip_subtree()
            if event == "end" and element is skipped:
                skipped = None
            elif skipped is None and event == "start":
                if self.start(element):
                    skipped = element
                    walk.skip_subtree()
            elif skipped is None:
                self.end(element)
            if event == "end" and skipped is None and element is not root:
                self.words.append(element.tail or "")
        self.flush()

    def is_skipped(self, element: HtmlElement) -> bool:
        return element.tag in _SKIPPED or not isinstance(element.tag, str) or "hidden" in element.attrib

    def start(self, element: HtmlElement) -> bool:
        """Whether all of the element is written with that."""
        tag = element.tag
        if tag in _BLOCKS:
            self.flush()
        if tag == "pre":
            self.writer.code("".join(element.itertext()))
        elif tag == "table" and next(element.iterdescendants(*_LAYOUT), None) is None:
            rows = [[_words(cell) for cell in row.iterchildren("td", "th")] for row in element.iter("tr")]
            if max(map(len, rows), default=0) > 1:
                self.writer.add(_words(element.find("caption")))
                self.writer.table([row for row in rows if any(row)])
                return True
        elif tag in ("ul", "ol"):
            self.lists.append(0)
        elif tag == "li":
            numbered = (parent := element.getparent()) is not None and parent.tag == "ol"
            self.lists = [*self.lists[:-1], self.lists[-1] + 1] if self.lists else [1]
            self.marker = f"{self.indent(1)}{f'{self.lists[-1]}.' if numbered else '-'} "
            self.follows = self.lists[-1] > 1 or len(self.lists) > 1
        elif tag == "blockquote":
            self.quotes += 1
        elif tag == "dd":
            self.marker, self.follows = ": ", True
        elif tag == "br":
            self.words.append("\0")
        elif tag == "code":
            self.words.append("`")
        elif tag == "img":
            self.words.append(element.get("alt", ""))
        elif tag == "a" and _WEB.fullmatch(element.get("href", "")) and element.find(".//*") is None and element.text:
            self.words.append(f"[{element.text.strip()}]({element.get('href')})")
            return True
        self.words.append(element.text or "" if tag != "pre" else "")
        return bool(tag == "pre")

    def end(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag == "code":
            self.words.append("`")
        if re.fullmatch("h[1-6]", tag):
            self.marker = "#" * int(tag[1]) + " "
            self.words = ["".join(self.words).replace("\0", " ")]
        if tag in _BLOCKS:
            self.flush()
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        if tag == "blockquote":
            self.quotes -= 1
        if tag in ("li", "dd") or re.fullmatch("h[1-6]", tag):  # it may have been empty
            self.marker, self.follows = "", False

    def flush(self) -> None:
        """Write the open block."""
        lines = [" ".join(line.split()) for line in "".join(self.words).split("\0")]
        self.words = []
        if lines := [line for line in lines if line]:
            quote = "> " * min(self.quotes, _DEEPEST)
            text = f"\n{quote}{self.indent()}".join(lines)
            self.writer.add(f"{quote}{self.marker or self.indent()}{text}", apart=not self.follows)
            self.marker, self.follows = "", False

    def indent(self, less: int = 0) -> str:
        """How far in the text of the open list stands."""
        return "   " * min(max(len(self.lists) - less, 0), _DEEPEST)


def _words(element: HtmlElement | None) -> str:
    if element is None:
        return ""
    texts = element.xpath(".//text()[not(ancestor::script or ancestor::style)]")
    return " ".join((" " if len(element) > 1 else "").join(texts).split())
