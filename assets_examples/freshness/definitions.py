"""Freshness: one fact table and two aggregations, each with how old its data may be, and nothing that says when it is made.

`by_the_hour` must never be older than an hour, `by_the_day` never older than a day. Both are lazy: they, and the fact table that
they share, are made as rarely as satisfies all of that. So the fact table is made once an hour, since one consumer needs it; the
other aggregation once a day, though the fact table is younger. `week_of_ticks` shows it, in a second.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime

import polars as pl

from assettui import AutoMaterializePolicy, Definitions, FakeClock, FreshnessPolicy, asset

LAZY = AutoMaterializePolicy.lazy()
COUNTRIES = ["PE", "CL", "BR", "AR"]


@asset(group_name="facts", kinds=["polars"], auto_materialize_policy=LAZY)
def orders() -> pl.DataFrame:
    """All orders so far: what both aggregations are made of."""
    rows = [(random.choice(COUNTRIES), round(random.lognormvariate(3, 1), 2)) for _ in range(10_000)]
    return pl.DataFrame(rows, schema=["country", "amount"], orient="row")


@asset(
    group_name="aggregations",
    kinds=["polars"],
    auto_materialize_policy=LAZY,
    freshness_policy=FreshnessPolicy(maximum_lag_minutes=60),
)
def by_the_hour(orders: pl.DataFrame) -> pl.DataFrame:
    """Revenue by country, for those who watch it: an hour old at most."""
    return orders.group_by("country").agg(revenue=pl.col("amount").sum().round(2)).sort("country")


@asset(
    group_name="aggregations",
    kinds=["polars"],
    auto_materialize_policy=LAZY,
    freshness_policy=FreshnessPolicy(maximum_lag_minutes=60 * 24),
)
def by_the_day(orders: pl.DataFrame) -> pl.DataFrame:
    """The distribution of amounts, for a report that is read once a day."""
    return orders.group_by("country").agg(
        orders=pl.len(), median=pl.col("amount").median().round(2), largest=pl.col("amount").max()
    )


defs = Definitions(assets=[orders, by_the_hour, by_the_day])


def week_of_ticks() -> dict[str, int]:
    """How often each asset is made in a week, by a clock that stands in for the real one."""
    clock = FakeClock(defs, datetime(2024, 1, 1, tzinfo=UTC))
    made: Counter[str] = Counter()
    for tick in clock.advance(days=7):
        for request in tick.run_requests:
            made.update(map(str, request.asset_selection or ()))
    return dict(made)


if __name__ == "__main__":
    for name, count in week_of_ticks().items():
        print(f"{name:<12} {count:>4} times in a week")  # noqa: T201 - run as a script, it tells
