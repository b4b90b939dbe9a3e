"""The timeline: past, running and upcoming runs by job, a line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct
from rich.segment import Segment
from rich.style import Style
from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Footer, Static

from assettui.model.run import RunStatus
from assettui.model.text import one_line, plural
from assettui.model.timing import SECOND_US, clock_us, duration, local
from assettui.service.timeline import TimelineRow, timeline
from assettui.tui.appearance import BLUE, GREY, RUN_STYLES, YELLOW
from assettui.tui.fetching import Fetching
from assettui.tui.header import Header
from assettui.tui.listing import Listing
from assettui.tui.main_screen import MainScreen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.app import ComposeResult

    from assettui.model.run import RunRecord

MINUTE_US, HOUR_US, DAY_US = 60 * SECOND_US, 3_600 * SECOND_US, 86_400 * SECOND_US
SPANS_US = (10 * MINUTE_US, HOUR_US, 6 * HOUR_US, DAY_US, 7 * DAY_US, 31 * DAY_US)
"""How much time the screen may show."""
PAST = 0.75
"""How much of it is past."""
LABEL = 24
DUE = "◇"
_RANK = {RunStatus.FAILURE: 3, RunStatus.STARTED: 2, RunStatus.STARTING: 2, RunStatus.CANCELING: 2, RunStatus.QUEUED: 1}
"""Of several runs in one cell, the one is shown that matters most."""


class Window(Struct, frozen=True):
    """The time that is shown."""

    from_us: int
    until_us: int

    def cell(self, time_us: int, width: int) -> int:
        """The cell in which a time lies; it may lie outside."""
        return (time_us - self.from_us) * width // (self.until_us - self.from_us)


def cells(row: TimelineRow, window: Window, now_us: int, width: int) -> list[tuple[str, str]]:
    """A line of the timeline: for each cell what stands in it, and its color."""
    found: list[tuple[str, str]] = [("·", GREY)] * width
    ranks = [-1] * width
    for run in row.runs:
        glyph, color = _look(run)
        start = run.started_us or run.created_us
        first = max(0, window.cell(start, width))
        last = min(width - 1, window.cell(run.ended_us or now_us, width))
        rank = _RANK.get(run.status, 0)
        for index in range(first, last + 1):
            if 0 <= index < width and rank >= ranks[index]:
                found[index], ranks[index] = (glyph, color), rank
    for due in row.upcoming:
        index = window.cell(due, width)
        if 0 <= index < width and ranks[index] < 0:
            found[index] = (DUE, YELLOW)
    here = window.cell(now_us, width)
    if 0 <= here < width and ranks[here] < 0:
        found[here] = ("│", BLUE)
    return found


def _look(run: RunRecord) -> tuple[str, str]:
    glyph, color = RUN_STYLES[run.status]
    return ("█" if run.status is RunStatus.SUCCESS else glyph), color


def axis(window: Window, width: int) -> str:
    """The times below the cells, as many as there is room for."""
    step = max(14, width // 8)
    line = [" "] * width
    has_days = window.until_us - window.from_us > DAY_US
    for index in range(0, width - 11, step):
        text = local(window.from_us + index * (window.until_us - window.from_us) // width)
        label = text[5:16] if has_days else text[11:19] if window.until_us - window.from_us <= HOUR_US else text[11:16]
        line[index : index + len(label)] = label
    return "".join(line)


class TimelineView(Listing[TimelineRow]):
    """A line for each job."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.window = Window(0, 1)

    def identity(self, row: TimelineRow) -> object:
        """The name."""
        return row.name

    def cells(self, row: TimelineRow) -> Sequence[tuple[str, str]]:
        """What a line shows."""
        return cells(row, self.window, clock_us(), self.width)

    @property
    def width(self) -> int:
        """How many cells of time there are."""
        return max(1, self.scrollable_content_region.width - LABEL - 2)

    def render_line(self, y: int) -> Strip:
        """One line of the window."""
        index = y + self.scroll_offset.y
        if index >= len(self.rows):
            return super().render_line(y)
        row, style = self.rows[index], self.rich_style
        if index == self.cursor:
            style += self.get_component_rich_style("listing--cursor", partial=True)
        segments = [Segment(f" {one_line(row.name, LABEL):<{LABEL}} ", style)]
        segments.extend(Segment(text, style + Style.parse(color)) for text, color in self.cells(row))
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

    AUTO_FOCUS = "TimelineView"
    DEFAULT_CSS = """
    TimelineScreen { layout: vertical; }
    TimelineScreen TimelineView { height: 1fr; }
    TimelineScreen #under { height: 1; padding: 0 1; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back"),
        Binding("plus,equals_sign", "zoom(-1)", "Zoom in", key_display="+"),
        Binding("minus", "zoom(1)", "Zoom out", key_display="-"),
        Binding("left,h", "pan(-1)", "Earlier"),
        Binding("right,l", "pan(1)", "Later"),
        Binding("0", "now", "Now"),
        Binding("enter", "open_run", "Open the last run"),
    ]

    @dataclass
    class Loaded(Message):
        """What was fetched."""

        window: Window
        rows: list[TimelineRow]

        def can_replace(self, message: Message) -> bool:
            """Only the newest counts."""
            return isinstance(message, TimelineScreen.Loaded)

    def __init__(self) -> None:
        super().__init__()
        self._zoom = 2
        self._offset_us = 0
        """How far the window is moved from where now is in it."""
        self._fetching = Fetching(self, self._fetch)

    def compose(self) -> ComposeResult:
        """The screen."""
        yield Header()
        yield TimelineView(id="timeline")
        yield _Axis(id="axis")
        yield Static(id="under")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Say so where there is nothing."""
        self.query_one(TimelineView).empty_text = "nothing ran in this time, and nothing is due: - shows more of it"

    def _window(self) -> Window:
        span, now_us = SPANS_US[self._zoom], clock_us() + self._offset_us
        return Window(now_us - int(span * PAST), now_us + int(span * (1 - PAST)))

    def reload(self) -> None:
        """Fetch what is in the window."""
        self._fetching.ask()

    def _fetch(self) -> Iterator[Loaded]:
        window = self._window()
        yield self.Loaded(window, timeline(self.app.session, window.from_us, window.until_us))

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        """Show it."""
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
        view = self.query_one(TimelineView)
        if view.window.cell(self._window().from_us, view.width) >= 1:
            self.reload()

    @on(Listing.Moved)
    def show_under(self) -> None:
        """Say what there is of the job under the cursor."""
        row = self.query_one(TimelineView).current
        text = ""
        if row is not None:
            failed = sum(run.status is RunStatus.FAILURE for run in row.runs)
            parts = [row.name, plural(len(row.runs), "run")]
            if failed:
                parts.append(f"{failed:,} failed")
            if row.runs:
                last = row.runs[-1]
                length = (last.ended_us or clock_us()) - (last.started_us or last.created_us)
                parts.append(f"last {last.run_id[:8]} {last.status.value} in {duration(length)}")
            if row.upcoming:
                parts.append(f"next {local(min(row.upcoming))}")
            text = " · ".join(parts)
        self.query_one("#under", Static).update(one_line(text, 300))

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

    @on(Listing.Chosen)
    def action_open_run(self) -> None:
        """Open the last run of the job under the cursor."""
        row = self.query_one(TimelineView).current
        if row is not None and row.runs:
            self.app.open_run(row.runs[-1].run_id)

    def action_back(self) -> None:
        """Leave."""
        self.app.pop_screen()
