"""Who answers: what can be chosen, what is asked about remote models, what is remembered."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest

from rag_bot import Library
from rag_bot.errors import LlmError, UsageError
from rag_bot.llm import ModelInfo
from rag_bot.llm.opening import settings_for
from rag_bot.llm.provider import NOT_REACHABLE, READY
from rag_bot.llm.providers import WITH_KEYS
from rag_bot.settings import LlmSettings, Settings, read_folder
from rag_bot.store.ownership import claim
from rag_bot.trust import SETTINGS, agree, agreements_file
from rag_bot.ui.models.model_view import BY_QUOTES, answers_by, badge, model_choices, model_notice
from rag_bot.ui.models.models import Choice, Models

REMOTE, LOCAL = "openai:gpt-5", "openai-like:m"
URL = "http://127.0.0.1:9/v1"
EVIL = '<img src=x onerror="alert(1)">'


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An index folder of our own, a key for OpenAI, and nothing else of this machine."""
    for name in (*(provider.key_variable for provider in WITH_KEYS), "OLLAMA_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    (tmp_path / "index").mkdir()
    claim(tmp_path / "index")
    return Settings(index=tmp_path / "index", cache=tmp_path / "cache")


def with_model(settings: Settings, name: str, url: str = "") -> Settings:
    return settings.model_copy(update={"llm": name, "generation": LlmSettings(url=url)})


def test_a_remote_model_is_asked_about_once_and_only_then_chosen(settings: Settings) -> None:
    models = Models(Library(settings))
    models.choose(REMOTE)
    assert models.chosen == ""
    assert [one.place for one in (models.choice.asking,) if one] == ["api.openai.com"]
    models.consent(agreed=False)
    assert (models.chosen, models.choice.asking) == ("", None)
    models.choose(REMOTE)
    models.consent(agreed=True)
    assert models.chosen == REMOTE
    models.choose("")
    models.choose(REMOTE)
    assert (models.chosen, models.choice.asking) == (REMOTE, None)


def test_a_remote_model_that_the_settings_name_is_not_asked_about(settings: Settings) -> None:
    models = Models(Library(with_model(settings, REMOTE)))
    assert models.chosen == REMOTE
    models.choose("")
    models.choose(REMOTE)
    assert (models.chosen, models.choice.asking) == (REMOTE, None)


def test_the_choice_is_remembered_and_wins_over_the_settings(settings: Settings) -> None:
    told = with_model(settings, REMOTE)
    Models(Library(told)).choose("")
    assert Models(Library(told)).chosen == ""
    assert Models(Library(settings)).chosen == ""


def test_nobody_is_asked_who_was_not_agreed_to(settings: Settings) -> None:
    (settings.index / "answers-by").write_text(REMOTE)
    models = Models(Library(settings))
    assert models.chosen == REMOTE
    with pytest.raises(LlmError, match=r"api\.openai\.com, which nobody has agreed to"):
        models.open(REMOTE)


def test_a_name_that_is_none_and_one_that_stands_for_many_are_explained(settings: Settings) -> None:
    models = Models(Library(settings))
    models.choose("gpt-5")
    assert "names no language model" in models.choice.problem
    models.choose("openai:NAME")
    assert "Type a model's name in place of NAME" in models.choice.problem
    assert models.chosen == ""


def test_a_model_that_is_not_reachable_can_be_chosen_and_says_why(settings: Settings) -> None:
    models = Models(Library(with_model(settings, LOCAL, URL)))
    models.choose("")
    models.choose(LOCAL)
    assert models.chosen == LOCAL
    said = re.sub(r"<[^>]+>", "", model_notice(models.choice))
    assert said.startswith(f"{LOCAL.removeprefix('openai-like:')}: {NOT_REACHABLE}.")


def test_the_address_in_the_settings_goes_to_no_other_provider(settings: Settings) -> None:
    told = with_model(settings, LOCAL, URL)
    assert settings_for(told, "openai-like:other").generation.url == URL
    assert settings_for(told, "ollama:qwen3").generation.url == ""
    unnamed = with_model(settings, "", URL)
    assert settings_for(unnamed, LOCAL).generation.url == URL
    assert settings_for(unnamed, "ollama:qwen3").generation.url == ""
    with pytest.raises(UsageError):
        settings_for(told, "nobody")


def test_quotes_and_what_is_ready_can_be_chosen_and_what_is_chosen_is_always_listed() -> None:
    away = ModelInfo("ollama:NAME", "127.0.0.1:11434", False, NOT_REACHABLE)
    here, far = ModelInfo("gguf:a", "this machine", False, READY), ModelInfo(REMOTE, "api.openai.com", True, READY)
    general = ModelInfo("anthropic:NAME", "api.anthropic.com", True, READY)
    choice = Choice(chosen="gguf:b", known=(away, here, far, general))
    assert model_choices(choice) == [
        ("", BY_QUOTES, "your notes' own lines"),
        ("gguf:a", "gguf:a", ""),
        (REMOTE, REMOTE, "remote: api.openai.com"),
        ("gguf:b", "gguf:b", ""),
    ]
    assert f'data-answers="{REMOTE}"' in answers_by(choice)
    assert "<bdi>gguf:b</bdi></summary>" in answers_by(choice)
    assert "<bdi>Quotes</bdi></summary>" in answers_by(Choice())


def test_a_remote_model_has_a_badge_for_as_long_as_it_is_chosen() -> None:
    info = ModelInfo(REMOTE, "api.openai.com", True, READY)
    chosen = Choice(chosen=REMOTE, info=info)
    assert "remote: api.openai.com" in badge(chosen)
    assert "this conversation go to api.openai.com" in model_notice(chosen)
    assert badge(Choice(asking=info)) == badge(Choice()) == ""
    assert "would be sent there" in model_notice(Choice(asking=info))
    assert badge(Choice(chosen="gguf:a", info=ModelInfo("gguf:a", "this machine", False, READY))) == ""


def test_names_and_places_are_escaped() -> None:
    info = ModelInfo(f"openai-like:{EVIL}", EVIL, True, NOT_REACHABLE, EVIL)
    for choice in (Choice(chosen=info.name, info=info), Choice(asking=info), Choice(problem=EVIL)):
        assert "<img" not in model_notice(choice) + badge(choice) + answers_by(choice)


def test_a_remote_model_that_a_file_beside_the_notes_names_is_none_before_its_user_agrees(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rag-bot.toml").write_text(f'llm = "{REMOTE}"\n')
    monkeypatch.chdir(tmp_path)
    models = Models(Library(index=settings.index))
    models.look()
    models.settle(threading.Event())
    assert (models.chosen, models.choice.asking) == ("", None)
    found = read_folder(tmp_path)
    agree(SETTINGS, str(found.file), found.digest)
    assert Models(Library(index=settings.index)).chosen == REMOTE


def test_an_agreement_that_comes_with_the_index_is_none(settings: Settings) -> None:
    (settings.index / "agreed-remotes").write_text(f"{REMOTE} api.openai.com\n")
    models = Models(Library(settings))
    models.choose(REMOTE)
    assert (models.chosen, models.choice.asking is not None) == ("", True)


def test_where_an_agreement_cannot_be_kept_it_is_said_and_nothing_is_chosen(settings: Settings) -> None:
    models = Models(Library(settings))
    models.choose(REMOTE)
    agreements_file().parent.mkdir(exist_ok=True)
    agreements_file().write_text("{broken")
    models.consent(agreed=True)
    assert models.chosen == ""
    assert "agreements.json cannot be read" in models.choice.problem


def test_what_could_not_be_opened_can_be_agreed_to_by_choosing_it_again(settings: Settings) -> None:
    (settings.index / "answers-by").write_text(REMOTE)
    models = Models(Library(settings))
    with pytest.raises(LlmError):
        models.open(REMOTE)
    models.choose(REMOTE)
    assert models.choice.asking is not None
    models.consent(agreed=True)
    assert models.open(REMOTE) is not None
