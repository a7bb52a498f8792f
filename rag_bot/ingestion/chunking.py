"""Blocks -> chunks that fit the embedding model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag_bot.ingestion.context import Context, Contexts, Counts, TokenCounter
from rag_bot.ingestion.packing import pack
from rag_bot.ingestion.splitting import Atom, Plan, atoms_of, halves
from rag_bot.markdown import Block, Kind, LineIndex, is_plain, parse
from rag_bot.markdown.quotable import table_header
from rag_bot.records import Chunk, Note

__all__ = ["CHUNKER_VERSION", "TokenCounter", "chunk_key", "chunk_note"]

CHUNKER_VERSION = 2  # raise it whenever the same note would give other chunks, or the same chunk other words
_CONTEXT_SHARE = 4  # the context takes at most this part of the window


def chunk_note(note: Note, *, count_tokens: TokenCounter, max_tokens: int, fingerprint: str) -> tuple[Chunk, ...]:
    """The note as chunks: contiguous spans, in order, that hold every non-blank character exactly once.

    `max_tokens` is for a chunk's `embedded_text`, without special tokens. `fingerprint` names the embedding.
    """
    blocks = parse(note.text, body_start_line=note.body_start_line, plain=is_plain(note.path))
    if not blocks:
        return ()
    plan = _planned(note, blocks, Counts(count_tokens), max_tokens)
    groups = _fitting(note.text, pack(atoms_of(plan), blocks, max_tokens), count_tokens, max_tokens)
    return tuple(_chunk(note, blocks, ordinal, group, fingerprint) for ordinal, group in enumerate(groups))


def chunk_key(fingerprint: str, embedded_text: str) -> str:
    """The same text embedded the same way has the same key, wherever it stands: 32 hex digits."""
    return hashlib.sha256(f"{fingerprint}\0{embedded_text}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _planned(note: Note, blocks: Sequence[Block], counts: Counts, max_tokens: int) -> Plan:
    """The plan, with the tokens of all blocks and contexts counted in one batch."""
    places = [_place(note.own_title, block) for block in blocks]
    headers = {
        index: (*places[index], table_header(note.text, block))
        for index, block in enumerate(blocks)
        if block.kind is Kind.TABLE
    }
    contexts = Contexts(counts, max_tokens // _CONTEXT_SHARE)
    plan = Plan(note.text, blocks, places, headers, contexts, max_tokens)
    texts = (plan.text_of(index) for index in range(len(blocks)) if not plan.is_long(index))
    contexts.prepare([*places, *headers.values()], texts)
    return plan


def _place(title: str, block: Block) -> tuple[str, ...]:
    headings = (heading for heading in block.headings if heading.casefold() != title.casefold())
    return (title, *headings, *block.ancestors)


def _fitting(text: str, groups: list[list[Atom]], count_tokens: TokenCounter, max_tokens: int) -> list[list[Atom]]:
    """The groups again, those parted that are over the window after all: parts need not add up to the whole's count."""
    done: list[list[Atom]] = []
    while groups:
        counts = count_tokens([_embedded(text, group) for group in groups])
        done += [group for group, count in zip(groups, counts, strict=True) if count <= max_tokens]
        large = [group for group, count in zip(groups, counts, strict=True) if count > max_tokens]
        groups = [part for group in large for part in _smaller(text, group)]
    return sorted(done, key=lambda group: group[0].start)


def _embedded(text: str, group: Sequence[Atom]) -> str:
    shown, context = text[group[0].start : group[-1].end], group[0].context.text
    return f"{context}\n{shown}" if context else shown


def _smaller(text: str, group: list[Atom]) -> Iterator[list[Atom]]:
    """Its halves; a single character does without its context."""
    if len(group) > 1:
        middle = len(group) // 2
        yield from (group[:middle], group[middle:])
    elif group[0].end - group[0].start > 1:
        for start, end in halves(text, group[0].start, group[0].end):
            yield [replace(group[0], start=start, end=end)]
    elif group[0].context.text:
        yield [replace(group[0], context=Context("", 0))]
    else:
        raise ValueError(f"one character takes more tokens than the window has: {text[group[0].start]!r}")


def _chunk(note: Note, blocks: Sequence[Block], ordinal: int, group: Sequence[Atom], fingerprint: str) -> Chunk:
    span = LineIndex.of(note.text).span(group[0].start, group[-1].end)
    return Chunk(
        key=chunk_key(fingerprint, _embedded(note.text, group)),
        note_path=note.path,
        ordinal=ordinal,
        headings=_headings([blocks[atom.block] for atom in group]),
        context=group[0].context.text,
        text=note.text[span.start_char : span.end_char],
        start_char=span.start_char,
        end_char=span.end_char,
        start_line=span.start_line,
        end_line=span.end_line,
    )


def _headings(blocks: Sequence[Block]) -> tuple[str, ...]:
    """Those above the first block of the body, and that block itself if it is one."""
    first = next((block for block in blocks if block.kind is not Kind.FRONT_MATTER), blocks[0])
    return (*first.headings, first.plain) if first.kind is Kind.HEADING else first.headings
