"""Syncs that are killed, fill the disk or are read meanwhile leave complete states. See tests/stress_*."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from rag_bot.failpoints import FAILPOINTS
from tests import stress_crashes, stress_damage, stress_readers
from tests.chroma import ChromaServer

FULL = ("vectors-kept=full", "words-entered=full", "in-switch=full", "vectors-removed=full")
KILLS = [(place, 0.0, 0) for place in (*FAILPOINTS, *FULL)]
MOMENTS = [("", seconds / 10, 0) for seconds in range(1, 7)]
LIMITS = [("", 0.0, limit) for limit in (1_000, 50_000, 200_000)]
FEW = [("", 0.0, 0), ("in-switch", 0.0, 0), ("words-entered=full", 0.0, 0), ("", 0.0, 1_000)]


@pytest.mark.parametrize(
    "ways", [FEW, pytest.param([*KILLS, *MOMENTS, *LIMITS], marks=pytest.mark.slow)], ids=["few", "all"]
)
def test_syncs_that_die_leave_a_complete_state_and_the_next_one_mends_the_rest(
    tmp_path: Path, model_cache: Path, ways: list[tuple[str, float, int]]
) -> None:
    always = [way for way in ways if way in KILLS and not way[0].endswith("=full")]  # whatever else the machine does
    tally = stress_crashes.stress(
        tmp_path, model_cache, rounds=len(ways), notes=9, seed=3, way_of=lambda number, _: ways[number]
    )
    assert tally.wrong == []
    assert tally.rounds == len(ways)
    assert sum(tally.died.values()) >= len(always) > 0


@pytest.mark.slow
def test_syncs_that_die_beside_a_server_leave_a_complete_state_too(
    tmp_path: Path, model_cache: Path, server: ChromaServer
) -> None:
    ways = [(place, 0.0, 0) for place in FAILPOINTS]
    tally = stress_crashes.stress(
        tmp_path, model_cache, len(ways), notes=9, seed=3, way_of=lambda number, _: ways[number], server=server.url
    )
    assert tally.wrong == []
    assert sum(tally.died.values()) > len(ways) / 2  # a round that removes nothing does not come by each place


@pytest.mark.slow
def test_readers_see_complete_states_only_while_a_writer_syncs(tmp_path: Path, model_cache: Path) -> None:
    found = stress_readers.stress(tmp_path, model_cache, seconds=10, readers=8, notes=12)
    assert found.wrong == []
    assert found.states >= 2
    assert found.answers >= found.states


DAMAGE = {
    ("catalogue.sqlite3", "deleted"),
    ("catalogue.sqlite3", "noise"),
    ("header.bin", "truncated"),
    ("chroma.sqlite3", "older copy"),
    ("meta.json", "deleted"),
}


@pytest.fixture(scope="module")
def damaged(
    tmp_path_factory: pytest.TempPathFactory, model_cache: Path
) -> dict[tuple[str, str], stress_damage.Damaged]:
    """What came of each damage, by file name and what was done to it."""
    place = tmp_path_factory.mktemp("damage")
    notes = place / "source"
    chance = random.Random(0)
    for number in range(20):
        stress_crashes.write_note(notes / f"{number}.md", chance)
    settings = stress_damage.make_index(place, notes, model_cache)
    found = stress_damage.damage_all(settings, place, lambda file, how: (Path(file).name, how) in DAMAGE)
    return {(Path(one.file).name, one.how): one for one in found}


@pytest.mark.slow
@pytest.mark.parametrize(("file", "how"), sorted(DAMAGE))
def test_damage_is_found_explained_and_mended_exactly(
    damaged: dict[tuple[str, str], stress_damage.Damaged], file: str, how: str
) -> None:
    one = damaged[file, how]
    assert one.found
    assert one.wrong == ()
    assert one.answered == "an answer" or "rag-bot verify --repair" in one.answered
