"""Users' tests of automation and freshness: a week passes in a second."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assettui import (
    AssetCheckKey,
    AssetCheckResult,
    AssetKey,
    AssettuiError,
    AutoMaterializePolicy,
    AutomationCondition,
    DailyPartitionsDefinition,
    Definitions,
    FakeClock,
    FreshnessPolicy,
    Instance,
    asset,
    asset_check,
    evaluate_automation_conditions,
    materialize,
    observable_source_asset,
)
from assettui.model.freshness import FreshnessStatus
from assettui.model.timing import clock_us

LAZY = AutoMaterializePolicy.lazy()
MONDAY = datetime(2024, 3, 4, tzinfo=UTC)


@asset(auto_materialize_policy=LAZY)
def fact() -> None: ...


@asset(deps=[fact], auto_materialize_policy=LAZY, freshness_policy=FreshnessPolicy(maximum_lag_minutes=60))
def hourly() -> None: ...


@asset(deps=[fact], auto_materialize_policy=LAZY, freshness_policy=FreshnessPolicy(maximum_lag_minutes=60 * 24))
def daily() -> None: ...


@asset(
    deps=[fact],
    auto_materialize_policy=LAZY,
    freshness_policy=FreshnessPolicy(
        maximum_lag_minutes=120, cron_schedule="0 9 * * 1-5", cron_schedule_timezone="Europe/Paris"
    ),
)
def at_nine() -> None: ...


def made(clock: FakeClock, **length: float) -> list[tuple[datetime, str]]:
    """What is made meanwhile, and when."""
    return [
        (tick.time, str(key))
        for tick in clock.advance(**length)
        for request in tick.run_requests
        for key in request.asset_selection or ()
    ]


def test_lazy_assets_are_made_as_rarely_as_satisfies_all_of_them() -> None:
    clock = FakeClock(Definitions([fact, hourly, daily]), MONDAY)
    over_a_week = made(clock, days=7)
    counts = Counter(name for _, name in over_a_week)
    assert counts == {"fact": 1 + 168, "hourly": 1 + 168, "daily": 1 + 7}
    minutes = Counter(time.minute for time, _ in over_a_week)
    assert len(minutes) <= 3, "just before the hour is over, and at no other time"
    assert {clock.freshness(each).status for each in (hourly, daily)} == {FreshnessStatus.PASS}  # pyright: ignore


def test_a_report_at_nine_is_made_for_nine_and_only_on_workdays() -> None:
    clock = FakeClock(Definitions([fact, at_nine]), MONDAY)
    made(clock, minutes=1)
    reports = [time for time, name in made(clock, days=7) if name == "at_nine"]
    assert [time.strftime("%a") for time in reports] == ["Mon", "Tue", "Wed", "Thu", "Fri"]
    for time in reports:
        nine = time.replace(hour=8, minute=0, second=0, microsecond=0)  # in Paris, in winter
        assert timedelta(0) <= nine - time <= timedelta(hours=2)


def test_eager_assets_follow_and_a_cron_waits_for_what_it_reads() -> None:
    @asset
    def source() -> None: ...

    @asset(deps=[source], automation_condition=AutomationCondition.eager())
    def follows() -> None: ...

    @asset(deps=[follows], automation_condition=AutomationCondition.on_cron("0 9 * * *"))
    def report() -> None: ...

    clock = FakeClock(Definitions([source, follows, report]), MONDAY)
    assert made(clock, days=1) == []
    clock.materialize(source)
    tuesday = MONDAY + timedelta(days=1)
    assert made(clock, hours=1) == [(tuesday, "follows"), (tuesday, "report")], "nine on Monday has passed"
    clock.materialize(source)
    assert [name for _, name in made(clock, hours=1)] == ["follows"], "it is not nine yet"
    assert [name for _, name in made(clock, days=1)] == [], "and then nothing that it reads was updated since"
    clock.materialize(source)
    assert [name for _, name in made(clock, minutes=1)] == ["follows", "report"]


def test_observations_lead_to_something_only_where_the_data_is_another() -> None:
    @observable_source_asset
    def feed() -> None: ...

    @asset(deps=[feed], automation_condition=AutomationCondition.eager())
    def loaded() -> None: ...

    clock = FakeClock(Definitions([feed, loaded]), MONDAY)
    made(clock, minutes=1)
    for version, expected in (("1", ["loaded"]), ("1", []), ("2", ["loaded"])):
        clock.materialize(feed, data_version=version)
        assert [name for _, name in made(clock, minutes=1)] == expected


def test_a_deadline_turns_with_the_clock_and_a_backfill_of_old_days_does_not_help() -> None:
    @asset(
        partitions_def=DailyPartitionsDefinition("2024-03-01"),
        freshness_policy=FreshnessPolicy.cron("0 9 * * *", timedelta(hours=2)),
    )
    def report() -> None: ...

    def status() -> str:
        found = clock.freshness(report)
        assert found is not None
        return found.status.value

    clock = FakeClock(Definitions([report]), MONDAY + timedelta(hours=8))
    assert status() == "unknown"
    clock.materialize(report, partition_key="2024-03-02")
    assert status() == "pass", "the third is due at nine, and it is eight"
    clock.advance(hours=1)
    assert status() == "fail"
    clock.materialize(report, partition_key="2024-03-03")
    assert status() == "pass"
    clock.advance(days=1)
    assert status() == "fail"
    clock.materialize(report, partition_key="2024-03-01")
    assert status() == "fail"
    clock.materialize(report, partition_key="2024-03-04")
    assert status() == "pass"


def test_conditions_of_the_users_own_take_part() -> None:
    allowed: list[bool] = [False]

    class Allowed(AutomationCondition, frozen=True):
        def evaluate(self, context: Any) -> Any:
            from assettui import AutomationResult

            return AutomationResult(context, context.candidate_subset if allowed[0] else context.get_empty_subset())

    @asset(automation_condition=AutomationCondition.missing() & Allowed())
    def guarded() -> None: ...

    with Instance.ephemeral() as instance:
        first = evaluate_automation_conditions([guarded], instance)
        assert first.total_requested == 0
        allowed[0] = True
        second = evaluate_automation_conditions([guarded], instance, cursor=first.cursor)
        assert second.get_requested_partitions(guarded.key) == {None}
        materialize([guarded], instance=instance)
        assert evaluate_automation_conditions([guarded], instance, cursor=second.cursor).total_requested == 0


def test_what_is_not_there_is_told() -> None:
    clock = FakeClock(Definitions([fact, hourly]), MONDAY)
    with pytest.raises(AssettuiError, match="defines no asset nothing"):
        clock.materialize("nothing")


def test_edited_code_overdue_data_and_checks_have_conditions_of_their_own() -> None:
    def project(version: str) -> Definitions:
        @asset(code_version=version, automation_condition=AutomationCondition.code_version_changed())
        def a() -> None: ...

        @asset(
            deps=[a],
            freshness_policy=FreshnessPolicy(maximum_lag_minutes=60),
            automation_condition=AutomationCondition.freshness_failed(),
        )
        def b() -> None: ...

        @asset_check(asset=a, automation_condition=AutomationCondition.cron_tick_passed("0 9 * * *"))
        def c() -> AssetCheckResult:
            return AssetCheckResult(passed=True)

        return Definitions([a, b], asset_checks=[c])

    made_at = datetime.fromtimestamp(clock_us() / 1e6, UTC)
    eight = (made_at + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    check = AssetCheckKey(AssetKey("a"), "c")
    cursor = None
    with Instance.ephemeral() as instance:

        def requested(version: str, time: datetime) -> set[str]:
            nonlocal cursor
            result = evaluate_automation_conditions(project(version), instance, cursor=cursor, evaluation_time=time)
            cursor = result.cursor
            names = {name for name in ("a", "b") if result.get_num_requested(name)}
            return names | ({str(check)} if result.get_num_requested(check) else set())

        assert materialize([*project("1").assets], instance=instance).success
        assert requested("1", made_at) == set()
        assert requested("2", made_at) == {"a"}
        assert requested("2", made_at) == set(), "once for each change"
        assert "b" in requested("2", eight - timedelta(minutes=1)), "and the check, where it was before nine just now"
        assert requested("2", eight) == {"b"}
        assert requested("2", eight + timedelta(hours=1, seconds=1)) == {"b", "a:c"}, "b is still overdue"
        assert requested("2", eight + timedelta(hours=2)) == {"b"}
