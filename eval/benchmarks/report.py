"""What a tool that is compared reports of its ingest: its time, and what it gave to its embedding model.

python -m eval.benchmarks.report KEPT.json MODEL

Tools cut notes in different ways, so that seconds alone do not tell how much work was done. The texts are kept while
the tool runs and counted afterwards, by this module's command in a process of its own. Scripts that run without
rag-bot's packages import it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

WINDOW = 256  # tokens that all-MiniLM-L6-v2 reads, as its sentence_bert_config.json says; the rest is cut off


def markdown_notes(folder: Path) -> list[Path]:
    """The Markdown files of a folder, without those in hidden folders."""
    paths = sorted(folder.rglob("*.md"))
    return [path for path in paths if not any(part.startswith(".") for part in path.relative_to(folder).parts)]


def keep_texts(owner: type[Any], method: str) -> list[str]:
    """A list that fills with the texts given to this method of a model, which is replaced by one that keeps them.

    The method's first argument is a text, or a list of texts.
    """
    kept: list[str] = []
    original: Callable[..., Any] = getattr(owner, method)

    def keeping(self: Any, texts: str | list[str], *arguments: Any, **options: Any) -> Any:
        kept.extend([texts] if isinstance(texts, str) else texts)
        return original(self, texts, *arguments, **options)

    setattr(owner, method, keeping)
    return kept


def clock() -> tuple[float, float]:
    """Seconds that have gone by, and CPU seconds of this process."""
    return time.perf_counter(), time.process_time()


def report(
    target: Path, texts: list[str], began: tuple[float, float], ended: tuple[float, float], **values: object
) -> None:
    """Print time and values as JSON, and write the texts beside the index at `target`: milliseconds, so not counted."""
    kept_of(target).write_text(json.dumps(texts))
    spent = {"seconds": ended[0] - began[0], "cpu_seconds": ended[1] - began[1]}
    print(f"\n{json.dumps({**spent, **values})}")


def kept_of(target: Path) -> Path:
    """Where the texts of the index at `target` are."""
    return target.with_name(f"{target.name}-embedded.json")


def main() -> None:
    from tokenizers import Tokenizer

    kept, model = map(Path, sys.argv[1:])
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    texts = json.loads(kept.read_text())
    lengths = [len(encoding.ids) for encoding in tokenizer.encode_batch(texts)]
    read = sum(min(length, WINDOW) for length in lengths)
    print(json.dumps({"passages": len(lengths), "tokens": read, "cut_off": sum(lengths) - read}))


if __name__ == "__main__":
    main()
