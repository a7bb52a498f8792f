"""Questions made of the notes themselves: words of their titles and of their first sentences."""

from __future__ import annotations

import random

from rag_bot import Library
from rag_bot.markdown import plain_text

_LONGEST = 14  # words of a question; set by hand


def make_questions(library: Library, count: int, seed: int = 0) -> list[str]:
    """As many questions, the same ones for the same seed; by turns about a title and of a first sentence's words."""
    chance = random.Random(seed)
    titles = [(path, title) for path, title in library.note_titles() if any(map(str.isalpha, title))]
    questions = []
    for number in range(count):
        path, title = chance.choice(titles)
        words = _first_words(library, path) if number % 2 else []
        questions.append(" ".join(words) if len(words) > 2 else f"What did I note about {title[:200]}?")
    return questions


def _first_words(library: Library, path: str) -> list[str]:
    """The first words of the first line that is more than a heading."""
    note = library.note(path)
    lines = note.text.splitlines()[note.body_start_line - 1 :] if note else []
    body = next((line for line in lines if len(line.split()) > 4 and line[0].isalpha()), "")
    return [word for word in plain_text(body).split()[:_LONGEST] if any(map(str.isalpha, word))]
