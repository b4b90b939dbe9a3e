"""What partitions, backfills and their grid cost."""

from __future__ import annotations

import statistics
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from assettui.core.backfill_progress import BackfillProgress
from assettui.core.backfill_target import resolve_target
from assettui.core.graph import AssetGraph
from assettui.core.partition_status import PartitionStatuses
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitions.definition import AsOf
from assettui.core.partitions.keyed import StaticPartitionsDefinition
from assettui.core.partitions.mapping import IdentityPartitionMapping
from assettui.core.partitions.multi import MultiPartitionsDefinition, ProductSpace
from assettui.core.partitions.multi_mapping import MultiToSingleDimensionPartitionMapping
from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.usual_windows import DailyPartitionsDefinition, HourlyPartitionsDefinition
from assettui.core.partitions.window_mapping import TimeWindowPartitionMapping
from assettui.model.backfill import BackfillRequest
from assettui.model.keys import AssetKey
from assettui.model.project import AssetSnapshot
from assettui.service import backfills
from assettui.service.loading import ensure_loaded
from assettui.service.session import Session
from assettui.store.database import open_for_reading
from tests.benchmarks.figures import Figure, median_seconds, seconds

FEW_DAYS = 20
"""As many as can be waited for where a second makes less than one of them."""
MOMENT = AsOf(int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000)
DAYS = """
    from assettui import AssetExecutionContext, AssetIn, DailyPartitionsDefinition, TimeWindowPartitionMapping, asset

    DAYS = DailyPartitionsDefinition("1998-01-01", end_date="2025-05-19")

    @asset(partitions_def=DAYS)
    def day(context: AssetExecutionContext) -> None:
        pass

    @asset(partitions_def=DAYS)
    def number(context: AssetExecutionContext) -> int:
        return 1

    @asset(
        partitions_def=DAYS,
        ins={"link": AssetIn(partition_mapping=TimeWindowPartitionMapping(start_offset=-1, end_offset=-1))},
    )
    def link(link: int | None) -> int:
        return (link or 0) + 1
"""


def sets() -> Iterator[Figure]:
    """Sets of a million partitions, keys, windows and mappings."""
    hours = HourlyPartitionsDefinition("1900-01-01-00:00", end_date="2014-01-30-16:00", timezone="Europe/Paris")
    days = DailyPartitionsDefinition("1900-01-01", end_date="2014-01-31", timezone="Europe/Paris")
    up, down = hours.at(MOMENT), days.at(MOMENT)
    every_other = PartitionSet(int("01" * (up.size // 2), 2))
    for name, work in {
        "union": lambda: every_other | up.all,
        "intersection": lambda: every_other & up.all,
        "difference": lambda: up.all - every_other,
        "count": lambda: len(every_other),
    }.items():
        yield Figure(f"1,000,000 partitions: {name}", median_seconds(work, 200) * 1e3, "ms", 1)
    indices = [number * 7919 % up.size for number in range(20_000)]
    keys = [up.key(index) for index in indices]
    per_key = seconds(lambda: [up.index(key) for key in keys]) / len(keys)
    yield Figure("key → index", per_key * 1e6, "µs", 2)
    yield Figure("index → key", seconds(lambda: [up.key(index) for index in indices]) / len(keys) * 1e6, "µs", 2)
    per_key = seconds(lambda: [hours.time_window_for_partition_key(key) for key in keys]) / len(keys)
    yield Figure("key → window", per_key * 1e6, "µs")
    window = TimeWindowPartitionMapping()
    yield Figure(
        "1,000,000 hours → days, all", median_seconds(lambda: window.downstream(up.all, up, down), 20) * 1e3, "ms", 10
    )
    each = median_seconds(lambda: window.downstream(every_other, up, down), 5)
    yield Figure("1,000,000 hours → days, every other", each * 1e3, "ms", 10)
    yield Figure("41,667 days → hours", median_seconds(lambda: window.upstream(down.all, down, up), 20) * 1e3, "ms", 10)


def pairs() -> Iterator[Figure]:
    """90,000 partitions of two dimensions."""
    definition = MultiPartitionsDefinition(
        {
            "date": DailyPartitionsDefinition("2013-01-01", end_date="2014-01-01"),
            "customer": StaticPartitionsDefinition([f"customer{number}" for number in range(247)]),
        }
    )
    space = definition.at(MOMENT)
    assert isinstance(space, ProductSpace)
    date, every_third = definition.primary_dimension.partitions_def, PartitionSet.of(range(0, space.size, 3))
    dates = date.at(MOMENT)
    single = MultiToSingleDimensionPartitionMapping("date")
    operations = {
        "all keys": lambda: space.keys(space.all),
        "all keys → set": lambda: space.set_of(keys),
        "ranges of a third": lambda: space.ranges(every_third & space.all),
        "mapped to dates": lambda: single.upstream(every_third & space.all, space, dates),
        "mapped from dates": lambda: single.downstream(dates.all, dates, space),
        "identity": lambda: IdentityPartitionMapping().upstream(space.all, space, space),
    }
    keys = space.keys(space.all)
    for name, work in operations.items():
        yield Figure(f"90,000 multi-partitions: {name}", seconds(work), "s", 1)


def planning() -> Iterator[Figure]:
    """The plan of a backfill over 100 assets × 10,000 partitions."""
    days = DailyPartitionsDefinition("1998-01-01", end_date="2025-05-19")
    assets = [
        AssetSnapshot(
            AssetKey(f"a{number}"),
            step=f"a{number}",
            upstream=(AssetKey(f"a{number - 1}"),) if number % 10 else (),
            partitions=days,
        )
        for number in range(100)
    ]
    partitioned = PartitionedGraph(AssetGraph(assets), MOMENT)
    count = partitioned.space(AssetKey("a0")).size
    statuses = {key: PartitionStatuses(all=partitioned.space(key).all) for key in partitioned.graph.order}

    def plan() -> None:
        target = resolve_target(partitioned, BackfillRequest(tuple(partitioned.graph.order)), statuses, {})
        assert target.count == 100 * count
        progress = BackfillProgress.begun(partitioned, target.targets)
        progress.count_of_runs()
        assert progress.next_unit() is not None

    yield Figure(f"plan of 100 assets × {count:,} partitions", median_seconds(plan, 5), "s", 1)


@contextmanager
def led(text: str) -> Generator[Session]:
    """A project that a process of its own leads, warm."""
    import subprocess

    from tests.benchmarks.ours import project
    from tests.conftest import command, environment, wait_until

    with project(text) as session:
        ensure_loaded(session)
        leader = subprocess.Popen(
            [*command(), "up", "--project", str(session.project.root)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )
        try:
            wait_until(lambda: session.leader() is not None)
            time.sleep(1.5)
            yield session
        finally:
            leader.terminate()
            leader.wait(timeout=20)


def backfilled(session: Session, asset: str, first: int, count: int) -> float:
    """How long a backfill of some partitions takes, from the asking to the end."""
    space = _space(session, asset)
    began = time.perf_counter()
    request = BackfillRequest((AssetKey(asset),), partitions={AssetKey(asset): PartitionSet.span(first, first + count)})
    backfill_id = backfills.start(session, backfills.preview(session, request))
    *_, last = backfills.follow(session, backfill_id)
    took = time.perf_counter() - began
    assert last.counts.materialized == count == len(PartitionSet.span(first, first + count) & space)
    return took


def _space(session: Session, asset: str) -> PartitionSet:
    from assettui.service.catalog import catalog

    return catalog(session).partitioned.space(AssetKey(asset)).all


def runs_of_backfills() -> Iterator[Figure]:
    """Daily partitions in runs of their own, by a warm engine; a chain of self-dependent ones."""
    with led(DAYS) as session:
        backfilled(session, "day", 0, 40)
        took = statistics.median(backfilled(session, "day", 100 * number, FEW_DAYS) for number in (1, 2, 3))
        yield Figure(f"backfill of {FEW_DAYS} daily partitions", took, "s")
        took = statistics.median(backfilled(session, "day", 1_000 * number, 365) for number in (1, 2, 3))
        yield Figure("backfill of 365 daily partitions", took, "s", 1.5)
        yield Figure("the same, runs a second", -365 / took, "-runs/s", -300)
        took = statistics.median(backfilled(session, "number", 1_000 * number, 365) for number in (1, 2, 3))
        yield Figure("the same, each with a stored value", took, "s", 1.5)
        took = statistics.median(backfilled(session, "link", 365 * number, 365) for number in (0, 1, 2))
        yield Figure("chain of 365 self-dependent partitions", took, "s", 4)
    with led(DAYS) as session:
        before = _store_bytes(session)
        took = backfilled(session, "day", 0, 10_000)
        yield Figure("backfill of 10,000 daily partitions", took, "s", 35)
        yield Figure("the store, for each of its runs", (_store_bytes(session) - before) / 10_000, "bytes", 3_072)


def _store_bytes(session: Session) -> int:
    """The size of the store's file, all that is in its log written into it."""
    connection = open_for_reading(session.folder)
    connection.execute("PRAGMA query_only = OFF")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return session.folder.database.stat().st_size


HOURLY_ASSETS = """
    from assettui import HourlyPartitionsDefinition, asset

    HOURS = HourlyPartitionsDefinition("2012-01-01-00:00", end_date="2025-07-29-08:00")

    def make(number):
        @asset(name=f"asset_{number:04}", partitions_def=HOURS)
        def one():
            pass
        return one

    for number in range(1_000):
        globals()[f"asset_{number}"] = make(number)
"""


def grid() -> Iterator[Figure]:
    """The grid of 1,000 assets × 119,000 hourly partitions, in a terminal of 160 × 50."""
    import asyncio

    from tests.benchmarks.grid import scrolling
    from tests.benchmarks.ours import project

    with project(HOURLY_ASSETS) as session:
        ensure_loaded(session)
        fill(session)
        yield from asyncio.run(scrolling(session))


def fill(session: Session) -> None:
    """Have the store say of most partitions that they are there, and of some that they have failed."""
    from assettui.service.catalog import catalog
    from assettui.store.partition_sets import FAILED, MATERIALIZED

    partitioned = catalog(session).partitioned
    with session.writing() as connection:
        for number, key in enumerate(partitioned.graph.order):
            space = partitioned.space(key)
            made = PartitionSet.span(0, space.size - 37 * number % (space.size // 6)) - PartitionSet.of(
                range(number, space.size, 9_973)
            )
            failed = PartitionSet.of(range(number, space.size, 9_973))
            connection.executemany(
                "INSERT INTO partition_sets (asset, kind, name, identity, bits) VALUES (?, ?, '', ?, ?)",
                [
                    (str(key), kind, space.identity, partitions.to_bytes())
                    for kind, partitions in ((MATERIALIZED, made), (FAILED, failed))
                ],
            )
