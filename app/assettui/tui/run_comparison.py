"""Two runs side by side: what differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.widgets import Static

from assettui.model.errors import AssettuiError
from assettui.model.text import plural
from assettui.render.run_comparison import DIFFERENCES, comparison_lines
from assettui.service.run_comparison import Difference, RunComparison, compare_runs
from assettui.tui.actions import bindings
from assettui.tui.drawing import text_of
from assettui.tui.fetching import Newest
from assettui.tui.listing import Listing, ListingHeader
from assettui.tui.main_screen import MainScreen

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType


class DifferenceList(Listing[Difference]):
    """What differs."""

    TABLE = DIFFERENCES


class RunComparisonScreen(MainScreen):
    """How a run differs from another.

    Args:
        run_id: The whole id.
        other: The other's; None for the one before that was of the same.
    """

    TITLE_SHOWN = "comparison"
    AUTO_FOCUS = "DifferenceList"
    DEFAULT_CSS = "RunComparisonScreen #said { height: auto; padding: 0 1; }"
    BINDINGS: ClassVar[list[BindingType]] = bindings("run_comparison")

    @dataclass
    class Loaded(Newest):
        """What was found."""

        found: RunComparison

    def __init__(self, run_id: str, other: str | None = None) -> None:
        super().__init__()
        self._run_id = run_id
        self._other = other

    def contents(self) -> ComposeResult:
        yield Static(id="said")
        yield ListingHeader(DIFFERENCES.columns)
        yield DifferenceList()

    def on_mount(self) -> None:
        self.look()

    @work(thread=True)
    def look(self) -> None:
        """Compare, away from the screen."""
        try:
            found = compare_runs(self.app.session, self._run_id, self._other)
        except AssettuiError as error:
            self.app.call_from_thread(self.app.warn, error)
            self.app.call_from_thread(self.action_back)
        else:
            self.post_message(self.Loaded(found))

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        """Show what was found."""
        found = message.found
        self.query_one("#said", Static).update(text_of(comparison_lines(found)))
        listed = self.query_one(DifferenceList)
        listed.empty_text = "nothing differs"
        listed.rows = found.differences
        self.head(plural(len(found.differences), "difference"))

    def copied(self) -> str | None:
        """What differs under the cursor, as one line."""
        each = self.query_one(DifferenceList).current
        return f"{each.kind} {each.name}: {each.first} → {each.second}" if each is not None else None
