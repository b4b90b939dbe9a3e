"""Partitions that are spans of time: an hour, a day, a week, a month, or whatever a cron expression cuts time into.

Nothing here lists partitions: a key, a window and an index are found from each other by arithmetic. The windows begin
and end at the moments of a cron expression on the clock of a time zone; see `assettui.core.timeline` for what that
means on the days on which the clock is changed. A window is called by its beginning, in the definition's format; where
the clock shows that time twice, the second one has its offset behind it: `2013-11-03-01:00-0500`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from assettui.core.partitions.definition import AsOf, DynamicPartitionsStore, PartitionsDefinition, definition_fields
from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.space import (
    BadPartitions,
    BadRange,
    PartitionKeyRange,
    PartitionSpace,
    TimeWindow,
    UnknownPartition,
    range_text,
)
from assettui.core.timeline import LAST_YEAR, Timeline, moment_of, seconds_of, timeline, zone_named

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from assettui.model.metadata import JsonObject

DATE_FORMAT = "%Y-%m-%d"
HOUR_FORMAT = "%Y-%m-%d-%H:%M"
_HOUR_US = 3_600_000_000


class ScheduleType(StrEnum):
    """How long a window is."""

    HOURLY = "HOURLY"
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"


class TimeWindowPartitionsDefinition(PartitionsDefinition):
    """Partitions that are the windows between the moments of a cron expression.

    Args:
        start: When the first window may begin: a time in the format of the keys, or a datetime; a naive one is taken
            for the clock of `timezone`.
        fmt: How keys are written, in the directives of `strftime`.
        end: When the last window must have ended; where there is none, windows come to be as time goes on.
        schedule_type: Instead of a cron expression, how long a window is.
        timezone: An IANA name.
        end_offset: How many windows there are beyond those that have ended; negative takes some away.
        minute_offset: With `schedule_type`, how many minutes after the hour a window begins.
        hour_offset: With `schedule_type`, how many hours after midnight.
        day_offset: With `schedule_type`, the day of the week (0 is Sunday) or of the month (1 is the first).
        cron_schedule: When windows begin and end.
        exclusions: Windows that there are not: cron expressions, or the moments at which they would begin.

    Raises:
        BadPartitions: It cannot be; the message says why.
        BadCron: A cron expression cannot be understood.
        BadTimeZone: There is no such time zone.
    """

    def __init__(
        self,
        start: datetime | str,
        fmt: str,
        end: datetime | str | None = None,
        schedule_type: ScheduleType | str | None = None,
        timezone: str | None = None,
        end_offset: int = 0,
        minute_offset: int = 0,
        hour_offset: int = 0,
        day_offset: int | None = None,
        cron_schedule: str | None = None,
        exclusions: Sequence[str | datetime] | None = None,
    ) -> None:
        self.timezone = timezone or "UTC"
        self.fmt = fmt
        self.end_offset = end_offset
        self._zone = zone_named(self.timezone)
        if (cron_schedule is None) == (schedule_type is None):
            raise BadPartitions(
                f"{type(self).__name__} needs a cron_schedule or a schedule_type, one of them",
                hint='such as cron_schedule="0 0 * * *"',
            )
        if cron_schedule is None:
            cron_schedule = cron_of(ScheduleType(str(schedule_type)), minute_offset, hour_offset, day_offset)
        self.cron_schedule = cron_schedule
        start_s = self._seconds("start", start)
        self._timeline: Timeline = timeline(cron_schedule, self.timezone, moment_of(start_s, self._zone).year)
        self._end_s = None if end is None else self._seconds("end", end)
        if self._end_s is not None and self._end_s < start_s:
            raise BadPartitions(
                f"{type(self).__name__} ends at {end} before it starts at {start}", hint="change one of them"
            )
        self._start_s = start_s
        self._first = self._timeline.ceiling(start_s)
        self._keys = _Keys(self._timeline, fmt, self._zone)
        self.exclusions: tuple[str | int, ...] = tuple(
            each if isinstance(each, str) else self._seconds("exclusion", each) for each in exclusions or ()
        )
        self._excluded_timelines = [
            timeline(each, self.timezone, self._timeline_year) for each in self.exclusions if isinstance(each, str)
        ]
        self._spaces: tuple[int, TimeSpace] | None = None

    @property
    def _timeline_year(self) -> int:
        return date.fromordinal(self._timeline.first_day).year

    def _seconds(self, what: str, moment: datetime | str) -> int:
        """A moment that a user has written, in seconds since the epoch."""
        if isinstance(moment, datetime):
            found = moment
        else:
            found = _parsed(moment, self.fmt)
            if found is None:
                raise BadPartitions(
                    f"the {what} {moment!r} does not fit the format {self.fmt!r}",
                    hint=f"write it as {datetime(2013, 1, 31, tzinfo=UTC).strftime(self.fmt)!r}, or give a datetime",
                )
        if found.tzinfo is not None:
            return seconds_of(found)
        return self.local_seconds(found, what)

    def local_seconds(self, shown: datetime, what: str = "time") -> int:
        """The moment at which the clock shows a time, in seconds since the epoch.

        Raises:
            BadPartitions: It never shows it, or shows it twice.
        """
        first = shown.replace(tzinfo=self._zone, fold=0)
        second = shown.replace(tzinfo=self._zone, fold=1)
        if first.utcoffset() == second.utcoffset():
            return seconds_of(first)
        if first.astimezone(UTC).astimezone(self._zone).replace(tzinfo=None) != shown:
            raise BadPartitions(
                f"the {what} {shown} does not exist in {self.timezone}: the clock leaves it out",
                hint=f"the clock goes from there to {second.astimezone(UTC).astimezone(self._zone):%H:%M} or later",
            )
        raise BadPartitions(
            f"the {what} {shown} is ambiguous in {self.timezone}: the clock shows it twice",
            hint=f"say which: {first.isoformat()} or {second.isoformat()}",
        )

    # What there is at a moment.

    def at(self, moment: AsOf) -> TimeSpace:
        """See `PartitionsDefinition`: the windows that have ended by then, and `end_offset` more."""
        hour = moment.time_us // _HOUR_US if self._coarse() else moment.time_us
        if self._spaces is not None and self._spaces[0] == hour:
            return self._spaces[1]
        space = TimeSpace(self, self.count(moment.time_us // 1_000_000))
        self._spaces = (hour, space)
        return space

    def _coarse(self) -> bool:
        """Whether windows end at most when the clock shows a full hour, in a zone of full hours."""
        return self.timezone == "UTC" and all(time % 3600 == 0 for time in self._timeline.cron.times)

    def count(self, now_s: int) -> int:
        """How many windows there are at a moment, those left out included: one more than the last one's index."""
        number = self._timeline.floor(now_s) - self._first + self.end_offset
        if self._end_s is not None:
            number = min(number, self._timeline.floor(self._end_s) - self._first)
        return max(0, number)

    def excluded(self, count: int) -> PartitionSet:
        """Those of the first windows that there are not."""
        if not self.exclusions or not count:
            return PartitionSet()
        first_s, end_s = self.begins(0), self.begins(count)
        found: set[int] = set()
        for each in self._excluded_timelines:
            number = each.ceiling(first_s)
            while (moment := each.moment(number)) < end_s:
                found.add(self._index_at(moment))
                number += 1
        found.update(
            self._index_at(moment)
            for moment in self.exclusions
            if isinstance(moment, int) and first_s <= moment < end_s
        )
        return PartitionSet.of(index for index in found if index >= 0)

    def _index_at(self, moment_s: int) -> int:
        """The index of the window that begins at that very moment; -1 where none does."""
        index = self.index_before(moment_s)
        return index if index >= 0 and self.begins(index) == moment_s else -1

    # Index ↔ time ↔ key. Indices go on beyond what there is.

    def begins(self, index: int) -> int:
        """When a window begins, in seconds since the epoch; index `i + 1` begins where `i` ends."""
        return self._timeline.moment(self._first + index)

    def index_before(self, moment_s: int) -> int:
        """The index of the last window that begins at or before a moment; negative where none does."""
        return self._timeline.floor(moment_s) - self._first

    def index_after(self, moment_s: int) -> int:
        """The index of the first window that begins at or after a moment; negative before the first of all."""
        return self._timeline.ceiling(moment_s) - self._first

    def window_of(self, index: int) -> TimeWindow:
        """The window of an index."""
        return TimeWindow(moment_of(self.begins(index), self._zone), moment_of(self.begins(index + 1), self._zone))

    def key_of(self, index: int) -> str:
        """The key of an index."""
        return self._keys.key(self._first + index)

    def index_of(self, key: str) -> int | None:
        """The index of a key, also of one before the first or beyond the last; None where it is no key at all."""
        number = self._keys.number(key)
        return None if number is None else number - self._first

    def why_no_key(self, text: str) -> str:
        """What is wrong with a text that is no key."""
        shown = _parsed(text, self.fmt)
        if shown is None:
            return f"keys are written {self.key_of(0)!r}"
        as_written = shown.strftime(self.fmt)
        if as_written != text and not (shown.tzinfo is not None and self._timeline.cron.is_wild):
            return f"keys are written {as_written!r}"
        if shown.tzinfo is None:
            try:
                self.local_seconds(shown)
            except BadPartitions as error:
                return error.what
        return "no window begins then"

    @property
    def cadence(self) -> tuple[str, str, str]:
        """What two definitions must share so that a key means the same window in both."""
        return (self.cron_schedule, self.timezone, self.fmt)

    @property
    def first_moment_s(self) -> int:
        """When the first window begins, in seconds since the epoch."""
        return self.begins(0)

    # As Dagster documents them.

    @property
    def start(self) -> datetime:
        """When the first window may begin."""
        return moment_of(self._start_s, self._zone)

    @property
    def end(self) -> datetime | None:
        """When the last window must have ended; None where there is no such time."""
        return None if self._end_s is None else moment_of(self._end_s, self._zone)

    def time_window_for_partition_key(self, partition_key: str) -> TimeWindow:
        """The window of a key, whether or not it has come to be.

        Raises:
            UnknownPartition: It is not a key of this definition.
        """
        index = self.index_of(partition_key)
        if index is None:
            raise TimeSpace(self, 0).unknown(partition_key)
        return self.window_of(index)

    def start_time_for_partition_key(self, partition_key: str) -> datetime:
        """When the window of a key begins."""
        return self.time_window_for_partition_key(partition_key).start

    def end_time_for_partition_key(self, partition_key: str) -> datetime:
        """When the window of a key ends."""
        return self.time_window_for_partition_key(partition_key).end

    def get_first_partition_window(self, current_time: datetime | None = None) -> TimeWindow | None:
        """The first window; None where there is none."""
        space = self._now(current_time, None)
        return space.window(space.all.first) if space.all else None

    def get_last_partition_window(self, current_time: datetime | None = None) -> TimeWindow | None:
        """The last window; None where there is none."""
        space = self._now(current_time, None)
        return space.window(space.all.last) if space.all else None

    def get_next_partition_window(self, end_dt: datetime) -> TimeWindow | None:
        """The first window that begins at or after a moment; None where the definition has ended."""
        index = max(0, self.index_after(seconds_of(_aware(end_dt))))
        window = self.window_of(index)
        return None if self.end is not None and window.end > self.end else window

    def get_prev_partition_window(self, start_dt: datetime) -> TimeWindow | None:
        """The last window that ends at or before a moment; None where there is none."""
        index = self.index_before(seconds_of(_aware(start_dt))) - 1
        return None if index < 0 else self.window_of(index)

    def get_next_partition_key(
        self,
        partition_key: str,
        current_time: datetime | None = None,
        dynamic_partitions_store: DynamicPartitionsStore | None = None,
    ) -> str | None:
        """The key behind that one; None where it is the last."""
        space = self._now(current_time, dynamic_partitions_store)
        rest = space.all.within(space.index(partition_key) + 1, space.size)
        return space.key(rest.first) if rest else None

    def get_partition_key_for_timestamp(self, timestamp: float, end_closed: bool = False) -> str:
        """The key of the window that holds a moment, in seconds since the epoch.

        Args:
            timestamp: The moment.
            end_closed: Whether a moment between two windows belongs to the one that ends.
        """
        seconds = int(timestamp // 1)
        index = self.index_before(seconds)
        if end_closed and self.begins(index) == timestamp:
            index -= 1
        return self.key_of(index)

    def get_partition_keys_in_time_window(self, time_window: TimeWindow) -> Sequence[str]:
        """The keys of the windows that begin within a span of time."""
        first = max(0, self.index_after(seconds_of(_aware(time_window.start))))
        end = self.index_after(seconds_of(_aware(time_window.end)))
        return [self.key_of(index) for index in range(first, end)]

    def get_partition_key_range_for_time_window(self, time_window: TimeWindow) -> PartitionKeyRange:
        """The first and the last of the windows that begin within a span of time.

        Raises:
            BadRange: There are none.
        """
        keys = self.get_partition_keys_in_time_window(time_window)
        if not keys:
            raise BadRange(f"no partition begins between {time_window.start} and {time_window.end}")
        return PartitionKeyRange(keys[0], keys[-1])

    def to_json(self) -> JsonObject:
        """See `PartitionsDefinition`."""
        return {
            "is": "time",
            "start": self._start_s,
            **definition_fields(
                end=self._end_s,
                end_offset=self.end_offset,
                exclusions=list(self.exclusions),
            ),
            "fmt": self.fmt,
            "timezone": self.timezone,
            "cron": self.cron_schedule,
        }

    @staticmethod
    def from_json(data: JsonObject) -> TimeWindowPartitionsDefinition:
        """The definition that `to_json` wrote."""
        end = data.get("end")
        return TimeWindowPartitionsDefinition(
            start=moment_of(data["start"]),
            fmt=data["fmt"],
            end=None if end is None else moment_of(end),
            timezone=data["timezone"],
            end_offset=data.get("end_offset", 0),
            cron_schedule=data["cron"],
            exclusions=[each if isinstance(each, str) else moment_of(each) for each in data.get("exclusions", ())],
        )

    @property
    def summary(self) -> str:
        """See `PartitionsDefinition`."""
        zone = "" if self.timezone == "UTC" else f" {self.timezone}"
        span = f"from {self.key_of(0)}"
        if self._end_s is not None:
            span = f"{span} until {self.end:{DATE_FORMAT}}"
        return f"{self.frequency} {span}{zone}"

    @property
    def frequency(self) -> str:
        """How often a window begins: `hourly`, `daily`, `weekly`, `monthly`, or the cron expression."""
        minute, hour, day, month, weekday = (*self.cron_schedule.split(), "", "", "", "", "")[:5]
        if not minute.isdigit():
            return self.cron_schedule
        match (hour, day, month, weekday):
            case ("*", "*", "*", "*"):
                return "hourly"
            case (_, "*", "*", "*") if hour.isdigit():
                return "daily"
            case (_, "*", "*", _) if hour.isdigit() and weekday.isdigit():
                return "weekly"
            case (_, _, "*", "*") if hour.isdigit() and day.isdigit():
                return "monthly"
            case _:
                return self.cron_schedule


class TimeSpace(PartitionSpace):
    """The windows of a definition that there are.

    Args:
        definition: The definition.
        count: How many, those left out included.
    """

    def __init__(self, definition: TimeWindowPartitionsDefinition, count: int) -> None:
        self.definition = definition
        self.identity = f"time:{':'.join(definition.cadence)}:{definition.first_moment_s}"
        self.all = PartitionSet.span(0, count) - definition.excluded(count)

    def find(self, key: str) -> int | None:
        """See `PartitionSpace`."""
        index = self.definition.index_of(key)
        return index if index is not None and index in self.all else None

    def key(self, index: int) -> str:
        """See `PartitionSpace`."""
        return self.definition.key_of(index)

    def window(self, index: int) -> TimeWindow:
        """See `PartitionSpace`."""
        return self.definition.window_of(index)

    def distance_to(self, other: PartitionSpace) -> int | None:
        """See `PartitionSpace`."""
        if not isinstance(other, TimeSpace) or self.definition.cadence != other.definition.cadence:
            return None
        here, there = self.definition, other.definition
        if here.first_moment_s >= there.first_moment_s:
            return there.index_before(here.first_moment_s)
        return -here.index_before(there.first_moment_s)

    def overlapping(self, start_s: int, end_s: int) -> tuple[int, int]:
        """The indices of the windows that overlap a span of time; the second is not included. Either may be out of bounds."""
        return self.definition.index_before(start_s), self.definition.index_after(end_s)

    def unknown(self, key: str) -> UnknownPartition:
        """See `PartitionSpace`."""
        index = self.definition.index_of(key)
        spans = [range_text(self.key(start), self.key(end - 1)) for start, end in self.all.ranges()[:1]]
        there = (
            f"there are {range_text(self.key(self.all.first), self.key(self.all.last))}"
            if spans
            else "there are none yet"
        )
        called = self.definition.frequency
        a = "an" if called.startswith("h") else "a"
        if index is None:
            return UnknownPartition(
                f"{key!r} is not the key of {a} {called} partition: {self.definition.why_no_key(key)}", hint=there
            )
        if 0 <= index < self.size:
            return UnknownPartition(f"the partition {key!r} is left out by the definition's exclusions", hint=there)
        where = "before the first" if index < 0 else "beyond the last"
        return UnknownPartition(f"there is no {called} partition {key!r}: it lies {where}", hint=there)


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


class _Keys:
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
        shown = _parsed(key, self._fmt)
        if shown is None or not 1 < shown.year < LAST_YEAR or shown.date().toordinal() < self._line.first_day:
            return None
        naive = shown.replace(tzinfo=None)
        # The format may leave out what the expression says, such as the day of the month.
        number = self._line.ceiling(seconds_of(shown if shown.tzinfo else naive.replace(tzinfo=self._zone)))
        candidates = (number, *(n for n in (number - 1, number + 1) if n >= 0))
        return next((each for each in candidates if self.key(each) == key), None)


_LAST_DAY = date(LAST_YEAR, 1, 1).toordinal()


@lru_cache(maxsize=4096)
def _parsed(text: str, fmt: str) -> datetime | None:
    """A time in a format, with or without an offset behind it; None where it does not fit."""
    for each in (fmt, f"{fmt}%z"):
        try:
            return datetime.strptime(text, each)  # noqa: DTZ007 - the zone is the definition's
        except ValueError:
            continue
    return None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


class _Usual(TimeWindowPartitionsDefinition):
    """Windows of a usual length."""

    _KIND = ScheduleType.DAILY
    _FMT = DATE_FORMAT

    def __init__(
        self,
        start_date: datetime | str,
        end_date: datetime | str | None = None,
        minute_offset: int = 0,
        hour_offset: int = 0,
        day_offset: int | None = None,
        timezone: str | None = None,
        fmt: str | None = None,
        end_offset: int = 0,
        exclusions: Sequence[str | datetime] | None = None,
    ) -> None:
        super().__init__(
            start=start_date,
            fmt=fmt or self._FMT,
            end=end_date,
            schedule_type=self._KIND,
            timezone=timezone,
            end_offset=end_offset,
            minute_offset=minute_offset,
            hour_offset=hour_offset,
            day_offset=day_offset,
            exclusions=exclusions,
        )


class HourlyPartitionsDefinition(_Usual):
    """A partition for each hour; see `TimeWindowPartitionsDefinition` for what the arguments mean.

    Keys are written `2013-01-31-14:00`.
    """

    _KIND = ScheduleType.HOURLY
    _FMT = HOUR_FORMAT

    def __init__(
        self,
        start_date: datetime | str,
        end_date: datetime | str | None = None,
        minute_offset: int = 0,
        timezone: str | None = None,
        fmt: str | None = None,
        end_offset: int = 0,
        exclusions: Sequence[str | datetime] | None = None,
    ) -> None:
        super().__init__(
            start_date,
            end_date,
            minute_offset,
            timezone=timezone,
            fmt=fmt,
            end_offset=end_offset,
            exclusions=exclusions,
        )


class DailyPartitionsDefinition(_Usual):
    """A partition for each day; see `TimeWindowPartitionsDefinition` for what the arguments mean.

    Keys are written `2013-01-31`.
    """

    _KIND = ScheduleType.DAILY

    def __init__(
        self,
        start_date: datetime | str,
        end_date: datetime | str | None = None,
        minute_offset: int = 0,
        hour_offset: int = 0,
        timezone: str | None = None,
        fmt: str | None = None,
        end_offset: int = 0,
        exclusions: Sequence[str | datetime] | None = None,
    ) -> None:
        super().__init__(
            start_date,
            end_date,
            minute_offset,
            hour_offset,
            timezone=timezone,
            fmt=fmt,
            end_offset=end_offset,
            exclusions=exclusions,
        )


class WeeklyPartitionsDefinition(_Usual):
    """A partition for each week; `day_offset` is the day that it begins on, 0 for Sunday.

    Keys are the date of that day. See `TimeWindowPartitionsDefinition` for what the other arguments mean.
    """

    _KIND = ScheduleType.WEEKLY


class MonthlyPartitionsDefinition(_Usual):
    """A partition for each month; `day_offset` is the day that it begins on, 1 for the first.

    Keys are the date of that day. See `TimeWindowPartitionsDefinition` for what the other arguments mean.
    """

    _KIND = ScheduleType.MONTHLY
