"""Tables of databases, partition by partition: each run replaces its own rows, and reads those it needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assettui import (
    AssetExecutionContext,
    DailyPartitionsDefinition,
    HourlyPartitionsDefinition,
    InMemoryIOManager,
    Instance,
    MonthlyPartitionsDefinition,
    MultiPartitionKey,
    MultiPartitionsDefinition,
    StaticPartitionsDefinition,
    StepFailed,
    TimeWindowPartitionsDefinition,
    asset,
    materialize,
)
from assettui.integrations.duckdb import DuckDBIOManager
from assettui.integrations.sqlite import SQLiteIOManager
from assettui.values.tables import TableName

DAYS = DailyPartitionsDefinition("2013-01-01", end_date="2014-01-01")
REGIONS = StaticPartitionsDefinition(["north", "south"])


def duckdb(folder: Path) -> Any:
    return DuckDBIOManager(database=str(folder / "it.duckdb"))


def sqlite(folder: Path) -> Any:
    return SQLiteIOManager(database=str(folder / "it.sqlite"))


both = pytest.mark.parametrize("make", [duckdb, sqlite])
Make = Callable[[Path], Any]


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """A store."""
    return Instance.open(tmp_path / "store")


def between(first: str, last: str) -> dict[str, str]:
    """What asks for a run of all partitions from one to another."""
    return {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}


@both
def test_a_partition_replaces_its_own_rows_and_no_others(tmp_path: Path, make: Make, instance: Instance) -> None:
    amount = 1

    @asset(partitions_def=DAYS, metadata={"partition_expr": "day"})
    def sales(context: AssetExecutionContext) -> pl.DataFrame:
        day = dt.date.fromisoformat(context.partition_key)
        return pl.DataFrame({"day": [day, day], "amount": [amount, 10 * amount]})

    resources = {"io_manager": make(tmp_path)}
    for day in ("2013-01-01", "2013-01-02", "2013-12-31"):
        materialize([sales], partition_key=day, instance=instance, resources=resources)
    amount = 2
    again = materialize([sales], partition_key="2013-01-02", instance=instance, resources=resources)
    assert again.asset_value("sales")["amount"].to_list() == [2, 20]
    table = resources["io_manager"].read(TableName(None, "sales"), None, "polars").sort("day", "amount")
    assert [(str(day), amount) for day, amount in table.iter_rows()] == [
        ("2013-01-01", 1),
        ("2013-01-01", 10),
        ("2013-01-02", 2),
        ("2013-01-02", 20),
        ("2013-12-31", 1),
        ("2013-12-31", 10),
    ]


@both
def test_several_partitions_are_one_frame_or_a_frame_each(tmp_path: Path, make: Make, instance: Instance) -> None:
    months = MonthlyPartitionsDefinition("2013-01-01", end_date="2014-01-01")
    january = [f"2013-01-{day:02}" for day in range(1, 32)]

    @asset(partitions_def=DAYS, metadata={"partition_expr": "day"})
    def sales(context: AssetExecutionContext) -> list[dict[str, Any]]:
        return [{"day": dt.date.fromisoformat(key), "amount": 1} for key in context.partition_keys]

    @asset(partitions_def=months, io_manager_key="memory")
    def together(sales: pl.DataFrame) -> list[str]:
        return sorted(map(str, sales["day"]))

    @asset(partitions_def=months, io_manager_key="memory")
    def one_by_one(sales: dict[str, pl.DataFrame]) -> dict[str, int]:
        return {key: frame.height for key, frame in sales.items()}

    resources = {"io_manager": make(tmp_path), "memory": InMemoryIOManager()}
    definitions = [sales, together, one_by_one]
    run = materialize(
        definitions,
        selection=["sales"],
        tags=between("2013-01-01", "2013-02-02"),
        instance=instance,
        resources=resources,
    )
    assert run.success
    read = materialize(
        definitions,
        selection=["together", "one_by_one"],
        partition_key="2013-01-01",
        instance=instance,
        resources=resources,
    )
    assert read.asset_value("together") == january
    assert read.asset_value("one_by_one") == dict.fromkeys(january, 1)


@both
def test_names_and_pairs_are_compared_as_text(tmp_path: Path, make: Make, instance: Instance) -> None:
    pairs = MultiPartitionsDefinition({"day": DAYS, "shop": StaticPartitionsDefinition(["1", "2"])})

    @asset(partitions_def=REGIONS, metadata={"partition_expr": "region"})
    def regions(context: AssetExecutionContext) -> list[dict[str, Any]]:
        return [{"region": context.partition_key, "n": 1}]

    @asset(partitions_def=pairs, metadata={"partition_expr": {"day": "moment", "shop": "shop"}})
    def shops(context: AssetExecutionContext) -> list[dict[str, Any]]:
        key = context.partition_key
        assert isinstance(key, MultiPartitionKey)
        moment = dt.datetime.fromisoformat(f"{key.keys_by_dimension['day']}T23:59:59")
        return [{"moment": moment, "shop": int(key.keys_by_dimension["shop"])}]

    resources = {"io_manager": make(tmp_path)}
    for _ in range(2):  # the second replaces the first
        for region in ("north", "south"):
            run = materialize([regions], partition_key=region, instance=instance, resources=resources)
            assert run.asset_value("regions").rows() == [(region, 1)]
        for key in ("2013-01-01|1", "2013-01-01|2", "2013-01-02|1"):
            run = materialize([shops], partition_key=key, instance=instance, resources=resources)
            assert run.asset_value("shops")["shop"].to_list() == [int(key[-1])]


@both
def test_windows_are_those_of_the_definitions_own_clock(tmp_path: Path, make: Make, instance: Instance) -> None:
    hours = HourlyPartitionsDefinition("2013-06-01-00:00", end_date="2013-06-02-00:00", timezone="America/New_York")

    @asset(partitions_def=hours, metadata={"partition_expr": "local"})
    def events(context: AssetExecutionContext) -> list[dict[str, Any]]:
        return [{"local": f"{context.partition_key[:10]} {context.partition_key[11:]}:30"}]

    resources = {"io_manager": make(tmp_path)}
    for key in ("2013-06-01-00:00", "2013-06-01-23:00"):
        run = materialize([events], partition_key=key, instance=instance, resources=resources)
        assert run.asset_value("events")["local"].to_list() == [f"2013-06-01 {key[11:]}:30"]


@pytest.mark.slow
@both
def test_thousands_of_names_and_of_spans_are_one_condition(tmp_path: Path, make: Make, instance: Instance) -> None:
    shops = StaticPartitionsDefinition([f"shop{number}" for number in range(40_000)])
    business_days = TimeWindowPartitionsDefinition(
        start="1990-01-01", end="2020-01-01", cron_schedule="0 0 * * *", fmt="%Y-%m-%d", exclusions=["0 0 * * 6,0"]
    )

    @asset(partitions_def=shops, metadata={"partition_expr": "shop"})
    def by_shop(context: AssetExecutionContext) -> pl.DataFrame:
        return pl.DataFrame({"shop": context.partition_keys})

    @asset(partitions_def=business_days, metadata={"partition_expr": "day"})
    def by_day(context: AssetExecutionContext) -> pl.DataFrame:
        return pl.DataFrame({"day": context.partition_keys}).with_columns(pl.col("day").str.to_date())

    resources = {"io_manager": make(tmp_path)}
    for definition in (by_shop, by_day):
        assert definition.partitions_def is not None
        keys = definition.partitions_def.get_partition_keys()
        run = materialize([definition], tags=between(keys[0], keys[-1]), instance=instance, resources=resources)
        assert run.asset_value(definition.key).height == len(keys)


@both
def test_rows_of_other_partitions_are_refused_and_nothing_is_changed(
    tmp_path: Path, make: Make, instance: Instance
) -> None:
    days = ["2013-01-01"]

    @asset(partitions_def=DAYS, metadata={"partition_expr": "day"})
    def sales() -> list[dict[str, Any]]:
        return [{"day": dt.date.fromisoformat(day)} for day in days]

    resources = {"io_manager": make(tmp_path)}
    materialize([sales], partition_key="2013-01-01", instance=instance, resources=resources)
    days = ["2013-01-01", "2013-01-01", "2013-01-02"]
    with pytest.raises(StepFailed, match=r"1 row for (main\.)?sales would lie outside the partitions"):
        materialize([sales], partition_key="2013-01-01", instance=instance, resources=resources)
    days = ["2013-01-02"]
    run = materialize([sales], partition_key="2013-01-02", instance=instance, resources=resources)
    assert run.asset_value("sales").height == 1


@both
@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({}, "does not say which rows of its table are whose"),
        ({"partition_expr": "colour"}, "colour"),
        ({"partition_expr": "day +* 3"}, "near|does not exist"),
    ],
)
def test_an_asset_must_say_which_rows_are_whose(
    tmp_path: Path, make: Make, instance: Instance, metadata: dict[str, str], said: str
) -> None:
    @asset(partitions_def=DAYS, metadata=metadata)
    def sales() -> list[dict[str, Any]]:
        return [{"day": dt.date(2013, 1, 1)}]

    with pytest.raises(StepFailed, match=said):
        materialize([sales], partition_key="2013-01-01", instance=instance, resources={"io_manager": make(tmp_path)})


@both
def test_a_column_that_the_table_has_not_is_told(tmp_path: Path, make: Make, instance: Instance) -> None:
    more: dict[str, Any] = {}

    @asset(partitions_def=DAYS, metadata={"partition_expr": "day"})
    def sales() -> list[dict[str, Any]]:
        return [{"day": dt.date(2013, 1, 1), **more}]

    resources = {"io_manager": make(tmp_path)}
    materialize([sales], partition_key="2013-01-01", instance=instance, resources=resources)
    more = {"colour": "red"}
    with pytest.raises(StepFailed, match="colour"):
        materialize([sales], partition_key="2013-01-01", instance=instance, resources=resources)
