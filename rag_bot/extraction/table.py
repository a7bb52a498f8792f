"""Comma- or tab-separated values -> a Markdown table whose rows are landmarks."""

from __future__ import annotations

import csv
import io

from rag_bot.extraction.writer import Extracted, TextWriter, refuse_binary
from rag_bot.text.encodings import decode

_SAMPLE = 10_000  # characters that tell what parts the cells; set by hand
_DELIMITERS = ",;\t|"


def read(data: bytes) -> Extracted:
    """All rows, the first as the header."""
    text = decode(data)[0].removeprefix("\ufeff")
    refuse_binary(text.encode("utf-8", "replace"))
    text = text.replace("\0", "")
    csv.field_size_limit(max(len(text), 1))
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(text[:_SAMPLE].rpartition("\n")[0] or text, _DELIMITERS)
        dialect.doublequote = True  # as everybody writes it; the sniffer needs to have seen one
    except csv.Error:  # one column
        dialect = csv.excel_tab if "\t" in text[:_SAMPLE] else csv.excel
    writer = TextWriter()
    writer.table(csv.reader(io.StringIO(text, newline=""), dialect), rows_of="")
    return writer.done()
