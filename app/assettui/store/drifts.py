"""What looks wrong about the data of assets now, and by when they are to be made again."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from assettui.model import codec
from assettui.model.drift import Drift, PartDrift
from assettui.model.keys import AssetKey
from assettui.store import queries
from assettui.store.asset_recording import storable

if TYPE_CHECKING:
    import sqlite3

    from assettui.model.events import DataProfiled, DriftExpected


def note_profiled(connection: sqlite3.Connection, event: DataProfiled, event_id: int) -> None:
    """Note what looks wrong about data that was made, in the place of what did before."""
    key, part = str(event.asset_key), storable(event.partition) or ""
    connection.execute("DELETE FROM drifts WHERE asset = ? AND partition = ?", (key, part))
    if event.drifts:
        connection.execute(
            "INSERT INTO drifts (asset, partition, event, made, drifts) VALUES (?, ?, ?, ?, ?)",
            (key, part, event_id, event.made_us, codec.encode_text(event.drifts)),
        )
    connection.execute(
        "INSERT INTO rhythms (asset, made, next_by) VALUES (?, ?, ?)"
        " ON CONFLICT (asset) DO UPDATE SET made = excluded.made, next_by = excluded.next_by",
        (key, event.made_us, event.next_by_us),
    )


def note_expected(connection: sqlite3.Connection, event: DriftExpected) -> None:
    """Note that it is as it should be: it is compared with from now on as all that was made is."""
    forget(connection, str(event.asset_key), storable(event.partition))


def forget(connection: sqlite3.Connection, key: str, partition: str | None) -> None:
    """Forget what looks wrong about an asset, or one partition of it."""
    connection.execute("DELETE FROM drifts WHERE asset = ? AND coalesce(partition = ?, 1)", (key, partition))
    if partition is None:
        connection.execute("UPDATE rhythms SET next_by = NULL WHERE asset = ?", (key,))


def drifts(connection: sqlite3.Connection) -> dict[AssetKey, tuple[PartDrift, ...]]:
    """What looks wrong now, by asset."""
    found: dict[AssetKey, tuple[PartDrift, ...]] = {}
    rows = connection.execute("SELECT asset, partition, made, drifts FROM drifts ORDER BY asset, made DESC")
    for asset, partition, made, said in rows:
        part = PartDrift(partition or None, made, codec.decode(said, tuple[Drift, ...]))
        found[AssetKey(asset)] = (*found.get(AssetKey(asset), ()), part)
    return found


def late(connection: sqlite3.Connection, now_us: int) -> dict[AssetKey, tuple[int, int]]:
    """The assets that were not made for longer than usual: when they were made last, and by when they should have been again."""
    rows = connection.execute("SELECT asset, made, next_by FROM rhythms WHERE next_by < ?", (now_us,))
    return {AssetKey(asset): (made, next_by) for asset, made, next_by in rows}


def next_late(connection: sqlite3.Connection, now_us: int) -> int | None:
    """When the next of them will be, if nothing is made until then; None where none will."""
    return connection.execute("SELECT min(next_by) FROM rhythms WHERE next_by >= ?", (now_us,)).fetchone()[0]


def profiled(connection: sqlite3.Connection, key: AssetKey, limit: int) -> list[DataProfiled]:
    """What the data of an asset was found to hold, the newest first."""
    rows = connection.execute(
        "SELECT id, time, kind, run, step, asset, partition, payload FROM events"
        " WHERE kind = 'profiled' AND asset = ? ORDER BY id DESC LIMIT ?",
        (str(key), limit),
    )
    return [cast("DataProfiled", queries.event_of_row(row)) for row in rows]
