"""Marks of when a step prints what; see `assettui.model.print_times` for what they say."""

from __future__ import annotations

import io
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from assettui.model.print_times import MARK, marks_beside
from assettui.model.timing import clock_us

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import ReadableBuffer

FIRST_INTERVAL_S: Final = 0.05
"""What is printed so soon after a mark has none of its own."""
MARKS_PER_INTERVAL: Final = 1_000
"""After so many the interval doubles: a step that prints for a day leaves 11,000 marks, not 1.7 million."""


class PrintMarks:
    """Makes the marks of one step after the other. Says nothing where it cannot: they only put lines in order."""

    def __init__(self) -> None:
        self._path = ""
        self._streams: Sequence[int] = ()
        self._file = -1
        self._held: tuple[int, ...] = ()
        """A mark that is not written as long as nothing is printed behind it."""
        self._interval_s = FIRST_INTERVAL_S
        self._count = 0
        self._due_s = 0.0
        self._last = 0
        """The descriptor that was printed to."""

    def begin(self, stdout: str, streams: Sequence[int]) -> None:
        """A step begins.

        Args:
            stdout: The path of what it writes to stdout.
            streams: Descriptors of its stdout and stderr; they are closed at its end.
        """
        self.__init__()
        self._path, self._streams = marks_beside(stdout), streams
        self.note_event()

    def end(self) -> None:
        """The step is over."""
        with suppress(OSError):
            if self._held and self._held[1:] != self._sizes():
                self._write_held()
        for descriptor in self._streams:
            os.close(descriptor)
        if self._file >= 0:
            os.close(self._file)
        self._streams = ()
        self._file = -1

    def note_event(self) -> None:
        """The leader is told something: what is printed from now on is printed after that."""
        if self._streams:
            with suppress(OSError):
                self._hold()
            self._due_s = 0.0

    def note_write(self, descriptor: int) -> None:
        """Something is about to be printed to stdout or stderr, 1 or 2."""
        is_first = descriptor != self._last and self._count < MARKS_PER_INTERVAL
        if self._streams and ((now_s := time.monotonic()) >= self._due_s or is_first):
            self._last = descriptor
            with suppress(OSError):
                self._hold()
                self._write_held()
            self._due_s = now_s + self._interval_s

    def _hold(self) -> None:
        """Make a mark of now; the one before it is written if anything was printed behind it."""
        sizes = self._sizes()
        if self._held and self._held[1:] != sizes:
            self._write_held()
        self._held = (clock_us(), *sizes)

    def _sizes(self) -> tuple[int, ...]:
        return tuple(os.fstat(descriptor).st_size for descriptor in self._streams)

    def _write_held(self) -> None:
        mark, self._held = self._held, ()
        if self._file < 0:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(self._file, MARK.pack(*mark))
        self._count += 1
        if self._count % MARKS_PER_INTERVAL == 0:
            self._interval_s *= 2


class MarkedStream(io.FileIO):
    """What Python's stdout or stderr writes to: a descriptor, and a mark now and then.

    Args:
        descriptor: 1 or 2; it stays open.
        marks: Those of this process.
    """

    def __init__(self, descriptor: int, marks: PrintMarks) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._descriptor = descriptor
        self._marks = marks

    def write(self, data: ReadableBuffer, /) -> int:
        self._marks.note_write(self._descriptor)
        return super().write(data)
