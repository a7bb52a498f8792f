"""Sentences that claim nothing: "Here is what your notes say about X:"."""

from __future__ import annotations

from collections.abc import Sequence

from rag_bot.check.reading.statement import Statement
from rag_bot.text.sentences import announces

_TALK = frozenset(
    """note notes note's your user's provided given passage passages source sources excerpt excerpts document documents
    text context information detail details question answer answers following below above here according based
    summary summarise summarize overview say says said saying mention mentions mentioned describe describes
    described state states stated tell tells contain contains list lists listed regarding concerning relevant
    related respect find found happy help hope helps sure certainly course let know sorry unfortunately
    apologies apologize thank thanks please look looks looking see reading read shown show shows cover covers
    covered discuss discusses discussed sentence provide provides specify specifies answered answering are be is
    there it this that them these those do does notizen notiz folgendes laut steht frage antwort selon voici
    réponse notas según aquí pregunta respuesta
    """.split()
)
_NOTES = frozenset(
    "note notes passage passages source sources excerpt excerpts document documents context text information notizen "
    "notas".split()
)
_YES_OR_NO = frozenset("yes no yeah nope correct indeed exactly right true false ja nein oui non sí si".split())


def claims_nothing(sentence: Statement, question: Statement) -> bool:
    """Whether a sentence only leads in, asks, or talks about the notes, without a word of its own.

    A statement made of the question's words is a claim; "Yes." is one too.
    """
    if not any(character.isalnum() for character in sentence.text):
        return True
    if sentence.numbers or sentence.dates:
        asked = {number.value for number in question.numbers}
        if sentence.dates or any(number.value not in asked for number in sentence.numbers):
            return False
    if is_yes_or_no(sentence):
        return False
    own = [token for token in sentence.tokens if token.content and token.lower not in _TALK]
    if any(term not in question.terms for token in own for term in token.terms):
        return False
    leads_in = announces(sentence.text)
    about_notes = any(token.lower in _NOTES for token in sentence.tokens)
    return leads_in or about_notes or not (own or sentence.polarity.count)


def is_yes_or_no(sentence: Statement) -> bool:
    """Whether a sentence answers with yes or no and adds nothing: "No.", "The answer is no."."""
    words = [token.lower for token in sentence.tokens if token.content or token.lower in _YES_OR_NO]
    says = [word for word in words if word in _YES_OR_NO]
    return bool(says) and _NOTES.isdisjoint(words) and all(word in _YES_OR_NO | _TALK for word in words)


def verbatim(sentence: Statement, lines: Sequence[Statement]) -> int | None:
    """The index of a line that is the sentence, but for quotation marks, the full stop and white space."""
    wanted = _bare(sentence.text)
    return next((index for index, line in enumerate(lines) if _bare(line.text) == wanted), None) if wanted else None


def _bare(text: str) -> str:
    return " ".join(text.strip("\"'“”‘’*_ .").split())
