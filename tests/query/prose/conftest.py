"""A library of a few notes of our own, and a way to ask it through a scripted model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from rag_bot import Answer, Library, Turn
from rag_bot.llm import LanguageModel
from rag_bot.settings import Settings
from tests.llm.scripted import scripted

HARBOUR = """# Harbour walk

The ferry to Lindholm leaves at 7:40 from pier 3. A return ticket costs 14 euros.

## Swimming

- The water was 17 degrees on 3 August 2024.
- Nora did not swim, since she had a cold.
- The kiosk sells waffles until 18:00.
- Mia cooks the soup; Jo swims to the island.

<!-- The ferry costs 9,999 euros. -->
"""
TRAM = """# Tram

Line 12 runs every ten minutes. The depot in Amsel street was closed in 2019.
"""


@pytest.fixture(scope="session")
def walk(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Iterator[Library]:
    """Two notes: harbour.md and tram.md."""
    folder = tmp_path_factory.mktemp("walk")
    notes = folder / "notes"
    notes.mkdir()
    (notes / "harbour.md").write_text(HARBOUR)
    (notes / "tram.md").write_text(TRAM)
    with Library(Settings(notes=(notes,), index=folder / "index", cache=model_cache)) as library:
        library.ingest()
        yield library


@pytest.fixture(scope="session")
def say(walk: Library) -> Callable[..., Answer]:
    """The whole answer to a question where the model writes these texts; `llm` is that model if a test has its own."""

    def answer(
        question: str,
        *texts: str | BaseException,
        turns: tuple[Turn, ...] = (),
        llm: LanguageModel | None = None,
        today: date | None = None,
    ) -> Answer:
        *_, whole = walk.write(question, llm=llm or scripted(*texts), turns=turns, today=today)
        return whole

    return answer
