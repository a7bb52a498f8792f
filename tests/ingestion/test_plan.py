"""The plan is pure: what is known and what was found go in."""

from __future__ import annotations

from rag_bot.ingestion.plan import plan_sync
from rag_bot.ingestion.walk import FoundFile
from rag_bot.records import Move, SyncPlan
from rag_bot.store.catalogue import KnownFile


def _known(**hashes: str) -> dict[str, KnownFile]:
    return {f"{name}.md": KnownFile(f"{name}.md", "1", content) for name, content in hashes.items()}


def _plan(known: dict[str, KnownFile], found: dict[str, tuple[str, int]], *, rebuild: bool = False) -> SyncPlan:
    """`found` gives content hash and time of each name."""
    files = {f"{name}.md": FoundFile(f"{name}.md", str(mtime)) for name, (_, mtime) in found.items()}
    hashes = {f"{name}.md": content for name, (content, _) in found.items()}
    return plan_sync(known, files, hashes.get, rebuild=rebuild)


def test_a_file_of_the_same_size_and_time_is_not_even_read() -> None:
    def never(_: str) -> str:
        raise AssertionError

    plan = plan_sync(_known(a="1"), {"a.md": FoundFile("a.md", "1")}, never)
    assert plan == SyncPlan(unchanged=("a.md",))


def test_a_new_time_with_the_old_content_is_unchanged() -> None:
    assert _plan(_known(a="1"), {"a": ("1", 2)}) == SyncPlan(unchanged=("a.md",))


def test_added_changed_and_deleted_are_told_apart() -> None:
    plan = _plan(_known(a="1", b="2"), {"a": ("9", 2), "c": ("3", 1)})
    assert plan == SyncPlan(added=("c.md",), changed=("a.md",), deleted=("b.md",))


def test_the_same_content_under_a_new_name_is_a_move() -> None:
    assert _plan(_known(a="1"), {"b": ("1", 5)}) == SyncPlan(moved=(Move("a.md", "b.md"),))


def test_a_copy_is_an_addition_and_no_move() -> None:
    assert _plan(_known(a="1"), {"a": ("1", 1), "b": ("1", 1)}) == SyncPlan(added=("b.md",), unchanged=("a.md",))


def test_of_several_copies_each_vanished_note_moves_to_one() -> None:
    plan = _plan(_known(a="1", b="1"), {"c": ("1", 1), "d": ("1", 1), "e": ("1", 1)})
    assert plan == SyncPlan(added=("e.md",), moved=(Move("a.md", "c.md"), Move("b.md", "d.md")))


def test_notes_that_swap_their_texts_are_two_changes() -> None:
    assert _plan(_known(a="1", b="2"), {"a": ("2", 5), "b": ("1", 5)}) == SyncPlan(changed=("a.md", "b.md"))


def test_a_moved_file_that_is_read_another_way_now_is_no_move() -> None:
    found = {"a.txt": FoundFile("a.txt", "1")}
    plan = plan_sync(_known(a="1"), found, {"a.txt": "1"}.get)
    assert plan == SyncPlan(added=("a.txt",), deleted=("a.md",))


def test_a_rebuild_changes_every_known_note() -> None:
    assert _plan(_known(a="1"), {"a": ("1", 1), "b": ("1", 1)}, rebuild=True) == SyncPlan(
        added=("b.md",), changed=("a.md",)
    )
