"""Backfills: what was asked for, how far it has come, what failed and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from assettui.model.backfill import BackfillCommand, BackfillRecord
from assettui.model.text import plural
from assettui.model.timing import clock_us
from assettui.render.backfills import BACKFILLS, backfill_lines
from assettui.service import backfills
from assettui.tui.actions import bindings
from assettui.tui.drawing import text_of
from assettui.tui.fetching import Fetching, Newest
from assettui.tui.filtered_screen import FilteredScreen
from assettui.tui.listing import Listing, ListingHeader
from assettui.tui.main_screen import MainScreen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.service.backfills import BackfillDetail, BackfillPage


PAGE = 500


class BackfillList(Listing[BackfillRecord]):
    """Backfills, the newest first."""

    TABLE = BACKFILLS


class BackfillsScreen(FilteredScreen):
    """Backfills, the newest first."""

    NAME = "backfills"
    TITLE_SHOWN = "Backfills"
    KEEPS_FILTER = True
    AUTO_FOCUS = "BackfillList"
    DEFAULT_CSS = "BackfillsScreen #list { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = bindings("backfills")

    @dataclass
    class Loaded(Newest):
        """The newest backfills."""

        page: BackfillPage

    def __init__(self) -> None:
        super().__init__()
        self._total = 0
        self._fetching = Fetching(self, self._fetch)

    def contents(self) -> ComposeResult:
        yield from self.filter_line()
        with Vertical(id="list"):
            yield ListingHeader(BACKFILLS.columns)
            yield BackfillList(id="backfills")

    def on_mount(self) -> None:
        self.query_one(BackfillList).empty_text = "no backfill yet: select partitions in the partitions (key 3), then b"

    def reload(self) -> None:
        self._fetching.ask()

    def _fetch(self) -> Iterator[Loaded]:
        yield self.Loaded(backfills.page(self.app.session, limit=PAGE))

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        self.query_one(BackfillList).rows = message.page.backfills
        self._total = message.page.total
        self._head()
        self.redraw_in_time()

    def is_live(self) -> bool:
        return any(not each.status.is_over for each in self.query_one(BackfillList).rows)

    def redraw(self) -> None:
        """Show how long it has been going on."""
        self.query_one(BackfillList).redraw()

    def copied(self) -> str | None:
        """The id of the backfill under the cursor."""
        found = self.query_one(BackfillList).current
        return found.backfill_id if found is not None else None

    @on(Listing.Chosen)
    def open(self) -> None:
        """Open the backfill under the cursor."""
        if (backfill_id := self.copied()) is not None:
            self.app.push_screen(BackfillScreen(backfill_id))

    def action_ask(self, what: str) -> None:
        """Ask something of the backfills that are marked, or else of the one under the cursor."""
        listed = self.query_one(BackfillList)
        for backfill_id in listed.chosen():
            self.app.command_backfill(BackfillCommand(what), str(backfill_id))
        listed.unmark()
        self._head()

    def action_mark(self) -> None:
        """Mark the backfill under the cursor, or no longer: what is asked for then is asked of all that are marked."""
        self.query_one(BackfillList).toggle_mark()
        self._head()

    def _head(self) -> None:
        marked = len(self.query_one(BackfillList).marked)
        self.head(plural(self._total, "backfill") + (f" · {marked} marked" if marked else ""))


class BackfillScreen(MainScreen):
    """One backfill: how far each asset has come, and what failed, by error.

    Args:
        backfill_id: The whole id.
    """

    AUTO_FOCUS = "#text"
    DEFAULT_CSS = """
    BackfillScreen #text { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("backfill")

    @dataclass
    class Loaded(Newest):
        """The backfill as it is now."""

        detail: BackfillDetail

    def __init__(self, backfill_id: str) -> None:
        super().__init__()
        self._backfill_id = backfill_id
        self._detail: BackfillDetail | None = None
        self._fetching = Fetching(self, self._fetch)

    def crumb(self) -> str:
        return f"backfill {self._backfill_id[:8]}"

    def contents(self) -> ComposeResult:
        with VerticalScroll(id="text"):
            yield Static(id="detail")

    def reload(self) -> None:
        self._fetching.ask()

    def _fetch(self) -> Iterator[Loaded]:
        yield self.Loaded(backfills.detail(self.app.session, self._backfill_id))

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        self._detail = message.detail
        self.redraw()
        self.redraw_in_time()

    def is_live(self) -> bool:
        return self._detail is not None and not self._detail.backfill.status.is_over

    def redraw(self) -> None:
        """Show how long it has been going on."""
        if self._detail is not None:
            lines = backfill_lines(self._detail, clock_us(), self.size.width)
            self.query_one("#detail", Static).update(text_of(lines))

    def copied(self) -> str:
        return self._backfill_id

    def action_ask(self, what: str) -> None:
        self.app.command_backfill(BackfillCommand(what), self._backfill_id)

    def action_open_failure(self) -> None:
        """Open a run that failed; where none did, the last one."""
        if self._detail is None:
            return
        if self._detail.failures:
            self.app.open_run(self._detail.failures[0].examples[0][2])
        elif self._detail.runs:
            self.app.open_run(self._detail.runs[0].run_id)
