"""The flights that left New York City in 2013: day by day from five tables to what delays them.

Seventeen assets in five groups, and one that comes from elsewhere. What was published day by day is read, cleaned and answered day by day: 365 partitions;
roll-ups by week and month read the days that lie in them, a rolling average the six days before, and a model is made for
each month and airport. Values are polars frames, kept as Parquet, or as tables of DuckDB: see `RESOURCES` below.

What must hold is declared beside it: checks (a blocking one keeps bad data from what reads it), how old the data may be, and
what follows by itself. Key `5` shows what does, `6` what needs attention.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from assettui import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetIn,
    AutomationCondition,
    Config,
    ConfigurableResource,
    DailyPartitionsDefinition,
    DataVersion,
    Definitions,
    FilesystemIOManager,
    FreshnessPolicy,
    MaterializeResult,
    MetadataValue,
    MonthlyPartitionsDefinition,
    MultiPartitionKey,
    MultiPartitionsDefinition,
    Output,
    ScheduleDefinition,
    StaticPartitionsDefinition,
    TimeWindowPartitionMapping,
    WeeklyPartitionsDefinition,
    asset,
    asset_check,
    build_accepted_values_checks,
    build_uniqueness_checks,
    define_asset_job,
    file_relative_path,
    observable_source_asset,
)

DAYS = DailyPartitionsDefinition("2013-01-01", end_date="2014-01-01")
WEEKS = WeeklyPartitionsDefinition("2013-01-01", end_date="2014-01-01", day_offset=1)
MONTHS = MonthlyPartitionsDefinition("2013-01-01", end_date="2014-01-01")
AIRPORTS = StaticPartitionsDefinition(["EWR", "JFK", "LGA"])

EACH_DAY = {"partition_expr": "make_date(year, month, day)"}
"""Which rows are a day's, where the frames are tables of a database."""
TOGETHER = {"concat_partitions": True}
"""Has the days that are read given as one frame."""
WEATHER = ["dry and calm", "strong wind", "rain or snow", "poor visibility"]
SOURCE = MetadataValue.url("https://github.com/tidyverse/nycflights13")


class Published(ConfigurableResource):
    """The data set, as it was published."""

    folder: str
    """Where its tables are, as Parquet."""

    def table(self, name: str) -> pl.DataFrame:
        """One of its tables."""
        return pl.read_parquet(Path(self.folder) / f"{name}.parquet")

    def day(self, name: str, wanted: date) -> pl.DataFrame:
        """One day of a table."""
        rows = pl.scan_parquet(Path(self.folder) / f"{name}.parquet")
        return rows.filter((pl.col("month") == wanted.month) & (pl.col("day") == wanted.day)).collect()


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


@observable_source_asset(
    key=["raw", "registers"], group_name="raw", automation_condition=AutomationCondition.on_cron("0 * * * *")
)
def registers(published: Published) -> DataVersion:
    """The registers of airlines, airports and planes, which others publish: looked at once an hour, whether they have changed."""
    digest = hashlib.sha256()
    for name in ("airlines", "airports", "planes"):
        digest.update((Path(published.folder) / f"{name}.parquet").read_bytes())
    return DataVersion(digest.hexdigest()[:16])


@asset(
    key_prefix="raw",
    group_name="raw",
    kinds=["parquet", "polars"],
    owners=["team:data"],
    metadata={"source": SOURCE, **EACH_DAY},
    partitions_def=DAYS,
    check_specs=[
        AssetCheckSpec("all_airports", asset="raw/flights", blocking=True, description="Flights of each of the three."),
        AssetCheckSpec("few_canceled", asset="raw/flights", description="No more than one in five was canceled."),
    ],
)
def flights(context: AssetExecutionContext, published: Published) -> Iterator[Output[pl.DataFrame] | AssetCheckResult]:
    """The flights that left JFK, LaGuardia or Newark on a day. Times are local, as hhmm; delays are in minutes."""
    frame = published.day("flights", context.partition_time_window.start.date())
    canceled = frame["dep_time"].null_count()
    share = round(canceled / frame.height, 4)
    yield Output(frame, metadata={"columns": frame.columns, "canceled": canceled, "canceled_share": share})
    lacking = set(AIRPORTS.get_partition_keys()) - set(frame["origin"])
    yield AssetCheckResult(
        check_name="all_airports", passed=not lacking, description=f"none of {', '.join(lacking)}" if lacking else None
    )
    yield AssetCheckResult(
        check_name="few_canceled",
        passed=share <= 0.2,
        severity=AssetCheckSeverity.WARN,
        description=f"{share:.0%} were canceled",
        metadata={"canceled_share": share},
    )


@asset(
    key_prefix="raw",
    group_name="raw",
    kinds=["parquet", "polars"],
    owners=["team:data"],
    deps=[registers],
    metadata={"source": SOURCE},
    automation_condition=AutomationCondition.eager(),
)
def airlines(published: Published) -> pl.DataFrame:
    """Names of the carriers by their two-letter code."""
    return published.table("airlines")


@asset(
    key_prefix="raw",
    group_name="raw",
    kinds=["parquet", "polars"],
    owners=["team:data"],
    deps=[registers],
    metadata={"source": SOURCE},
    automation_condition=AutomationCondition.eager(),
)
def airports(published: Published) -> pl.DataFrame:
    """Airports of the United States: code, name, position, time zone."""
    return published.table("airports")


@asset(
    key_prefix="raw",
    group_name="raw",
    kinds=["parquet", "polars"],
    owners=["team:data"],
    deps=[registers],
    metadata={"source": SOURCE},
    automation_condition=AutomationCondition.eager(),
)
def planes(published: Published) -> pl.DataFrame:
    """Planes by tail number: year of manufacture, maker, model, seats, engines."""
    return published.table("planes")


@asset(
    key_prefix="raw",
    group_name="raw",
    kinds=["parquet", "polars"],
    owners=["team:data"],
    metadata={"source": SOURCE, **EACH_DAY},
    partitions_def=DAYS,
)
def weather(context: AssetExecutionContext, published: Published) -> Output[pl.DataFrame]:
    """The weather at the three airports on a day, hour by hour. There is none of the last day of the year."""
    frame = published.day("weather", context.partition_time_window.start.date())
    gaps = {name: count for name, count in frame.null_count().to_dicts()[0].items() if count}
    return Output(frame, metadata={"missing_values": gaps})


# core: tables that the rest is made from


@asset(
    key_prefix="core",
    group_name="core",
    kinds=["polars"],
    owners=["team:data"],
    ins={name: AssetIn(f"raw/{name}") for name in ("flights", "airlines", "airports")},
    metadata={"partition_expr": "date"},
    partitions_def=DAYS,
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
    metadata=EACH_DAY,
    partitions_def=DAYS,
    code_version="1",
)
def conditions(weather: pl.DataFrame) -> pl.DataFrame:
    """What the weather was like on a day, hour by hour, in words: dry, rain, poor visibility, strong wind."""
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
    code_version="auto",
    automation_condition=AutomationCondition.eager(),
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
    ins={"departures": AssetIn("core/departures", metadata=TOGETHER)},
    metadata={"partition_expr": "month"},
    partitions_def=MONTHS,
)
def delays_by_airline(context: AssetExecutionContext, departures: pl.DataFrame) -> Output[pl.DataFrame]:
    """For each carrier in a month: flights, mean and 95th percentile of the departure delay, share of delayed flights."""
    month = context.partition_time_window.start.date()
    frame = _delays(departures, "airline").with_columns(month=pl.lit(month)).sort("mean_delay", descending=True)
    worst, best = frame.row(0, named=True), frame.row(-1, named=True)
    return Output(
        frame, metadata={"worst": worst["airline"], "best": best["airline"], "preview": head(frame.drop("month"))}
    )


@asset(
    key_prefix="marts",
    group_name="marts",
    kinds=["polars"],
    owners=["ops@example.com"],
    ins={
        "departures": AssetIn(
            "core/departures", metadata=TOGETHER, partition_mapping=TimeWindowPartitionMapping(start_offset=-6)
        )
    },
    metadata={"partition_expr": "date"},
    partitions_def=DAYS,
    freshness_policy=FreshnessPolicy.cron("0 9 * * *", timedelta(hours=9)),
)
def rolling_week(context: AssetExecutionContext, departures: pl.DataFrame) -> pl.DataFrame:
    """For each airport, the mean delay of the week that ends on a day: it reads that day and the six before."""
    day = context.partition_time_window.start.date()
    weeks = departures.group_by("origin").agg(flights=pl.len(), mean_delay=pl.col("dep_delay").mean().round(1))
    return weeks.with_columns(date=pl.lit(day), days=pl.lit(departures["date"].n_unique())).sort("origin")


@asset(
    key_prefix="marts",
    group_name="marts",
    kinds=["polars"],
    owners=["ops@example.com"],
    ins={"departures": AssetIn("core/departures", metadata=TOGETHER)},
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
    ins={
        "departures": AssetIn("core/departures", metadata=TOGETHER),
        "conditions": AssetIn("core/conditions", metadata=TOGETHER),
    },
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
    ins={"departures": AssetIn("core/departures", metadata=TOGETHER)},
    automation_condition=AutomationCondition.on_cron("0 6 * * *", "America/New_York"),
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
    ins={"departures": AssetIn("core/departures", metadata=TOGETHER)},
    metadata={"partition_expr": "date"},
    partitions_def=WEEKS,
)
def busiest_days(departures: pl.DataFrame) -> Output[pl.DataFrame]:
    """The days of a week, from Monday on, by the number of departures."""
    days = departures.group_by("date").agg(flights=pl.len(), mean_delay=pl.col("dep_delay").mean().round(1))
    frame = days.sort("flights", "date", descending=[True, False])
    return Output(frame, metadata={"busiest": str(frame["date"][0])})


@asset(
    key_prefix="marts",
    group_name="marts",
    kinds=["polars"],
    owners=["team:fleet"],
    ins={"departures": AssetIn("core/departures", metadata=TOGETHER), "fleet": AssetIn("core/fleet")},
)
def planes_by_age(departures: pl.DataFrame, fleet: pl.DataFrame) -> Output[pl.DataFrame]:
    """Do old planes leave late? Delays by the age of the plane, in steps of five years."""
    aged = departures.join(fleet, on="tailnum", how="inner").with_columns(age_from=pl.col("age") // 5 * 5)
    frame = _delays(aged, "age_from").sort("age_from")
    return Output(
        frame, metadata={"known_share": round(aged.height / departures.height, 4), "preview": head(frame, 10)}
    )


# models: what can be expected


@asset(
    key_prefix="models",
    group_name="models",
    kinds=["json"],
    owners=["team:data"],
    ins={"departures": AssetIn("core/departures", metadata=TOGETHER)},
    partitions_def=MultiPartitionsDefinition({"month": MONTHS, "origin": AIRPORTS}),
    io_manager_key="files",
    code_version="1",
)
def delay_by_hour(context: AssetExecutionContext, departures: pl.DataFrame) -> Output[dict[str, float]]:
    """For a month and an airport, the delay as a line over the hour of the day, by least squares."""
    key = context.partition_key
    assert isinstance(key, MultiPartitionKey)
    left = departures.filter(pl.col("origin") == key.keys_by_dimension["origin"])
    fit = left.select(
        slope=pl.cov("hour", "dep_delay") / pl.col("hour").var(),
        hour=pl.col("hour").mean(),
        delay=pl.col("dep_delay").mean(),
    ).row(0, named=True)
    line = {"slope": round(fit["slope"], 3), "at_midnight": round(fit["delay"] - fit["slope"] * fit["hour"], 2)}
    return Output(line, metadata={"flights": left.height, **line})


# reports: for people


@asset(
    key_prefix="reports",
    group_name="reports",
    kinds=["markdown"],
    owners=["ops@example.com"],
    ins={
        "airline": AssetIn("marts/delays_by_airline", metadata=TOGETHER),
        "weather": AssetIn("marts/delays_by_weather"),
        "hour": AssetIn("marts/delays_by_hour"),
        "routes": AssetIn("marts/worst_routes"),
    },
    automation_condition=AutomationCondition.eager(),
    freshness_policy=FreshnessPolicy.time_window(timedelta(days=30), warn_window=timedelta(days=7)),
)
def summary(
    context: AssetExecutionContext,
    airline: pl.DataFrame,
    weather: pl.DataFrame,
    hour: pl.DataFrame,
    routes: pl.DataFrame,
) -> MaterializeResult:
    """The year on one page, as Markdown, written beside the example."""
    year = airline.group_by("airline").agg(mean_delay=pl.col("mean_delay").dot("flights") / pl.col("flights").sum())
    worst = year.sort("mean_delay", descending=True).row(0, named=True)
    route = routes.row(0, named=True)
    peak = hour.sort("mean_delay", descending=True).row(0, named=True)
    bad = weather.row(0, named=True)
    page = "\n".join(
        (
            "# Leaving New York, 2013",
            "",
            f"- {worst['airline']} left latest: {worst['mean_delay']:.1f} minutes on average.",
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


# what must hold of them


@asset_check(asset=delays_by_weather, blocking=True)
def weather_is_known(context: AssetCheckExecutionContext) -> AssetCheckResult:
    """Of nearly all departures it is known what the weather was like; otherwise the summary is not written."""
    last = context.past_of(delays_by_weather.key).materializations[0]
    share = float(str(last.metadata["matched_share"].value))
    return AssetCheckResult(passed=share > 0.95, description=f"of {share:.1%}", metadata={"matched_share": share})


@asset_check(asset=worst_routes)
def no_route_is_hopeless(routes: pl.DataFrame) -> AssetCheckResult:
    """On no route are planes late by more than half an hour on average."""
    worst = float(str(routes["mean_arrival_delay"].max()))
    return AssetCheckResult(
        passed=worst <= 30,
        severity=AssetCheckSeverity.WARN,
        metadata={"worst_mean_delay": worst},
        description=f"{worst} min",
    )


CHECKS = [
    weather_is_known,
    no_route_is_hopeless,
    *build_uniqueness_checks(assets=[planes], columns=["tailnum"], blocking=True),
    *build_uniqueness_checks(assets=[airports], columns=["faa"], blocking=True),
    *build_accepted_values_checks(assets=[delays_by_weather], column="condition", values=WEATHER),
]


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


EVERY_DAY = "raw/flights or raw/weather or core/departures or core/conditions or marts/rolling_week"
ANSWERS = define_asset_job(
    "answers",
    "(group:marts or group:reports) and not (marts/delays_by_airline or marts/rolling_week or marts/busiest_days)",
    description="Answer for the year again, from what is there.",
)
RESOURCES = {"files": dict[str, Any], "duckdb": _tables_of_duckdb}
"""Where the frames are kept, by what the environment variable FLIGHTS_STORE says. The assets are the same under both."""

defs = Definitions(
    resources={
        "published": Published(folder=file_relative_path(__file__, "data")),
        "files": FilesystemIOManager(base_dir=file_relative_path(__file__, "objects")),
        **RESOURCES[os.environ.get("FLIGHTS_STORE", "files")](),
    },
    jobs=[
        define_asset_job("day", EVERY_DAY, partitions_def=DAYS, description="All that is made of a day."),
        ANSWERS,
    ],
    schedules=[
        ScheduleDefinition(
            name="weekly_answers",
            job=ANSWERS,
            cron_schedule="0 7 * * 1",
            execution_timezone="America/New_York",
            description="The answers for the year again, on Monday mornings; off until you turn it on.",
        )
    ],
    asset_checks=CHECKS,
    assets=[
        registers,
        flights,
        airlines,
        airports,
        planes,
        weather,
        departures,
        conditions,
        fleet,
        delays_by_airline,
        rolling_week,
        worst_routes,
        delays_by_weather,
        delays_by_hour,
        busiest_days,
        planes_by_age,
        delay_by_hour,
        summary,
    ],
)
