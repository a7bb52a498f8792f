"""The page of settings as HTML: whatever it is told, it says what is so and becomes no markup."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag_bot.library import Library
from rag_bot.llm import ModelInfo
from rag_bot.llm.consent import Agreement
from rag_bot.llm.provider import NO_KEY, NOT_REACHABLE, READY
from rag_bot.settings import FolderSettings, Settings
from rag_bot.ui.models.model_setup import AskedConsent, FoundModels, SetupState, Trial, Wish
from rag_bot.ui.models.models import Choice
from rag_bot.ui.settings.settings_file import LLM, MODEL, URL
from rag_bot.ui.settings.settings_view import outcome, settings_view

EVIL = '"><img src=x onerror="alert(1)">'
REMOTE = ModelInfo("openai:gpt-5", "api.openai.com", True, READY)


def shown(settings: Settings | None = None, **told: Any) -> str:
    usual: dict[str, Any] = {
        "choice": Choice(),
        "setup": SetupState({}, {"openai": "", "anthropic": "", "ollama": "", "openai-like": ""}),
        "agreements": (),
        "status": None,
        "is_watching": False,
        "conversations": Path("/c"),
        "agreements_file": Path("/a"),
    }
    file = FolderSettings(Path("/home/me/rag-bot.toml"), "mark", {}, {}, {}, True)
    fixed = told.pop("fixed", {})
    return str(settings_view(settings or Settings(), file, fixed, **{**usual, **told}))


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_nothing_leaves_the_machine_unless_a_remote_model_answers() -> None:
    assert "Nothing leaves this machine." in shown()
    agreed = (Agreement("openai:gpt-5", "api.openai.com", "2026-03-01"), Agreement("openai:o3", "api.openai.com", ""))
    told = words(shown(agreements=agreed))
    assert "Nothing leaves this machine." in told
    assert "openai:gpt-5 at api.openai.com, agreed to on 1 March 2026; not in use" in told
    assert "openai:o3 at api.openai.com; not in use" in told
    told = words(shown(agreements=agreed, choice=Choice("openai:gpt-5", REMOTE)))
    assert "Nothing leaves" not in told
    assert "your question, the passages found for it and this conversation go to api.openai.com" in told
    assert "agreed to on 1 March 2026 Take back" in told


def test_a_chroma_server_elsewhere_is_said_to_have_the_vectors() -> None:
    assert "Nothing leaves this machine." in shown(Settings(vectors="http://127.0.0.1:8000"))
    told = words(shown(Settings(vectors="https://chroma.example.org")))
    assert "Nothing leaves" not in told
    assert "go to the Chroma server at chroma.example.org" in told


def test_a_remote_model_that_the_settings_name_is_told_of_without_an_agreement() -> None:
    settings = Settings(llm="openai:gpt-5")
    assert "named in your settings" in words(shown(settings, choice=Choice("openai:gpt-5", REMOTE)))


def test_where_another_model_was_chosen_than_the_settings_name_it_is_said_which_holds() -> None:
    settings = Settings(llm="ollama:a")
    assert "Your settings name ollama:a. Quotes was chosen under “Answers by”" in words(shown(settings))
    assert "ollama:a. Another model was chosen" in words(shown(settings, choice=Choice("ollama:b")))
    assert "Your settings name" not in words(shown(settings, choice=Choice("ollama:a")))
    assert "Your settings name" not in words(shown())


def test_what_is_set_elsewhere_is_said_and_cannot_be_typed_over() -> None:
    html = shown(fixed={MODEL: "the environment", LLM: "the environment", URL: "the environment"})
    assert "set by the environment" in words(html)
    assert re.search(r'<input id="set-model"[^>]* disabled', html)
    assert not re.search(r'<input id="set-reader"[^>]* disabled', html)


@pytest.mark.parametrize(
    ("key", "said"), [("keyring", "A key is kept"), ("OPENAI_API_KEY", "set by the environment (OPENAI_API_KEY)")]
)
def test_a_key_is_told_of_and_there_is_no_field_for_another(key: str, said: str) -> None:
    html = shown(setup=SetupState({}, {"openai": key}))
    assert said in words(html)
    assert 'id="openai-key"' not in html


def test_another_embedding_model_costs_what_the_last_syncs_show(corpus_library: Library) -> None:
    status = corpus_library.status()
    assert "notes are embedded anew, which takes less than a minute" in shown(status=status)
    many = replace(status, chunks=status.chunks * 10_000)
    assert re.search(r"which takes about [\d,]+ minutes", shown(status=many))


def test_names_addresses_and_what_models_say_become_no_markup() -> None:
    info = ModelInfo(f"openai-like:{EVIL}", EVIL, True, NOT_REACHABLE, EVIL)
    wish = Wish("openai-like", EVIL, EVIL)
    setup = SetupState(
        {"openai-like": FoundModels(EVIL, (info, replace(info, state=NO_KEY)), EVIL)},
        {"openai": EVIL},
        Trial(wish, problem=EVIL),
        AskedConsent(info, wish, ""),
    )
    settings = Settings(exclude=(EVIL,), model=EVIL, reader=EVIL, llm=EVIL)
    html = shown(
        settings,
        setup=setup,
        choice=Choice(info.name, info),
        agreements=(Agreement(EVIL, EVIL, EVIL),),
        fixed={MODEL: EVIL},
    )
    assert "<img" not in html + outcome(EVIL, form=EVIL, is_done=False)


def test_no_message_of_the_page_names_a_command() -> None:
    states = [
        ModelInfo(f"{name}:NAME", "x", False, NO_KEY) for name in ("ollama", "openai", "openai-like", "anthropic")
    ]
    told = words(shown(choice=Choice(known=tuple(states))))
    assert not re.search(r"rag-bot [a-z]+ -|pip |`|--\w", told)
