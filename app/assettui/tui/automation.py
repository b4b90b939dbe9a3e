"""What will happen by itself: schedules and sensors, what each did last, and when it is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Footer, Input

from assettui.model.events import TickOutcome
from assettui.model.instigator import InstigatorKind
from assettui.model.text import one_line
from assettui.model.timing import SECOND_US, ago, clock_us
from assettui.service import automation
from assettui.service.automation import InstigatorRow
from assettui.service.automation_text import GLYPH, next_in, subject, what_it_did, when
from assettui.tui.appearance import GREEN, GREY, RED, YELLOW
from assettui.tui.columns import Column
from assettui.tui.fetching import Fetching
from assettui.tui.header import Header
from assettui.tui.listing import Cell, Listing, ListingHeader
from assettui.tui.main_screen import MainScreen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.app import ComposeResult

OUTCOME_COLORS = {TickOutcome.SUCCESS: GREEN, TickOutcome.SKIPPED: GREY, TickOutcome.FAILURE: RED}
STRIP = 12
"""So many of the last ticks are in the strip."""
COUNTDOWN_US = 3_600 * SECOND_US
"""What is due sooner is counted down second by second."""


class InstigatorList(Listing[InstigatorRow]):
    """Schedules and sensors, in the order of the definition."""

    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("  name", 20, limit=30),
        Column("kind", 8, rank=2),
        Column("state", 5),
        Column("when", 22, rank=1, limit=36),
        Column("last", 8, is_right=True),
        Column("next", 15, is_right=True),
        Column(" ticks", STRIP + 1, rank=3),
        Column("did", 20),
    )

    def identity(self, row: InstigatorRow) -> object:
        """The name."""
        return row.name

    def cells(self, row: InstigatorRow) -> Sequence[Cell]:
        """What a line shows."""
        now_us, last = clock_us(), row.last
        has_failed = last is not None and last.outcome is TickOutcome.FAILURE
        glyph, color = ("✗", RED) if has_failed else ("●", GREEN) if row.is_on else ("○", GREY)
        strip = "".join(GLYPH[tick.outcome] for tick in reversed(row.ticks[:STRIP]))
        worst = RED if any(tick.outcome is TickOutcome.FAILURE for tick in row.ticks[:STRIP]) else GREY
        return (
            (f"{glyph} {row.name}", color if row.is_on else GREY),
            (row.snapshot.kind.value, GREY),
            ("on" if row.is_on else "off", GREEN if row.is_on else GREY),
            (when(row), ""),
            (ago(last.ended_us, now_us) if last is not None else "never", GREY),
            (next_in(row, now_us), YELLOW if row.is_on and row.next_us is not None else GREY),
            (f" {strip.rjust(STRIP)}", worst),
            (what_it_did(last) if last is not None else "", OUTCOME_COLORS[last.outcome] if last is not None else ""),
        )


class AutomationScreen(MainScreen):
    """Schedules and sensors."""

    NAME = "automation"
    AUTO_FOCUS = "InstigatorList"
    DEFAULT_CSS = """
    AutomationScreen { layout: vertical; }
    AutomationScreen #list { height: 1fr; }
    AutomationScreen #cursor { display: none; dock: bottom; height: 1; }
    AutomationScreen #cursor.shown { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "turn", "On/off"),
        Binding("t", "tick", "Tick now"),
        Binding("e", "edit_cursor", "Edit cursor"),
        Binding("u", "timeline", "Timeline"),
        Binding("y", "copy_name", "Copy name", show=False),
        Binding("escape", "leave_input", "Close", show=False),
    ]

    @dataclass
    class Loaded(Message):
        """Schedules and sensors as they are now."""

        rows: list[InstigatorRow]

        def can_replace(self, message: Message) -> bool:
            """Only the newest counts."""
            return isinstance(message, AutomationScreen.Loaded)

    def __init__(self) -> None:
        super().__init__()
        self._fetching = Fetching(self, self._fetch)
        self._editing: str | None = None

    def compose(self) -> ComposeResult:
        """The screen."""
        yield Header()
        with Vertical(id="list"):
            yield ListingHeader(InstigatorList.COLUMNS)
            yield InstigatorList(id="instigators")
        yield Input(id="cursor", compact=True)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Say what to do where there is nothing."""
        self.query_one(
            InstigatorList
        ).empty_text = "the project defines no schedules and no sensors: ScheduleDefinition(…), @sensor"

    def reload(self) -> None:
        """Fetch them."""
        self._fetching.ask()

    def _fetch(self) -> Iterator[Loaded]:
        yield self.Loaded(automation.instigators(self.app.session))

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        """Show them."""
        self.query_one(InstigatorList).rows = message.rows
        self.redraw_in_time()

    def is_live(self) -> bool:
        """Whether one is due soon, so that it is counted down."""
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

    @on(Listing.Chosen)
    def open(self) -> None:
        """Open the one under the cursor."""
        row = self._current
        if row is not None:
            from assettui.tui.instigator import InstigatorScreen  # deferred: until one is opened

            self.app.push_screen(InstigatorScreen(row.name))

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

    def action_edit_cursor(self) -> None:
        """Type what the sensor under the cursor is to remember."""
        row = self._current
        if row is None or row.snapshot.kind is not InstigatorKind.SENSOR:
            return
        box = self.query_one("#cursor", Input)
        box.placeholder = f"what {one_line(row.name, 40)} is to remember; empty for nothing"
        box.value = row.state.cursor or ""
        self._editing = row.name
        box.add_class("shown").focus()

    @on(Input.Submitted, "#cursor")
    def set_cursor(self, event: Input.Submitted) -> None:
        """Keep what was typed."""
        name = self._editing
        self.action_leave_input()
        if name is None:
            return

        def keep() -> str:
            automation.set_cursor(self.app.session, name, event.value or None)
            return f"{name} remembers {one_line(event.value, 40) or 'nothing'}"

        self.app.carry_out(keep)

    def action_leave_input(self) -> None:
        """Type no more."""
        self._editing = None
        self.query_one("#cursor", Input).remove_class("shown")
        self.query_one(InstigatorList).focus()

    def action_timeline(self) -> None:
        """Show past, running and upcoming runs by job."""
        from assettui.tui.timeline import TimelineScreen  # deferred: until it is asked for

        self.app.push_screen(TimelineScreen())

    def action_copy_name(self) -> None:
        """Copy the name of the one under the cursor to the clipboard."""
        row = self._current
        if row is not None:
            self.app.copy_to_clipboard(row.name)
            self.app.tell(f"copied {row.name}")


def facts(row: InstigatorRow, now_us: int) -> list[tuple[str, str]]:
    """What there is to know of a schedule or sensor: names and texts."""
    described = row.snapshot
    found = [("when", when(row)), ("next", next_in(row, now_us))]
    if subject(row):
        found.append(("of", subject(row)))
    if described.kind is InstigatorKind.SCHEDULE:
        bound = f", at most {described.catch_up_limit}" if described.catch_up.value == "all" else ""
        found.append(("missed", f"{described.catch_up.value}{bound}"))
    else:
        found.append(("cursor", row.state.cursor or "none"))
        if row.state.failures:
            times = row.state.failures
            found.append(("failed", "the last time" if times == 1 else f"the last {times:,} times"))
    found.extend(("tag", f"{name}={value}") for name, value in described.tags.items())
    if described.at is not None:
        found.append(("source", str(described.at)))
    return found
