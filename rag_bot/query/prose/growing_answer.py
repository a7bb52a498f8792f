"""An answer while it is written: its checked sentences so far, and what they come to in the end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rag_bot.query.prose.citing import Citer, refuses
from rag_bot.query.prose.prompt import NO_ANSWER
from rag_bot.query.prose.written import Written
from rag_bot.records import NO_CLAIM, REWORDED, SUPPORTED, Answer, Sentence, support_words
from rag_bot.text.sentences import announces
from rag_bot.text.terms import STOP_WORDS, content_terms, words_of

# What begins HTML, an address, the target of a link or its definition in Markdown; and what would take our mark away.
_LIVE = re.compile(r"\\(?=[!-/:-@\[-`{-~])|<(?=\S)|\](?=[(\[:])")
_NUMBER_OF_AN_ITEM = "1."  # the numbers of a list that has no items are all one
_MOST_REPEATS = 3  # sentences in a row that stood there before: a weak model may go on for ever; set by hand
_FEWEST_WORDS = 3  # of an answer: "pier 3" and "the ferry" stand in the notes, and answer little; set by hand
# One that says nothing else, in the words that models are told or that we use; notes may hold such words too.
_ONLY_REFUSES = re.compile(rf"(?:{NO_ANSWER}|this is {NO_ANSWER}|this is not in your notes)\W*", re.IGNORECASE)


class GrowingAnswer:
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
        self._sentences.append(Sentence(f"{written.text} …", (), REWORDED, ("it broke off",), written.before))

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
    def is_an_answer(self) -> bool:
        """Whether what stands on lines of it is an answer; a no and scraps are none, whatever words the notes have."""
        return _says_something(self._standing, self._begun.question)

    @property
    def what_it_came_to(self) -> str:
        """What a model that gave no answer did, as a part of a sentence."""
        if self.is_empty:
            return "wrote nothing"
        if self.refused:
            return "found no answer in these lines"
        scraps = self._standing.rstrip(".")
        return f"wrote only “{scraps}”" if scraps else "wrote nothing that your notes say"

    @property
    def _standing(self) -> str:
        """The sentences that the notes say, or may say in other words; those are no no."""
        texts = (sentence.text.strip() for sentence in self._sentences if _stands(sentence))
        return " ".join(text for text in texts if not _ONLY_REFUSES.fullmatch(text))

    def answer(self, draft: str = "") -> Answer:
        """The answer as it is now; `draft` is what has begun and is not checked yet."""
        return replace(
            self._begun,
            text=compose_prose(self._sentences),
            citations=tuple(self._citer.citations),
            sentences=tuple(self._sentences),
            draft=draft,
        )


def _stands(sentence: Sentence) -> bool:
    """Whether lines are cited that say a sentence, or may say it in other words."""
    is_reworded = sentence.support == REWORDED and bool(sentence.citations)
    return sentence.support == SUPPORTED or (is_reworded and not refuses(sentence.text))


def _says_something(text: str, question: str) -> bool:
    """Whether it is more than a fragment, a number or a repetition of the question."""
    words = words_of(text)
    names_something = any(word not in STOP_WORDS and any(map(str.isalpha, word)) for word in words)
    adds_something = bool({*content_terms(text)} - {*content_terms(question)})
    return len(words) >= _FEWEST_WORDS and names_something and adds_something


def compose_prose(sentences: Sequence[Sentence]) -> str:
    """The answer as text: each sentence with its citations, and with a mark where the notes do not say it.

    Whoever shows it as Markdown shows no link, image or HTML of the model's.
    """
    text = ""
    for sentence in sentences:
        numbers = "".join(f"[{number}]" for number in sentence.citations)
        mark = support_words(sentence.support)
        words = _LIVE.sub(r"\\\g<0>", sentence.text)
        text += sentence.before + " ".join(part for part in (words, numbers, mark and f"({mark})") if part)
    return text.strip()
