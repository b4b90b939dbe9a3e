"""Partitions that are spans of time: an hour, a day, a week, a month, or whatever a cron expression cuts time into.

Nothing here lists partitions: a key, a window and an index are found from each other by arithmetic. The windows begin
and end at the moments of a cron expression on the clock of a time zone; see `assettui.core.timeline` for what that
means on the days on which the clock is changed. A window is called by its beginning, in the definition's format; where
the clock shows that time twice, the second one has its offset behind it: `2013-11-03-01:00-0500`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from assettui.core.partitions.definition import AsOf, DynamicPartitionsStore, PartitionsDefinition, definition_fields
from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.space import (
    BadPartitions,
    BadRange,
    PartitionKeyRange,
    TimeWindow,
)
from assettui.core.partitions.time_space import TimeSpace
from assettui.core.partitions.window_keys import (
    DATE_FORMAT,
    ScheduleType,
    WindowKeys,
    aware,
    cron_of,
    parsed,
)
from assettui.core.timeline import Timeline, moment_of, seconds_of, timeline, zone_named
from assettui.model.arguments import checks_arguments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.model.metadata import JsonObject

_HOUR_US = 3_600_000_000


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

    @checks_arguments
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
        if fmt != fmt.encode(errors="replace").decode():
            raise BadPartitions(f"the format {fmt!r} is no text that can be written", hint="write it as '%Y-%m-%d'")
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
        self._keys = WindowKeys(self._timeline, fmt, self._zone)
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
            found = parsed(moment, self.fmt)
            if found is None:
                raise BadPartitions(
                    f"the {what} {moment!r} does not fit the format {self.fmt!r}",
                    hint=f"write it as {datetime(2013, 1, 31, tzinfo=UTC).strftime(self.fmt)!r}, or give a datetime",
                )
        if found.tzinfo is not None:
            return seconds_of(found)
        return self.local_seconds(found, what, may_be_left_out=True)

    def local_seconds(self, shown: datetime, what: str = "time", *, may_be_left_out: bool = False) -> int:
        """The moment at which the clock shows a time, in seconds since the epoch.

        Args:
            shown: The time.
            what: What it is, for messages.
            may_be_left_out: Whether one that the clock leaves out stands for the moment at which it does so: as a day does
                that begins an hour late, since its midnight was left out.

        Raises:
            BadPartitions: It never shows it, or shows it twice.
        """
        first = shown.replace(tzinfo=self._zone, fold=0)
        second = shown.replace(tzinfo=self._zone, fold=1)
        if first.utcoffset() == second.utcoffset():
            return seconds_of(first)
        if first.astimezone(UTC).astimezone(self._zone).replace(tzinfo=None) != shown:
            if may_be_left_out:
                return seconds_of(first)
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

    def newest_at(self, now_s: int) -> int | None:
        """The index of the newest window that there is at a moment; None where there is none."""
        count = self.count(now_s)
        if not self.exclusions:
            return count - 1 if count else None
        there = TimeSpace(self, count).all
        return there.last if there else None

    def comes_to_be(self, behind: int) -> int | None:
        """When the first window behind one comes to be, in seconds since the epoch; None where it never will."""
        index = behind + 1
        while self.exclusions and index in self.excluded(index + 1):
            index += 1
        if self._end_s is not None and index >= self._timeline.floor(self._end_s) - self._first:
            return None
        return self.begins(index + 1 - self.end_offset)

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
        shown = parsed(text, self.fmt)
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
        index = max(0, self.index_after(seconds_of(aware(end_dt))))
        window = self.window_of(index)
        return None if self.end is not None and window.end > self.end else window

    def get_prev_partition_window(self, start_dt: datetime) -> TimeWindow | None:
        """The last window that ends at or before a moment; None where there is none."""
        index = self.index_before(seconds_of(aware(start_dt))) - 1
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
        first = max(0, self.index_after(seconds_of(aware(time_window.start))))
        end = self.index_after(seconds_of(aware(time_window.end)))
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
