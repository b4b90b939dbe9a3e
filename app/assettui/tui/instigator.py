"""One schedule or sensor: its ticks, what each said, and the runs that it asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from assettui.model.errors import NotFound
from assettui.model.events import Tick
from assettui.model.timing import clock_us
from assettui.render.instigators import instigator_lines
from assettui.render.ticks import TICKS, tick_lines
from assettui.service import automation
from assettui.tui.actions import bindings
from assettui.tui.drawing import text_of
from assettui.tui.fetching import Fetching, Newest
from assettui.tui.filtered_screen import FilteredScreen
from assettui.tui.listing import Listing, ListingHeader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.service.automation import InstigatorRow

PAGE = 500
"""How many ticks are fetched at once; more as the cursor nears the last of them."""


class TickList(Listing[Tick]):
    """Ticks, the newest first."""

    TABLE = TICKS


class InstigatorScreen(FilteredScreen):
    """One schedule or sensor.

    Args:
        name: Which one.
    """

    AUTO_FOCUS = "TickList"
    DEFAULT_CSS = """
    InstigatorScreen #facts { height: auto; max-height: 9; padding: 0 1; }
    InstigatorScreen #list { height: 1fr; }
    InstigatorScreen #said { height: 2fr; padding: 0 1; border-top: solid $foreground 25%; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("instigator")

    @dataclass
    class Loaded(Newest):
        """It and its ticks as they are now."""

        row: InstigatorRow
        ticks: list[Tick]

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name_of = name
        self._row: InstigatorRow | None = None
        self._wanted = PAGE
        self._fetching = Fetching(self, self._fetch)

    def crumb(self) -> str:
        return self._name_of

    def contents(self) -> ComposeResult:
        yield Static(id="facts")
        yield from self.filter_line()
        with Vertical(id="list"):
            yield ListingHeader(TICKS.columns)
            yield TickList(id="ticks")
        with VerticalScroll(id="said", can_focus=False):
            yield Static(id="tick")

    def on_mount(self) -> None:
        self.query_one(TickList).empty_text = "it was never evaluated: t evaluates it now"

    def reload(self) -> None:
        self._fetching.ask()

    def _fetch(self) -> Iterator[Loaded]:
        try:
            row = automation.instigator(self.app.session, self._name_of)
        except NotFound:  # the project was edited
            self.app.call_from_thread(self.app.tell, f"{self._name_of} is no longer defined")
            return
        yield self.Loaded(row, automation.tick_page(self.app.session, name=self._name_of, limit=self._wanted))

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        self._row = message.row
        self.query_one(TickList).rows = message.ticks
        self.redraw()
        self.redraw_in_time()

    def is_live(self) -> bool:
        return self._row is not None and self._row.next_us is not None

    def redraw(self) -> None:
        row = self._row
        if row is None:
            return
        self.query_one("#facts", Static).update(text_of(instigator_lines(row, clock_us())))
        self.query_one(TickList).redraw()

    @on(Listing.Moved)
    def show_tick(self) -> None:
        """Show what the tick under the cursor said; fetch older ones where the cursor nears the last of them."""
        listing = self.query_one(TickList)
        tick = listing.current
        self.query_one("#tick", Static).update(text_of(tick_lines(tick)) if tick is not None else "")
        if len(listing.rows) == self._wanted and listing.cursor > self._wanted - PAGE // 5:
            self._wanted += PAGE
            self.reload()

    def copied(self) -> str:
        return self._name_of

    @on(Listing.Chosen)
    def action_open_run(self) -> None:
        """Open the first run that the tick under the cursor asked for."""
        tick = self.query_one(TickList).current
        if tick is not None and tick.runs:
            self.app.open_run(tick.run_ids[0])

    def action_turn(self) -> None:
        if self._row is not None:
            self.app.turn_instigator(self._row.name, is_on=not self._row.is_on)

    def action_tick(self) -> None:
        self.app.tick_instigator(self._name_of)
