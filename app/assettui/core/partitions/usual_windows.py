"""Partitions by hour, day, week and month: definitions of windows of usual lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition
from assettui.core.partitions.window_keys import DATE_FORMAT, HOUR_FORMAT, ScheduleType
from assettui.model.arguments import checks_arguments

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


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

    @checks_arguments
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

    @checks_arguments
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
