"""The scripts share one object: no name in it is given twice."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

import rag_bot.ui

SCRIPTS = sorted((Path(rag_bot.ui.__file__).parent / "scripts").glob("*.js"))
# A block `Object.assign(ragBot.clicks, { … });`, and what stands at its first level: `name(`, `async name(` or `name:`.
BLOCK = re.compile(r"Object\.assign\((ragBot[.\w]*), \{\n(.*?)^\}\);", re.DOTALL | re.MULTILINE)
MEMBER = re.compile(r"^  (?:async )?(\w+)(?:\(|:)", re.MULTILINE)
# `ragBot.report.offer = ` and `ragBot.clicks.page = `, which are set once; not flags such as `ragBot.focused = `.
SET = re.compile(r"(ragBot\.(?:report|clicks|submits|connected|shown|says)\.\w+) = ")


def _given(script: str) -> set[str]:
    """What a script puts into the object."""
    members = {f"{owner}.{name}" for owner, block in BLOCK.findall(script) for name in MEMBER.findall(block)}
    return {*members, *SET.findall(script)}


def test_no_two_scripts_give_the_same_name() -> None:
    counted = Counter(name for file in SCRIPTS for name in _given(file.read_text(encoding="utf-8")))
    assert len(counted) > 100
    assert [name for name, count in counted.items() if count > 1] == []


@pytest.mark.parametrize(
    "script", ["ragBot.report.look = (told) => 1;", "Object.assign(ragBot.report, {\n  look() {},\n});"]
)
def test_names_are_seen_however_they_are_given(script: str) -> None:
    assert _given(script) == {"ragBot.report.look"}
