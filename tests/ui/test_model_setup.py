"""Language models set up from the page: found, tested, used, and what has to be agreed to first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest

from rag_bot import Library
from rag_bot.errors import UsageError
from rag_bot.llm.consent import agreements, has_agreed, remember_agreed
from rag_bot.llm.provider import NOT_REACHABLE
from rag_bot.llm.providers import WITH_KEYS
from rag_bot.settings import Settings, load_settings, own_file
from rag_bot.store.ownership import claim
from rag_bot.ui.models.model_setup import KEYRING, ModelSetup, Wish
from rag_bot.ui.models.models import Models
from rag_bot.ui.settings.settings_file import SettingsFile
from tests.llm.test_names import KeptHere
from tests.ui.conftest import eventually
from tests.ui.writer import Writer, writer

REMOTE = Wish("openai", "gpt-5")


@pytest.fixture(scope="module")
def model() -> Iterator[Writer]:
    with writer() as model:
        yield model


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Those of an app that was started in an empty folder, on a machine without keys or an Ollama."""
    for name in (provider.key_variable for provider in WITH_KEYS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    (tmp_path / "index").mkdir()
    claim(tmp_path / "index")
    monkeypatch.chdir(tmp_path)
    own_file().unlink(missing_ok=True)
    yield load_settings(index=tmp_path / "index", cache=tmp_path / "cache")
    own_file().unlink(missing_ok=True)
    keyring.set_keyring(before)


class App:
    """What the page changes, as an app has it."""

    def __init__(self, settings: Settings) -> None:
        self.library = Library(settings)
        self.models = Models(self.library)
        self.file = SettingsFile(settings, Path.cwd())
        self.setup = ModelSetup(self.library, self.models, self.file)

    @property
    def mark(self) -> str:
        return self.file.now().digest


def test_models_are_found_at_an_address_tested_and_used_at_once_and_from_the_next_start_on(
    settings: Settings, model: Writer
) -> None:
    app = App(settings)
    wish = Wish("openai-like", "storyteller", model.server.url)
    assert app.setup.look(Wish("openai-like", "", model.server.url)) == ""
    found = app.setup.state.found["openai-like"]
    assert [info.name for info in found.models] == ["openai-like:storyteller", "openai-like:novelist"]
    app.setup.test(wish)
    eventually(lambda: (trial := app.setup.state.trial) is not None and trial.result is not None)
    assert [trial.result.said for trial in (app.setup.state.trial,) if trial and trial.result] == ["NOT IN THE NOTES"]
    assert app.models.chosen == ""
    assert app.setup.use(wish, app.mark) == "openai-like:storyteller answers now. "
    assert app.models.chosen == "openai-like:storyteller"
    assert app.models.open(app.models.chosen) is not None
    told = load_settings()
    assert (told.llm, told.generation.url) == ("openai-like:storyteller", model.server.url)


def test_what_is_no_address_or_does_not_answer_is_said_and_changes_nothing(settings: Settings) -> None:
    app = App(settings)
    app.setup.look(Wish("openai-like", "", "nowhere"))
    assert app.setup.state.found["openai-like"].problem.startswith("nowhere is no address.")
    app.setup.look(Wish("openai-like", "", "http://127.0.0.1:9/v1"))
    assert app.setup.state.found["openai-like"].models[0].state == NOT_REACHABLE
    for wish, said in (
        (Wish("openai-like", "m", "nowhere"), "is no address"),
        (Wish("openai-like", "m"), "Write the address of its server first"),
        (Wish("openai-like", "", "http://127.0.0.1:9/v1"), "Name a model first"),
        (Wish("openai", "NAME"), "Name a model first"),
        (Wish("nobody", "m"), "no provider"),
    ):
        with pytest.raises(UsageError, match=said):
            app.setup.use(wish, "")
        with pytest.raises(UsageError, match=said):
            app.setup.test(wish)
    assert (app.models.chosen, own_file().exists()) == ("", False)


def test_a_remote_model_is_used_only_once_its_user_has_agreed(settings: Settings) -> None:
    app = App(settings)
    assert app.setup.use(REMOTE, "") == ""
    assert [asked.info.place for asked in (app.setup.state.asked,) if asked] == ["api.openai.com"]
    assert app.setup.consent(agreed=False) == "Nothing was changed."
    assert (app.models.chosen, app.setup.state.asked, own_file().exists()) == ("", None, False)
    app.setup.use(REMOTE, "")
    assert app.setup.consent(agreed=True).startswith("openai:gpt-5 answers now.")
    assert (app.models.chosen, load_settings().llm) == ("openai:gpt-5", "openai:gpt-5")
    assert has_agreed("openai:gpt-5", "api.openai.com")
    assert app.setup.consent(agreed=True) == ""


def test_the_same_model_at_another_address_elsewhere_is_asked_about_anew(settings: Settings, model: Writer) -> None:
    app = App(settings)
    app.setup.use(Wish("openai-like", "storyteller", model.server.url), "")
    assert app.setup.use(Wish("openai-like", "storyteller", "https://models.example.invalid/v1"), app.mark) == ""
    assert [asked.info.place for asked in (app.setup.state.asked,) if asked] == ["models.example.invalid"]
    assert load_settings().generation.url == model.server.url


def test_taking_back_stops_what_answers_and_the_settings_name_it_no_more(settings: Settings) -> None:
    app = App(settings)
    app.setup.use(REMOTE, "")
    app.setup.consent(agreed=True)
    remember_agreed("openai:other", "api.openai.com")
    assert [(one.name, bool(one.since)) for one in agreements()] == [("openai:gpt-5", True), ("openai:other", True)]
    app.setup.take_back("openai:gpt-5", "api.openai.com", app.mark)
    assert [one.name for one in agreements()] == ["openai:other"]
    assert (app.models.chosen, load_settings().llm) == ("", "")
    app.models.choose("openai:gpt-5")
    assert app.models.choice.asking is not None


def test_quotes_leave_no_address_to_a_provider_that_it_is_not_of(settings: Settings) -> None:
    app = App(settings)
    app.setup.use(Wish("ollama", "qwen3", "http://127.0.0.1:9"), "")
    assert load_settings().generation.url == "http://127.0.0.1:9"
    app.setup.by_quotes(app.mark)
    assert (app.models.chosen, load_settings().llm, load_settings().generation.url) == ("", "", "")
    app.setup.use(Wish("openai-like", "m", "http://127.0.0.1:9"), app.mark)
    app.setup.by_quotes(app.mark)
    assert load_settings().generation.url == "http://127.0.0.1:9"


def test_what_the_environment_sets_is_not_written_and_the_choice_holds_for_the_app(
    settings: Settings, model: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_BOT_GENERATION__URL", model.server.url)
    app = App(load_settings(index=settings.index))
    said = app.setup.use(Wish("openai-like", "storyteller", "http://elsewhere.invalid"), "")
    assert said.endswith("This holds for the app alone: the settings are set by the environment.")
    assert (app.models.chosen, own_file().exists()) == ("openai-like:storyteller", False)
    assert app.library.settings.generation.url == model.server.url


def test_a_key_is_kept_told_of_and_removed_and_never_shown(settings: Settings) -> None:
    keyring.set_keyring(KeptHere())
    app = App(settings)
    eventually(lambda: app.setup.state.keys is not None)
    with pytest.raises(UsageError, match="That is no key"):
        app.setup.keep_key("openai", "two words")
    app.setup.keep_key("openai", " sk-test-1 ")
    assert app.setup.state.keys == {"openai": KEYRING, "anthropic": "", "openai-like": "", "ollama": ""}
    assert "sk-test-1" not in repr(app.setup.state)
    app.setup.forget_key("openai")
    assert not any((app.setup.state.keys or {}).values())


def test_where_there_is_no_keyring_it_is_said_without_a_command(settings: Settings) -> None:
    app = App(settings)
    with pytest.raises(UsageError) as refused:
        app.setup.keep_key("openai", "sk-test")
    assert "has no keyring that takes it" in str(refused.value)
    assert "rag-bot " not in str(refused.value)
    assert "pip " not in str(refused.value)
