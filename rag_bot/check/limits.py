"""Words that limit or turn what a sentence says, by class: "not", "only", "most", "may", "about", "if"."""

from __future__ import annotations

from functools import cache

NEGATION, ONLY, ALL, SOME, MAY, PLAN, ABOUT, IF = "not", "only", "all", "some", "may", "plan", "about", "if"
# By hand, from grammars: the closed class of each language, without what is mostly something else ("just", "but").
_TABLE = {
    NEGATION: """not no never none nobody nothing neither nor without cannot n't nowhere hardly
        nicht kein keine keinen keinem keiner keines nie niemals niemand nichts ohne weder
        ne pas aucun aucune jamais rien sans personne ni nunca nadie nada ninguno ninguna ningún sin
        non nessuno nessuna mai niente senza não nem nenhum nenhuma sem niet geen nooit niets niemand zonder""",
    ONLY: "only solely exclusively nur ausschließlich lediglich seulement uniquement solo sólo solamente únicamente "
    "soltanto solamente apenas somente alleen slechts",
    ALL: """all every each everyone everybody everything always both entire whole any anyone
        alle alles jeder jede jedes jeden jedem immer beide tous toutes tout toute chaque toujours
        todo toda todos todas cada siempre tutti tutte ogni sempre sempre alle elke ieder altijd""",
    SOME: """some most several few many mostly usually often sometimes rarely partly part half
        einige manche viele meist meistens oft manchmal selten teilweise halb
        quelques plusieurs souvent parfois rarement plupart algunos algunas varios muchos a menudo mayoría
        alcuni molti spesso alguns vários muitos sommige meestal vaak soms""",
    MAY: """may might could perhaps maybe possibly probably likely seems apparently think believe guess suppose
        vielleicht wahrscheinlich vermutlich wohl könnte dürfte scheint peut-être probablement pourrait
        quizá quizás probablemente podría forse probabilmente potrebbe talvez provavelmente misschien waarschijnlijk""",
    PLAN: """will would shall should must need needs todo want wants plan plans planned going intend intends wish open
        soll sollen sollte muss müssen will wollen wird geplant plant vorhat doit devrait va veut prévu
        debe debería va quiere planeado deve dovrebbe vuole deve quer moet zal wil""",
    ABOUT: """about around roughly approximately nearly almost circa ca approx some
        etwa ungefähr rund fast beinahe knapp environ presque unos unas aproximadamente casi quasi cerca ongeveer
        bijna""",
    IF: """if unless until except when while once before after provided otherwise
        wenn falls außer bis sobald bevor nachdem si sauf quand jusqu avant après lorsque
        cuando salvo excepto hasta antes después se quando tranne fino quando exceto als tenzij behalve tot""",
}  # fmt: skip


@cache
def _classes() -> dict[str, str]:
    return {word: kind for kind, words in reversed(_TABLE.items()) for word in words.split()}


def limit_of(word: str) -> str:
    """The class of a word in lower case, "" for all others."""
    return NEGATION if word.endswith(("n't", "n’t")) else _classes().get(word, "")
