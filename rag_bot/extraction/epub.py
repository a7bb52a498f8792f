"""E-books: the pages of an EPUB in the order of its spine (https://www.w3.org/TR/epub-33/)."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote

from lxml import etree

from rag_bot.extraction.archive import checked_zip
from rag_bot.extraction.html import page, write_page
from rag_bot.extraction.writer import CannotRead, Extracted, TextWriter

_NAMES = {
    "c": "urn:oasis:names:tc:opendocument:xmlns:container",
    "o": "http://www.idpf.org/2007/opf",
    "d": "http://purl.org/dc/elements/1.1/",
}


def read(data: bytes) -> Extracted:
    """Title and author as front matter; each part of the book is a landmark, counted as in its spine."""
    archive = checked_zip(data)
    if "META-INF/encryption.xml" in archive.namelist() and "META-INF/rights.xml" in archive.namelist():
        raise CannotRead("is encrypted")
    try:
        container = _xml(archive.read("META-INF/container.xml"))
        package_path = container.xpath("string(//c:rootfile/@full-path)", namespaces=_NAMES)
        package = _xml(archive.read(package_path))
    except (KeyError, etree.XMLSyntaxError) as error:
        raise CannotRead("is damaged (no whole EPUB)") from error
    paths = {item.get("id"): item.get("href", "") for item in package.iterfind(".//o:manifest/o:item", _NAMES)}
    spine = [paths.get(item.get("idref"), "") for item in package.iterfind(".//o:spine/o:itemref", _NAMES)]
    writer = TextWriter()
    writer.front_matter(
        title=package.findtext(".//d:title", "", _NAMES), author=package.findtext(".//d:creator", "", _NAMES)
    )
    for number, path in enumerate(spine, start=1):
        name = posixpath.normpath(posixpath.join(posixpath.dirname(package_path), unquote(path)))
        if name in archive.namelist():
            writer.mark("part", number)
            write_page(writer, page(archive.read(name)))
    return writer.done()


def _xml(data: bytes) -> etree._Element:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
