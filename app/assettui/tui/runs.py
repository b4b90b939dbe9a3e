"""What happened: the newest runs, and how they ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import on
from textual.containers import Vertical

from assettui.model.errors import SelectionError
from assettui.model.run import RunFilter
from assettui.model.text import one_line, plural
from assettui.render.runs import RUNS
from assettui.service.run_filter import run_filter, run_filter_completion
from assettui.service.runs import RunPage, run_page
from assettui.tui.actions import bindings
from assettui.tui.asset_tabs import RUNS as RUNS_TAB
from assettui.tui.asset_tabs import TabbedScreen
from assettui.tui.fetching import Fetching, Newest
from assettui.tui.filtered_screen import FilteredScreen
from assettui.tui.listing import NO_MATCH, Listing, ListingHeader
from assettui.tui.run_list import RunList

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.keys import AssetKey

NOTHING = "nothing was run yet: m in the catalog (key 1) builds an asset"
PAGE = 500
"""How many runs are fetched at once; more as the cursor nears the last of them."""


class ShowsRuns(FilteredScreen):
    """Runs, the newest first: all that there are, or those of one asset."""

    AUTO_FOCUS = "RunList"
    DEFAULT_CSS = "ShowsRuns #list { height: 1fr; }"
    FILTER_HINT = "words, status:failed job:… asset:… tag:name=value"

    @dataclass
    class Loaded(Newest):
        """The newest runs."""

        page: RunPage

    def _begin(self, wanted: RunFilter) -> None:
        """Say which runs are looked at; called once."""
        self._among = wanted
        self._filter = RunFilter()
        self._wanted = PAGE
        self._total = 0
        self._fetching = Fetching(self, self._fetch)

    def contents(self) -> ComposeResult:
        yield from self.filter_line()
        with Vertical(id="list"):
            yield ListingHeader(RUNS.columns)
            yield RunList(id="runs")

    def reload(self) -> None:
        self._fetching.ask()

    def _fetch(self) -> Iterator[Loaded]:
        found = self._filter
        among = replace(found, asset=self._among.asset) if self._among.asset is not None else found
        yield self.Loaded(run_page(self.app.session, among, limit=self._wanted))

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        self._total = message.page.total
        runs = self.query_one(RunList)
        runs.empty_text = NO_MATCH if self.filter_text else NOTHING
        runs.rows = message.page.runs
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

    def completed(self, text: str) -> str | None:
        return run_filter_completion(text, self.app.catalog)

    def narrow(self, text: str) -> None:
        """Fetch the runs that match: not those alone that were fetched before."""
        try:
            wanted = run_filter(text, self.app.catalog)
        except SelectionError as error:
            self.say_filter(f"✗ {one_line(error.reason, 60)}")
            return
        self.say_filter("")
        if wanted != self._filter:
            self._filter, self._wanted = wanted, PAGE
            self.reload()

    def _unmark(self) -> None:
        self.query_one(RunList).unmark()
        self._head()

    def action_cancel(self) -> None:
        """Cancel the runs that are marked, or else the one under the cursor."""
        for run_id in self.query_one(RunList).chosen():
            self.app.cancel_run(str(run_id))
        self._unmark()

    def action_retry(self, from_failure: bool) -> None:
        """Run these runs again, or only what of them did not succeed."""
        for run_id in self.query_one(RunList).chosen():
            self.app.retry_run(str(run_id), from_failure=from_failure)
        self._unmark()

    def action_mark(self) -> None:
        """Mark the run under the cursor, or no longer: what is asked for then is asked of all that are marked."""
        self.query_one(RunList).toggle_mark()
        self._head()

    def action_compare(self) -> None:
        """Show how the two runs differ that are marked, or the one under the cursor from the one before of the same."""
        runs = self.query_one(RunList)
        marked = [str(each) for each in runs.marked]
        if len(marked) > 2:
            self.app.tell(f"{len(marked)} runs are marked: two can be compared")
        elif len(marked) == 2:
            self.app.compare_runs(*marked)
        elif (run_id := self.copied()) is not None:
            self.app.compare_runs(run_id, next((each for each in marked if each != run_id), None))

    def action_back(self) -> None:
        """Undo the filter, or the marks, or else go back."""
        if self.query_one(RunList).marked and not self.filter_text:
            self._unmark()
        else:
            super().action_back()

    def _head(self) -> None:
        marked = len(self.query_one(RunList).marked)
        self.head(plural(self._total, "run") + (f" · {marked} marked" if marked else ""))


class RunsScreen(ShowsRuns):
    """All runs."""

    NAME = "runs"
    TITLE_SHOWN = "Runs"
    KEEPS_FILTER = True
    BINDINGS: ClassVar[list[BindingType]] = bindings("runs")

    def __init__(self) -> None:
        super().__init__()
        self._begin(RunFilter())


class AssetRunsScreen(ShowsRuns, TabbedScreen):
    """The runs of one asset, as one of its tabs."""

    TAB = RUNS_TAB
    BINDINGS: ClassVar[list[BindingType]] = bindings("asset_runs")

    def __init__(self, key: AssetKey, partition: str | None = None) -> None:
        super().__init__(key, partition)
        self._begin(RunFilter(asset=key))

    def contents(self) -> ComposeResult:
        yield self.tabs()
        yield from super().contents()
