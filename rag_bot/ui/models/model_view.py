"""What there is to know about the chosen model as HTML: where it runs, what it is sent, why it can't answer."""

from __future__ import annotations

from markupsafe import Markup

from rag_bot.llm import ModelInfo
from rag_bot.ui.models.models import ANY, Choice
from rag_bot.ui.templating import macros

BY_QUOTES = "Quotes (no model)"


def model_choices(choice: Choice) -> list[tuple[str, str]]:
    """Labels and names: quotes, what can be asked, what can't be; what stands in the field is always among them."""
    labels = {}
    for info in sorted(choice.known, key=lambda info: not info.is_ready):
        more = " …" if info.name.endswith(ANY) else ""
        where = f" · remote: {info.place}" if info.is_remote else ""
        state = "" if info.is_ready else f" · {info.state}"
        labels[info.name] = f"{info.name}{more}{where}{state}"
    if shown_name(choice):
        labels.setdefault(shown_name(choice), shown_name(choice))
    return [(BY_QUOTES, ""), *((label, name) for name, label in labels.items())]


def shown_name(choice: Choice) -> str:
    """What stands in the field: the model that is asked about or looked for, or the chosen one."""
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
