"""Makes the examples that the reader is taught with.

    python -m eval.reader.prepare DATA PUBLIC PACKAGED OUT

DATA holds `vaults`, `questions`, `answerability`, `nli` and `checker`; PUBLIC the further public files that README.md
names; PACKAGED is the folder of the packaged cross-encoder. Writes `groups.jsonl` (questions with lines or passages
that do and do not answer) and `pairs.jsonl` (sentences with lines that do and do not say them) into OUT.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from eval.reader.network import OnnxReader, Pair, open_tokenizer, read_rows
from eval.reader.vault import Question, Vault, right_and_doubtful, words_of
from rag_bot.text.sentences import sentences

OUR_VAULTS = Path(__file__).with_name("vaults")
SHARED = {  # questions by name -> the folder of their notes
    "personal": "personal",
    "obsidian-help": "obsidian-help-en",
    "simonw-til": "simonw-til",
    "jbranchaud-til": "jbranchaud-til",
}
TAUGHT = ("personal", "simonw-til", "jbranchaud-til")  # obsidian-help's notes have no licence that could be found
PUBLIC = frozenset({"squad2", "squad2-train", "selqa", "policyqa", "condaqa"})
# Everything below was set by hand, before the first run.
NEAREST = 18  # lines of a vault, by words, among which the hard wrong ones are sought
HARDEST = 5  # wrong lines of a group that the packaged reader likes best
BY_WORDS = 2  # and those that share most words with the question
MOST_RIGHT = 3  # right lines of a group
LOWERED, KEYWORDS, BARE = 0.15, 0.1, 0.25  # shares of public questions: in lower case, as keywords; lines without title
DISTILLED = 0.35  # share of public groups that the packaged reader reads: it takes long
PASSAGES = 0.35  # share of public questions that a passage is made for, too
LONGEST_PASSAGE = 450  # characters: what fits into the window beside the question
OUR_WEIGHT = 3.0  # of our own pairs of sentence and lines
PUBLIC_PAIRS = {  # NLI sets with a known free licence -> pairs taken at most
    "mnli-dev": 7_000,
    "snli-dev": 2_000,
    "snli-test": 2_000,
    "cad-snli": 4_000,
    "scitail-dev": 2_000,
    "med": 3_000,
}
EDITS = 1_000  # pairs made from the lines of each of our vaults
STOP_WORDS = frozenset(
    "a an the of to in on at for with by from is are was were be been do does did has have had can could will would "
    "should shall may might must i we you he she it they my our your his her its their me us him them this that these "
    "those there what which who whom whose when where why how and or but if as so than then not no any some".split()
)
# Must match a number, with separators and decimals: what an edit replaces.
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
# Must match a capitalised word inside a sentence: mostly a name.
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-zà-ÿ]{2,}\b")
_CLAUSE = re.compile(r"[,;] ")
_DENIALS = ((" is ", " is not "), (" are ", " are not "), (" was ", " was not "), (" can ", " cannot "), (" not ", " "))


@dataclass(slots=True)
class Group:
    """A question with texts that do (label 1) or do not answer it, and what the packaged reader gives each."""

    question: str
    source: str
    kind: str
    texts: list[str] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    relevance: list[float] = field(default_factory=list)  # empty where the packaged reader was not asked

    def add(self, text: str, label: int) -> None:
        if text not in self.texts:
            self.texts.append(text)
            self.labels.append(label)


def half_of(identity: str) -> str:
    """In which half a question of the shared sets lies; "test" is never taught."""
    return "test" if int(sha256(identity.encode()).hexdigest(), 16) % 2 else "dev"


def is_left_out(identity: str) -> bool:
    """Whether a question over our own vaults is kept for decisions: one in ten."""
    return int(sha256(f"left out {identity}".encode()).hexdigest(), 16) % 10 == 0


def as_keywords(question: str) -> str:
    """The question's words without stop words, as typed into a search box; itself if fewer than two are left."""
    kept = [word for word in question.rstrip("?!. ").split() if word.lower().strip("',") not in STOP_WORDS]
    return " ".join(kept) if len(kept) > 1 else question


def sloppy(question: str, rng: random.Random) -> str:
    """The question as people type it in a hurry."""
    return as_keywords(question).lower() if rng.random() < 0.5 else question.lower().rstrip("?!. ")


class Scorer:
    """What the packaged reader gives to pairs; each is read once."""

    def __init__(self, packaged: Path) -> None:
        self._reader = OnnxReader(packaged / "model.onnx")
        self._tokenizer = open_tokenizer(packaged / "tokenizer.json")
        self._known: dict[Pair, float] = {}

    def read(self, pairs: Iterable[Pair]) -> None:
        new = list(dict.fromkeys(pair for pair in pairs if pair not in self._known))
        for pair, logits in zip(new, self._reader.scores(self._tokenizer, new), strict=True):
            self._known[pair] = round(float(logits[0]), 3)

    def of(self, question: str, text: str) -> float:
        return self._known[question, text]

    def fill(self, groups: Sequence[Group]) -> None:
        self.read((group.question, text) for group in groups for text in group.texts)
        for group in groups:
            group.relevance = [self.of(group.question, text) for text in group.texts]


def vault_groups(
    vault: Vault, questions: Sequence[Question], source: str, scorer: Scorer, rng: random.Random
) -> list[Group]:
    """For each question: the hardest lines, the next hardest, those again for a sloppy wording, and passages."""
    nearest = [vault.line_index.nearest(question["question"], NEAREST) for question in questions]
    scorer.read(
        (question["question"], vault.lines[index].text)
        for question, indexes in zip(questions, nearest, strict=True)
        for index in indexes
    )
    groups = []
    for question, indexes in zip(questions, nearest, strict=True):
        right, doubtful = right_and_doubtful(vault, question)
        wording, lines = question["question"], vault.lines
        wrong = [index for index in indexes if index not in right | doubtful]
        by_reader = sorted(wrong, key=lambda index: -scorer.of(wording, lines[index].text))
        beside = [index for index in _same_notes(vault, right) if index not in right | doubtful]
        some_right = rng.sample(sorted(right), min(MOST_RIGHT, len(right)))
        for number, text in enumerate((wording, wording, sloppy(wording, rng))):
            hard = by_reader[:HARDEST] if number != 1 else [*by_reader[:2], *by_reader[HARDEST : 2 * HARDEST - 2]]
            group = Group(text, source, "lines")
            for index in some_right:
                group.add(lines[index].text, 1)
            for index in (*hard, *wrong[:BY_WORDS], *rng.sample(beside, min(2, len(beside)))):
                group.add(lines[index].text, 0)
            groups.append(group)
        passages = Group(wording, source, "passages")
        for index in some_right[:1]:
            passages.add(vault.passage(index)[0], 1)
        for index in by_reader[:4]:
            text, span = vault.passage(index)
            if not (right | doubtful) & set(span) and len(passages.texts) < 3:
                passages.add(text, 0)
        groups.append(passages)
    return [group for group in groups if group.texts]


def _same_notes(vault: Vault, right: set[int]) -> list[int]:
    """The lines within eight of a right one in the same note: what is easily mistaken for it."""
    return sorted(
        {
            other
            for index in right
            for other in range(max(0, index - 8), min(len(vault.lines), index + 9))
            if vault.lines[other].path == vault.lines[index].path
        }
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """A question over a paragraph of a public set: its sentences, and which of them hold the answer."""

    source: str
    title: str
    question: str
    sentences: tuple[str, ...]
    right: frozenset[int]


def squad_readings(articles: Iterable[Mapping[str, Any]], source: str) -> Iterator[Reading]:
    """The questions of a file in the format of SQuAD."""
    for article in articles:
        for paragraph in article["paragraphs"]:
            text = paragraph["context"]
            spans = sentences(text, 0, len(text))
            for question in paragraph["qas"]:
                starts = [answer["answer_start"] for answer in question["answers"]]
                right = frozenset(at for at, (start, end) in enumerate(spans) if any(start <= s < end for s in starts))
                if right or not starts:
                    texts = tuple(" ".join(text[start:end].split()) for start, end in spans)
                    title = article["title"].replace("_", " ")
                    yield Reading(source, title, question["question"].strip(), texts, right)


def shared_readings(rows: Iterable[Mapping[str, Any]]) -> Iterator[Reading]:
    """The questions of a set of `answerability/public` whose answers are spans."""
    for row in rows:
        spans = sentences(row["context"], 0, len(row["context"]))
        texts = tuple(" ".join(row["context"][start:end].split()) for start, end in spans)
        answers = [answer if isinstance(answer, str) else answer["text"] for answer in row["answers"]]
        right = frozenset(at for at, text in enumerate(texts) if any(answer and answer in text for answer in answers))
        if right or not row["answerable"]:
            yield Reading(row["source"], row["title"].replace("_", " "), row["question"], texts, right)


def selqa_readings(rows: Iterable[Mapping[str, Any]]) -> Iterator[Reading]:
    for row in rows:
        title = f"{row['article']} > {row['section']}" if row["section"] else row["article"]
        yield Reading("selqa", title, row["question"], tuple(row["candidates"]), frozenset(row["answers"]))


def reading_groups(readings: Sequence[Reading], rng: random.Random) -> Iterator[Group]:
    """Sentences of a paragraph, and for some questions the paragraph's part that does or does not answer."""
    for reading in readings:
        chance, question = rng.random(), reading.question
        if chance < KEYWORDS:
            question = as_keywords(question)
        if chance < KEYWORDS + LOWERED:
            question = question.lower().rstrip("?")
        above = "" if rng.random() < BARE else f"{reading.title}: "
        asked = set(words_of(question))
        wrong = [at for at in range(len(reading.sentences)) if at not in reading.right]
        wrong.sort(key=lambda at: -len(asked & set(words_of(reading.sentences[at]))))
        group = Group(question, reading.source, "lines")
        for at in sorted(reading.right)[:2]:
            group.add(above + reading.sentences[at], 1)
        for at in wrong[:4]:
            group.add(above + reading.sentences[at], 0)
        if group.texts:
            yield group
        if rng.random() < PASSAGES:
            passages = Group(question, reading.source, "passages")
            middle = min(reading.right) if reading.right else wrong[0]
            passages.add(above + _around(reading.sentences, middle), int(bool(reading.right)))
            yield passages


def _around(texts: Sequence[str], middle: int) -> str:
    """The sentences around one, as many as the window holds."""
    first, last, length = middle, middle + 1, len(texts[middle])
    while True:
        if last < len(texts) and length + len(texts[last]) <= LONGEST_PASSAGE:
            length += len(texts[last])
            last += 1
        elif first and length + len(texts[first - 1]) <= LONGEST_PASSAGE:
            first -= 1
            length += len(texts[first])
        else:
            return " ".join(texts[first:last])


def condaqa_groups(rows: Iterable[Mapping[str, Any]]) -> Iterator[Group]:
    """Whole paragraphs alone: which of their sentences decides a question with yes or no is not said."""
    for row in rows:
        if len(row["context"]) < LONGEST_PASSAGE * 1.5:
            group = Group(row["question"], "condaqa", "passages")
            group.add(row["context"], int(row["answerable"]))
            yield group


def public_groups(data: Path, public: Path, rng: random.Random) -> list[Group]:
    readings: list[Reading] = []
    squad = json.loads((data / "answerability" / "squad2-8-articles.json").read_text())
    readings += squad_readings(squad["data"] if isinstance(squad, dict) else squad, "squad2")
    readings += shared_readings(read_rows(data / "answerability" / "public" / "squad2-train.jsonl"))
    first_articles = list(
        squad_readings(json.loads((public / "squad2-train-10-articles.json").read_text())["data"], "squad2")
    )
    refused = [reading for reading in first_articles if not reading.right]
    answered = [reading for reading in first_articles if reading.right]
    readings += refused + rng.sample(answered, 2_600)
    for name in ("selqa-ass-dev.json", "selqa-ass-test.json"):
        readings += selqa_readings(json.loads((public / name).read_text()))
    policies = list(squad_readings(json.loads((public / "policyqa-dev.json").read_text())["data"], "policyqa"))
    readings += rng.sample(policies, 600)
    condaqa = read_rows(data / "answerability" / "public" / "condaqa.jsonl")
    return [*reading_groups(readings, rng), *condaqa_groups(condaqa)]


def sentence_pair(row: Mapping[str, Any], weight: float) -> dict[str, Any]:
    """A row of a set of pairs as an example: the sentence, and the cited lines with their contexts, joined."""
    text = " ".join(f"{context}: {line}" if context else line for context, line in row["lines"])
    label = int(row["label"] == "supported")
    return {
        "sentence": row["sentence"],
        "text": text,
        "label": label,
        "weight": weight,
        "source": row.get("source", "ours"),
    }


def edited_pairs(vault: Vault, count: int, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Lines as they stand, or a clause of them; with another number, name or a denial; or said by other lines."""
    lines = [line for line in vault.lines if 30 <= len(line.bare) <= 220]
    numbers = sorted({match[0] for line in lines for match in _NUMBER.finditer(line.bare)})
    names = sorted({match[0] for line in lines for match in _NAME.finditer(line.bare)})
    for _ in range(count):
        at = rng.randrange(len(lines))
        line = lines[at]
        near = [other for other in lines[max(0, at - 3) : at + 4] if other.path == line.path and other is not line]
        premises = rng.sample(near, min(len(near), rng.randrange(3)))
        sentence, label = line.bare, int(rng.random() < 0.45)
        if label:
            clauses = _CLAUSE.split(sentence)
            if len(clauses) > 1 and len(clauses[0]) > 25 and rng.random() < 0.5:
                sentence = clauses[0]
            premises.append(line)
        elif rng.random() < 0.25 and premises:
            pass  # what near lines say is something else
        else:
            sentence = _edited(sentence, numbers, names, rng)
            premises.append(line)
            if sentence == line.bare:
                continue
        rng.shuffle(premises)
        text = " ".join(premise.text for premise in premises)
        if not label and sentence in text:
            continue  # a bullet above holds it
        yield {"sentence": sentence, "text": text, "label": label, "weight": 1.0, "source": "edited"}


def _edited(sentence: str, numbers: Sequence[str], names: Sequence[str], rng: random.Random) -> str:
    """The sentence with one number or name of another line in place of its own, or denied; itself if neither goes."""
    edits = []
    for pattern, others in ((_NUMBER, numbers), (_NAME, names)):
        if found := list(pattern.finditer(sentence)):
            match = rng.choice(found)
            alike = [
                other for other in others if other != match[0] and (pattern is _NAME or len(other) == len(match[0]))
            ]
            if alike:
                edits.append(sentence[: match.start()] + rng.choice(alike) + sentence[match.end() :])
    denied = next((sentence.replace(plain, denial, 1) for plain, denial in _DENIALS if plain in sentence), None)
    if denied and (not edits or rng.random() < 0.3):
        edits = [denied]
    return rng.choice(edits) if edits else sentence


def question_groups(data: Path, public: Path, packaged: Path, vaults: Mapping[Path, Vault]) -> list[Group]:
    """All groups; `vaults` by the file with their questions. The packaged reader reads most of them."""
    rng, scorer = random.Random(12), Scorer(packaged)
    groups: list[Group] = []
    for file, vault in vaults.items():
        questions = [row for row in read_rows(file) if not is_left_out(row["id"])]
        groups += vault_groups(vault, questions, f"vault-{file.stem}", scorer, rng)
    for name in TAUGHT:
        vault = Vault.read(data / "vaults" / SHARED[name])
        rows = read_rows(data / "questions" / f"questions-{name}.jsonl")
        questions = [row for row in rows if half_of(row["id"]) == "dev" and not row.get("turns")]
        groups += vault_groups(vault, questions, name, scorer, rng)
    groups += public_groups(data, public, rng)
    scorer.fill([group for group in groups if group.source not in PUBLIC or rng.random() < DISTILLED])
    return groups


def sentence_pairs(data: Path, vaults: Iterable[Vault]) -> list[dict[str, Any]]:
    rng = random.Random(12)
    pairs = [pair for vault in vaults for pair in edited_pairs(vault, EDITS, rng)]
    for name, most in PUBLIC_PAIRS.items():
        rows = read_rows(data / "nli" / f"{name}.jsonl")
        pairs += [sentence_pair(row, 1.0) for row in rng.sample(rows, min(most, len(rows)))]
    return pairs + [sentence_pair(row, OUR_WEIGHT) for row in read_rows(data / "checker" / "pairs-personal.jsonl")]


def write(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    print(f"{len(rows):,} examples in {file}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "public", "packaged", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--vaults", type=Path, default=OUR_VAULTS, help="our own vaults, each with its questions")
    parser.add_argument("--only", nargs="*", choices=("groups", "pairs"), default=("groups", "pairs"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    vaults = {file: Vault.read(file.with_suffix("")) for file in sorted(options.vaults.glob("[A-D].jsonl"))}
    if "pairs" in options.only:
        write(options.out / "pairs.jsonl", sentence_pairs(options.data, vaults.values()))
    if "groups" in options.only:
        groups = question_groups(options.data, options.public, options.packaged, vaults)
        write(options.out / "groups.jsonl", list(map(asdict, groups)))


if __name__ == "__main__":
    main()
