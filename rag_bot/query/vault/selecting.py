"""Which notes a question means: those about a topic, of a time, that are called so."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from math import log

from rag_bot.query.names import Term, named_notes
from rag_bot.query.open_index import Sources
from rag_bot.records import DateRange, Task
from rag_bot.text.terms import LANGUAGES, content_terms, detect, is_stop_word, spellings, words_of

LEAST_OF_TOPIC = 1 / 3  # of a topic's words, by weight, that a task has to have; set by hand
MOST_READ = 10_000  # notes that mention a topic, whose text is read for a field of its name; set by hand
LEAST_OF_NAME = 0.6  # of the words that name a note, that stand in its name, folders and tags; set by hand
SIMILAR_TAGS = 3  # set by hand


@dataclass(frozen=True, slots=True)
class TopicNotes:
    """The notes about a topic by their paths: those that have all its words in text or name, that have it as a tag,
    that lie in a folder named so, that have a field of this name, and whose names have its words. `tag` is the tag."""

    mentioning: frozenset[str]
    tagged: frozenset[str]
    inside: frozenset[str]
    with_field: frozenset[str]
    named: frozenset[str]
    tag: str

    @property
    def filed(self) -> set[str]:
        """Those of which their writer says that they are about it."""
        return {*self.tagged, *self.inside, *self.with_field}


def notes_about(sources: Sources, topic: str) -> TopicNotes:
    """The notes about a topic, whose words are compared as the languages of the notes stem them."""
    census, terms = sources.catalogue.census, _terms(sources, topic) or {()}
    found: set[str] | None = None
    for term in sorted(terms, key=sources.words.document_frequency):  # the rarest first
        having = _having(sources, term)
        found = having if found is None else found & having
    tags = [tag for tag, *_ in census.tags() if _same(_terms(sources, tag.replace("/", " ")), terms)]
    tagged = {path for tag in tags for path in census.tagged(tag)}
    named = set[str].intersection(*map(census.named, terms))
    placed = set[str].intersection(*(census.named(term, places=True) for term in terms))
    folders = {folder for path in placed for folder in path.split("/")[1:-1]}
    folders = {folder for folder in folders if _same(_terms(sources, folder), terms)}
    inside = {path for path in placed if folders.intersection(path.split("/")[1:-1])}
    inside |= census.in_folder(trimmed(topic))
    found = found or set()
    with_field = census.with_field(trimmed(topic), found) if len(found) <= MOST_READ else set()
    found |= named
    sets = (frozenset(found), frozenset(tagged), frozenset(inside), frozenset(with_field), frozenset(named))
    return TopicNotes(*sets, tag=tags[0] if tags else "")


def similar_tags(sources: Sources, name: str) -> list[tuple[str, int]]:
    """Up to `SIMILAR_TAGS` tags of the same word or spelt much like it, each with how many notes have it."""
    counts = {tag: count for tag, count, _ in sources.catalogue.census.tags()}
    terms = _terms(sources, name.replace("/", " "))
    same = [tag for tag in counts if _same(_terms(sources, tag.replace("/", " ")), terms)]
    alike = get_close_matches(name.lower(), counts, n=SIMILAR_TAGS)
    return [(tag, counts[tag]) for tag in dict.fromkeys([*same, *alike])][:SIMILAR_TAGS]


def tasks_about(sources: Sources, topic: str, *, done: bool) -> list[Task]:
    """The open tasks, or the done ones, that have most of a topic's words.

    In their line, what stands above it, or their note's name, folders and tags.
    """
    terms = _terms(sources, topic)
    census = sources.catalogue.census
    candidates = set().union(*(_having(sources, term) | census.named(term, places=True) for term in terms))
    tasks = census.tasks(done=done, paths=candidates)
    passages = sources.words.count()
    weights = {term: log(1 + passages / (1 + sources.words.document_frequency(term))) for term in terms}
    of_note = {
        path: _terms_of_name(sources, path, title, metadata)
        for path, title, metadata in census.names({task.note_path for task in tasks})
    }
    scores = []
    for task in tasks:
        near = {*of_note[task.note_path], *_spelled(sources, [task.text, *task.above])}
        scores.append(sum(weight for term, weight in weights.items() if term in near))
    best = max(scores, default=0.0)
    if not best or best < LEAST_OF_TOPIC * sum(weights.values()):
        return []
    return [task for task, score in zip(tasks, scores, strict=True) if score == best]


def day_of(day: str) -> DateRange | None:
    """A task's day (ISO 8601) as a time; None where it has none, or no calendar has it."""
    with suppress(ValueError):
        return DateRange(date.fromisoformat(day), date.fromisoformat(day))
    return None


def note_called(sources: Sources, name: str, among: Collection[str] | None = None) -> str | None:
    """The path of the note that is called so, the newest where several are; None where none is, or hardly."""
    terms = _terms(sources, name)
    found = named_notes(sources, terms)
    newest = sources.catalogue.census.newest(len(found), found)
    candidates = []
    for path, title, metadata in sources.catalogue.census.names(found):
        covered = len(terms & _terms_of_name(sources, path, title, metadata)) / len(terms)
        if covered >= LEAST_OF_NAME and (among is None or path in among):
            age = newest.index(path) if path in newest else len(newest)
            candidates.append((covered, round(found[path], 6), -age, path))
    return max(candidates)[-1] if candidates else None


def trimmed(topic: str) -> str:
    """A topic without the stop words around it: "the flat" is "flat"."""
    words = topic.split()
    language = detect([word.lower() for word in words], LANGUAGES, at_least=1, least_share=0.0)
    while len(words) > 1 and is_stop_word(words[0].lower(), language):
        words = words[1:]
    return " ".join(words)


def terms_in(sources: Sources, text: str) -> set[Term]:
    """All words of a text."""
    return set(_spelled(sources, [text]))


def _terms(sources: Sources, text: str) -> set[Term]:
    return set(content_terms(text, sources.words.languages))


def _spelled(sources: Sources, texts: Iterable[str]) -> Iterable[Term]:
    languages = sources.words.languages
    return (spellings(word, languages) for text in texts for word in words_of(text))


def _same(terms: Collection[Term], others: Collection[Term]) -> bool:
    """Whether both are the same words: in one of the languages they are spelt alike ("show", "shows")."""
    return len(terms) == len(others) and all(any({*term} & {*other} for other in others) for term in terms)


def _having(sources: Sources, term: Term) -> set[str]:
    """The notes that have a word in their text or name."""
    census = sources.catalogue.census
    return census.with_passages(sources.words.keys_with(term)) | census.named(term)


def _terms_of_name(sources: Sources, path: str, title: str, metadata: str) -> set[Term]:
    known = json.loads(metadata)
    named = [str(value) for key in ("aliases", "tags") for value in known.get(key, ())]
    return set(_spelled(sources, [path.rpartition(".")[0] or path, title, *named]))
