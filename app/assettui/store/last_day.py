"""What happened lately, counted by hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model.keys import AssetKey
from assettui.store.queries import last_event

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator


def event_before(connection: sqlite3.Connection, time_us: int) -> int:
    """The id of the last event before a time, found by halving: ids rise with time, but for clocks that are set back."""
    low, high = 0, last_event(connection)
    while low < high:
        middle = (low + high + 1) // 2
        row = connection.execute(
            "SELECT id, time FROM events WHERE id <= ? ORDER BY id DESC LIMIT 1", (middle,)
        ).fetchone()
        if row is None or row[1] < time_us:
            low = middle
        else:
            high = min(middle - 1, row[0] - 1)
    return low


def made_since(connection: sqlite3.Connection, after: int, until: int) -> Iterator[tuple[AssetKey, int, int]]:
    """Which assets were made after one event and up to another: in which hour since the epoch, and how often in it."""
    rows = connection.execute(
        "SELECT asset, time / 3600000000, count(*) FROM events"
        " WHERE id > ? AND id <= ? AND kind = 'materialized' GROUP BY 1, 2",
        (after, until),
    )
    for asset, hour, count in rows:
        yield AssetKey(asset), hour, count


def failed_since(connection: sqlite3.Connection, after: int, until: int) -> Iterator[tuple[str, int, int]]:
    """Which steps failed after one event and up to another, in the same way."""
    yield from connection.execute(
        "SELECT step, time / 3600000000, count(*) FROM events"
        " WHERE id > ? AND id <= ? AND kind = 'step_failure' GROUP BY 1, 2",
        (after, until),
    )


def running_steps(connection: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    """The steps that are going on, each with when it began: microseconds since the epoch, UTC."""
    yield from connection.execute(
        "SELECT step, started FROM steps WHERE status = 'running' AND started IS NOT NULL"
        " AND run IN (SELECT id FROM runs WHERE ended IS NULL)"
    )
