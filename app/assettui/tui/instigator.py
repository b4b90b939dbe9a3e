"""One schedule or sensor: its ticks, what each said, and the runs that it asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Footer, Static

from assettui.model.errors import NotFound
from assettui.model.events import Tick
from assettui.model.text import clean_lines, one_line, plural
from assettui.model.timing import ago, clock_us, duration, local
from assettui.service import automation
from assettui.service.automation_text import what_it_did
from assettui.tui.appearance import BLUE, GREEN, GREY, RED, YELLOW
from assettui.tui.automation import OUTCOME_COLORS, facts
from assettui.tui.columns import Column
from assettui.tui.fetching import Fetching
from assettui.tui.header import Header
from assettui.tui.listing import Cell, Listing, ListingHeader
from assettui.tui.main_screen import MainScreen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.app import ComposeResult

    from assettui.service.automation import InstigatorRow

PAGE = 500
"""How many ticks are fetched at once; more as the cursor nears the last of them."""


class TickList(Listing[Tick]):
    """Ticks, the newest first."""

    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("  did", 30, limit=60),
        Column("for", 19, rank=1),
        Column("ago", 8, is_right=True),
        Column("took", 7, is_right=True, rank=2),
        Column(" runs", 20),
    )

    def identity(self, row: Tick) -> object:
        """The id."""
        return row.id

    def cells(self, row: Tick) -> Sequence[Cell]:
        """What a line shows."""
        by = " by hand" if row.is_manual else ""
        return (
            (f"{what_it_did(row)}{by}", OUTCOME_COLORS[row.outcome]),
            (local(row.scheduled_us), ""),
            (ago(row.ended_us, clock_us()), GREY),
            (duration(row.ended_us - row.started_us), ""),
            (f" {' '.join(run_id[:8] for run_id in row.run_ids[:3])}{' …' if len(row.runs) > 3 else ''}", BLUE),
        )


class InstigatorScreen(MainScreen):
    """One schedule or sensor.

    Args:
        name: Which one.
    """

    AUTO_FOCUS = "TickList"
    DEFAULT_CSS = """
    InstigatorScreen { layout: vertical; }
    InstigatorScreen #facts { height: auto; max-height: 9; padding: 0 1; }
    InstigatorScreen #list { height: 1fr; }
    InstigatorScreen #said { height: 2fr; padding: 0 1; border-top: solid $panel-lighten-2; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back"),
        Binding("space", "turn", "On/off"),
        Binding("t", "tick", "Tick now"),
        Binding("enter", "open_run", "Open its run"),
    ]

    @dataclass
    class Loaded(Message):
        """It and its ticks as they are now."""

        row: InstigatorRow
        ticks: list[Tick]

        def can_replace(self, message: Message) -> bool:
            """Only the newest counts."""
            return isinstance(message, InstigatorScreen.Loaded)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name_of = name
        self._row: InstigatorRow | None = None
        self._wanted = PAGE
        self._fetching = Fetching(self, self._fetch)

    def compose(self) -> ComposeResult:
        """The screen."""
        yield Header()
        yield Static(id="facts")
        with Vertical(id="list"):
            yield ListingHeader(TickList.COLUMNS)
            yield TickList(id="ticks")
        with VerticalScroll(id="said", can_focus=False):
            yield Static(id="tick")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Say what to do where there is nothing."""
        self.query_one(TickList).empty_text = "it was never evaluated: t evaluates it now"

    def reload(self) -> None:
        """Fetch it again."""
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
        """Show it."""
        self._row = message.row
        self.query_one(TickList).rows = message.ticks
        self.redraw()
        self.redraw_in_time()

    def is_live(self) -> bool:
        """Whether it is on, so that the time until it is due is counted."""
        return self._row is not None and self._row.next_us is not None

    def redraw(self) -> None:
        """Count down."""
        row = self._row
        if row is None:
            return
        text = Text()
        glyph, color = ("●", GREEN) if row.is_on else ("○", GREY)
        text.append(f"{glyph} {row.snapshot.kind.value} {one_line(row.name, 60)}", style=f"bold {color}")
        text.append(f"  {'on' if row.is_on else 'off'}", style=color)
        text.append(" by hand" if row.state.is_manual else " by default", style=GREY)
        if row.snapshot.description:
            text.append(f"\n{one_line(row.snapshot.description, 200)}")
        for name, value in facts(row, clock_us()):
            text.append(f"\n{name:<8}", style=GREY)
            text.append(one_line(value, 200))
        self.query_one("#facts", Static).update(text)
        self.query_one(TickList).redraw()

    @on(Listing.Moved)
    def show_tick(self) -> None:
        """Show what the tick under the cursor said; fetch older ones where the cursor nears the last of them."""
        listing = self.query_one(TickList)
        tick = listing.current
        self.query_one("#tick", Static).update(told(tick) if tick is not None else "")
        if len(listing.rows) == self._wanted and listing.cursor > self._wanted - PAGE // 5:
            self._wanted += PAGE
            self.reload()

    @on(Listing.Chosen)
    def action_open_run(self) -> None:
        """Open the first run that the tick under the cursor asked for."""
        tick = self.query_one(TickList).current
        if tick is not None and tick.runs:
            self.app.open_run(tick.run_ids[0])

    def action_turn(self) -> None:
        """Turn it on or off."""
        if self._row is not None:
            self.app.turn_instigator(self._row.name, is_on=not self._row.is_on)

    def action_tick(self) -> None:
        """Evaluate it now."""
        self.app.tick_instigator(self._name_of)

    def action_back(self) -> None:
        """Leave."""
        self.app.pop_screen()


def told(tick: Tick) -> Text:
    """What a tick came to, and what it said."""
    text = Text()
    text.append(f"tick {tick.id}  {tick.outcome.value}", style=f"bold {OUTCOME_COLORS[tick.outcome]}")
    text.append(f"  for {local(tick.scheduled_us)}, took {duration(tick.ended_us - tick.started_us)}", style=GREY)
    if tick.missed:
        text.append(f"\n{plural(tick.missed, 'tick')} before it missed", style=YELLOW)
    if tick.skip_reason:
        text.append(f"\n{clean_lines(tick.skip_reason)}")
    for run in tick.runs[:50]:
        text.append(f"\nrun {run.run_id[:8]}", style=BLUE)
        if run.run_key is not None:
            text.append(f"  {one_line(run.run_key, 100)}", style=GREY)
    for run_key in tick.known_run_keys[:50]:
        text.append(f"\nasked for before: {one_line(run_key, 100)}", style=GREY)
    for request in tick.keys:
        word = "added" if request.are_added else "removed"
        text.append(f"\n{word} to {request.name}: {one_line(', '.join(request.keys), 200)}")
    if tick.cursor_after is not None:
        before, after = tick.cursor_before or "none", tick.cursor_after or "none"
        text.append(f"\ncursor {one_line(before, 100)} → {one_line(after, 100)}", style=GREY)
    for line in tick.log:
        text.append(f"\n{line.level:<8}", style=GREY)
        text.append(clean_lines(line.message))
    if tick.error is not None:
        text.append(f"\n{clean_lines(tick.error.message)}", style=RED)
        if tick.error.traceback:
            text.append(f"\n{clean_lines(tick.error.traceback.rstrip())}")
    return text
