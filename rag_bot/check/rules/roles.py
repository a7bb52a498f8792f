"""Who does it and to whom it is done: "Tom was lent the drill by Maria" says the same as "Maria lent Tom the drill"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag_bot.check.reading.tokens import Term, Token

MOST_VERBS = 12  # shared words that are tried as the verb
_BEING = frozenset("is isn't are aren't was wasn't were weren't be been being get gets got gotten getting".split())
_NO_VERB_AFTER = frozenset(
    "a an the this that these those my your his her its our their of in on at by for with from to as no some "
    "any".split()
)
_BEFORE_OBJECTS = _NO_VERB_AFTER - frozenset("of in on at by for with from to as".split())
_PARTICIPLES = ("d", "n", "t", "ung", "ade", "one")
_MORE_DOERS = frozenset("and or the a an of in".split())
_REACH = 3  # words between "was" and the verb


@dataclass(frozen=True, slots=True)
class Deed:
    """A verb of a clause with the words of who does it, empty where nobody is named, and all others of the clause.

    `subject` is the word before the verb: in the passive voice to whom it is done. `shortened` is the passive voice
    without "was" ("repaired by Tom"), `close` that nothing stands between the subject and the verb.
    """

    passive: bool
    shortened: bool
    close: bool
    doer: frozenset[Term]
    subject: frozenset[Term]
    others: frozenset[Term]
    has_object: bool


def turned_roles(sentence: Sequence[Token], line: Sequence[Token]) -> str:
    """The verb of which a sentence has another doer than the line, who is named there beside it, or ""."""
    return next((verb.text for verb, said, written in _shared_deeds(sentence, line) if _turned(said, written)), "")


def same_roles(sentence: Sequence[Token], line: Sequence[Token]) -> bool:
    """Whether one says in the passive voice what the other says in the active one."""
    return any(
        (said.passive or said.shortened) != (written.passive or written.shortened) and said.doer & written.doer
        for _, said, written in _shared_deeds(sentence, line)
    )


def _turned(said: Deed, written: Deed) -> bool:
    if said.shortened or written.shortened or said.doer & written.doer:
        return False
    if said.passive and written.passive:
        return bool(said.doer and written.doer) and said.subject <= written.doer and written.subject <= said.doer
    if said.doer and written.doer:
        return bool(said.doer & written.others and written.doer & said.others)
    active = written if said.passive else said
    return active.has_object and active.close and said.subject == written.subject


def _shared_deeds(sentence: Sequence[Token], line: Sequence[Token]) -> Iterator[tuple[Token, Deed, Deed]]:
    """Verbs that stand once in both, where a voice or names tell who does it."""
    places = _once(line)
    for term, at in list(_once(sentence).items())[: MOST_VERBS * 3]:
        if term in places:
            said, written = _deed(sentence, at), _deed(line, places[term])
            if said and written and (_in_passive(said, written) or _are_names(sentence, said, written)):
                yield sentence[at], said, written


def _in_passive(said: Deed, written: Deed) -> bool:
    return said.passive or written.passive or said.shortened or written.shortened


def _once(tokens: Sequence[Token]) -> dict[Term, int]:
    found: dict[Term, int] = {}
    twice: set[Term] = set()
    for at, token in enumerate(tokens):
        if token.content and token.text.isalpha() and token.text.islower() and token.terms:
            twice |= {token.terms[0]} & found.keys()
            found[token.terms[0]] = at
    return {term: at for term, at in found.items() if term not in twice}


def _deed(tokens: Sequence[Token], verb: int) -> Deed | None:
    """What the word at a place says as a verb, None where it can be none."""
    before = tokens[verb - 1] if verb else None
    if before is None or before.lower in _NO_VERB_AFTER or before.lower.endswith(("'s", "’s")):
        return None
    clause = [at for at, token in enumerate(tokens) if token.clause == tokens[verb].clause]
    after = tokens[verb + 1].lower if verb + 1 in clause else ""
    being = next((at for at in range(verb - 1, max(-1, verb - 1 - _REACH), -1) if tokens[at].lower in _BEING), None)
    if being is not None and any(token.lower in _NO_VERB_AFTER for token in tokens[being:verb]):
        return None
    passive = being is not None and tokens[verb].lower.endswith(_PARTICIPLES)
    shortened = not passive and any(tokens[at].lower == "by" for at in (verb + 1, verb + 2) if at in clause)
    subject = next((at for at in range((verb if being is None else being) - 1, -1, -1) if tokens[at].content), None)
    if subject is None or subject not in clause:
        return None
    doer = _after_by(tokens, [at for at in clause if at > verb]) if passive or shortened else [subject]
    others = [at for at in clause if at not in doer and at != verb and tokens[at].content]
    has_object = after in _BEFORE_OBJECTS or (verb + 1 in clause and tokens[verb + 1].content)
    return Deed(
        passive,
        shortened,
        subject == verb - 1,
        _terms(tokens, doer),
        _terms(tokens, [subject]),
        _terms(tokens, others),
        has_object,
    )


def _after_by(tokens: Sequence[Token], places: Sequence[int]) -> list[int]:
    """The words of content right after "by"."""
    found: list[int] = []
    begun = False
    for at in places:
        if begun and tokens[at].content:
            found.append(at)
        elif found and tokens[at].lower not in _MORE_DOERS:
            break
        begun = begun or tokens[at].lower == "by"
    return found


def _are_names(sentence: Sequence[Token], said: Deed, written: Deed) -> bool:
    capitals = {term for token in sentence if token.text[:1].isupper() for term in token.terms}
    return said.close and written.close and said.doer <= capitals and written.doer <= capitals


def _terms(tokens: Sequence[Token], places: Sequence[int]) -> frozenset[Term]:
    return frozenset(tokens[at].terms[0] for at in places if tokens[at].terms)
