"""A flag wins over the environment, that over rag-bot.toml, that over the default."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_bot.errors import UsageError
from rag_bot.settings import load_settings, read_folder
from rag_bot.trust import SETTINGS, agree


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_each_source_wins_over_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().port == 7860
    (tmp_path / "rag-bot.toml").write_text("port = 1001\n")
    assert load_settings().port == 1001
    monkeypatch.setenv("RAG_BOT_PORT", "1002")
    assert load_settings().port == 1002
    assert load_settings(port=1003).port == 1003
    assert load_settings(port=None).port == 1002


def test_paths_in_the_file_are_relative_to_it_and_notes_may_be_one_folder(tmp_path: Path) -> None:
    (tmp_path / "rag-bot.toml").write_text('notes = "mine"\nindex = ".index"\n')
    found = read_folder(tmp_path)
    agree(SETTINGS, str(found.file), found.digest)
    settings = load_settings()
    assert settings.notes == (tmp_path / "mine",)
    assert settings.index == tmp_path / ".index"


def test_notes_in_the_environment_are_separated_like_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_BOT_NOTES", "/a:/b c")
    assert load_settings().notes == (Path("/a"), Path("/b c"))
    monkeypatch.setenv("RAG_BOT_NOTES", '["/a:b", "/c"]')
    assert load_settings().notes == (Path("/a:b"), Path("/c"))
    monkeypatch.setenv("RAG_BOT_NOTES", "[]")
    assert load_settings().notes == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1\n", "Unknown setting 'prot'"),
        ("port = 'x'\n", "Setting 'port' is 'x'"),
        ("port = 99999\n", "Setting 'port' is 99999"),
        ("port = = 1\n", "cannot be read"),
        ("model = ''\n", "Setting 'model'"),
        ("generation.nli = 'x'\n", r"Setting generation\.nli is called generation\.check_model now"),
    ],
)
def test_a_wrong_file_is_explained_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "rag-bot.toml").write_text(text)
    with pytest.raises(UsageError, match=said) as caught:
        load_settings()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("RAG_BOT_RETRIEVAL", "{bad", "RAG_BOT_RETRIEVAL is no JSON object"),
        ("RAG_BOT_GENERATION__ANSWER_TOKNS", "5", "'generation.answer_tokns'.* answer_tokens, passage_tokens"),
        ("RAG_BOT_GENERATION__NLI", "x", r"Setting generation\.nli is called generation\.check_model now"),
        ("RAG_BOT_GENERATION__ANSWER_TOKENS", "5", "'generation.answer_tokens' is '5'.* tokens of an answer, at most"),
    ],
)
def test_a_wrong_variable_is_explained_in_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=said) as caught:
        load_settings()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "editor", ["", "mine://open?file={path}&line={line}", "emacs:{path}", "http://localhost:8080/{path}"]
)
def test_an_editor_is_an_address_with_a_path_in_it(editor: str) -> None:
    assert load_settings(editor=editor).editor == editor


@pytest.mark.parametrize(
    "editor",
    [
        *("javascript:alert('{path}')", "JavaScript:{path}", " javascript:{path}", "java\nscript:{path}"),
        *("data:text/html,{path}", "vbscript:{path}", "file:///{path}", "{path}", "code {path}", "//e.example/{path}"),
        *("mine://open", "mine://{path}?{column}", "mine://{path}{", "mine://{path}\u202e"),
    ],
)
def test_what_a_browser_would_run_or_can_not_be_followed_is_no_editor(editor: str) -> None:
    with pytest.raises(UsageError, match="Setting 'editor'"):
        load_settings(editor=editor)
