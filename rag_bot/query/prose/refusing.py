"""Did a model say that the notes do not answer? Its no is honoured."""

from __future__ import annotations

import re

from rag_bot.query.prose.prompt import NO_ANSWER

_WHERE = (
    r"(?:your |the |these |those |this |any of the |my |provided |given )*(?:notes?|passages?|text|context|sources?)"
)
_REFUSALS = re.compile(
    rf"{NO_ANSWER}"
    rf"|\bnot (?:in|mentioned in|stated in|found in|answered (?:in|by)|covered (?:in|by)|part of) {_WHERE}\b"
    rf"|{_WHERE} (?:do|does|did)(?: not|n['’]t) (?:say|contain|mention|answer|tell|provide|include|specify|state|give"
    r"|hold|have|cover|address|explain|describe|discuss)"
    rf"|\bno(?:ne| information| mention| answer| passage| note)?\b[^.]{{0,40}}\b(?:in|of) {_WHERE}\b"
    r"|\b(?:i|we) (?:do not|don['’]t|cannot|can['’]t|could not|couldn['’]t)"
    r" (?:know|find|answer|tell|determine|see)\b"
    r"|\b(?:steht|stehen|finde|findet|enthalten)\b[^.]{0,40}\bnicht\b|\bnicht in (?:den|deinen|ihren) notizen\b"
    r"|\bno (?:está|aparece|se menciona) en (?:las|tus|sus) notas\b",
    re.IGNORECASE,
)


_ONLY_NO = re.compile(rf"(?:{NO_ANSWER}|this is {NO_ANSWER}|this is not in your notes)\W*", re.IGNORECASE)


def refuses(sentence: str) -> bool:
    """Whether a sentence says that the passages hold no answer."""
    return bool(_REFUSALS.search(" ".join(sentence.split())[:400]))


def only_refuses(sentence: str) -> bool:
    """Whether it says nothing but that, in the words that models are told or that we use; notes may hold them too."""
    return bool(_ONLY_NO.fullmatch(sentence.strip()))
