"""Questions to begin with, made from the names and headings of the user's own notes, which they really answer."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from pathlib import PurePosixPath

from rag_bot.errors import RagBotError
from rag_bot.library import Library
from rag_bot.query.open_index import Sources
from rag_bot.records import ANSWERED, CLOSEST, Chunk
from rag_bot.text.terms import STOP_WORDS, passage_terms

WANTED = 4
"""Questions that are shown; set by hand."""
_MOST_TRIES = 16  # questions that are asked to find these, some 0.2 s each; set by hand
_SHORTEST, _LONGEST = 4, 64  # characters of a name or heading; set by hand
_FEWEST_CHARACTERS = 20  # of text in a note, below which there is little to ask; set by hand
_ABOUT = {
    "english": "What did I note about {}?",
    "german": "Was habe ich über {} notiert?",
    "french": "Qu’ai-je noté sur {} ?",
    "spanish": "¿Qué anoté sobre {}?",
    "italian": "Che cosa ho annotato su {}?",
    "portuguese": "O que anotei sobre {}?",
    "dutch": "Wat heb ik genoteerd over {}?",
    "japanese": "{}について何を書きましたか？",
    "chinese": "关于{}，我记了什么？",
}
"""By the language of the note; English for others."""
_HOW = "How do I {}?"
# English verbs that begin a heading which says how to do something, by hand after the headings of five vaults; those of
# the second line are nouns as well, and count before a determiner alone.
_VERBS = frozenset(
    """access add allow apply attach avoid build browse choose clean clear configure connect convert create customize
    deduplicate define delete describe determine disable discard display download enable ensure exclude execute
    extract find fix generate get hide identify ignore include insert install join keep make manage move prevent
    publish read reduce remove rename replace restore retrieve revert save select send show skip split turn
    uninstall use verify write""".split()
)
_ALSO_NOUNS = frozenset(
    """change check copy count export filter format import link list load lock log map merge open order pass pin plan
    print pull push query reset return reverse run search set share sort start stop switch sync test trigger update
    upgrade view watch wrap""".split()
)
_DETERMINERS = frozenset("a an the all any each every if my your this that multiple new only other some two".split())
# Names that say nothing of what stands in a note, in lower case without digits and marks.
_EMPTY_NAMES = frozenset(
    """about archive changelog contents contributing daily draft home inbox index license licence log misc new note
    notes overview readme scratch start start-here template test todo todos toc untitled welcome notizen unbenannt
    neue-notiz startseite sans-titre sin-título""".split()
)
# Must match a day or a month in figures anywhere (`2026-03-14 Standup`), and a name of nothing but figures and marks.
_DATED = re.compile(r"\d{4}[-_. ]?\d{2}(?:[-_. ]?\d{2})?|\d{1,2}\.\d{1,2}\.\d{2,4}|\A[\d\W_]+\Z")
_MARKUP = re.compile(r"[\[\]{}<>|`*#=~^\\]|https?:|::|\$\{")  # of Markdown or of code: no words that people ask in


@dataclass(frozen=True, slots=True)
class Example:
    """A question, and the note that is to answer it."""

    question: str
    path: str
    content_hash: str


class ExampleQuestions:
    """Questions that are looked for in the background, and again after a sync that changed the notes they stand on."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._generation = ""
        self._found: tuple[Example, ...] = ()

    def now(self, generation: str) -> tuple[str, ...]:
        """Those that are known to be answered by now, or near; of a new `generation` it begins to make sure."""
        with self._lock:
            if generation != self._generation and not self._over.is_set():
                self._generation = generation
                threading.Thread(target=self._look, args=(generation,), name="example-questions").start()
            return tuple(example.question for example in self._found)

    def close(self) -> None:
        """Lets the search end; the process waits for it, for a thread that is ended within a model aborts it."""
        self._over.set()

    def _look(self, generation: str) -> None:
        """Keeps the questions whose notes are as they were, and looks for others."""
        found: list[Example] = []
        with suppress(RagBotError):  # the page says what is wrong with the index
            for example in self._found:
                note = self._library.note(example.path)
                if note and note.content_hash == example.content_hash:
                    found.append(example)
            if not self._set(generation, found) or len(found) == WANTED:
                return
            near: list[Example] = []
            for example in self._library.with_sources(lambda sources: list(islice(examples(sources), _MOST_TRIES))):
                verdict = "" if example in found else self._verdict(example)
                found += [example] if verdict == ANSWERED else []
                near += [example] if verdict == CLOSEST else []
                if not self._set(generation, found) or len(found) == WANTED:
                    return
            self._set(generation, [*found, *near][:WANTED])  # few notes answer little, but they are shown

    def _verdict(self, example: Example) -> str:
        """The verdict of its answer; "" where that does not begin with the note that is asked about."""
        answer = self._library.ask(example.question)
        is_own = answer.citations and answer.citations[0].quote.note_path == example.path
        return answer.verdict if is_own else ""

    def _set(self, generation: str, found: Sequence[Example]) -> bool:
        """Whether this search is still the one that is wanted."""
        with self._lock:
            if self._over.is_set() or generation != self._generation:
                return False
            self._found = tuple(found)
            return True


def examples(sources: Sources) -> Iterator[Example]:
    """Questions about notes of different folders in turn, in each about those with most text first."""
    by_folder: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for note in sources.catalogue.indexed_notes():
        by_folder[str(PurePosixPath(note.path).parent)].append((-note.passages, note.path, note.title))
    folders = sorted(by_folder.values(), key=len, reverse=True)
    asked = set[str]()
    for _, path, title in filter(None, chain.from_iterable(zip_longest(*map(sorted, folders)))):
        found = sources.catalogue.find_note(path)
        question = question_of(title, sources.catalogue.chunks_of(path), by_heading=len(asked) % 2 == 1)
        if found and question and question not in asked:
            asked.add(question)
            yield Example(question, path, found.content_hash)


def question_of(title: str, chunks: Sequence[Chunk], *, by_heading: bool = False) -> str:
    """A question about a note of this title and these passages; "" where neither makes a sensible one.

    With `by_heading` one about a heading is preferred.
    """
    text = "\n".join(chunk.text for chunk in chunks)
    if len(text) < _FEWEST_CHARACTERS or not _names_something(title):
        return ""
    headings = dict.fromkeys(chunk.headings[-1] for chunk in chunks if chunk.headings)
    language = passage_terms(text)[1]
    if by_heading:
        for heading in headings:
            if heading != title and _names_something(heading) and (question := _asking(heading, text, language)):
                return question
    return _asking(title, text, language) or _ABOUT.get(language, _ABOUT["english"]).format(_begun(title, text))


def _names_something(name: str) -> bool:
    bare = re.sub(r"[\W\d_]+", "-", name.casefold()).strip("-")
    fits = _SHORTEST <= len(name) <= _LONGEST or (not name.isascii() and 2 <= len(name) <= _LONGEST)
    return fits and bare not in _EMPTY_NAMES and not _DATED.search(name) and not _MARKUP.search(name)


def _asking(name: str, text: str, language: str) -> str:
    """A name that is a question, or says how to do something, as a question; "" for any other."""
    words = name.rstrip(" .:!").split()
    first = words[0].casefold() if words else ""
    if name.endswith(("?", "？")) and len(words) > 2:
        return name
    if language != "english" or len(words) < 3:
        return ""
    if [word.casefold() for word in words[:2]] == ["how", "to"]:
        return _HOW.format(" ".join(_as_written(word, text) for word in words[2:]))
    is_verb = first in _VERBS or (first in _ALSO_NOUNS and words[1].casefold() in _DETERMINERS)
    return _HOW.format(" ".join([first, *(_as_written(word, text) for word in words[1:])])) if is_verb else ""


def _begun(name: str, text: str) -> str:
    """A name as it stands within a sentence: "Custom domains" and "Using pipes" begin small, "Lisbon" does not.

    A longer one in which all words are in capitals is put in quotes.
    """
    first, space, others = name.partition(" ")
    if all(word[0].isupper() for word in name.split() if len(word) > 3):
        return f"“{name}”" if name.count(" ") > 2 else name
    return f"{_as_written(first, text)}{space}{others}"


def _as_written(word: str, text: str) -> str:
    """A word of a heading in capitals, small where it is a function word or the text mostly has it so."""
    small = word.lower()
    if small == "your":
        return "my"
    if word != "A" and not (word[:1].isupper() and word[1:].islower()):
        return word
    counts = [len(re.findall(rf"(?<![\w/.-]){re.escape(form)}\b", text)) for form in (small, word)]
    is_gerund = len(small) > 5 and small.endswith("ing")
    return small if small in STOP_WORDS or is_gerund or counts[0] > counts[1] else word
