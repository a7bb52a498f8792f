"""Words that limit or turn what a sentence says, by class: "not", "only", "most", "may", "about", "if"."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

NEGATION, ONLY, ALL, SOME, MAY, PLAN, ABOUT, IF = "not", "only", "all", "some", "may", "plan", "about", "if"
OVER, UNDER = "over", "under"
# By hand, from grammars: the closed class of each language, without what is mostly something else ("just", "but").
_TABLE = {
    "english": {
        NEGATION: "not no never none nobody nothing neither nor without cannot nowhere hardly",
        ONLY: "only solely exclusively",
        ALL: "all every each everyone everybody everything always both entire whole any anyone",
        SOME: "some most several few many mostly usually often sometimes rarely partly part half",
        MAY: "may might could perhaps maybe possibly probably likely seems apparently think believe guess suppose",
        PLAN: "will would shall should must need needs todo want wants plan plans planned going intend intends wish",
        ABOUT: "about around roughly approximately nearly almost circa ca approx some",
        IF: "if unless until except when while once before after provided otherwise",
        OVER: "over above exceeding minimum least more",
        UNDER: "under below maximum less fewer within",
    },
    "german": {
        NEGATION: "nicht kein keine keinen keinem keiner keines nie niemals niemand nichts ohne weder",
        ONLY: "nur ausschließlich lediglich",
        ALL: "alle alles jeder jede jedes jeden jedem immer beide",
        SOME: "einige manche viele meist meistens oft manchmal selten teilweise halb",
        MAY: "vielleicht wahrscheinlich vermutlich wohl könnte dürfte scheint",
        PLAN: "soll sollen sollte muss müssen will wollen wird geplant plant vorhat",
        ABOUT: "etwa ungefähr rund fast beinahe knapp circa ca",
        IF: "wenn falls außer bis sobald bevor nachdem",
        OVER: "über mindestens mehr",
        UNDER: "unter höchstens weniger",
    },
    "french": {
        NEGATION: "ne pas aucun aucune jamais rien sans personne ni",
        ONLY: "seulement uniquement",
        ALL: "tous toutes tout toute chaque toujours",
        SOME: "quelques plusieurs souvent parfois rarement plupart",
        MAY: "peut-être probablement pourrait",
        PLAN: "doit devrait va veut prévu",
        ABOUT: "environ presque",
        IF: "si sauf quand jusqu avant après lorsque",
        OVER: "plus",
        UNDER: "moins",
    },
    "spanish": {
        NEGATION: "no nunca nadie nada ninguno ninguna ningún sin ni",
        ONLY: "solo sólo solamente únicamente",
        ALL: "todo toda todos todas cada siempre",
        SOME: "algunos algunas varios muchos menudo mayoría",
        MAY: "quizá quizás probablemente podría",
        PLAN: "debe debería va quiere planeado",
        ABOUT: "unos unas aproximadamente casi",
        IF: "si cuando salvo excepto hasta antes después",
        OVER: "más",
        UNDER: "menos",
    },
    "italian": {
        NEGATION: "non nessuno nessuna mai niente senza né",
        ONLY: "solo soltanto solamente",
        ALL: "tutti tutte ogni sempre",
        SOME: "alcuni molti spesso",
        MAY: "forse probabilmente potrebbe",
        PLAN: "deve dovrebbe vuole",
        ABOUT: "circa quasi",
        IF: "se quando tranne fino prima dopo",
    },
    "portuguese": {
        NEGATION: "não nem nunca nada nenhum nenhuma sem",
        ONLY: "apenas somente só",
        ALL: "todo toda todos todas cada sempre",
        SOME: "alguns vários muitos",
        MAY: "talvez provavelmente",
        PLAN: "deve quer",
        ABOUT: "quase cerca",
        IF: "se quando exceto até antes depois",
    },
    "dutch": {
        NEGATION: "niet geen nooit niets niemand zonder",
        ONLY: "alleen slechts",
        ALL: "alle elke ieder altijd",
        SOME: "sommige meestal vaak soms",
        MAY: "misschien waarschijnlijk",
        PLAN: "moet zal wil",
        ABOUT: "ongeveer bijna circa",
        IF: "als tenzij behalve tot",
    },
}


def knows_limits(language: str) -> bool:
    return language in _TABLE


def limit_of(word: str, languages: Iterable[str]) -> str:
    """The class of a word in lower case in the first of these languages where it limits, "" for all others."""
    if word.endswith(("n't", "n’t")):
        return NEGATION
    return next((kind for language in languages if (kind := _classes(language).get(word, ""))), "")


@cache
def _classes(language: str) -> dict[str, str]:
    classes = _TABLE.get(language, {})
    return {word: kind for kind, words in reversed(classes.items()) for word in words.split()}
