"""PDFs, by pypdfium2 (PDFium): the text page by page, in paragraphs as the gaps between the lines show them."""

from __future__ import annotations

import statistics
from itertools import pairwise

import pypdfium2
import pypdfium2.raw as pdfium

from rag_bot.extraction.writer import CannotRead, Extracted, TextWriter, clean, own_title

MOST_PAGES = 10_000  # set by hand
_GAP = 1.35  # times the page's usual distance of lines that part paragraphs; set by hand
_NO_PASSWORD = pdfium.FPDF_ERR_PASSWORD


def read(data: bytes) -> Extracted:
    """Each page is a landmark. Pictures are not read: a scan holds no text."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _NO_PASSWORD:
            raise CannotRead("is encrypted") from error
        raise CannotRead("is damaged (no whole PDF)") from error
    if len(document) > MOST_PAGES:
        raise CannotRead(f"has {len(document):,} pages; at most {MOST_PAGES:,} are read. Split it")
    pages = []
    for number in range(len(document)):
        try:
            page = document[number]
            pages.append(_paragraphs(page.get_textpage()))
            page.close()
        except pypdfium2.PdfiumError:  # the others can be read
            pages.append(f"[Page {number + 1} is damaged and cannot be read.]")
    writer = TextWriter()
    properties = document.get_metadata_dict()
    title = own_title(properties.get("Title", ""), next((page for page in pages if page), ""))
    writer.front_matter(title=title, author=properties.get("Author", "") if title else "")
    for number, text in enumerate(pages, start=1):
        if text:
            writer.mark("page", number)
            writer.add(text)
    return writer.done()


def _paragraphs(page: pypdfium2.PdfTextPage) -> str:
    """The lines of a page, a blank one where the distance to the next is larger than is usual on it."""
    text = page.get_text_range(errors="replace")
    lines, heights, start = [], [], 0
    for line in text.split("\n"):
        index = pdfium.FPDFText_GetCharIndexFromTextIndex(page, start + len(line) - len(line.lstrip()))
        start += len(line) + 1
        if words := clean(line).strip():  # without U+FFFE, PDFium's mark of a word that is parted at a line's end
            lines.append(words)
            heights.append(page.get_charbox(index, loose=True)[1] if index >= 0 else 0.0)
    gaps = [above - below for above, below in pairwise(heights)]
    usual = statistics.median_low([gap for gap in gaps if gap > 0] or [0.0])
    parted = [f"{line}\n" if abs(gap) > _GAP * usual else line for line, gap in zip(lines, gaps, strict=False)]
    return "\n".join([*parted, *lines[-1:]])
