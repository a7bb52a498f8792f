"""Conversations are kept whole, found again, and really gone when they are deleted."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag_bot.conversations import Conversations, SavedExchange
from rag_bot.conversations.exchange import to_json
from rag_bot.conversations.schema import _STEPS, SCHEMA, _version, reading
from rag_bot.conversations.titles import as_title, folded
from rag_bot.errors import ConversationsUnusable, UsageError
from rag_bot.records import Filters
from rag_bot.settings import Settings
from tests.conftest import ROOT
from tests.conversations.samples import ASKED, exchange

HOSTILE = ("'; DROP TABLE exchange; --", '"', "100%", "_", "\\", "a OR b*", "NEAR(", "\x00", "\ud800", "[x]", "😀")
PUT = """
import sys
from pathlib import Path
from rag_bot.conversations import Conversations
from tests.conversations.samples import exchange
conversations = Conversations(Path(sys.argv[1]))
"""


@pytest.fixture
def conversations(tmp_path: Path) -> Conversations:
    return Conversations(tmp_path / "data" / "conversations.sqlite3")


def _child(conversations: Conversations, code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PUT + code, str(conversations.file), *arguments]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _said(act: Callable[[], object]) -> str:
    """The one line that says why the file cannot be used."""
    with pytest.raises(ConversationsUnusable) as caught:
        act()
    said = str(caught.value)
    assert "\n" not in said
    return said


def _everything(conversations: Conversations) -> list[tuple[str, tuple[SavedExchange, ...]]]:
    return [(one.title, conversations.exchanges(one.key)) for one in conversations.list()]


def _bytes(conversations: Conversations) -> bytes:
    """Of the file and of all that lies beside it."""
    return b"".join(path.read_bytes() for path in sorted(conversations.file.parent.iterdir()))


def test_reading_makes_no_file(conversations: Conversations) -> None:
    assert conversations.list("anything") == []
    with pytest.raises(UsageError, match="There is no conversation 'k'"):
        conversations.exchanges("k")
    assert not conversations.file.parent.exists()


def test_file_and_folder_are_for_nobody_else(conversations: Conversations) -> None:
    conversations.begin("When is the rent due?")
    assert stat.S_IMODE(conversations.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(conversations.file.parent.stat().st_mode) == 0o700
    with closing(sqlite3.connect(conversations.file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def _keys(conversations: Conversations, key: str) -> list[str]:
    """Those of the exchanges that are shown."""
    return [one.key for one in conversations.exchanges(key)]


def _file_of_before(file: Path, version: int) -> None:
    """A file as this version of the tables had it, with a conversation of three exchanges and an empty one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.create_function("folded", 1, folded)
        connection.execute("PRAGMA journal_mode = WAL")
        for step in _STEPS[:version]:
            connection.executescript(step)
        connection.execute(f"PRAGMA user_version = {version}")
        said = "INSERT INTO conversation (library, key, title, words, created, changed, latest) "
        said += "VALUES (?, ?, ?, ?, ?, ?, ?)"
        connection.execute(said, ("index", "k1", "Ein Café", "ein café", ASKED, ASKED, 2))
        connection.execute(said, ("index", "k2", "Empty", "empty", ASKED, ASKED, 1))
        for number, one in enumerate("abc", start=3):
            saved = json.loads(to_json(exchange(one, f"Wann ist Übung {one}?", "A line.")))
            del saved["filters"]
            saved["folder"] = "notes/flat" if one == "b" else ""
            connection.execute(
                "INSERT INTO exchange (conversation, position, key, words, saved) VALUES (1, ?, ?, ?, ?)",
                (number, one, f"wann ist übung {one}?", json.dumps(saved).encode()),
            )


def test_exchanges_are_appended_and_replaced_where_they_stand(conversations: Conversations) -> None:
    key = conversations.begin("When is the rent due?").key
    first, second, third = (exchange(name, f"Question {name}", "A line.") for name in "abc")
    for one in (first, second, third):
        conversations.put(key, one)
    grown = replace(second, answer=replace(second.answer, text="Longer.", model="gguf:x"))
    conversations.put(key, grown)
    conversations.put(key, grown, "")
    assert conversations.exchanges(key) == (first, grown, third)
    assert conversations.versions(key) == {"a": ("a",), "b": ("b",), "c": ("c",)}


def test_another_wording_of_a_question_keeps_the_one_before_and_what_came_after_it(
    conversations: Conversations,
) -> None:
    key = conversations.begin("Question a").key
    for one in "abc":
        conversations.put(key, exchange(one, f"Question {one}"))
    conversations.put(key, exchange("B", "Question B"), "a")
    assert _keys(conversations, key) == ["a", "B"]
    conversations.put(key, exchange("D", "Question D"))
    conversations.put(key, exchange("bb", "Question bb"), "a")
    assert _keys(conversations, key) == ["a", "bb"]
    wordings = ("b", "B", "bb")
    assert conversations.versions(key) == {"a": ("a",), "c": ("c",), "D": ("D",)} | dict.fromkeys(wordings, wordings)
    for shown, path in (("b", "abc"), ("B", "aBD"), ("a", ["a", "bb"]), ("c", "abc"), ("gone", "abc")):
        conversations.show(key, shown)
        assert _keys(conversations, key) == [*path]
    conversations.put(key, exchange("e", "Question e"))
    assert _keys(conversations, key) == [*"abce"]
    assert conversations.find(key).exchanges == 7
    assert [one.key for one in conversations.list("question D")] == [key]


def test_showing_another_wording_is_no_change_of_the_conversation(conversations: Conversations) -> None:
    keys = [conversations.begin(f"Question {number}").key for number in range(2)]
    conversations.put(keys[0], exchange("a", "One"))
    conversations.put(keys[0], exchange("b", "Two"), "")
    conversations.put(keys[1], exchange("a", "Other"))
    before = conversations.list()
    conversations.show(keys[0], "a")
    assert conversations.list() == before


@pytest.mark.parametrize("version", range(1, SCHEMA))
def test_a_file_of_before_is_brought_up_to_date_with_all_that_is_in_it(
    conversations: Conversations, version: int
) -> None:
    _file_of_before(conversations.file, version)
    saved = {one: exchange(one, f"Wann ist Übung {one}?", "A line.") for one in "abc"}
    saved["b"] = replace(saved["b"], filters=Filters(folder="notes/flat"))
    assert conversations.exchanges("k1") == tuple(saved.values())
    assert conversations.exchanges("k2") == ()
    assert [(one.key, one.exchanges, one.pinned) for one in conversations.list()] == [
        ("k1", 3, False),
        ("k2", 0, False),
    ]
    conversations.put("k1", exchange("B", "Sooner?"), "a")
    conversations.put("k2", exchange("x", "First?"))
    assert (_keys(conversations, "k1"), _keys(conversations, "k2")) == (["a", "B"], ["x"])
    conversations.show("k1", "b")
    assert conversations.exchanges("k1") == tuple(saved.values())
    with closing(sqlite3.connect(conversations.file)) as connection:
        assert _version(connection, conversations.file) == SCHEMA


def test_pinned_conversations_stand_before_the_others(conversations: Conversations) -> None:
    keys = [conversations.begin(f"Question {number}").key for number in range(4)]
    conversations.pin(keys[0], pinned=True)
    conversations.pin(keys[2], pinned=True)
    assert [(one.key, one.pinned) for one in conversations.list()] == [
        *((keys[2], True), (keys[0], True), (keys[3], False), (keys[1], False))
    ]
    conversations.pin(keys[2], pinned=False)
    assert [one.key for one in conversations.list()] == [keys[0], keys[3], keys[2], keys[1]]


def test_what_was_removed_can_be_brought_back_until_it_is_purged(conversations: Conversations) -> None:
    kept, other = (conversations.begin(title).key for title in ("Sesame", "Poppy"))
    conversations.put(kept, exchange("a", "Sesame?", "Sesame line."))
    before = _everything(conversations)
    conversations.remove(kept)
    assert [one.key for one in conversations.list()] == [other]
    for act in (conversations.find, conversations.exchanges, conversations.delete, conversations.remove):
        with pytest.raises(UsageError, match="There is no conversation"):
            act(kept)
    conversations.purge(3600)
    conversations.restore(kept)
    assert _everything(conversations) == before
    conversations.purge(0)
    assert _everything(conversations) == before
    conversations.remove(kept)
    conversations.purge(0)
    assert b"sesame" not in _bytes(conversations).lower()
    with pytest.raises(UsageError):
        conversations.restore(kept)
    assert [one.key for one in conversations.list()] == [other]


def test_purging_makes_no_file_and_leaves_that_of_another_index_alone(tmp_path: Path) -> None:
    one, two = (Conversations.of(Settings(index=tmp_path / name)) for name in ("one", "two"))
    one.purge(0)
    assert not one.file.exists()
    key = two.begin("When?").key
    two.remove(key)
    one.purge(0)
    two.restore(key)
    assert [listed.key for listed in two.list()] == [key]


def test_a_conversation_is_called_by_its_first_question_cut_at_a_word(conversations: Conversations) -> None:
    long = "What did I note about the rent of the flat in the old town, and about its deposit?"
    assert conversations.begin(long).title == "What did I note about the rent of the flat in the old town,…"
    assert conversations.begin(" When\n is\x1b[31m \u202eit\x00 due? ").title == "When is [31m it due?"
    assert conversations.begin("\n\x00 ").title == "Untitled"
    assert as_title("字" * 80) == "字" * 59 + "…"
    assert all(len(as_title("ab " * number)) <= 60 for number in range(40))


def test_the_list_counts_exchanges_and_begins_with_what_was_changed_last(conversations: Conversations) -> None:
    keys = [conversations.begin(f"Question {number}").key for number in range(4)]
    conversations.put(keys[1], exchange("a", "Again?", "A line."))
    conversations.rename(keys[0], "Renamed")  # says nothing new
    listed = conversations.list()
    assert [one.key for one in listed] == [keys[1], keys[3], keys[2], keys[0]]
    assert [(one.title, one.exchanges) for one in listed[:1] + listed[3:]] == [("Question 1", 1), ("Renamed", 0)]
    assert [one.key for one in conversations.list(limit=1)] == [keys[1]]
    assert conversations.list(limit=-1) == []


def test_a_search_finds_words_in_titles_questions_and_answers_in_any_case(conversations: Conversations) -> None:
    key = conversations.begin("Der STRAẞE nach").key
    conversations.put(key, exchange("a", "Wann ist ÜBUNG?", "Im Café um drei."))
    conversations.put(key, exchange("b", "Und wo?", "Ｈａｌｌｅ zwei."))
    other = conversations.begin("Miete").key
    for words in ("strasse", "übung", "ÜBUNG", "cafe\u0301", "Cafe", "ubung", "halle DREI strasse", "", "  "):
        assert key in [one.key for one in conversations.list(words)], words
    assert [one.key for one in conversations.list("café miete")] == []
    assert [one.key for one in conversations.list("MIE")] == [other]


def test_marks_that_make_another_letter_are_no_accents() -> None:
    assert folded("がき") == folded("か\u3099き") != folded("かき")
    assert folded("각") != folded("가")
    assert folded("Ёлка Ώ") == folded("ЕЛКА ω")


def test_a_search_finds_words_with_accents_in_a_file_of_before(conversations: Conversations) -> None:
    _file_of_before(conversations.file, 1)
    assert [one.key for one in conversations.list("cafe ÜBUNG")] == ["k1"]
    with closing(sqlite3.connect(conversations.file)) as connection:
        assert _version(connection, conversations.file) == SCHEMA


def test_a_file_of_before_is_read_all_the_same_where_another_one_holds_it(
    conversations: Conversations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag_bot.conversations.schema.PATIENCE_SECONDS", 0.1)
    _file_of_before(conversations.file, 1)
    with closing(sqlite3.connect(conversations.file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert [one.key for one in conversations.list("cafe übung")] == ["k1"]
        assert _keys(conversations, "k1") == ["a", "b", "c"]
        assert _version(connection, conversations.file) == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_can_be_title_question_answer_key_and_search(conversations: Conversations, text: str) -> None:
    bystander = conversations.begin("Quiet").key
    key = conversations.begin(f"x{text}").key
    saved = exchange(text, text, text, filters=Filters(folder=text, tag=text))
    conversations.put(key, saved)
    conversations.put(key, saved)
    conversations.rename(key, f"y{text}")
    assert conversations.exchanges(key) == (saved,)
    assert key in [one.key for one in conversations.list(text)]
    assert bystander not in [one.key for one in conversations.list(text)] or not text.strip("\x00\ud800")
    assert text.strip("\x00\ud800") in conversations.export(key).replace("\\", "") or "\\" in text
    conversations.put(key, exchange(f"{text}2", text), text)
    assert [one.question for one in conversations.exchanges(key)] == [text, text]
    conversations.show(key, text)
    for act in (
        conversations.find,
        conversations.delete,
        conversations.restore,
        lambda one: conversations.show(one, "a"),
    ):
        with pytest.raises(UsageError):
            act(text)


def test_a_title_follows_the_first_question_only_where_it_was_made_of_it(conversations: Conversations) -> None:
    key = conversations.begin("Where is the key?").key
    conversations.put(key, exchange("a", "Where is the key?"))
    conversations.put(key, exchange("b", "And the lock?"))

    def title_after(question: str, follows: str) -> str:
        conversations.put(key, exchange(question, question), follows)
        return conversations.find(key).title

    assert title_after("And the door?", "a") == "Where is the key?"
    assert title_after("Where is the shed?", "") == "Where is the shed?"
    assert [one.key for one in conversations.list("shed")] == [key]
    assert title_after("\x00", "") == "Untitled"
    assert title_after("Where?", "") == "Where?"
    conversations.rename(key, "Mine")
    assert title_after("Who?", "") == "Mine"


def test_a_search_may_have_thousands_of_words(conversations: Conversations) -> None:
    conversations.begin("one two")
    assert conversations.list(" ".join(f"w{number}" for number in range(5_000))) == []
    assert len(conversations.list("one two " * 5_000)) == 1


def test_a_title_needs_words(conversations: Conversations) -> None:
    key = conversations.begin("When?").key
    with pytest.raises(UsageError, match="cannot be empty"):
        conversations.rename(key, " \n\u202e")
    assert conversations.find(key).title == "When?"


def test_a_key_may_be_given_by_its_beginning(conversations: Conversations) -> None:
    keys = [conversations.begin("When?").key for _ in range(17)]  # two of them begin with the same of 16 digits
    assert conversations.find(keys[3][:11]).key == keys[3]
    digits = [key[0] for key in keys]
    twice = next(one for one in digits if digits.count(one) > 1)
    with pytest.raises(UsageError, match="Several conversations begin with"):
        conversations.find(twice)
    for unknown in ("", "%", "zz", keys[0] + "0"):
        with pytest.raises(UsageError, match="There is no conversation"):
            conversations.find(unknown)


def test_two_indexes_beside_each_other_share_the_file_and_no_list(tmp_path: Path) -> None:
    one, two = (Conversations.of(Settings(index=tmp_path / name)) for name in ("one", "two"))
    key = one.begin("When is the rent due?").key
    assert one.file == two.file == tmp_path / "conversations.sqlite3"
    assert (len(one.list()), two.list()) == (1, [])
    for act in (two.exchanges, two.delete, two.find, lambda key: two.rename(key, "Mine")):
        with pytest.raises(UsageError):
            act(key)
    assert one.find(key).title == "When is the rent due?"


def test_nothing_of_a_deleted_conversation_is_left_in_its_file(conversations: Conversations) -> None:
    keys = [conversations.begin(f"Title{number:03}secret").key for number in range(30)]
    for turn in range(8):  # rows of all sizes move between pages
        for number, key in enumerate(keys):
            words = f"Word{number:03}secret " * (1, 4, 30, 300)[(turn + number) % 4]
            conversations.put(key, exchange(f"e{turn % 5}", f"Why{number:03}secret?", words))
    with closing(sqlite3.connect(conversations.file)) as reader:  # the log stays while somebody else has the file open
        reader.execute("SELECT count(*) FROM exchange").fetchall()
        for key in keys[::2]:
            conversations.delete(key)
        kept = _bytes(conversations).lower()
    assert [number for number in range(30) if f"{number:03}secret".encode() in kept] == list(range(1, 30, 2))
    assert {one.key for one in conversations.list()} == set(keys[1::2])
    assert [path.name for path in conversations.file.parent.iterdir()] == [conversations.file.name]


def test_thousands_of_conversations_are_listed_by_an_index_and_without_their_answers(
    conversations: Conversations,
) -> None:
    key = conversations.begin("The first").key
    conversations.put(key, exchange("a", "Why?", "A line."))
    with closing(sqlite3.connect(conversations.file)) as connection, connection:
        connection.executemany(
            "INSERT INTO conversation (library, key, title, words, created, changed, latest) "
            "VALUES ('index', ?, ?, '', '', '', ?)",
            ((f"k{number}", f"Title {number}", number + 10) for number in range(2_000)),
        )
        connection.execute("UPDATE exchange SET saved = 'damaged', words = ''")
    listed = conversations.list(limit=2_001)
    assert [one.title for one in listed[:2]] == ["Title 1999", "Title 1998"]
    assert (len(listed), listed[-1].key, listed[-1].exchanges) == (2_001, key, 1)


def test_processes_and_threads_may_write_at_once(conversations: Conversations) -> None:
    code = """
for number in range(15):
    key = conversations.begin(sys.argv[2]).key
    conversations.put(key, exchange("a", sys.argv[2], "A line."))
"""
    children = [_child(conversations, code, f"Process {number}") for number in range(2)]
    with ThreadPoolExecutor(2) as threads:
        begun = [threads.submit(lambda: [conversations.begin("Thread") for _ in range(15)]) for _ in range(2)]
        assert [child.communicate()[1] for child in children] == ["", ""]
    assert [len(one.result()) for one in begun] == [15, 15]
    titles = [one.title for one in conversations.list()]
    assert sorted(titles) == ["Process 0"] * 15 + ["Process 1"] * 15 + ["Thread"] * 30


def test_a_file_that_another_one_is_making_is_not_taken_for_a_strangers(conversations: Conversations) -> None:
    class Looking(sqlite3.Connection):
        looks = 0

        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            self.looks += 1
            if self.looks == 2:
                conversations.begin("First")
            return super().execute(*arguments)

    conversations.file.parent.mkdir()
    with closing(sqlite3.connect(conversations.file, factory=Looking)) as connection:
        assert _version(connection, conversations.file) in (0, SCHEMA)


def test_a_change_leaves_the_locks_of_other_threads(conversations: Conversations) -> None:
    conversations.begin("First")
    with reading(conversations.file) as connection:
        assert connection is not None
        connection.execute("SELECT count(*) FROM conversation").fetchall()
        conversations.begin("Second")
        child = _child(conversations, "conversations.begin('Third')")  # which ends as if it alone had the file open
        assert child.communicate()[1] == ""
        assert conversations.file.with_name(f"{conversations.file.name}-wal").exists()
    assert [one.title for one in conversations.list()] == ["Third", "Second", "First"]


@pytest.mark.parametrize(("point", "put"), [("UPDATE exchange", "a"), ("INSERT INTO exchange", "b"), ("COMMIT", "b")])
def test_a_kill_in_the_middle_of_a_put_leaves_what_was_there(
    conversations: Conversations, point: str, put: str
) -> None:
    key = conversations.begin("When is the rent due?").key
    conversations.put(key, exchange("a", "When?", "On the third."))
    before = _everything(conversations)
    code = """
import os, signal, sqlite3
connect = sqlite3.connect
def dying(*arguments, **options):
    connection = connect(*arguments, **options)
    connection.execute("PRAGMA cache_size = 1")  # the log is written while the change goes on
    connection.set_trace_callback(lambda said: said.startswith(sys.argv[3]) and os.kill(os.getpid(), signal.SIGKILL))
    return connection
sqlite3.connect = dying
conversations.put(sys.argv[2], exchange(sys.argv[4], "When?", "Half of it. " * 100_000))
"""
    child = _child(conversations, code, key, point, put)
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    assert _everything(conversations) == before
    conversations.put(key, exchange("b", "And?", "A line."))
    assert len(conversations.exchanges(key)) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"These are not conversations. " * 400, "file is not a database. Move the file away"),
        ("damaged", "malformed. Move the file away"),
        ("foreign", "another program's database"),
        ("newer", "have version 99, this rag-bot reads 3. Update rag-bot."),
    ],
)
def test_a_file_that_is_none_of_ours_gets_one_line_and_is_not_changed(
    conversations: Conversations, content: bytes | str, said: str
) -> None:
    key = conversations.begin("When is the rent due?").key
    for number in range(20):
        conversations.put(key, exchange(f"k{number}", "When?", "On the third. " * 500))
    file = conversations.file
    if content == "damaged":
        file.write_bytes(file.read_bytes()[:4096] + b"\xff" * 8192)
    elif isinstance(content, bytes):
        file.write_bytes(content)
    else:
        file.unlink() if content == "foreign" else None
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("CREATE TABLE mine (x)")
            connection.execute(f"PRAGMA user_version = {99 if content == 'newer' else 0}")
    before = file.read_bytes()
    acts: list[Callable[[], object]] = [
        *(conversations.list, lambda: conversations.exchanges(key), lambda: conversations.begin("x")),
        *(lambda: conversations.put(key, exchange("a", "q")), lambda: conversations.delete(key)),
    ]
    for act in acts:
        assert said in _said(act)
    assert file.read_bytes() == before


def test_an_answer_that_is_damaged_gets_one_line_and_can_be_deleted(conversations: Conversations) -> None:
    key = conversations.begin("When?").key
    conversations.put(key, exchange("a", "When?", "On the third."))
    with closing(sqlite3.connect(conversations.file)) as connection, connection:
        connection.execute("UPDATE exchange SET saved = ?", (b'{"key": \xff',))
    assert "is damaged" in _said(lambda: conversations.exchanges(key))
    conversations.delete(key)
    assert conversations.list() == []


def test_an_empty_file_is_begun_anew(conversations: Conversations) -> None:
    conversations.file.parent.mkdir()
    conversations.file.touch()
    assert conversations.list() == []
    conversations.begin("When?")
    assert len(conversations.list()) == 1


def test_a_full_disk_gets_one_line_and_nothing_is_lost(conversations: Conversations) -> None:
    key = conversations.begin("When is the rent due?").key
    conversations.put(key, exchange("a", "When?", "On the third."))
    before = _everything(conversations)
    resource = pytest.importorskip("resource")
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, former[1]))
    try:
        said = _said(lambda: conversations.put(key, exchange("b", "And?", "A long line. " * 50_000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
    assert "Free space on its disk; nothing that was saved before is lost." in said
    assert _everything(conversations) == before


def test_another_one_that_holds_the_file_gets_one_line(
    conversations: Conversations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag_bot.conversations.schema.PATIENCE_SECONDS", 0.1)
    conversations.begin("When?")
    with closing(sqlite3.connect(conversations.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "Another process holds the file" in _said(lambda: conversations.begin("And?"))
        assert len(conversations.list()) == 1
    conversations.begin("And?")


def test_a_folder_that_cannot_be_made_gets_one_line(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    conversations = Conversations(tmp_path / "taken" / "conversations.sqlite3")
    assert "Check that you may read and write there." in _said(lambda: conversations.begin("When?"))
    assert conversations.list() == []
    (tmp_path / "folder.sqlite3").mkdir()
    assert "cannot be saved" in _said(lambda: Conversations(tmp_path / "folder.sqlite3").begin("When?"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_can_be_read_and_says_that_nothing_is_saved(conversations: Conversations) -> None:
    key = conversations.begin("When?").key
    conversations.put(key, exchange("a", "When?", "On the third."))
    conversations.file.chmod(0o400)
    conversations.file.parent.chmod(0o500)
    try:
        assert len(conversations.exchanges(key)) == 1
        assert "Check that you may read and write there." in _said(lambda: conversations.begin("And?"))
    finally:
        conversations.file.parent.chmod(0o700)
