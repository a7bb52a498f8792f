"""An optional judge: a cross-encoder that reads lines and sentence together and says whether the lines say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from rag_bot.errors import ModelError
from rag_bot.models.export import quiet_loading
from rag_bot.models.weights import find_model
from rag_bot.records import REWORDED, SUPPORTED, UNSUPPORTED

# Labels as configurations on the hub have them, in lower case and with "_" between words. Where a head of two has no
# names, 1 is "supported": so https://huggingface.co/lytang/MiniCheck-RoBERTa-Large and FactCG have it.
_MEANING = {
    **dict.fromkeys(("entailment", "supported", "supports", "consistent", "grounded", "factual", "yes"), "says"),
    **dict.fromkeys(("1", "label_1"), "says"),
    **dict.fromkeys(("not_entailment", "unsupported", "not_supported", "inconsistent", "hallucinated"), "says not"),
    **dict.fromkeys(("hallucination", "ungrounded", "not_grounded", "non_factual", "no", "0", "label_0"), "says not"),
    **dict.fromkeys(("neutral", "not_enough_info"), "neutral"),
    **dict.fromkeys(("contradiction", "refutes", "refuted"), "contradicts"),
}
_SUCH_AS = "Name one for natural language inference or grounding, such as cross-encoder/nli-deberta-v3-small."

_LONGEST_WINDOW = 512  # tokens: all that BERT and RoBERTa have positions for, and what NLI models are taught with
_FEWEST_OF_LINES = 32  # tokens that a window has for the lines, or nothing is judged; set by hand
_OVERLAP = 0.25  # of what a window has for the lines, so that a line up to this long is whole in one; set by hand
_BATCH = 8  # windows in one forward pass; set by hand

# MiniCheck's code takes what is likelier than .5 (minicheck.py of https://github.com/Liyan06/MiniCheck); of three
# labels at most one is. A contradiction is believed from there. The published balanced accuracies of such models are
# .61 to .77 (docs/check-models.md), too little for a mark: the other two limits are set by hand.
CONTRADICTED_FROM = 0.5
SUPPORTED_FROM = 0.9
UNSUPPORTED_TO = 0.1

# A line says itself and not the other one. A model that clearly finds the contrary has its outputs the other way round.
# The margin is set by hand.
_UPSIDE_DOWN_FROM = 0.25
LINE, OTHER_LINE = "The ferry leaves at seven.", "The dog sleeps in the garden."


@dataclass(frozen=True, slots=True)
class Opinion:
    """How likely lines say a sentence, and how likely they contradict it; both in [0, 1]."""

    supported: float
    contradicted: float


UNDECIDED = Opinion(0.5, 0.0)
"""Of a sentence that the model cannot read whole; `decide` leaves everything as it is."""


@dataclass(frozen=True, slots=True)
class Head:
    """Which outputs of a model mean what; `contradicted` is None for a model of one or two outputs."""

    supported: int
    contradicted: int | None


class CheckModel:
    """Judges sentences by a cross-encoder with one output, two, or three."""

    def __init__(self, model: Any, tokenizer: Any, head: Head) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._head = head
        self._window = min(tokenizer.model_max_length, _LONGEST_WINDOW)
        self._lock = Lock()  # a tokenizer keeps how it cuts from one call to the next

    @property
    def three_way(self) -> bool:
        """Whether it tells what contradicts the lines from what they don't say; else `contradicted` is always 0."""
        return self._head.contradicted is not None

    def judge(self, lines: Sequence[str], sentence: str) -> Opinion:
        """What the lines, taken together and in this order, say to a sentence, which is always read whole.

        Long lines are read in several windows: the one that supports the sentence most, and the one that contradicts
        it most, count.
        """
        with self._lock:
            return self._judge("\n".join(lines), sentence)

    def _judge(self, text: str, sentence: str) -> Opinion:
        import torch

        tokenizer = self._tokenizer
        own = len(tokenizer(sentence, add_special_tokens=False, verbose=False)["input_ids"])
        room = self._window - tokenizer.num_special_tokens_to_add(pair=True) - own
        if room < _FEWEST_OF_LINES:
            return UNDECIDED
        windows = tokenizer(
            text,
            sentence,
            truncation="only_first",
            max_length=self._window,
            stride=int(room * _OVERLAP),
            return_overflowing_tokens=True,
            padding=True,
            return_tensors="pt",
        )
        windows.pop("overflow_to_sample_mapping")
        with torch.inference_mode():
            logits = torch.cat(
                [
                    self._model(**{name: values[start : start + _BATCH] for name, values in windows.items()}).logits
                    for start in range(0, len(windows["input_ids"]), _BATCH)
                ]
            )
        likely = logits.sigmoid() if logits.shape[1] == 1 else logits.softmax(dim=-1)
        best = likely.max(dim=0).values.tolist()
        supported, contradicted = self._head.supported, self._head.contradicted
        return Opinion(best[supported], 0.0 if contradicted is None else best[contradicted])


def decide(support: str, opinion: Opinion, *, three_way: bool) -> str:
    """The support of a sentence after a model has read it: only what is said in other words is open to it.

    What a missing number, date or name has already decided stays, and so does what stands in the lines word for word.
    Lines that say a sentence in one window and contradict it in another decide nothing.
    """
    if support != REWORDED:
        return support
    is_said = opinion.supported >= SUPPORTED_FROM
    is_denied = opinion.contradicted >= CONTRADICTED_FROM if three_way else opinion.supported <= UNSUPPORTED_TO
    if is_said == is_denied:
        return REWORDED
    return SUPPORTED if is_said else UNSUPPORTED


@lru_cache(maxsize=1)
def open_check_model(name: str) -> CheckModel:
    """The cross-encoder of this name on the hub, or in this folder; it stays loaded.

    Raises:
        ModelError: there is none, it brings code, has no safe weights, or it is not told which output means what.
    """
    folder = find_model(name, instead='the setting generation.check_model = ""')
    if not any(folder.glob("*.safetensors")):
        raise ModelError(
            f"The model {name} has no weights in .safetensors, and rag-bot reads no others. Take a version that has "
            "them; on the hub one is often offered as a pull request."
        )
    with quiet_loading(f"The model {name}"):
        model = _load(name, folder)
    if model.judge([LINE], OTHER_LINE).supported > model.judge([LINE], LINE).supported + _UPSIDE_DOWN_FROM:
        raise ModelError(
            f"The model {name} finds a line less supported by itself than by another: its outputs mean something else "
            f"than its config.json says. {_SUCH_AS}"
        )
    return model


def _load(name: str, folder: Path) -> CheckModel:
    from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    config = AutoConfig.from_pretrained(folder, **options)
    head = _head(name, config)
    tokenizer = AutoTokenizer.from_pretrained(folder, **options)
    if not tokenizer.is_fast:
        raise ModelError(f"The model {name} has no tokenizer.json, without which long lines can't be cut.")
    model, report = AutoModelForSequenceClassification.from_pretrained(
        folder, use_safetensors=True, dtype="float32", output_loading_info=True, **options
    )
    if missing := sorted(report["missing_keys"]):  # transformers would fill them at random
        raise ModelError(f"The weights of the model {name} lack {missing[0]}. Take a whole copy of it.")
    return CheckModel(model.eval(), tokenizer, head)


def _head(name: str, config: Any) -> Head:
    """Which output means what. Raises ModelError where the configuration does not tell."""
    if not any(str(architecture).endswith("ForSequenceClassification") for architecture in config.architectures or ()):
        raise ModelError(f"The model {name} does not judge pairs of texts. {_SUCH_AS}")
    labels = [str(config.id2label[number]) for number in range(config.num_labels)]
    kinds = [_MEANING.get(label.strip().lower().replace("-", "_").replace(" ", "_"), "") for label in labels]
    if len(labels) == 1 and "Identity" not in _activation(config):
        return Head(0, None)
    if sorted(kinds) == ["says", "says not"]:
        return Head(kinds.index("says"), None)
    if sorted(kinds) == ["contradicts", "neutral", "says"]:
        return Head(kinds.index("says"), kinds.index("contradicts"))
    if len(labels) == 1:
        raise ModelError(f"The model {name} gives a score that is no probability, as models for search do. {_SUCH_AS}")
    listed = ", ".join(labels)[:200]
    raise ModelError(f"The model {name} has the labels {listed}, which don't say what supports a sentence. {_SUCH_AS}")


def _activation(config: Any) -> str:
    """What sentence-transformers puts after a single output: Identity for a score without bounds, else a sigmoid."""
    own = getattr(config, "sentence_transformers", None) or {}
    return str(own.get("activation_fn") or getattr(config, "sbert_ce_default_activation_function", None) or "")
