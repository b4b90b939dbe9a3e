"""What signals mean to the screens: a hang-up takes the terminal away, a stop gives it back for a while, others end them.

Python runs a signal's handler between any two steps of the screen's thread, also where that has just taken the lock of
what is to be written. A handler that writes then waits for that lock for ever, as Textual's own for a stop does. So
whatever writes is left to the loop, which comes to it between two of its callbacks.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

from assettui.service.signals import leave_terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.driver import Driver


class TerminalSignals:
    """Listens while the screens are shown.

    Args:
        leave: Takes the screens away.
        redraw: Draws all of them again.
    """

    def __init__(self, leave: Callable[[], None], redraw: Callable[[], None]) -> None:
        self._leave = leave
        self._redraw = redraw
        self._is_stopped = False
        self.is_terminal_lost = False
        """Whether the terminal is gone, so that the work goes on without it."""

    def listen(self, driver: Driver) -> None:
        """From now on, for what this driver draws. Called on the screen's thread."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._leave)
        loop.add_signal_handler(signal.SIGTSTP, self._stop, driver)
        loop.add_signal_handler(signal.SIGCONT, self._continue, driver)

        def hang_up(number: int, frame: object) -> None:
            # Where the terminal vanishes, a SIGCONT comes behind the SIGHUP, and must not set up a terminal that is no
            # longer there. So this is done at once, not by the loop.
            if not self.is_terminal_lost:
                self.is_terminal_lost = True
                leave_terminal()
                loop.call_soon_threadsafe(self._leave)

        signal.signal(signal.SIGHUP, hang_up)

    def _stop(self, driver: Driver) -> None:
        """Give the terminal back as it was, and stop all of this process."""
        if not self.is_terminal_lost and not self._is_stopped:
            driver.suspend_application_mode()
            self._is_stopped = True
            os.kill(os.getpid(), signal.SIGSTOP)

    def _continue(self, driver: Driver) -> None:
        """Take the terminal, and draw. Whoever was stopped by a SIGSTOP cannot know what has become of it meanwhile.

        Continued in the background, the driver cannot have the terminal and stops again; the next SIGCONT leads here.
        """
        if not self.is_terminal_lost:
            if not self._is_stopped:
                driver.suspend_application_mode()
            self._is_stopped = False
            driver.resume_application_mode()
            self._redraw()
