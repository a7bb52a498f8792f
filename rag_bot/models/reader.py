"""The reader: a cross-encoder that sees a question together with a line of a note, and says whether the line answers.

The default one is package data, taught by `eval/reader`; its file runs in onnxruntime, without torch. Any
sentence-transformers CrossEncoder with one score can take its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rag_bot.errors import ModelError
from rag_bot.files import FileHashes
from rag_bot.models.embedding import FEWEST_LETTERS, LETTER_BY_LETTER, open_session
from rag_bot.models.export import quiet_loading
from rag_bot.models.weights import find_model
from rag_bot.text.terms import ENGLISH, LANGUAGES, detect, words_of

DEFAULT_READER = "default"
READER_SHA256 = "2a66d184cd4016e13e164dad7453daccf35c5b49e272502c5306878cc943d3af"
SAYS_SHA256 = "8a58d609cf289851a3d729a3a6744495e94f4588b3ee5b7a432763c012ba2051"
_MODEL = Path(__file__).parent / "data" / "reader.onnx"
_SAYS = _MODEL.with_name("says.onnx")
_TOKENIZER = _MODEL.with_name("reader-tokenizer.json")
_WINDOW = 192  # tokens of question and line: what the default one was taught with, and a little more
# Of the output "logits": that the text answers, that it says a sentence (no longer used), and how relevant the reader
# it was taught from finds it. Its output "hidden" is what the ninth layer gives: those for sentences go on from it.
OUTPUTS = 3
# Lines are ranked by the first output and so much of the third: on two vaults that it was not taught with, the right
# line is then first for .69 of the questions, with either alone for .65 and .67.
RELEVANCE_WEIGHT = 0.3
_BATCH = 16  # pairs in one forward pass of another reader; set by hand
# Tokens for a word, on average: English has 1.0 to 1.4, other languages without vocabulary 1.6 to 2.7; measured on
# 1,700 questions. Misspelt English has as many, but English stop words.
_PIECES_OF_A_WORD = 1.5

Scores = NDArray[np.float32]


class Reader(Protocol):
    """Reads a question and texts together."""

    calibrated: bool
    """Whether `answers` is on the scale that the verdict was fitted on."""

    def reads_words(self, text: str) -> bool:
        """Whether the reader has the words of a text in its vocabulary, and not only their letters."""

    def read(self, question: str, texts: Sequence[str]) -> tuple[Scores, Scores]:
        """For each text two logits: that it answers the question, and how relevant it is, which texts are ranked by."""

    def says(self, sentence: str, text: str) -> float | None:
        """The logit that a text says a sentence; None from a reader that was not taught to tell."""


class DefaultReader:
    """The packaged one: it reads questions (`eval/reader`), and sentences by layers of their own (`eval/checker`)."""

    calibrated = True

    def __init__(self, model: Path, tokenizer: Path) -> None:
        from tokenizers import Tokenizer

        self._session = open_session(model, threads=1)  # two are a fifth more work
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(_WINDOW)
        self._tokenizer.no_padding()

    def reads_words(self, text: str) -> bool:
        encoded = self._tokenizer.encode(text, add_special_tokens=False)
        letters, words = sum(map(str.isalpha, text)), len({*encoded.word_ids})
        pieces = sum(any(map(str.isalpha, token)) for token in encoded.tokens)
        if pieces > LETTER_BY_LETTER * max(letters, FEWEST_LETTERS):
            return False
        is_english = detect(words_of(text), LANGUAGES, at_least=1, least_share=0.0) == ENGLISH
        return is_english or len(encoded.ids) < _PIECES_OF_A_WORD * words

    def read(self, question: str, texts: Sequence[str]) -> tuple[Scores, Scores]:
        # One pair at a time: int8 activations are scaled by all that is read together, so that in a batch a line's
        # scores would hang on its company. For short lines that costs a third more time.
        pairs = [self._session.run(["logits"], self._feed(question, text))[0][0] for text in texts]
        logits = np.array(pairs, dtype=np.float32).reshape(len(texts), OUTPUTS)
        return logits[:, 0], logits[:, 0] + RELEVANCE_WEIGHT * logits[:, 2]

    def says(self, sentence: str, text: str) -> float:
        feed = self._feed(sentence, text)
        hidden = self._session.run(["hidden"], feed)[0]
        logits = self._sentences.run(None, {"hidden": hidden, "attention_mask": feed["attention_mask"]})
        return float(logits[0][0, 0])

    @cached_property
    def _sentences(self) -> Any:
        return open_session(_SAYS, threads=1)

    def _feed(self, first: str, second: str) -> dict[str, Any]:
        encoded = self._tokenizer.encode(first, second)
        return {
            "input_ids": np.array([encoded.ids], dtype=np.int64),
            "attention_mask": np.array([encoded.attention_mask], dtype=np.int64),
            "token_type_ids": np.array([encoded.type_ids], dtype=np.int64),
        }


class OtherReader:
    """A CrossEncoder of sentence-transformers with one score for a pair."""

    calibrated = False

    def __init__(self, model: Any) -> None:
        self._model = model

    def reads_words(self, text: str) -> bool:  # noqa: ARG002 - nothing is known of its languages
        return True

    def read(self, question: str, texts: Sequence[str]) -> tuple[Scores, Scores]:
        from torch.nn import Identity

        scores = self._model.predict(
            [(question, text) for text in texts],
            batch_size=_BATCH,
            activation_fn=Identity(),
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        logits = np.asarray(scores, dtype=np.float32).reshape(len(texts))
        return logits, logits

    def says(self, sentence: str, text: str) -> None:  # noqa: ARG002 - its score tells how relevant a text is
        return None


@lru_cache(maxsize=2)
def open_reader(name: str) -> Reader | None:
    """The reader of this name; None for "". It stays loaded.

    Raises:
        ModelError: there is none, it gives more than one score for a pair, or the packaged file is damaged.
    """
    if not name:
        return None
    if name == DEFAULT_READER:
        check_packaged()
        return DefaultReader(_MODEL, _TOKENIZER)
    folder = find_model(name, instead='the setting reader = "default"')
    with quiet_loading(f"The reader {name}"):
        from sentence_transformers import CrossEncoder

        model = CrossEncoder(str(folder), local_files_only=True, trust_remote_code=False)
    if model.config.num_labels != 1:
        raise ModelError(
            f"The model {name} gives {model.config.num_labels} scores for a pair of texts; a reader gives one. Name a "
            "sentence-transformers CrossEncoder such as cross-encoder/ms-marco-MiniLM-L6-v2."
        )
    return OtherReader(model)


def check_packaged(hashes: FileHashes | None = None) -> None:
    """Raises ModelError where a file of the packaged reader is missing or is not what it should be."""
    for file, sha256 in ((_MODEL, READER_SHA256), (_SAYS, SAYS_SHA256)):
        is_there = file.is_file()
        if not is_there or (hashes or FileHashes()).sha256(file) != sha256:
            problem = "is damaged: its hash is not the one it should have" if is_there else "is missing"
            raise ModelError(f'The reader {file} {problem}. Reinstall rag-bot, or set reader = "" to do without it.')
