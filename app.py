"""Start the chat app: `python app.py` does what `rag-bot serve` does."""

import argparse
from collections.abc import Sequence

from rag_bot.cli import main as rag_bot

BEFORE = {"index": "folder of the index", "notes": "folder of notes", "model": "embedding model"}
AFTER = {"host": "address to listen on; loopback only", "port": "port to listen on; 0 takes a free one"}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="app.py",
        description="Serve the chat over your notes at http://127.0.0.1:7860, or at the host and port given.",
    )
    for name, explanation in (BEFORE | AFTER).items():
        parser.add_argument(f"--{name}", help=explanation)
    given = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
    rag_bot([*_flags(given, BEFORE), "serve", *_flags(given, AFTER)])


def _flags(given: dict[str, str], names: dict[str, str]) -> list[str]:
    return [f"--{name}={given[name]}" for name in names if name in given]


if __name__ == "__main__":
    main()
