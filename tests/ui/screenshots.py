"""Screenshots of every page and state of the app, at three widths and in both themes, over the notes that ship.

    python -m tests.ui.screenshots FOLDER [--only STATE ...]

Each becomes FOLDER/STATE-WIDTH-THEME.png. It needs Chromium, as the tests of the app do.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from rag_bot import Library
from rag_bot.settings import Settings
from tests.ui.conftest import ROOT, launched_browser, running_app
from tests.ui.states import STATES, addresses, opened
from tests.ui.writer import NAME, writer

SIZES = ({"width": 1440, "height": 900}, {"width": 1024, "height": 768}, {"width": 390, "height": 844})
THEMES = ("light", "dark")


def main() -> None:
    """Makes them all, or those of some states."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--only", nargs="+", metavar="STATE", choices=[state.name for state in STATES])
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    shown = [state for state in STATES if not given.only or state.name in given.only]
    with tempfile.TemporaryDirectory() as made, writer() as model, launched_browser() as browser:
        index, cache, talks = Path(made) / "index", Settings().cache, Path(made) / "talks" / "index"
        url = model.server.url
        for folder in (index, talks):
            with Library(index=folder, notes=(), cache=cache) as library:
                library.ingest([ROOT / "corpus"])
        with (
            addresses(index, cache, Path(made) / "apps") as apps,
            running_app(talks, cache, Path(made), RAG_BOT_LLM=NAME, RAG_BOT_GENERATION__URL=url) as talking,
        ):
            apps["talking"] = talking.address
            for state in shown:
                for size in SIZES:
                    for theme in THEMES:
                        file = given.folder / f"{state.name}-{size['width']}-{theme}.png"
                        model.begin()
                        try:
                            with opened(browser, f"{apps[state.app]}/?__theme={theme}", size) as page:
                                page.set_default_timeout(30_000)
                                state.open(page)
                                time.sleep(0.3)  # what fades in is there; set by hand
                                page.screenshot(path=file)
                            print(file)
                        except Exception as error:  # noqa: BLE001 - the others are still wanted
                            print(f"{file}: {type(error).__name__}: {str(error).splitlines()[0]}")
                        model.go_on.set()


if __name__ == "__main__":
    main()
