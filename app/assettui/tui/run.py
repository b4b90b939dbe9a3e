"""One run: its steps, and what they say, live."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Static

from assettui.core.run_timeline import step_spans
from assettui.model.run import StepRecord, StepStatus
from assettui.model.text import one_line
from assettui.model.timing import clock_us
from assettui.project.watch import Watch
from assettui.render.appearance import GREY, YELLOW
from assettui.render.errors import error_box, place_of
from assettui.render.runs import STEP_COLUMNS, run_state
from assettui.service.run_logs import BadPattern, search_pattern
from assettui.service.runs import RunDetail, events_of, log_file, run_detail
from assettui.tui.actions import bindings
from assettui.tui.drawing import text_of
from assettui.tui.fetching import Fetching, Newest
from assettui.tui.line_input import SearchBox
from assettui.tui.listing import Listing, ListingHeader
from assettui.tui.log_view import FileLines, LogView, MatchingLines, TextLines, find
from assettui.tui.main_screen import MainScreen
from assettui.tui.run_events import LEVELS, RunEvents
from assettui.tui.run_list import StepList

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.events import Event
    from assettui.tui.log_view import Lines

SEARCHED = "a regular expression; (?i) for any case"


class Tab(Enum):
    """What is shown below the steps."""

    EVENTS = "events"
    STDOUT = "stdout"
    STDERR = "stderr"
    ERROR = "error"


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
        self._events = RunEvents()
        self._narrowed: re.Pattern[str] | None = None
        """Only lines in which this is found are shown."""
        self._is_of_step = False
        self._least_level = 0
        self._error: tuple[StepRecord, int, TextLines] | None = None
        """The error that is shown: of which step, and how wide."""
        self._matching: tuple[Lines, re.Pattern[str], MatchingLines] | None = None
        self._is_typing_time = False
        self._has_begun = False
        """Whether the step and the tab to begin with were chosen."""
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
        yield SearchBox(id="search", placeholder=SEARCHED)
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
        self._events.take(message.events)
        self._show_summary(message.detail)
        steps = self.query_one(StepList)
        if len(steps.rows) != len(message.detail.steps):
            steps.refresh(layout=True)
        steps.rows = message.detail.steps  # tells that it has moved: the log is shown for that
        if not self._has_begun and message.detail.steps:
            self._has_begun = True
            failed = next((at for at, step in enumerate(steps.rows) if step.status is StepStatus.FAILURE), None)
            if failed is not None:
                steps.cursor, self._tab = failed, Tab.ERROR
                self.show_log()
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
        began_us, ended_us = run.started_us or run.created_us, run.ended_us or now_us
        spans = step_spans(detail.steps, detail.after, self._events.tries, began_us, ended_us)
        columns = self.query_one(StepList).show_span(spans, began_us, ended_us)
        header = self.query_one(ListingHeader)
        if header.columns != columns:
            header.columns = columns
            header.refresh()

    @on(Printed)
    def read_printed(self) -> None:
        """Read what a step has just written, where that is looked at."""
        if self._file is not None and self._tab in (Tab.STDOUT, Tab.STDERR):
            self.read_on(self._file[2])

    @work(thread=True, group="read")
    def read_on(self, lines: FileLines) -> None:
        """Read on, away from the screen: what was written may be large."""
        has_read, matching = lines.read_on(), self._matching
        has_found = matching is not None and matching[0] is lines and matching[2].look_on()
        if has_read or has_found:
            self.post_message(self.HasRead(lines))

    @on(HasRead)
    def show_read(self, message: HasRead) -> None:
        """Show what was read, where it is still looked at."""
        if self._file is not None and self._file[2] is message.lines and self._tab in (Tab.STDOUT, Tab.STDERR):
            self.query_one(LogView).show(self._narrow(message.lines))

    def _narrow(self, lines: FileLines) -> Lines:
        """These lines, or those of them that match, where only they are shown."""
        if self._narrowed is None:
            self._matching = None
            return lines
        if self._matching is None or self._matching[:2] != (lines, self._narrowed):
            self._matching = (lines, self._narrowed, MatchingLines(lines, self._narrowed))
            self.read_on(lines)
        return self._matching[2]

    @on(Listing.Moved)
    def show_log(self) -> None:
        """Show what the chosen tab holds of the step under the cursor."""
        step = self.query_one(StepList).current
        log = self.query_one(LogView)
        name, before = step.step_key if step is not None else None, log.lines
        if self._tab is Tab.EVENTS:
            self._events.want(self._least_level, name if self._is_of_step else None, self._narrowed)
            log.empty_text = "no event is like that"
            log.is_following = log.is_following or log.lines is not self._events.lines
            log.show(self._events.lines)
        elif self._tab is Tab.ERROR:
            log.empty_text = "the step has not failed" if step is not None else ""
            log.is_following = False
            log.show(self._error_of(step, log.scrollable_content_region.width) if step is not None else TextLines())
        elif name is not None:
            log.empty_text = f"nothing on {self._tab.value}"
            log.show(self._narrow(self._lines_of(name)))
        if log.lines is not before:
            self._found = ""
        self._show_tabs(name)

    def _error_of(self, step: StepRecord, width: int) -> TextLines:
        """Its error in a box, made anew where it is another or the window is: where one has scrolled to stays."""
        if self._error is None or self._error[:2] != (step, width):
            self._error = (step, width, TextLines(error_box(step, width)))
        return self._error[2]

    def on_resize(self) -> None:
        """A window of another width."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        self.redraw()
        if self._tab is Tab.ERROR:
            self.show_log()

    def _show_tabs(self, name: str | None) -> None:
        tabs = Text(no_wrap=True)
        for tab, key in ((Tab.EVENTS, "e"), (Tab.STDOUT, "o"), (Tab.STDERR, "r"), (Tab.ERROR, "x")):
            tabs.append(f" {key} {tab.value} ", style="reverse" if tab is self._tab else GREY)
        is_whole = self._tab is Tab.EVENTS and not self._is_of_step
        tabs.append("  of the whole run" if is_whole else f"  {one_line(name or '', 60)}", style=GREY)
        if self._tab is Tab.EVENTS and self._least_level:
            tabs.append(f"  {LEVELS[self._least_level]}", style=YELLOW)
        if self._narrowed is not None and self._tab is not Tab.ERROR:
            tabs.append(f"  only {one_line(self._narrowed.pattern, 30)}", style=YELLOW)
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
        self._is_typing_time = False
        box = self.query_one(SearchBox)
        box.placeholder = SEARCHED
        box.value = self._pattern.pattern if self._pattern is not None else ""
        self.set_focus(box.add_class("shown"))
        box.select_all()

    @on(SearchBox.Changed)
    def mark(self, event: SearchBox.Changed) -> None:
        """Mark what is found of it so far."""
        if self._is_typing_time:
            return
        with suppress(BadPattern):
            self.query_one(LogView).mark(search_pattern(event.value) if event.value else None)

    @on(SearchBox.Submitted)
    def search(self, event: SearchBox.Submitted) -> None:
        """Go to the first line in which it is found, from what is shown on."""
        if self._is_typing_time:
            self._show_time(event.value)
            return
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

    # Narrowing.

    def action_narrow(self) -> None:
        """Show only the lines in which what was searched for is found, or all again."""
        if self._narrowed is None and self._pattern is None:
            self.app.tell("search for something first: /")
            return
        self._narrowed = self._pattern if self._narrowed is None else None
        self.show_log()

    def action_only_step(self) -> None:
        """Show the events of the step under the cursor, or of all."""
        self._is_of_step = not self._is_of_step
        self._tab = Tab.EVENTS
        self.show_log()

    def action_level(self) -> None:
        """Show all events, from warnings on, or errors."""
        self._least_level = (self._least_level + 1) % len(LEVELS)
        self._tab = Tab.EVENTS
        self.show_log()

    def action_go_to_time(self) -> None:
        """Type a time, to go to the first event from then on."""
        self._tab, self._is_typing_time = Tab.EVENTS, True
        self.show_log()
        box = self.query_one(SearchBox)
        box.placeholder, box.value = "a time of the day: 14:02, or 14:02:11", ""
        self.set_focus(box.add_class("shown"))

    def _show_time(self, text: str) -> None:
        log = self._leave_box()
        self._is_typing_time = False
        match = re.fullmatch(r"(\d{1,2})((?::\d{2}){1,2})?", text.strip())
        at = self._events.first_at(f"{int(match[1]):02}{match[2] or ''}") if match is not None else None
        if at is None:
            self.app.tell(f"there is nothing at {text!r}, or later: write 14:02 or 14:02:11")
        else:
            log.show_found(at)

    def action_edit(self) -> None:
        """Open the editor at the user's line in which the step failed."""
        step = self.query_one(StepList).current
        place = place_of(step) if step is not None else None
        if place is None:
            self.app.tell("no line of yours is known to have failed in this step")
            return
        from assettui.tui.editor import open_in_editor  # deferred: few edit

        open_in_editor(self.app, *place)

    def action_compare(self) -> None:
        """Compare it with the run before that was of the same."""
        self.app.compare_runs(self._run_id)

    def action_wrap(self) -> None:
        """Show long lines whole, in several rows, or in one again."""
        self.query_one(LogView).action_wrap()

    # Keys.

    def action_tab(self, name: str) -> None:
        """Show another tab."""
        self._tab, self._has_begun = Tab(name), True
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
