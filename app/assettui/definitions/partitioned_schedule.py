"""A schedule that asks for each partition as soon as it has come to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from assettui.core.partitions.multi import MultiPartitionKey, MultiPartitionsDefinition
from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition
from assettui.definitions.placed import caller
from assettui.definitions.run_config import RunRequest, SkipReason
from assettui.definitions.schedule import DefaultScheduleStatus, ScheduleDefinition, ScheduleEvaluationContext
from assettui.model.errors import AssettuiError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.definitions.job import JobDefinition


class BadPartitionedSchedule(AssettuiError, ValueError):
    """There can be no schedule for the partitions of a job."""


class DueAt(Struct, frozen=True):
    """When in the hour, day, week or month a schedule of partitions is due; None for when a window ends."""

    minute_of_hour: int | None = None
    hour_of_day: int | None = None
    day_of_week: int | None = None
    day_of_month: int | None = None

    def of(self, partitions: TimeWindowPartitionsDefinition) -> str:
        """The cron expression of the ends of windows, with what is said put into it.

        Raises:
            BadPartitionedSchedule: Windows of that length have no such hour or day.
        """
        given = {
            "minute_of_hour": self.minute_of_hour,
            "hour_of_day": self.hour_of_day,
            "day_of_month": self.day_of_month,
            "day_of_week": self.day_of_week,
        }
        allowed = _MAY_SAY.get(partitions.frequency, ())
        fields = partitions.cron_schedule.split()
        for position, (name, value) in zip((0, 1, 2, 4), given.items(), strict=True):
            if value is None:
                continue
            if name not in allowed:
                raise BadPartitionedSchedule(
                    f"{name} means nothing for partitions that are {partitions.frequency}",
                    hint=f"they may have {', '.join(allowed)}" if allowed else "say when by cron_schedule=…",
                )
            fields[position] = str(value)
        return " ".join(fields)


_MAY_SAY = {
    "hourly": ("minute_of_hour",),
    "daily": ("minute_of_hour", "hour_of_day"),
    "weekly": ("minute_of_hour", "hour_of_day", "day_of_week"),
    "monthly": ("minute_of_hour", "hour_of_day", "day_of_month"),
}


def build_schedule_from_partitioned_job(
    job: JobDefinition,
    description: str | None = None,
    name: str | None = None,
    minute_of_hour: int | None = None,
    hour_of_day: int | None = None,
    day_of_week: int | None = None,
    day_of_month: int | None = None,
    default_status: DefaultScheduleStatus = DefaultScheduleStatus.STOPPED,
    tags: Mapping[str, str] | None = None,
    cron_schedule: str | None = None,
    execution_timezone: str | None = None,
) -> ScheduleDefinition:
    """A schedule that asks, whenever a partition of a job has come to be, for a run of that partition.

    Of windows of time it is due at the end of each, or later as `hour_of_day` and its kin say, and asks for the last
    one that has ended. Of two dimensions, one of them of time, it asks for each key of the other one. Partitions by
    name have no time of their own: `cron_schedule` says when all of them are asked for.

    Args:
        job: The job. Its partitions are its own, or else those of its assets.
        description: What it is for.
        name: By default the job's, with `_schedule` behind it.
        minute_of_hour: 0 to 59.
        hour_of_day: 0 to 23, on the clock of the partitions' time zone.
        day_of_week: 0, Sunday, to 6.
        day_of_month: 1 to 31.
        default_status: Whether it is on until somebody turns it off.
        tags: Given to each of its runs.
        cron_schedule: When it is due, where that is another time.
        execution_timezone: Where `cron_schedule` is given: the time zone on whose clock it is read.
    """
    return ScheduleDefinition(
        name=name or f"{job.name}_schedule",
        cron_schedule=cron_schedule or (),
        execution_timezone=execution_timezone,
        description=description,
        job=job,
        default_status=default_status,
        tags=tags,
        due_at=DueAt(minute_of_hour, hour_of_day, day_of_week, day_of_month),
        at=caller(),
    )


def with_partitions(schedule: ScheduleDefinition, partitions: PartitionsDefinition | None) -> ScheduleDefinition:
    """A schedule made by `build_schedule_from_partitioned_job`, once it is known which partitions its job has.

    Raises:
        BadPartitionedSchedule: There can be no schedule for these.
    """
    if partitions is None:
        raise BadPartitionedSchedule("its job has no partitions", hint="use ScheduleDefinition(job=…) instead")
    timed, due_at = _timed(partitions), schedule.due_at or DueAt()
    crons, zone = schedule.crons, schedule.execution_timezone
    if crons and due_at != DueAt():
        raise BadPartitionedSchedule(
            "it has both a cron_schedule and a minute, hour or day", hint="leave one of them out"
        )
    if not crons:
        if timed is None:
            raise BadPartitionedSchedule("its job's partitions have no time", hint="say when: cron_schedule=…")
        crons, zone = (due_at.of(timed),), timed.timezone

    def requests(context: ScheduleEvaluationContext) -> Iterator[Any]:
        return _requests(partitions, timed, context)

    return replace(schedule, cron_schedule=crons, execution_timezone=zone, execution_fn=requests)


def _requests(
    partitions: PartitionsDefinition, timed: TimeWindowPartitionsDefinition | None, context: ScheduleEvaluationContext
) -> Iterator[Any]:
    due = context.scheduled_execution_time
    store = context.instance if partitions.dynamic_names else None
    if timed is None:
        for key in partitions.get_partition_keys(due, store):
            yield RunRequest(partition_key=key)
        return
    last = timed.get_last_partition_key(due)
    if last is None:
        yield SkipReason("no partition has come to be yet")
    elif isinstance(partitions, MultiPartitionsDefinition):
        own = next(each.name for each in partitions.dimensions if each.partitions_def is timed)
        other = next(each for each in partitions.dimensions if each.name != own)
        for key in other.partitions_def.get_partition_keys(due, store):
            pair = MultiPartitionKey({own: last, other.name: key})
            yield RunRequest(run_key=str(pair), partition_key=pair)
    else:
        yield RunRequest(run_key=last, partition_key=last)


def _timed(partitions: PartitionsDefinition) -> TimeWindowPartitionsDefinition | None:
    if isinstance(partitions, TimeWindowPartitionsDefinition):
        return partitions
    if isinstance(partitions, MultiPartitionsDefinition):
        found = [each.partitions_def for each in partitions.dimensions]
        return next((each for each in found if isinstance(each, TimeWindowPartitionsDefinition)), None)
    return None
