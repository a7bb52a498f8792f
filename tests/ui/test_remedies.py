"""No message of the page names a command: what a page does is linked, other advice is left out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from rag_bot.errors import IndexUnusable
from rag_bot.ui.remedies import clickable
from rag_bot.ui.templating import macros
from tests.conftest import ROOT

COMMAND = re.compile(r"\brag-bot [a-z]|--\w")
OUT_OF_REACH = ("cli/", "output/", "evaluation/report.py", "evaluation/runs.py", "ui/", "query/why/")
"""What speaks to terminals alone, holds no messages, or is arguments of commands."""


def _messages() -> Iterator[str]:
    """Every text of the library that names a command or a flag, with a path in the place of each value."""
    for file in sorted((ROOT / "rag_bot").rglob("*.py")):
        if str(file.relative_to(ROOT / "rag_bot")).startswith(OUT_OF_REACH):
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        nodes = list(ast.walk(tree))
        inner = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
        inner |= {id(node.value) for node in nodes if isinstance(node, ast.Expr)}  # docstrings
        for node in nodes:
            text = _text(node)
            if text and id(node) not in inner and re.search(r"`rag-bot |--\w", text):
                yield text


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "/a.b/c d" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@pytest.mark.parametrize("message", sorted({*_messages()}))
def test_no_message_of_the_library_names_a_command_on_the_page(message: str) -> None:
    shown = clickable(message)
    assert not COMMAND.search(shown.striptags())
    assert "`rag-bot" not in shown
    assert {*re.findall(r'data-page="(\w+)"', shown)} <= {"notes", "evaluation", "settings"}


def test_there_are_messages_to_look_at() -> None:
    assert len([*_messages()]) > 30


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            str(IndexUnusable.because_of(OSError("no <space>"), "words")),
            "The index's words cannot be used: no <space>. If the disk is full, free space and choose Notes › Sync "
            "again; else choose Notes › Repair. Your notes are not touched.",
        ),
        ("X is taken. Choose another with --index.", "X is taken. Choose another in Settings."),
        (
            "Not made here. `rag-bot ingest FOLDER` makes it anew; `rag-bot trust /a.b` opens it as it is.",
            "Not made here. Notes › Sync makes it anew.",
        ),
        ("There is no conversation 'x'. `rag-bot conversations list` shows them.", "There is no conversation 'x'."),
        ("Keep the key with `rag-bot models --set-key openai`.", "Keep the key in Settings."),
        (
            "openai-like:qwen3 at nas cannot be reached: Connection refused. Start it.",
            "qwen3 at nas cannot be reached: Connection refused. Start it.",
        ),
        ("It is not understood. Check generation.url.", "It is not understood. Check the address in Settings."),
        ("generation.url is 'x', which is no address.", "The address in Settings is 'x', which is no address."),
        (
            "openai-like:m needs an address: set generation.url, such as http://a (RAG_BOT_GENERATION__URL in the "
            "environment).",
            "m needs an address: set the address in Settings, such as http://a.",
        ),
        ("Nothing to do; all is well ... really.", "Nothing to do; all is well ... really."),
        ("A note `.` is called `rag-bot evil`.md.", "A note `.` is called `rag-bot evil`.md."),
        (f"{'a.' * 2_000}md is -- not there.", f"{'a.' * 2_000}md is -- not there."),
    ],
)
def test_advice_becomes_what_is_clicked_or_is_left_out(message: str, shown: str) -> None:
    assert clickable(message).striptags() == shown


def test_a_notice_is_escaped_and_its_links_lead_to_the_pages() -> None:
    html = macros("base.html").notice("<b> is damaged. Run `rag-bot verify --repair`.")
    assert "&lt;b&gt; is damaged. Choose <a" in html
    assert '<a href="#page=notes" data-page="notes">Notes › Repair</a>.' in html
