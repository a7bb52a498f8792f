"""What turns or hides text is seen in its place, and links still name what they open."""

from __future__ import annotations

import pytest

from rag_bot.ui.hidden_characters import show_hidden


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        ("<b>calm é 漢 \u200f\n\t</b>", "<b>calm é 漢 \u200f\n\t</b>"),
        ("<b>\u202eexe.\u2066x\u2069</b>", "<b>\ufffdexe.\ufffdx\ufffd</b>"),
        ("a\x1b[31m\x07<i>\x00\x9b\x7f</i>\ud800", "a␛[31m␇<i>␀\ufffd␡</i>\ufffd"),
        ('<a data-note="a\u202eb &gt; c.md">a\u202eb</a>', '<a data-note="a\u202eb &gt; c.md">a\ufffdb</a>'),
    ],
)
def test_controls_and_bidi_marks_become_visible_in_text_and_stay_in_tags(html: str, seen: str) -> None:
    assert show_hidden(html) == seen
