"""A store of assets with partitions, at fixed times, and with every status that a partition may have.

It is noon on the 15th of January 2026. Days are there from the 1st of November on: `raw/sales` is whole but for five days
of December; of `marts/daily` two days have failed, three are missing and one is stale; `marts/monthly` is a roll-up;
`marts/regions` has a partition for each month and region; a backfill has failed, and one is on its way.
"""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

from assettui import AssetKey
from assettui.core.graph import AssetGraph
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitions.definition import AsOf, PartitionsDefinition
from assettui.core.partitions.json_forms import set_to_json
from assettui.core.partitions.keyed import DynamicPartitionsDefinition, StaticPartitionsDefinition
from assettui.core.partitions.multi import MultiPartitionsDefinition
from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.usual_windows import DailyPartitionsDefinition, MonthlyPartitionsDefinition
from assettui.model.backfill import BackfillCounts, BackfillPlan, BackfillStatus, Target
from assettui.model.events import (
    BackfillChanged,
    BackfillQueued,
    Event,
    Materialization,
    RunChanged,
    RunQueued,
    StepEnded,
    StepStarted,
)
from assettui.model.project import AssetSnapshot, InputSnapshot, ProjectSnapshot
from assettui.model.run import RunPlan, RunStatus, StepError, StepPlan, StepStatus
from assettui.service.session import Session
from assettui.store import dynamic_partitions, projects, queries
from assettui.store.database import open_for_writing, writing
from assettui.store.recording import record
from tests.worlds.shop import MINUTE_US, NOW_US, session

DAYS = DailyPartitionsDefinition("2025-11-01")
MONTHS = MonthlyPartitionsDefinition("2025-09-01")
REGIONS = StaticPartitionsDefinition(["north", "east", "south", "west"])


def asset(key: str, *upstream: str, partitions: PartitionsDefinition | None) -> AssetSnapshot:
    """One asset."""
    return AssetSnapshot(
        AssetKey(key),
        step=key,
        upstream=tuple(map(AssetKey, upstream)),
        inputs=tuple(InputSnapshot(each.rpartition("/")[2], AssetKey(each)) for each in upstream),
        partitions=partitions,
    )


ASSETS = (
    asset("raw/sales", partitions=DAYS),
    asset("marts/daily", "raw/sales", partitions=DAYS),
    asset("marts/monthly", "marts/daily", partitions=MONTHS),
    asset("marts/regions", "marts/monthly", partitions=MultiPartitionsDefinition({"month": MONTHS, "region": REGIONS})),
    asset("raw/regions", partitions=REGIONS),
    asset("raw/customers", partitions=DynamicPartitionsDefinition("customers")),
    asset("report", "marts/monthly", partitions=None),
)
GRAPH = AssetGraph(ASSETS)
FAILED = "2025-12-20"


def day(number: int) -> int:
    """The index of a day of December."""
    return DAYS.index_of(f"2025-12-{number:02}") or 0


def partitioned_world(root: Path) -> Session:
    """The store, made."""
    made = session(root)
    db = open_for_writing(made.folder)
    with writing(db):
        projects.save_loaded(db, made.project.id, ProjectSnapshot("shop", ASSETS).encode(), {}, NOW_US - MINUTE_US)
        dynamic_partitions.add(db, "customers", ["acme", "bolt"], NOW_US - MINUTE_US)
        partitioned = PartitionedGraph(GRAPH, AsOf(NOW_US, dynamic_partitions.all_indices(db)))
        whole = partitioned.space(AssetKey("raw/sales")).all
        missing = PartitionSet.span(day(24), day(29))
        build(db, partitioned, "raw/sales", whole - missing, NOW_US - 600 * MINUTE_US, rows=120)
        build(db, partitioned, "marts/daily", whole - PartitionSet.span(day(20), day(29)), NOW_US - 500 * MINUTE_US)
        build(db, partitioned, "marts/monthly", PartitionSet.span(0, 2), NOW_US - 400 * MINUTE_US)
        regions = partitioned.space(AssetKey("marts/regions")).set_of(
            ["2025-09-01|north", "2025-09-01|east", "2025-10-01|north"]
        )
        build(db, partitioned, "marts/regions", regions, NOW_US - 300 * MINUTE_US)
        build(db, partitioned, "raw/regions", PartitionSet.span(0, 3), NOW_US - 300 * MINUTE_US)
        fail(db, partitioned, "marts/daily", PartitionSet.of([day(20), day(21)]), NOW_US - 200 * MINUTE_US)
        build(db, partitioned, "raw/sales", PartitionSet.of([day(10)]), NOW_US - 100 * MINUTE_US, version="v2")
        begin(db, partitioned, "marts/daily", PartitionSet.of([day(22)]), NOW_US - MINUTE_US)
    db.close()
    return made


def build(
    connection: sqlite3.Connection,
    partitioned: PartitionedGraph,
    key: str,
    partitions: PartitionSet,
    time_us: int,
    *,
    version: str = "v1",
    rows: int | None = None,
) -> None:
    """Record that partitions were made, each by a run of its own."""
    asset_key = AssetKey(key)
    for number, partition in enumerate(partitioned.space(asset_key).keys(partitions)):
        run_id = run_of(key, partition, version)
        made = Materialization(
            time_us + number,
            run_id,
            key,
            asset_key=asset_key,
            partition=partition,
            data_version=version,
            duration_us=40_000 + 1_000 * (number % 7),
            rows=rows,
        )
        record(connection, [made], partitioned)


def run_of(*parts: object) -> str:
    """The same id of a run for the same text, in every process."""
    return hashlib.blake2b("|".join(map(str, parts)).encode(), digest_size=8).hexdigest()


def begin(
    connection: sqlite3.Connection, partitioned: PartitionedGraph, key: str, partitions: PartitionSet, time_us: int
) -> str:
    """Record that a step has begun which makes some partitions; its run."""
    run_id = run_of(key, partitions.first)
    ranges = tuple(partitioned.space(AssetKey(key)).ranges(partitions))
    plan = RunPlan((StepPlan(key, (AssetKey(key),), is_partitioned=True),), partitions=ranges)
    events = [
        RunQueued(time_us, run_id, plan=plan),
        RunChanged(time_us, run_id, status=RunStatus.STARTED),
        StepStarted(time_us, run_id, key, worker=4711),
    ]
    record(connection, events, partitioned)
    return run_id


def fail(
    connection: sqlite3.Connection, partitioned: PartitionedGraph, key: str, partitions: PartitionSet, time_us: int
) -> None:
    """Record that a backfill of some partitions has failed, each in a run of its own."""
    backfill = "bf00000000000000"
    target = Target(AssetKey(key), set_to_json(partitions, partitioned.space(AssetKey(key)), DAYS))
    plan = BackfillPlan((target,), title="Christmas", after=queries.last_event(connection))
    events: list[Event] = [
        BackfillQueued(time_us, backfill=backfill, plan=plan, requested=len(partitions)),
        BackfillChanged(time_us, backfill=backfill, status=BackfillStatus.STARTED),
    ]
    error = StepError(
        "ValueError: no rate for the 20th",
        "exception",
        "ValueError",
        'Traceback (most recent call last):\n  File "/home/ada/shop/definitions.py", line 31, in daily\n'
        "    rate = rates[day]\nValueError: no rate for the 20th\n",
    )
    for index in partitions:
        one = PartitionSet(1 << index)
        run_id = run_of(key, index, "failed")
        ranges = tuple(partitioned.space(AssetKey(key)).ranges(one))
        run = RunPlan((StepPlan(key, (AssetKey(key),), is_partitioned=True),), partitions=ranges)
        events += [
            RunQueued(time_us, run_id, plan=run, backfill=backfill),
            RunChanged(time_us, run_id, status=RunStatus.STARTED),
            StepStarted(time_us, run_id, key, worker=4711),
            StepEnded(time_us + 90_000, run_id, key, status=StepStatus.FAILURE, error=error),
            RunChanged(time_us + 90_000, run_id, status=RunStatus.FAILURE, error=f"{key}: {error.message}"),
        ]
    ended = BackfillChanged(
        time_us + 2_000_000,
        backfill=backfill,
        status=BackfillStatus.FAILURE,
        counts=BackfillCounts(requested=2, failed=2),
        error=f"{key}: {error.message}",
    )
    events.append(ended)
    record(connection, events, partitioned)
