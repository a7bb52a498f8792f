"""The reader reads lines with a question; a CrossEncoder named in the settings takes its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_bot import Library, ModelError
from rag_bot.models.reader import open_reader
from tests.query.cross_encoders import save_cross_encoder

Write = Callable[..., Path]


def test_the_best_passages_are_in_the_order_of_the_reader(
    library: Library, notes: Path, write: Write, tmp_path: Path
) -> None:
    for number in range(6):
        write(f"{number}.md", f"The rent of flat {number} is due on day {number}.")
    library.ingest([notes])
    model = save_cross_encoder(tmp_path / "model", ("score",))
    question = "When is the rent of flat 3 due?"
    plain = library.search(question)
    retrieval = library.settings.retrieval.model_copy(update={"reranked": 4})
    settings = library.settings.model_copy(update={"reader": model, "retrieval": retrieval})
    with Library(settings) as other:
        hits = other.search(question)
    texts = [hit.chunk.embedded_text for hit in plain[:4]]
    reader = open_reader(model)
    assert reader
    scores = dict(zip(texts, reader.read(question, texts)[1], strict=True))
    assert [hit.chunk.embedded_text for hit in hits[:4]] == sorted(texts, key=lambda text: -scores[text])
    assert [hit.chunk.key for hit in hits[4:]] == [hit.chunk.key for hit in plain[4:]]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_model_that_is_no_reader_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="gives 3 scores"):
        open_reader(save_cross_encoder(tmp_path / "three", ("a", "b", "c")))
    with pytest.raises(ModelError, match="There is no model folder"):
        open_reader(str(tmp_path / "nothing"))


def test_the_default_reader_tells_a_line_that_answers() -> None:
    reader = open_reader("default")
    assert reader
    texts = ["Flat: The rent is due on the third.", "Flat: The boiler was serviced in May.", "Bread: 500 g of flour"]
    answers, relevance = reader.read("When do I have to pay the rent?", texts)
    assert answers.argmax() == relevance.argmax() == 0
    assert reader.read("When?", [])[0].shape == (0,)


def test_texts_have_the_same_scores_in_any_company() -> None:
    reader = open_reader("default")
    assert reader
    texts = ["The rent is due on the third.", "The boiler was serviced in May. " * 20, "Flour"]
    alone = [float(reader.read("When is the rent due?", [text])[0][0]) for text in texts]
    assert reader.read("When is the rent due?", texts)[0].tolist() == alone


@pytest.mark.parametrize(
    "question", ["When is the rent due?", "wich temprature is rigth for our bedrom", "ip of vc-db-03"]
)
def test_english_is_read_also_misspelt(question: str) -> None:
    reader = open_reader("default")
    assert reader
    assert reader.reads_words(question)


@pytest.mark.parametrize(
    "question", ["Welche Augentropfen helfen bei Heuschnupfen?", "健太さんはどこに住んでいますか。"]
)
def test_other_languages_are_not(question: str) -> None:
    reader = open_reader("default")
    assert reader
    assert not reader.reads_words(question)


def test_without_a_reader_the_notes_answer_too(library: Library, notes: Path, write: Write) -> None:
    write("a.md", "The parcel is at the post office.")
    library.ingest([notes])
    with Library(library.settings.model_copy(update={"reader": ""})) as other:
        assert other.ask("Where is the parcel?").verdict == "answered"


def test_the_status_tells_of_a_damaged_reader(
    library: Library, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.ingest([write("a.md", "The rent is due.").parent])
    assert library.status().reader_trouble == ""
    damaged = tmp_path / "reader.onnx"
    damaged.write_bytes(b"noise")
    monkeypatch.setattr("rag_bot.models.reader._MODEL", damaged)
    assert "is damaged" in library.status().reader_trouble
    with Library(library.settings.model_copy(update={"reader": ""})) as other:
        assert other.status().reader_trouble == ""
