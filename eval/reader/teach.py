"""Teaches the reader, by the clock: the learning rate falls to zero at the deadline, however fast the machine is.

    python -m eval.reader.teach START EXAMPLES OUT --minutes 50
    python -m eval.reader.teach TAUGHT EXAMPLES OUT --minutes 20 --layers 0 2 4 6 8 11 --teacher reader.onnx

START is a folder that `dequantise` wrote, or one that an earlier run wrote into its OUT. OUT gets the weights every ten
minutes, and at the end `model.safetensors` and `reader.onnx`, its int8 export.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import shutil
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from eval.reader.network import (
    ANSWERS,
    MOST_TOKENS,
    RELEVANCE,
    SAYS,
    OnnxReader,
    Pair,
    batch_of,
    load,
    open_tokenizer,
    read_rows,
)
from eval.reader.prepare import PUBLIC

# All set by hand, before the first run; none was searched for.
LEARNING_RATE = 7e-5
# Of the outputs' own weights. With the rate of the rest they stay parallel, as they begin: three times one output.
OUTPUT_LEARNING_RATE = 1e-3
WARM_UP = 50  # steps
FITTED_ON = 25  # batches of each kind that the outputs are fitted on, before anything is taught
RIDGE, FITTED_TO = 10.0, 2.0  # of that fit: what keeps it small, and the logits that labels stand for
WEIGHT_DECAY = 0.01
LONGEST_GRADIENT = 1.0
BATCH_TOKENS = 2_048  # of a step, padding included: some 35 pairs
SENTENCES_SHARE = 0.32  # of the tokens, for the output SAYS
PUBLIC_ROUNDS, OUR_ROUNDS = 1, 2  # how often groups of public sets, and of vaults, are in one time round
EASY, EASY_KEPT = -9.0, 0.25  # wrong texts that the packaged reader gives less teach little: only this share is kept
RIGHT_WEIGHS = 2.0  # a right line against a wrong one, of which there are four times as many
LISTWISE, DISTILLED = 0.5, 1.0  # weights of the losses beside the one of the verdict
RELEVANCE_SCALE = 4.0  # the packaged reader's scores spread by about this much
FIRST_SCALE = 0.35  # of the packaged output's weights in the new outputs: scores within a logistic curve's reach
DROPOUT = 0.05  # half of what the model was made with: training is short
SAVED_EVERY = 600  # seconds
SHUFFLED_TOGETHER = 40  # batches among which examples of similar length are put together


@dataclass(frozen=True, slots=True)
class Batch:
    """Pairs of one step. `groups` has the number of the group of each pair; for sentences it is empty.

    `relevance` is what the packaged reader gives, or NaN.
    """

    pairs: list[Pair]
    labels: list[float]
    weights: list[float]
    relevance: list[float]
    groups: list[int]


def length_of(pairs: Sequence[Pair]) -> int:
    """About how many tokens the longest of the pairs takes: four characters each."""
    return min(MOST_TOKENS, max(len(first) + len(second) for first, second in pairs) // 4 + 4)


def endless_batches(units: Sequence[Sequence[Any]], make: Any, rng: random.Random) -> Iterator[Batch]:
    """Units (groups, or single sentences) in batches of similar length, in a new order each time round.

    The first member of a unit is its length, the second how many pairs it has.
    """
    while True:
        order = list(units)
        rng.shuffle(order)
        size = SHUFFLED_TOGETHER * BATCH_TOKENS
        batches: list[list[Any]] = []
        block: list[Any] = []
        taken = 0
        for unit in order:
            block.append(unit)
            taken += unit[0] * unit[1]
            if taken >= size:
                batches += _packed(block)
                block, taken = [], 0
        batches += _packed(block)
        rng.shuffle(batches)
        yield from (make(batch) for batch in batches)


def _packed(units: Sequence[Any]) -> list[list[Any]]:
    batches: list[list[Any]] = []
    longest = pairs = 0
    for unit in sorted(units, key=lambda unit: unit[0]):
        longest, pairs = max(longest, unit[0]), pairs + unit[1]
        if not batches or longest * pairs > BATCH_TOKENS:
            batches.append([])
            longest, pairs = unit[0], unit[1]
        batches[-1].append(unit)
    return batches


def thinned(row: Mapping[str, Any], rng: random.Random) -> dict[str, Any]:
    """The group without most of its easy wrong texts; the first text always stays."""
    relevance = row["relevance"] or [math.nan] * len(row["texts"])
    kept = [
        at
        for at, (label, score) in enumerate(zip(row["labels"], relevance, strict=True))
        if at == 0 or label or not score < EASY or rng.random() < EASY_KEPT
    ]
    some = {name: [row[name][at] for at in kept] for name in ("texts", "labels")}
    return {"question": row["question"], **some, "relevance": [relevance[at] for at in kept]}


def batches_of_groups(rows: Sequence[Mapping[str, Any]], rng: random.Random) -> Iterator[Batch]:
    groups = [
        thinned(row, rng) for row in rows for _ in range(PUBLIC_ROUNDS if row["source"] in PUBLIC else OUR_ROUNDS)
    ]
    units = [(length_of([(row["question"], text) for text in row["texts"]]), len(row["texts"]), row) for row in groups]

    def make(batch: Sequence[Any]) -> Batch:
        made = Batch([], [], [], [], [])
        for number, (_, _, row) in enumerate(batch):
            made.pairs.extend((row["question"], text) for text in row["texts"])
            made.labels.extend(map(float, row["labels"]))
            made.weights.extend(RIGHT_WEIGHS if label else 1.0 for label in row["labels"])
            made.relevance.extend(row["relevance"])
            made.groups.extend([number] * len(row["texts"]))
        return made

    return endless_batches(units, make, rng)


def batches_of_sentences(rows: Sequence[Mapping[str, Any]], rng: random.Random) -> Iterator[Batch]:
    units = [(length_of([(row["sentence"], row["text"])]), 1, row) for row in rows]

    def make(batch: Sequence[Any]) -> Batch:
        taken = [row for _, _, row in batch]
        pairs = [(row["sentence"], row["text"]) for row in taken]
        return Batch(pairs, [float(row["label"]) for row in taken], [row["weight"] for row in taken], [], [])

    return endless_batches(units, make, rng)


def loss_of(logits: torch.Tensor, batch: Batch) -> dict[str, torch.Tensor]:
    """The losses of a batch by name; their sum is what is made smaller."""
    labels, weights = torch.tensor(batch.labels), torch.tensor(batch.weights)
    output = logits[:, ANSWERS if batch.groups else SAYS]
    each = binary_cross_entropy_with_logits(output, labels, reduction="none")
    verdict = (each * weights).sum() / weights.sum()
    if not batch.groups:
        return {"says": verdict}
    losses = {"answers": verdict}
    distance = (logits[:, RELEVANCE] - torch.tensor(batch.relevance)) / RELEVANCE_SCALE
    if (known := ~distance.isnan()).any():
        losses["relevance"] = DISTILLED * distance[known].square().mean()
    members = defaultdict[int, list[int]](list)
    for index, group in enumerate(batch.groups):
        members[group].append(index)
    ranked = []
    for indexes in members.values():
        is_right = labels[indexes] > 0
        if is_right.any() and not is_right.all():
            scores = output[indexes]
            ranked.append(scores.logsumexp(0) - scores[is_right].logsumexp(0))
    if ranked:
        losses["ranking"] = LISTWISE * torch.stack(ranked).mean()
    return losses


def three_outputs(model: torch.nn.Module) -> torch.nn.Module:
    """The model with the outputs ANSWERS, SAYS and RELEVANCE; unchanged if it has them."""
    old = model.classifier
    if old.out_features == 1:
        new = torch.nn.Linear(old.in_features, 3)
        with torch.no_grad():
            for output, scale in ((ANSWERS, FIRST_SCALE), (SAYS, FIRST_SCALE), (RELEVANCE, 1.0)):
                new.weight[output], new.bias[output] = old.weight[0] * scale, old.bias[0] * scale
        model.classifier = new
        model.config.num_labels = model.num_labels = 3
    return model


def fit_outputs(model: Any, tokenizer: Any, groups: Iterator[Batch], sentences: Iterator[Batch]) -> None:
    """Gives each output a direction of its own: the least squares fit of what it misses over some batches."""
    features: dict[int, list[torch.Tensor]] = {output: [] for output in (ANSWERS, SAYS, RELEVANCE)}
    missed: dict[int, list[torch.Tensor]] = {output: [] for output in features}
    model.eval()
    for _ in range(FITTED_ON):
        for batch in (next(groups), next(sentences)):
            with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                pooled = model.bert(**batch_of(tokenizer, batch.pairs)).pooler_output.float()
            now = pooled @ model.classifier.weight.detach().T + model.classifier.bias.detach()
            aims = {ANSWERS if batch.groups else SAYS: (torch.tensor(batch.labels) * 2 - 1) * FITTED_TO}
            if batch.groups:
                aims[RELEVANCE] = torch.tensor(batch.relevance)
            for output, aim in aims.items():
                known = ~aim.isnan()
                features[output].append(pooled[known])
                missed[output].append((aim - now[:, output])[known])
    with torch.no_grad():
        for output in features:
            inputs, residuals = torch.cat(features[output]), torch.cat(missed[output])
            centred = inputs - inputs.mean(0)
            products = centred.T @ centred + RIDGE * torch.eye(inputs.shape[1])
            change = torch.linalg.solve(products, centred.T @ (residuals - residuals.mean()))
            model.classifier.weight[output] += change
            model.classifier.bias[output] += residuals.mean() - inputs.mean(0) @ change
    model.train()


def keep_layers(model: torch.nn.Module, layers: Sequence[int]) -> None:
    model.bert.encoder.layer = torch.nn.ModuleList(model.bert.encoder.layer[layer] for layer in layers)
    model.config.num_hidden_layers = len(layers)


def prepared(start: Path, layers: Sequence[int]) -> torch.nn.Module:
    """The model to teach: all of it but its embeddings, which stay as they are in the package."""
    model = three_outputs(load(start))
    if layers:
        keep_layers(model, layers)
    for parameter in model.bert.embeddings.parameters():
        parameter.requires_grad = False
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = DROPOUT
    for layer in model.bert.encoder.layer:
        layer.attention.self.dropout.p = 0.0  # the costliest of them
    model.train()
    return model


def save(model: torch.nn.Module, start: Path, out: Path) -> None:
    model.save_pretrained(out)
    shutil.copy(start / "tokenizer.json", out)


def export(model: torch.nn.Module, out: Path) -> Path:
    """Writes `reader.onnx`: int8 by channel, word embeddings as well. Returns its path."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model.eval()
    inputs = ["input_ids", "attention_mask", "token_type_ids"]
    batch = batch_of(open_tokenizer(out / "tokenizer.json"), [("a question", "a line"), ("another one", "its line")])
    axes = {name: {0: "pairs", 1: "tokens"} for name in inputs} | {"logits": {0: "pairs"}}
    torch.onnx.export(
        model,
        tuple(batch[name] for name in inputs),
        str(out / "float32.onnx"),
        input_names=inputs,
        output_names=["logits"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    file = out / "reader.onnx"
    quantize_dynamic(
        out / "float32.onnx",
        file,
        per_channel=True,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Gemm", "Gather"],
    )
    return file


def teach(options: argparse.Namespace) -> None:
    torch.set_num_threads(2)
    torch.manual_seed(options.seed)
    rng, started = random.Random(options.seed), time.monotonic()
    tokenizer = open_tokenizer(options.start / "tokenizer.json")
    model = prepared(options.start, options.layers)
    teacher = OnnxReader(options.teacher) if options.teacher else None
    groups = batches_of_groups(read_rows(options.examples / "groups.jsonl"), rng)
    sentences = batches_of_sentences(read_rows(options.examples / "pairs.jsonl"), rng)
    fit_outputs(model, tokenizer, groups, sentences)
    outputs = list(model.classifier.parameters())
    body = [parameter for parameter in model.bert.parameters() if parameter.requires_grad]
    rates = (options.rate, OUTPUT_LEARNING_RATE)
    optimizer = torch.optim.AdamW([{"params": body}, {"params": outputs}], weight_decay=WEIGHT_DECAY, fused=True)
    seconds, saved, step = options.minutes * 60, started, 0
    tokens, means = {"groups": 0, "sentences": 0}, defaultdict[str, list[float]](list)
    while (elapsed := time.monotonic() - started) < seconds:
        kind = "sentences" if tokens["sentences"] < SENTENCES_SHARE * sum(tokens.values()) else "groups"
        batch = next(sentences if kind == "sentences" else groups)
        features = batch_of(tokenizer, batch.pairs)
        tokens[kind] += features["input_ids"].numel()
        for rate, parameters in zip(rates, optimizer.param_groups, strict=True):
            parameters["lr"] = rate * min(1.0, (step + 1) / WARM_UP) * (1 - elapsed / seconds)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(**features).logits.float()
        losses = loss_of(logits, batch)
        if teacher:
            distance = logits - torch.from_numpy(teacher.run(features))
            distance[:, RELEVANCE] /= RELEVANCE_SCALE
            losses["teacher"] = distance.square().mean()
        torch.stack(list(losses.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(body, LONGEST_GRADIENT)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        for name, loss in losses.items():
            means[name].append(float(loss.detach()))
        if step % 50 == 0:
            shown = {name: round(sum(values) / len(values), 3) for name, values in sorted(means.items())}
            print(
                json.dumps({"step": step, "seconds": round(elapsed), "tokens": sum(tokens.values()), **shown}),
                flush=True,
            )
            means.clear()
        if time.monotonic() - saved > SAVED_EVERY:
            save(model, options.start, options.out)
            saved = time.monotonic()
    save(model, options.start, options.out)
    print(export(model, options.out), f"after {step} steps and {tokens} tokens", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("start", "examples", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--rate", type=float, default=LEARNING_RATE, help="the learning rate at its highest")
    parser.add_argument("--seed", type=int, default=12, help="of the order of the examples")
    parser.add_argument("--layers", type=int, nargs="*", default=[], help="those that are kept; all by default")
    parser.add_argument("--teacher", type=Path, help="an exported reader whose outputs are imitated as well")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    teach(options)


if __name__ == "__main__":
    main()
