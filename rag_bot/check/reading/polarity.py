"""What a text denies: the words that a "not" turns round, and pairs of words that exclude each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag_bot.check.reading.opposites import OPPOSITES
from rag_bot.check.reading.tokens import Term, Token
from rag_bot.text.terms import ENGLISH

ALL_DENIED = 0.6  # share of the denied words that a line states which denies nothing
SCOPE = 6  # words of content that a "not" may turn round
_NEGATORS = {
    "english": "not no never none nothing nobody nowhere neither nor without cannot lack lacks lacking lacked "
    "unable hardly barely rarely seldom isnt dont doesnt didnt cant wont",
    "german": "nicht kein keine keinen keinem keiner keines nie niemals nichts niemand nirgends ohne weder statt "
    "anstatt kaum",
    "french": "pas jamais aucun aucune rien sans ni nul nulle guère non",
    "spanish": "no nunca jamás ningún ninguna ninguno nada nadie sin tampoco ni",
    "italian": "non mai nessun nessuna nessuno niente nulla senza né",
    "portuguese": "não nunca nenhum nenhuma nada ninguém sem nem",
    "dutch": "niet geen nooit niets niemand zonder",
    "swedish": "inte ej aldrig ingen inget inga utan",
    "danish": "ikke aldrig ingen intet uden",
    "norwegian": "ikke aldri ingen intet uten",
    "finnish": "ei en et emme ette eivät älä",
    "hungarian": "nem ne sem soha semmi senki nélkül",
    "russian": "не нет ни никогда ничего никто без",
}
_SETS = {language: frozenset(words.split()) for language, words in _NEGATORS.items()}
_TWO_WORDS = {
    ("instead", "of"), ("rather", "than"), ("anstelle", "von"), ("lieu", "de"), ("lugar", "de"),
    ("opposed", "to"), ("failed", "to"), ("fails", "to"), ("fail", "to"),
}  # fmt: skip
_NO_DENIAL = {
    ("no", "more"), ("no", "less"), ("no", "fewer"), ("no", "later"), ("not", "only"), ("not", "just"),
    ("not", "until"), ("not", "least"), ("no", "doubt"),
}  # fmt: skip
_BESIDES = frozenset("longer more only yet".split())  # "no longer": not what is denied
_EXCEPTIONS = frozenset("except onli unless besid other apart exception außer nur sauf seul salvo excepto solo".split())
_BACKWARDS = frozenset("none nothing nobody nicht".split())  # they may stand after what they deny
_BEING_IN = frozenset("includ contain avail".split())
_PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non", "mis")
_SHORTEST = 4  # letters of a word that a prefix turns round


@dataclass(frozen=True, slots=True)
class Polarity:
    """What is denied in a text.

    `heads` are the words right after each "not", `denied` all those in its reach, `stated` those out of it.
    `count` is how many negations there are, `words` the English stem of every word. `anywhere` says that in
    its language a "not" may stand on either side of what it denies.
    """

    heads: frozenset[Term]
    denied: frozenset[Term]
    stated: frozenset[Term]
    count: int
    words: frozenset[str]
    anywhere: bool = False

    def holds(self, term: Term) -> bool | None:
        """Whether a word is stated (True) or denied (False); None where it is neither or both."""
        stated, denied = term in self.stated, term in self.denied
        return stated if stated != denied else None


def read_polarity(tokens: Sequence[Token], language: str) -> Polarity:
    """What the words of a text deny."""
    negators = _SETS["english"] | _SETS.get(language, frozenset())
    spots = [index for index in range(len(tokens)) if _denies(tokens, index, negators)]
    heads: set[Term] = set()
    turned = bytearray(len(tokens))
    for spot in spots:
        reach = _reach(tokens, spot, negators, language)
        heads |= {term for index in _heads(reach, spot, language) for term in tokens[index].terms}
        for index in reach:
            turned[index] = 1
    terms = [(term, bool(turned[index])) for index, token in enumerate(tokens) if token.content for term in token.terms]
    denied = frozenset(term for term, off in terms if off)
    stated = frozenset(term for term, off in terms if not off)
    words = frozenset(term[0] for token in tokens if not token.text.isupper() for term in token.terms)
    return Polarity(frozenset(heads), denied, stated, len(spots), words, language != ENGLISH)


def denial(sentence: Polarity, line: Polarity) -> tuple[Term, bool] | None:
    """A word that one text denies and the other states, and whether the line is what denies it."""
    if sentence.words & _EXCEPTIONS and line.words & _EXCEPTIONS:
        return None  # "not allowed, except for fish" and "only fish are allowed"
    if sentence.anywhere and sentence.heads & line.heads:
        return None
    if "than" in sentence.words & line.words and not sentence.count and line.count == 1:
        return None  # "rather in May than in August" and "better in May than in August"
    for term in sorted(sentence.heads):
        if sentence.holds(term) is False and line.holds(term) is True:
            return term, False
    for term in sorted(line.heads):
        if {head[0] for head in sentence.heads} & _BEING_IN and term not in sentence.heads:
            continue  # "without breakfast" and "breakfast is not included"
        if line.holds(term) is False and sentence.holds(term) is True:
            return term, True
    if not line.count and len(sentence.denied & line.stated) >= max(2, ALL_DENIED * len(sentence.denied)):
        return min(sentence.denied & line.stated), False
    return _by_prefix(sentence, line)


def opposed(sentence: Polarity, line: Polarity) -> tuple[str, str] | None:
    """A word of the sentence and the one of the line that excludes it: "increase" and "decrease"."""
    said, written = sentence.words, line.words
    for word in sorted(said - written):
        others = OPPOSITES.get(word, frozenset())
        for other in sorted(others & written - said):
            turned = _turned(sentence, word) != _turned(line, other)
            if not turned and not (others - {other}) & said and not OPPOSITES.get(other, frozenset()) & written:
                return word, other
    return None


def _turned(polarity: Polarity, word: str) -> bool:
    return any(term[0] == word for term in polarity.denied)


def _denies(tokens: Sequence[Token], index: int, negators: frozenset[str]) -> bool:
    word = tokens[index].lower
    following = tokens[index + 1].lower if index + 1 < len(tokens) else ""
    if word in negators:
        if (word, following) in _NO_DENIAL:
            return False
        # "No, ..." answers a question; what follows it says its own no.
        return not (index == 0 and len(tokens) > 1 and tokens[1].after == "," and word in ("no", "non", "nein"))
    return word.endswith("n't") or (word, following) in _TWO_WORDS


def _reach(tokens: Sequence[Token], spot: int, negators: frozenset[str], language: str) -> list[int]:
    """The places of the words that a "not" at a place turns round: after it in its clause, else before it.

    Languages but English put it anywhere in the clause.
    """
    words = [index for index in _clause_around(tokens, spot) if _may_be_denied(tokens[index], negators)]
    after = [index for index in words if index > spot][:SCOPE]
    if after and tokens[spot].lower not in _BACKWARDS and language == ENGLISH:
        return after
    before = [index for index in words if index < spot][-SCOPE:]
    if not before and not after:
        clause = tokens[spot].clause - 1
        before = [i for i in range(max(0, spot - 30), spot) if tokens[i].clause == clause]
        before = [index for index in before if _may_be_denied(tokens[index], negators)][-SCOPE:]
    return [*before, *after]


def _clause_around(tokens: Sequence[Token], spot: int) -> Iterator[int]:
    """The places of a clause's words, as far as a "not" may reach."""
    for index in range(max(0, spot - 30), min(len(tokens), spot + 30)):
        if tokens[index].clause == tokens[spot].clause and index != spot:
            yield index


def _may_be_denied(token: Token, negators: frozenset[str]) -> bool:
    return token.content and not token.is_number and token.lower not in negators and token.lower not in _BESIDES


def _heads(reach: Sequence[int], spot: int, language: str) -> list[int]:
    """The words that a "not" is said of: the next one, or in other languages the ones around it."""
    after, before = [index for index in reach if index > spot][:1], [index for index in reach if index < spot][-1:]
    return (after or before) if language == ENGLISH else [*before, *after]


def _by_prefix(sentence: Polarity, line: Polarity) -> tuple[Term, bool] | None:
    """ "unpredictable" in one, "predictable" stated in the other."""
    for one, other, of_line in ((sentence, line, False), (line, sentence, True)):
        for term in sorted(one.stated | one.denied):
            base = _without_prefix(term)
            if base and base not in one.stated | one.denied:
                same_turn = one.holds(term) == other.holds(base)
                if same_turn and other.holds(base) is not None and term not in other.stated | other.denied:
                    return base, of_line
    return None


def _without_prefix(term: Term) -> Term | None:
    word = term[0]
    prefix = next((prefix for prefix in _PREFIXES if word.startswith(prefix)), "")
    rest = tuple(spelling.removeprefix(prefix) for spelling in term)
    return rest if prefix and len(rest[0]) >= _SHORTEST else None
