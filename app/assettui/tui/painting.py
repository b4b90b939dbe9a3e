"""How frames reach the terminal: only what differs, and no faster than it takes them."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from textual._compositor import ChopsUpdate, LayoutUpdate

from assettui.model.timing import clock_us
from assettui.service.locale import given_environment, is_ascii_wanted
from assettui.tui.cells import Cells, placed_strips
from assettui.tui.coloring import AUTO, ColoredApp
from assettui.tui.messages import MessageLine, Said
from assettui.tui.pacing import QUESTION, Pacing
from assettui.tui.questions import Reading
from assettui.tui.safe_text import AsciiOnly, SafeText

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import RenderableType
    from textual import events
    from textual.filter import LineFilter
    from textual.geometry import Region
    from textual.notifications import SeverityLevel
    from textual.screen import Screen
    from textual.timer import Timer

FADES_AFTER_S: Final[dict[SeverityLevel, float]] = {"information": 4.0, "warning": 6.0, "error": 8.0}
BETWEEN_S = 0.1
"""What changes by itself is drawn no oftener than this."""
EFFECT_S = 0.5
"""What changes within this time of a key or of the mouse is its effect, and drawn at once."""
LEAVE_WITHIN_S = 1.0
"""So long an answer is waited for that would otherwise come to the shell."""


class PaintingApp(ColoredApp):
    """An app whose frames pass `Cells` and `Pacing` on their way to the terminal.

    Args:
        theme: The colors: `auto` for those that fit the terminal, `dark`, `light`, `contrast`, `ansi`, or one of Textual's.
        is_dark: Whether its background was dark the last time; None where that is not known.
    """

    def __init__(self, theme: str = AUTO, *, is_dark: bool | None = None) -> None:
        super().__init__(theme, is_dark=is_dark)
        self._cells = Cells()
        self._pacing = Pacing()
        environment = given_environment()
        self._line_filters = [SafeText(), *([AsciiOnly()] if is_ascii_wanted(environment) else [])]
        self._painting: Timer | None = None
        self._acted_s = self._painted_s = 0.0
        """When a key was pressed or the mouse was used, and when a frame was written: seconds of the monotonic clock."""
        self._leaving: Callable[[], None] | None = None
        """What leaves, as soon as the terminal has answered all that it was asked: else the shell would read the answers."""
        self._cursor = ""
        """Where the cursor was left, as it is told."""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Say something, in the line above the keys; all of it can be read again."""
        said = Said(clock_us(), f"{title}: {message}" if title else message, severity)
        self.messages.add(said)
        self.show_message(said, timeout)

    def show_message(self, said: Said, timeout_s: float | None = None) -> None:
        """Show a message in the line above the keys, for a while."""
        for screen in reversed(self.screen_stack):
            for shown in screen.query(MessageLine):
                shown.say(said, timeout_s if timeout_s is not None else FADES_AFTER_S[said.severity])
                return

    def action_messages(self) -> None:
        """Show what was said, the newest first."""
        self.push_screen(Reading("Messages", self.messages.as_text()))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """All that is drawn passes here, whichever widget draws it; see `SafeText`."""
        return [*super().get_line_filters(), *self._line_filters, self.state_colors]

    def note_action(self) -> None:
        """A key was pressed, or the mouse was used: its effect is waited for."""
        self._acted_s = time.monotonic()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Take a frame of Textual's compositor; whatever else is drawn goes its own way."""
        is_drawn = self._running and not self._closed and not self.is_headless and self._driver is not None
        if not isinstance(renderable, LayoutUpdate | ChopsUpdate) or not is_drawn or self._batch_count:
            if renderable is not None and is_drawn and not self._batch_count:
                self._cells.forget()
            super()._display(screen, renderable)  # pyright: ignore[reportUnknownMemberType]
            return
        self._cells.resize(*self.size)
        colors = self.console._color_system  # pyright: ignore[reportPrivateUsage] - its public name is a word
        for x, y, strip in placed_strips(renderable):
            self._cells.want(x, y, strip, colors)
        self._paint()
        self.post_display_hook()

    def _paint(self) -> None:
        """Write what differs, now or when the terminal has come to what was written before."""
        if self._painting is not None or self._leaving is not None or self._driver is None:
            return
        now_s = time.monotonic()
        wait_s = self._pacing.wait_s(now_s)
        if now_s - self._acted_s > EFFECT_S:  # nobody waits for this one
            wait_s = max(wait_s, self._painted_s + BETWEEN_S - now_s)
        if wait_s > 0:
            self._painting = self.set_timer(wait_s, self._paint_again)
            return
        x, y = self.screen.outer_size.clamp_offset(self.cursor_position)
        written = self._cells.written()
        cursor = f"\x1b[{y + 1};{x + 1}H"
        if not written and self._cursor == cursor:
            return
        self._cursor = cursor
        self._begin_update()
        self._driver.write(written + cursor + QUESTION)
        self._end_update()
        self._driver.flush()
        self._painted_s = time.monotonic()
        self._pacing.sent(self._painted_s, len(written))

    def _paint_again(self) -> None:
        if self._painting is not None:
            self._painting.stop()
            self._painting = None
        self._paint()

    async def on_cursor_position(self, event: events.CursorPosition) -> None:
        """The terminal has come to the end of a frame."""
        self._pacing.answered(time.monotonic())
        if self._leaving is not None:
            if not self._pacing.is_waiting():
                self._leaving()
        elif self._painting is not None and not self._pacing.wait_s(time.monotonic()):
            self._paint_again()

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Leave, when the terminal has answered, or does not."""
        leave = partial(super().exit, result, return_code, message)
        if self._leaving is None and self._pacing.is_waiting() and self.has_terminal():
            self._leaving = leave
            self.set_timer(LEAVE_WITHIN_S, leave)
        else:
            leave()

    def has_terminal(self) -> bool:
        """Whether anything is there that could answer."""
        return True

    def painted_over(self, region: Region) -> None:
        """Something else than text was painted over these cells, until they are drawn again."""
        self._cells.paint_over(region)

    def action_repaint(self) -> None:
        """Draw everything again."""
        self.repaint()

    def repaint(self) -> None:
        """Draw everything again, whatever the terminal shows: something else has written to it."""
        self._cells.forget()
        self._pacing = Pacing()
        self.refresh(layout=True)
