"""The colours of the app, computed: what is read stands out from what it stands on, in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STYLES = Path(__file__).parents[2] / "rag_bot" / "ui" / "styles" / "root.css"
LEAST = 4.5  # of text, by WCAG 2.2, 1.4.3
PAIRS = (
    *((text, ground) for text in ("ink", "muted", "accent", "warn") for ground in ("paper", "surface", "side")),
    *(("ink", "accent-soft"), ("muted", "accent-soft"), ("accent", "accent-soft"), ("on-accent", "accent")),
    *(("warn", "warn-soft"), ("ink", "pen"), ("accent", "pen")),
)
"""What is written on what."""


def colours(theme: str) -> dict[str, str]:
    """The colours of a theme, ":root" or ".dark", by name."""
    text = STYLES.read_text(encoding="utf-8")
    [rule] = re.findall(rf"^{re.escape(theme)} {{(.*?)^}}", text, re.MULTILINE | re.DOTALL)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", rule))


def luminance(colour: str) -> float:
    """Relative luminance, by the formula of WCAG 2.2."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 to 21, by the formula of WCAG 2.2."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_as_far_apart_as_can_be() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", [":root", ".dark"])
def test_text_can_be_read_on_all_it_stands_on(theme: str) -> None:
    known = colours(theme)
    found = {(text, ground): contrast(known[text], known[ground]) for text, ground in PAIRS}
    assert {pair: round(value, 2) for pair, value in found.items() if value < LEAST} == {}
