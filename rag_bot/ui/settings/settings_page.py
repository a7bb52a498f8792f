"""The components of the page of settings."""

from __future__ import annotations

from typing import Any

from rag_bot.ui.components import html
from rag_bot.ui.templating import macros


class SettingsPage:
    """Made inside the Blocks that it belongs to. `parts` are the components that change by themselves, by name."""

    def __init__(self) -> None:
        html("settings-head", first=str(macros("base.html").page_head("Settings")))
        self.parts: dict[str, Any] = {"settings": html("settings")}

    def wire(self, refreshing: dict[str, Any]) -> None:
        """`refreshing` shows what has changed."""
