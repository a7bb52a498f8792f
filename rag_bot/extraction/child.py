"""The child process of `extract`: python -m rag_bot.extraction.child

On stdin comes the name of a module and the bytes of a file, on stdout goes JSON with `text` and `places`, `error` or
`missing`; before each its length in eight bytes.
"""

from __future__ import annotations

import json
import struct
import sys
from contextlib import suppress
from dataclasses import astuple
from importlib import import_module

from rag_bot.errors import first_line
from rag_bot.extraction.writer import CannotRead

MOST_MEMORY = 3 << 30  # bytes of address space; set by hand, far above what files of 64 MB were seen to take
LONGEST_TEXT = 64 << 20  # characters; as many bytes as a note may have
_PACKAGES = {"docx": "python-docx", "pptx": "python-pptx", "python_calamine": "python-calamine"}
"""Names to install, where they are not those to import."""
_MAY_BE_EMPTY = frozenset(("canvas", "excalidraw", "mail", "notebook"))
"""What people begin and leave empty; other files without a word are scans or pictures."""
_OF_TEXT = _MAY_BE_EMPTY | {"html", "table"}
"""Formats that are text themselves, in which a file of no bytes is an empty one."""


def read(module: str, data: bytes) -> dict[str, object]:
    """What the module reads of a file, or its `error` as the end of a sentence that begins with the file's name.

    `missing` is the package to install where there is none that reads it.
    """
    if module in _OF_TEXT and not data.strip():
        return {"text": "", "places": []}
    try:
        found = import_module(f"rag_bot.extraction.{module}").read(data)
    except CannotRead as error:
        return {"error": str(error)}
    except ModuleNotFoundError as error:
        name = (error.name or "").split(".")[0]
        return {"missing": _PACKAGES.get(name, name)}
    except MemoryError:
        return {"error": "takes too much memory to read"}
    except Exception as error:  # noqa: BLE001 - what a hostile file makes a library raise is anything
        return {"error": f"is damaged ({type(error).__name__}: {first_line(error)[:120]})"}
    if not found.text.strip() and module not in _MAY_BE_EMPTY:
        return {"error": "holds no text (a scan or pictures only?)"}
    if len(found.text) > LONGEST_TEXT:
        return {"error": f"holds {len(found.text):,} characters; notes have at most {LONGEST_TEXT:,}"}
    return {"text": found.text, "places": [astuple(landmark) for landmark in found.places]}


def main() -> None:
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    source, target = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library prints is no answer

    def part() -> bytes:
        return source.read(*struct.unpack(">Q", source.read(8)))

    with suppress(struct.error):  # the parent has gone
        while module := part().decode():
            answer = json.dumps(read(module, part())).encode()
            target.write(struct.pack(">Q", len(answer)) + answer)
            target.flush()


if __name__ == "__main__":
    main()
