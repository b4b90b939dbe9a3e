"""Profiles: which materializations were looked at, and what they were found to hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from msgspec import Struct

from assettui.store import queries

if TYPE_CHECKING:
    import sqlite3

    from assettui.model.events import DataProfiled, Materialization

_COLUMNS = "id, time, kind, run, step, asset, partition, payload"


class Unprofiled(Struct, frozen=True):
    """A materialization that was not looked at yet."""

    id: int
    """Of its event."""
    event: Materialization


def unprofiled(connection: sqlite3.Connection, limit: int) -> list[Unprofiled]:
    """The materializations behind the last one that was looked at, the oldest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM events WHERE kind = 'materialized' AND asset IS NOT NULL"  # noqa: S608 - our own text
        " AND id > (SELECT position FROM profiling) ORDER BY id LIMIT ?",
        (limit,),
    )
    return [Unprofiled(row[0], cast("Materialization", queries.event_of_row(row))) for row in rows]


def note_profiled(connection: sqlite3.Connection, event: DataProfiled, event_id: int) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO profiles (of, event, rows) VALUES (?, ?, ?)", (event.of, event_id, event.profile.rows)
    )
    pass_over(connection, event.of)


def pass_over(connection: sqlite3.Connection, event_id: int) -> None:
    """Take a materialization, and those before it, for looked at."""
    connection.execute("UPDATE profiling SET position = max(position, ?)", (event_id,))


def profile_of(connection: sqlite3.Connection, made: Materialization) -> DataProfiled | None:
    """What the data of a materialization was found to hold; None where it was not looked at."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM events WHERE id = (SELECT event FROM profiles WHERE of = ?)",  # noqa: S608 - our own text
        (made.id,),
    ).fetchone()
    return cast("DataProfiled", queries.event_of_row(row)) if row is not None else None
