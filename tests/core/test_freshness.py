"""How fresh data is: by its own time, at deadlines, by the newest partition; and exactly when that turns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assettui import DailyPartitionsDefinition, FreshnessPolicy
from assettui.core.data_ages import DataAges
from assettui.core.freshness import AssetData, judged
from assettui.core.graph import AssetGraph
from assettui.core.partitions.definition import AsOf
from assettui.core.partitions.sets import PartitionSet
from assettui.model.arguments import WrongArgument
from assettui.model.events import Materialization, Observation
from assettui.model.freshness import FreshnessStatus
from assettui.model.keys import AssetKey
from assettui.model.project import AssetSnapshot

HOUR_US = 3_600_000_000
PASS, WARN, FAIL, UNKNOWN = FreshnessStatus
DAYS = DailyPartitionsDefinition("2024-01-01", timezone="Europe/Paris")


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


NOON = us("2024-03-06T12:00")


@pytest.mark.parametrize(
    ("policy", "made", "now", "status"),
    [
        (FreshnessPolicy(maximum_lag_minutes=60), "2024-03-06T11:00", "2024-03-06T12:00", PASS),
        (FreshnessPolicy(maximum_lag_minutes=60), "2024-03-06T10:59", "2024-03-06T12:00", FAIL),
        (
            FreshnessPolicy.time_window(timedelta(hours=2), timedelta(hours=1)),
            "2024-03-06T10:59",
            "2024-03-06T12:00",
            WARN,
        ),
        (
            FreshnessPolicy.time_window(timedelta(hours=2), timedelta(hours=1)),
            "2024-03-06T09:59",
            "2024-03-06T12:00",
            FAIL,
        ),
        # At nine it must be no older than two hours; between, it is what it was then.
        (FreshnessPolicy.cron("0 9 * * *", timedelta(hours=2)), "2024-03-06T07:00", "2024-03-06T12:00", PASS),
        (FreshnessPolicy.cron("0 9 * * *", timedelta(hours=2)), "2024-03-06T06:59", "2024-03-06T08:59", PASS),
        (FreshnessPolicy.cron("0 9 * * *", timedelta(hours=2)), "2024-03-06T06:59", "2024-03-06T09:00", FAIL),
        (FreshnessPolicy.cron("0 9 * * *", timedelta(hours=2)), "2024-03-06T10:00", "2024-03-06T12:00", PASS),
        (
            FreshnessPolicy(
                maximum_lag_minutes=120, cron_schedule="0 9 * * 1-5", cron_schedule_timezone="Europe/Paris"
            ),
            "2024-03-06T06:00",
            "2024-03-06T08:00",  # nine in Paris
            PASS,
        ),
        (
            FreshnessPolicy(
                maximum_lag_minutes=120, cron_schedule="0 9 * * 1-5", cron_schedule_timezone="Europe/Paris"
            ),
            "2024-03-06T05:59",
            "2024-03-06T08:00",
            FAIL,
        ),
    ],
)
def test_of_an_asset_without_partitions(policy: FreshnessPolicy, made: str, now: str, status: FreshnessStatus) -> None:
    assert judged(policy, AssetData(us(made)), us(now)).status is status


def windows(warn: int, more: int) -> FreshnessPolicy:
    return FreshnessPolicy.time_window(timedelta(minutes=warn + more), timedelta(minutes=warn))


policies = st.one_of(
    st.builds(FreshnessPolicy, maximum_lag_minutes=st.integers(1, 5_000)),
    st.builds(windows, st.integers(1, 3_000), st.integers(1, 3_000)),
    st.builds(
        FreshnessPolicy.cron,
        st.sampled_from(["0 9 * * *", "30 2 * * *", "0 9 * * 1-5", "*/20 * * * *"]),
        st.integers(1, 3_000).map(lambda minutes: timedelta(minutes=minutes)),
        st.sampled_from(["UTC", "Europe/Paris", "America/New_York"]),
    ),
)


@given(policies, st.integers(0, 5 * 24 * 60), st.integers(0, 24 * 60))
def test_it_turns_when_it_says_so_and_not_before(policy: FreshnessPolicy, age_minutes: int, shift_minutes: int) -> None:
    now = us("2024-03-29T12:00") + shift_minutes * 60_000_000  # before the clock is changed in Europe
    data = AssetData(now - age_minutes * 60_000_000)
    found = judged(policy, data, now)
    if found.turns_us is None:
        assert found.status is FAIL, "what is too old stays so until it is made anew"
        return
    assert now < found.turns_us
    assert judged(policy, data, found.turns_us - 1).status is found.status
    assert judged(policy, data, found.turns_us).status is not found.status


@given(policies, st.integers(0, 5 * 24 * 60), st.integers(1, 24 * 60))
def test_younger_data_is_never_worse(policy: FreshnessPolicy, age_minutes: int, younger: int) -> None:
    order = [PASS, WARN, FAIL]
    old = judged(policy, AssetData(NOON - age_minutes * 60_000_000), NOON).status
    new = judged(policy, AssetData(NOON - max(0, age_minutes - younger) * 60_000_000), NOON).status
    assert order.index(new) <= order.index(old)


def of_days(*days: str, now: int, data_time: int | None = None) -> AssetData:
    space = DAYS.at(AsOf(now))
    there = PartitionSet.of(space.index(day) for day in days)
    return AssetData.of_partitions(space, there, data_time)


def test_of_partitions_the_newest_that_should_be_there_counts_and_a_backfill_of_an_old_one_changes_nothing() -> None:
    policy = FreshnessPolicy.cron("0 9 * * *", timedelta(hours=2), "Europe/Paris")
    before, after = us("2024-03-06T07:59"), us("2024-03-06T08:00")  # nine in Paris
    assert judged(policy, of_days("2024-03-04", now=before), before).status is PASS
    late = judged(policy, of_days("2024-03-04", now=after), after)
    assert (late.status, late.lacks) == (FAIL, "2024-03-05")
    backfilled = of_days("2024-03-01", "2024-03-02", "2024-03-03", "2024-03-04", now=after, data_time=after)
    assert judged(policy, backfilled, after).status is FAIL
    assert judged(policy, of_days("2024-03-05", now=after), after).status is PASS
    lag = FreshnessPolicy(maximum_lag_minutes=60 * 24)
    assert judged(lag, of_days("2024-03-04", now=after, data_time=after), after).status is FAIL, "it reaches to its end"


def test_without_data_nothing_is_known_but_what_should_be_there() -> None:
    assert judged(FreshnessPolicy(maximum_lag_minutes=5), AssetData(), NOON).status is UNKNOWN
    found = judged(FreshnessPolicy.cron("0 9 * * *", timedelta(hours=2)), of_days(now=NOON), NOON)
    assert (found.status, found.lacks) == (UNKNOWN, "2024-03-05")


def test_a_table_that_was_rebuilt_just_now_from_old_data_is_old() -> None:
    raw, middle, mart = (AssetKey(each) for each in ("raw", "middle", "mart"))
    graph = AssetGraph(
        (
            AssetSnapshot(raw, step="raw"),
            AssetSnapshot(middle, step="middle", upstream=(raw,)),
            AssetSnapshot(mart, step="mart", upstream=(middle,)),
        )
    )
    ages = DataAges(graph)
    ages.note(Materialization(NOON - 24 * HOUR_US, asset_key=raw, data_version="1"))
    for time, key in ((NOON - HOUR_US, middle), (NOON, mart)):
        ages.note(Materialization(time, asset_key=key, data_version="1", data_time_us=NOON - 24 * HOUR_US))
    assert ages.data_time(mart) == NOON - 24 * HOUR_US


def test_what_was_seen_elsewhere_says_of_when_its_data_is() -> None:
    feed = AssetKey("feed")
    ages = DataAges(AssetGraph((AssetSnapshot(feed),)))
    ages.note(Observation(NOON, asset_key=feed, data_version="1"))
    assert ages.data_time(feed) == NOON


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: FreshnessPolicy(), "neither a lag nor a window nor a deadline"),
        (lambda: FreshnessPolicy(maximum_lag_minutes=0), "maximum_lag_minutes is 0"),
        (lambda: FreshnessPolicy(maximum_lag_minutes=5, cron_schedule_timezone="UTC"), "and no cron_schedule"),
        (lambda: FreshnessPolicy.time_window(timedelta(0)), "fail_window is 0"),
        (lambda: FreshnessPolicy.time_window(timedelta(1), timedelta(2)), "is not shorter than fail_window"),
        (lambda: FreshnessPolicy.cron("0 9 * * *", timedelta(-1)), "lower_bound_delta is"),
    ],
)
def test_what_can_never_hold_is_refused(make: object, told: str) -> None:
    assert callable(make)
    with pytest.raises(WrongArgument, match=told):
        make()
