"""Ready-made checks: of freshness, of metadata, of the rows of tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pandas as pd
import polars as pl
import pytest

import assettui
from assettui import (
    AssetChecksDefinition,
    AssettuiError,
    DailyPartitionsDefinition,
    Instance,
    MaterializeResult,
    TableSchema,
    asset,
    build_accepted_values_checks,
    build_column_schema_change_checks,
    build_last_update_freshness_checks,
    build_metadata_bounds_checks,
    build_null_rate_checks,
    build_referential_checks,
    build_row_count_drop_checks,
    build_sensor_for_freshness_checks,
    build_time_partition_freshness_checks,
    build_uniqueness_checks,
    materialize,
)
from assettui.definitions.ready_checks import freshness
from assettui.model.timing import SECOND_US

HOUR_US = 3_600 * SECOND_US


def table_of(value: Any) -> Any:
    @asset
    def table() -> Any:
        return value

    return table


def said(checks: Sequence[AssetChecksDefinition], *assets: Any, instance: Instance | None = None) -> list[str]:
    """`outcome: description` of each check, once these assets are made."""
    run = materialize([*assets, *checks], instance=instance, raise_on_error=False)
    return [f"{each.outcome.value}: {each.description}" for each in run.get_asset_check_evaluations()]


ROWS: dict[str, list[Any]] = {"id": [1, 2, 2], "name": ["a", None, "c"], "amount": [1.0, float("nan"), 2.0]}


@pytest.mark.parametrize("frame", [pl.DataFrame, pd.DataFrame, pl.LazyFrame, dict])
def test_of_the_rows_of_a_table_of_any_kind(frame: Callable[[Any], Any]) -> None:
    table = table_of(frame(ROWS))
    assert said(build_uniqueness_checks(assets=[table], columns=["id"]), table) == ["failed: 1 row more than once: 2"]
    assert said(build_uniqueness_checks(assets=[table], columns=["id", "name"]), table) == [
        "passed: every row is there once"
    ]
    nulls = build_null_rate_checks(assets=["table"], columns=["name", "amount"], max_rate=0.25)
    assert said(nulls, table) == ["failed: null: name 33.3%, amount 33.3%; at most 25% may be"]
    assert said(build_null_rate_checks(assets=[table], columns=["id"]), table) == ["passed: few enough nulls"]
    accepted = build_accepted_values_checks(assets=[table], column="id", values=[1, 3], severity="WARN")
    assert said(accepted, table) == ["warned: 2 rows with other values: 2"]


def test_each_value_of_a_column_is_in_another_table() -> None:
    @asset
    def users() -> pl.DataFrame:
        return pl.DataFrame({"user": [1, 2]})

    table = table_of(pl.DataFrame({"id": [1, None, 9]}))
    check = build_referential_checks(assets=[table], column="id", to=users, to_column="user", blocking=True)
    assert check[0].check_key.name == "id_is_in_users"
    assert said(check, table, users) == ["failed: 1 row with values that users has not: 9"]


def test_a_table_that_has_lost_its_rows() -> None:
    sizes = iter([100, 60, 20])

    @asset
    def table() -> pl.DataFrame:
        return pl.DataFrame({"n": range(next(sizes))})

    checks = build_row_count_drop_checks(assets=[table], max_drop=0.5)
    with Instance.ephemeral() as instance:
        found = [said(checks, table, instance=instance) for _ in range(3)]
    assert found == [
        ["passed: nothing to compare with"],
        ["passed: 60 rows, 100 before: 40% less"],
        ["failed: 20 rows, 60 before: 67% less"],
    ]


def test_what_is_no_table_or_lacks_the_column_cannot_be_checked() -> None:
    with pytest.raises(assettui.StepFailed, match=r"table has no column nme\n +it has: id, name, amount"):
        table = table_of(pl.DataFrame(ROWS))
        materialize([table, *build_null_rate_checks(assets=[table], columns=["nme"])])
    with pytest.raises(assettui.StepFailed, match="table is int, which is no table"):
        table = table_of(3)
        materialize([table, *build_uniqueness_checks(assets=[table], columns=["a"])])


def test_numbers_in_the_metadata_have_bounds() -> None:
    @asset
    def table() -> Any:
        return MaterializeResult(metadata={"rows read": 5})

    def bounds(**given: Any) -> list[str]:
        return said(build_metadata_bounds_checks(assets=[table], metadata_key="rows read", **given), table)

    assert bounds(min_value=5) == ["passed: rows read is 5, and must be ≥ 5"]
    assert bounds(min_value=5, exclusive_min=True) == ["warned: rows read is 5, and must be > 5"]
    assert bounds(min_value=1, max_value=4, severity="ERROR") == ["failed: rows read is 5, and must be ≥ 1 and ≤ 4"]
    other = build_metadata_bounds_checks(assets=[table], metadata_key="written", max_value=1)
    assert said(other, table) == ["warned: written of the last materialization is not there"]


def test_columns_that_are_others_than_before() -> None:
    schemas = iter([{"a": "int", "b": "int"}, {"a": "int", "b": "int"}, {"a": "string", "c": "int"}])

    @asset
    def table() -> Any:
        schema = TableSchema.from_name_type_dict(next(schemas))
        return MaterializeResult(metadata={"dagster/column_schema": schema})

    checks = build_column_schema_change_checks(assets=[table])
    with Instance.ephemeral() as instance:
        found = [said(checks, table, instance=instance) for _ in range(3)]
    assert found == [
        ["passed: there is nothing earlier to compare with"],
        ["passed: the columns are the same"],
        ["warned: c added; b removed; a: int → string"],
    ]


def at(monkeypatch: pytest.MonkeyPatch, time_us: int) -> None:
    monkeypatch.setattr(freshness, "clock_us", lambda: time_us)


def test_an_asset_was_updated_not_too_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of(1)
    checks = build_last_update_freshness_checks(assets=[table], lower_bound_delta=timedelta(hours=2))
    with Instance.ephemeral() as instance:
        assert said(checks, table, instance=instance) == ["passed: updated now"]
        made_us = instance.fetch_check_evaluations(checks[0].check_key)[0].time_us
        at(monkeypatch, made_us + 3 * HOUR_US)
        again = materialize([table, *checks], selection="check:table:freshness_check", instance=instance)
        (late,) = again.get_asset_check_evaluations()
    assert late.outcome.value == "warned"
    assert "last updated 3h ago" in str(late.description)


def test_the_newest_partition_is_there_by_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    @asset(partitions_def=DailyPartitionsDefinition("2024-01-01"))
    def daily() -> int:
        return 1

    checks = build_time_partition_freshness_checks(assets=[daily], deadline_cron="0 9 * * *", severity="ERROR")

    def evaluated(time_us: int) -> tuple[bool, str | None]:
        at(monkeypatch, time_us)
        run = materialize([daily, *checks], selection="check:daily:freshness_check", instance=instance)
        (found,) = run.get_asset_check_evaluations()
        return found.passed, found.description

    third_us = 1_704_240_000 * SECOND_US  # 2024-01-03T00:00Z
    with Instance.ephemeral() as instance:
        late = "the partition 2024-01-01 was due at 2024-01-02 09:00:00, and is not there"
        assert evaluated(third_us) == (False, late)
        materialize([daily], partition_key="2024-01-02", instance=instance)
        assert evaluated(third_us + 8 * HOUR_US) == (True, "2024-01-02 is there")
        assert evaluated(third_us + 33 * HOUR_US - 1) == (True, "2024-01-02 is there")
        assert not evaluated(third_us + 33 * HOUR_US)[0], "the third of January is due at nine on the fourth"


def test_a_sensor_has_them_evaluated_when_they_may_have_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of(1)
    checks = build_last_update_freshness_checks(assets=[table], lower_bound_delta=timedelta(hours=2))
    sensor = build_sensor_for_freshness_checks(freshness_checks=checks)
    with Instance.ephemeral() as instance:
        context = assettui.build_sensor_context(instance=instance)
        first = sensor(context)
        assert first.asset_check_keys == [checks[0].check_key]
        materialize([table, *checks], instance=instance)
        assert "none of the checks" in str(sensor(context))
        at(monkeypatch, instance.fetch_check_evaluations(checks[0].check_key)[0].time_us + 2 * HOUR_US)
        assert sensor(context).asset_check_keys == [checks[0].check_key]


@pytest.mark.parametrize(
    ("build", "given", "told"),
    [
        (build_null_rate_checks, {"columns": ["a"], "max_rate": 3}, "max_rate is 3"),
        (build_null_rate_checks, {"columns": []}, "columns is empty"),
        (build_uniqueness_checks, {"columns": ["a"], "severity": "BAD"}, "severity is 'BAD'"),
        (build_uniqueness_checks, {"column": ["a"]}, r"unexpected keyword argument 'column'"),
        (build_metadata_bounds_checks, {"metadata_key": "n"}, "neither min_value nor max_value"),
        (build_metadata_bounds_checks, {"metadata_key": "n", "min_value": 2, "max_value": 1}, "is more than max_value"),
        (build_time_partition_freshness_checks, {"deadline_cron": "61 * * * *"}, "the deadlines: "),
        (build_last_update_freshness_checks, {"lower_bound_delta": timedelta(0)}, "longer than 0"),
        (build_accepted_values_checks, {"column": "a", "values": []}, "nothing would be accepted"),
    ],
)
def test_what_can_never_hold_is_refused_where_it_is_written(build: Any, given: dict[str, Any], told: str) -> None:
    with pytest.raises(AssettuiError, match=told):
        build(assets=["table"], **given)
