"""Signals: waited for so that none is missed, whichever thread the kernel gives it to; and a terminal that is gone."""

from __future__ import annotations

import os
import select
import signal
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self


class Signals:
    """Calls a function for each signal, in the main thread, while that waits for something else to be over.

    A lock is no place to wait: a signal that another thread is given does not wake who waits there. Here a byte is
    written for each into a pipe, which stays open as long as the process: `end` may come late.

    Args:
        handlers: Signal → what is called with its number.
    """

    def __init__(self, handlers: Mapping[signal.Signals, Callable[[signal.Signals], None]]) -> None:
        self._handlers = handlers
        self._before: dict[signal.Signals, object] = {}
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        self._is_over = False

    def __enter__(self) -> Self:
        self._wakeup = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for number, handler in self._handlers.items():
            self._before[number] = signal.signal(number, lambda found, _, call=handler: call(signal.Signals(found)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)  # pyright: ignore[reportArgumentType] - as it was given to us
        signal.set_wakeup_fd(self._wakeup)

    def end(self) -> None:
        """From any thread: there is nothing more to wait for."""
        self._is_over = True
        os.write(self._writer, b"\0")

    def wait(self) -> None:
        """Wait until `end` is called; signals are handled meanwhile."""
        while not self._is_over:
            select.select([self._reader], [], [])
            os.read(self._reader, 4096)


def leave_terminal() -> None:
    """The terminal is gone: from now on nothing is read from it or written to it."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__):
        try:
            # One that is gone no longer says that it is a terminal; it still is a device.
            if stream is not None and stat.S_ISCHR(os.fstat(stream.fileno()).st_mode):
                os.dup2(nowhere, stream.fileno())
        except (OSError, ValueError):
            continue
    os.close(nowhere)
