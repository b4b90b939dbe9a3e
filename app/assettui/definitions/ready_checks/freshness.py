"""Checks of freshness, by the names that Dagster documents: when an asset was last updated, and which partition is there.

A `FreshnessPolicy` is judged all the time, and by the age of the source data; these are judged when they are evaluated, and
look at the asset alone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assettui.core.schedule_times import ScheduleTimes
from assettui.definitions.checks import AssetCheckResult
from assettui.definitions.ready_checks.building import build, severity_of
from assettui.definitions.run_config import RunRequest, SkipReason
from assettui.definitions.sensor import DefaultSensorStatus, SensorDefinition
from assettui.model.arguments import WrongArgument, checks_call
from assettui.model.check import AssetCheckSeverity
from assettui.model.errors import AssettuiError
from assettui.model.metadata import MetadataValue
from assettui.model.timing import SECOND_US, ago, clock_us, duration, local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.checks import AssetChecksDefinition
    from assettui.definitions.context import AssetCheckExecutionContext
    from assettui.definitions.spec import AssetSpec
    from assettui.model.keys import AssetKey, CoercibleToAssetKey
    from assettui.model.metadata import RawMetadata
    from assettui.model.step import AssetPast

_LAST_UPDATED = "dagster/last_updated_timestamp"
"""The metadata by which an observation says when what it looked at was last updated, as Dagster documents it."""
_FRESH_UNTIL = "dagster/fresh_until_timestamp"
_A_YEAR_US = 366 * 86_400 * SECOND_US


@checks_call
def build_last_update_freshness_checks(
    *,
    assets: Iterable[CoercibleToAssetKey | AssetsDefinition | AssetSpec],
    lower_bound_delta: timedelta,
    deadline_cron: str | None = None,
    timezone: str = "UTC",
    severity: AssetCheckSeverity | str = AssetCheckSeverity.WARN,
    blocking: bool = False,
) -> Sequence[AssetChecksDefinition]:
    """Checks, called `freshness_check`, that an asset was materialized, or seen to be updated, not too long ago.

    Args:
        assets: The assets.
        lower_bound_delta: So long ago at most, counted from the last deadline; without deadlines from now.
        deadline_cron: The times by which it must have been.
        timezone: The IANA time zone of these.
        severity: How bad it is if it was not.
        blocking: Whether what depends on the asset is skipped then, where the severity is ERROR.

    Raises:
        WrongArgument: Something of this cannot be understood.
    """
    if not isinstance(lower_bound_delta, timedelta) or lower_bound_delta <= timedelta(0):  # pyright: ignore[reportUnnecessaryIsInstance] - users call this untyped
        raise WrongArgument(f"lower_bound_delta is {lower_bound_delta!r}", hint="give it a timedelta, longer than 0")
    allowed_us = lower_bound_delta // timedelta(microseconds=1)
    times = _times(deadline_cron, timezone) if deadline_cron is not None else None
    bad = severity_of(severity)

    def check_of(key: AssetKey) -> Callable[..., AssetCheckResult]:
        def freshness_check(context: AssetCheckExecutionContext) -> AssetCheckResult:
            return _last_update(context.past_of(key), allowed_us, times, bad, clock_us())

        return freshness_check

    by = f" by {deadline_cron} ({timezone})" if deadline_cron is not None else ""
    what = f"It was updated within {duration(allowed_us)}{by}."
    return build(assets, "freshness_check", what, check_of, blocking=blocking)


@checks_call
def build_time_partition_freshness_checks(
    *,
    assets: Iterable[CoercibleToAssetKey | AssetsDefinition | AssetSpec],
    deadline_cron: str,
    timezone: str = "UTC",
    severity: AssetCheckSeverity | str = AssetCheckSeverity.WARN,
    blocking: bool = False,
) -> Sequence[AssetChecksDefinition]:
    """Checks, called `freshness_check`, that the newest partition of time that should be there by a deadline is there.

    Args:
        assets: The assets; they have partitions of time.
        deadline_cron: The times by which the newest partition must have been materialized.
        timezone: The IANA time zone of these.
        severity: How bad it is if it was not.
        blocking: Whether what depends on the asset is skipped then, where the severity is ERROR.

    Raises:
        WrongArgument: Something of this cannot be understood.
    """
    times = _times(deadline_cron, timezone)
    bad = severity_of(severity)

    def check_of(key: AssetKey) -> Callable[..., AssetCheckResult]:
        def freshness_check(context: AssetCheckExecutionContext) -> AssetCheckResult:
            return _newest_partition(key, context.past_of(key), times, bad, clock_us())

        return freshness_check

    what = f"Its newest partition is there by {deadline_cron} ({timezone})."
    return build(assets, "freshness_check", what, check_of, blocking=blocking)


@checks_call
def build_sensor_for_freshness_checks(
    *,
    freshness_checks: Sequence[AssetChecksDefinition],
    minimum_interval_seconds: float | None = None,
    name: str = "freshness_checks_sensor",
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
    tags: Mapping[str, str] | None = None,
) -> SensorDefinition:
    """A sensor that has freshness checks evaluated when what they say may have turned.

    Each is evaluated when it never was, and once the time is over until which it said that all is well; one that has failed
    is evaluated after each materialization anyway.

    Args:
        freshness_checks: What the two functions above have given.
        minimum_interval_seconds: How often it looks.
        name: Of the sensor.
        default_status: Whether it is on until somebody turns it off.
        tags: Given to its runs.

    Raises:
        WrongArgument: There are no checks.
    """
    keys = sorted({key for each in freshness_checks for key in each.check_keys}, key=str)
    if not keys:
        raise WrongArgument(
            "freshness_checks holds no check", hint="give it what build_last_update_freshness_checks gave"
        )

    def look(context: Any) -> RunRequest | SkipReason:
        now_s = clock_us() / SECOND_US
        due = [key for key in keys if _is_due(context.instance.fetch_check_evaluations(key, 1), now_s)]
        return RunRequest(asset_check_keys=due) if due else SkipReason("none of the checks can have turned")

    return SensorDefinition(
        name=name,
        evaluation_fn=look,
        minimum_interval_seconds=minimum_interval_seconds,
        default_status=default_status,
        tags=tags,
        description="Has freshness checks evaluated when they may have turned.",
    )


def _is_due(evaluations: Sequence[Any], now_s: float) -> bool:
    if not evaluations:
        return True
    until = evaluations[0].metadata.get(_FRESH_UNTIL)
    return until is not None and until.value <= now_s


def _times(deadline_cron: str, timezone: str) -> ScheduleTimes:
    times = ScheduleTimes((deadline_cron,), timezone)
    try:
        times.next_after(0)
    except AssettuiError as error:
        raise WrongArgument(f"the deadlines: {error.what}", hint=error.hint) from error
    return times


def _last_tick(times: ScheduleTimes, now_us: int) -> int | None:
    found = times.due(now_us - 10 * _A_YEAR_US, now_us, 1).times
    return found[-1] if found else None


def _last_update(
    past: AssetPast, allowed_us: int, times: ScheduleTimes | None, bad: AssetCheckSeverity, now_us: int
) -> AssetCheckResult:
    updated_us = _updated(past)
    last = _last_tick(times, now_us) if times is not None else now_us
    required_us = (last if last is not None else now_us) - allowed_us
    if updated_us is None:
        return AssetCheckResult(passed=False, severity=bad, description="it was never updated")
    metadata: dict[str, Any] = {_LAST_UPDATED: MetadataValue.timestamp(updated_us / SECOND_US)}
    if updated_us < required_us:
        late = (
            f"last updated {ago(updated_us, now_us)}, at {local(updated_us)}; it had to be after {local(required_us)}"
        )
        return AssetCheckResult(passed=False, severity=bad, description=late, metadata=metadata)
    until_us = times.next_after(updated_us + allowed_us) if times is not None else updated_us + allowed_us
    metadata[_FRESH_UNTIL] = MetadataValue.timestamp(until_us / SECOND_US)
    return AssetCheckResult(passed=True, description=f"updated {ago(updated_us, now_us)}", metadata=metadata)


def _updated(past: AssetPast) -> int | None:
    """When the asset was last updated: made here, or, as an observation says, elsewhere."""
    found = [past.materializations[0].time_us] if past.materializations else []
    if past.observation is not None:
        said: RawMetadata | Any = past.observation.metadata.get(_LAST_UPDATED)
        found.append(int(said.value * SECOND_US) if said is not None else past.observation.time_us)
    return max(found, default=None)


def _newest_partition(
    key: AssetKey, past: AssetPast, times: ScheduleTimes, bad: AssetCheckSeverity, now_us: int
) -> AssetCheckResult:
    awaited, newest = past.awaited, past.newest_partition
    if awaited is None and newest is None:
        return AssetCheckResult(
            passed=False, severity=bad, description=f"{key} has no partitions of time, so none of them can be awaited"
        )
    metadata: dict[str, Any] = {"newest_partition": newest} if newest is not None else {}
    if awaited is None:
        return AssetCheckResult(
            passed=True, description="all partitions that there will be are there", metadata=metadata
        )
    last = _last_tick(times, now_us)
    if last is not None and awaited.from_us <= last:
        late = (
            f"the partition {awaited.key} was due at {local(times.next_after(awaited.from_us - 1))}, and is not there"
        )
        return AssetCheckResult(passed=False, severity=bad, description=late, metadata=metadata)
    until_us = times.next_after(max(awaited.from_us - 1, now_us))
    metadata[_FRESH_UNTIL] = MetadataValue.timestamp(until_us / SECOND_US)
    return AssetCheckResult(passed=True, description=f"{newest} is there", metadata=metadata)
