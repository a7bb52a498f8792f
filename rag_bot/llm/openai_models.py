"""What is known about OpenAI's models by their names, as their service does not tell."""

from __future__ import annotations

import re

_CONTEXTS = (
    (r"gpt-4\.1", 1_000_000),
    (r"gpt-5", 272_000),  # what it reads; it may write 128,000 more
    (r"o[134](-|$)", 200_000),
    (r"gpt-4(o|-turbo|-\d{4}-preview)|chatgpt-4o", 128_000),
    (r"gpt-4-32k", 32_000),
    (r"gpt-4", 8_192),
    (r"gpt-3\.5", 16_000),
)
_REASONING = re.compile(r"o\d|gpt-[5-9]")


def context_of(name: str) -> int | None:
    """Tokens that a model of this name reads and writes, a little less rather than more; None where not known."""
    return next((tokens for pattern, tokens in _CONTEXTS if re.match(pattern, name)), None)


def is_reasoning(name: str) -> bool:
    """Whether it refuses a temperature of our choice."""
    return bool(_REASONING.match(name)) and "-chat" not in name
