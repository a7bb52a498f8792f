"""What words and phrases mean in a question about the notes as a whole: English, German, French, Spanish.

Written by hand, without accents and in lower case, as questions are compared with it. A phrase takes its longest match.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

HOW_MANY, ASK, LIST, NOTE, SOME, HAVE, ARE = "how many", "ask", "list", "note", "some", "have", "are"
NEWEST, WROTE_LAST, WHEN_LAST, ABOUT, MENTION, APPEARS = (
    "newest",
    "wrote last",
    "when last",
    "about",
    "mention",
    "appears",
)
TAG, TAGGED, UNTAGGED, INSIDE, FOLDER, LINKING = "tag", "tagged", "untagged", "inside", "folder", "linking"
TASK, OPEN, DONE, OVERDUE, DUE, TO_DO, LEFT, OWN = "task", "open", "done", "overdue", "due", "to do", "left", "own"
OLDEST, UNLINKED = "oldest", "unlinked"
TICKED, UNDATED, USED_ONCE, IN_LANGUAGE = "ticked", "undated", "used once", "in language"
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
        "how|who|whom|whose|when|why|wie|wer|wem|wann|warum|comment|pourquoi|quand|como|cuando|quien|por que|"
        "did i note|did we note|i note|i noted|to note|should i note"
    ),
    HOW_MANY: (
        "how many|how many of|the number of|number of|count|count of|total of|wie viele|wie vielen|wieviele|anzahl|"
        "anzahl der|zahle|combien de|combien|compte|cuantos|cuantas|numero de|cuenta"
    ),
    ASK: (
        "which|what|what are|which are|is there|are there any|any|anything|something|please|qu'est-ce qui|"
        "qu'est-ce que|can you|could you|tell me|welche|welcher|welches|welchen|was|bitte|auf|etwas|quelles|quels|"
        "quelle|quel|que|cuales|cual|algo|what's|whats"
    ),
    LIST: (
        "list|show|show me|give me|find|find me|a list of|everything|zeig|zeige|zeig mir|liste|nenne|finde|gib mir|"
        "alles|montre-moi|montre|donne-moi|tout|muestra|muestrame|lista|dame|enumera|todo lo"
    ),
    NOTE: "note|notes|entries|notiz|notizen|eintrage|nota|notas|apuntes|entradas|fiches",
    SOME: (
        "the|all|every|each|of|of all|alle|aller|die|der|den|dem|das|les|des|de|toutes|tous|las|los|la|el|le|todas|"
        "todos|a|an|that|who|qui|have|has|having|haben|hat|ont|tienen|our|been|it|still|yet|noch"
    ),
    ARE: "estan|esta|are|is|were|was|sind|ist|sont|est|son|es",
    OWN: "my|of mine|mine|meine|meiner|meinen|mes|mis|do i|have i|did i|i have|i've|habe ich|ich|j'ai|ai-je|tengo|i",
    HAVE: (
        "do i have|do i have any|do i keep|do i own|have i got|have i got any|have i written|have i made|did i write|"
        "did i make|did i have|did i take|did i keep|i keep|i got|are there|there are|exist|in total|total|overall|"
        "in all|altogether|in my vault|written|created|made|i wrote|gibt es|es gibt|insgesamt|geschrieben|erstellt|"
        "y a-t-il|il y a|au total|ecrites|ecrit|hay|he escrito|en total|do i use|did i use|i use|i used|have i used|"
        "are used|benutze ich|verwende ich|habe ich benutzt|benutzt|verwendet|j'utilise|ai-je utilise|uso|he usado"
    ),
    NEWEST: (
        "most recent|newest|latest|last|recent|neueste|neuesten|letzte|letzten|aktuellste|aktuellsten|dernieres|"
        "plus recentes|les plus recentes|ultimas|mas recientes"
    ),
    OLDEST: "oldest|earliest|alteste|altesten|plus ancienne|plus anciennes|mas antigua|mas antiguas",
    UNLINKED: (
        "not linked from anywhere|not linked|not linked anywhere|unlinked|orphan|orphans|orphaned|without backlinks|"
        "have no backlinks|that nothing links to|nothing links to|are linked from nowhere|linked from nowhere|"
        "nicht verlinkt|nirgends verlinkt|verwaiste|orphelines|huerfanas"
    ),
    WROTE_LAST: (
        "what did i write last|what did i last write|what did i write recently|what have i written recently|"
        "what have i written lately|was habe ich zuletzt geschrieben|qu'ai-je ecrit recemment|"
        "que he escrito ultimamente"
    ),
    WHEN_LAST: (
        "when did i last write about|when did i last write on|when did i last write something about|"
        "when did i last mention|when was the last time i wrote about|when was the last time i mentioned|"
        "when have i last written about|wann habe ich zuletzt uber|wann habe ich zuletzt etwas uber|"
        "wann habe ich das letzte mal uber|wann schrieb ich zuletzt uber|quand ai-je ecrit pour la derniere fois sur|"
        "quand est-ce que j'ai ecrit pour la derniere fois sur|cuando escribi por ultima vez sobre|"
        "cuando fue la ultima vez que escribi sobre"
    ),
    ABOUT: (
        "about|on|regarding|concerning|talk about|talking about|speak of|deal with|refer to|for|related to|"
        "where i wrote down|where i noted|where i wrote about|where i write down|where i recorded|where i track|"
        "in which i wrote down|in which i noted|uber|zu|zum|zur|zum thema|fur|in denen ich|sur|a propos de|parlent de|"
        "ou j'ai note|ou je note|sobre|acerca de|hablan de|tratan de|donde apunte|donde anote"
    ),
    MENTION: (
        "mention|mentions|mentioning|contain|contains|containing|with|made with|in which|where|mit|erwahnen|in denen|"
        "wo|mentionnent|avec|dans lesquelles|mencionan|mencionan a|con"
    ),
    APPEARS: (
        "turns up|turn up|comes up|appears|appear|occurs|is mentioned|are mentioned|vorkommt|vorkommen|erwahnt wird|"
        "erwahnt|auftaucht|apparait|est mentionne|aparece|handeln"
    ),
    TAG: (
        "most used tag|most common tag|most frequent tag|each tag|every tag|haufigster tag|tags|hashtags|schlagworter|"
        "etiquettes|etiquetas"
    ),
    TAGGED: (
        "tienen la etiqueta|con etiqueta|ont le tag|ont l'etiquette|haben den tag|haben das tag|haben das schlagwort|"
        "tagged|tagged with|tagged as|with tag|with the tag|with tags|with the tags|have the tag|has the tag|in tag|"
        "mit dem tag|mit tag|mit dem schlagwort|getaggt mit|getaggt|verschlagwortet|avec le tag|avec l'etiquette|"
        "etiquetees|con la etiqueta|etiquetadas con|etiquetadas"
    ),
    UNTAGGED: (
        "untagged|keine tags|haben keine tags|keinen tag|n'ont pas de tags|n'ont pas de tag|n'ont aucun tag|"
        "no tienen etiquetas|no tienen etiqueta|without tags|without a tag|without any tags|have no tags|with no tags|"
        "not tagged|no tags|ohne tags|ohne tag|ohne schlagworter|ungetaggte|ungetaggten|sans tags|sans tag|"
        "sans etiquette|sans etiquettes|sin etiquetas|sin etiqueta"
    ),
    INSIDE: "in|inside|at|bei|from|under|within|below|in the|in my|from my|im|aus|unter|dans|dans le|en|en la",
    IN_LANGUAGE: (
        "in english|auf englisch|en anglais|en ingles|in german|auf deutsch|en allemand|en aleman|in french|"
        "auf franzosisch|en francais|en frances|in spanish|auf spanisch|en espagnol|en espanol"
    ),
    FOLDER: "folder|directory|ordner|verzeichnis|dossier|carpeta",
    LINKING: (
        "link here|links here|incoming links of|incoming links to|who links to|who links here to|who points to|link to|"
        "links to|link back to|links here to|linking to|link here to|point to|pointing to|backlinks of|"
        "wer verlinkt auf|qui renvoie a|quien enlaza a|backlinks to|backlinks for|verlinken auf|verlinkt auf|"
        "verweisen auf|verweist auf|renvoient a|renvoie a|enlazan a|enlaza a|apuntan a"
    ),
    TASK: (
        "task|tasks|todo|todos|to-do|to-dos|jobs|action items|aufgabe|aufgaben|taches|tarea|tareas|points|things|items|"
        "punkte|sachen"
    ),
    OPEN: (
        "open|unfinished|undone|outstanding|pending|remaining|incomplete|unchecked|offen|offene|offenen|unerledigt|"
        "unerledigte|unerledigten|ouvertes|en cours|pas terminees|abiertas|pendientes"
    ),
    DONE: (
        "done|finish|finished|completed|complete|ticked off|erledigt|erledigte|abgeschlossene|terminees|hechas|"
        "completadas"
    ),
    TICKED: (
        "did i tick off|have i ticked off|i ticked off|did i check off|have i checked off|did i cross off|"
        "have i crossed off|did i finish|have i finished|did i complete|have i completed|did i get done|"
        "have i got done|i got done|habe ich erledigt|habe ich abgehakt|hab ich erledigt|hab ich abgehakt|ai-je coche|"
        "ai-je termine|ai-je accompli|j'ai coche|j'ai termine|he completado|he terminado"
    ),
    UNDATED: (
        "undated|have no date|has no date|with no date|no date|"
        "without a due date|without due date|without due dates|without any due date|without a date|without date|"
        "without a deadline|with no due date|with no deadline|no due date|have no due date|ohne datum|ohne termin|"
        "ohne frist|ohne falligkeitsdatum|ohne falligkeit|sans date|sans echeance|sans date limite|sin fecha|"
        "sin fecha limite|sin fecha de vencimiento"
    ),
    OVERDUE: "overdue|past due|uberfallig|uberfallige|uberfalligen|en retard|vencidas|atrasadas",
    DUE: "due|est du|sont dues|fallig|fallige|falligen|a rendre|vencen",
    TO_DO: (
        "have to do|need to do|got to do|still have to do|have to get done|noch tun|noch machen|noch zu tun|"
        "noch zu erledigen|reste a faire|me reste-t-il a faire|reste-t-il a faire|me reste a faire|queda por hacer|"
        "me queda por hacer|falta por hacer|tengo que hacer"
    ),
    LEFT: (
        "needs to be done|need to be done|needs doing|still open|still to be done|to be done|remains to be done|"
        "remain to be done|left to do|left to be done|not done|not done yet|not yet done|not finished|not finished yet|"
        "still to do|still outstanding|still pending|still have to|still need to|have i not done|noch offen|noch zu|"
        "noch nicht erledigt|noch nicht fertig|muss ich noch|haven't done|haven't i done"
    ),
    HOW_OFTEN: (
        "how often|how many times|wie oft|combien de fois|cuantas veces|and how often|most used|most common|"
        "most frequent|most often|used most|haufigsten|meistgenutzten|by frequency"
    ),
    USED_ONCE: (
        "only one note|just one note|a single note|exactly one note|used once|only used once|used only once|only once|"
        "just once|one note only|nur eine notiz|nur einer notiz|nur einmal|einmal|une seule note|une seule fois|"
        "une fois|una sola nota|una sola vez|una vez"
    ),
    SUMMARISE: (
        "summarise|summarize|sum up|outline|summary of|a summary of|the main points of|main points of|"
        "the key points of|key points of|the gist of|an overview of|the highlights of|fasse|fass|fass mir|"
        "zusammenfassung von|eine zusammenfassung von|eine zusammenfassung der|resume|resume-moi|resumez|un resume de|"
        "resumen de|un resumen de|the summary of|a short summary of"
    ),
    COMPARE: "compare|vergleiche|vergleich|compare-moi|comparez|compara",
    DIFFERENCE: (
        "what is the difference between|what's the difference between|the difference between|differences between|how do"
    ),
    SAYS_WHAT: "what does|what do|what is in|what's in|was steht in|que dit|que dice",
    SAY: "say|contain|zusammen|differ|drin",
}

LANGUAGES = {
    name: language
    for language, names in {
        "english": "english englisch anglais ingles",
        "german": "german deutsch allemand aleman",
        "french": "french franzosisch francais frances",
        "spanish": "spanish spanisch espagnol espanol",
    }.items()
    for name in names.split()
}
"""A language by the names that it has in all of them."""


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
