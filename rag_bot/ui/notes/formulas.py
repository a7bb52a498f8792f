"""Formulas in LaTeX, as notes have them between dollar signs -> MathML, which browsers show by themselves."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache
from typing import Any

from markupsafe import Markup

_LONGEST = 2_000  # characters; set by hand: a page of steps below each other has fewer
# For 2,000 open braces, each of which takes up to 2.6 KB of stack (measured with math-core 0.9): a thread has less on
# some systems, and what is written in Rust ends the process where it has none left.
_STACK_BYTES = 16 * 1024 * 1024
# All that may be in what is made of a formula, whatever the package makes: no links, no addresses, no scripts.
_ELEMENTS = (
    "math|mi|mo|mn|ms|mtext|mspace|mrow|mfrac|msqrt|mroot|mstyle|msub|msup|msubsup|munder|mover|munderover|mtable|mtr"
    "|mtd|mpadded|mphantom|mmultiscripts|mprescripts|menclose|b|i"
)
_ATTRIBUTES = (
    "display|displaystyle|scriptlevel|mathvariant|stretchy|symmetric|movablelimits|fence|separator|form|largeop|lspace"
    "|rspace|minsize|maxsize|width|height|depth|voffset|linethickness|accent|accentunder|columnspan|columnalign"
    "|notation|class|style"
)
_TAG = re.compile(rf'</?(?:{_ELEMENTS})(?: (?:{_ATTRIBUTES})="[\w .,:;%#+-]*")*/?>')
# An opening bracket that stands for itself; not one that a command before it takes, such as `\\left(` or `\\sqrt[`.
# math-core 0.9 looks for the end of each, and the time for that doubles with each that has none: it gets letters.
_BRACKETS = {
    **{r"\{": "{", r"\lbrace": "{", r"\lbrack": "[", r"\lparen": "(", r"\langle": "⟨", r"\lfloor": "⌊", r"\lceil": "⌈"},
    **{r"\lvert": "|", r"\lVert": "‖", r"\lgroup": "⟮", r"\lmoustache": "⎰", r"\llbracket": "⟦", r"\ulcorner": "⌜"},
    **{r"\llcorner": "⌞", **{char: char for char in "([⟨⌊⌈⟮⟦⟬⟪⎰⌜⌞⦃⦅⦇"}},
}
_LETTERS = {bracket: chr(0xE000 + number) for number, bracket in enumerate(_BRACKETS)}  # of no alphabet
_PIECE = re.compile(
    r"(?P<taken>\\(?:left|right|middle|[bB]igg?[rm]?)\s*(?:\\(?:[A-Za-z]+|.)|.)"
    r"|(?:\\sqrt|\\x[a-z]*arrow|\\\\)\s*\[|\\begin\{[^{}]*\}\s*\[)"
    r"|(?P<token>\\(?:[A-Za-z]+|.)|[^\\])",
    re.DOTALL,
)
_NAME_OF_PLACE = re.compile(r' id="[^"]*"')  # of a numbered line, for links to it
_VARIANT = re.compile("[\ufe00\ufe01]")  # picks a look that few fonts have, and is shown as a hidden character


def mathml(latex: str, *, display: bool) -> Markup | None:
    """The formula as a `<math>` element, on a line of its own with `display`; None for one that cannot be read."""
    if not latex.strip() or len(latex) > _LONGEST:
        return None
    return _converted(latex.strip(), display)


def _with_letters(latex: str) -> str:
    """The formula with a letter for each opening bracket; `\\bigl(` is one as well, `\\big(` looks the same."""
    latex = re.sub(r"\\([bB]igg?)l(?![A-Za-z])", r"\\\1", latex)
    return _PIECE.sub(lambda piece: piece["taken"] or _LETTERS.get(piece["token"], piece["token"]), latex)


@lru_cache(maxsize=1_000)  # a conversation is made anew with each answer; a formula takes some KB at most
def _converted(latex: str, display: bool) -> Markup | None:
    letters = _with_letters(latex)
    made = _converting_thread().submit(_convert, letters, display).result()
    made = _VARIANT.sub("", _NAME_OF_PLACE.sub("", made))
    for bracket, letter in _LETTERS.items() if letters != latex else ():
        shown = f'<mo form="prefix" stretchy="false">{_BRACKETS[bracket]}</mo>'
        made = made.replace(f"<mi>{letter}</mi>", shown).replace(letter, _BRACKETS[bracket])
    return None if not made or "<" in _TAG.sub("", made) else Markup(made)


def _convert(latex: str, display: bool) -> str:
    from math_core import LatexError

    try:
        return str(_converter().convert_with_local_state(latex, displaystyle=display))
    except LatexError:
        return ""


@cache
def _converter() -> Any:
    from math_core import LatexToMathML

    return LatexToMathML(max_expansions=0)  # definitions could repeat themselves without end


@cache
def _converting_thread() -> ThreadPoolExecutor:
    usual = threading.stack_size(_STACK_BYTES)
    try:
        thread = ThreadPoolExecutor(1, thread_name_prefix="formulas")
        thread.submit(_converter).result()  # the thread is begun now
    finally:
        threading.stack_size(usual)
    return thread
