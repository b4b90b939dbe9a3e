"""The moments that a cron expression names in a time zone, counted: moment ↔ number by arithmetic, not by iteration.

Ordinary days have the same number of moments each, so counting them is a division. The few days on which the clock of
the zone is changed are looked at one by one. Two rules, those of Debian's cron:

- An expression that names its hours fires at a time that the clock leaves out as soon as the clock goes on (02:30 at
  03:00), and at a time that the clock repeats the first time only.
- One whose minutes or hours begin with `*` follows the passing of time: it fires twice where the clock repeats an hour,
  and not at all where the clock leaves one out.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from assettui.core.cron import Cron, parse_cron
from assettui.model.errors import AssettuiError

if TYPE_CHECKING:
    from datetime import tzinfo

DAY_S = 86_400
EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
LAST_YEAR = 9998
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadTimeZone(AssettuiError, ValueError):
    """A name that is no time zone's."""


@lru_cache(maxsize=256)
def zone_named(name: str) -> tzinfo:
    """The time zone of an IANA name; `UTC` is the standard library's own.

    Raises:
        BadTimeZone: There is none of that name.
    """
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadTimeZone(
            f"{name!r} is no time zone", hint="give an IANA name, such as `Europe/Paris` or `UTC`"
        ) from error


def moment_of(seconds: int, zone: tzinfo = UTC) -> datetime:
    """The moment of so many seconds since the epoch, on the clock of a zone."""
    return (_EPOCH + timedelta(seconds=seconds)).astimezone(zone)


def seconds_of(moment: datetime) -> int:
    """Seconds since the epoch of an aware datetime; what is less than a second is dropped."""
    return (moment - _EPOCH) // timedelta(seconds=1)


def _offset_s(zone: tzinfo, naive: datetime) -> int:
    """How far the clock is ahead of UTC; at a time that it repeats the first time, at one it leaves out as before."""
    offset = naive.replace(tzinfo=zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


class IrregularDay:
    """A day on which the clock is changed."""

    __slots__ = ("after", "before", "changed_s", "midnight_s")

    def __init__(self, ordinal: int, zone: tzinfo) -> None:
        midnight = datetime.fromordinal(ordinal)
        self.before = _offset_s(zone, midnight)
        """Seconds ahead of UTC before the change."""
        self.after = _offset_s(zone, midnight + timedelta(days=1))
        self.midnight_s = (ordinal - EPOCH_DAY) * DAY_S
        """What the clock shows at its beginning, as if it were that of UTC."""
        low, high = self.midnight_s - self.before - 1, self.midnight_s + 2 * DAY_S - self.after
        while high - low > 1:
            middle = (low + high) // 2
            if moment_of(middle, zone).utcoffset() == timedelta(seconds=self.before):
                low = middle
            else:
                high = middle
        self.changed_s = high
        """The moment of the change, in seconds since the epoch."""

    def moments(self, cron: Cron) -> list[int]:
        """The moments of the expression on that day, in seconds since the epoch, ascending."""
        found: set[int] = set()
        for time in cron.times:
            shown = self.midnight_s + time
            first, second = shown - self.before, shown - self.after
            if cron.is_wild:
                found.update(each for each in (first,) if each < self.changed_s)
                found.update(each for each in (second,) if each >= self.changed_s)
            elif first < self.changed_s:
                found.add(first)
            else:
                found.add(max(second, self.changed_s))
        return sorted(found)


@cache
def _irregular_days(zone: tzinfo, year: int) -> tuple[int, ...]:
    """The days of a year on which the clock is changed, as ordinals."""
    if zone is UTC:
        return ()
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    found: list[int] = []
    offset = _offset_s(zone, datetime.fromordinal(first))
    for ordinal in range(first, last + 1):
        after = _offset_s(zone, datetime.fromordinal(ordinal + 1))
        if after != offset:
            found.append(ordinal)
        offset = after
    return tuple(found)


class Timeline:
    """The moments of a cron expression from the first of January of a year on, counted from 0.

    Args:
        cron: The expression.
        zone: Whose clock it is.
        year: The year that it begins with.
    """

    def __init__(self, cron: Cron, zone: tzinfo, year: int) -> None:
        self.cron = cron
        self.zone = zone
        self.first_day = date(year, 1, 1).toordinal()
        self.per_day = len(cron.times)
        """How many moments an ordinary day has."""
        self._until_year = year
        """The year up to which, not including it, the lists below are complete."""
        self._until_day = self.first_day
        self._days: list[int] = []
        """The days that the expression names, where those are not all."""
        self.irregular: dict[int, list[int]] = {}
        """The days among them on which the clock is changed, with their moments."""
        self._irregular_days: list[int] = []
        self._irregular_starts: list[int] = []
        """The number of the first moment of each of these."""
        self._irregular_ends: list[int] = []
        """The number after the last moment of each of these."""
        self._reached = 0
        """How many moments the years have that are known."""
        self._growing = threading.Lock()
        """Threads share a timeline. Lists only grow, and what says how far they are complete is set last: reading needs no lock."""

    # Numbers.

    def number_on(self, ordinal: int) -> int:
        """The number of the first moment of a day; of one that is not named, of the first after it."""
        if ordinal >= self._until_day:
            self._reach_day(ordinal)
        k = bisect_left(self._irregular_days, ordinal) - 1
        if k < 0:
            return self.per_day * self._days_before(ordinal)
        regular = self._days_before(ordinal) - self._days_before(self._irregular_days[k]) - 1
        return self._irregular_ends[k] + self.per_day * regular

    def names(self, ordinal: int) -> bool:
        """Whether the expression names that day."""
        if self.cron.is_every_day:
            return ordinal >= self.first_day
        if ordinal >= self._until_day:
            self._reach_day(ordinal)
        k = bisect_left(self._days, ordinal)
        return k < len(self._days) and self._days[k] == ordinal

    def ceiling(self, seconds: int) -> int:
        """The number of the first moment that is not before the given one."""
        day = moment_of(seconds, self.zone).date().toordinal()
        if day < self.first_day:
            return 0
        number = self.number_on(day)
        if number and self.moment(number - 1) >= seconds:  # a time that the clock left out may belong to the day before
            number = self.number_on(day - 1)
        at_day, moments = self._day_at(number)
        while at_day <= day and moments and moments[-1] < seconds:
            number += len(moments)
            at_day, moments = self._day_at(number)
        return number + bisect_left(moments, seconds)

    def floor(self, seconds: int) -> int:
        """The number of the last moment that is not after the given one; -1 where there is none."""
        return self.ceiling(seconds + 1) - 1

    # Moments.

    def place(self, number: int) -> tuple[int, int, int | None]:
        """The day of a moment, as an ordinal; its place in the day; and, of an irregular day, the moment itself."""
        if number >= self._reached:
            self._reach_number(number)
        k = bisect_right(self._irregular_starts, number) - 1
        if k < 0:
            days, position = divmod(number, self.per_day)
            return self._day(days), position, None
        if number < self._irregular_ends[k]:
            day, position = self._irregular_days[k], number - self._irregular_starts[k]
            return day, position, self.irregular[day][position]
        days, position = divmod(number - self._irregular_ends[k], self.per_day)
        return self._day(self._days_before(self._irregular_days[k]) + 1 + days), position, None

    def moment(self, number: int) -> int:
        """The moment of that number, in seconds since the epoch; negative ones lie before the timeline's year."""
        if number < 0:
            return self._moment_before(number)
        day, position, irregular = self.place(number)
        if irregular is not None:
            return irregular
        return (day - EPOCH_DAY) * DAY_S + self.cron.times[position] - self._offset_on(day)

    def _moment_before(self, number: int) -> int:
        year, first = date.fromordinal(self.first_day).year, self.moment(0)
        for back in (1, 4, 16, 64, 256):
            earlier = timeline(self.cron.expression, str(self.zone), max(1, year - back))
            position = earlier.ceiling(first) + number
            if position >= 0:
                return earlier.moment(position)
        raise OverflowError("a time before the year 1")

    def _offset_on(self, day: int) -> int:
        return 0 if self.zone is UTC else _offset_s(self.zone, datetime.fromordinal(day))

    def _day_at(self, number: int) -> tuple[int, list[int]]:
        """The day of a moment that is the first of its day, and all moments of that day."""
        day, _, irregular = self.place(number)
        if irregular is not None:
            return day, self.irregular[day]
        midnight = (day - EPOCH_DAY) * DAY_S - self._offset_on(day)
        return day, [midnight + time for time in self.cron.times]

    # Days.

    def _days_before(self, ordinal: int) -> int:
        """How many days the expression names before that day."""
        return ordinal - self.first_day if self.cron.is_every_day else bisect_left(self._days, ordinal)

    def _day(self, count: int) -> int:
        """The day before which the expression names so many."""
        return self.first_day + count if self.cron.is_every_day else self._days[count]

    # Growing: what is known of the years that were asked for.

    def _reach_day(self, ordinal: int) -> None:
        with self._growing:
            while self._until_day <= ordinal:
                self._reach_year()

    def _reach_number(self, number: int) -> None:
        with self._growing:
            while self._reached <= number:
                self._reach_year()

    def _reach_year(self) -> None:
        year = self._until_year
        if year > LAST_YEAR:
            raise OverflowError("a time after the year 9998")
        first, end = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
        if not self.cron.is_every_day:
            self._days.extend(day for day in range(first, end) if self.cron.matches(date.fromordinal(day)))
        for day in _irregular_days(self.zone, year):
            if self.cron.is_every_day or self.cron.matches(date.fromordinal(day)):
                self._note_irregular(day)
        self._reached = self._count_before(end)
        self._until_year, self._until_day = year + 1, end

    def _count_before(self, end: int) -> int:
        """How many moments there are before a day, behind which nothing is known."""
        if not self._irregular_days:
            return self.per_day * self._days_before(end)
        regular = self._days_before(end) - self._days_before(self._irregular_days[-1]) - 1
        return self._irregular_ends[-1] + self.per_day * regular

    def _note_irregular(self, day: int) -> None:
        changed = IrregularDay(day, self.zone)
        moments = changed.moments(self.cron)
        if moments and self.cron.matches(date.fromordinal(day + 1)):
            # Where the clock leaves out the end of a day, or a whole one, the next day begins with the same moment.
            begins = (day + 1 - EPOCH_DAY) * DAY_S + self.cron.times[0] - changed.after
            moments = [each for each in moments if each < begins]
        start = self._irregular_ends[-1] if self._irregular_ends else 0
        before = self._irregular_days[-1] if self._irregular_days else None
        between = self._days_before(day) - (0 if before is None else self._days_before(before) + 1)
        start += self.per_day * between
        self.irregular[day] = moments
        self._irregular_ends.append(start + len(moments))
        self._irregular_starts.append(start)
        self._irregular_days.append(day)


@lru_cache(maxsize=512)
def timeline(expression: str, zone_name: str, year: int) -> Timeline:
    """The timeline of an expression, made once.

    Raises:
        BadCron: The expression cannot be understood.
        BadTimeZone: There is no such time zone.
    """
    return Timeline(parse_cron(expression), zone_named(zone_name), year)
