"""Checks in a run: when they are evaluated, what they come to, and what follows from it for everything else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from assettui import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    DailyPartitionsDefinition,
    Instance,
    MaterializeResult,
    Output,
    StepFailed,
    asset,
    asset_check,
    materialize,
    multi_asset_check,
)
from assettui.model.check import CheckOutcome


@asset
def features() -> pd.DataFrame:
    return pd.DataFrame({"user_id": [1, None, 3]})


@asset
def report(features: pd.DataFrame) -> int:
    return len(features)


@asset
def beside() -> int:
    return 1


@asset_check(asset=features, blocking=True)
def no_null_users(features: pd.DataFrame) -> AssetCheckResult:
    nulls = sum(features["user_id"].isna())
    return AssetCheckResult(passed=nulls == 0, metadata={"nulls": nulls}, description=f"{nulls} users without a name")


def check_of(result: Any, **said: Any) -> Any:
    """A check of `features` that gives the same result each time."""

    @asset_check(asset=features, name="of_features", **said)
    def of_features() -> Any:
        return result

    return of_features


def outcomes(run: Any) -> dict[str, CheckOutcome]:
    return {each.check_name: each.outcome for each in run.get_asset_check_evaluations()}


def test_a_blocking_check_that_fails_fails_its_asset_and_keeps_what_reads_it_from_being_built() -> None:
    run = materialize([features, report, beside, no_null_users], raise_on_error=False)
    assert not run.success
    (evaluated,) = run.get_asset_check_evaluations()
    assert not evaluated.passed
    assert evaluated.description == "1 users without a name"
    assert evaluated.metadata["nulls"].value == 1
    assert {each.asset_key for each in run.get_asset_materialization_events()} == {
        AssetKey("features"),
        AssetKey("beside"),
    }
    with pytest.raises(StepFailed, match="the blocking check no_null_users of features failed: 1 users without a name"):
        materialize([features, report, no_null_users])


@pytest.mark.parametrize(
    ("result", "outcome", "succeeds"),
    [
        (AssetCheckResult(passed=True), CheckOutcome.PASSED, True),
        (AssetCheckResult(passed=np.bool_(True)), CheckOutcome.PASSED, True),
        (AssetCheckResult(passed=False), CheckOutcome.FAILED, False),
        (AssetCheckResult(passed=False, severity=AssetCheckSeverity.WARN), CheckOutcome.WARNED, True),
        (AssetCheckResult(passed=False, severity="warn"), CheckOutcome.WARNED, True),
    ],
)
def test_only_an_error_of_a_blocking_check_stops_anything(
    result: AssetCheckResult, outcome: CheckOutcome, succeeds: bool
) -> None:
    blocked = materialize([features, report, check_of(result, blocking=True)], raise_on_error=False)
    assert outcomes(blocked) == {"of_features": outcome}
    assert blocked.success is succeeds
    plain = materialize([features, report, check_of(result)], raise_on_error=False)
    assert outcomes(plain) == {"of_features": outcome}
    assert plain.success, "a check that is not blocking fails no run"


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (None, "the check features:of_features returned nothing"),
        (AssetCheckResult(passed=pd.Series([True])), "says passed="),
        (AssetCheckResult(passed=True, severity="BAD"), "gave the severity 'BAD'"),
        (AssetCheckResult(passed=True, check_name="of_featres"), "did you mean features:of_features"),
        ("fine", "AssetCheckResult"),
    ],
)
def test_a_result_that_is_none_is_told(result: Any, told: str) -> None:
    with pytest.raises(StepFailed, match=told):
        materialize([features, check_of(result)])


def test_two_results_of_one_check_are_told() -> None:
    @asset_check(asset=features)
    def twice() -> Any:
        yield AssetCheckResult(passed=True)
        yield AssetCheckResult(passed=True)

    with pytest.raises(StepFailed, match="the check features:twice gave two results"):
        materialize([features, twice])


def test_a_check_that_raises_could_not_be_evaluated_which_is_not_a_failure_of_the_data() -> None:
    @asset_check(asset=features, blocking=True)
    def broken() -> AssetCheckResult:
        raise RuntimeError("no connection")

    with Instance.ephemeral() as instance:
        run = materialize([features, report, broken], raise_on_error=False, instance=instance)
        assert not run.success
        assert run.get_asset_check_evaluations() == []
        assert AssetKey("report") not in {each.asset_key for each in run.get_asset_materialization_events()}


def test_a_function_evaluates_its_own_checks_beside_what_it_makes() -> None:
    @asset(check_specs=[AssetCheckSpec("filled", asset="own"), AssetCheckSpec("short", asset="own", blocking=True)])
    def own() -> Any:
        return MaterializeResult(
            value=[1],
            check_results=[
                AssetCheckResult(passed=True, check_name="filled"),
                AssetCheckResult(passed=True, check_name="short"),
            ],
        )

    @asset(check_specs=[AssetCheckSpec("filled", asset="yielding")])
    def yielding() -> Any:
        yield Output([1])
        yield AssetCheckResult(passed=False, severity="WARN")

    run = materialize([own, yielding])
    assert [(str(each.check_key), each.outcome.value) for each in run.get_asset_check_evaluations()] == [
        ("own:filled", "passed"),
        ("own:short", "passed"),
        ("yielding:filled", "warned"),
    ]


def test_one_function_evaluates_several_checks_and_some_of_them_alone() -> None:
    specs = [AssetCheckSpec("a", asset=features), AssetCheckSpec("b", asset=beside)]

    @multi_asset_check(specs=specs, can_subset=True)
    def both(context: AssetCheckExecutionContext) -> Any:
        for key in sorted(context.selected_asset_check_keys, key=str):
            yield AssetCheckResult(passed=True, asset_key=key.asset_key, check_name=key.name)

    assert outcomes(materialize([features, beside, both])) == {"a": CheckOutcome.PASSED, "b": CheckOutcome.PASSED}
    with Instance.ephemeral() as instance:
        materialize([features, beside], instance=instance)
        alone = materialize([features, beside, both], selection="check:features:a", instance=instance)
    assert alone.get_asset_materialization_events() == []
    assert outcomes(alone) == {"a": CheckOutcome.PASSED}


def test_a_check_reads_other_assets_and_waits_for_others() -> None:
    seen: list[tuple[int, int]] = []

    @asset_check(asset=features, additional_deps=[report])
    def compared(features: pd.DataFrame, beside: int) -> AssetCheckResult:
        seen.append((len(features), beside))
        return AssetCheckResult(passed=True)

    run = materialize([features, report, beside, compared])
    assert run.success
    assert seen == [(3, 1)]


def test_called_directly_it_is_the_function_itself() -> None:
    result = no_null_users(pd.DataFrame({"user_id": [1, 2]}))
    assert isinstance(result, AssetCheckResult)
    assert result.passed is True


def test_checks_of_partitions_are_kept_for_each_of_them() -> None:
    @asset(partitions_def=DailyPartitionsDefinition("2024-01-01"))
    def daily(context: Any) -> int:
        return int(context.partition_key[-2:])

    @asset_check(asset=daily)
    def even(daily: int) -> AssetCheckResult:
        return AssetCheckResult(passed=daily % 2 == 0)

    with Instance.ephemeral() as instance:
        for day in ("2024-01-01", "2024-01-02"):
            materialize([daily, even], partition_key=day, instance=instance)
        history = instance.fetch_check_evaluations(even.check_key)
    assert [(each.partition, each.passed) for each in history] == [("2024-01-02", True), ("2024-01-01", False)]
