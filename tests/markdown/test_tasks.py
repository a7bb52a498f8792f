"""Tasks are found with their marks and days, whoever's way of writing them it is."""

from __future__ import annotations

from rag_bot.markdown import may_have_tasks, parse, tasks_in
from rag_bot.records import Task

TEXT = """# Garden

## To do
- [ ] buy [[seeds]] ⏳ 2026-03-01 📅 2026-04-01 🔺 #spring
- [x] dig ✅ 2026-02-03
    - [/] water the roots [due:: 2026-05-02]
- [-] paint the shed (due:: 2026-05-03)
* TODO call Ann
  DEADLINE: <2026-06-01 Mon>
1. DONE sweep

- [1] Smith 2020, no task
- [link](a.md)

```
- [ ] not in code
```
"""


def _tasks(text: str) -> list[Task]:
    return list(tasks_in("a.md", text, parse(text)))


def test_tasks_have_their_mark_line_day_and_what_they_stand_below() -> None:
    found = [(task.line, task.mark, task.due, task.done) for task in _tasks(TEXT)]
    assert found == [
        (4, " ", "2026-04-01", ""),
        (5, "x", "", "2026-02-03"),
        (6, "/", "2026-05-02", ""),
        (7, "-", "2026-05-03", ""),
        (8, " ", "2026-06-01", ""),
        (10, "x", "", ""),
    ]
    assert _tasks(TEXT)[2].above[:2] == ("Garden", "To do")
    assert [task.is_open for task in _tasks(TEXT)] == [True, False, True, False, True, False]


def test_only_texts_that_may_have_tasks_are_parsed_for_them() -> None:
    assert may_have_tasks(TEXT)
    assert may_have_tasks("> - [ ] in a quote")
    assert not may_have_tasks("A [ ] box in a sentence.\n- [link](a.md)\n")


def test_a_scheduled_day_counts_where_there_is_no_due_day() -> None:
    text = "- [ ] sow ⏳ 2026-03-01\n- [ ] weed ⏳ 2026-03-02 📅 2026-03-09\n- [ ] plan 🛫 2026-03-01\n"
    assert [task.due for task in _tasks(text)] == ["2026-03-01", "2026-03-09", ""]
