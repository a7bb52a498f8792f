"""Keys by words: a Tantivy index scored by BM25. Stop words are indexed, but not searched for.

Tantivy counts deleted passages until it happens to merge their segments: in how many passages a word stands, and how
long they are on average. It only finds the candidates here; they are scored by what is there now, so that the same
passages rank the same, whatever was edited before.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any, Self

import tantivy

from rag_bot.errors import IndexUnusable
from rag_bot.text.terms import ENGLISH, LANGUAGES, content_terms, passage_terms

FOLDER_NAME = "tantivy"
_TOKENIZER = "terms"
_MAX_QUERY_TERMS = 64  # of a long question the first; set by hand
_WRITER_BYTES = 64_000_000  # of memory for what is not on disk yet; Tantivy takes no less than 15 MB; set by hand
_K1, _B = 1.2, 0.75  # of BM25, as in Tantivy
# Candidates looked at beyond what is wanted, and how many times as many where they do not hold the best for certain.
_SPARE, _MORE = 10, 2  # set by hand
_ROUNDING = 1.0001  # Tantivy adds up in single precision
# In an explanation, must match `"value": 89.8, "description": "avgdl, average length of field"`, and "N, total ...".
_STATISTIC = re.compile(r'"value": ([\d.e+]+),\s*"description": "(N|avgdl),')

# And of one passage and term, in three matches: how often, the passage's length, which term, as `_TERM` has it in a
# query. One match for all three takes twice as long.
_PASSAGE = re.compile(r'"value": ([\d.e+]+),\s*"description": "(?:freq|dl),|"Term=(Term\(.*?\))"\n')
_TERM = re.compile(r"Term\(field=.*?\)(?=\)|$)")


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what Tantivy raises into one of ours; a panic of its Rust code is no Exception for Python."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise IndexUnusable.because_of(error, FOLDER_NAME) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise IndexUnusable.because_of(error, FOLDER_NAME) from error


@dataclass(frozen=True, slots=True)
class _Statistics:
    """How many passages there are and how many words they have on average; and both as Tantivy counts them."""

    passages: int
    length: float
    counted_passages: float
    counted_length: float

    @property
    def most_above(self) -> float:
        """A score is at most so many times what Tantivy makes of it where the weights are the same."""
        return max(1.0, self.length / self.counted_length) * _ROUNDING


class WordIndex:
    """The words of the indexed passages in one folder."""

    def __init__(self, index: Any) -> None:
        self._copy: tempfile.TemporaryDirectory[str] | None = None  # removed with this object
        self._index = index
        self._forget()
        index.register_tokenizer(_TOKENIZER, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
        index.config_reader("Manual")  # by itself it would show what a sync enters, beside the statistics from before
        index.reload()

    @classmethod
    def open(cls, index: Path, *, create: bool = False) -> Self:
        """The index below this folder.

        Raises:
            IndexUnusable: there is none and none is to be made, or Tantivy can't open or write its files.
        """
        folder = index / FOLDER_NAME
        with _explained():
            if not create:
                return cls(tantivy.Index.open(str(folder)))
            folder.mkdir(parents=True, exist_ok=True)
            return cls(tantivy.Index(_schema(), path=str(folder), reuse=True))

    @classmethod
    def open_copy(cls, index: Path) -> Self:
        """As `open`, of a copy: Tantivy writes locks into what it opens, which a read-only folder does not allow."""
        copy = tempfile.TemporaryDirectory(prefix="rag-bot-")
        with _explained():
            shutil.copytree(index / FOLDER_NAME, Path(copy.name) / FOLDER_NAME)
        opened = cls.open(Path(copy.name))
        opened._copy = copy
        return opened

    def _forget(self) -> None:
        """What is known of the passages, which have changed."""
        self._languages: tuple[str, ...] | None = None
        self._statistics: _Statistics | None = None
        self._frequencies: dict[str, int] = {}  # of words that stand in some passage, in how many

    def count(self) -> int:
        return int(self._index.searcher().num_docs)

    def keys(self) -> list[str]:
        """All keys; twice, if one is stored twice."""
        with _explained():
            searcher = self._index.searcher()
            found = searcher.search(tantivy.Query.all_query(), max(1, searcher.num_docs), count=False).hits
            return [searcher.doc(address)["key"][0] for _, address in found]

    def update(self, entries: Iterable[tuple[str, str]], removed: Iterable[str] = ()) -> None:
        """Store (key, text) entries, replacing those with the same key, and remove keys; all in one commit."""
        with _explained():
            writer = self._index.writer(heap_size=_WRITER_BYTES, num_threads=1)
            for key in removed:
                writer.delete_documents("key", key)
            for key, text in entries:
                writer.delete_documents("key", key)
                terms, language = passage_terms(text)
                writer.add_document(
                    tantivy.Document(
                        key=key, text=" ".join(terms), language=language, length=len(terms), place=_place(key)
                    )
                )
            writer.commit()
            writer.wait_merging_threads()
            self._index.reload()
            self._forget()

    def query(self, query: str, limit: int, *, among: Collection[str] | None = None) -> list[tuple[str, float]]:
        """Keys of passages with any of the query's words and their BM25 score, best first."""
        terms = list(dict.fromkeys(self.content_terms(query)))[:_MAX_QUERY_TERMS]
        if not terms or limit <= 0 or (among is not None and not among):
            return []
        with _explained():
            searcher = self._index.searcher()
            known = [[spelling for spelling in term if self._frequency(searcher, spelling)] for term in terms]
            known = [spellings for spellings in known if spellings]
            if not known:
                return []
            statistics = self._known_statistics(searcher, known[0][0])
            weights = {
                spelling: _weight(self._frequency(searcher, spelling), statistics.passages)
                for term in known
                for spelling in term
            }
            names, boosted = dict[str, str](), dict[str, Any]()
            for spelling, weight in weights.items():
                query = self._with(spelling)
                counted = _weight(searcher.doc_freq("text", spelling), statistics.counted_passages)
                names[_name_of(query)] = spelling
                boosted[spelling] = tantivy.Query.boost_query(query, weight / counted)
            best = [_best_of([boosted[spelling] for spelling in term]) for term in known]
            any_term = tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in best])
            wanted = any_term if among is None else self._among(any_term, among)
            looked_at, scores, least = limit + _SPARE, dict[str, float](), 0.0
            while True:
                found = searcher.search(wanted, looked_at, count=False).hits
                for counted, address in found:
                    if counted * statistics.most_above < least:
                        break  # this passage is none of the best, nor are those after it
                    key = searcher.doc(address)["key"][0]
                    if key not in scores:
                        explanation = any_term.explain(searcher, address).to_json()
                        told = [number or name for number, name in _PASSAGE.findall(explanation)]
                        counts = {names[name]: float(count) for count, name in zip(told[::3], told[2::3], strict=True)}
                        scores[key] = _score(known, weights, counts, float(told[1]) / statistics.length)
                        if len(scores) == limit:
                            least = min(scores.values())
                scored = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
                if len(found) < looked_at or found[-1][0] * statistics.most_above < scored[limit - 1][1]:
                    return scored[:limit]
                looked_at *= _MORE

    def _among(self, wanted: Any, keys: Collection[str]) -> Any:
        allowed = tantivy.Query.const_score_query(
            tantivy.Query.term_set_query(self._index.schema, "key", list(keys)), 0.0
        )
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, wanted), (tantivy.Occur.Must, allowed)])

    def _frequency(self, searcher: Any, term: str) -> int:
        """In how many passages a term stands, deleted ones left out."""
        known = self._frequencies.get(term)
        if known is None:
            known = self._count_with(searcher, "text", term)
            if known:
                self._frequencies[term] = known
        return known

    def _count_with(self, searcher: Any, field: str, term: str) -> int:
        if not searcher.doc_freq(field, term):
            return 0
        return int(searcher.search(tantivy.Query.term_query(self._index.schema, field, term), 1, count=True).count)

    def _known_statistics(self, searcher: Any, term: str) -> _Statistics:
        """What Tantivy counts, it only tells in the explanation of a score: that of a term that stands somewhere."""
        if self._statistics is None:
            query = self._with(term)
            ((_, address),) = searcher.search(query, 1, count=False).hits
            explanation = query.explain(searcher, address).to_json()
            counted = {name: float(value) for value, name in _STATISTIC.findall(explanation)}
            words = searcher.aggregate(tantivy.Query.all_query(), {"words": {"sum": {"field": "length"}}})
            passages = searcher.num_docs
            self._statistics = _Statistics(passages, words["words"]["value"] / passages, counted["N"], counted["avgdl"])
        return self._statistics

    def keys_with(self, spellings: Sequence[str]) -> list[str]:
        """Keys of all passages that have a word, in any of its spellings."""
        with _explained():
            searcher = self._index.searcher()
            wanted = _best_of([self._with(spelling) for spelling in spellings])
            found = searcher.search(wanted, max(1, searcher.num_docs), count=False).hits
            return [searcher.doc(address)["key"][0] for _, address in found]

    def keys_with_all(self, query: str, limit: int) -> list[str]:
        """Keys of some passages that have all words of a query that carry meaning, each in any of its spellings."""
        terms = list(dict.fromkeys(self.content_terms(query)))[:_MAX_QUERY_TERMS]
        if not terms:
            return []
        with _explained():
            searcher = self._index.searcher()
            every = [(tantivy.Occur.Must, _best_of([self._with(spelling) for spelling in term])) for term in terms]
            wanted = tantivy.Query.boolean_query(every)
            found = searcher.search(wanted, limit, count=False, order_by_field="place").hits
            return [searcher.doc(address)["key"][0] for _, address in found]

    def _with(self, term: str) -> Any:
        """Passages with a term."""
        return tantivy.Query.term_query(self._index.schema, "text", term, "freq")

    def similar(self, term: str, most: int, limit: int, *, prefix: bool = False) -> list[str]:
        """Keys of some passages with a term that differs in at most so many letters (two swapped ones are one).

        With `prefix`, the term may go on after them.
        """
        query = tantivy.Query.fuzzy_term_query(self._index.schema, "text", term, most, True, prefix)
        with _explained():
            searcher = self._index.searcher()
            found = searcher.search(query, limit, count=False, order_by_field="place").hits
            return [searcher.doc(address)["key"][0] for _, address in found]

    def document_frequency(self, spellings: Sequence[str]) -> int:
        """In how many passages a word stands, in any of its spellings; at most, where a passage has several."""
        with _explained():
            searcher = self._index.searcher()
            return sum(self._frequency(searcher, term) for term in spellings)

    def passages_in(self, language: str) -> int:
        """How many passages were taken to be in this language."""
        with _explained():
            return self._count_with(self._index.searcher(), "language", language)

    def content_terms(self, text: str) -> list[tuple[str, ...]]:
        """The words of a text that carry meaning, each as the languages of the indexed passages spell it."""
        return content_terms(text, self.languages)

    @property
    def languages(self) -> tuple[str, ...]:
        """English, and whatever else passages are written in."""
        if self._languages is None:
            self._languages = (ENGLISH, *(name for name in LANGUAGES[1:] if self.passages_in(name)))
        return self._languages


def _weight(frequency: int, passages: float) -> float:
    """BM25's weight of a word that stands in so many of the passages."""
    return log(1 + (passages - frequency + 0.5) / (frequency + 0.5))


def _best_of(spellings: Sequence[Any]) -> Any:
    """What any of these queries finds; as in `_score`, a word counts as its best spelling does."""
    return spellings[0] if len(spellings) == 1 else tantivy.Query.disjunction_max_query(list(spellings))


def _name_of(query: Any) -> str:
    """What Tantivy calls the term of a query, as it stands in the JSON of an explanation."""
    (name,) = _TERM.findall(repr(query))
    return json.dumps(name, ensure_ascii=False)[1:-1]


def _score(
    terms: Sequence[Sequence[str]], weights: Mapping[str, float], counts: Mapping[str, float], length: float
) -> float:
    """BM25 of a passage that has each spelling so many times; a word counts as its best spelling does.

    Robertson and Zaragoza 2009, with the weights of Lucene; `length` is relative to the average one.
    """
    saturation = _K1 * (1 - _B + _B * length)
    worth = {
        spelling: weights[spelling] * (1 + _K1) * count / (count + saturation) for spelling, count in counts.items()
    }
    return sum([max([worth.get(spelling, 0.0) for spelling in term]) for term in terms])


def _place(key: str) -> int:
    """Where a passage comes among those that are alike: the same in every index, and telling nothing."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:7], "big")


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("key", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", tokenizer_name=_TOKENIZER, index_option="freq")
    builder.add_text_field("language", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("length", fast=True)
    builder.add_integer_field("place", fast=True)
    return builder.build()
