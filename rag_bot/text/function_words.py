"""Words that carry grammar and not matter, by language: none of them is ever a misspelt word of the notes."""

from __future__ import annotations

from functools import cache

from rag_bot.text.terms import LANGUAGES, is_stop_word

# What is in none of Tantivy's lists, and not whole in the vocabulary of an English model either.
_MORE = frozenset(
    """
    bevor dass darf dürfen gestern gibt heißt heute immer jemand kannst macht mehr morgen möchte müssen müsste nachdem
    niemand obwohl schon sollen sollten trotz unsere unseren unserer viele vielen warst wegen wenig wessen weswegen
    wieviel wieviele wodurch wofür woher wohin womit woran worauf worin worüber wovon wozu wurde wurden

    alors après aussi avoir chez déjà depuis doit donc dont être faire fait faut jamais laquelle lequel lesquelles
    lesquels lorsque moins parce peut peuvent puis puisque quelque quelques toujours trop vers

    adónde aquel aunque debe entonces haber hace hacer menos nunca porqué puede pueden según siempre tampoco

    ancora deve dopo molto quanta sempre senza
    deve fazer pode porquê quantas sempre
    moeten nooit onze sinds tijdens tussen waarheen waarin waarmee waarvoor
    aldrig aldri alltid altid hvilket hvornår kunna mellem måste också uden vems
    ilman kuinka milloin miten montako paljonko
    honnan hová hány melyik mennyi
    какие откуда почему сколько
    """.split()
)


@cache
def is_function_word(word: str) -> bool:
    """Whether a word in lower case asks, joins or helps in one of the languages that notes are indexed in."""
    return word in _MORE or any(is_stop_word(word, language) for language in LANGUAGES)
