"""Blocks -> chunks that fit the embedding model: parted into atoms, packed, and measured once more."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from rag_bot.ingestion.context import Context, Contexts, TokenCounter, TokenCounts
from rag_bot.ingestion.splitting import LONGEST_CHUNK, Atom, MeasuredNote, atoms_of, halves
from rag_bot.markdown import Block, Kind, LineIndex, parse_note, readable_text
from rag_bot.markdown.lines import table_header
from rag_bot.records import Chunk, Note

__all__ = ["CHUNKER_VERSION", "TokenCounter", "chunk_key", "chunk_note"]

CHUNKER_VERSION = 4  # raise it whenever the same note would give other chunks, or the same chunk other words
_CONTEXT_SHARE = 4  # the context takes at most this part of the window; set by hand


def chunk_note(note: Note, *, count_tokens: TokenCounter, max_tokens: int, fingerprint: str) -> tuple[Chunk, ...]:
    """The note as chunks: contiguous spans, in order, that hold every non-blank character of it exactly once.

    Comments and machine text, as `markdown.readable` has them, may lie between and inside them, and are never embedded.

    `max_tokens` is for a chunk's `embedded_text`, without special tokens. `fingerprint` names the embedding.
    """
    blocks = parse_note(note.path, note.text, body_start_line=note.body_start_line)
    if not blocks:
        return ()
    title, text = note.own_title, readable_text(note)
    places = [
        (title, *(text for text in block.headings if text.casefold() != title.casefold()), *block.ancestors)
        for block in blocks
    ]
    headers = {
        index: (*places[index], table_header(text, block))
        for index, block in enumerate(blocks)
        if block.kind is Kind.TABLE
    }
    contexts = Contexts(TokenCounts(count_tokens), max_tokens // _CONTEXT_SHARE)
    measured = MeasuredNote(text, blocks, places, headers, contexts, max_tokens)
    short_texts = (measured.text_of(index) for index in range(len(blocks)) if not measured.is_long(index))
    contexts.prepare([*places, *headers.values()], short_texts)  # all tokens counted in one batch
    groups = _fitting(text, pack(atoms_of(measured), blocks, max_tokens), count_tokens, max_tokens)
    return tuple(_chunk(note, text, blocks, ordinal, group, fingerprint) for ordinal, group in enumerate(groups))


def chunk_key(fingerprint: str, embedded_text: str) -> str:
    """The same text embedded the same way has the same key, wherever it stands: 32 hex digits."""
    return hashlib.sha256(f"{fingerprint}\0{embedded_text}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def pack(atoms: Sequence[Atom], blocks: Sequence[Block], max_tokens: int) -> list[list[Atom]]:
    """Fills chunks in order. Headings open a chunk and never end one; items stay with their children if they can."""
    packer = _Packer(blocks, max_tokens, _subtree_ends(atoms, blocks), [0, *accumulate(atom.tokens for atom in atoms)])
    for number, atom in enumerate(atoms):
        packer.put(number, atom, atoms)
    return [*packer.groups, packer.group] if packer.group else packer.groups


@dataclass(slots=True)
class _Packer:
    blocks: Sequence[Block]
    max_tokens: int
    subtree_ends: Sequence[int]
    totals: Sequence[int]  # tokens of all atoms before each
    groups: list[list[Atom]] = field(default_factory=list)
    group: list[Atom] = field(default_factory=list)
    tokens: int = 0  # of the open group, with its context

    def put(self, number: int, atom: Atom, atoms: Sequence[Atom]) -> None:
        if self.group and (not self.fits(atom) or self.opens(atom) or self.keeps_together(number, atoms)):
            self.close(atom)
        if not self.group:
            self.tokens = atom.context.tokens
        self.group.append(atom)
        self.tokens += atom.tokens

    def fits(self, atom: Atom) -> bool:
        return self.tokens + atom.tokens <= self.max_tokens and atom.end - self.group[0].start <= LONGEST_CHUNK

    def opens(self, atom: Atom) -> bool:
        """A heading opens a chunk, unless there is little in the one before, or only front matter and headings."""
        if not atom.is_heading:
            return False
        content = [a for a in self.group[: self.without_last_headings()] if not self.is_front_matter(a)]
        return sum(a.tokens for a in content) > self.max_tokens // 4  # set by hand

    def keeps_together(self, number: int, atoms: Sequence[Atom]) -> bool:
        """Whether an item and all below it fit into a fresh chunk, but not into this one, which is half full."""
        end = self.subtree_ends[number]
        if end == number + 1 or self.tokens <= self.max_tokens // 2:  # set by hand
            return False
        tokens, first, last = self.totals[end] - self.totals[number], atoms[number], atoms[end - 1]
        fits_here = self.tokens + tokens <= self.max_tokens and last.end - self.group[0].start <= LONGEST_CHUNK
        fits_fresh = first.context.tokens + tokens <= self.max_tokens and last.end - first.start <= LONGEST_CHUNK
        return fits_fresh and not fits_here

    def close(self, following: Atom) -> None:
        """Ends the group; what leads to the following atom goes on to the next group with it."""
        cut = len(self.group)
        while cut and self.leads(self.group[cut - 1], following):
            cut -= 1
        while cut < len(self.group) and not self.would_fit(self.group[cut:], following):
            cut += 1
        cut = cut or len(self.group)
        self.groups.append(self.group[:cut])
        self.group = self.group[cut:]
        self.tokens = sum(atom.tokens for atom in self.group) + (self.group[0].context.tokens if self.group else 0)

    def leads(self, atom: Atom, following: Atom) -> bool:
        """Headings lead to what they head, items to what is below them, and a colon to anything."""
        block = self.blocks[following.block]
        while block.parent is not None and block.parent > atom.block:
            block = self.blocks[block.parent]
        return atom.is_heading or block.parent == atom.block or atom.ends_in_colon

    def would_fit(self, leading: Sequence[Atom], following: Atom) -> bool:
        """Whether these can go on with the atom; never more than a third of the window, or runs of them would creep."""
        carried, first = sum(atom.tokens for atom in leading), leading[0]
        tokens, length = first.context.tokens + carried + following.tokens, following.end - first.start
        # The third is set by hand.
        return carried <= self.max_tokens // 3 and tokens <= self.max_tokens and length <= LONGEST_CHUNK

    def without_last_headings(self) -> int:
        """The number of atoms before the headings that end the group."""
        return next((n for n in range(len(self.group), 0, -1) if not self.group[n - 1].is_heading), 0)

    def is_front_matter(self, atom: Atom) -> bool:
        return self.blocks[atom.block].kind is Kind.FRONT_MATTER


def _subtree_ends(atoms: Sequence[Atom], blocks: Sequence[Block]) -> list[int]:
    """For each atom that starts a list item, the atom after the item's last descendant; for others the next atom."""
    last = list(range(len(blocks)))
    for index in range(len(blocks) - 1, -1, -1):
        parent = blocks[index].parent
        if parent is not None:
            last[parent] = max(last[parent], last[index])
    after: dict[int, int] = {atom.block: number + 1 for number, atom in enumerate(atoms)}
    firsts = {atom.block: number for number, atom in reversed(list(enumerate(atoms)))}
    return [
        after[last[atom.block]] if firsts[atom.block] == number else number + 1 for number, atom in enumerate(atoms)
    ]


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


def _chunk(
    note: Note, text: str, blocks: Sequence[Block], ordinal: int, group: Sequence[Atom], fingerprint: str
) -> Chunk:
    """Its headings are those above its first block of the body, and that block itself if it is one."""
    own_blocks = [blocks[atom.block] for atom in group]
    first = next((block for block in own_blocks if block.kind is not Kind.FRONT_MATTER), own_blocks[0])
    span = LineIndex.of(note.text).span(group[0].start, group[-1].end)
    verbatim, readable = (whole[span.start_char : span.end_char] for whole in (note.text, text))
    return Chunk(
        key=chunk_key(fingerprint, _embedded(text, group)),
        note_path=note.path,
        ordinal=ordinal,
        headings=(*first.headings, first.plain) if first.kind is Kind.HEADING else first.headings,
        context=group[0].context.text,
        text=verbatim,
        start_char=span.start_char,
        end_char=span.end_char,
        start_line=span.start_line,
        end_line=span.end_line,
        readable="" if readable == verbatim else readable,
    )
