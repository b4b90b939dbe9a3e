"""What the screens of the app have in common: they are told of changes, and draw again as time passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.screen import Screen

from assettui.model.text import one_line
from assettui.tui.header import Header
from assettui.tui.key_bar import KeyBar
from assettui.tui.messages import MessageLine
from assettui.tui.rule import Rule
from assettui.tui.tour import TourLine

if TYPE_CHECKING:
    from rich.text import Text
    from textual.app import ComposeResult
    from textual.timer import Timer

    from assettui.service.catalog import Catalog
    from assettui.tui.app import AssettuiApp


class MainScreen(Screen[None]):
    """A screen that shows times relative to now: `12s ago`, or how long something has been running.

    The focus is moved by `set_focus` and asked for by `focused`, which are of now. A widget's `focus()` and `has_focus` come
    after the keys that lie in between, and what is typed ahead would go to another widget than it was meant for.
    """

    DEFAULT_CSS = "MainScreen { layers: default messages; layout: vertical; }"
    NAME: ClassVar[str] = ""
    """What the app's keys call it; empty where none opens it."""
    TITLE_SHOWN: ClassVar[str] = ""
    """How it is called in the way that leads to it; see `crumb`."""
    HAS_HEADER: ClassVar[bool] = True
    REDRAW_LIVE_S = 1.0
    REDRAW_S = 15.0

    app: AssettuiApp  # pyright: ignore[reportIncompatibleMethodOverride] - the one app that there is
    _redrawing: Timer | None = None

    def compose(self) -> ComposeResult:
        """The frame that is the same for all: header, title of the panel, keys, and what was said."""
        if self.HAS_HEADER:
            yield Header()
        yield Rule(self.AUTO_FOCUS or "", id="heading")
        yield from self.contents()
        yield KeyBar()
        yield MessageLine()
        yield TourLine()

    def contents(self) -> ComposeResult:
        """What is between them."""
        return ()

    def is_numbered(self) -> bool:
        """Whether the way to where one is begins here."""
        return bool(self.NAME)

    def crumb(self) -> str:
        """What this screen is called in the way that leads to it."""
        return self.TITLE_SHOWN

    def _main_screens(self) -> list[MainScreen]:
        """Those that lead here: from the numbered one to this one."""
        found: list[MainScreen] = []
        for screen in self.app.screen_stack:
            if isinstance(screen, MainScreen):
                if screen.is_numbered():
                    found.clear()
                found.append(screen)
            if screen is self:
                break
        return found

    def root_name(self) -> str:
        """The name of the numbered screen from which this one was reached."""
        way = self._main_screens()
        return way[0].NAME if way and way[0].is_numbered() else ""

    def head(self, counts: Text | str | None = None) -> None:
        """Show the way to this screen in the line above its main panel, and what is counted there.

        Args:
            counts: None for what was counted before.
        """
        way = " › ".join(crumb for screen in self._main_screens() if (crumb := screen.crumb()))
        self.query_one("#heading", Rule).say(way, counts)

    def reload(self) -> object:
        """Fetch what is shown again: something was committed to the store. Called while the screen is on top."""

    def show_catalog(self, catalog: Catalog) -> None:
        """Show another state of the project. Called while the screen is on top; most fetch what they need themselves."""

    def redraw(self) -> None:
        """Draw what is known again: some time has passed."""

    def is_live(self) -> bool:
        return False

    def action_back(self) -> None:
        """Go back to where one came from."""
        if self.is_numbered() and len(self.app.screen_stack) <= 2:
            self.app.go_back()
        else:
            self.app.pop_screen()

    def copied(self) -> str | None:
        """What is copied: what the cursor stands on; None where that is nothing."""
        return None

    def action_copy(self) -> None:
        """Copy what the cursor stands on to the clipboard."""
        text = self.copied()
        if text is not None:
            self.app.copy_to_clipboard(text)
            more = text.count("\n")
            self.app.tell(f"copied {one_line(text, 80)}" if not more else f"copied {more + 1:,} lines")

    def redraw_in_time(self) -> None:
        """Wait, from now on, as long as what is shown allows. Called again where that may have changed."""
        self._wait_no_more()
        self._redrawing = self.set_timer(self.REDRAW_LIVE_S if self.is_live() else self.REDRAW_S, self._pass_time)

    def _pass_time(self) -> None:
        self.redraw()
        self.redraw_in_time()

    def _wait_no_more(self) -> None:
        if self._redrawing is not None:
            self._redrawing.stop()
            self._redrawing = None

    def on_screen_resume(self) -> None:
        """The screen is on top, for the first time or again: what has changed meanwhile is shown."""
        self.head()
        self.reload()
        self.redraw_in_time()

    def on_screen_suspend(self) -> None:
        """Another one lies above it."""
        self._wait_no_more()
