"""rag-bot as LlamaIndex parts: a node parser, a retriever and a query engine over the same functions as `Library`.

from rag_bot import Library
from rag_bot.llama import NotesQueryEngine, NotesRetriever

library = Library(index="notes-index")
response = NotesQueryEngine(library).query("What did I note about sleep?")
print(response, [source.metadata["location"] for source in response.source_nodes])
checked = NotesQueryEngine(library, llm=llm)  # any LlamaIndex LLM; each sentence is checked against the notes
print(checked.query("What did I note about sleep?"))
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import Response
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.callbacks import CallbackManager
from llama_index.core.llms import LLM
from llama_index.core.node_parser import NodeParser
from llama_index.core.schema import (
    BaseNode,
    Document,
    MetadataMode,
    NodeRelationship,
    NodeWithScore,
    ObjectType,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)
from llama_index.core.utils import get_tqdm_iterable

from rag_bot.ingestion.chunking import CHUNKER_VERSION, chunk_note
from rag_bot.ingestion.front_matter import read_front_matter
from rag_bot.ingestion.readers import title_in
from rag_bot.library import Library
from rag_bot.llm import LanguageModel
from rag_bot.markdown import parse_note
from rag_bot.models import EmbeddingModel
from rag_bot.records import Chunk, Citation, Filters, Note, difference_words, location, verdict_words
from rag_bot.settings import load_settings

__all__ = ["NotesNodeParser", "NotesQueryEngine", "NotesRetriever"]

_EMBEDDED_KEYS = frozenset({"context"})
_SHOWN_KEYS = frozenset({"context", "location"})  # to a language model


class NotesNodeParser(NodeParser):
    """Cuts notes into the chunks that `rag-bot ingest` makes: whole blocks, exact spans, within the model's window.

    Takes documents whose text is a whole note, as SimpleDirectoryReader gives them. `node.text` is
    `document.text[start_char_idx:end_char_idx]`; with MetadataMode.EMBED it has the headings and bullets above it in
    front, and is then what `Library` embeds. Ids are stable: the same passage at the same place has the same one,
    whatever `id_func` says.
    """

    model: str = Field(
        default_factory=lambda: load_settings().model, description="Embedding model that the chunks have to fit."
    )
    cache: str = Field(
        default_factory=lambda: str(load_settings().cache), description="Folder for converted models (its tokenizer)."
    )
    chunk_tokens: int | None = Field(
        default_factory=lambda: load_settings().chunk_tokens, description="Tokens of a chunk, at most."
    )
    root: str = Field(default="", description="Folder of the notes: paths are then written as Library writes them.")
    chunker_version: int = Field(
        default=CHUNKER_VERSION, frozen=True, description="Part of the key under which a pipeline caches nodes."
    )
    _prepared: EmbeddingModel | None = PrivateAttr(default=None)

    @classmethod
    def class_name(cls) -> str:
        return "NotesNodeParser"

    def _parse_nodes(self, nodes: Sequence[BaseNode], show_progress: bool = False, **_: Any) -> list[BaseNode]:
        made: list[BaseNode] = []
        for document in get_tqdm_iterable(nodes, show_progress, "Parsing notes"):
            if self._prepared is None:
                self._prepared = EmbeddingModel.prepare(self.model, Path(self.cache), self.chunk_tokens)
            note = _to_note(document, self._path(document))
            chunks = chunk_note(
                note,
                count_tokens=self._prepared.count_tokens,
                max_tokens=self._prepared.chunk_tokens,
                fingerprint=self._prepared.info.fingerprint,
            )
            source = document.as_related_node_info()
            made += [_chunk_node(chunk, note, source, hidden=document.metadata) for chunk in chunks]
        return made

    def _postprocess_parsed_nodes(self, nodes: list[BaseNode], parent_doc_map: dict[str, Document]) -> list[BaseNode]:
        """As the base class does it, but keep the spans: it searches for the text and may find another place."""
        spans = [(node.start_char_idx, node.end_char_idx) for node in nodes]
        done: list[BaseNode] = super()._postprocess_parsed_nodes(nodes, parent_doc_map)
        for node, (start, end) in zip(done, spans, strict=True):
            node.start_char_idx, node.end_char_idx = start, end
        return done

    def _path(self, document: BaseNode) -> str:
        """The document's file below `root`, headed by that folder's name; without a root as the document names it."""
        named = next((document.metadata[key] for key in ("file_path", "file_name") if document.metadata.get(key)), "")
        path = Path(str(named))
        if self.root and named:
            root = Path(self.root).expanduser().resolve()
            if path.resolve().is_relative_to(root):
                return f"{root.name}/{path.resolve().relative_to(root).as_posix()}"
        return path.as_posix() if named else str(document.node_id)


class NotesRetriever(BaseRetriever):
    """`Library.search` as a retriever.

    A node's score orders the hits of one question (the best is near 1, however far it is); `dense_score` in its
    metadata is the cosine, which compares across questions.
    """

    def __init__(
        self,
        library: Library,
        *,
        limit: int = 10,
        filters: Filters | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        self._library, self._limit, self._filters = library, limit, filters
        super().__init__(callback_manager)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._library.search(query_bundle.query_str, limit=self._limit, filters=self._filters)
        nodes = []
        for hit in hits:
            scores = {"dense_score": hit.why.dense_score, "word_score": hit.why.word_score}
            also = {name: score for name, score in scores.items() if score is not None}
            source = _note_info(hit.note.path, hit.note.content_hash)
            nodes.append(NodeWithScore(node=_chunk_node(hit.chunk, hit.note, source, also=also), score=hit.score))
        return nodes

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


class NotesQueryEngine(BaseQueryEngine):
    """`Library.ask` as a query engine: the text of the answer, and its citations as source nodes.

    Where the lines only come near, or notes differ, the text begins with paragraphs that say so. With `llm` that model
    writes the answer, and each of its sentences is checked. The response's metadata has `verdict` ("answered",
    "closest", "none"), `abstained`, `confidence`, `mode`, `notice`, `sentences` with their `support`, `excerpts`,
    `differences`, `unmentioned`, `missing`, and `nearest`, the locations that come closest where the notes don't
    speak of it. A source node's has `citation` (the number in the text), path, lines and `stale`.
    """

    def __init__(
        self,
        library: Library,
        *,
        filters: Filters | None = None,
        llm: LLM | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        self._library, self._filters = library, filters
        self._llm = None
        if llm:
            settings, facts = library.settings.generation, llm.metadata
            context = settings.context_tokens or facts.context_window
            # Neither remote nor at a place: where it computes is its maker's matter.
            self._llm = LanguageModel(llm, facts.model_name, "", False, context, None, settings)
        super().__init__(callback_manager)

    def _query(self, query_bundle: QueryBundle) -> Response:
        return self._respond(query_bundle.query_str, threading.Event())

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        """The event loop goes on meanwhile; where it is cancelled, the model stops as well."""
        stop = threading.Event()
        try:
            return await asyncio.to_thread(self._respond, query_bundle.query_str, stop)
        finally:
            stop.set()

    def _respond(self, question: str, stop: threading.Event) -> Response:
        if self._llm:
            *_, answer = self._library.write(question, llm=self._llm, filters=self._filters, stop=stop)
        else:
            answer = self._library.ask(question, filters=self._filters)
        text = "" if answer.abstained else answer.text  # which says the same as the verdict's words, or nothing
        verdict = "" if answer.statement and text else verdict_words(answer)
        paragraphs = (verdict, *map(difference_words, answer.differences), text)
        return Response(
            response="\n\n".join(filter(None, paragraphs)),
            source_nodes=[
                NodeWithScore(node=_citation_node(citation), score=citation.quote.score)
                for citation in answer.citations
            ],
            metadata={
                "verdict": answer.verdict,
                "abstained": answer.abstained,
                "confidence": answer.confidence,
                "mode": answer.mode,
                "notice": answer.notice,
                "statement": answer.statement,
                "total": answer.total,
                "sentences": [asdict(sentence) for sentence in answer.sentences],
                "excerpts": [asdict(excerpt) for excerpt in answer.excerpts],
                "differences": [asdict(difference) for difference in answer.differences],
                "unmentioned": list(answer.unmentioned),
                "missing": list(answer.missing),
                "unread_language": answer.unread_language,
                "nearest": [hit.chunk.location for hit in answer.nearest],
            },
        )

    def _get_prompt_modules(self) -> dict[str, Any]:
        return {}


def _to_note(document: BaseNode, path: str) -> Note:
    """The document read as `read_note` reads a file."""
    text = str(document.get_content(metadata_mode=MetadataMode.NONE))
    data = text.encode("utf-8", "surrogatepass")
    front = read_front_matter(text)
    own_title = title_in(front, parse_note(path, text, body_start_line=front.body_start_line))
    return Note(
        path=path,
        root=Path(),
        label="",
        title=own_title or PurePosixPath(path).stem,
        own_title=own_title,
        text=text,
        metadata={},
        body_start_line=front.body_start_line,
        content_hash=hashlib.sha256(data).hexdigest(),
        size=len(data),
        mtime_ns=0,
    )


def _chunk_node(
    chunk: Chunk,
    note: Note,
    source: RelatedNodeInfo,
    *,
    also: Mapping[str, Any] | None = None,
    hidden: Mapping[str, Any] | None = None,
) -> TextNode:
    """`also` goes into the metadata; the keys of `hidden` will be there, and are not for embedding or reading."""
    metadata = {
        "location": chunk.location,
        "context": chunk.context,
        "path": chunk.note_path,
        "title": note.title,
        "headings": " > ".join(chunk.headings),
        "start_line": chunk.start_line,
        "end_line": chunk.end_line,
        **(also or {}),
    }
    return _text_node(chunk.text, (chunk.start_char, chunk.end_char), metadata, source, hidden or {})


def _citation_node(citation: Citation) -> TextNode:
    quote = citation.quote
    metadata = {
        "citation": citation.number,
        "location": location(quote.note_path, quote.start_line, quote.end_line),
        "context": " > ".join((*quote.headings, *quote.context)),
        "path": quote.note_path,
        "title": quote.title,
        "headings": " > ".join(quote.headings),
        "start_line": quote.start_line,
        "end_line": quote.end_line,
        "place": quote.place,
        "stale": citation.stale,
    }
    return _text_node(quote.text, (quote.start_char, quote.end_char), metadata, _note_info(quote.note_path), {})


def _text_node(
    text: str, span: tuple[int, int], metadata: dict[str, Any], source: RelatedNodeInfo, hidden: Mapping[str, Any]
) -> TextNode:
    keys = metadata.keys() | hidden.keys()
    # The id changes with all that says where a passage stands: Chroma's `add` keeps what it has under an id.
    parts = (metadata["location"], *map(str, span), metadata["context"], text)
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
    return TextNode(
        id_=str(uuid.UUID(bytes=digest[:16], version=5)),
        text=text,
        start_char_idx=span[0],
        end_char_idx=span[1],
        metadata=metadata,
        excluded_embed_metadata_keys=sorted(keys - _EMBEDDED_KEYS),
        excluded_llm_metadata_keys=sorted(keys - _SHOWN_KEYS),
        metadata_template="{value}",
        text_template="{metadata_str}\n{content}",
        relationships={NodeRelationship.SOURCE: source},
    )


def _note_info(path: str, content_hash: str | None = None) -> RelatedNodeInfo:
    return RelatedNodeInfo(node_id=path, node_type=ObjectType.DOCUMENT, hash=content_hash)
