"""The checks of an asset: how each stands, and what the one under the cursor has come to over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from assettui.model.run import RunRequest
from assettui.model.text import plural
from assettui.model.timing import clock_us
from assettui.render.checks import CHECKS, check_lines
from assettui.service.checks import CheckDetail, CheckRow, checks_with_past
from assettui.tui.actions import bindings
from assettui.tui.asset_tabs import CHECKS as CHECKS_TAB
from assettui.tui.asset_tabs import TabbedScreen
from assettui.tui.drawing import text_of
from assettui.tui.fetching import Fetching, Newest
from assettui.tui.listing import Listing, ListingHeader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.keys import AssetKey


class CheckList(Listing[CheckRow]):
    """The checks of one asset, in the order of the definition."""

    TABLE = CHECKS


class AssetChecksScreen(TabbedScreen):
    """See above."""

    TAB = CHECKS_TAB
    AUTO_FOCUS = "CheckList"
    DEFAULT_CSS = """
    AssetChecksScreen #list { height: auto; max-height: 50%; }
    AssetChecksScreen CheckList { height: auto; min-height: 1; }
    AssetChecksScreen #said { height: 1fr; padding: 0 1; border-top: solid $foreground 25%; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("asset_checks")

    @dataclass
    class Loaded(Newest):
        """The checks as they are now."""

        checks: tuple[CheckDetail, ...]

    def __init__(self, key: AssetKey, partition: str | None = None) -> None:
        super().__init__(key, partition)
        self._details: dict[str, CheckDetail] = {}
        self._fetching = Fetching(self, self._fetch)

    def contents(self) -> ComposeResult:
        yield self.tabs()
        with Vertical(id="list"):
            yield ListingHeader(CHECKS.columns)
            yield CheckList(id="checks")
        with VerticalScroll(id="said", can_focus=False):
            yield Static(id="check")

    def on_mount(self) -> None:
        listing, header = self.query_one(CheckList), self.query_one(ListingHeader)
        listing.empty_text = f"{self._key} has no checks: @asset_check(asset=…) declares one"
        listing.hidden = header.hidden = CHECKS.hidden(["asset"])

    def reload(self) -> None:
        self._fetching.ask()

    def _fetch(self) -> Iterator[Loaded]:
        yield self.Loaded(checks_with_past(self.app.session, self._key))

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        self._details = {each.row.check.name: each for each in message.checks}
        self.query_one(CheckList).rows = [each.row for each in message.checks]
        self.head(plural(len(message.checks), "check") if message.checks else "")
        self.show_check()

    @property
    def _current(self) -> CheckDetail | None:
        row = self.query_one(CheckList).current
        return self._details.get(row.check.name) if row is not None else None

    @on(Listing.Moved)
    def show_check(self) -> None:
        """Show all there is to say of the check under the cursor."""
        check = self._current
        lines = check_lines(check, clock_us(), max(20, self.size.width - 4)) if check is not None else []
        self.query_one("#check", Static).update(text_of(lines))

    def redraw(self) -> None:
        """Show how long ago it was."""
        self.query_one(CheckList).redraw()
        self.show_check()

    def copied(self) -> str | None:
        """The check under the cursor, as commands name it."""
        check = self._current
        return str(check.row.key) if check is not None else None

    @on(Listing.Chosen)
    def action_open_run(self) -> None:
        """Open the run in which the check under the cursor was evaluated."""
        check = self._current
        if check is not None and check.row.last is not None:
            self.app.open_run(check.row.last.run_id)
        elif check is not None:
            self.app.tell("it was never evaluated: c evaluates it")

    def action_check(self) -> None:
        """Evaluate the check under the cursor again."""
        check = self._current
        if check is not None:
            self.app.launch_run(RunRequest(checks=(check.row.key,)))

    def action_check_all(self) -> None:
        """Evaluate all of them again."""
        if self._details:
            self.app.launch_run(RunRequest(checks=tuple(each.row.key for each in self._details.values())))

    def action_scroll(self, by: int) -> None:
        """Scroll what is said of the check."""
        self.query_one("#said").scroll_relative(y=by, animate=False)
