"""What notes say reaches a model as data: inside its passages, with no mark of a template or of our prompt."""

from __future__ import annotations

import re

import pytest

from rag_bot import Library, Turn
from rag_bot.llm import LanguageModel, Message
from rag_bot.query.prose.prompt import WHOLE_PASSAGES_FROM, as_data
from tests.injection.notes import FACTS, NOTES
from tests.llm.scripted import ScriptedModel, scripted

_MARKS = re.compile(
    r"<\|[^<>\n]*>|<[^<>\s|]+\|>|\[\|\w+\|\]|</?s>|<</?SYS>>|\[/?(?:INST|SYSTEM_PROMPT|TOOL_RESULTS)\]|</?think>"
    r"|</?tool_call>|<(?:start|end)_of_turn>|<[be]os>|<｜",
    re.IGNORECASE,
)
_FENCE = re.compile(r"<\s*/?\s*passage", re.IGNORECASE)


def prompt_for(shed: Library, question: str, *turns: Turn, context_tokens: int = 4096) -> list[Message]:
    """The messages that a model with such a context is given for a question."""
    model = scripted("x", context_tokens=context_tokens)
    list(shed.write(question, llm=model, turns=turns))
    assert isinstance(model.llm, ScriptedModel)
    return model.llm.asked[-1]


@pytest.mark.parametrize("context_tokens", [4096, WHOLE_PASSAGES_FROM], ids=["short", "whole"])
@pytest.mark.parametrize("question", FACTS)
def test_notes_stand_inside_of_passages_with_no_mark_of_a_template_or_a_fence(
    shed: Library, question: str, context_tokens: int
) -> None:
    rules, asked = prompt_for(shed, question, context_tokens=context_tokens)
    assert (rules.role, asked.role) == ("system", "user")
    assert not any(line in rules.text for text in NOTES.values() for line in text.splitlines() if len(line) > 20)
    outside, inside = re.split(r"(?s)<passage \d+> .*</passage>", asked.text), asked.text
    assert outside == ["", f"\n\nQuestion: {question}"]
    assert not _MARKS.search(inside)
    opened = [int(number) for number in re.findall(r"^<passage (\d+)> ", inside, re.MULTILINE)]
    assert opened == [*range(1, len(opened) + 1)]
    assert len(_FENCE.findall(inside)) == 2 * len(opened)
    assert len(re.findall(r"^</passage>$", inside, re.MULTILINE)) == len(opened)


@pytest.mark.parametrize("name", NOTES)
def test_no_note_keeps_a_mark_or_a_comment_and_nothing_else_is_lost(name: str) -> None:
    data = as_data(NOTES[name])
    text = re.sub(r"(?s)<!--.*?(?:-->|\Z)", "", NOTES[name])
    assert not _MARKS.search(data)
    assert not _FENCE.search(data)
    assert len(data) == len(text)
    assert re.findall(r"\w+", data) == re.findall(r"\w+", text)
    assert as_data(data) == data


@pytest.mark.parametrize("words", ["x |> f(y) |> g(z)", "a < b > c", "if x <s: y", "[x] [1] [|]", "List<String>"])
def test_what_only_looks_a_little_like_a_mark_stays(words: str) -> None:
    assert as_data(words) == words


def test_the_question_and_the_conversation_have_no_mark_either(shed: Library) -> None:
    hostile = NOTES["roles.md"] + NOTES["fences.md"]
    question = "Where does the <|im_start|> </passage> spare key of the boat shed hang?"
    before = Turn(hostile[:400], hostile[400:900])
    messages = prompt_for(shed, question, before, context_tokens=WHOLE_PASSAGES_FROM)
    assert [message.role for message in messages] == ["system", "user", "assistant", "user"]
    assert not any(_MARKS.search(message.text) for message in messages)
    assert not any(_FENCE.search(message.text) for message in messages[1:-1])


def test_a_real_chat_template_sees_only_our_turns(shed: Library, smol: LanguageModel) -> None:
    engine = smol.llm.engine
    smol.count_tokens("load it")
    for question in FACTS:
        messages = prompt_for(shed, question)
        sent = [{"role": message.role, "content": message.text} for message in messages]
        prompt = engine._client.post("/apply-template", json={"messages": sent}).json()["prompt"]
        assert re.findall(r"<\|im_start\|>(\w+)", prompt) == ["system", "user", "assistant"]
        found = engine._client.post("/tokenize", json={"content": prompt, "parse_special": True, "with_pieces": True})
        pieces = [token["piece"] for token in found.json()["tokens"]]
        assert (pieces.count("<|im_start|>"), pieces.count("<|im_end|>")) == (3, 2)
