"""A cross-encoder for natural language inference or grounding has a say where one is named."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from safetensors.torch import load, save_file

from rag_bot import ModelError
from rag_bot.check.check_model import OTHER_LINE, UNDECIDED, Opinion, decide, open_check_model
from rag_bot.records import NO_CLAIM, REWORDED, SUPPORTED, UNSUPPORTED
from tests.query.cross_encoders import save_cross_encoder, save_roberta

SENTENCE = "The ferry leaves at seven."
FILLER = ["We walked along the shore and talked about nothing much at all."] * 120  # four windows of 512 tokens
THREE_WAY = (
    ("contradiction", "entailment", "neutral"),
    ("entailment", "neutral", "contradiction"),
    ("NEUTRAL", "CONTRADICTION", "ENTAILMENT"),
    ("SUPPORTS", "REFUTES", "NOT ENOUGH INFO"),
)
TWO_WAY = (  # the label that supports is first
    ("supported", "unsupported"),
    ("entailment", "not_entailment"),
    ("Entailment", "not-entailment"),
    ("consistent", "inconsistent"),
    ("consistent", "hallucinated"),
    ("yes", "no"),
    ("1", "0"),
    ("LABEL_1", "LABEL_0"),
)


@pytest.mark.parametrize("labels", THREE_WAY, ids="-".join)
def test_three_labels_are_told_apart_whatever_their_order_and_case(tmp_path: Path, labels: tuple[str, ...]) -> None:
    said = {}
    for label in labels:
        model = open_check_model(save_cross_encoder(tmp_path / label, labels, label, heard={"storm": label}))
        assert model.three_way
        said[label.lower()[:3]] = model.judge(["The ferry leaves at 7."], SENTENCE)
    assert rounded(said.get("ent") or said["sup"]) == Opinion(1, 0)
    assert rounded(said.get("con") or said["ref"]) == Opinion(0, 1)
    assert rounded(said.get("neu") or said["not"]) == Opinion(0, 0)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(("supports", "other"), TWO_WAY)
def test_two_labels_say_how_likely_it_is_supported_and_never_that_it_is_contradicted(
    tmp_path: Path, supports: str, other: str, swapped: bool
) -> None:
    labels = (other, supports) if swapped else (supports, other)
    for number, label in enumerate(labels):
        name = save_cross_encoder(tmp_path / str(number), labels, label, heard={"storm": label})
        model = open_check_model(name)
        assert not model.three_way
        assert rounded(model.judge(["a"], "b")) == Opinion(int(label == supports), 0)


def test_one_output_is_the_logit_of_being_supported(tmp_path: Path) -> None:
    model = open_check_model(save_cross_encoder(tmp_path / "one", ("LABEL_0",), heard={"ferry": "LABEL_0"}))
    assert not model.three_way
    assert model.judge(["The ferry leaves at 7."], "It leaves.").supported == pytest.approx(1.0, abs=1e-3)
    assert model.judge(["The train leaves at 7."], "It leaves.") == Opinion(0.5, 0.0)


def test_every_window_of_long_lines_is_read_and_the_telling_one_counts(tmp_path: Path) -> None:
    labels = ("contradiction", "entailment", "neutral")
    heard = {"ferry": "entailment", "storm": "contradiction"}
    model = open_check_model(save_cross_encoder(tmp_path / "model", labels, "neutral", heard=heard))
    assert model.judge(FILLER, "It leaves.").supported < 0.01
    for place in range(0, len(FILLER), 10):
        lines = [*FILLER[:place], "The ferry leaves at 7.", *FILLER[place:]]
        opinion = model.judge(lines, "It leaves.")
        assert (opinion.supported > 0.99, opinion.contradicted < 0.01) == (True, True), place
    both = model.judge(["The ferry leaves at 7.", *FILLER, "A storm."], "It leaves.")
    assert (both.supported > 0.99, both.contradicted > 0.99) == (True, True)
    assert decide(REWORDED, both, three_way=True) == REWORDED


def test_the_sentence_is_read_whole_beside_lines_of_any_length(tmp_path: Path) -> None:
    labels = ("unsupported", "supported")
    name = save_cross_encoder(tmp_path / "model", labels, "unsupported", heard={"ferry": "supported"})
    model = open_check_model(name)
    long = "It was a long day and " * 75  # 450 tokens: the lines have 60
    for lines in (["a"], FILLER):
        assert model.judge(lines, f"{long} the ferry.").supported > 0.99
        assert model.judge(lines, f"{long} the train.").supported < 0.01


def test_a_sentence_that_leaves_no_room_for_the_lines_decides_nothing(tmp_path: Path) -> None:
    name = save_cross_encoder(tmp_path / "model", ("unsupported", "supported"), "supported")
    model = open_check_model(name)
    opinion = model.judge(["The ferry leaves at 7."], "It was a long day. " * 100)
    assert opinion == UNDECIDED
    assert decide(REWORDED, opinion, three_way=False) == decide(REWORDED, opinion, three_way=True) == REWORDED


def test_no_lines_and_no_words_are_read_as_well(tmp_path: Path) -> None:
    model = open_check_model(save_cross_encoder(tmp_path / "model", ("no", "yes"), "no"))
    for lines, sentence in (([], SENTENCE), ([""], ""), (["\0\ud7ff🜁 "], "​"), (["x" * 100_000], SENTENCE)):
        assert model.judge(lines, sentence).supported < 0.5


def test_a_roberta_reads_full_windows_though_two_of_its_positions_are_not_for_use(tmp_path: Path) -> None:
    model = open_check_model(save_roberta(tmp_path / "roberta", ("0", "1"), "1"))
    assert model.judge([*FILLER, SENTENCE], SENTENCE).supported > 0.99


def test_many_may_ask_it_at_once(tmp_path: Path) -> None:
    labels = ("unsupported", "supported")
    name = save_cross_encoder(tmp_path / "model", labels, "unsupported", heard={"ferry": "supported"})
    model = open_check_model(name)
    wrong: list[str] = []

    def ask(word: str) -> None:
        for length in range(0, 60, 6):
            is_said = model.judge([*FILLER[:length], f"The {word} leaves."], "It leaves.").supported > 0.5
            if is_said != (word == "ferry"):
                wrong.append(word)

    threads = [threading.Thread(target=ask, args=(word,)) for word in ("ferry", "train", "ferry", "bus")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        (("LABEL_0", "LABEL_1", "LABEL_2"), "has the labels LABEL_0, LABEL_1, LABEL_2, which don't say what supports"),
        (("entailment", "neutral", "other"), "has the labels entailment, neutral, other,"),
        (("positive", "negative"), "has the labels positive, negative,"),
        (("supported", "entailment"), "has the labels supported, entailment,"),
        (("a", "b", "c", "d"), "has the labels a, b, c, d,"),
    ],
)
def test_a_model_whose_labels_do_not_tell_is_refused_in_one_line(
    tmp_path: Path, labels: tuple[str, ...], problem: str
) -> None:
    refused(save_cross_encoder(tmp_path / "model", labels), problem)


def test_a_reranker_is_refused_for_its_score_is_no_probability(tmp_path: Path) -> None:
    activation = {"activation_fn": "torch.nn.modules.linear.Identity"}
    name = save_cross_encoder(tmp_path / "model", ("LABEL_0",), sentence_transformers=activation)
    refused(name, "gives a score that is no probability, as models for search do")


@pytest.mark.parametrize(
    ("labels", "always", "supports"),
    [
        (("LABEL_0", "LABEL_1"), "LABEL_0", "LABEL_1"),
        (("LABEL_0",), "", "LABEL_0"),
        (("entailment", "neutral", "contradiction"), "contradiction", "entailment"),
    ],
)
def test_a_model_whose_outputs_are_the_other_way_round_is_refused(
    tmp_path: Path, labels: tuple[str, ...], always: str, supports: str
) -> None:
    assert "garden" in OTHER_LINE
    name = save_cross_encoder(tmp_path / "model", labels, always, heard={"garden": supports})
    refused(name, "finds a line less supported by itself")


def test_a_model_without_a_head_is_refused(tmp_path: Path) -> None:
    refused("all-MiniLM-L6-v2", "does not judge pairs of texts")
    refused(str(tmp_path / "nothing"), "There is no model folder")
    (tmp_path / "empty").mkdir()
    refused(str(tmp_path / "empty"), "holds no sentence-transformers model")


def test_a_model_that_brings_code_or_pickled_weights_is_refused(tmp_path: Path) -> None:
    folder = Path(save_cross_encoder(tmp_path / "model", ("no", "yes")))
    config = json.loads((folder / "config.json").read_text())
    code = {"AutoModelForSequenceClassification": "modeling_hhem_v2.HHEMv2ForSequenceClassification"}
    (folder / "config.json").write_text(json.dumps({**config, "auto_map": code}))
    refused(str(folder), "config.json has 'auto_map'")
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").unlink()
    refused(str(folder), "has no weights in .safetensors")
    (folder / "pytorch_model.bin").write_bytes(b"pickled")
    refused(str(folder), "pytorch_model.bin is pickled")


def rounded(opinion: Opinion) -> Opinion:
    return Opinion(round(opinion.supported, 2), round(opinion.contradicted, 2))


def test_weights_that_are_cut_short_lack_the_head_or_have_another_shape_are_refused(tmp_path: Path) -> None:
    folder = Path(save_cross_encoder(tmp_path / "model", ("no", "yes")))
    file = folder / "model.safetensors"
    tensors = load(file.read_bytes())
    file.write_bytes(file.read_bytes()[:10_000])
    refused(str(folder), "cannot be loaded")
    save_file({name: tensor for name, tensor in tensors.items() if "classifier" not in name}, file)
    refused(str(folder), "lack classifier.bias")
    save_file({**tensors, "classifier.bias": tensors["classifier.bias"][:1].clone()}, file)
    refused(str(folder), "cannot be loaded")


def refused(name: str, problem: str) -> None:
    with pytest.raises(ModelError) as caught:
        open_check_model(name)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("opinion", "three_way", "expected"),
    [
        (Opinion(0.9, 0.0), True, SUPPORTED),
        (Opinion(0.89, 0.0), True, REWORDED),
        (Opinion(0.0, 0.49), True, REWORDED),  # neutral: not said, and not denied either
        (Opinion(0.2, 0.5), True, UNSUPPORTED),
        (Opinion(0.95, 0.95), True, REWORDED),  # two windows disagree
        (Opinion(0.9, 0.0), False, SUPPORTED),
        (Opinion(0.11, 0.0), False, REWORDED),
        (Opinion(0.1, 0.0), False, UNSUPPORTED),
    ],
)
def test_what_is_said_in_other_words_is_decided_by_the_model(opinion: Opinion, three_way: bool, expected: str) -> None:
    assert decide(REWORDED, opinion, three_way=three_way) == expected


@pytest.mark.parametrize("support", [SUPPORTED, UNSUPPORTED, NO_CLAIM])
@pytest.mark.parametrize("opinion", [Opinion(1.0, 0.0), Opinion(0.0, 1.0), Opinion(0.0, 0.0)])
def test_nothing_else_is(support: str, opinion: Opinion) -> None:
    for three_way in (True, False):
        assert decide(support, opinion, three_way=three_way) == support
