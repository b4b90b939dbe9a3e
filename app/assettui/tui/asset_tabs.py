"""What can be seen of one asset, side by side: each is a screen of its own, and `tab` goes from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from rich.text import Text
from textual.widget import Widget

from assettui.render.appearance import GREY
from assettui.tui.main_screen import MainScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

    from assettui.model.keys import AssetKey

OVERVIEW, PREVIEW, PROFILE, HISTORY, VERSIONS = "overview", "preview", "profile", "history", "versions"
PARTITIONS, CHECKS, LINEAGE, AUTOMATION, RUNS, CODE = "partitions", "checks", "lineage", "automation", "runs", "code"
TABS: Final = (
    OVERVIEW,
    PREVIEW,
    PROFILE,
    PARTITIONS,
    HISTORY,
    CHECKS,
    VERSIONS,
    LINEAGE,
    AUTOMATION,
    RUNS,
    CODE,
)
"""In the order in which `tab` goes through them."""


class AssetTabs(Widget):
    """The tabs in a line, the one that is shown marked; a click is as good as the key.

    Where there is no room for all, the line begins further on, so that the one that is shown stands in it with its neighbours.
    """

    DEFAULT_CSS = "AssetTabs { height: 1; padding: 0 1; background: $panel; }"

    def __init__(self, tabs: Sequence[str], shown: str) -> None:
        super().__init__()
        self._tabs = tabs
        self._shown = shown

    def render(self) -> Text:
        text = Text(no_wrap=True, end="")
        first, last = self._window()
        text.append("‹" if first else " ", style=GREY)
        for tab in self._tabs[first:last]:
            text.append(f" {tab} ", style="bold reverse" if tab == self._shown else GREY)
        text.append("›" if last < len(self._tabs) else "", style=GREY)
        return text

    def _window(self) -> tuple[int, int]:
        """The first tab that there is room for, and the one after the last."""
        room = self.content_size.width - 2
        at = self._tabs.index(self._shown)
        first, last = at, at + 1
        is_grown = True
        while is_grown:
            is_grown = False
            for wider in ((first, last + 1), (first - 1, last)):
                if wider[0] >= 0 and wider[1] <= len(self._tabs) and self._width(*wider) <= room:
                    (first, last), is_grown = wider, True
        return first, last

    def _width(self, first: int, last: int) -> int:
        return sum(len(tab) + 2 for tab in self._tabs[first:last])

    def on_click(self, event: events.Click) -> None:
        """Go to the tab that was clicked; at an edge, to the next that has no room."""
        first, last = self._window()
        end = self.styles.padding.left + 1
        wanted = first - 1
        for place in range(first, last):
            if event.x < end:
                break
            end, wanted = end + len(self._tabs[place]) + 2, place
        if event.x >= end:
            wanted = last
        if 0 <= wanted < len(self._tabs) and isinstance(self.screen, TabbedScreen):
            self.screen.show_tab(self._tabs[wanted])


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

    def _known_tabs(self) -> Sequence[str]:
        """Those that the asset has."""
        asset = self.app.catalog.graph.assets.get(self._key)
        has_partitions = asset is not None and asset.partitions is not None
        return [tab for tab in TABS if tab != PARTITIONS or has_partitions or tab == self.TAB]

    def tabs(self) -> AssetTabs:
        """The line that shows them."""
        return AssetTabs(self._known_tabs(), self.TAB)

    def show_tab(self, tab: str) -> None:
        """Go to another tab."""
        if tab != self.TAB:
            self.app.switch_tab(tab, self._key, self._partition)

    def action_tab(self, by: int) -> None:
        """Go to the next tab, or the one before."""
        tabs = self._known_tabs()
        self.show_tab(tabs[(tabs.index(self.TAB) + by) % len(tabs)])
