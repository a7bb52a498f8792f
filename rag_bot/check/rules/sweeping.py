"""Words that make a claim of everything or of the one ("any", "never", "only", "best"), and that no line has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_bot.check.evidence import ReadLine
from rag_bot.check.reading.statement import Statement
from rag_bot.check.reading.tokens import Token

# Words of a sentence | words that a line may have for them besides the same ones.
_ROWS = """
all any each every everyone everybody everything anyone anybody anything everywhere anywhere always entirely | whole
entire complete completely fully total both no none whenever wherever whatever
--
never | no not none nothing nobody without cannot can't don't doesn't isn't aren't didn't wasn't won't
--
only solely exclusively | just merely alone except but unless sole single unique nothing
--
none nobody nothing | no not never without neither nor can't don't doesn't isn't aren't didn't wasn't won't zero 0
--
best | top favourite favorite optimal ideal winner wins won first most
--
worst | last bottom least
--
most mostly | majority mainly largely almost nearly usually typically predominantly
--
first | initial initially start starts started begin begins began beginning origin original originally 1st new debut
--
alle jeder jede jedes jeden jedem immer | ganz ganze ganzen stets täglich
--
niemals nie | nicht kein keine keinen keinem nichts
--
nur ausschließlich | bloß lediglich allein außer einzige einziger
--
tous toutes chaque toujours | tout toute quotidien
--
seulement uniquement | que seul seule sauf
--
todos todas cada siempre cualquier cualquiera | todo toda diario
--
solo sólo solamente únicamente | único única salvo
"""
_ROW = [row.split(" | ") for row in _ROWS.replace("\n", " ").split("--")]
_SAYS = {word: frozenset(f"{words} {others}".split()) for words, others in _ROW for word in words.split()}
SWEEPING = frozenset(_SAYS)
"""The words, in lower case, that are compared here."""
_SET_PHRASES = frozenset(
    [("at", "all"), ("after", "all"), ("above", "all"), ("in", "all"), ("at", "first"), ("at", "most"), ("at", "best"),
     ("not", "only"), ("each", "other"), ("any", "more"), ("any", "longer"), ("first", "of"), ("most", "likely"),
     ("if", "any"), ("all", "about"), ("first", "name"), ("all", "in"), ("all", "right")]
)  # fmt: skip
_TIMES = frozenset(
    "second minute hour day night week weekend month quarter year morning evening time tag woche monat jahr stunde "
    "jour semaine mois heure día semana mes año hora".split()
)
_RATES = frozenset("a an per each every daily nightly weekly monthly yearly hourly annual annually annum".split())
_MOST_READ = 200  # words


def sweeping(sentence: Statement, lines: Sequence[ReadLine]) -> Iterator[str]:
    """The sweeping words of a sentence for which no line has such a word."""
    written = {token.lower for line in lines for text in (line.own, line.above) for token in text.tokens}
    tokens = sentence.tokens[:_MOST_READ]
    for at, token in enumerate(tokens):
        same = _SAYS.get(token.lower)
        unsaid = same is not None and written.isdisjoint(same)
        if (unsaid and not _is_harmless(tokens, at, sentence, written)) or _is_heightened(token, written):
            yield f"the notes don't say ‘{token.text}’"


def _is_harmless(tokens: Sequence[Token], at: int, sentence: Statement, written: set[str]) -> bool:
    word, before = tokens[at].lower, tokens[at - 1].lower if at else ""
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if (before, word) in _SET_PHRASES or (after and (word, after.lower) in _SET_PHRASES):
        return True
    if word in ("any", "anyone", "anything", "anybody", "anywhere") and sentence.polarity.count:
        return True
    if after is None:
        return False
    time = after.lower if after.lower in _TIMES else after.lower.removesuffix("s")
    if time in _TIMES and word != "only":
        return bool(written & _RATES) or any(token.startswith(time) for token in written)
    if word == "first" and after.after == ",":
        return True
    return word == "only" and _is_measured(sentence, after)


def _is_measured(sentence: Statement, token: Token) -> bool:
    """Whether an amount with a unit begins here: "only 120 MB" says how one finds it."""
    return any(number.measures and number.start <= token.start < number.end for number in sentence.numbers)


def _is_heightened(token: Token, written: set[str]) -> bool:
    """Whether a word is the superlative of one that the lines have: "hardest" where they say "hard"."""
    word = token.lower
    if not word.endswith("est") or len(word) < 6 or word in written:
        return False
    base = word[:-3]
    bases = {base, f"{base}e", base[:-1] if base[-1:] == base[-2:-1] else base, f"{base.removesuffix('i')}y"}
    return bool(bases & written) and "most" not in written
