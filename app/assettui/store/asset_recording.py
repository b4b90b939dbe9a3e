"""The part of recording that concerns assets: what was made, seen, or failed, and which values are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model import codec
from assettui.model.asset import ValueRef
from assettui.model.errors import AssettuiError
from assettui.model.events import (
    Materialization,
    Observation,
    StepEnded,
    StepRetried,
    StepStarted,
    Wiped,
)
from assettui.model.keys import AssetKey
from assettui.store import checks, partition_sets

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.model.events import AssetEvent


def fail_partitions(
    connection: sqlite3.Connection, event: StepEnded, message: str | None, partitioned: PartitionedGraph
) -> None:
    """Note the failure with each partition that the step was to make, and had not made before it failed."""
    for name in assets_of_step(connection, event, whole=False):
        key = AssetKey(name)
        if key not in partitioned.graph.assets:
            continue
        row = connection.execute("SELECT partition FROM runs WHERE id = ?", (event.run_id,)).fetchone()
        made = {
            partition
            for (partition,) in connection.execute(
                "SELECT partition FROM events WHERE run = ? AND step = ? AND asset = ? AND kind = 'materialized'",
                (event.run_id, event.step_key, name),
            )
        }
        try:
            wanted = partitioned.space(key).keys(
                partitioned.set_of(key, codec.decode(row[0], list[tuple[str, ...]]) if row and row[0] else ())
            )
        except AssettuiError:
            continue  # the project has no such partitions any more
        failed = [partition for partition in wanted if partition not in made]
        connection.executemany(
            "INSERT INTO partitions (asset, partition, failed, failed_run, error) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (asset, partition) DO UPDATE SET"
            " failed = excluded.failed, failed_run = excluded.failed_run, error = excluded.error, failed_check = NULL",
            [(name, storable(partition), event.time_us, event.run_id, message) for partition in failed],
        )
        partition_sets.note_failed(connection, partitioned, key, failed)


def materialize(
    connection: sqlite3.Connection, event: Materialization, event_id: int, partitioned: PartitionedGraph | None
) -> Iterable[ValueRef]:
    """Note that an asset without partitions was made; gives the values that are no longer kept."""
    key = str(event.asset_key)
    version = event.data_version
    row = connection.execute("SELECT kept, version, changed FROM assets WHERE key = ?", (key,)).fetchone()
    kept, superseded = _kept(row[0] if row else None, event)
    before, changed = (row[1], row[2]) if row else (None, None)
    has_changed = before != version
    connection.execute(
        "INSERT INTO assets (key, materialization, kept, version, changed) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET materialization = excluded.materialization, kept = excluded.kept,"
        " version = excluded.version, changed = excluded.changed, failed = NULL, failed_run = NULL, error = NULL,"
        " failed_check = NULL",
        (key, event_id, kept, version, event_id if has_changed else changed),
    )
    _note_asset_event(connection, event, partitioned, has_changed=has_changed)
    return superseded


def materialize_partition(
    connection: sqlite3.Connection, event: Materialization, event_id: int, partitioned: PartitionedGraph | None
) -> Iterable[ValueRef]:
    key, partition = str(event.asset_key), storable(event.partition)
    version = event.data_version
    row = connection.execute(
        "SELECT kept, version, changed FROM partitions WHERE asset = ? AND partition = ?", (key, partition)
    ).fetchone()
    kept, superseded = _kept(row[0] if row else None, event)
    before, changed = (row[1], row[2]) if row else (None, None)
    has_changed = before != version
    connection.execute(
        "INSERT INTO partitions (asset, partition, made, version, changed, code_version, kept, data_time)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (asset, partition) DO UPDATE SET made = excluded.made,"
        " version = excluded.version, changed = excluded.changed, code_version = excluded.code_version,"
        " data_time = excluded.data_time,"
        " kept = excluded.kept, failed = NULL, failed_run = NULL, error = NULL, failed_check = NULL",
        (
            key,
            partition,
            event_id,
            version,
            event_id if has_changed else changed,
            event.code_version,
            kept,
            event.source_time_us,
        ),
    )
    connection.execute(
        "INSERT INTO assets (key, materialization) VALUES (?, ?)"
        " ON CONFLICT (key) DO UPDATE SET materialization = excluded.materialization",
        (key, event_id),
    )
    _note_asset_event(connection, event, partitioned, has_changed=has_changed)
    return superseded


def _note_asset_event(
    connection: sqlite3.Connection, event: AssetEvent, partitioned: PartitionedGraph | None, *, has_changed: bool
) -> None:
    key = event.asset_key
    if partitioned is not None and key in partitioned.graph.assets:
        code_version = event.code_version if isinstance(event, Materialization) else None
        partition_sets.note_materialized(
            connection, partitioned, key, event.partition, code_version, has_changed=has_changed
        )


def observe(
    connection: sqlite3.Connection, event: Observation, event_id: int, partitioned: PartitionedGraph | None
) -> None:
    """Note that an asset was seen: new data makes what was derived from it stale."""
    key, version = str(event.asset_key), event.data_version
    row = connection.execute("SELECT version, changed FROM assets WHERE key = ?", (key,)).fetchone()
    has_changed = event.partition is None and version is not None and (row is None or row[0] != version)
    connection.execute(
        "INSERT INTO assets (key, observation, version, changed) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
        " observation = excluded.observation, version = excluded.version, changed = excluded.changed,"
        " failed = NULL, failed_run = NULL, error = NULL, failed_check = NULL",
        (
            key,
            event_id,
            version if has_changed else (row[0] if row else None),
            event_id if has_changed else (row[1] if row else None),
        ),
    )
    if has_changed:
        _note_asset_event(connection, event, partitioned, has_changed=True)


def wipe(connection: sqlite3.Connection, event: Wiped, partitioned: PartitionedGraph | None) -> Iterable[ValueRef]:
    """Forget that an asset, or a partition of it, was ever made; gives the values that are no longer kept."""
    assert event.asset_key is not None
    key, partition = str(event.asset_key), storable(event.partition)
    rows = "FROM partitions WHERE asset = ? AND coalesce(partition = ?, 1)"
    gone: list[ValueRef] = []
    for (kept,) in connection.execute(f"SELECT kept {rows} AND kept IS NOT NULL", (key, partition)):
        gone.extend(codec.decode(kept, list[ValueRef]))
    connection.execute(f"DELETE {rows}", (key, partition))
    checks.forget(connection, key, partition)
    if partition is None:
        row = connection.execute("SELECT kept FROM assets WHERE key = ?", (key,)).fetchone()
        gone.extend(codec.decode(row[0], list[ValueRef]) if row and row[0] else ())
        connection.execute(
            "UPDATE assets SET materialization = NULL, kept = NULL, version = NULL, changed = NULL, failed = NULL,"
            " failed_run = NULL, error = NULL, failed_check = NULL WHERE key = ?",
            (key,),
        )
    else:
        connection.execute(
            "UPDATE assets SET materialization = (SELECT max(made) FROM partitions WHERE asset = key) WHERE key = ?",
            (key,),
        )
    if partitioned is not None and event.asset_key in partitioned.graph.assets:
        partition_sets.write_anew(connection, partitioned, event.asset_key)
    return gone


def _kept(known: str | None, made: Materialization) -> tuple[str | None, list[ValueRef]]:
    """The references to the values that are kept, with a new one, as JSON; and those that are no longer.

    One that is restored comes to the front: it was among them.
    """
    kept = codec.decode(known, list[ValueRef]) if known else []
    value = made.value
    if value is not None and value.path:
        kept = [value, *(each for each in kept if each.path != value.path)]
    return codec.encode_text(kept[: made.versions_kept]) if kept else None, kept[made.versions_kept :]


def assets_of_step(
    connection: sqlite3.Connection, event: StepStarted | StepEnded | StepRetried, *, whole: bool
) -> list[str]:
    """The assets of a step, where it makes them as a whole, or else for certain partitions."""
    row = connection.execute(
        "SELECT assets FROM steps WHERE run = ? AND step = ? AND (partitioned IS NULL) = ?",
        (event.run_id, event.step_key, whole),
    ).fetchone()
    return codec.decode(row[0], list[str]) if row else []


def storable(text: str | None) -> str | None:
    """The text without lone surrogates, which SQLite's UTF-8 cannot hold."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")
