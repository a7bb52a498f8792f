"""Settings that the page writes: whole, with what stands around them, and nothing that a stranger gains by."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_bot import settings as settings_module
from rag_bot.errors import UsageError
from rag_bot.settings import Settings, load_settings, own_file, read_folder
from rag_bot.trust import SETTINGS, agree, agreements_file
from rag_bot.ui.settings.settings_file import (
    CHECK_MODEL,
    EXCLUDE,
    LLM,
    MODEL,
    READER,
    URL,
    SettingsFile,
    value_of,
    with_values,
)

WRITTEN = """# My settings.
notes = ["notes"]  # all of them
llm = "ollama:old" # the small one

# How it is asked.
[generation]
timeout_seconds = 60
url = "http://nas:11434"  # in the cellar
"""


@pytest.fixture(autouse=True)
def _no_own_file() -> object:
    own_file().unlink(missing_ok=True)
    yield
    own_file().unlink(missing_ok=True)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the app is started, without settings of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def agreed(folder: Path, text: str = WRITTEN) -> Path:
    """A file of the folder that its user has agreed to."""
    file = folder / "rag-bot.toml"
    file.write_bytes(text.encode())
    found = read_folder(folder)
    agree(SETTINGS, str(found.file), found.digest)
    return file


def opened(folder: Path) -> SettingsFile:
    return SettingsFile(load_settings(), folder)


def test_without_a_file_the_settings_go_into_the_config_folder_and_count_wherever_the_app_is_started(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = opened(folder)
    assert (file.now().file, file.now().digest) == (own_file(), "")
    file.change({LLM: "ollama:qwen3", URL: "http://nas:11434", EXCLUDE: ("#private", "Journal/")}, "")
    assert not (folder / "rag-bot.toml").exists()
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    told = load_settings()
    assert (told.llm, told.generation.url, told.exclude) == (
        "ollama:qwen3",
        "http://nas:11434",
        ("#private", "Journal/"),
    )


def test_comments_order_and_all_that_is_not_changed_stay(folder: Path) -> None:
    written = agreed(folder)
    file = opened(folder)
    file.change({LLM: "openai-like:new", URL: "http://127.0.0.1:8080/v1", READER: ""}, file.now().digest)
    assert written.read_text() == (
        WRITTEN.replace("ollama:old", "openai-like:new")
        .replace("http://nas:11434", "http://127.0.0.1:8080/v1")
        .replace("\n# How it is asked.\n", '\n# How it is asked.\nreader = ""\n\n')
    )


def test_a_value_that_is_taken_out_is_the_default_again(folder: Path) -> None:
    agreed(folder)
    file = opened(folder)
    file.change({LLM: None, URL: None, CHECK_MODEL: None}, file.now().digest)
    assert (load_settings().llm, load_settings().generation.url) == ("", "")
    assert load_settings().generation.timeout_seconds == 60


def test_a_default_that_the_own_file_says_otherwise_is_written_so_that_it_holds(folder: Path) -> None:
    own_file().parent.mkdir(parents=True, exist_ok=True)
    own_file().write_text('llm = "ollama:own"\nexclude = ["#own"]\nreader = ""\n[generation]\nurl = "http://own"\n')
    agreed(folder, 'llm = "ollama:old"\nexclude = ["#old"]\nmodel = "old"\n')
    file = opened(folder)
    file.change({LLM: None, URL: None, EXCLUDE: None, READER: None, MODEL: None}, file.now().digest)
    told = load_settings()
    assert (told.llm, told.generation.url, told.exclude, told.reader) == ("", "", (), "default")
    written = read_folder(folder).config
    assert written == {"llm": "", "exclude": [], "reader": "default", "generation": {"url": ""}}
    assert 'llm = "ollama:own"' in own_file().read_text()


@pytest.mark.parametrize(
    "text",
    [
        'generation.url = "a"\ngeneration.retries = 3',  # dotted, and no end of line
        'generation = { url = "http://a" }\n',
        'llm = "x:y"\r\n\r\n[generation]\r\nurl = "http://a"\r\n',
        '[generation]\nurl = "http://a"\n[retrieval]\ncandidates = 50\n',
        "",
    ],
)
def test_however_the_file_is_written_it_then_says_what_was_changed_and_nothing_else(folder: Path, text: str) -> None:
    agreed(folder, text or 'llm = "a:b"\n')
    before = dict(read_folder(folder).config)
    file = opened(folder)
    file.change({LLM: "ollama:m", URL: "http://b", EXCLUDE: ("#x",)}, file.now().digest)
    after = read_folder(folder)
    group = {**before.get("generation", {}), "url": "http://b"}
    assert after.config == {**before, "llm": "ollama:m", "generation": group, "exclude": ["#x"]}
    assert after.is_agreed
    assert ("\r\n" in text) == (b"\r\n" in (folder / "rag-bot.toml").read_bytes())


def test_the_file_that_was_agreed_to_is_agreed_to_as_it_is_after_the_change_and_no_other(folder: Path) -> None:
    written = agreed(folder)
    file = opened(folder)
    file.change({LLM: "ollama:new"}, file.now().digest)
    assert load_settings().llm == "ollama:new"
    written.write_text(written.read_text() + "# by another hand\n")
    assert load_settings().llm == ""


def test_a_file_that_came_with_the_folder_is_never_written_to_and_counts_no_more_than_before(folder: Path) -> None:
    strange = folder / "rag-bot.toml"
    strange.write_text('llm = "openai:gpt-5"\n\n[generation]\nurl = "https://evil.example"\nretries = 7\n')
    before = strange.read_bytes()
    file = opened(folder)
    assert file.now().file == own_file()
    file.change({EXCLUDE: ("#private",), LLM: "ollama:m"}, file.now().digest)
    assert strange.read_bytes() == before
    assert not read_folder(folder).is_agreed
    told = load_settings()
    assert (told.llm, told.generation.url, told.generation.retries) == ("ollama:m", "", 7)


def test_a_file_that_was_changed_meanwhile_is_not_written_over(folder: Path) -> None:
    written = agreed(folder)
    file = opened(folder)
    mark = file.now().digest
    written.write_text(WRITTEN + "# by hand\n")
    agree(SETTINGS, str(written.resolve()), read_folder(folder).digest)
    with pytest.raises(UsageError, match="was changed meanwhile, so nothing was written"):
        file.change({LLM: "ollama:new"}, mark)
    assert written.read_text() == WRITTEN + "# by hand\n"


def test_what_a_stranger_puts_in_the_place_of_an_agreed_file_is_not_agreed_to_by_a_change(folder: Path) -> None:
    written = agreed(folder)
    file = opened(folder)
    mark = file.now().digest
    written.write_text('llm = "openai:gpt-5"\n')
    with pytest.raises(UsageError, match="was changed meanwhile"):
        file.change({EXCLUDE: ("#x",)}, mark)
    assert not read_folder(folder).is_agreed
    assert load_settings().llm == ""


@pytest.mark.parametrize(
    ("changes", "said"), [({EXCLUDE: ("!all",)}, "is neither a path nor a #tag"), ({MODEL: ""}, "at least 1 character")]
)
def test_what_is_no_value_changes_nothing(folder: Path, changes: dict[str, str], said: str) -> None:
    written = agreed(folder)
    file = opened(folder)
    with pytest.raises(UsageError, match=said):
        file.change(changes, file.now().digest)
    assert written.read_text() == WRITTEN
    assert read_folder(folder).is_agreed


def test_a_change_that_cannot_be_written_or_agreed_to_leaves_the_file_and_its_agreement(folder: Path) -> None:
    written = agreed(folder)
    file, kept = opened(folder), agreements_file().read_bytes()
    mark = file.now().digest
    lock = agreements_file().with_name(".agreements.lock")
    lock.unlink(missing_ok=True)
    lock.mkdir()
    try:
        with pytest.raises(UsageError, match=r"agreements\.json cannot be written"):
            file.change({LLM: "ollama:new"}, mark)
    finally:
        lock.rmdir()
    assert (written.read_text(), agreements_file().read_bytes()) == (WRITTEN, kept)
    assert sorted(path.name for path in folder.iterdir()) == ["rag-bot.toml"]


def test_more_than_a_file_of_settings_may_have_is_refused(folder: Path) -> None:
    agreed(folder)
    file = opened(folder)
    with pytest.raises(UsageError, match="bytes"):
        file.change({EXCLUDE: tuple(f"folder-{number}/" for number in range(2_000))}, file.now().digest)
    assert read_folder(folder).is_agreed


def test_what_is_set_from_outside_is_said_and_cannot_be_changed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_BOT_LLM", "ollama:told")
    monkeypatch.setenv("RAG_BOT_GENERATION__URL", "http://told")
    file = SettingsFile(load_settings(model="by-flag"), folder)
    assert file.fixed() == {
        LLM: "the environment",
        URL: "the environment",
        MODEL: "how the app was started",
    }
    with pytest.raises(UsageError, match="set by the environment"):
        file.change({LLM: "ollama:m"}, "")
    assert not own_file().exists()


def test_what_a_strange_file_may_set_wins_over_the_own_one_and_is_said(folder: Path) -> None:
    (folder / "rag-bot.toml").write_text("[retrieval]\ncandidates = 20\n")
    own_file().parent.mkdir(parents=True, exist_ok=True)
    own_file().write_text("[retrieval]\ncandidates = 30\ndense_weight = 0.6\n")
    told = load_settings().retrieval
    assert (told.candidates, told.dense_weight) == (20, 0.6)
    assert opened(folder).fixed() == {}


def test_a_link_to_the_file_stays_a_link(folder: Path) -> None:
    kept = folder / "dotfiles.toml"
    kept.write_text("# mine\n")
    own_file().parent.mkdir(parents=True, exist_ok=True)
    own_file().symlink_to(kept)
    file = opened(folder)
    file.change({LLM: "ollama:m"}, file.now().digest)
    assert own_file().is_symlink()
    assert kept.read_text() == '# mine\nllm = "ollama:m"\n'


def test_values_are_read_and_changed_by_the_names_of_the_settings() -> None:
    settings = with_values(Settings(), {LLM: "a:b", URL: "http://c"})
    assert (value_of(settings, LLM), value_of(settings, URL), value_of(settings, READER)) == (
        "a:b",
        "http://c",
        "default",
    )


def test_only_the_user_can_have_written_into_the_config_folder(folder: Path) -> None:
    assert settings_module.needs_no_agreement(own_file())
    assert not settings_module.needs_no_agreement(folder / "rag-bot.toml")
