"""What is declared of checks, freshness and automation, and can never hold: told with the place, and what to do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from assettui import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetSpec,
    AutoMaterializePolicy,
    AutomationCondition,
    AutomationConditionSensorDefinition,
    Definitions,
    DefinitionsError,
    FreshnessPolicy,
    asset,
    asset_check,
    multi_asset_check,
)
from assettui.definitions.describe.project import describe
from assettui.model.project import ProjectSnapshot


@asset
def orders() -> int:
    return 1


@asset
def report(orders: int) -> int:
    return orders


def problems(*assets: Any, **more: Any) -> str:
    with pytest.raises(DefinitionsError) as told:
        describe("test", Definitions(assets, **more))
    return str(told.value)


def described(*assets: Any, **more: Any) -> ProjectSnapshot:
    return describe("test", Definitions(assets, **more)).snapshot


def test_a_check_of_an_asset_that_is_not_there() -> None:
    @asset_check(asset="ordrs")
    def filled() -> Any: ...

    told = problems(orders, asset_checks=[filled])
    assert "check ordrs:filled is of the asset ordrs, which nothing defines" in told
    assert "did you mean 'orders'?" in told
    assert "test_wrong_declarations.py:" in told


def test_two_checks_of_one_name() -> None:
    @asset_check(asset=orders, name="same")
    def one() -> Any: ...

    @asset_check(asset=orders, name="same")
    def other() -> Any: ...

    assert "the check orders:same is defined twice" in problems(orders, asset_checks=[one, other])


def test_what_is_no_check_and_names_that_are_none() -> None:
    assert "is not a check" in problems(orders, asset_checks=[orders])

    @asset_check(asset=orders, name="a b")
    def odd() -> Any: ...

    assert "'a b' is not a check name" in problems(orders, asset_checks=[odd])

    @multi_asset_check(specs=[])
    def none() -> Any: ...

    assert "evaluates no check" in problems(orders, asset_checks=[none])


def test_a_check_reads_what_is_not_there_or_has_partitions_of_its_own() -> None:
    @asset_check(asset=orders)
    def compared(orders: int, customrs: int) -> Any: ...

    assert "customrs" in problems(orders, asset_checks=[compared])


def test_a_blocking_check_that_needs_what_it_would_hold_up() -> None:
    @asset_check(asset=orders, blocking=True, additional_deps=[report])
    def circular() -> Any: ...

    told = problems(orders, report, asset_checks=[circular])
    assert "the blocking check orders:circular needs report, which depends on orders" in told


def test_checks_that_the_function_of_another_asset_is_to_evaluate() -> None:
    @asset(check_specs=[AssetCheckSpec("filled", asset="orders")])
    def other() -> Any: ...

    assert "is to be evaluated by other, which does not make orders" in problems(orders, other)


def test_a_condition_that_can_never_be_true() -> None:
    missing = AutomationCondition.missing()

    @asset(automation_condition=missing & ~missing)
    def never() -> None: ...

    told = problems(never)
    assert "asset never: its automation condition can never be true" in told


def test_a_condition_that_is_none_and_policies_that_contradict_each_other() -> None:
    with pytest.raises(Exception, match="automation_condition is 'eager'"):

        @asset(automation_condition="eager")  # pyright: ignore[reportArgumentType, reportCallIssue]
        def textual() -> None: ...

    @asset(automation_condition=AutomationCondition.eager(), auto_materialize_policy=AutoMaterializePolicy.lazy())
    def both() -> None: ...

    assert "both" in problems(both)
    assert "an automation_condition and an auto_materialize_policy" in problems(both)


def test_a_cron_expression_that_is_none() -> None:
    with pytest.raises(Exception, match="61"):
        AutomationCondition.on_cron("61 * * * *")

    @asset(freshness_policy=FreshnessPolicy.cron("61 * * * *", timedelta(hours=1)))
    def late() -> None: ...

    assert "61" in problems(late)

    @asset(freshness_policy=FreshnessPolicy.cron("0 9 * * *", timedelta(hours=1), "Europe/Pari"))
    def lost() -> None: ...

    assert "Europe/Pari" in problems(lost)


def test_a_lag_that_what_lies_upstream_can_never_give_is_warned_of_with_the_arithmetic() -> None:
    @asset(automation_condition=AutomationCondition.on_cron("0 0 * * *"))
    def nightly() -> None: ...

    @asset(deps=[nightly], freshness_policy=FreshnessPolicy(maximum_lag_minutes=60))
    def hourly() -> None: ...

    (warning,) = described(nightly, hourly).warnings
    assert "hourly" in warning.what
    assert "nightly" in warning.what
    assert "24h" in warning.what
    assert described(nightly, asset(name="daily", deps=[nightly])(lambda: None)).warnings == ()


def test_two_automations_of_one_asset() -> None:
    sensors = [AutomationConditionSensorDefinition(name, target="*") for name in ("first", "second")]

    @asset(automation_condition=AutomationCondition.eager())
    def eager(orders: int) -> None: ...

    told = problems(orders, eager, sensors=sensors)
    assert "first" in told
    assert "second" in told


def test_a_condition_on_an_asset_that_is_not_there() -> None:
    @asset(automation_condition=AutomationCondition.asset_matches("ordrs", AutomationCondition.newly_updated()))
    def follows() -> None: ...

    told = problems(orders, follows)
    assert "ordrs" in told
    assert "did you mean 'orders'?" in told


def test_what_is_external_and_is_never_looked_at_cannot_be_made_by_a_condition() -> None:
    told = problems(AssetSpec("outside", automation_condition=AutomationCondition.eager()))
    assert "outside" in told


def test_a_severity_that_is_none_is_told_when_it_is_given() -> None:
    with pytest.raises(Exception, match="severity is 3"):
        AssetCheckResult(passed=True, severity=3)  # pyright: ignore[reportArgumentType, reportCallIssue]
