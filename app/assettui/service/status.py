"""How things are, in a few numbers: who leads, what runs, what waits, what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.staleness import AssetStatus
from assettui.model.freshness import FreshnessStatus
from assettui.model.run import RunFilter, RunRecord, RunStatus
from assettui.model.timing import clock_us
from assettui.store import drifts, queries

if TYPE_CHECKING:
    import sqlite3

    from assettui.service.catalog import Catalog
    from assettui.service.session import Session
    from assettui.store.lease import Leader

LAST_FAILURES = 5


class Status(Struct, frozen=True):
    """How things are."""

    leader: Leader | None
    running: int
    """Runs that are starting, started or canceling, and led."""
    orphaned: int
    """Runs that were on their way when their leader died; the next one closes them."""
    queued: int
    failed_runs: tuple[RunRecord, ...]
    """The last ones, the newest first."""


def status(session: Session) -> Status:
    """How things are.

    Raises:
        StoreError: The store cannot be read.
    """
    with session.reading() as connection:
        return read_status(connection, session)


def read_status(connection: sqlite3.Connection, session: Session) -> Status:
    """As `status`, by a connection that is open."""
    counts = queries.count_runs_by_status(connection)
    queued = counts.pop(RunStatus.QUEUED, 0)
    leader = session.leader()
    on_their_way = sum(counts.values())
    return Status(
        leader=leader,
        running=on_their_way if leader else 0,
        orphaned=0 if leader else on_their_way,
        queued=queued,
        failed_runs=tuple(queries.runs(connection, RunFilter((RunStatus.FAILURE,)), limit=LAST_FAILURES)),
    )


def turns_in_us(connection: sqlite3.Connection) -> int | None:
    """How long from now it turns, by nothing but time, that an asset looks wrong: nothing new came for longer than ever."""
    now_us = clock_us()
    at_us = drifts.next_late(connection, now_us)
    return at_us - now_us if at_us is not None else None


def counts_by_status(catalog: Catalog) -> dict[AssetStatus, int]:
    """How many assets have each status; external assets do not count."""
    counts = dict.fromkeys(AssetStatus, 0)
    for row in catalog.rows:
        if not row.asset.is_external:
            counts[row.status] += 1
    return counts


def count_overdue(catalog: Catalog) -> int:
    """How many assets have data that is older than their freshness policies allow."""
    return sum(row.freshness is not None and row.freshness.status is FreshnessStatus.FAIL for row in catalog.rows)
