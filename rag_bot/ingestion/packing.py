"""Atoms -> groups of atoms, each of them a chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from rag_bot.ingestion.splitting import LONGEST_CHUNK, Atom
from rag_bot.markdown import Block, Kind


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
        return sum(a.tokens for a in content) > self.max_tokens // 4

    def keeps_together(self, number: int, atoms: Sequence[Atom]) -> bool:
        """Whether an item and all below it fit into a fresh chunk, but not into this one, which is half full."""
        end = self.subtree_ends[number]
        if end == number + 1 or self.tokens <= self.max_tokens // 2:
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
