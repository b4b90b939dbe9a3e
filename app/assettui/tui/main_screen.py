"""What the screens of the app have in common: they are told of changes, and draw again as time passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.screen import Screen

if TYPE_CHECKING:
    from textual.timer import Timer

    from assettui.service.catalog import Catalog
    from assettui.tui.app import AssettuiApp


class MainScreen(Screen[None]):
    """A screen that shows times relative to now: `12s ago`, or how long something has been running.

    The focus is moved by `set_focus` and asked for by `focused`, which are of now. A widget's `focus()` and `has_focus` come
    after the keys that lie in between, and what is typed ahead would go to another widget than it was meant for.
    """

    NAME: ClassVar[str] = ""
    """What the app's keys call it; empty where none opens it."""
    REDRAW_LIVE_S = 1.0
    REDRAW_S = 15.0

    app: AssettuiApp  # pyright: ignore[reportIncompatibleMethodOverride] - the one app that there is
    _redrawing: Timer | None = None

    def reload(self) -> object:
        """Fetch what is shown again: something was committed to the store. Called while the screen is on top."""

    def show_catalog(self, catalog: Catalog) -> None:
        """Show another state of the project. Called while the screen is on top; most fetch what they need themselves."""

    def redraw(self) -> None:
        """Draw what is known again: some time has passed."""

    def is_live(self) -> bool:
        return False

    def action_back(self) -> None:
        self.app.pop_screen()

    def copied(self) -> str | None:
        """What is copied: what the cursor stands on; None where that is nothing."""
        return None

    def action_copy(self) -> None:
        """Copy what the cursor stands on to the clipboard."""
        text = self.copied()
        if text is not None:
            self.app.copy_to_clipboard(text)
            self.app.tell(f"copied {text}")

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
        self.reload()
        self.redraw_in_time()

    def on_screen_suspend(self) -> None:
        """Another one lies above it."""
        self._wait_no_more()
