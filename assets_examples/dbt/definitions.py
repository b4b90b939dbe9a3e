"""A dbt project between Python assets: raw tables, the models that dbt makes of them, and a chart of one of those."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from assettui import AssetExecutionContext, Definitions, MaterializeResult, MetadataValue, asset
from assettui.integrations.dbt import DbtCliResource, DbtProject, dbt_assets
from assettui.integrations.duckdb import DuckDBIOManager

HERE = Path(__file__).parent
WAREHOUSE = DuckDBIOManager(database=str(HERE / "warehouse.duckdb"))

project = DbtProject(HERE / "flights_dbt")
project.prepare_if_dev()


def table(name: str) -> pl.DataFrame:
    """A table as it was published."""
    return pl.read_parquet(HERE / "data" / f"{name}.parquet")


@asset(key_prefix="raw", io_manager_key="warehouse", group_name="raw")
def flights() -> pl.DataFrame:
    """Each flight that left one of the three airports, with its delays in minutes."""
    return table("flights")


@asset(key_prefix="raw", io_manager_key="warehouse", group_name="raw")
def airlines() -> pl.DataFrame:
    """The airlines by their codes."""
    return table("airlines")


@asset(key_prefix="raw", io_manager_key="warehouse", group_name="raw")
def planes() -> pl.DataFrame:
    """The planes by their tail numbers."""
    return table("planes")


@dbt_assets(manifest=project.manifest_path, project=project)
def flights_dbt(context: AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
    """Builds what is asked for of the dbt project, in one process."""
    yield from dbt.cli(["build"], context=context).stream().fetch_row_counts().fetch_column_metadata()


@asset(group_name="reports")
def late_airlines(airline_delays: pl.DataFrame) -> MaterializeResult[pl.DataFrame]:
    """The airlines by how late they left, the latest first: reads the table that dbt has made."""
    ranked = airline_delays.select("airline", "flights", "mean_delay").sort("mean_delay", descending=True)
    lines = [f"| {row['airline']} | {row['mean_delay']:.1f} min |" for row in ranked.head(5).to_dicts()]
    report = MetadataValue.md("\n".join(["| airline | late by |", "|---|---|", *lines]))
    return MaterializeResult(value=ranked, metadata={"the latest": report})


defs = Definitions(
    assets=[flights, airlines, planes, flights_dbt, late_airlines],
    resources={"warehouse": WAREHOUSE, "dbt": DbtCliResource(project_dir=project)},
)
