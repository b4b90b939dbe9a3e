"""What looks wrong about the data of assets now, what it was compared with, and by when they are to be made again."""

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
    """Note that it is as it should be: from now on, what is made is compared with this, and not with what was before."""
    key, part = str(event.asset_key), storable(event.partition)
    which = "asset = ? AND coalesce(partition = ?, 1)"
    (since,) = connection.execute(f"SELECT min(event) FROM drifts WHERE {which}", (key, part)).fetchone()  # noqa: S608 - our own text
    connection.execute(f"DELETE FROM drifts WHERE {which}", (key, part))  # noqa: S608 - as above
    connection.execute(
        "INSERT INTO rhythms (asset, made, compared_from) VALUES (?, 0, ?) ON CONFLICT (asset) DO UPDATE SET"
        " compared_from = coalesce(excluded.compared_from, compared_from), next_by = NULL",
        (key, since),
    )


def forget(connection: sqlite3.Connection, key: str, partition: str | None) -> None:
    """Forget what looks wrong about data that is gone."""
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


def compared_from(connection: sqlite3.Connection, key: AssetKey) -> int:
    """The event from which on what was found of an asset may be compared; 0 for all."""
    row = connection.execute("SELECT compared_from FROM rhythms WHERE asset = ?", (str(key),)).fetchone()
    return (row[0] or 0) if row is not None else 0


def profiled(connection: sqlite3.Connection, key: AssetKey, since: int, limit: int) -> list[DataProfiled]:
    """What the data of an asset was found to hold, from an event on, the newest first."""
    rows = connection.execute(
        "SELECT id, time, kind, run, step, asset, partition, payload FROM events"
        " WHERE kind = 'profiled' AND asset = ? AND id >= ? ORDER BY id DESC LIMIT ?",
        (str(key), since, limit),
    )
    return [cast("DataProfiled", queries.event_of_row(row)) for row in rows]
