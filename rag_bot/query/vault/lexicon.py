"""What words and phrases mean in a question about the notes as a whole: English, German, French, Spanish.

Written by hand, without accents and in lower case, as questions are compared with it. A phrase takes its longest match.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

HOW_MANY, ASK, NOTE, SOME, HAVE = "how many", "ask", "note", "some", "have"
NEWEST, WROTE_LAST, ABOUT, APPEARS = "newest", "wrote last", "about", "appears"
TAG, TAGGED, UNTAGGED, INSIDE, FOLDER, LINKING = "tag", "tagged", "untagged", "inside", "folder", "linking"
TASK, OPEN, DONE, OVERDUE, DUE, TO_DO, LEFT, OWN = "task", "open", "done", "overdue", "due", "to do", "left", "own"
SUMMARISE, COMPARE, DIFFERENCE, SAYS_WHAT, SAY, HOW_OFTEN = (
    "summary",
    "compare",
    "difference",
    "says what",
    "say",
    "often",
)

OTHER_QUESTION = "other question"

_PHRASES = {
    OTHER_QUESTION: (
        "how|who|whom|whose|when|why|wie|wer|wem|wann|warum|comment|pourquoi|quand|como|cuando|quien|por que"
    ),
    HOW_MANY: "how many|number of|count|wie viele|wieviele|anzahl|combien de|combien|cuantos|cuantas|numero de",
    ASK: (
        "list|show|show me|give me|find|find me|which|what|what are|which are|is there|are there any|any|please|"
        "can you|could you|tell me|a list of|zeig|zeige|zeig mir|liste|nenne|finde|gib mir|welche|welcher|welches|"
        "was|bitte|auf|quelles|quels|quelle|quel|montre-moi|montre|donne-moi|que|cuales|muestra|muestrame|lista|dame|"
        "enumera|what's|whats"
    ),
    NOTE: "note|notes|notiz|notizen|nota|notas|apuntes|fiches",
    SOME: (
        "the|all|every|each|of|alle|aller|die|der|den|dem|das|les|des|de|toutes|tous|las|los|la|el|le|todas|todos|a|"
        "an|are|is|were|was|sind|ist|sont|son|that|who|qui|have|has|having|haben|hat|ont|tienen|our|been|it|still|"
        "yet|noch"
    ),
    OWN: ("my|of mine|mine|meine|meiner|meinen|mes|mis|do i|have i|did i|i have|i've|habe ich|ich|j'ai|ai-je|tengo|i"),
    HAVE: (
        "do i have|do i keep|do i own|have i got|have i written|have i made|did i write|did i make|did i have|"
        "did i take|are there|there are|exist|in total|altogether|in my vault|written|created|made|i wrote|gibt es|"
        "es gibt|insgesamt|geschrieben|erstellt|y a-t-il|il y a|au total|ecrites|ecrit|hay|he escrito|en total|"
        "do i use|i use|have i used|are used|benutze ich|verwende ich|j'utilise|uso"
    ),
    NEWEST: (
        "most recent|newest|latest|last|recent|neueste|neuesten|letzte|letzten|aktuellste|aktuellsten|dernieres|"
        "plus recentes|les plus recentes|ultimas|mas recientes"
    ),
    WROTE_LAST: (
        "what did i write last|what did i last write|what did i write recently|what have i written recently|"
        "what have i written lately|was habe ich zuletzt geschrieben|qu'ai-je ecrit recemment|"
        "que he escrito ultimamente"
    ),
    ABOUT: (
        "about|mention|mentions|mentioning|on|regarding|concerning|talk about|talking about|speak of|deal with|"
        "refer to|contain|contains|containing|with|made with|for|related to|in which|where|uber|zu|zum|zur|zum thema|"
        "mit|fur|erwahnen|in denen|wo|sur|a propos de|parlent de|mentionnent|avec|dans lesquelles|sobre|acerca de|"
        "mencionan|mencionan a|hablan de|tratan de|con"
    ),
    APPEARS: (
        "turns up|turn up|comes up|appears|appear|occurs|is mentioned|are mentioned|vorkommt|vorkommen|erwahnt wird|"
        "erwahnt|auftaucht|apparait|est mentionne|aparece|handeln"
    ),
    TAG: "tags|hashtags|schlagworter|etiquettes|etiquetas",
    TAGGED: (
        "tagged|tagged with|tagged as|with tag|with the tag|with tags|with the tags|have the tag|has the tag|in tag|"
        "mit dem tag|mit tag|mit dem schlagwort|getaggt mit|getaggt|verschlagwortet|avec le tag|avec l'etiquette|"
        "etiquetees|con la etiqueta|etiquetadas con|etiquetadas"
    ),
    UNTAGGED: (
        "untagged|without tags|without a tag|without any tags|have no tags|with no tags|not tagged|no tags|ohne tags|"
        "ohne tag|ohne schlagworter|ungetaggte|ungetaggten|sans tags|sans tag|sans etiquette|sans etiquettes|"
        "sin etiquetas|sin etiqueta"
    ),
    INSIDE: "in|inside|from|under|within|below|in the|in my|from my|im|aus|unter|dans|dans le|en|en la",
    FOLDER: "folder|directory|ordner|verzeichnis|dossier|carpeta",
    LINKING: (
        "link to|links to|link back to|links here to|linking to|link here to|point to|pointing to|backlinks of|"
        "backlinks to|backlinks for|verlinken auf|verlinkt auf|verweisen auf|verweist auf|renvoient a|renvoie a|"
        "enlazan a|enlaza a|apuntan a"
    ),
    TASK: (
        "task|tasks|todo|todos|to-do|to-dos|jobs|action items|aufgabe|aufgaben|taches|tarea|tareas|points|things|"
        "items|punkte|sachen"
    ),
    OPEN: (
        "open|unfinished|undone|outstanding|pending|remaining|incomplete|unchecked|offen|offene|offenen|unerledigt|"
        "unerledigte|unerledigten|ouvertes|en cours|abiertas|pendientes"
    ),
    DONE: (
        "done|finish|finished|completed|complete|ticked off|erledigt|erledigte|abgeschlossene|terminees|hechas|"
        "completadas"
    ),
    OVERDUE: "overdue|past due|uberfallig|uberfallige|uberfalligen|en retard|vencidas|atrasadas",
    DUE: "due|fallig|fallige|falligen|a rendre|vencen",
    TO_DO: (
        "have to do|need to do|got to do|still have to do|have to get done|noch tun|noch machen|noch zu tun|"
        "noch zu erledigen|reste a faire|me reste-t-il a faire|reste-t-il a faire|me reste a faire|queda por hacer|"
        "me queda por hacer|falta por hacer|tengo que hacer"
    ),
    LEFT: (
        "still open|still to be done|to be done|remains to be done|remain to be done|left to do|left to be done|"
        "not done|not done yet|not yet done|not finished|not finished yet|still to do|still outstanding|"
        "still pending|still have to|still need to|have i not done|noch offen|noch zu|noch nicht erledigt|"
        "noch nicht fertig|muss ich noch|haven't done|haven't i done"
    ),
    HOW_OFTEN: (
        "and how often|most used|most common|most frequent|most often|used most|haufigsten|meistgenutzten|by frequency"
    ),
    SUMMARISE: (
        "summarise|summarize|sum up|outline|summary of|a summary of|the main points of|main points of|"
        "the key points of|key points of|the gist of|an overview of|the highlights of|fasse|fass|fass mir|"
        "zusammenfassung von|eine zusammenfassung von|eine zusammenfassung der|resume|resume-moi|resumez|"
        "un resume de|resumen de|un resumen de|the summary of|a short summary of"
    ),
    COMPARE: "compare|vergleiche|vergleich|compare-moi|comparez|compara",
    DIFFERENCE: (
        "what is the difference between|what's the difference between|the difference between|differences between|how do"
    ),
    SAYS_WHAT: "what does|what do|what is in|what's in|was steht in|que dit|que dice",
    SAY: "say|contain|zusammen|differ|drin",
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of the lexicon, or a word that is in none: then `meaning` is ""."""

    meaning: str
    text: str


def read(question: str) -> list[Phrase]:
    """The question in phrases."""
    words = re.findall(r"#?\w+(?:['/.-]\w+)*", question.replace("’", "'"))
    folded, phrases, place = [fold(word) for word in words], list[Phrase](), 0
    meanings, longest = _meanings()
    while place < len(words):
        sizes = range(min(longest, len(words) - place), 0, -1)
        size = next((size for size in sizes if tuple(folded[place : place + size]) in meanings), 0)
        meaning = meanings[tuple(folded[place : place + size])] if size else ""
        phrases.append(Phrase(meaning, " ".join(words[place : place + max(1, size)])))
        place += max(1, size)
    return phrases


def words_of_phrases(phrases: Sequence[Phrase]) -> str:
    return " ".join(phrase.text for phrase in phrases)


def fold(word: str) -> str:
    """A word in lower case and without accents."""
    return "".join(mark for mark in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(mark))


def speaks_of_notes(word: str) -> bool:
    """Whether a word is one of those in which questions speak of notes, so that notes need not have it: "folder"."""
    return fold(word) in _words()


@cache
def _words() -> frozenset[str]:
    return frozenset(word for phrase in _meanings()[0] for word in phrase)


@cache
def _meanings() -> tuple[dict[tuple[str, ...], str], int]:
    """Each phrase by its words with what it means, and the most words of one."""
    found: dict[tuple[str, ...], str] = {}
    for meaning, phrases in _PHRASES.items():
        for phrase in phrases.split("|"):
            found.setdefault(tuple(phrase.split()), meaning)
    return found, max(map(len, found))
