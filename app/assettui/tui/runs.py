"""What happened: the newest runs, and how they ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical

from assettui.model.text import plural
from assettui.render.runs import RUNS
from assettui.service.runs import RunPage, run_page
from assettui.tui.actions import bindings
from assettui.tui.fetching import Fetching, Newest
from assettui.tui.listing import Listing, ListingHeader
from assettui.tui.main_screen import MainScreen
from assettui.tui.run_list import RunList

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType

PAGE = 500
"""How many runs are fetched at once; more as the cursor nears the last of them."""


class RunsScreen(MainScreen):
    """Runs, the newest first."""

    NAME = "runs"
    TITLE_SHOWN = "Runs"
    AUTO_FOCUS = "RunList"
    CSS_PATH = "runs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings("runs")

    @dataclass
    class Loaded(Newest):
        """The newest runs."""

        page: RunPage

    def __init__(self) -> None:
        super().__init__()
        self._wanted = PAGE
        self._total = 0
        self._fetching = Fetching(self, self._fetch)

    def contents(self) -> ComposeResult:
        with Vertical(id="list"):
            yield ListingHeader(RUNS.columns)
            yield RunList(id="runs")

    def on_mount(self) -> None:
        self.query_one(RunList).empty_text = "nothing was run yet: m in the catalog (key 1) builds an asset"

    def reload(self) -> None:
        self._fetching.ask()

    def _fetch(self) -> Iterator[Loaded]:
        yield self.Loaded(run_page(self.app.session, limit=self._wanted))

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        self._total = message.page.total
        self.query_one(RunList).rows = message.page.runs
        self._head()
        self.redraw_in_time()

    def is_live(self) -> bool:
        return any(not run.status.is_over for run in self.query_one(RunList).rows)

    def redraw(self) -> None:
        """Show how long ago it was, or has been going on."""
        self.query_one(RunList).redraw()

    @on(Listing.Moved)
    def fetch_more(self) -> None:
        """Fetch older runs where the cursor nears the last of those that are there."""
        runs = self.query_one(RunList)
        if len(runs.rows) < self._total and runs.cursor > len(runs.rows) - PAGE // 5 and len(runs.rows) == self._wanted:
            self._wanted += PAGE
            self.reload()

    def copied(self) -> str | None:
        """The id of the run under the cursor."""
        run = self.query_one(RunList).current
        return run.run_id if run is not None else None

    @on(Listing.Chosen)
    def open(self) -> None:
        """Open the run under the cursor."""
        if (run_id := self.copied()) is not None:
            self.app.open_run(run_id)

    def action_cancel(self) -> None:
        """Cancel the run under the cursor."""
        if (run_id := self.copied()) is not None:
            self.app.cancel_run(run_id)

    def action_retry(self, from_failure: bool) -> None:
        """Run the run under the cursor again, or only what of it did not succeed."""
        if (run_id := self.copied()) is not None:
            self.app.retry_run(run_id, from_failure=from_failure)

    def action_mark(self) -> None:
        """Mark the run under the cursor, or no longer: of two that are marked, what differs can be shown."""
        runs = self.query_one(RunList)
        if runs.current is not None:
            runs.toggle_mark(runs.current)
            runs.action_move(1)
            self._head()

    def action_compare(self) -> None:
        """Show how the two runs differ that are marked, or the one under the cursor from the one before of the same."""
        runs = self.query_one(RunList)
        marked = runs.marked
        if len(marked) > 2:
            self.app.tell(f"{len(marked)} runs are marked: two can be compared")
        elif len(marked) == 2:
            self.app.compare_runs(*marked)
        elif (run_id := self.copied()) is not None:
            self.app.compare_runs(run_id, next((each for each in marked if each != run_id), None))

    def _head(self) -> None:
        marked = len(self.query_one(RunList).marked)
        self.head(plural(self._total, "run") + (f" · {marked} marked" if marked else ""))
