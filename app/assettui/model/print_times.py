"""When a step printed what: marks beside the two files for what it prints, which hold the bytes alone.

A mark says how long the files for stdout and stderr were at a moment: what stands behind these places in them was written
then or later. The worker makes one before it writes something of Python's streams, unless it has made one just before, and
one with whatever the leader is told, so that what was printed before and after that stays so. What another process of the
step writes to the same files has no marks of its own: it is as late as the last one before it.
"""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

STREAMS: Final = ("out", "err")
MARK: Final = struct.Struct("<QQQ")
"""The time, in microseconds since the epoch, UTC; the bytes of stdout; those of stderr."""


def marks_beside(stdout: str) -> str:
    """The path of the marks of a step, given that of what it writes to stdout."""
    return f"{stdout.removesuffix('.out')}.times"


class PrintTimes:
    """The marks of one step.

    Args:
        path: The file with them, which need not be there.
        started_us: When the step began: when that was written of which there is no mark.
    """

    def __init__(self, path: Path, started_us: int) -> None:
        try:
            data = path.read_bytes()
        except OSError:
            data = b""
        self._times: list[int] = []
        self._places: tuple[list[int], list[int]] = [], []
        for time_us, *places in MARK.iter_unpack(data[: len(data) - len(data) % MARK.size]):
            # A forked child of the step marks too: what it says may come a little out of turn.
            self._times.append(max(time_us, self._times[-1] if self._times else 0))
            for known, place in zip(self._places, places, strict=True):
                known.append(max(place, known[-1] if known else 0))
        self._started_us = started_us

    def at(self, stream: str, place: int) -> int:
        """When the byte at this place of a stream was written, or not long after; microseconds since the epoch, UTC."""
        mark = bisect_right(self._places[STREAMS.index(stream)], place) - 1
        return self._times[mark] if mark >= 0 else self._started_us

    def place_from(self, stream: str, time_us: int) -> int | None:
        """Where in a stream what was written at that time or later begins, as far as is marked; None where nothing was marked then."""
        if time_us <= self._started_us:
            return 0
        mark = bisect_left(self._times, time_us)
        return self._places[STREAMS.index(stream)][mark] if mark < len(self._times) else None

    def place_before(self, stream: str, time_us: int) -> int:
        """A place in a stream before which nothing was written at that time or later. A line need not begin there."""
        mark = bisect_left(self._times, time_us) - 1
        return self._places[STREAMS.index(stream)][mark] if mark >= 0 else 0
