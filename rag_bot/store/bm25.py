"""Keys by words: a Tantivy index scored by BM25. Stop words are indexed, but not searched for."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import tantivy

from rag_bot.errors import IndexUnusable
from rag_bot.text.terms import ENGLISH, LANGUAGES, content_terms, passage_terms

FOLDER_NAME = "tantivy"
_TOKENIZER = "terms"
_MAX_QUERY_TERMS = 64  # of a long question the first; set by hand
_WRITER_BYTES = 64_000_000  # of memory for what is not on disk yet; Tantivy takes no less than 15 MB; set by hand


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
        self._languages: tuple[str, ...] | None = None
        index.register_tokenizer(_TOKENIZER, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
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
                terms, language = passage_terms(text)
                writer.add_document(tantivy.Document(key=key, text=" ".join(terms), language=language))
            writer.commit()
            writer.wait_merging_threads()
            self._index.reload()
            self._languages = None

    def query(self, query: str, limit: int, *, among: Collection[str] | None = None) -> list[tuple[str, float]]:
        """Keys of passages with any of the query's words and their BM25 score, best first."""
        terms = list(dict.fromkeys(self.content_terms(query)))[:_MAX_QUERY_TERMS]
        if not terms or limit <= 0 or (among is not None and not among):
            return []
        schema = self._index.schema
        wanted = tantivy.Query.boolean_query([(tantivy.Occur.Should, self._any_spelling(term)) for term in terms])
        if among is not None:
            allowed = tantivy.Query.const_score_query(tantivy.Query.term_set_query(schema, "key", list(among)), 0.0)
            wanted = tantivy.Query.boolean_query([(tantivy.Occur.Must, wanted), (tantivy.Occur.Must, allowed)])
        with _explained():
            searcher = self._index.searcher()
            found = searcher.search(wanted, limit, count=False).hits
            return [(searcher.doc(address)["key"][0], score) for score, address in found]

    def keys_with(self, spellings: Sequence[str]) -> list[str]:
        """Keys of all passages that have a word, in any of its spellings."""
        with _explained():
            searcher = self._index.searcher()
            found = searcher.search(self._any_spelling(spellings), max(1, searcher.num_docs), count=False).hits
            return [searcher.doc(address)["key"][0] for _, address in found]

    def _any_spelling(self, spellings: Sequence[str]) -> Any:
        """A word scores as its best spelling does."""
        queries = [tantivy.Query.term_query(self._index.schema, "text", term, "freq") for term in spellings]
        return queries[0] if len(queries) == 1 else tantivy.Query.disjunction_max_query(queries)

    def similar(self, term: str, most: int, limit: int, *, prefix: bool = False) -> list[str]:
        """Keys of some passages with a term that differs in at most so many letters (two swapped ones are one).

        With `prefix`, the term may go on after them.
        """
        query = tantivy.Query.fuzzy_term_query(self._index.schema, "text", term, most, True, prefix)
        with _explained():
            searcher = self._index.searcher()
            return [searcher.doc(address)["key"][0] for _, address in searcher.search(query, limit, count=False).hits]

    def document_frequency(self, spellings: Sequence[str]) -> int:
        """In how many passages a word stands, in any of its spellings; at most, where a passage has several."""
        searcher = self._index.searcher()
        return sum(searcher.doc_freq("text", term) for term in spellings)

    def passages_in(self, language: str) -> int:
        """How many passages were taken to be in this language."""
        return int(self._index.searcher().doc_freq("language", language))

    def content_terms(self, text: str) -> list[tuple[str, ...]]:
        """The words of a text that carry meaning, each as the languages of the indexed passages spell it."""
        return content_terms(text, self.languages)

    @property
    def languages(self) -> tuple[str, ...]:
        """English, and whatever else passages are written in."""
        if self._languages is None:
            searcher = self._index.searcher()
            try:
                self._languages = (ENGLISH, *(name for name in LANGUAGES[1:] if searcher.doc_freq("language", name)))
            except ValueError:  # an index from before passages had a language
                self._languages = (ENGLISH,)
        return self._languages


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("key", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", tokenizer_name=_TOKENIZER, index_option="freq")
    builder.add_text_field("language", tokenizer_name="raw", index_option="basic")
    return builder.build()
