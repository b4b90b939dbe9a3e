"""Frames of Spark between frames of polars; each function gets the kind that its annotation names."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from assettui import Definitions, asset
from assettui.integrations.spark import PySparkResource

DATA = Path(__file__).parent / "data"


@asset
def flights() -> pl.DataFrame:
    """Each flight that left one of the three airports, read by polars."""
    return pl.read_parquet(DATA / "flights.parquet")


@asset
def airlines() -> pl.DataFrame:
    """The airlines by their codes."""
    return pl.read_parquet(DATA / "airlines.parquet")


@asset
def airline_delays(spark: PySparkResource, flights: DataFrame, airlines: DataFrame) -> DataFrame:
    """How late each airline left: what polars has written comes as frames of Spark."""
    delays = flights.groupBy("carrier").agg(f.count("*").alias("flights"), f.avg("dep_delay").alias("mean_delay"))
    return delays.join(airlines, "carrier")


@asset
def longest_routes(spark: PySparkResource, flights: DataFrame) -> DataFrame:
    """The routes by their length, asked for in SQL."""
    flights.createOrReplaceTempView("flights")
    return spark.spark_session.sql(
        "select origin, dest, max(distance) as miles from flights group by origin, dest order by miles desc limit 10"
    )


@asset
def latest(airline_delays: pl.DataFrame) -> pl.DataFrame:
    """The airlines by how late they left: what Spark has written, as a frame of polars."""
    return airline_delays.sort("mean_delay", descending=True).select("name", "flights", "mean_delay")


defs = Definitions(
    assets=[flights, airlines, airline_delays, longest_routes, latest],
    resources={"spark": PySparkResource(remote=os.environ.get("SPARK_REMOTE"), master="local[2]")},
)
