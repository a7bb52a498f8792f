"""What there is to know about the chosen model as HTML: where it runs, what it is sent, why it can't answer."""

from __future__ import annotations

from markupsafe import Markup

from rag_bot.llm import ModelInfo
from rag_bot.ui.models.models import ANY, Choice
from rag_bot.ui.templating import macros

BY_QUOTES = "Quotes"


def answers_by(choice: Choice) -> Markup:
    """Who answers, and who else could."""
    return macros("models.html").answers_by(shown_name(choice), BY_QUOTES, model_choices(choice))


def model_choices(choice: Choice) -> list[tuple[str, str, str]]:
    """Names, labels and what is to be known of each: quotes, and what can be asked. What is shown is always there."""
    listed = {"": (BY_QUOTES, "your notes' own lines")}
    for info in choice.known:
        if info.is_ready and not info.name.endswith(ANY):
            listed[info.name] = (info.name, f"remote: {info.place}" if info.is_remote else "")
    listed.setdefault(shown_name(choice), (shown_name(choice), ""))
    return [(name, label, told) for name, (label, told) in listed.items()]


def shown_name(choice: Choice) -> str:
    """The model that is asked about or looked for, or the chosen one."""
    return choice.asking.name if choice.asking else choice.choosing or choice.chosen


def model_notice(choice: Choice) -> Markup:
    """Asks about a remote model; tells what is sent where, or why the chosen one can't be asked."""
    html = macros("models.html")
    if choice.asking:
        return html.consent(choice.asking, _trouble(choice.asking))
    return html.model_notice(choice, _trouble(choice.info))


def badge(choice: Choice) -> Markup:
    """Beside the question's field for as long as what is asked leaves this machine."""
    info = choice.info
    return macros("models.html").badge(info.place) if choice.chosen and info and info.is_remote else Markup()


def _trouble(info: ModelInfo | None) -> str:
    """Why a model can't be asked; "" where it can."""
    return f"{info.name}: {info.state}. {info.note}".strip() if info and not info.is_ready else ""
