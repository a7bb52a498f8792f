"""Words that ask, point back, join or help, by language: what follow-ups and question words are told by.

By hand, from grammars; English is the measure of what the others have. A language without an entry is known by its
stop words alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

Words = frozenset[str]


@dataclass(frozen=True, slots=True)
class FunctionWords:
    """Words in lower case. Each field is empty where a language has none.

    `pointing` stand for something said before; `pointing_at_end` do so as the last word only, `pointing_in_short` in
    short questions. `joining` begin a question that goes on; `several` stand for more than one. `articles` come before
    a subject, of which `definite` ones before one that is known; `past` are helping verbs of the past.
    """

    asking: Words = frozenset()
    pointing: Words = frozenset()
    pointing_in_short: Words = frozenset()
    pointing_at_end: Words = frozenset()
    several: Words = frozenset()
    joining: Words = frozenset()
    helping: Words = frozenset()
    past: Words = frozenset()
    definite: Words = frozenset()
    articles: Words = frozenset()


_TABLE = {
    "english": {
        "asking": "who whom whose what which when where why how",
        "pointing": "he her hers him his it its ones others she their theirs them they these those latter former",
        "pointing_in_short": "that this one same else",
        "pointing_at_end": "that there more so",
        "several": "they them their theirs",
        "joining": "also and but or so then",
        "helping": "am are be been can could did do does doing had has have is should was were will would may might "
        "must",
        "past": "was were did had",
        "definite": "the",
        "articles": "a an the",
    },
    "german": {
        "asking": "wann wer wem wen wessen wie wieso wo woher wohin warum weshalb weswegen welche welchem welchen "
        "welcher welches was womit wofür wovon wozu",
        "pointing": "er ihm ihn ihr ihre ihrem ihren ihrer sie seine seinem seinen seiner dort dafür damit darin davon "
        "dazu dabei daran darüber deren dessen",
        "pointing_at_end": "das dies dieser dieses da dort mehr so",
        "several": "sie ihre ihrem ihren ihrer deren",
        "joining": "und aber oder auch",
        "helping": "bin bist ist sind war waren hat habe haben hatte hatten wird werden wurde wurden kann können darf "
        "dürfen muss müssen soll sollen",
        "past": "war waren hat hatte hatten wurde wurden",
        "definite": "der die das den dem des",
        "articles": "der die das den dem des ein eine einem einen einer eines",
    },
    "french": {
        "asking": "qui que quoi quand où pourquoi comment combien quel quelle quels quelles lequel laquelle lesquels "
        "lesquelles",
        "pointing": "il elle ils elles lui leur leurs son sa ses ça cela celui celle ceux celles",
        "pointing_at_end": "là dedans",
        "several": "ils elles leur leurs ceux celles",
        "joining": "et mais ou aussi alors",
        "helping": "est sont était étaient a ont avait avaient peut peuvent doit doivent va vont",
        "past": "a était étaient avait avaient",
        "definite": "le la les l",
        "articles": "le la les l un une des du au aux",
    },
    "spanish": {
        "asking": "quién quiénes qué cuál cuáles cuándo cuánto cuánta cuántos cuántas cómo dónde adónde",
        "pointing": "él ella ellos ellas su sus suyo suya eso esto aquello ello ahí allí",
        "pointing_at_end": "ese esa este esta",
        "several": "ellos ellas sus",
        "joining": "y e pero o también entonces",
        "helping": "es son está están era eran fue fueron ha han puede pueden debe deben",
        "past": "era eran fue fueron",
        "definite": "el la los las",
        "articles": "el la los las un una unos unas al del",
    },
    "italian": {"asking": "chi che come cosa dove perché quale quali quando quanto quanti"},
    "portuguese": {"asking": "como onde porque qual quais quando quanto quantos quem"},
    "dutch": {"asking": "hoe hoeveel waar waarom wanneer welk welke wie"},
}


@cache
def function_words(language: str) -> FunctionWords:
    """Those of a language, as `terms` names it."""
    return FunctionWords(**{kind: frozenset(words.split()) for kind, words in _TABLE.get(language, {}).items()})
