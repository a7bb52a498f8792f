"""An answer while it is written: its checked sentences so far, and what has become of it in the end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rag_bot.markdown import announces
from rag_bot.query.prose.citing import Citer
from rag_bot.query.prose.reading import Written
from rag_bot.query.prose.refusing import only_refuses, refuses
from rag_bot.records import NO_CLAIM, PARTLY, SUPPORTED, Answer, Sentence, support_words

# What begins HTML, an address, the target of a link or its definition in Markdown; and what would take our mark away.
_LIVE = re.compile(r"\\(?=[!-/:-@\[-`{-~])|<(?=\S)|\](?=[(\[:])")
_NUMBER_OF_AN_ITEM = "1."  # the numbers of a list that has no items are all one
_MOST_REPEATS = 3  # sentences that stood there before: a weak model may go on for ever


class Growing:
    """Sentences are added as they end; each is checked and gets its citations. Repeated ones are left out."""

    def __init__(self, begun: Answer, citer: Citer) -> None:
        self._begun = begun
        self._citer = citer
        self._sentences: list[Sentence] = []
        self._seen: set[str] = set()
        self._repeats = 0
        self.refused = False

    def add(self, sentences: Iterable[Written]) -> None:
        for written in sentences:
            if written.is_code or self._is_new(written):
                self.refused = self.refused or refuses(written.text)
                self._sentences.append(self._citer.cite(written))

    def _is_new(self, written: Written) -> bool:
        words = " ".join(written.text.casefold().split())
        words = _NUMBER_OF_AN_ITEM if re.fullmatch(r"\d+[.)]", words) else words
        self._repeats = self._repeats + 1 if words in self._seen else 0
        self._seen.add(words)
        return not self._repeats

    def add_cut_off(self, written: Written) -> None:
        """A sentence that broke off: what it would have said cannot be checked, so it cites nothing."""
        self._sentences.append(Sentence(f"{written.text} …", (), PARTLY, ("it broke off",), written.before))

    def end(self) -> None:
        """Nothing more comes: a last sentence that only leads to what follows it is left out."""
        while self._sentences and self._sentences[-1].support == NO_CLAIM and announces(self._sentences[-1].text):
            self._sentences.pop()

    @property
    def is_empty(self) -> bool:
        return not self._sentences

    @property
    def goes_in_circles(self) -> bool:
        return self._repeats >= _MOST_REPEATS

    @property
    def is_supported(self) -> bool:
        """Whether the notes say at least one of its sentences; a no is none, even where a note has the same words."""
        return any(one.support == SUPPORTED and not only_refuses(one.text) for one in self._sentences)

    def answer(self, draft: str = "") -> Answer:
        """The answer as it is now; `draft` is what has begun and is not checked yet."""
        return replace(
            self._begun,
            text=compose_prose(self._sentences),
            citations=tuple(self._citer.citations),
            sentences=tuple(self._sentences),
            draft=draft,
        )


def compose_prose(sentences: Sequence[Sentence]) -> str:
    """The answer as text: each sentence with its citations, and with a mark where the notes do not say it.

    Whoever shows it as Markdown shows no link, image or HTML of the model's.
    """
    return "".join(sentence.before + _with_marks(sentence) for sentence in sentences).strip()


def _with_marks(sentence: Sentence) -> str:
    numbers = "".join(f"[{number}]" for number in sentence.citations)
    said = support_words(sentence.support)
    words = _LIVE.sub(r"\\\g<0>", sentence.text)
    return " ".join(part for part in (words, numbers, said and f"({said})") if part)
