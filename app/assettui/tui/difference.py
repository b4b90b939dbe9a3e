"""How two values differ: found by a viewer process, which is ended where it takes too long."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Static

from assettui.executors.viewing import Stopped, ViewerProcess
from assettui.model.errors import AssettuiError
from assettui.model.preview import Compared, Document, Refused
from assettui.render.appearance import GREY, RED
from assettui.render.difference import difference_lines
from assettui.render.lines import Line, line, lines_of
from assettui.service.differences import comparison
from assettui.tui.actions import bindings
from assettui.tui.drawing import text_of
from assettui.tui.main_screen import MainScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.keys import AssetKey


class DifferenceScreen(MainScreen):
    """How two versions of a value differ, or two partitions.

    Args:
        key: The asset.
        sides: What of it, as `comparison` takes it.
        partition: The partition that versions are of.
    """

    TITLE_SHOWN = "difference"
    AUTO_FOCUS = "#text"
    DEFAULT_CSS = """
    DifferenceScreen #text { height: 1fr; padding: 0 1; scrollbar-size: 1 1; overflow-x: auto; }
    DifferenceScreen #found { width: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("difference")

    @dataclass
    class Found(Message):
        """It is known how they differ, or why that cannot be told."""

        lines: Sequence[Line]

    def __init__(self, key: AssetKey, sides: Sequence[str] = (), partition: str | None = None) -> None:
        super().__init__()
        self._key, self._sides, self._partition = key, sides, partition
        self._viewer: ViewerProcess | None = None

    def contents(self) -> ComposeResult:
        with VerticalScroll(id="text"):
            yield Static(text_of([line("comparing … (esc stops it)", GREY)]), id="found")

    def on_mount(self) -> None:
        self.compare()

    def on_unmount(self) -> None:
        if self._viewer is not None:
            threading.Thread(target=self._viewer.close, name="end-viewer").start()

    @work(thread=True)
    def compare(self) -> None:
        """Find out, away from the screen."""
        session = self.app.session
        try:
            wanted = comparison(session, self._key, self._sides, partition=self._partition)
        except AssettuiError as error:
            self.post_message(self.Found(lines_of(str(error), RED)))
            return
        self._viewer = viewer = ViewerProcess(session.project, session.folder)
        with suppress(Stopped):
            answer = viewer.ask(wanted.asked)
            viewer.stop()
            match answer:
                case Compared():
                    found = difference_lines(answer.difference, wanted.before, wanted.after)
                case Document():
                    title = line(f"from {wanted.before} to {wanted.after}", GREY)
                    found = [title, *(lines_of(answer.text) or [line("no difference")])]
                case Refused():
                    found = [
                        *lines_of(answer.what, RED),
                        *lines_of(answer.hint or ""),
                        *lines_of(answer.traceback or ""),
                    ]
                case _:
                    return
            self.post_message(self.Found(found))

    @on(Found)
    def show(self, message: Found) -> None:
        self.query_one("#found", Static).update(text_of(message.lines))

    def action_scroll(self, by: int) -> None:
        """Scroll by so many lines."""
        self.query_one("#text").scroll_relative(y=by, animate=False)
