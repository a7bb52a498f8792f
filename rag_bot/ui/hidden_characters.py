"""HTML in which everything is seen that stands in it: notes, questions and models may hold what turns or hides text."""

from __future__ import annotations

import re

from rag_bot.output.visible import visible

_TAG_OR_TEXT = re.compile(r"<[^>]*>|[^<]+")  # a tag, whose attributes hold no bare ">", or the text between two


def show_hidden(html: str) -> str:
    """The text of the HTML as `visible` makes it; tags stay, for a link must name its note as the note is called."""
    html = str(html)  # of Markup, a replacement would be escaped
    if visible(html) == html:
        return html
    return _TAG_OR_TEXT.sub(lambda piece: piece[0] if piece[0].startswith("<") else visible(piece[0]), html)
