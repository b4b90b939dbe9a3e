"""Searching what a run has said: a regular expression or a time of the day is typed, and the lines go to where it is."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on, work
from textual.message import Message

from assettui.service.run_logs import BadPattern, search_pattern
from assettui.tui.line_input import SearchBox
from assettui.tui.log_view import LogView, find
from assettui.tui.main_screen import MainScreen

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from assettui.tui.log_view import Lines

SEARCHED = "a regular expression; (?i) for any case"
TIMED = "a time of the day: 14:02, or 14:02:11"


class SearchesLog(MainScreen):
    """A screen with a `LogView` that is searched. A subclass tells how it went, and what a time means in its lines."""

    @dataclass
    class Found(Message):
        """A search has ended."""

        lines: Lines
        index: int | None
        """The line; None where there is none."""
        has_turned: bool = False
        """Whether it went on from the other end."""

    _pattern: re.Pattern[str] | None = None
    """What is searched for."""
    _searches = 0
    """How many searches there were."""
    _is_typing_time = False

    def tell_found(self, words: str) -> None:
        """Say how the search went."""
        raise NotImplementedError

    def look_for_time(self, text: str) -> None:
        """Go to the first line from a time of the day on, as it was typed."""
        raise NotImplementedError

    def _open_box(self, placeholder: str, value: str, *, is_time: bool) -> None:
        self._is_typing_time = is_time
        box = self.query_one(SearchBox)
        box.placeholder, box.value = placeholder, value
        self.set_focus(box.add_class("shown"))
        box.select_all()

    def _leave_box(self) -> LogView:
        log = self.query_one(LogView)
        self._is_typing_time = False
        self.query_one(SearchBox).remove_class("shown")
        self.set_focus(log)
        return log

    def action_search(self) -> None:
        """Type what is searched for."""
        self._open_box(SEARCHED, self._pattern.pattern if self._pattern is not None else "", is_time=False)

    def action_go_to_time(self) -> None:
        """Type a time, to go to the first line from then on."""
        self._open_box(TIMED, "", is_time=True)

    @on(SearchBox.Changed)
    def mark(self, event: SearchBox.Changed) -> None:
        """Mark what is found of it so far."""
        if not self._is_typing_time:
            with suppress(BadPattern):
                self.query_one(LogView).mark(search_pattern(event.value) if event.value else None)

    @on(SearchBox.Submitted)
    def search(self, event: SearchBox.Submitted) -> None:
        """Go to the first line in which it is found, from what is shown on."""
        if self._is_typing_time:
            self._leave_box()
            self.look_for_time(event.value)
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
        self._find(log.scroll_offset.y - 1, 1)

    def action_end_search(self) -> None:
        """Mark nothing any more."""
        self._pattern = None
        self._leave_box().mark(None)
        self.tell_found("")

    def action_find(self, step: int) -> None:
        """Go to the next line in which it is found, or the one before."""
        log = self.query_one(LogView)
        if self._pattern is None:
            self.action_search()
        else:
            self._find(log.found if log.found is not None else log.scroll_offset.y - 1, step)

    def _find(self, after: int, step: int) -> None:
        if self._pattern is not None:
            self._searches += 1
            self.look_for(self.query_one(LogView).lines, self._pattern, after, step, self._searches)

    @work(thread=True, group="find")
    def look_for(self, lines: Lines, pattern: re.Pattern[str], after: int, step: int, number: int) -> None:
        """Search away from the screen: there may be millions of lines. Another search ends this one."""
        found = find(lines, pattern, after, step, lambda: number == self._searches)
        if number == self._searches:
            self.post_message(self.Found(lines, found, has_turned=found is not None and (found - after) * step <= 0))

    @work(thread=True, group="find")
    def look_up(self, lines: Lines, place: Callable[[], int | None]) -> None:
        """Find a line in another way, away from the screen."""
        self.post_message(self.Found(lines, place()))

    @on(Found)
    def show_found(self, message: Found) -> None:
        """Show the line, where the same ones are still looked at."""
        log = self.query_one(LogView)
        if log.lines is not message.lines:
            return
        if message.index is None:
            self.tell_found("not found")
            return
        log.show_found(message.index)
        turned = ", from the other end" if message.has_turned else ""
        self.tell_found(f"line {message.index + 1:,} of {len(log.lines):,}{turned}")
