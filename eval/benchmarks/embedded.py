"""What a program gives to its embedding model: kept while it runs, counted afterwards in a process of its own.

python -m eval.benchmarks.embedded KEPT.json MODEL

Tools cut notes in different ways, so that seconds alone do not tell how much work was done. This module is imported by
scripts that run without rag-bot's packages.
"""

from __future__ import annotations

import json
import sys
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


def write_texts(texts: list[str], target: Path) -> None:
    """Write what was kept beside the index at `target`; milliseconds, so that it hardly counts."""
    kept_of(target).write_text(json.dumps(texts))


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
