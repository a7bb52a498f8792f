"""Keys by words: a Tantivy index scored by BM25 (the only importer of tantivy).

Words are lower-cased, freed of accents and stemmed (English). Stop words are indexed, but not searched for.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Self

import tantivy

from rag_bot.errors import IndexUnusable

FOLDER_NAME = "tantivy"
_ANALYZER = "notes"
_MAX_QUERY_TERMS = 64
_WRITER_BYTES = 64_000_000
STOP_WORDS = frozenset(
    """a about after all also am an and any are as at be because been before being between both but by can could did do
    does doing don for from further had has have having he her here hers him his how i if in into is it its itself just
    let me more most my no nor not now of off on once only or other our out over own s same she should so some such t
    than that the their them then there these they this those through to too under until up us very was we were what
    when where which while who whom whose why will with would you your""".split()
)


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


class WordIndex:
    """The words of the indexed passages in one folder."""

    def __init__(self, index: Any) -> None:
        self._copy: tempfile.TemporaryDirectory[str] | None = None  # removed with this object
        self._index = index
        index.register_tokenizer(_ANALYZER, analyzer())
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
                writer.add_document(tantivy.Document(key=key, text=text))
            writer.commit()
            writer.wait_merging_threads()
            self._index.reload()

    def query(self, question: str, limit: int, *, among: Collection[str] | None = None) -> list[tuple[str, float]]:
        """Keys of passages with any of the question's words and their BM25 score, best first."""
        terms = list(dict.fromkeys(content_terms(question)))[:_MAX_QUERY_TERMS]
        if not terms or limit <= 0 or (among is not None and not among):
            return []
        schema = self._index.schema
        either = [(tantivy.Occur.Should, tantivy.Query.term_query(schema, "text", term, "freq")) for term in terms]
        query = tantivy.Query.boolean_query(either)
        if among is not None:
            allowed = tantivy.Query.const_score_query(tantivy.Query.term_set_query(schema, "key", list(among)), 0.0)
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, allowed)])
        with _explained():
            searcher = self._index.searcher()
            found = searcher.search(query, limit, count=False).hits
            return [(searcher.doc(address)["key"][0], score) for score, address in found]

    def document_frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many passages each term stands."""
        searcher = self._index.searcher()
        return {term: searcher.doc_freq("text", term) for term in terms}


@cache
def analyzer() -> Any:
    """Turns text into terms, for passages and questions alike."""
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (tantivy.Filter.remove_long(60), tantivy.Filter.lowercase(), tantivy.Filter.ascii_fold()):
        builder = builder.filter(step)
    return builder.filter(tantivy.Filter.stemmer("english")).build()


@cache
def stop_terms() -> frozenset[str]:
    """The stop words as the analyzer spells them."""
    return frozenset(term for word in STOP_WORDS for term in analyzer().analyze(word))


def content_terms(text: str) -> list[str]:
    """The words of a text that carry meaning, as the index spells them, in order, repeated as they stand.

    A text of nothing but stop words keeps them.
    """
    terms = [term for term in analyzer().analyze(text) if term]
    return [term for term in terms if term not in stop_terms()] or terms


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("key", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", tokenizer_name=_ANALYZER, index_option="freq")
    return builder.build()
