"""The grid as calendars: for each asset seven lines of days, a column for each week, below its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from assettui.model.text import clean, plural
from assettui.render.appearance import GREY
from assettui.render.calendar import DAYS, WEEK, Calendar
from assettui.render.grid_axis import TimeAxis
from assettui.tui.actions import bindings
from assettui.tui.grid_view import GridView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import ClassVar

    from textual import events
    from textual.binding import BindingType

    from assettui.render.grid_axis import Axis
    from assettui.render.grid_cells import GridRow

HEAD, BLOCK = 2, 10
"""Lines above the days of an asset, its name and the months; and all its lines, with a blank one below."""
LABEL = 5
MOST_WIDE = 3


class CalendarView(GridView):
    """The columns are days, as in the grid; what a frame costs depends on the window alone."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("calendar")
    _calendar: Calendar | None = None
    _first_week = 0

    def show(self, rows: Sequence[GridRow], axis: Axis | None) -> None:
        self._calendar = Calendar(axis) if isinstance(axis, TimeAxis) else None
        super().show(rows, axis)

    # Size.

    @property
    def _wide(self) -> int:
        """How many cells a week takes: where there are few weeks, they are wider."""
        weeks = self._calendar.weeks if self._calendar is not None else 1
        return max(1, min(MOST_WIDE, (self.size.width - LABEL - 1) // max(1, weeks)))

    @property
    def _weeks(self) -> int:
        """How many weeks there is room for."""
        return max(1, (self.size.width - LABEL - 1) // self._wide)

    @property
    def _height(self) -> int:
        """How many assets there is room for: of the last one the lines may end with its days."""
        return max(1, (self.size.height + 1) // BLOCK)

    @property
    def _span(self) -> tuple[int, int]:
        return self._calendar.span(self._first_week, self._weeks) if self._calendar is not None else (0, 0)

    def _show_column(self) -> None:
        calendar = self._calendar
        if calendar is None:
            return
        week, room = calendar.week_of(self.column), self._weeks
        first = max(0, min(self._first_week, week), week - room + 1)
        self._first_week = min(first, max(0, calendar.weeks - room))

    # Drawing.

    def render_line(self, y: int) -> Strip:
        width, style, calendar = self.size.width, self.rich_style, self._calendar
        if calendar is None or not self.rows:
            return super().render_line(y)
        block, line = divmod(y, BLOCK)
        index = self._top + block
        weekday = line - HEAD
        if index >= len(self.rows) or weekday >= WEEK:
            return Strip([Segment(" " * width, style)], width)
        row = self.rows[index]
        quiet = style + Style.parse(GREY)
        if line == 0:
            look = style + self.get_component_rich_style("grid--here", partial=True) if index == self.row else style
            there = f"{len(row.statuses.materialized):,} of {plural(len(row.statuses.all), 'partition')}"
            failed = f", {len(row.statuses.failed):,} failed" if row.statuses.failed else ""
            return Strip(
                [Segment(f" {clean(row.title)} ", look), Segment(f" {there}{failed}", quiet)]
            ).adjust_cell_length(width, style)
        if line == 1:
            text = " " * LABEL + calendar.months(self._first_week, self._weeks, self._wide)
            return Strip([Segment(set_cell_size(text, width), quiet)], width)
        columns = [
            calendar.column(week, weekday)
            for week in range(self._first_week, min(calendar.weeks, self._first_week + self._weeks))
        ]
        days = self._drawn_cells(index, row, style, columns, self._wide)
        return Strip([Segment(f" {DAYS[weekday]} ", quiet), *days]).adjust_cell_length(width, style)

    def _is_near(self, index: int, column: int) -> bool:
        """Only the day itself: what lies in its line are other weeks."""
        return False

    def _text_of(self, glyph: str, wide: int) -> str:
        """Days that touch would be one area: where there is room, a gap is left between weeks."""
        return glyph * (wide - 1) + " " if wide > 1 else glyph

    # Keys and mouse.

    def action_day(self, by: int) -> None:
        """Move the cursor by so many days."""
        self.move_to(self.row, self.column + by)

    def action_asset(self, by: int) -> None:
        """Move the cursor to the same day of another asset."""
        self.move_to(self.row + by, self.column)

    def _place_at(self, x: int, y: int) -> tuple[int, int] | None:
        block, line = divmod(y, BLOCK)
        if self._calendar is None or not HEAD <= line < HEAD + WEEK or x < LABEL:
            return None
        column = self._calendar.column(self._first_week + (x - LABEL) // self._wide, line - HEAD)
        return (self._top + block, column) if column is not None else None

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The next asset."""
        self.action_asset(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The asset before."""
        self.action_asset(-1)
