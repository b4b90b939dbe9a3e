"""The times at which a schedule is due: those of its cron expressions, on the clock of its time zone.

What happens on the days on which clocks are changed is stated in `timeline`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.timeline import moment_of, timeline
from assettui.model.timing import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assettui.core.timeline import Timeline


class ScheduleTimes:
    """The times that any of several cron expressions names; microseconds since the epoch, UTC.

    Args:
        crons: The expressions.
        zone_name: The IANA name of the time zone on whose clock they are read.

    Raises:
        BadCron: An expression cannot be understood; from any method.
        BadTimeZone: There is no such time zone; from any method.
    """

    def __init__(self, crons: tuple[str, ...], zone_name: str = "UTC") -> None:
        self.crons = crons
        self.zone_name = zone_name

    def next_after(self, time_us: int) -> int:
        seconds = time_us // SECOND_US
        return min(line.moment(line.ceiling(seconds + 1)) for line in self._timelines(seconds)) * SECOND_US

    def due(self, after_us: int, until_us: int, limit: int) -> Due:
        """The times after one and up to another: the last of them, at most `limit`, and how many there are in all.

        Costs no more for a year than for an hour.
        """
        after, until = after_us // SECOND_US, until_us // SECOND_US
        if until <= after:
            return Due((), 0)
        found: set[int] = set()
        lines = self._timelines(after)
        count = 0
        for line in lines:
            first, end = line.ceiling(after + 1), line.ceiling(until + 1)
            count += end - first
            found.update(line.moment(number) for number in range(max(first, end - limit), end))
        times = sorted(found)
        return Due(tuple(each * SECOND_US for each in times[-limit:]), len(times) if count <= limit else count)

    def within(self, after_us: int, until_us: int) -> Iterator[int]:
        """All times after one and up to another, ascending."""
        time_us = after_us
        while (time_us := self.next_after(time_us)) <= until_us:
            yield time_us

    def _timelines(self, seconds: int) -> list[Timeline]:
        # From the year before, since the first of January comes at another moment in each zone.
        year = moment_of(seconds).year - 1
        return [timeline(cron, self.zone_name, year) for cron in self.crons]


class Due(Struct, frozen=True):
    """Times at which something was due."""

    times: tuple[int, ...]
    """The last ones, ascending; microseconds since the epoch, UTC."""
    count: int
    """How many there were in all; of several expressions at most so many, where there are more than are listed."""
