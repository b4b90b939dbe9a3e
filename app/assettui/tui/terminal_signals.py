"""What signals mean to the screens: a hang-up takes the terminal away, and a request to end ends them in order."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from assettui.service.signals import leave_terminal

if TYPE_CHECKING:
    from collections.abc import Callable


class TerminalSignals:
    """Listens while the screens are shown.

    Args:
        leave: Takes the screens away.
    """

    def __init__(self, leave: Callable[[], None]) -> None:
        self._leave = leave
        self.is_terminal_lost = False
        """Whether the terminal is gone, so that the work goes on without it."""

    def listen(self) -> None:
        """From now on. Called on the screen's thread."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._leave)

        def hang_up(number: int, frame: object) -> None:
            # Where the terminal vanishes, a SIGCONT comes behind the SIGHUP: the screens would take it for the end of
            # a pause, and set up a terminal that is no longer there. So this is done at once, not by the loop.
            for each in (signal.SIGCONT, signal.SIGTSTP, signal.SIGHUP):
                signal.signal(each, _ignore)  # not SIG_IGN, which processes that are started later would inherit
            self.is_terminal_lost = True
            leave_terminal()
            loop.call_soon_threadsafe(self._leave)

        signal.signal(signal.SIGHUP, hang_up)


def _ignore(number: int, frame: object) -> None:
    """There is no terminal any more that it could be about."""
