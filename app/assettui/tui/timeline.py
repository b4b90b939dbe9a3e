"""The timeline: past, running and upcoming runs by job, a line each."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import on
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from assettui.model.text import one_line
from assettui.model.timing import clock_us
from assettui.render.table import Row, Table
from assettui.render.timeline import (
    DAY_US,
    HOUR_US,
    MINUTE_US,
    Window,
    axis,
    timeline_cells,
    timeline_legend,
    timeline_summary,
)
from assettui.service.timeline import TimelineRow, timeline
from assettui.tui.actions import bindings
from assettui.tui.drawing import text_of
from assettui.tui.fetching import Fetching, Newest
from assettui.tui.listing import Listing
from assettui.tui.main_screen import MainScreen
from assettui.tui.rule import Rule
from assettui.tui.run_list import RunList

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType

SPANS_US = (10 * MINUTE_US, HOUR_US, 6 * HOUR_US, DAY_US, 7 * DAY_US, 31 * DAY_US)
"""How much time the screen may show."""
PAST = 0.75
"""How much of it is past."""
LABEL = 24


class TimelineView(Listing[TimelineRow]):
    """A line for each job."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, table=Table((), self._row, attrgetter("name")))
        self.window = Window(0, 1)

    def _row(self, row: TimelineRow, now_us: int) -> Row:
        return Row(timeline_cells(row, self.window, now_us, self.width))

    @property
    def width(self) -> int:
        """How many cells of time there are."""
        return max(1, self.scrollable_content_region.width - LABEL - 2)

    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        if index >= len(self.rows):
            return super().render_line(y)
        row, style = self.rows[index], self.rich_style
        if index == self.cursor:
            style += self.get_component_rich_style("listing--cursor", partial=True)
        segments = [Segment(f" {one_line(row.name, LABEL):<{LABEL}} ", style)]
        segments.extend(Segment(cell.text, style + Style.parse(cell.color)) for cell in self.row(row).cells)
        return Strip(segments).adjust_cell_length(self.scrollable_content_region.width, style)


class _Axis(Widget):
    DEFAULT_CSS = "_Axis { height: 1; color: $text-muted; }"
    window = Window(0, 1)

    def render_line(self, y: int) -> Strip:
        width = max(1, self.size.width - LABEL - 3)
        return Strip([Segment(f" {'':<{LABEL}} {axis(self.window, width)}", self.rich_style)]).adjust_cell_length(
            self.size.width, self.rich_style
        )


class TimelineScreen(MainScreen):
    """Past, running and upcoming runs by job."""

    TITLE_SHOWN = "timeline"
    AUTO_FOCUS = "TimelineView"
    DEFAULT_CSS = """
    TimelineScreen TimelineView { height: auto; min-height: 1; max-height: 60%; }
    TimelineScreen #legend { height: 1; padding: 0 1; }
    TimelineScreen RunList { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("timeline")

    @dataclass
    class Loaded(Newest):
        """What was fetched."""

        window: Window
        rows: list[TimelineRow]

    def __init__(self) -> None:
        super().__init__()
        self._zoom = 2
        self._offset_us = 0
        """How far the window is moved from where now is in it."""
        self._fetching = Fetching(self, self._fetch)

    def contents(self) -> ComposeResult:
        yield TimelineView(id="timeline")
        yield _Axis(id="axis")
        yield Static(text_of([timeline_legend()]), id="legend")
        yield Rule("RunList", id="job")
        yield RunList(id="runs")

    def on_mount(self) -> None:
        self.query_one(RunList).empty_text = "none of these runs is of this time"
        self.query_one(TimelineView).empty_text = "nothing ran in this time, and nothing is due: - shows more of it"

    def _window(self) -> Window:
        span, now_us = SPANS_US[self._zoom], clock_us() + self._offset_us
        return Window(now_us - int(span * PAST), now_us + int(span * (1 - PAST)))

    def reload(self) -> None:
        self._fetching.ask()

    def _fetch(self) -> Iterator[Loaded]:
        window = self._window()
        yield self.Loaded(window, timeline(self.app.session, window.from_us, window.until_us))

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        view, below = self.query_one(TimelineView), self.query_one(_Axis)
        view.window = below.window = message.window
        view.rows = message.rows
        view.refresh()
        below.refresh()
        self.redraw_in_time()

    def is_live(self) -> bool:
        """Always: time passes."""
        return True

    def redraw(self) -> None:
        """Move on with the time, a cell at once: sooner nothing would look different."""
        self.query_one(RunList).redraw()
        view = self.query_one(TimelineView)
        if view.window.cell(self._window().from_us, view.width) >= 1:
            self.reload()

    @on(Listing.Moved, "#timeline")
    def show_runs(self) -> None:
        """Show the runs of the job under the cursor, the newest first."""
        row = self.query_one(TimelineView).current
        self.query_one("#job", Rule).say(row.name if row is not None else "", self._summary())
        self.query_one(RunList).rows = row.runs[::-1] if row is not None else ()

    def _summary(self) -> str:
        row = self.query_one(TimelineView).current
        return timeline_summary(row, clock_us()) if row is not None else ""

    def action_switch_focus(self) -> None:
        """From the jobs to their runs, or back."""
        view, runs = self.query_one(TimelineView), self.query_one(RunList)
        self.set_focus(runs if self.focused is view else view)

    def action_zoom(self, by: int) -> None:
        """Show less or more time."""
        self._zoom = max(0, min(len(SPANS_US) - 1, self._zoom + by))
        self.reload()

    def action_pan(self, by: int) -> None:
        """Show an earlier or a later time."""
        self._offset_us += by * SPANS_US[self._zoom] // 4
        self.reload()

    def action_now(self) -> None:
        """Show the time around now."""
        self._offset_us = 0
        self.reload()

    @on(Listing.Chosen, "#runs")
    def open_one(self) -> None:
        """Open the run under the cursor."""
        run = self.query_one(RunList).current
        if run is not None:
            self.app.open_run(run.run_id)

    @on(Listing.Chosen, "#timeline")
    def action_open_run(self) -> None:
        """Open the last run of the job under the cursor."""
        row = self.query_one(TimelineView).current
        if row is not None and row.runs:
            self.app.open_run(row.runs[-1].run_id)
