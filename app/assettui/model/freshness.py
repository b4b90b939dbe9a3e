"""Freshness policies: how old the data of an asset may be; and what one is judged to be."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Self

from msgspec import Struct
from msgspec.structs import force_setattr

from assettui.model.arguments import Checked, WrongArgument
from assettui.model.timing import SECOND_US

MINUTE_US = 60 * SECOND_US
_WRITE = (
    "FreshnessPolicy(maximum_lag_minutes=…), .time_window(fail_window=…) or .cron(deadline_cron=…, lower_bound_delta=…)"
)


class FreshnessStatus(StrEnum):
    """How the data of an asset stands to its policy."""

    PASS = "pass"
    WARN = "warn"
    """Older than the policy's warning, and not yet too old."""
    FAIL = "fail"
    """Too old: the asset is overdue."""
    UNKNOWN = "unknown"
    """It has no data yet, or none whose time is known."""


class FreshnessPolicy(Struct, frozen=True, omit_defaults=True, metaclass=Checked):
    """How old the data of an asset may be. Judged by the time of the source data that it incorporates, not of its last run.

    With `maximum_lag_minutes` alone, the data must never be older than that; with `cron_schedule` too, it need only be so at
    these times, from each until the next. See `time_window` and `cron` for the other two kinds.

    Raises:
        WrongArgument: It can never hold, or says nothing.
    """

    maximum_lag_minutes: float | None = None
    """How old it may be, in minutes; more than 0."""
    cron_schedule: str | None = None
    """The times at which it must be so; None for always."""
    cron_schedule_timezone: str | None = None
    """The IANA time zone of these; by default UTC."""
    fail_window_us: int | None = None
    """Of `time_window`: how old it may be, in microseconds."""
    warn_window_us: int | None = None
    """Of `time_window`: past this age it is warned of."""
    deadline_cron: str | None = None
    """Of `cron`: the times by which it must be there."""
    lower_bound_us: int | None = None
    """Of `cron`: so long before each it may be made, in microseconds."""
    timezone: str = "UTC"
    """Of `cron`: the IANA time zone of the deadlines."""

    def __post_init__(self) -> None:
        kinds = (self.maximum_lag_minutes, self.fail_window_us, self.deadline_cron)
        if sum(each is not None for each in kinds) != 1:
            raise WrongArgument(
                "a freshness policy says neither a lag nor a window nor a deadline", hint=f"write {_WRITE}"
            )
        if self.maximum_lag_minutes is not None:
            lag = self.maximum_lag_minutes
            if not 0 < lag < 1e9:
                raise WrongArgument(f"maximum_lag_minutes is {lag!r}", hint="give it minutes, more than 0")
            if isinstance(lag, float) and lag.is_integer():
                force_setattr(self, "maximum_lag_minutes", int(lag))
        if self.cron_schedule_timezone is not None and self.cron_schedule is None:
            raise WrongArgument(
                "a freshness policy has a cron_schedule_timezone and no cron_schedule", hint="give it both"
            )

    @classmethod
    def time_window(cls, fail_window: timedelta, warn_window: timedelta | None = None) -> Self:
        """The data must never be older than `fail_window`; past `warn_window` it is warned of.

        Raises:
            WrongArgument: A window is no duration, or that of the warning is not the shorter one.
        """
        fail_us = _duration("fail_window", fail_window)
        warn_us = _duration("warn_window", warn_window) if warn_window is not None else None
        if warn_us is not None and warn_us >= fail_us:
            raise WrongArgument(
                f"warn_window ({warn_window}) is not shorter than fail_window ({fail_window}): nothing would be warned of",
                hint="warn earlier, or leave warn_window out",
            )
        return cls(fail_window_us=fail_us, warn_window_us=warn_us)

    @classmethod
    def cron(cls, deadline_cron: str, lower_bound_delta: timedelta, timezone: str = "UTC") -> Self:
        """By each of these times the data must be there, made no more than `lower_bound_delta` before.

        Of an asset with partitions of time, by each of them the newest partition that should exist must be there.

        Raises:
            WrongArgument: `lower_bound_delta` is no duration.
        """
        return cls(
            deadline_cron=deadline_cron,
            lower_bound_us=_duration("lower_bound_delta", lower_bound_delta),
            timezone=timezone,
        )

    @property
    def crons(self) -> tuple[str, str] | None:
        """The times that it names, and their time zone; None where it names none."""
        if self.deadline_cron is not None:
            return self.deadline_cron, self.timezone
        if self.cron_schedule is not None:
            return self.cron_schedule, self.cron_schedule_timezone or "UTC"
        return None

    @property
    def allowed_us(self) -> int:
        """How old the data may be when it is judged, in microseconds."""
        if self.maximum_lag_minutes is not None:
            return int(self.maximum_lag_minutes * MINUTE_US)
        return (self.fail_window_us or 0) + (self.lower_bound_us or 0)


def _duration(name: str, given: timedelta) -> int:
    if not isinstance(given, timedelta):  # pyright: ignore[reportUnnecessaryIsInstance] - users call this untyped
        raise WrongArgument(f"{name} is {given!r:.40}, a {type(given).__name__}", hint="give it a timedelta")
    length_us = given // timedelta(microseconds=1)
    if length_us <= 0:
        raise WrongArgument(f"{name} is {given}", hint="give it a duration, longer than 0")
    return length_us


class Freshness(Struct, frozen=True):
    """What the data of an asset is judged to be by its policy, at a moment."""

    status: FreshnessStatus
    data_time_us: int | None = None
    """The time of the source data that it incorporates; None where none is known."""
    required_us: int | None = None
    """What that would have to be at least, for it to pass."""
    turns_us: int | None = None
    """When the status becomes another if nothing happens; None for never."""
    since_us: int | None = None
    """Of one that fails: when it began to be too old."""
    lacks: str | None = None
    """Of an asset with partitions: the newest partition that should be there, and is not."""


class FreshnessState(Struct, frozen=True):
    """What was last recorded of an asset's freshness."""

    status: FreshnessStatus
    since_us: int
    """Since when it is so."""
