"""What can be seen of one asset, side by side: each is a screen of its own, and `tab` goes from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from rich.text import Text
from textual.widgets import Static

from assettui.render.appearance import GREY
from assettui.tui.main_screen import MainScreen

if TYPE_CHECKING:
    from assettui.model.keys import AssetKey

OVERVIEW, PREVIEW, PROFILE, HISTORY, VERSIONS = "overview", "preview", "profile", "history", "versions"
LINEAGE: Final = "lineage"
CODE: Final = "code"
TABS: Final = (OVERVIEW, PREVIEW, PROFILE, HISTORY, VERSIONS, LINEAGE, CODE)


class AssetTabs(Static):
    """Which asset it is, and which of the tabs is shown."""

    DEFAULT_CSS = "AssetTabs { height: 1; padding: 0 1; background: $panel; }"


class TabbedScreen(MainScreen):
    """One of the tabs of an asset.

    Args:
        key: Which asset.
        partition: Which partition of it; None for the last that was made, or all, as the tab has it.
    """

    TAB: ClassVar[str]

    def __init__(self, key: AssetKey, partition: str | None = None) -> None:
        super().__init__()
        self._key = key
        self._partition = partition

    def crumb(self) -> str:
        """The asset, and its partition."""
        return f"{self._key}" + (f" {self._partition}" if self._partition is not None else "")

    def tabs(self) -> AssetTabs:
        """The line that shows them."""
        title = Text(no_wrap=True)
        for tab in TABS:
            title.append(f" {tab} ", style="bold reverse" if tab == self.TAB else GREY)
        return AssetTabs(title)

    def action_tab(self, by: int) -> None:
        """Go to another tab."""
        self.app.switch_tab(TABS[(TABS.index(self.TAB) + by) % len(TABS)], self._key, self._partition)
