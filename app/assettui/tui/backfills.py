"""Backfills: what was asked for, how far it has come, what failed and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Footer, Static

from assettui.core.partitions.space import partitions_text
from assettui.model.backfill import BackfillCommand, BackfillRecord, BackfillStatus
from assettui.model.text import clean, one_line, plural
from assettui.model.timing import ago, clock_us, duration, local
from assettui.service import backfills
from assettui.service.backfills import BackfillDetail, BackfillPage, rate_and_rest
from assettui.tui.appearance import BLUE, GREEN, GREY, RED, RUN_STYLES, YELLOW
from assettui.tui.columns import Column
from assettui.tui.fetching import Fetching
from assettui.tui.header import Header
from assettui.tui.listing import Cell, Listing, ListingHeader
from assettui.tui.main_screen import MainScreen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.app import ComposeResult

PAGE = 500
BAR_WIDTH = 16
BACKFILL_STYLES = {
    BackfillStatus.QUEUED: ("◌", GREY),
    BackfillStatus.STARTED: ("▶", BLUE),
    BackfillStatus.PAUSED: ("‖", YELLOW),
    BackfillStatus.CANCELING: ("■", YELLOW),
    BackfillStatus.SUCCESS: ("✓", GREEN),
    BackfillStatus.FAILURE: ("✗", RED),
    BackfillStatus.CANCELED: ("■", GREY),
}
_ASKING: list[BindingType] = [
    Binding("p", "ask('pause')", "Pause"),
    Binding("r", "ask('resume')", "Resume"),
    Binding("c", "ask('cancel')", "Cancel"),
    Binding("t", "ask('retry')", "Retry failed"),
]


def bar(done: int, failed: int, total: int, width: int) -> str:
    """How far something has come, as a bar: `█` what is made, `✗` what failed, `░` what is left."""
    if not total:
        return "░" * width
    made = done * width // total
    wrong = min(width - made, -(-failed * width // total))
    return "█" * made + "✗" * wrong + "░" * (width - made - wrong)


class BackfillList(Listing[BackfillRecord]):
    """Backfills, the newest first."""

    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("  backfill", 22),
        Column("status", 9),
        Column("", BAR_WIDTH, rank=1),
        Column("done", 15, is_right=True),
        Column("rate", 7, is_right=True, rank=2),
        Column("took", 7, is_right=True),
        Column("left", 7, is_right=True, rank=1),
        Column("created", 9, is_right=True, rank=3),
        Column("  error", 40, rank=4),
    )

    def identity(self, row: BackfillRecord) -> object:
        """The id."""
        return row.backfill_id

    def cells(self, row: BackfillRecord) -> Sequence[Cell]:
        """What a line shows."""
        glyph, color = BACKFILL_STYLES[row.status]
        counts, now_us = row.counts, clock_us()
        rate, left = rate_and_rest(row, now_us)
        took = (row.ended_us or now_us) - row.started_us if row.started_us is not None else None
        keys = row.plan.keys
        name = row.plan.title or f"{keys[0] if keys else ''}{f' +{len(keys) - 1:,}' if len(keys) > 1 else ''}"
        return (
            (f"{glyph} {name}", color),
            (row.status.value, color),
            (bar(counts.materialized, counts.failed + counts.skipped, counts.requested, BAR_WIDTH), color),
            (f"{counts.materialized:,}/{counts.requested:,}", ""),
            (f"{rate:,.0f}/s" if rate is not None and rate >= 1 else f"{rate * 60:,.0f}/m" if rate else "–", ""),
            (duration(took), ""),
            (duration(left), ""),
            (ago(row.created_us, now_us), GREY),
            (f"  {row.error or ''}", RED),
        )


class BackfillsScreen(MainScreen):
    """Backfills, the newest first."""

    NAME = "backfills"
    AUTO_FOCUS = "BackfillList"
    DEFAULT_CSS = "BackfillsScreen { layout: vertical; } BackfillsScreen #list { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [*_ASKING, Binding("y", "copy_id", "Copy id", show=False)]

    @dataclass
    class Loaded(Message):
        """The newest backfills."""

        page: BackfillPage

        def can_replace(self, message: Message) -> bool:
            """Only the newest counts."""
            return isinstance(message, BackfillsScreen.Loaded)

    def __init__(self) -> None:
        super().__init__()
        self._fetching = Fetching(self, self._fetch)

    def compose(self) -> ComposeResult:
        """The screen."""
        yield Header()
        with Vertical(id="list"):
            yield ListingHeader(BackfillList.COLUMNS)
            yield BackfillList(id="backfills")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Say what to do where there is nothing."""
        self.query_one(BackfillList).empty_text = "no backfill yet: select partitions in the partitions (key 3), then b"

    def reload(self) -> None:
        """Fetch the newest backfills."""
        self._fetching.ask()

    def _fetch(self) -> Iterator[Loaded]:
        yield self.Loaded(backfills.page(self.app.session, limit=PAGE))

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        """Show them."""
        self.query_one(BackfillList).rows = message.page.backfills
        self.redraw_in_time()

    def is_live(self) -> bool:
        """Whether one is on its way."""
        return any(not each.status.is_over for each in self.query_one(BackfillList).rows)

    def redraw(self) -> None:
        """Show how long it has been going on."""
        self.query_one(BackfillList).redraw()

    @on(Listing.Chosen)
    def open(self) -> None:
        """Open the backfill under the cursor."""
        found = self.query_one(BackfillList).current
        if found is not None:
            self.app.push_screen(BackfillScreen(found.backfill_id))

    def action_ask(self, what: str) -> None:
        """Ask something of the backfill under the cursor."""
        found = self.query_one(BackfillList).current
        if found is not None:
            self.app.command_backfill(BackfillCommand(what), found.backfill_id)

    def action_copy_id(self) -> None:
        """Copy the id of the backfill under the cursor to the clipboard."""
        found = self.query_one(BackfillList).current
        if found is not None:
            self.app.copy_to_clipboard(found.backfill_id)
            self.app.tell(f"copied {found.backfill_id}")


class BackfillScreen(MainScreen):
    """One backfill: how far each asset has come, and what failed, by error.

    Args:
        backfill_id: The whole id.
    """

    AUTO_FOCUS = "#text"
    DEFAULT_CSS = """
    BackfillScreen { layout: vertical; }
    BackfillScreen #text { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back"),
        *_ASKING,
        Binding("enter", "open_failure", "Open a failed run"),
        Binding("y", "copy_id", "Copy id", show=False),
    ]

    @dataclass
    class Loaded(Message):
        """The backfill as it is now."""

        detail: BackfillDetail

        def can_replace(self, message: Message) -> bool:
            """Only the newest counts."""
            return isinstance(message, BackfillScreen.Loaded)

    def __init__(self, backfill_id: str) -> None:
        super().__init__()
        self._backfill_id = backfill_id
        self._detail: BackfillDetail | None = None
        self._fetching = Fetching(self, self._fetch)

    def compose(self) -> ComposeResult:
        """The screen."""
        yield Header()
        with VerticalScroll(id="text"):
            yield Static(id="detail")
        yield Footer(show_command_palette=False)

    def reload(self) -> None:
        """Fetch the backfill again."""
        self._fetching.ask()

    def _fetch(self) -> Iterator[Loaded]:
        yield self.Loaded(backfills.detail(self.app.session, self._backfill_id))

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        """Show it."""
        self._detail = message.detail
        self.redraw()
        self.redraw_in_time()

    def is_live(self) -> bool:
        """Whether it is on its way."""
        return self._detail is not None and not self._detail.backfill.status.is_over

    def redraw(self) -> None:
        """Show how long it has been going on."""
        if self._detail is not None:
            self.query_one("#detail", Static).update(told(self._detail, clock_us(), self.size.width))

    def action_back(self) -> None:
        """Leave."""
        self.app.pop_screen()

    def action_ask(self, what: str) -> None:
        """Ask something of it."""
        self.app.command_backfill(BackfillCommand(what), self._backfill_id)

    def action_open_failure(self) -> None:
        """Open a run that failed; where none did, the last one."""
        if self._detail is None:
            return
        if self._detail.failures:
            self.app.open_run(self._detail.failures[0].examples[0][2])
        elif self._detail.runs:
            self.app.open_run(self._detail.runs[0].run_id)

    def action_copy_id(self) -> None:
        """Copy its id to the clipboard."""
        self.app.copy_to_clipboard(self._backfill_id)
        self.app.tell(f"copied {self._backfill_id}")


def told(detail: BackfillDetail, now_us: int, width: int) -> Text:
    """A backfill in words and bars."""
    each, counts = detail.backfill, detail.backfill.counts
    glyph, color = BACKFILL_STYLES[each.status]
    rate, left = rate_and_rest(each, now_us)
    took = (each.ended_us or now_us) - each.started_us if each.started_us is not None else None
    text = Text()
    text.append(f"{glyph} backfill {each.backfill_id[:8]} {each.status.value}", style=f"bold {color}")
    if each.plan.title:
        text.append(f"  {one_line(each.plan.title, 80)}", style="bold")
    text.append("\n")
    size = max(10, min(60, width - 40))
    text.append(bar(counts.materialized, counts.failed + counts.skipped, counts.requested, size), style=color)
    text.append(f"  {counts.materialized:,} of {counts.requested:,}")
    for count, word, look in (
        (counts.failed, "failed", RED),
        (counts.skipped, "skipped", YELLOW),
        (counts.canceled, "canceled", GREY),
        (counts.running, "running", BLUE),
    ):
        if count:
            text.append(f"   {count:,} {word}", style=look)
    text.append("\n")
    text.append(f"created {local(each.created_us)}", style=GREY)
    text.append(f"   {'took' if each.status.is_over else 'for'} {duration(took)}")
    if rate is not None:
        text.append(f"   {rate:,.1f} a second")
    if left is not None:
        text.append(f"   {duration(left)} left")
    if each.plan.max_concurrent is not None:
        text.append(f"   {plural(each.plan.max_concurrent, 'run')} at once", style=GREY)
    if each.plan.priority:
        text.append(f"   priority {each.plan.priority}", style=GREY)
    text.append("\n\n")
    title_width = min(40, max((len(str(key)) for key, _, _ in detail.assets), default=0))
    for key, total, made in detail.assets:
        look = GREEN if made >= total else BLUE if made else GREY
        text.append(f"{one_line(str(key), 40):<{title_width}}  ")
        text.append(bar(made, 0, total, 24), style=look)
        text.append(f"  {made:,} of {total:,}\n")
    for group in detail.failures:
        text.append(f"\n✗ {group.count:,} × ", style=f"bold {RED}")
        text.append(f"{one_line(group.error, 300)}\n", style=RED)
        for step, partitions, run_id in group.examples[:8]:
            text.append(f"    {one_line(step, 40)} {one_line(partitions, 40)}  run {run_id[:8]}\n", style=GREY)
        if group.count > 8:
            text.append(f"    and {group.count - 8:,} more\n", style=GREY)
        for line in (group.traceback or "").strip().split("\n")[-6:]:
            if line.strip():
                text.append(f"    {clean(line.expandtabs(4))}\n")
    if detail.runs:
        text.append("\nlast runs\n", style=GREY)
    for run in detail.runs[:10]:
        run_glyph, run_color = RUN_STYLES[run.status]
        length = (run.ended_us or now_us) - run.started_us if run.started_us is not None else None
        assets = ", ".join(map(str, run.assets))
        text.append(f"{run_glyph} {run.run_id[:8]}", style=run_color)
        text.append(f"  {one_line(assets, 50)} {one_line(partitions_text(run.partitions), 40)}  {duration(length)}\n")
    text.rstrip()
    return text
