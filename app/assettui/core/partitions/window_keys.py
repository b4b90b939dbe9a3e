"""The keys of windows of time, and the cron expressions of windows of usual lengths."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from assettui.core.partitions.space import (
    BadPartitions,
)
from assettui.core.timeline import LAST_YEAR, Timeline, moment_of, seconds_of

if TYPE_CHECKING:
    from datetime import tzinfo


DATE_FORMAT = "%Y-%m-%d"


HOUR_FORMAT = "%Y-%m-%d-%H:%M"


class ScheduleType(StrEnum):
    """How long a window is."""

    HOURLY = "HOURLY"
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"


def cron_of(kind: ScheduleType, minute: int, hour: int, day: int | None) -> str:
    """The cron expression of windows of a usual length.

    Raises:
        BadPartitions: An offset is out of bounds.
    """
    for name, value, high in (("minute_offset", minute, 59), ("hour_offset", hour, 23)):
        if not 0 <= value <= high:
            raise BadPartitions(f"{name} is {value}", hint=f"a {name} is from 0 to {high}")
    match kind:
        case ScheduleType.HOURLY:
            return f"{minute} * * * *"
        case ScheduleType.DAILY:
            return f"{minute} {hour} * * *"
        case ScheduleType.WEEKLY:
            weekday = 0 if day is None else day
            if not 0 <= weekday <= 6:
                raise BadPartitions(f"day_offset is {weekday}", hint="a day of the week is from 0, Sunday, to 6")
            return f"{minute} {hour} * * {weekday}"
        case ScheduleType.MONTHLY:
            day_of_month = 1 if day is None else day
            if not 1 <= day_of_month <= 31:
                raise BadPartitions(f"day_offset is {day_of_month}", hint="a day of the month is from 1 to 31")
            return f"{minute} {hour} {day_of_month} * *"


class WindowKeys:
    """Keys ↔ numbers of a timeline."""

    def __init__(self, line: Timeline, fmt: str, zone: tzinfo) -> None:
        self._line = line
        self._fmt = fmt
        self._zone = zone
        rest = fmt.removeprefix(DATE_FORMAT)
        self._suffixes: list[str] | None = None
        """What stands behind the date for each time of the day; None where the date is not written first."""
        self._positions: dict[str, int] = {}
        directives = {rest[i + 1] for i, char in enumerate(rest[:-1]) if char == "%"}
        if fmt.startswith(DATE_FORMAT) and directives <= {"H", "M", "S"}:
            self._suffixes = [
                (datetime(2013, 1, 1, tzinfo=UTC) + timedelta(seconds=time)).strftime(rest) for time in line.cron.times
            ]
            self._positions = {suffix: position for position, suffix in enumerate(self._suffixes)}
        self._check()
        self._irregular: dict[int, dict[str, int]] = {}

    def _check(self) -> None:
        number = self._line.number_on(self._line.first_day)
        keys = [self._regular(number + i) for i in range(min(self._line.per_day + 1, 1500))]
        if len(set(keys)) != len(keys):
            twice = next(key for key in keys if keys.count(key) > 1)
            raise BadPartitions(
                f"the format {self._fmt!r} gives several windows of {self._line.cron.expression!r} the key {twice!r}",
                hint="write the hour and the minute too: fmt='%Y-%m-%d-%H:%M'",
            )

    def _regular(self, number: int) -> str:
        day, position, _ = self._line.place(number)
        return self._text(day, position)

    def _text(self, day: int, position: int) -> str:
        if self._suffixes is not None:
            return date.fromordinal(day).isoformat() + self._suffixes[position]
        shown = datetime.fromordinal(day) + timedelta(seconds=self._line.cron.times[position])
        return shown.replace(tzinfo=self._zone).strftime(self._fmt)

    def key(self, number: int) -> str:
        """The key of a number."""
        day, position, moment = self._line.place(number)
        return self._text(day, position) if moment is None else self._irregular_text(moment)

    def _irregular_text(self, moment: int) -> str:
        shown = moment_of(moment, self._zone)
        is_second = shown.fold == 1 and self._line.cron.is_wild and "%z" not in self._fmt
        return shown.strftime(f"{self._fmt}%z" if is_second else self._fmt)

    def number(self, key: str) -> int | None:
        """The number of a key; None where it is none."""
        if self._suffixes is None:
            return self._number_by_parsing(key)
        text = key[:10]
        if text[4:5] != "-" or text[7:8] != "-":
            return None
        try:
            day = date.fromisoformat(text).toordinal()
        except ValueError:
            return None
        line = self._line
        if day < line.first_day or day >= _LAST_DAY:
            return None
        names = line.names(day)
        if day in line.irregular or day - 1 in line.irregular:
            found = self._on_irregular(day).get(key)
            if found is not None or day in line.irregular:
                return found
        position = self._positions.get(key[10:])
        return line.number_on(day) + position if position is not None and names else None

    def _on_irregular(self, day: int) -> dict[str, int]:
        """The keys of a day on which the clock is changed, and of the day before where that is one."""
        if day not in self._irregular:
            self._irregular[day] = {
                self._irregular_text(moment): self._line.number_on(each) + position
                for each in (day - 1, day)
                for position, moment in enumerate(self._line.irregular.get(each, ()))
            }
        return self._irregular[day]

    def _number_by_parsing(self, key: str) -> int | None:
        shown = parsed(key, self._fmt)
        if shown is None or not 1 < shown.year < LAST_YEAR or shown.date().toordinal() < self._line.first_day:
            return None
        naive = shown.replace(tzinfo=None)
        # The format may leave out what the expression says, such as the day of the month.
        number = self._line.ceiling(seconds_of(shown if shown.tzinfo else naive.replace(tzinfo=self._zone)))
        candidates = (number, *(n for n in (number - 1, number + 1) if n >= 0))
        return next((each for each in candidates if self.key(each) == key), None)


_LAST_DAY = date(LAST_YEAR, 1, 1).toordinal()


@lru_cache(maxsize=4096)
def parsed(text: str, fmt: str) -> datetime | None:
    """A time in a format, with or without an offset behind it; None where it does not fit."""
    for each in (fmt, f"{fmt}%z"):
        try:
            return datetime.strptime(text, each)  # noqa: DTZ007 - the zone is the definition's
        except ValueError:
            continue
    return None


def aware(moment: datetime) -> datetime:
    """The moment as it is, or in UTC where it names no zone."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
