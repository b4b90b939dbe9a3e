"""One asset: why it stands as it does, how fresh it is, what its checks say, and what makes it by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import VerticalScroll
from textual.widgets import Static

from assettui.model.backfill import Which
from assettui.model.errors import NotFound
from assettui.model.run import RunRequest
from assettui.model.timing import clock_us
from assettui.render.asset_report import asset_report_lines
from assettui.service.asset_report import AssetReport, asset_report
from assettui.tui.actions import bindings
from assettui.tui.asset_tabs import OVERVIEW, TabbedScreen
from assettui.tui.drawing import text_of
from assettui.tui.fetching import Fetching, Newest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.keys import AssetKey


class AssetScreen(TabbedScreen):
    """One asset.

    Args:
        key: Which one.
        partition: The one that its other tabs are of.
    """

    TAB = OVERVIEW
    AUTO_FOCUS = "#text"
    DEFAULT_CSS = """
    AssetScreen #text { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("asset")

    @dataclass
    class Loaded(Newest):
        """How it stands now."""

        report: AssetReport

    def __init__(self, key: AssetKey, partition: str | None = None) -> None:
        super().__init__(key, partition)
        self._report: AssetReport | None = None
        self._fetching = Fetching(self, self._fetch)

    def contents(self) -> ComposeResult:
        yield self.tabs()
        with VerticalScroll(id="text"):
            yield Static(id="report")

    def reload(self) -> None:
        self._fetching.ask()

    def _fetch(self) -> Iterator[Loaded]:
        try:
            yield self.Loaded(asset_report(self.app.session, self._key))
        except NotFound:  # the project was edited
            self.app.call_from_thread(self.app.tell, f"{self._key} is no longer defined")

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        self._report = message.report
        self.redraw()

    def on_resize(self) -> None:
        """A window of another width."""
        self.redraw()

    def redraw(self) -> None:
        """Show how long ago it was."""
        if self._report is not None:
            lines = asset_report_lines(self._report, clock_us(), max(20, self.size.width - 4))
            self.query_one("#report", Static).update(text_of(lines))

    def copied(self) -> str:
        return str(self._key)

    def action_scroll(self, by: int) -> None:
        """Scroll by so many lines."""
        self.query_one("#text").scroll_relative(y=by, animate=False)

    def action_refresh(self) -> None:
        """Show what would be built to have it as it should be, all that lies upstream included, and build it if confirmed."""
        report = self._report
        if report is None:
            return
        keys = [each.key for each in report.why.refresh]
        if not keys:
            self.app.tell(f"{self._key} is as it should be, and so is all that it depends on")
        elif any(each.partitions is not None for each in report.why.refresh):
            self.app.plan_backfill(keys, Which.STALE)
        else:
            self.app.plan_run(keys)

    def action_check(self) -> None:
        """Evaluate its checks again."""
        report = self._report
        if report is None or not report.checks:
            self.app.tell(f"{self._key} has no checks: @asset_check declares one")
            return
        self.app.launch_run(RunRequest(checks=tuple(each.row.key for each in report.checks)))

    def action_expect(self) -> None:
        """Say that what looks wrong about its data is as it should be."""
        self.app.expect(self._key)

    def action_preview(self) -> None:
        """Show what its value holds."""
        self.app.open_preview(self._key, self._partition)

    def action_open_run(self) -> None:
        """Open the run that failed to build it, or else built it last."""
        row = next((each for each in self.app.catalog.rows if each.key == self._key), None)
        if row is None:
            return
        run_id = row.state.running_run or row.state.failed_run or (row.state.last.run_id if row.state.last else None)
        if run_id:
            self.app.open_run(run_id)
        else:
            self.app.tell(f"{self._key} was never built")
