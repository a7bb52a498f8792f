"""rag_bot.llama, put together with LlamaIndex's own parts."""

import asyncio
import pickle
import threading
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import MockEmbedding, SimpleDirectoryReader, StorageContext, VectorStoreIndex
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.base_selector import BaseSelector, MultiSelection, SelectorResult, SingleSelection
from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.chat_engine import ContextChatEngine
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata, MockLLM
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.query_engine import RetrieverQueryEngine, RouterQueryEngine, SubQuestionQueryEngine
from llama_index.core.question_gen.types import BaseQuestionGenerator, SubQuestion
from llama_index.core.schema import Document, MetadataMode, NodeRelationship
from llama_index.core.tools import QueryEngineTool
from llama_index.core.workflow import Event, StartEvent, StopEvent, Workflow, step

from rag_bot import Filters, Library, UsageError, llama
from rag_bot.llama import NotesNodeParser, NotesQueryEngine, NotesRetriever
from rag_bot.records import ANSWERED, CLOSEST, Chunk, Difference, verdict_words
from rag_bot.settings import Settings
from rag_bot.store.catalogue import Catalogue
from tests.llm.scripted import PAUSE, ScriptedModel

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
QUESTION = "What do scaling laws say?"
OFF_TOPIC = "How long do I boil an egg?"


@pytest.fixture(scope="module")
def parser(corpus_settings: Settings) -> NotesNodeParser:
    return NotesNodeParser(model=corpus_settings.model, cache=str(corpus_settings.cache), root=str(CORPUS))


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    loaded: list[Document] = SimpleDirectoryReader(str(CORPUS), recursive=True).load_data()
    return loaded


@pytest.fixture(scope="module")
def indexed(corpus_settings: Settings) -> dict[tuple[str, int], Chunk]:
    """Every chunk of the index, by path and place."""
    catalogue = Catalogue.open(corpus_settings.index)
    try:
        keys = sorted(catalogue.keys_matching(Filters()))
        return {(chunk.note_path, chunk.start_char): chunk for chunk, _ in catalogue.find_chunks(keys)}
    finally:
        catalogue.close()


class ReadsAloud(CustomLLM):
    """A language model that answers with the prompt."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata()

    def complete(self, prompt: str, *_: Any, **__: Any) -> CompletionResponse:
        return CompletionResponse(text=prompt)

    def stream_complete(self, prompt: str, *_: Any, **__: Any) -> Any:
        yield self.complete(prompt)


class TakesFirst(BaseSelector):
    """Routes every question to the first tool."""

    def _select(self, **_: Any) -> SelectorResult:
        return MultiSelection(selections=[SingleSelection(index=0, reason="first")])

    async def _aselect(self, **_: Any) -> SelectorResult:
        return self._select()

    def _get_prompts(self) -> dict[str, Any]:
        return {}

    def _update_prompts(self, prompts: Any) -> None:
        pass


class AsksTheSame(BaseQuestionGenerator):
    """Makes one sub-question, the question itself."""

    def generate(self, tools: Any, query: Any) -> list[SubQuestion]:
        return [SubQuestion(sub_question=query.query_str, tool_name=tools[0].name)]

    async def agenerate(self, tools: Any, query: Any) -> list[SubQuestion]:
        return self.generate(tools, query)

    def _get_prompts(self) -> dict[str, Any]:
        return {}

    def _update_prompts(self, prompts: Any) -> None:
        pass


# NotesNodeParser


def test_nodes_are_the_chunks_that_the_library_indexes(
    parser: NotesNodeParser, documents: list[Document], indexed: dict[tuple[str, int], Chunk]
) -> None:
    nodes = parser.get_nodes_from_documents(documents)
    assert {
        (node.metadata["path"], node.start_char_idx): (
            node.text,
            node.end_char_idx,
            node.metadata["start_line"],
            node.metadata["end_line"],
            node.metadata["headings"],
            node.get_content(MetadataMode.EMBED),
        )
        for node in nodes
    } == {
        place: (
            chunk.text,
            chunk.end_char,
            chunk.start_line,
            chunk.end_line,
            " > ".join(chunk.headings),
            chunk.embedded_text.strip(),
        )
        for place, chunk in indexed.items()
    }


def test_nodes_have_unique_ids_that_a_second_parse_gives_again(
    parser: NotesNodeParser, documents: list[Document]
) -> None:
    first, second = ([node.node_id for node in parser.get_nodes_from_documents(documents)] for _ in range(2))
    assert len(set(first)) == len(first) > 20
    assert second == first


def test_a_chunk_whose_text_stands_earlier_too_keeps_its_own_place(parser: NotesNodeParser) -> None:
    lines = [f"Paragraph {number} says that the {number}th thing matters a lot." for number in range(40)]
    texts = ["\n\n".join(["Start.", "The same words.", *lines[:count], "The same words."]) for count in range(8, 40)]
    last = [parser([Document(text=text)])[-1] for text in texts]
    assert "The same words." in {node.text for node in last}
    assert [node.end_char_idx for node in last] == [len(text) for text in texts]


def test_nodes_point_to_their_document_and_their_neighbours(parser: NotesNodeParser) -> None:
    text = "\n\n".join(f"# Part {number}\n\n{'Some words that fill. ' * 30}" for number in range(4))
    document = Document(text=text, metadata={"file_name": "long.md", "author": "me"})
    nodes = parser.get_nodes_from_documents([document])
    assert len(nodes) >= 4
    for before, after in pairwise(nodes):
        assert before.next_node.node_id == after.node_id
        assert after.prev_node.node_id == before.node_id
    assert {node.relationships[NodeRelationship.SOURCE].node_id for node in nodes} == {document.node_id}
    assert {(node.metadata["path"], node.metadata["author"]) for node in nodes} == {("long.md", "me")}


def test_a_model_reads_place_and_context_and_nothing_else_of_the_metadata(parser: NotesNodeParser) -> None:
    document = Document(
        text="# Sleep\n\n- Before bed\n  - no {coffee}\n", metadata={"file_name": "a.md", "author": "me"}
    )
    (node,) = parser.get_nodes_from_documents([document])
    assert node.get_content(MetadataMode.LLM) == f"a.md:1-4\nSleep\n{node.text}"
    assert node.get_content(MetadataMode.EMBED) == f"Sleep\n{node.text}"
    assert node.get_content(MetadataMode.NONE) == node.text


def test_documents_without_text_or_name_are_parsed(parser: NotesNodeParser) -> None:
    empty, nameless = Document(text=" \n"), Document(text="Only this.", id_="x")
    (node,) = parser.get_nodes_from_documents([empty, nameless])
    assert (node.text, node.metadata["path"], node.metadata["headings"]) == ("Only this.", "x", "")


def test_an_ingestion_pipeline_takes_the_parser_and_its_cache_knows_it_again(
    parser: NotesNodeParser, documents: list[Document]
) -> None:
    pipeline = IngestionPipeline(transformations=[parser, MockEmbedding(embed_dim=8)])
    nodes = pipeline.run(documents=documents)
    again = pipeline.run(documents=documents)
    assert {len(node.embedding) for node in nodes} == {8}
    assert [node.node_id for node in again] == [node.node_id for node in nodes]
    assert asyncio.run(parser.acall(documents))[0].node_id == nodes[0].node_id


def test_a_parser_can_be_sent_to_another_process(parser: NotesNodeParser, documents: list[Document]) -> None:
    again = pickle.loads(pickle.dumps(parser))
    assert [node.node_id for node in again(documents[:2])] == [node.node_id for node in parser(documents[:2])]


def test_vectors_in_chroma_keep_the_place_of_a_node(
    parser: NotesNodeParser, documents: list[Document], tmp_path: Path
) -> None:
    import chromadb
    from llama_index.vector_stores.chroma import ChromaVectorStore

    collection = chromadb.PersistentClient(str(tmp_path)).create_collection("notes")
    index = VectorStoreIndex.from_documents(
        documents,
        transformations=[parser],
        embed_model=MockEmbedding(embed_dim=8),
        storage_context=StorageContext.from_defaults(vector_store=ChromaVectorStore(chroma_collection=collection)),
    )
    texts = {document.node_id: document.text for document in documents}
    for found in index.as_retriever(similarity_top_k=5).retrieve("anything"):
        node = found.node
        assert texts[node.ref_doc_id][node.start_char_idx : node.end_char_idx] == node.text
        lines = texts[node.ref_doc_id].splitlines()[node.metadata["start_line"] - 1 : node.metadata["end_line"]]
        assert "\n".join(lines).strip() == node.text


# NotesRetriever


def test_retrieved_nodes_are_the_hits_of_a_search(corpus_library: Library) -> None:
    hits = corpus_library.search(QUESTION, limit=5)
    found = NotesRetriever(corpus_library, limit=5).retrieve(QUESTION)
    assert [(each.score, each.node.text, each.node.metadata["location"]) for each in found] == [
        (hit.score, hit.chunk.text, hit.chunk.location) for hit in hits
    ]
    assert found[0].node.metadata["dense_score"] == hits[0].why.dense_score
    assert found[0].node.ref_doc_id == hits[0].note.path


def test_retrieved_nodes_have_the_ids_that_the_parser_gives(
    corpus_library: Library, parser: NotesNodeParser, documents: list[Document]
) -> None:
    parsed = {node.node_id: node.text for node in parser(documents)}
    for found in NotesRetriever(corpus_library).retrieve(QUESTION):
        assert parsed[found.node.node_id] == found.node.text


def test_a_retriever_keeps_to_its_filters(corpus_library: Library) -> None:
    found = NotesRetriever(corpus_library, filters=Filters(folder="talk")).retrieve(QUESTION)
    assert found
    assert {each.node.metadata["path"].split("/")[1] for each in found} == {"talk"}


def test_a_language_model_gets_what_a_postprocessor_lets_through(corpus_library: Library) -> None:
    engine = RetrieverQueryEngine.from_args(
        NotesRetriever(corpus_library),
        llm=ReadsAloud(),
        node_postprocessors=[SimilarityPostprocessor(similarity_cutoff=0.5)],
    )
    response = engine.query(QUESTION)
    kept = [hit for hit in corpus_library.search(QUESTION) if hit.score >= 0.5]
    assert [node.metadata["location"] for node in response.source_nodes] == [hit.chunk.location for hit in kept]
    assert 0 < len(kept) < 10
    for hit in kept:
        assert f"{hit.chunk.location}\n{hit.chunk.embedded_text}" in response.response


def test_retrieving_asynchronously_finds_the_same(corpus_library: Library) -> None:
    retriever = NotesRetriever(corpus_library)

    async def both() -> list[Any]:
        return list(await asyncio.gather(retriever.aretrieve(QUESTION), retriever.aretrieve(QUESTION)))

    expected = [node.node_id for node in retriever.retrieve(QUESTION)]
    assert [[node.node_id for node in found] for found in asyncio.run(both())] == [expected, expected]


def test_a_question_without_words_is_refused_as_the_library_does(corpus_library: Library) -> None:
    with pytest.raises(UsageError, match="no word"):
        NotesRetriever(corpus_library).retrieve("?!")


# NotesQueryEngine


def test_the_response_is_the_answer_of_the_library(corpus_library: Library) -> None:
    answer = corpus_library.ask(QUESTION)
    response = NotesQueryEngine(corpus_library).query(QUESTION)
    assert not answer.abstained
    assert str(response).endswith(answer.text)
    assert [
        (
            source.node.metadata["citation"],
            source.node.metadata["path"],
            source.node.metadata["start_line"],
            source.node.metadata["end_line"],
            source.node.metadata["stale"],
            source.node.text,
            source.score,
        )
        for source in response.source_nodes
    ] == [
        (
            cited.number,
            cited.quote.note_path,
            cited.quote.start_line,
            cited.quote.end_line,
            cited.stale,
            cited.quote.text,
            cited.quote.score,
        )
        for cited in answer.citations
    ]
    assert response.metadata == {
        "verdict": answer.verdict,
        "abstained": False,
        "confidence": answer.confidence,
        "mode": answer.mode,
        "notice": "",
        "sentences": [asdict(sentence) for sentence in answer.sentences],
        "excerpts": [asdict(excerpt) for excerpt in answer.excerpts],
        "differences": [],
        "unmentioned": list(answer.unmentioned),
        "missing": list(answer.missing),
        "unread_language": "",
        "statement": "",
        "total": 0,
        "nearest": [],
    }


@pytest.mark.parametrize("verdict", [ANSWERED, CLOSEST])
def test_the_text_begins_with_what_is_to_be_known_of_its_lines(
    corpus_library: Library, monkeypatch: pytest.MonkeyPatch, verdict: str
) -> None:
    differing = (Difference((1, 2), ("7.50", "6.90"), ("2026-01-02", "")),)
    answer = replace(corpus_library.ask(QUESTION), verdict=verdict, missing=("2031",), differences=differing)
    monkeypatch.setattr(Library, "ask", lambda *_, **__: answer)
    near = [] if verdict == ANSWERED else [verdict_words(answer)]
    expected = "\n\n".join([*near, "Your notes differ: 7.50 [1] (2026-01-02), 6.90 [2].", answer.text])
    assert str(NotesQueryEngine(corpus_library).query(QUESTION)) == expected


def test_an_abstention_is_a_response_without_sources_that_names_the_nearest(corpus_library: Library) -> None:
    response = NotesQueryEngine(corpus_library).query(OFF_TOPIC)
    assert response.metadata["abstained"]
    assert response.source_nodes == []
    assert response.metadata["nearest"] == [hit.chunk.location for hit in corpus_library.ask(OFF_TOPIC).nearest]


def test_asking_asynchronously_gives_the_same_answer(corpus_library: Library) -> None:
    engine = NotesQueryEngine(corpus_library)
    assert str(asyncio.run(engine.aquery(QUESTION))) == str(engine.query(QUESTION))


def test_with_a_language_model_each_sentence_of_the_response_is_checked(corpus_library: Library) -> None:
    [said] = [one.quote.text for one in corpus_library.ask(QUESTION).citations[:1]]
    llm = ScriptedModel(texts=[f"{said.lstrip('- ')} [1] The speaker sold 500 copies in Lisbon [1]."])
    response = NotesQueryEngine(corpus_library, llm=llm).query(QUESTION)
    assert response.metadata
    assert [one["support"] for one in response.metadata["sentences"]][-1] == "not"
    assert response.metadata["mode"] == "prose"
    assert str(response).endswith("(not in these lines)")
    assert response.source_nodes[0].metadata["location"]


def test_the_engine_works_as_a_tool(corpus_library: Library) -> None:
    tool = QueryEngineTool.from_defaults(NotesQueryEngine(corpus_library), name="notes", description="my notes")
    output = tool.call(QUESTION)
    assert str(output).endswith(corpus_library.ask(QUESTION).text)
    assert asyncio.run(tool.acall(QUESTION)).raw_output.metadata["mode"] == "quotes"


def test_a_router_sends_questions_to_the_notes(corpus_library: Library) -> None:
    tools = [QueryEngineTool.from_defaults(NotesQueryEngine(corpus_library), name="notes", description="my notes")]
    router = RouterQueryEngine(TakesFirst(), tools, llm=MockLLM())
    response = router.query(QUESTION)
    assert str(response).endswith(corpus_library.ask(QUESTION).text)
    assert len(response.source_nodes) == len(corpus_library.ask(QUESTION).citations)


def test_sub_questions_are_answered_from_the_notes(corpus_library: Library) -> None:
    tools = [QueryEngineTool.from_defaults(NotesQueryEngine(corpus_library), name="notes", description="my notes")]
    engine = SubQuestionQueryEngine.from_defaults(
        tools, llm=ReadsAloud(), question_gen=AsksTheSame(), use_async=False, verbose=False
    )
    assert corpus_library.ask(QUESTION).text in str(engine.query(QUESTION))


def test_the_example_of_the_module_runs(
    corpus_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "sleep.md").write_text("# Sleep\n\n- What did I note about sleep? Eight hours of it.\n")
    monkeypatch.setenv("RAG_BOT_CACHE", str(corpus_settings.cache))
    monkeypatch.chdir(tmp_path)
    with Library(index="notes-index") as ingesting:
        ingesting.ingest(["notes"])
    example = (llama.__doc__ or "").split("\n\n", 1)[1]
    exec(example, {"llm": ReadsAloud()})
    printed = capsys.readouterr().out
    assert "Eight hours of it. [1] ['notes/sleep.md:3']" in printed
    assert "Eight hours of it. [1]\n" in printed
    assert "system: Answer the question" in printed  # this model reads its prompt aloud,
    assert "(not in these lines)" in printed  # and that is no note


# In workflows, agents and event loops


class Found(Event):
    nodes: list[Any]


class Brief(Workflow):
    """Finds passages, then answers."""

    def __init__(self, library: Library) -> None:
        super().__init__(timeout=None)
        self._library = library

    @step
    async def find(self, event: StartEvent) -> Found:
        return Found(nodes=await NotesRetriever(self._library, limit=3).aretrieve(event.question))

    @step
    async def tell(self, event: Found) -> StopEvent:
        response = await NotesQueryEngine(self._library).aquery(QUESTION)
        return StopEvent(result=(event.nodes, response))


class CallsOnce(FunctionCallingLLM):
    """Calls the tool once with a question, then repeats what the tool said."""

    question: str

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(is_chat_model=True, is_function_calling_model=True)

    def _prepare_chat_with_tools(self, tools: Any, **_: Any) -> dict[str, Any]:
        return {"tools": [tool.metadata.name for tool in tools]}

    async def astream_chat_with_tools(self, tools: Any, chat_history: Any = None, **_: Any) -> Any:
        async def parts() -> Any:
            yield self._reply(tools, list(chat_history or ()))

        return parts()

    def _reply(self, tools: Any, history: list[ChatMessage]) -> ChatResponse:
        if history[-1].role == "tool":
            return ChatResponse(message=ChatMessage(role="assistant", content=history[-1].content))
        [tool] = tools
        message = ChatMessage(role="assistant", content="", additional_kwargs={"calls": tool.metadata.name})
        return ChatResponse(message=message)

    def get_tool_calls_from_response(self, response: ChatResponse, **_: Any) -> list[ToolSelection]:
        name = response.message.additional_kwargs.get("calls")
        return [ToolSelection(tool_id="1", tool_name=name, tool_kwargs={"input": self.question})] if name else []

    def chat(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    complete = stream_chat = stream_complete = achat = acomplete = astream_chat = astream_complete = chat


class SlowLibrary(Library):
    """Searches when the test says so."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.reached, self.go_on = threading.Event(), threading.Event()

    def search(self, *arguments: Any, **options: Any) -> Any:
        self.reached.set()
        self.go_on.wait()
        return super().search(*arguments, **options)


def test_a_workflow_finds_and_answers(corpus_library: Library) -> None:
    async def brief() -> Any:
        return await Brief(corpus_library).run(question=QUESTION)

    nodes, response = asyncio.run(brief())
    assert [node.metadata["location"] for node in nodes] == [
        hit.chunk.location for hit in corpus_library.search(QUESTION, limit=3)
    ]
    assert response.metadata["verdict"] == corpus_library.ask(QUESTION).verdict


def test_an_agent_asks_the_notes_and_gets_the_lines_with_their_places(corpus_library: Library) -> None:
    tool = QueryEngineTool.from_defaults(NotesQueryEngine(corpus_library), name="notes", description="my notes")

    async def run() -> Any:
        return await FunctionAgent(tools=[tool], llm=CallsOnce(question=QUESTION)).run("What do my notes say?")

    output = asyncio.run(run())
    answer = corpus_library.ask(QUESTION)
    assert str(output).endswith(answer.text)
    [called] = output.tool_calls
    sources = called.tool_output.raw_output.source_nodes
    assert [source.metadata["location"] for source in sources] == [cited.quote.location for cited in answer.citations]


def test_a_chat_engine_answers_from_the_passages(corpus_library: Library) -> None:
    engine = ContextChatEngine.from_defaults(NotesRetriever(corpus_library, limit=3), llm=ReadsAloud())
    for reply in (engine.chat(QUESTION), asyncio.run(engine.achat(QUESTION))):
        hits = corpus_library.search(QUESTION, limit=3)
        assert [node.metadata["location"] for node in reply.source_nodes] == [hit.chunk.location for hit in hits]
        assert hits[0].chunk.text in reply.response


def test_a_search_does_not_hold_up_the_event_loop(corpus_settings: Settings) -> None:
    with SlowLibrary(corpus_settings) as slow:

        async def retrieve() -> Any:
            finding = asyncio.create_task(NotesRetriever(slow).aretrieve(QUESTION))
            await asyncio.to_thread(slow.reached.wait)
            slow.go_on.set()  # by this loop, which a search in it would have stopped
            return await finding

        assert asyncio.run(retrieve())


def test_a_model_does_not_hold_up_the_event_loop_and_is_left_where_the_question_is_given_up(
    corpus_settings: Settings,
) -> None:
    patient = corpus_settings.generation.model_copy(update={"timeout_seconds": 3600.0})
    model = ScriptedModel(texts=[f"Scaling laws {PAUSE}relate loss and compute [1]."])

    async def give_up(library: Library) -> None:
        asking = asyncio.create_task(NotesQueryEngine(library, llm=model).aquery(QUESTION))
        await asyncio.to_thread(model.waiting.wait)
        asking.cancel()
        await asyncio.wait([asking])
        assert asking.cancelled()

    with Library(corpus_settings.model_copy(update={"generation": patient})) as library:
        asyncio.run(give_up(library))  # which waits for the thread that asked
    assert "relate " not in model.given
    model.go_on.set()
