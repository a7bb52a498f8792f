"""Teaches the layers that read sentences on top of the reader: do these lines say this sentence?

    python -m eval.checker.teach DATA VITAMINC OUT --minutes 20

DATA holds `nli` and `checker`; VITAMINC is `test.jsonl` of vitaminc_real. Our own sentences are in `taught/`. Writes
OUT (`rag_bot/models/data/says.onnx`): copies of the reader's last three layers, taught while everything below them
stands still. What the ninth layer makes of each pair, its output "hidden", is therefore read once, and kept. A reader
that `eval.reader.teach` has made anew gets that output by `with_hidden`.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from eval.reader.dequantise import CONFIG, float_weights
from eval.reader.network import SAYS, batch_of, open_tokenizer, read_rows
from eval.reader.prepare import edited_pairs, sentence_pair
from eval.reader.vault import Vault
from rag_bot.check import Checker, CitedLine
from rag_bot.check.checker import align_sentence, lines_stood_on

READER = Path("rag_bot/models/data/reader.onnx")
TAUGHT = Path(__file__).with_name("taught")
VAULTS = Path("eval/reader/vaults")
SHARED_LAYERS = 9  # of twelve; three more of 1.8 MB keep both files under 40 MB
_CUT = f"/bert/encoder/layer.{SHARED_LAYERS - 1}/output/LayerNorm/LayerNormalization_output_0"
PUBLIC = {
    "mnli-dev": 12_000,
    "snli-dev": 4_500,
    "snli-test": 4_500,
    "cad-snli": 8_000,
    "scitail-dev": 2_125,
    "med": 4_000,
}
VITAMINC_PAIRS = 20_000
EDITS = 1_300  # pairs made by rule from the lines of each of our vaults
# Set by hand, the last four after runs of a few minutes: 2e-4 forgot more of other people's sentences.
PUBLIC_SHARE = 0.3  # of the public pairs in each pass over our own
SURROUNDED = 0.3  # share of public premises that get other premises around them, as notes have other lines
BATCH_TOKENS = 2_048  # of a batch, padding included
RATE, WARM_UP, WEIGHT_DECAY, DROPOUT, LONGEST_GRADIENT = 1.5e-4, 50, 0.01, 0.1, 1.0

Hidden = NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Example:
    sentence: str
    premise: str
    is_said: bool


def own_examples(data: Path) -> Iterator[Example]:
    """Our own sentences, over the lines that the checker would have the reader read; and edits made by rule."""
    checker = Checker(None)
    for file in sorted(TAUGHT.glob("*.jsonl")):
        for group in read_rows(file):
            for sentence, label, _ in group["sentences"]:
                yield _example(checker, group["lines"], sentence, label)
    for row in read_rows(data / "checker" / "pairs-personal.jsonl"):
        yield _example(checker, row["lines"], row["sentence"], row["label"])
    rng = random.Random(5)
    for folder in sorted(path for path in VAULTS.iterdir() if path.is_dir()):
        for pair in edited_pairs(Vault.read(folder), EDITS, rng):
            yield Example(pair["sentence"], pair["text"], bool(pair["label"]))


def _example(checker: Checker, lines: Sequence[Sequence[str]], sentence: str, label: str) -> Example:
    evidence = checker.read([CitedLine(text, context) for context, text in lines])
    alignment = align_sentence(sentence, evidence, range(len(lines)))
    return Example(sentence, " ".join(lines_stood_on(evidence, alignment)), label == "supported")


def public_examples(data: Path, vitaminc: Path) -> Iterator[Example]:
    """Natural language inference, and claims about revisions of Wikipedia that differ in a fact."""
    rng = random.Random(15)
    for name, most in PUBLIC.items():
        rows = rng.sample(read_rows(data / "nli" / f"{name}.jsonl"), most)
        premises = [sentence_pair(row, 1.0)["text"] for row in rows]
        for row, premise in zip(rows, premises, strict=True):
            if rng.random() < SURROUNDED:
                others = [other for other in rng.sample(premises, rng.randint(1, 2)) if len(other) < 200]
                premise = " ".join(rng.sample([premise, *others], 1 + len(others)))
            yield Example(row["sentence"], premise, row["label"] == "supported")
    for row in rng.sample(read_rows(vitaminc), VITAMINC_PAIRS):
        evidence, page = _joined(row["evidence"]), _joined(row["page"].replace("_", " "))
        premise = f"{page}: {evidence}" if rng.random() < 0.7 else evidence
        yield Example(_joined(row["claim"]), premise, row["label"] == "SUPPORTS")


def _joined(tokens: str) -> str:
    """The text of a tokenised sentence: "5 % ( 2019 ) ." becomes "5% (2019)."."""
    text = tokens.replace("\ufffd", " ").replace("-LRB-", "(").replace("-RRB-", ")").replace(" n't", "n't")
    return re.sub(r"([(\[$£€])\s+", r"\1", re.sub(r"\s+([.,;:!?%)\]'’])", r"\1", text)).strip()


def hidden_states(examples: Sequence[Example]) -> list[Hidden]:
    """What the ninth layer of the reader makes of each pair, shape [tokens, 384]."""
    session = onnxruntime.InferenceSession(str(READER), providers=["CPUExecutionProvider"])
    tokenizer = open_tokenizer(READER.with_name("reader-tokenizer.json"))
    tokenizer.enable_truncation(192)  # as `rag_bot.models.reader` reads
    found = []
    for number, example in enumerate(examples):
        batch = batch_of(tokenizer, [(example.sentence, example.premise)])
        feed = {name: values.numpy() for name, values in batch.items()}
        found.append(session.run(["hidden"], feed)[0][0].astype(np.float16))
        if number % 5_000 == 0:
            print(f"{number:,} of {len(examples):,} pairs read", flush=True)
    return found


class Branch(torch.nn.Module):
    """The reader's last layers, pooler and output for sentences, on top of what the shared layers make of a pair."""

    def __init__(self) -> None:
        super().__init__()
        from transformers import BertConfig, BertForSequenceClassification

        config = BertConfig(**CONFIG | {"num_labels": 3}, attn_implementation="eager")
        model = BertForSequenceClassification(config)
        weights = {name: torch.from_numpy(array.copy()) for name, array in float_weights(READER).items()}
        model.load_state_dict(weights, strict=False)
        self.layers = model.bert.encoder.layer[SHARED_LAYERS:]
        self.pooler = model.bert.pooler
        self.output = torch.nn.Linear(config.hidden_size, 1)
        with torch.no_grad():
            self.output.weight.copy_(weights["classifier.weight"][SAYS : SAYS + 1])
            self.output.bias.copy_(weights["classifier.bias"][SAYS : SAYS + 1])
        for module in self.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = DROPOUT

    def forward(self, hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        added = (1.0 - attention_mask[:, None, None, :].to(hidden.dtype)) * -1e4
        for layer in self.layers:
            after = layer(hidden, added)
            hidden = after[0] if isinstance(after, tuple) else after
        logits: torch.Tensor = self.output(self.pooler(hidden))
        return logits


def batches(
    own: Sequence[int], public: Sequence[int], states: Sequence[Hidden], rng: random.Random
) -> Iterator[list[int]]:
    """Indexes of pairs of similar length, our own all in each pass, of the public ones a new sample."""
    while True:
        order = [*own, *rng.sample(public, int(len(public) * PUBLIC_SHARE))]
        rng.shuffle(order)
        for start in range(0, len(order), 1_024):
            part = sorted(order[start : start + 1_024], key=lambda index: len(states[index]))
            found: list[list[int]] = [[]]
            for index in part:
                if len(states[index]) * (len(found[-1]) + 1) > BATCH_TOKENS:
                    found.append([])
                found[-1].append(index)
            rng.shuffle(found)
            yield from (batch for batch in found if batch)


def padded(states: Iterable[Hidden]) -> tuple[torch.Tensor, torch.Tensor]:
    rows = [torch.from_numpy(state.astype(np.float32)) for state in states]
    hidden = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    mask = torch.zeros(hidden.shape[:2])
    for number, row in enumerate(rows):
        mask[number, : len(row)] = 1
    return hidden, mask


def teach(branch: Branch, examples: Sequence[Example], count_of_own: int, minutes: float, seed: int) -> None:
    """Teaches for so long; the rate falls to zero at the deadline by the clock."""
    states, rng = hidden_states(examples), random.Random(seed)
    own, public = range(count_of_own), range(count_of_own, len(examples))
    optimizer = torch.optim.AdamW(branch.parameters(), lr=RATE, weight_decay=WEIGHT_DECAY)
    started, losses, seen = time.monotonic(), list[float](), 0
    branch.train()
    for step, batch in enumerate(batches(own, public, states, rng), start=1):
        elapsed = (time.monotonic() - started) / (minutes * 60)
        if elapsed >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, step / WARM_UP) * (1 - elapsed)
        hidden, mask = padded(states[index] for index in batch)
        said = torch.tensor([float(examples[index].is_said) for index in batch])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = branch(hidden, mask)[:, 0]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits.float(), said)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(branch.parameters(), LONGEST_GRADIENT)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
        seen += len(batch)
        if step % 100 == 0:
            shown = {"step": step, "pairs": seen, "loss": round(sum(losses[-100:]) / 100, 3)}
            print(json.dumps(shown), flush=True)


def export(branch: Branch, out: Path) -> None:
    """Writes the branch, int8 by channel as the reader is."""
    with TemporaryDirectory() as folder:
        whole = Path(folder, "float32.onnx")
        torch.onnx.export(
            branch.eval(),
            (torch.randn(2, 7, CONFIG["hidden_size"]), torch.ones(2, 7, dtype=torch.int64)),
            str(whole),
            input_names=["hidden", "attention_mask"],
            output_names=["says"],
            dynamic_axes={"hidden": {0: "pairs", 1: "tokens"}, "attention_mask": {0: "pairs", 1: "tokens"}},
            opset_version=17,
            dynamo=False,
        )
        operators = ["MatMul", "Gemm"]
        quantize_dynamic(whole, out, per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=operators)


def with_hidden(reader: Path, out: Path) -> None:
    """Writes the reader as `eval.reader.teach` exports it with what its ninth layer gives as a further output."""
    model = onnx.load(str(reader))
    model.graph.node.append(helper.make_node("Identity", [_CUT], ["hidden"]))
    model.graph.output.append(helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["pairs", "tokens", 384]))
    onnx.checker.check_model(model)
    onnx.save(model, str(out))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "vitaminc", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--seed", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    options: Any = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    own, public = list(own_examples(options.data)), list(public_examples(options.data, options.vitaminc))
    print(f"{len(own):,} pairs of our own, {len(public):,} public ones", flush=True)
    branch = Branch()
    teach(branch, [*own, *public], len(own), options.minutes, options.seed)
    export(branch, options.out)
    print(f"{options.out}: {options.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
