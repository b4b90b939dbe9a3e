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

from assettui.core.run_timeline import step_spans
from assettui.model.printed import plain
from assettui.model.run import StepRecord, StepStatus
from assettui.model.text import one_line, plural
from assettui.model.timing import clock_us, moment_from
from assettui.project.watch import Watch
from assettui.render.appearance import GREY, YELLOW
from assettui.render.errors import error_box, error_text, place_of
from assettui.render.runs import STEP_COLUMNS, run_state
from assettui.service.run_logs import place_from
from assettui.service.runs import RunDetail, events_of, log_file, run_detail
from assettui.tui.actions import bindings
from assettui.tui.drawing import text_of
from assettui.tui.fetching import Fetching, Newest
from assettui.tui.line_input import SearchBox
from assettui.tui.listing import Listing, ListingHeader
from assettui.tui.log_search import SEARCHED, SearchesLog
from assettui.tui.log_view import FileLines, LogView, MatchingLines, TextLines
from assettui.tui.run_events import LEVELS, RunEvents
from assettui.tui.run_list import StepList

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.events import Event
    from assettui.tui.log_view import Lines


class Tab(Enum):
    """What is shown below the steps."""

    EVENTS = "events"
    STDOUT = "stdout"
    STDERR = "stderr"
    ERROR = "error"


class RunScreen(SearchesLog):
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
        self._has_begun = False
        """Whether the step and the tab to begin with were chosen."""
        self._tab = Tab.EVENTS
        self._file: tuple[str, Tab, FileLines] | None = None
        self._watch: Watch | None = None
        self._found = ""
        """How the search went, in words."""
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
            log.empty_text = "no event is like that: f, s and & show others too"
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
        if self._tab is Tab.ERROR and len(self.query_one(LogView).lines):
            for action, does in (("edit", "edit"), ("copy_error", "copy"), ("retry(True)", "retry")):
                tabs.append(f"  {self._key_of(action)}", style="bold")
                tabs.append(f" {does}", style=GREY)
        if self._tab is Tab.EVENTS and self._least_level:
            tabs.append(f"  {LEVELS[self._least_level]}", style=YELLOW)
        if self._narrowed is not None and self._tab is not Tab.ERROR:
            tabs.append(f"  only {one_line(self._narrowed.pattern, 30)}", style=YELLOW)
        tabs.append(f"  {self._found}", style=YELLOW)
        self.query_one("#tabs", Static).update(tabs)

    def _key_of(self, action: str) -> str:
        """The key that does something here, as it is shown."""
        found = (each.binding for each in self.active_bindings.values() if each.binding.action == action)
        return next(map(self.app.get_key_display, found), "")

    def _lines_of(self, step_key: str) -> FileLines:
        if self._file is None or self._file[:2] != (step_key, self._tab):
            stream = "out" if self._tab is Tab.STDOUT else "err"
            path = log_file(self.app.session, self._run_id, step_key, stream)
            self._file = (step_key, self._tab, FileLines(path))
            self.query_one(LogView).is_following = True
        self.read_on(self._file[2])
        return self._file[2]

    # Searching.

    def tell_found(self, words: str) -> None:
        self._found = words
        step = self.query_one(StepList).current
        self._show_tabs(step.step_key if step is not None else None)

    def action_go_to_time(self) -> None:
        """Type a time, to go to the first line from then on; an error has no times, and its events are shown for it."""
        if self._tab is Tab.ERROR:
            self.action_tab(Tab.EVENTS.value)
        super().action_go_to_time()

    def look_for_time(self, text: str) -> None:
        if self._detail is None:
            return
        run, step, lines = self._detail.run, self.query_one(StepList).current, self.query_one(LogView).lines
        began_us = run.started_us or run.created_us
        time_us = moment_from(text, began_us)
        if time_us is None:
            self.app.tell(f"{one_line(text, 20)!r} is no time of the day: write 14:02 or 14:02:11")
            return
        if self._tab is Tab.EVENTS:
            self.post_message(self.Found(lines, self._events.first_at(time_us)))
            return
        if step is None or self._file is None:
            return
        file, stream = self._file[2], "out" if self._tab is Tab.STDOUT else "err"
        matching = self._matching[2] if self._narrowed is not None and self._matching is not None else None
        stdout = log_file(self.app.session, self._run_id, step.step_key, "out")

        def find_line() -> int | None:
            place = place_from(stdout, stream, step.started_us or began_us, time_us)
            line = file.line_from(place) if place is not None else None
            return matching.place_of(line) if matching is not None and line is not None else line

        self.look_up(lines, find_line)

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
        """The run's id; of the log, where that has the keys, the line that was found or else what is in sight; the whole error."""
        log, step = self.query_one(LogView), self.query_one(StepList).current
        if self._tab is Tab.ERROR and self.focused is log and step is not None:
            return error_text(step)
        if self.focused is not log or not len(log.lines):
            return self._run_id
        if log.found is not None:
            return plain(log.lines.line(log.found).text)
        return "\n".join(log.in_sight())

    def action_copy_error(self) -> None:
        """Copy the error of the step under the cursor, as it would be sent to somebody."""
        step = self.query_one(StepList).current
        text = error_text(step) if step is not None else ""
        if text:
            self.app.copy_to_clipboard(text)
            self.app.tell(f"copied the error: {plural(text.count(chr(10)) + 1, 'line')}")
        else:
            self.app.tell("the step has not failed")
