"""Which questions are about the notes as a whole, and which only sound like it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from rag_bot.query.vault.asking import understand
from rag_bot.query.vault.vault_question import VaultQuestion
from rag_bot.records import DateRange

TODAY = date(2026, 4, 12)  # a Sunday


def _understood(question: str) -> VaultQuestion | None:
    return understand(question, TODAY, lambda name: name.lower() in ("recipes", "old plans", "people"))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many notes do I have?", {"only_counts": True}),
        ("How many notes are there about the boat?", {"topic": "the boat"}),
        ("List all my notes that mention Ann Lee", {"topic": "Ann Lee", "mention": True}),
        (
            "Show me all notes in which Ann from the council turns up",
            {"topic": "Ann from the council", "mention": True},
        ),
        ("which notes are tagged #work/plan", {"tag": "#work/plan"}),
        ("count my #money notes", {"tag": "#money"}),
        ("how often did i use #rig-check", {"tag": "#rig-check", "is_plain": False}),
        ("how many books have i got notes on", {"sort": "books"}),
        ("number of dimmer racks i have notes about", {"sort": "dimmer racks"}),
        ("which of my notes are MOCs", {"sort": "MOCs"}),
        ("every note where i wrote down my weight", {"topic": "my weight"}),
        ("Recipes folder: notes without any tags?", {"folder": "Recipes", "untagged": True}),
        ("in Recipes: notes without tags", {"folder": "Recipes", "untagged": True}),
        ("list my recipes in english", {"folder": "recipes", "language": "english"}),
        ("my last 5 notes", {"newest": 5}),
        ("my oldest note", {"newest": 1, "oldest": True}),
        ("notes tagged bees and #work", {"tag": "bees and #work"}),
        ("notes in the folder Nowhere", {"folder": "Nowhere"}),
        ("which notes are not linked from anywhere?", {"unlinked": True}),
        ("how many notes have no date", {"undated": True}),
        ("what does Ann Lee link to?", {"linked_from": "Ann Lee"}),
        ("when did I last write about Ann?", {"topic": "Ann", "mention": True, "newest": 1, "is_plain": False}),
        ("who links to Ann Lee", {"linked_to": "Ann Lee"}),
        ("How many recipes do I have?", {"folder": "recipes", "is_plain": False}),
        ("Which of my recipes are made with honey?", {"folder": "recipes", "topic": "honey", "mention": True}),
        ("How many notes about boats are in the folder Old plans?", {"folder": "Old plans", "topic": "boats"}),
        ("Which notes have no tags?", {"untagged": True}),
        ("my 5 latest notes", {"newest": 5}),
        ("What links to Ann Lee?", {"linked_to": "Ann Lee"}),
        ("Wie viele Notizen habe ich über Bienen?", {"topic": "Bienen"}),
        ("Welche Notizen sind mit arbeit getaggt?", {"tag": "arbeit"}),
        ("Quelles notes parlent de Marek ?", {"topic": "Marek"}),
        ("¿Cuántas notas tengo sobre abejas?", {"topic": "abejas"}),
        ("Zu wie vielen Büchern habe ich Notizen?", {"sort": "Büchern"}),
        ("combien de fois ai-je utilisé #rig-check", {"tag": "#rig-check", "is_plain": False}),
        ("¿Cuántas notas tienen la etiqueta money?", {"tag": "money"}),
    ],
)
def test_questions_about_notes(question: str, expected: dict[str, Any]) -> None:
    assert _understood(question) == VaultQuestion("notes", **expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What are my open tasks?", {}),
        ("What is still open for the boat?", {"topic": "boat", "is_plain": False}),
        ("Which jobs on the boat are not done yet?", {"topic": "boat", "is_plain": False}),
        ("What do I still have to do for the boat?", {"topic": "boat"}),
        ("What is overdue?", {"overdue": True}),
        ("Welche Aufgaben sind überfällig?", {"overdue": True}),
        ("Which tasks did I finish?", {"done": True}),
        ("what did i tick off at home", {"topic": "home", "done": True, "is_plain": False}),
        ("open tasks without a due date", {"undated": True}),
        ("tareas sin fecha", {"undated": True}),
        ("tasks in Home", {"topic": "Home"}),
    ],
)
def test_questions_about_tasks(question: str, expected: dict[str, Any]) -> None:
    assert _understood(question) == VaultQuestion("tasks", **expected)


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("How many notes have I written since March 2025?", "2025-03-01", "9999-12-31"),
        ("List all notes from last week", "2026-03-30", "2026-04-05"),
        ("Which tasks are due by 2026-05-01?", "0001-01-01", "2026-05-01"),
        ("What is due tomorrow?", "2026-04-13", "2026-04-13"),
        ("Zeig mir alle Notizen vom März 2026", "2026-03-01", "2026-03-31"),
    ],
)
def test_times_are_relative_to_the_day_of_the_question(question: str, first: str, last: str) -> None:
    asked = _understood(question)
    assert asked
    assert asked.time
    assert asked.time.ranges[0] == DateRange(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("question", "kind", "topic"),
    [
        ("Summarise my note on feeding bees", "summary", "feeding bees"),
        ("Give me the main points of the survey", "summary", "survey"),
        ("Fasse die Notiz Umbau zusammen", "summary", "Umbau"),
        ("What does my note Umbau say?", "summary", "Umbau"),
        ("Compare Rules 2025 with Rules 2026", "comparison", "Rules 2025 with Rules 2026"),
        ("Which tags do I use most often?", "tags", ""),
    ],
)
def test_questions_about_one_note_two_notes_or_tags(question: str, kind: str, topic: str) -> None:
    assert _understood(question) == VaultQuestion(kind, topic=topic)


@pytest.mark.parametrize(
    "question",
    [
        "How many notes does a chord have?",
        "Which notes should I play first?",
        "How many hives do we have?",
        "How many people came to the meeting?",
        "What are the tasks of a beekeeper?",
        "When is the rent due?",
        "How do I create a to-do list?",
        "open source community",
        "notes about bees",
        "meeting notes",
        "#money",
        "what are tags",
        "list my allergies in the kitchen drawer",
        "list the ingredients of flapjacks",
        "how many people do I know",
        "what did i note about the boiler",
        "how often did I go to the gym",
        "which book did I finish",
        "who links the cables",
        "Recipes folder wifi password",
        "where i wrote down the code",
        "List of ingredients for honey cake",
        "What does my note Umbau say about the doors?",
        "What is the difference between tea and coffee?",
        "my note on leeches: how were the gatherers paid",
    ],
)
def test_questions_that_only_sound_like_it(question: str) -> None:
    assert _understood(question) is None
