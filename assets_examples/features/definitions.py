"""From raw events to a trained model, in the manner of a machine-learning team.

Each parameter of a function is the value of the asset of that name, a resource, or configuration. The resources are those
of the stage that the environment variable STAGE names: `development`, unless it says otherwise.
"""

from __future__ import annotations

import json
import os
import pickle
import random
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from assettui import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetIn,
    AssetOut,
    AutoMaterializePolicy,
    AutomationCondition,
    Config,
    Definitions,
    FileSeen,
    FreshnessPolicy,
    MaterializeResult,
    MetadataValue,
    Output,
    RetryPolicy,
    RunConfig,
    RunFailureSensorContext,
    RunRequest,
    ScheduleDefinition,
    SensorEvaluationContext,
    asset,
    asset_check,
    build_null_rate_checks,
    build_uniqueness_checks,
    define_asset_job,
    file_sensor,
    multi_asset,
    run_failure_sensor,
)
from metadata import as_markdown, of_table
from resources import STAGES, Bucket, Warehouse

TABLE = "events"
FEATURES = ["visits", "views", "purchases", "spent", "days_active", "views_per_visit"]


class Shop(Config):
    """The shop whose events are made up."""

    users: int = 2_000
    seed: int = 7


class Segments(Config):
    """Who is a loyal user."""

    loyal_from_purchases: int = 3


class Training(Config):
    """How the model is trained."""

    test_share: float = 0.25
    regularization: float = 1.0
    seed: int = 7


# raw: what happened


@asset(
    key_prefix="raw",
    group_name="raw",
    kinds=["sql"],
    owners=["team:data"],
    retry_policy=RetryPolicy(max_retries=2, delay=1),
)
def events(warehouse: Warehouse, config: Shop) -> MaterializeResult:
    """What users of a shop did, event by event, as a table of the warehouse: user, day (0 to 89), kind, amount."""
    draw = random.Random(config.seed)
    rows: list[tuple[int, int, str, float | None]] = []
    for user in range(config.users):
        keenness = draw.betavariate(2, 5)
        for day in range(90):
            if draw.random() < keenness * 0.3:
                rows.append((user, day, "visit", None))
                rows += [(user, day, "view", None)] * draw.randint(1, 1 + round(8 * keenness))
                if draw.random() < keenness * 0.6:
                    rows.append((user, day, "purchase", round(draw.lognormvariate(3, 0.8), 2)))
    frame = pl.DataFrame(
        rows, schema={"user": pl.Int64, "day": pl.Int64, "kind": pl.String, "amount": pl.Float64}, orient="row"
    )
    warehouse.replace(TABLE, frame)
    return MaterializeResult(metadata=of_table(frame))


@asset(key_prefix="raw", group_name="raw", kinds=["sql", "polars"], owners=["team:data"], deps=[events])
def outcomes(warehouse: Warehouse) -> Output[pl.DataFrame]:
    """Who came back: whether each user was seen in the last 30 of the 90 days."""
    frame = warehouse.query(
        "SELECT user, max(CASE WHEN day >= 60 THEN 1 ELSE 0 END) AS came_back FROM events GROUP BY user ORDER BY user"
    )
    return Output(frame, metadata={**of_table(frame), "came_back_share": frame["came_back"].mean()})


# features: what is known of each user after 60 days


@asset(
    key_prefix="features",
    group_name="features",
    kinds=["sql", "polars"],
    owners=["team:ml"],
    deps=[events],
    code_version="1",
)
def user_activity(warehouse: Warehouse) -> Output[pl.DataFrame]:
    """How often each user came, looked and bought in the first 60 days."""
    frame = warehouse.query(
        """
        SELECT user,
               sum(CASE WHEN kind = 'visit' THEN 1 ELSE 0 END) AS visits,
               sum(CASE WHEN kind = 'view' THEN 1 ELSE 0 END) AS views,
               sum(CASE WHEN kind = 'purchase' THEN 1 ELSE 0 END) AS purchases,
               count(DISTINCT day) AS days_active
        FROM events WHERE day < 60 GROUP BY user ORDER BY user
        """
    ).cast({"visits": pl.Int64, "views": pl.Int64, "purchases": pl.Int64, "days_active": pl.Int64})
    return Output(frame, metadata=of_table(frame))


@asset(
    key_prefix="features",
    group_name="features",
    kinds=["sql", "polars"],
    owners=["team:ml"],
    deps=[events],
    code_version="1",
)
def user_spending(warehouse: Warehouse) -> Output[pl.DataFrame]:
    """What each user spent in the first 60 days; missing for those who bought nothing."""
    frame = warehouse.query("SELECT user, sum(amount) AS spent FROM events WHERE day < 60 GROUP BY user ORDER BY user")
    return Output(frame, metadata=of_table(frame))


@asset(
    key_prefix="features",
    group_name="features",
    kinds=["polars"],
    owners=["team:ml"],
    ins={"activity": AssetIn("features/user_activity"), "spending": AssetIn("features/user_spending")},
    code_version="auto",
    auto_materialize_policy=AutoMaterializePolicy.eager(),
    freshness_policy=FreshnessPolicy(maximum_lag_minutes=60 * 24 * 7),
)
def user_features(activity: pl.DataFrame, spending: pl.DataFrame) -> Output[pl.DataFrame]:
    """One row for each user, with all that is known of them."""
    frame = activity.join(spending, on="user", how="left").with_columns(
        views_per_visit=pl.col("views") / pl.col("visits"), spent=pl.col("spent").fill_null(0.0)
    )
    return Output(frame, metadata=of_table(frame))


# training: two segments, and one set of both


@multi_asset(
    outs={
        "loyal": AssetOut(key_prefix="segment", kinds=["polars"], owners=["team:ml"], description="Who buys often."),
        "occasional": AssetOut(key_prefix="segment", kinds=["polars"], owners=["team:ml"], description="All others."),
    },
    ins={"features": AssetIn("features/user_features")},
    group_name="training",
)
def segments(features: pl.DataFrame, config: Segments) -> Iterator[Output[pl.DataFrame]]:
    """Users in two segments, by how often they bought."""
    is_loyal = pl.col("purchases") >= config.loyal_from_purchases
    for name, condition in (("loyal", is_loyal), ("occasional", ~is_loyal)):
        frame = features.filter(condition).with_columns(segment=pl.lit(name))
        yield Output(frame, name, metadata=of_table(frame))


@asset(
    key_prefix="training",
    group_name="training",
    kinds=["polars"],
    owners=["team:ml"],
    ins={
        "loyal": AssetIn("segment/loyal"),
        "occasional": AssetIn("segment/occasional"),
        "outcomes": AssetIn("raw/outcomes"),
    },
    automation_condition=AutomationCondition.eager() & AutomationCondition.all_deps_blocking_checks_passed(),
)
def dataset(loyal: pl.DataFrame, occasional: pl.DataFrame, outcomes: pl.DataFrame) -> Output[pl.DataFrame]:
    """Both segments again in one table, with what became of each user."""
    frame = pl.concat([loyal, occasional]).join(outcomes, on="user", how="inner").sort("user")
    shares = frame.group_by("segment").agg(came_back=pl.col("came_back").mean()).sort("segment")
    return Output(frame, metadata={**of_table(frame), "came_back_by_segment": MetadataValue.md(as_markdown(shares))})


# models: who will come back?


@asset(
    key_prefix="models",
    group_name="models",
    kinds=["sklearn"],
    owners=["team:ml"],
    ins={"rows": AssetIn("training/dataset")},
)
def churn(context: AssetExecutionContext, rows: pl.DataFrame, config: Training) -> Output[object]:
    """A logistic regression of who comes back, with how good it is on users that it has not seen."""
    seen, unseen = train_test_split(
        rows.select(*FEATURES, "came_back").to_numpy(), test_size=config.test_share, random_state=config.seed
    )
    regression = LogisticRegression(C=config.regularization)
    model = make_pipeline(StandardScaler(), regression)
    model.fit(seen[:, :-1], seen[:, -1])
    chances = model.predict_proba(unseen[:, :-1])[:, 1]
    accuracy = float(accuracy_score(unseen[:, -1], chances > 0.5))
    area = float(roc_auc_score(unseen[:, -1], chances))
    context.log.info("trained on %d users, area under the curve %.3f on %d others", len(seen), area, len(unseen))
    weights = dict(zip(FEATURES, (round(float(each), 3) for each in regression.coef_[0]), strict=True))
    return Output(model, metadata={"accuracy": accuracy, "roc_auc": area, "weights": weights, "users": len(seen)})


@asset(
    key_prefix="models", group_name="models", kinds=["s3"], owners=["team:ml"], ins={"model": AssetIn("models/churn")}
)
def published(context: AssetExecutionContext, model: object, bucket: Bucket) -> MaterializeResult:
    """The model in the bucket, where whoever serves it looks for it."""
    data = pickle.dumps(model)
    address = bucket.put("churn/model.pickle", data)
    return MaterializeResult(metadata={"address": MetadataValue.url(address), "size_bytes": len(data)})


# what must hold of them


@asset_check(asset=churn)
def better_than_chance(context: AssetCheckExecutionContext) -> AssetCheckResult:
    """The model tells users apart that it has not seen; a worse one is worth a look, and published all the same."""
    area = float(str(context.past_of(churn.key).materializations[0].metadata["roc_auc"].value))
    return AssetCheckResult(passed=area > 0.6, severity=AssetCheckSeverity.WARN, metadata={"roc_auc": area})


checks = [
    *build_uniqueness_checks(assets=[user_features], columns=["user"], blocking=True),
    *build_null_rate_checks(assets=[user_features], columns=FEATURES, blocking=True),
    better_than_chance,
]


train = define_asset_job("train", "training/dataset+", description="Train again on what is there.", tags={"team": "ml"})
all_of_it = define_asset_job("all_of_it", "*", description="From the events to the model.")


# over time: all of it is off until somebody turns it on


nightly = ScheduleDefinition(
    name="nightly",
    job=all_of_it,
    cron_schedule="30 2 * * *",
    execution_timezone="Europe/Paris",
    description="Everything, every night, also in the nights on which clocks are changed.",
)


@file_sensor("experiments/*.json", job=train)
def experiments(context: SensorEvaluationContext, file: FileSeen) -> RunRequest:
    """Trains a model with what each new or changed file says, such as {"regularization": 0.1}."""
    training = Training(**json.loads(file.path.read_text()))
    context.log.info("%s: %s", file.path.name, training)
    return RunRequest(run_config=RunConfig(ops={"models/churn": training}), tags={"experiment": file.path.stem})


@run_failure_sensor
def failures(context: RunFailureSensorContext) -> None:
    """Tells why a run has failed; a team would send it to where it talks."""
    run = context.dagster_run
    with Path("failures.txt").open("a") as file:
        file.write(f"{run.job_name or 'a run'} {run.run_id}: {context.failure_event.message}\n")


defs = Definitions(
    assets=[events, outcomes, user_activity, user_spending, user_features, segments, dataset, churn, published],
    asset_checks=checks,
    jobs=[train, all_of_it],
    schedules=[nightly],
    sensors=[experiments, failures],
    resources=STAGES[os.environ.get("STAGE", "development")],
)
