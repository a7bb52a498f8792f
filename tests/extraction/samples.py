"""One file of each format, made with the libraries that people's programs are made with where there is one."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Sequence
from email.message import EmailMessage

from docx import Document
from pptx import Presentation
from xlsxwriter import Workbook

PICTURE = base64.b64encode(bytes(range(256)) * 20).decode()

ORG = """#+TITLE: Garden plan
#+DATE: 2026-03-02
#+FILETAGS: :garden:home:

* TODO Order seeds :buy:
:PROPERTIES:
:ID: 5f1c
:END:
Beans from [[https://seeds.example][Miller & Sons]], 12 packets.
** Beds
- north :: peas
- south :: beans

| bed   | plant |
|-------+-------|
| north | peas  |
#+BEGIN_SRC python
print("* no heading")
#+END_SRC
# a comment
"""
RST = """====
Boat
====

.. _target:

Engine
------

The engine takes 3.2 litres of oil.

.. code-block:: sh

   make engine

.. a comment
   of two lines

Rigging
-------

+-------+--------+
| rope  | metres |
+=======+========+
| sheet | 14     |
+-------+--------+
| painter | 6    |
+-------+--------+

Like this::

    knots * 2

The end.
"""
LOG = """2026-03-01 10:00 INFO started
2026-03-01 10:05 ERROR pump 7 failed
  Traceback: valve stuck
2026-03-01 10:06 INFO stopped
"""
HTML = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>Sourdough basics</title>
<link rel="canonical" href="https://bread.example/basics"><style>p {color: red}</style></head>
<body><nav><a href="/">Home</a><a href="/shop">Shop</a></nav>
<main><h1>Sourdough basics</h1><p>Feed the starter with <b>80 g</b> of flour,<br>twice a day. See
<a href="https://bread.example/flour">flour types</a>.</p>
<ul><li>rye<ul><li>dark</li></ul></li><li>wheat</li></ul><ol><li>mix</li><li>wait</li></ol>
<pre>bake(230)
</pre><table><tr><th>Flour</th><th>Water</th></tr><tr><td>rye</td><td>85 | 90 %</td></tr></table>
<blockquote><p>Patience is an ingredient.</p></blockquote><dl><dt>Levain</dt><dd>the ripe starter</dd></dl>
<script>alert("tracked")</script></main><footer>© nobody</footer></body></html>"""
CSV = 'item;price;note\nHive tool;12,50;steel\nSmoker;39,00;"with ""shield"", | and\nfuel"\n'
CANVAS = {
    "nodes": [
        {"id": "a", "type": "text", "text": "# Move\nBook the van for 14 May", "x": 0, "y": 0, "width": 9, "height": 9},
        {"id": "b", "type": "file", "file": "notes/Van.md", "x": 50, "y": 100, "width": 9, "height": 9},
        {"id": "g", "type": "group", "label": "Later", "x": 40, "y": 90, "width": 100, "height": 100},
        {"id": "c", "type": "link", "url": "https://vans.example", "x": 0, "y": 300, "width": 9, "height": 9},
    ],
    "edges": [{"id": "e", "fromNode": "a", "toNode": "b", "label": "needs"}],
}
EXCALIDRAW = """---
excalidraw-plugin: parsed
tags: [excalidraw]
---
==⚠  Switch to EXCALIDRAW VIEW in the MORE OPTIONS menu of this document. ⚠==

# Excalidraw Data
## Text Elements
The pump is behind the shed ^aB3dE

%%
## Drawing
```compressed-json
N4KAkARALgngDgUwgLgAQQQDwMYEMA2AlgCYBOuA7hADTgQBuCpAzoQPYB2KqATLZMzYBXUtiRoIACyhQ4zZAHoFAc0JRJQgEYA6bGwC2CgF7N6hbEcK4OCtptbErHALRY8RMpWdx8Q1TdIEfARcZgRmBShcZQUebQBGbR4aOiCEfQQOKGZuAG1wMFAwYogSbgg4zgAVJAA2AEYADgBFAHFUkshYRArA
```
%%
"""


def pdf(pages: Sequence[Sequence[str]], *, title: str = "", more: str = "") -> bytes:
    """Pages of lines, 14 points apart; a blank line leaves a gap. `more` goes into the trailer."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for lines in pages:
        shown = "".join(f"({line}) Tj 0 -14 Td\n" if line else "0 -14 Td\n" for line in lines)
        stream = f"BT /F1 12 Tf 72 720 Td\n{shown}ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        kids.append(len(objects) + 1)
        font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects)} 0 R "
            f"/Resources << /Font << /F1 {font} >> >> >>"
        )
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] >>"
    objects.append(f"<< /Title ({title}) >>")
    body, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R {more} >>\n"
    return (
        f"{body}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}startxref\n{len(body)}\n%%EOF".encode()
    )


def encrypted_pdf() -> bytes:
    """With a key that no password gives."""
    key = "41" * 32
    encryption = f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{key}> /U <{key}> >> /ID [<4141> <4141>]"
    return pdf([["secret"]], more=encryption)


def docx() -> bytes:
    document = Document()
    document.core_properties.title = "Microsoft Word - Document1"
    document.core_properties.author = "Ada"
    document.add_heading("Lease", 0)
    document.add_heading("Deposit", 1)
    document.add_paragraph("The deposit is 1,800 euros.")
    document.add_paragraph("two keys", style="List Bullet")
    document.add_paragraph("one fob", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for place, words in enumerate(["Month", "Rent", "May", "900"]):
        table.cell(place // 2, place % 2).text = words
    return _saved(document)


def pptx() -> bytes:
    presentation = Presentation()
    for title, words in (("Goals", "Grow by a third\nHire two people"), ("Risks", "The harbour may close")):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = words
    presentation.slides[1].notes_slide.notes_text_frame.text = "Mention the insurance"
    return _saved(presentation)


def _saved(document: object) -> bytes:
    stream = io.BytesIO()
    document.save(stream)  # type: ignore[attr-defined]
    return stream.getvalue()


def xlsx() -> bytes:
    stream = io.BytesIO()
    workbook = Workbook(stream, {"in_memory": True})
    sheet = workbook.add_worksheet("Prices")
    for row, cells in enumerate([["Item", "Price"], ["Veil", 24.5], ["Boots", 60], [], ["Total", 84.5]]):
        sheet.write_row(row + 1, 1, cells)
    workbook.add_worksheet("Empty")
    workbook.close()
    return stream.getvalue()


def epub() -> bytes:
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        "<dc:title>The Keeper's Year</dc:title><dc:creator>M. Vale</dc:creator></metadata>"
        '<manifest><item id="one" href="one.xhtml"/><item id="two" href="text%20two.xhtml"/></manifest>'
        '<spine><itemref idref="one"/><itemref idref="two"/></spine></package>'
    )
    chapter = '<html xmlns="http://www.w3.org/1999/xhtml"><body><h2>{}</h2><p>{}</p></body></html>'
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "OEBPS/book.opf": package,
            "OEBPS/one.xhtml": chapter.format("Spring", "Bees fly from 12 degrees on."),
            "OEBPS/text two.xhtml": chapter.format("Winter", "The cluster needs 18 kg of honey."),
        }
    )


def zipped(files: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def eml() -> bytes:
    message = EmailMessage()
    message["Subject"] = "Café: key for the flat"
    message["From"] = "Pedro <pedro@example.org>"
    message["To"] = "me@example.org"
    message["Date"] = "Thu, 05 Mar 2026 18:30:00 +0100"
    message.set_content("Hi,\n\nthe key is under the third pot.\n")
    message.add_alternative("<p>the key is under the third pot</p>", subtype="html")
    message.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="plan.pdf")
    return message.as_bytes()


def mhtml() -> bytes:
    return (
        "From: <Saved by a browser>\nSnapshot-Content-Location: https://bread.example/basics\nSubject: x\n"
        'MIME-Version: 1.0\nContent-Type: multipart/related; type="text/html"; boundary="b"\n\n--b\n'
        "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" + HTML + "\n--b\n"
        f"Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n{PICTURE}\n--b--\n"
    ).encode()


def ipynb() -> bytes:
    code = {
        "cell_type": "code",
        "source": ["growth = 0.31\n", "print(growth)"],
        "outputs": [
            {"output_type": "stream", "text": ["0.31\n"]},
            {"output_type": "display_data", "data": {"image/png": PICTURE, "text/plain": ["<Figure 640x480>"]}},
            {"output_type": "error", "ename": "ValueError", "evalue": "no data", "traceback": ["\x1b[31m"]},
        ],
    }
    cells = [{"cell_type": "markdown", "source": "# Yield\nThe yield grew by a third."}, code]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


SAMPLES: dict[str, bytes] = {
    "garden.org": ORG.encode(),
    "boat.rst": RST.encode(),
    "pump.log": LOG.encode(),
    "plain.text": b"The spare fuse is in the drawer.\n",
    "bread.html": HTML.encode(),
    "bread.mhtml": mhtml(),
    "prices.csv": CSV.encode(),
    "prices.tsv": b"town\tpopulation\nLer\t34000\n",
    "move.canvas": json.dumps(CANVAS).encode(),
    "shed.excalidraw.md": EXCALIDRAW.encode(),
    "yield.ipynb": ipynb(),
    "manual.pdf": pdf(
        [["Pump manual", "", "Open the valve slowly,", "then wait."], ["Change the filter every 40 hours."]],
        title="Pump manual",
    ),
    "lease.docx": docx(),
    "plan.pptx": pptx(),
    "prices.xlsx": xlsx(),
    "keeper.epub": epub(),
    "key.eml": eml(),
}
