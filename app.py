"""Start the chat app: `python app.py` does what `rag-bot serve` does."""

import argparse
from collections.abc import Sequence

from rag_bot.cli import main as rag_bot

BEFORE = {"index": "folder of the index", "notes": "folder of notes", "model": "embedding model"}
AFTER = {
    "host": "address to listen on; beyond loopback with a token",
    "port": "port to listen on; 0 takes a free one",
    "token": "whoever has it may use the app: 16 characters or more, or new",
    "allowed-host": "another name that the app goes by; can be given several times",
    "root-path": "path that a reverse proxy serves the app under",
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="app.py",
        description="Serve the chat over your notes at http://127.0.0.1:7860, or at the host and port given.",
    )
    for name, explanation in (BEFORE | AFTER).items():
        parser.add_argument(f"--{name}", dest=name, help=explanation, action="append")
    parser.add_argument("--no-token", action="store_true", help="whoever reaches the app may use it")
    given = vars(parser.parse_args(arguments))
    no_token = ["--no-token"] if given["no_token"] else []
    rag_bot([*_flags(given, BEFORE), "serve", *_flags(given, AFTER), *no_token])


def _flags(given: dict[str, list[str] | None], names: dict[str, str]) -> list[str]:
    return [f"--{name}={value}" for name in names for value in given[name] or ()]


if __name__ == "__main__":
    main()
