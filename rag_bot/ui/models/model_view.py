"""What there is to know about the chosen model as HTML: where it runs, what it is sent, why it can't answer."""

from __future__ import annotations

from html import escape

from rag_bot.llm import ModelInfo
from rag_bot.ui.models.models import ANY, Choice

BY_QUOTES = "Quotes (no model)"
_SENT = "your question, the passages found for it and this conversation"


def model_choices(choice: Choice) -> list[tuple[str, str]]:
    """Labels and names: quotes, what can be asked, what can't be; what stands in the field is always among them."""
    known = sorted(choice.known, key=lambda one: not one.is_ready)
    named = {one.name: _label(one) for one in known}
    if shown_name(choice):
        named.setdefault(shown_name(choice), shown_name(choice))
    return [(BY_QUOTES, ""), *((label, name) for name, label in named.items())]


def shown_name(choice: Choice) -> str:
    """What stands in the field: the model that is asked about or looked for, or the chosen one."""
    return choice.asking.name if choice.asking else choice.choosing or choice.chosen


def model_notice(choice: Choice) -> str:
    """Asks about a remote model; says what is sent where, or why the chosen one can't be asked."""
    if choice.asking:
        return _question(choice.asking)
    return ('<i class="has-model"></i>' if choice.chosen else "") + _said(choice)


def _said(choice: Choice) -> str:
    """Of the model that stands in the field, and no other."""
    if choice.choosing:
        return f'<p class="hint" role="status">Looking for {escape(choice.choosing)} …</p>'
    if choice.problem:
        return f'<p class="notice" role="status">{escape(choice.problem)}</p>'
    info = choice.info
    sent = f'<p class="hint">Remote: {_SENT} go to {escape(info.place)}.</p>' if info and info.is_remote else ""
    why = f'<p class="notice" role="status">{escape(_state(info))}</p>' if info and not info.is_ready else ""
    looking = '<p class="hint">Looking for models …</p>' if choice.is_looking and not choice.known else ""
    return sent + why + looking


def badge(choice: Choice) -> str:
    """Beside the question's field for as long as what is asked leaves this machine."""
    info = choice.info
    if not (choice.chosen and info and info.is_remote):
        return ""
    told = escape(f"{_SENT[0].upper()}{_SENT[1:]} go to {info.place}.")
    return f'<span class="remote" title="{told}">remote: {escape(info.place)}</span>'


def _label(info: ModelInfo) -> str:
    where = f" · remote: {info.place}" if info.is_remote else ""
    state = "" if info.is_ready else f" · {info.state}"
    return f"{info.name}{where}{state}" if not info.name.endswith(ANY) else f"{info.name} …{where}{state}"


def _state(info: ModelInfo) -> str:
    return f"{info.name}: {info.state}. {info.note}".strip()


def _question(info: ModelInfo) -> str:
    state = "" if info.is_ready else f"<p>{escape(_state(info))}</p>"
    return (
        f'<div class="notice asks" role="alertdialog" aria-label="A remote model"><p><b>{escape(info.name)}</b> runs '
        f"on {escape(info.place)}, not on this machine. Each time you ask, {_SENT} would be sent there.</p>{state}"
        '<button type="button" data-consent="yes">Send it there</button>'
        '<button type="button" data-consent="no">Don\'t use it</button></div>'
    )
