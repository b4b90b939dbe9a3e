"""Users' tests of schedules and sensors: days pass in milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assettui import (
    DailyPartitionsDefinition,
    Definitions,
    FakeClock,
    RunRequest,
    ScheduleDefinition,
    SkipReason,
    asset,
    build_schedule_from_partitioned_job,
    define_asset_job,
    schedule,
    sensor,
)


@asset(partitions_def=DailyPartitionsDefinition("2024-01-01"))
def daily() -> None: ...


job = define_asset_job("by_day", "daily")


@schedule("30 2 * * *", job=job, execution_timezone="Europe/Paris")
def half_past_two(context: Any, prefix: str) -> Any:
    if context.scheduled_execution_time.weekday() == 6:
        return SkipReason("a Sunday")
    return RunRequest(tags={"for": f"{prefix}{context.scheduled_execution_time.day}"})


@sensor(job=job, minimum_interval_seconds=3600)
def counting(context: Any) -> RunRequest:
    seen = int(context.cursor or 0)
    context.update_cursor(str(seen + 1))
    return RunRequest(run_key=str(seen // 2))


defs = Definitions(
    [daily],
    schedules=[
        half_past_two,
        build_schedule_from_partitioned_job(job, hour_of_day=4),
        ScheduleDefinition(name="monthly", job=job, cron_schedule="@monthly"),
    ],
    sensors=[counting],
    resources={"prefix": "day "},
)
START = datetime(2024, 3, 29, 12, tzinfo=UTC)


def test_over_a_weekend_on_which_the_clock_is_changed() -> None:
    clock = FakeClock(defs, START, only=["half_past_two"])
    ticks = clock.advance(days=4)
    assert [tick.time.strftime("%d %H:%M%z") for tick in ticks] == [
        "30 02:30+0100",
        "31 03:00+0200",
        "01 02:30+0200",
        "02 02:30+0200",
    ]
    assert [tick.skip_reason for tick in ticks] == [None, "a Sunday", None, None]
    assert ticks[0].run_requests[0].tags == {"for": "day 30"}
    assert ticks[0].time.tzinfo == ZoneInfo("Europe/Paris")
    assert clock.now == datetime(2024, 4, 2, 12, tzinfo=UTC)


def test_partitions_cursors_and_run_keys() -> None:
    clock = FakeClock(defs, START, only=["by_day_schedule", "counting"])
    ticks = clock.advance(hours=24)
    assert [tick.run_requests[0].partition_key for tick in ticks if tick.name == "by_day_schedule"] == ["2024-03-29"]
    counted = [tick for tick in ticks if tick.name == "counting"]
    assert len(counted) == 25
    assert [len(tick.run_requests) for tick in counted[:4]] == [1, 0, 1, 0]
    assert counted[-1].cursor == "25"


def test_a_clock_goes_on_and_knows_its_zone() -> None:
    clock = FakeClock(defs, START, resources={"prefix": "x"})
    assert clock.advance(seconds=0)[0].name == "counting"
    assert {tick.name for tick in clock.advance(days=32)} == {"half_past_two", "by_day_schedule", "monthly", "counting"}
    with pytest.raises(ValueError, match="lies before"):
        clock.advance_to(START)
    with pytest.raises(ValueError, match="has no time zone"):
        FakeClock(defs, datetime(2024, 1, 1))  # noqa: DTZ001 - that is what is tested
