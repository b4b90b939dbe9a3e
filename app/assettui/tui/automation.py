"""What will happen by itself: schedules, sensors and automation conditions, what each did last, and when it is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical
from textual.widgets import Input

from assettui.model.instigator import InstigatorKind
from assettui.model.text import one_line
from assettui.model.timing import SECOND_US, clock_us
from assettui.render.assets import nothing_to_list
from assettui.render.instigators import INSTIGATORS
from assettui.service import automation
from assettui.service.automation import InstigatorRow
from assettui.tui.actions import bindings
from assettui.tui.fetching import Fetching, Newest
from assettui.tui.filtered_screen import FilteredScreen
from assettui.tui.line_input import SteadyInput
from assettui.tui.listing import Listing, ListingHeader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType


COUNTDOWN_US = 3_600 * SECOND_US
"""What is due sooner is counted down second by second."""


class InstigatorList(Listing[InstigatorRow]):
    """Schedules and sensors, in the order of the definition."""

    TABLE = INSTIGATORS


class ShowsInstigators(FilteredScreen):
    """Schedules and sensors: all of them, or those that may ask for one asset."""

    AUTO_FOCUS = "InstigatorList"
    NOTHING: ClassVar[str] = (
        "the project defines no schedules, sensors or automation conditions: ScheduleDefinition(…), @sensor"
    )

    @dataclass
    class Loaded(Newest):
        """Schedules and sensors as they are now."""

        rows: list[InstigatorRow]

    _fetching: Fetching | None = None

    def contents(self) -> ComposeResult:
        yield from self.filter_line()
        with Vertical(id="list"):
            yield ListingHeader(INSTIGATORS.columns)
            yield InstigatorList(id="instigators")

    def reload(self) -> None:
        if self._fetching is None:
            self._fetching = Fetching(self, self._fetch)
        self._fetching.ask()

    def _fetch(self) -> Iterator[Loaded]:
        yield self.Loaded(automation.instigators(self.app.session))

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        listed = self.query_one(InstigatorList)
        listed.empty_text = nothing_to_list(self.app.catalog, self.NOTHING)
        listed.rows = message.rows
        on = sum(row.is_on for row in message.rows)
        self.head(f"{on:,} of {len(message.rows):,} on" if message.rows else "")
        self.redraw_in_time()

    def is_live(self) -> bool:
        soon_us = clock_us() + COUNTDOWN_US
        return any(row.next_us is not None and row.next_us < soon_us for row in self.query_one(InstigatorList).rows)

    def redraw(self) -> None:
        """Count down; fetch where one is due by now."""
        rows = self.query_one(InstigatorList)
        rows.redraw()
        now_us = clock_us()
        is_schedule_due = any(
            row.is_on
            and row.snapshot.kind is InstigatorKind.SCHEDULE
            and row.next_us is not None
            and row.next_us <= now_us
            for row in rows.rows
        )
        if is_schedule_due:
            self.reload()

    @property
    def _current(self) -> InstigatorRow | None:
        return self.query_one(InstigatorList).current

    def copied(self) -> str | None:
        """The name of the one under the cursor."""
        row = self._current
        return row.name if row is not None else None

    @on(Listing.Chosen)
    def open(self) -> None:
        """Open the one under the cursor."""
        row = self._current
        if row is not None:
            self.app.open_instigator(row.name)

    def action_turn(self) -> None:
        """Turn the one under the cursor on or off."""
        row = self._current
        if row is not None:
            self.app.turn_instigator(row.name, is_on=not row.is_on)

    def action_tick(self) -> None:
        """Evaluate the one under the cursor now."""
        row = self._current
        if row is not None:
            self.app.tick_instigator(row.name)


class AutomationScreen(ShowsInstigators):
    """All schedules and sensors."""

    NAME = "automation"
    TITLE_SHOWN = "Automation"
    KEEPS_FILTER = True
    DEFAULT_CSS = """
    AutomationScreen #list { height: 1fr; }
    AutomationScreen #cursor { display: none; dock: bottom; height: 1; }
    AutomationScreen #cursor.shown { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("automation")

    def __init__(self) -> None:
        super().__init__()
        self._editing: str | None = None

    def contents(self) -> ComposeResult:
        yield from super().contents()
        yield SteadyInput(id="cursor", compact=True)

    def action_edit_cursor(self) -> None:
        """Type what the sensor under the cursor is to remember."""
        row = self._current
        if row is None or row.snapshot.kind is not InstigatorKind.SENSOR:
            return
        box = self.query_one("#cursor", Input)
        box.placeholder = f"what {one_line(row.name, 40)} is to remember; empty for nothing"
        box.value = row.state.cursor or ""
        self._editing = row.name
        self.set_focus(box.add_class("shown"))

    @on(Input.Submitted, "#cursor")
    def set_cursor(self, event: Input.Submitted) -> None:
        name = self._editing
        self.action_leave_input()
        if name is None:
            return

        def keep() -> str:
            automation.set_cursor(self.app.session, name, event.value or None)
            return f"{name} remembers {one_line(event.value, 40) or 'nothing'}"

        self.app.carry_out(keep)

    def action_leave_input(self) -> None:
        """Leave the line in which is typed what a sensor remembers; where none is, undo the filter or go back."""
        if self._editing is None:
            self.action_back()
            return
        self._editing = None
        self.query_one("#cursor", Input).remove_class("shown")
        self.set_focus(self.query_one(InstigatorList))

    def action_timeline(self) -> None:
        """Show past, running and upcoming runs by job."""
        from assettui.tui.timeline import TimelineScreen  # deferred: until it is asked for

        self.app.push_screen(TimelineScreen())
