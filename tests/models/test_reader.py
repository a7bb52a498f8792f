"""A CrossEncoder named in the settings orders the best passages anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_bot import Library, ModelError
from rag_bot.models.cross_encoder import open_reranker
from tests.query.cross_encoders import save_cross_encoder

Write = Callable[..., Path]


def test_the_best_passages_are_in_the_order_of_the_re_ranker(
    library: Library, notes: Path, write: Write, tmp_path: Path
) -> None:
    for number in range(6):
        write(f"{number}.md", f"The rent of flat {number} is due on day {number}.")
    library.ingest([notes])
    model = save_cross_encoder(tmp_path / "model", ("score",))
    question = "When is the rent of flat 3 due?"
    plain = library.search(question)
    settings = library.settings.model_copy(
        update={"retrieval": library.settings.retrieval.model_copy(update={"reranker": model, "reranked": 4})}
    )
    with Library(settings) as other:
        hits = other.search(question)
    texts = [hit.chunk.embedded_text for hit in plain[:4]]
    scores = dict(zip(texts, open_reranker(model).scores(question, texts), strict=True))
    assert all(0 <= score <= 1 for score in scores.values())
    assert [hit.chunk.embedded_text for hit in hits[:4]] == sorted(texts, key=lambda text: -scores[text])
    assert [hit.chunk.key for hit in hits[4:]] == [hit.chunk.key for hit in plain[4:]]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_model_that_is_no_re_ranker_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="gives 3 scores"):
        open_reranker(save_cross_encoder(tmp_path / "three", ("a", "b", "c")))
    with pytest.raises(ModelError, match="There is no model folder"):
        open_reranker(str(tmp_path / "nothing"))
