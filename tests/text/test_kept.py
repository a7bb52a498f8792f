"""What was made of a text is kept, within the room that there is."""

from __future__ import annotations

from rag_bot.text.kept import kept


def test_the_texts_used_last_are_kept_as_far_as_the_room_reaches() -> None:
    made = list[str]()

    @kept(10_000)
    def first_letter(text: str) -> str:
        made.append(text[:1])
        return text[:1]

    short, long = [letter * 1_000 for letter in "abc"], "l" * 7_000
    assert [first_letter(text) for text in (*short, *short)] == ["a", "b", "c"] * 2
    first_letter(short[0])  # is used again, and so "b" has to go first
    first_letter(long)
    assert [first_letter(text) for text in (long, short[0], short[1])] == ["l", "a", "b"]
    assert made == ["a", "b", "c", "l", "b"]


def test_a_text_longer_than_the_room_is_kept_until_another_is_used() -> None:
    made = list[int]()

    @kept(1_000)
    def length(text: str) -> int:
        made.append(len(text))
        return len(text)

    assert [length(text) for text in ("x" * 5_000, "x" * 5_000, "y", "y", "x" * 5_000)] == [5_000, 5_000, 1, 1, 5_000]
    assert made == [5_000, 1, 5_000]


def test_other_arguments_are_another_result() -> None:
    @kept(1_000)
    def cut(text: str, end: int, *, upper: bool = False) -> str:
        return text[:end].upper() if upper else text[:end]

    assert [cut("abc", 1), cut("abc", 2), cut("abc", 1, upper=True)] == ["a", "ab", "A"]
