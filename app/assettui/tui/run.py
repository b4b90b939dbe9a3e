"""One run: its steps, and what they say, live."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Static

from assettui.model.text import one_line
from assettui.model.timing import clock_us
from assettui.project.watch import Watch
from assettui.render.appearance import GREY, YELLOW
from assettui.render.events import event_lines
from assettui.render.runs import STEP_COLUMNS, run_state
from assettui.service.run_logs import BadPattern, search_pattern
from assettui.service.runs import RunDetail, events_of, log_file, run_detail
from assettui.tui.actions import bindings
from assettui.tui.drawing import text_of
from assettui.tui.fetching import Fetching, Newest
from assettui.tui.line_input import SearchBox
from assettui.tui.listing import Listing, ListingHeader
from assettui.tui.log_view import FileLines, LogView, TextLines, find
from assettui.tui.main_screen import MainScreen
from assettui.tui.run_list import StepList

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.events import Event
    from assettui.render.table import Cell
    from assettui.tui.log_view import Lines

MAX_EVENT_LINES = 20_000
"""The oldest lines of events are let go beyond so many; `assettui run logs` shows them all."""


class Tab(Enum):
    """What is shown below the steps."""

    EVENTS = "events"
    STDOUT = "stdout"
    STDERR = "stderr"


class RunScreen(MainScreen):
    """One run.

    Args:
        run_id: The whole id.
    """

    AUTO_FOCUS = "StepList"
    CSS_PATH = "run.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings("run")

    @dataclass
    class Loaded(Message):
        """The run as it is now, and the events that have come since."""

        detail: RunDetail
        events: list[Event]

    @dataclass
    class Printed(Newest):
        """A step has written something."""

    @dataclass
    class HasRead(Message):
        """More of a file was read."""

        lines: FileLines

    @dataclass
    class Found(Message):
        """A search has ended."""

        lines: Lines
        index: int | None
        """The line; None where there is none."""
        has_turned: bool
        """Whether it went on from the other end."""

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id
        self._detail: RunDetail | None = None
        self._last_event = 0
        self._event_lines: list[Cell] = []
        self._events = TextLines(self._event_lines)
        self._tab = Tab.EVENTS
        self._file: tuple[str, Tab, FileLines] | None = None
        self._watch: Watch | None = None
        self._pattern: re.Pattern[str] | None = None
        self._found = ""
        """How the search went, in words."""
        self._searches = 0
        """How many there were."""
        self._fetching = Fetching(self, self._fetch)

    def crumb(self) -> str:
        return f"run {self._run_id[:8]}"

    def contents(self) -> ComposeResult:
        yield ListingHeader(STEP_COLUMNS)
        yield StepList(id="steps")
        yield Static(id="tabs")
        yield SearchBox(id="search", placeholder="a regular expression; (?i) for any case")
        yield LogView(id="log")

    def on_mount(self) -> None:
        self.listen()

    def on_unmount(self) -> None:
        if self._watch is not None:
            self._watch.stop()

    @work(thread=True, group="listen")
    def listen(self) -> None:
        """Be told by the kernel when a step has written something."""
        folder = log_file(self.app.session, self._run_id, "", "out").parent
        with suppress(OSError):  # it cannot be made: then nothing is written into it either
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._watch = Watch(self._on_printed)
        self._watch.folders([folder])

    def _on_printed(self, paths: set[str]) -> None:
        if self.is_active:  # below a window, every message to this screen would have all of it drawn again
            self.post_message(self.Printed())

    def reload(self) -> None:
        """Fetch the run as it is now, and the events that have come since."""
        self._fetching.ask()

    def _fetch(self) -> Iterator[Loaded]:
        session = self.app.session
        detail = run_detail(session, self._run_id)
        while events := events_of(session, self._run_id, after=self._last_event):
            self._last_event = events[-1].id
            yield self.Loaded(detail, events)
        yield self.Loaded(detail, [])

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        self._detail = message.detail
        for event in message.events:
            self._event_lines.extend(event_lines(event))
        del self._event_lines[:-MAX_EVENT_LINES]
        self._show_summary(message.detail)
        self.query_one(StepList).rows = message.detail.steps  # tells that it has moved: the log is shown for that
        self.redraw_in_time()

    def is_live(self) -> bool:
        return self._detail is not None and not self._detail.run.status.is_over

    def redraw(self) -> None:
        """Show how long it took so far."""
        if self._detail is not None:
            self._show_summary(self._detail)
            self.query_one(StepList).redraw()

    def _show_summary(self, detail: RunDetail) -> None:
        now_us, run = clock_us(), detail.run
        self.head(text_of([run_state(detail, now_us)]))
        self.query_one(StepList).show_span(run.started_us or run.created_us, run.ended_us or now_us)

    @on(Printed)
    def read_printed(self) -> None:
        """Read what a step has just written, where that is looked at."""
        if self._file is not None and self._tab is not Tab.EVENTS:
            self.read_on(self._file[2])

    @work(thread=True, group="read")
    def read_on(self, lines: FileLines) -> None:
        """Read on, away from the screen: what was written may be large."""
        if lines.read_on():
            self.post_message(self.HasRead(lines))

    @on(HasRead)
    def show_read(self, message: HasRead) -> None:
        """Show what was read, where it is still looked at."""
        if self._file is not None and self._file[2] is message.lines and self._tab is not Tab.EVENTS:
            self.query_one(LogView).show(message.lines)

    @on(Listing.Moved)
    def show_log(self) -> None:
        """Show what the chosen tab holds of the step under the cursor."""
        step = self.query_one(StepList).current
        log = self.query_one(LogView)
        name, before = step.step_key if step is not None else None, log.lines
        if self._tab is Tab.EVENTS:
            log.empty_text = ""
            log.show(self._events)
        elif name is not None:
            log.empty_text = f"nothing on {self._tab.value}"
            log.show(self._lines_of(name))
        if log.lines is not before:
            self._found = ""
        self._show_tabs(name)

    def _show_tabs(self, name: str | None) -> None:
        tabs = Text(no_wrap=True)
        for tab, key in ((Tab.EVENTS, "e"), (Tab.STDOUT, "o"), (Tab.STDERR, "r")):
            tabs.append(f" {key} {tab.value} ", style="reverse" if tab is self._tab else GREY)
        tabs.append("  of the whole run" if self._tab is Tab.EVENTS else f"  {one_line(name or '', 60)}", style=GREY)
        tabs.append(f"  {self._found}", style=YELLOW)
        self.query_one("#tabs", Static).update(tabs)

    def _lines_of(self, step_key: str) -> FileLines:
        if self._file is None or self._file[:2] != (step_key, self._tab):
            stream = "out" if self._tab is Tab.STDOUT else "err"
            path = log_file(self.app.session, self._run_id, step_key, stream)
            self._file = (step_key, self._tab, FileLines(path))
            self.query_one(LogView).is_following = True
        self.read_on(self._file[2])
        return self._file[2]

    # Searching.

    def action_search(self) -> None:
        """Type what is searched for."""
        box = self.query_one(SearchBox)
        box.value = self._pattern.pattern if self._pattern is not None else ""
        self.set_focus(box.add_class("shown"))
        box.select_all()

    @on(SearchBox.Changed)
    def mark(self, event: SearchBox.Changed) -> None:
        """Mark what is found of it so far."""
        with suppress(BadPattern):
            self.query_one(LogView).mark(search_pattern(event.value) if event.value else None)

    @on(SearchBox.Submitted)
    def search(self, event: SearchBox.Submitted) -> None:
        """Go to the first line in which it is found, from what is shown on."""
        if not event.value:
            self.action_end_search()
            return
        try:
            self._pattern = search_pattern(event.value)
        except BadPattern as error:
            self.app.warn(error)
            return
        log = self._leave_box()
        log.mark(self._pattern)
        self.find(log.scroll_offset.y - 1, 1)

    def action_end_search(self) -> None:
        """Mark nothing any more."""
        self._pattern = None
        self._leave_box().mark(None)
        self._tell_found("")

    def action_find(self, step: int) -> None:
        """Go to the next line in which it is found, or the one before."""
        log = self.query_one(LogView)
        if self._pattern is None:
            self.action_search()
        else:
            self.find(log.found if log.found is not None else log.scroll_offset.y - 1, step)

    def find(self, after: int, step: int) -> None:
        """Go to the next line in which it is found, behind that one or before it."""
        if self._pattern is not None:
            self._searches += 1
            self.look_for(self.query_one(LogView).lines, self._pattern, after, step, self._searches)

    @work(thread=True, group="find")
    def look_for(self, lines: Lines, pattern: re.Pattern[str], after: int, step: int, number: int) -> None:
        """Search away from the screen: there may be millions of lines. Another search ends this one."""
        found = find(lines, pattern, after, step, lambda: number == self._searches)
        if number == self._searches:
            self.post_message(self.Found(lines, found, has_turned=found is not None and (found - after) * step <= 0))

    @on(Found)
    def show_found(self, message: Found) -> None:
        """Show the line, where the same ones are still looked at."""
        log = self.query_one(LogView)
        if log.lines is not message.lines or self._pattern is None:
            return
        if message.index is None:
            self._tell_found("not found")
            return
        log.show_found(message.index)
        turned = ", from the other end" if message.has_turned else ""
        self._tell_found(f"line {message.index + 1:,} of {len(log.lines):,}{turned}")

    def _tell_found(self, words: str) -> None:
        self._found = words
        step = self.query_one(StepList).current
        self._show_tabs(step.step_key if step is not None else None)

    def _leave_box(self) -> LogView:
        log = self.query_one(LogView)
        self.query_one(SearchBox).remove_class("shown")
        self.set_focus(log)
        return log

    def action_wrap(self) -> None:
        """Show long lines whole, in several rows, or in one again."""
        self.query_one(LogView).action_wrap()

    # Keys.

    def action_tab(self, name: str) -> None:
        """Show another tab."""
        self._tab = Tab(name)
        self.show_log()

    def action_switch_focus(self) -> None:
        """From the steps to the log, or back."""
        log = self.query_one(LogView)
        self.set_focus(self.query_one(StepList) if self.focused is log else log)

    @on(Listing.Chosen)
    def show_error(self) -> None:
        """Show all that is known of why the step failed."""
        step = self.query_one(StepList).current
        if step is not None and step.error is not None:
            self.app.read(
                f"{step.step_key}: {step.status.value}", f"{step.error.message}\n\n{step.error.traceback or ''}"
            )

    def action_cancel(self) -> None:
        self.app.cancel_run(self._run_id)

    def action_retry(self, from_failure: bool) -> None:
        """Run it again, or only what of it did not succeed."""
        self.app.retry_run(self._run_id, from_failure=from_failure)

    def action_preview(self) -> None:
        """Show what the value of the asset holds that the step under the cursor makes."""
        step = self.query_one(StepList).current
        if step is None or not step.assets or self._detail is None:
            self.app.tell("the step makes no asset")
            return
        first, last = self._detail.run.partitions[0] if self._detail.run.partitions else (None, None)
        is_of_one = step.is_partitioned and first == last and len(self._detail.run.partitions) == 1
        self.app.open_preview(step.assets[0], first if is_of_one else None)

    def copied(self) -> str:
        """The run's id."""
        return self._run_id
