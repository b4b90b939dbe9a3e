"""Checks, policies and conditions as they are declared, gathered and selected."""

from __future__ import annotations

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest

from assettui import (
    AssetCheckKey,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSpec,
    AssetKey,
    AssetSelection,
    AssetSpec,
    AutomationCondition,
    Definitions,
    FreshnessPolicy,
    Instance,
    apply_freshness_policy,
    asset,
    asset_check,
    define_asset_job,
    load_asset_checks_from_modules,
    map_asset_specs,
    materialize,
    multi_asset,
)
from assettui.definitions.describe.project import describe

DAY = FreshnessPolicy.time_window(timedelta(days=1))


@asset
def orders() -> int:
    return 1


@asset
def report(orders: int) -> int:
    return orders


@asset_check(asset=orders, blocking=True, metadata={"owner": "ops"})
def filled(orders: int) -> AssetCheckResult:
    """Docstring."""
    return AssetCheckResult(passed=bool(orders))


@asset_check(asset=report, automation_condition=AutomationCondition.on_cron("0 9 * * *"))
def small(report: int) -> AssetCheckResult:
    return AssetCheckResult(passed=report < 5)


def evaluated(selection: Any) -> list[str]:
    """The assets and checks that a run of this selection makes and evaluates."""
    with Instance.ephemeral() as instance:
        materialize([orders, report], instance=instance)
        run = materialize([orders, report, filled, small], selection=selection, instance=instance)
    made = [str(each.asset_key) for each in run.get_asset_materialization_events()]
    return [*made, *(str(each.check_key) for each in run.get_asset_check_evaluations())]


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        (AssetSelection.all(), ["orders", "report", "orders:filled", "report:small"]),
        (AssetSelection.assets("orders"), ["orders", "orders:filled"]),
        (AssetSelection.assets("orders").without_checks(), ["orders"]),
        (AssetSelection.checks(small), ["report:small"]),
        (AssetSelection.checks_for_assets(orders), ["orders:filled"]),
        (AssetSelection.all_asset_checks(), ["orders:filled", "report:small"]),
        (AssetSelection.all() - AssetSelection.checks(small), ["orders", "report", "orders:filled"]),
        ("orders and not check:orders:filled", ["orders"]),
        ("checks(report)", ["report:small"]),
    ],
)
def test_selections_of_assets_and_checks(selection: Any, found: list[str]) -> None:
    assert evaluated(selection) == found


def test_what_is_declared_of_a_check_is_described() -> None:
    snapshot = describe("test", Definitions([orders, report], asset_checks=[filled, small])).snapshot
    first, second = snapshot.checks
    assert (str(first.key), first.is_blocking, first.description) == ("orders:filled", True, "Docstring.")
    assert first.metadata["owner"].value == "ops"
    assert second.condition is not None
    assert first.at is not None
    assert first.at.file == __file__


def test_they_are_loaded_from_modules_below_a_prefix_too() -> None:
    module = ModuleType("checks_of_mine")
    module.filled, module.small = filled, small  # type: ignore[attr-defined]  # pyright: ignore
    loaded = load_asset_checks_from_modules([module])
    assert [check for each in loaded for check in each.check_keys] == [filled.check_key, small.check_key]
    (below, _) = load_asset_checks_from_modules([module], asset_key_prefix="raw")
    assert below.check_key == AssetCheckKey(AssetKey("raw/orders"), "filled")
    assert isinstance(below, AssetChecksDefinition)


def test_definitions_are_merged_with_their_checks_and_jobs_select_them() -> None:
    job = define_asset_job("checking", AssetSelection.all_asset_checks())
    merged = Definitions.merge(
        Definitions([orders], asset_checks=[filled]), Definitions([report], asset_checks=[small], jobs=[job])
    )
    assert [str(each.key) for each in describe("test", merged).snapshot.checks] == ["orders:filled", "report:small"]
    with Instance.ephemeral() as instance:
        materialize([orders, report], instance=instance)
        run = merged.get_job_def("checking").execute_in_process(instance=instance)
    assert len(run.get_asset_check_evaluations()) == 2


def test_a_policy_is_given_to_specs_and_functions_alike() -> None:
    @multi_asset(specs=[AssetSpec("one"), AssetSpec("two", freshness_policy=FreshnessPolicy(maximum_lag_minutes=5))])
    def both() -> Any: ...

    def with_policy(spec: AssetSpec) -> AssetSpec:
        return apply_freshness_policy(spec, DAY, overwrite_existing=False)

    mapped = map_asset_specs(with_policy, [orders, both, AssetSpec("outside")])
    assets = {str(each.key): each.freshness_policy for each in describe("test", Definitions(mapped)).snapshot.assets}
    assert assets == {
        "orders": DAY,
        "one": DAY,
        "two": FreshnessPolicy(maximum_lag_minutes=5),
        "outside": DAY,
    }
    assert apply_freshness_policy(
        AssetSpec("a", freshness_policy=DAY), FreshnessPolicy(maximum_lag_minutes=1)
    ).freshness_policy == (FreshnessPolicy(maximum_lag_minutes=1))


def test_keys_of_checks_are_written_and_read() -> None:
    key = AssetCheckKey(AssetKey("a/b"), "c")
    assert (str(key), AssetCheckKey.from_user_string("a/b:c")) == ("a/b:c", key)
    with pytest.raises(ValueError, match="names no check"):
        AssetCheckKey.from_user_string("a/b")
    assert AssetCheckSpec("c", asset="a/b").key == key
