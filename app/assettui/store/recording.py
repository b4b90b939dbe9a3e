"""Recording events: each is appended, and the current state that follows from it is updated beside it.

The one place that changes current state. Replaying all events over empty tables gives the same state again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, assert_never, cast

from assettui.core.errors import AssettuiError
from assettui.core.keys import AssetKey
from assettui.core.queue import priority_of
from assettui.core.records import Event, EventKind, RunStatus, StepStatus, ValueRef
from assettui.store import backfills, limits, partition_sets, ticks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from assettui.core.partitioned_graph import PartitionedGraph

VALUES_KEPT = 3
"""How many versions of an asset's value are kept."""


def record(
    connection: sqlite3.Connection, events: Iterable[Event], partitioned: PartitionedGraph | None = None
) -> list[ValueRef]:
    """Append events, in order, inside the transaction that is open.

    Args:
        connection: The store.
        events: What has happened.
        partitioned: The project's partitions; needed where anything has happened to assets that have some.

    Returns:
        The values that are no longer kept: to be removed once the transaction is committed.
    """
    superseded: list[ValueRef] = []
    for event in events:
        payload = json.dumps(event.payload, ensure_ascii=False, separators=(",", ":")) if event.payload else None
        cursor = connection.execute(
            "INSERT INTO events (time, kind, run, step, asset, partition, payload) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                event.time_us,
                event.kind.value,
                event.run_id,
                event.step_key,
                str(event.asset_key) if event.asset_key is not None else None,
                _storable(event.partition),
                _storable(payload),
            ),
        )
        superseded.extend(apply(connection, event, cursor.lastrowid or 0, partitioned))
    return superseded


def apply(
    connection: sqlite3.Connection, event: Event, event_id: int, partitioned: PartitionedGraph | None = None
) -> Iterable[ValueRef]:
    """Update the current state for one event; gives the values that are no longer kept."""
    match event.kind:
        case EventKind.RUN_QUEUED:
            _queue_run(connection, event)
        case EventKind.RUN_STARTING | EventKind.RUN_CANCELING:
            _set_run(connection, event, "status = ?", _status_of(event))
        case EventKind.RUN_STARTED:
            _set_run(connection, event, "status = ?, started = ?", _status_of(event), event.time_us)
        case EventKind.RUN_SUCCESS | EventKind.RUN_FAILURE | EventKind.RUN_CANCELED:
            error = event.payload.get("error")
            _set_run(connection, event, "status = ?, ended = ?, error = ?", _status_of(event), event.time_us, error)
            connection.execute("DELETE FROM run_secrets WHERE run = ?", (event.run_id,))
            if event.kind is not EventKind.RUN_FAILURE:  # a retry may go on from it
                connection.execute("DELETE FROM handed WHERE run = ?", (event.run_id,))
        case EventKind.STEP_STARTED:
            _start_step(connection, event)
        case EventKind.STEP_SUCCESS | EventKind.STEP_FAILURE | EventKind.STEP_SKIPPED | EventKind.STEP_CANCELED:
            _end_step(connection, event, partitioned)
        case EventKind.STEP_RETRY:
            _retry_step(connection, event)
        case EventKind.RUN_EXPANDED:
            _expand_run(connection, event)
        case (
            EventKind.BACKFILL_QUEUED
            | EventKind.BACKFILL_STARTED
            | EventKind.BACKFILL_PAUSED
            | EventKind.BACKFILL_CANCELING
            | EventKind.BACKFILL_SUCCESS
            | EventKind.BACKFILL_FAILURE
            | EventKind.BACKFILL_CANCELED
        ):
            backfills.apply(connection, event)
        case (
            EventKind.INSTIGATOR_ON
            | EventKind.INSTIGATOR_OFF
            | EventKind.CURSOR_SET
            | EventKind.TICK_SUCCESS
            | EventKind.TICK_SKIPPED
            | EventKind.TICK_FAILURE
        ):
            ticks.apply(connection, event, event_id)
        case EventKind.LIMIT_SET:
            limits.apply(connection, event)
        case EventKind.MATERIALIZED:
            if event.partition is not None:
                return _materialize_partition(connection, event, event_id, partitioned)
            return _materialize(connection, event, event_id, partitioned)
        case EventKind.OBSERVED:
            _observe(connection, event, event_id, partitioned)
        case EventKind.LOG:
            pass
        case _:
            assert_never(event.kind)
    return ()


def _status_of(event: Event) -> str:
    return event.kind.value.removeprefix("run_").removeprefix("step_")


def _queue_run(connection: sqlite3.Connection, event: Event) -> None:
    plan: dict[str, Any] = event.payload["plan"]
    steps: list[dict[str, Any]] = plan["steps"]
    tags = plan.get("tags")
    connection.execute(
        "INSERT INTO runs (id, status, created, assets, job, tags, partition, backfill, tick, priority, pools)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            event.run_id,
            RunStatus.QUEUED.value,
            event.time_us,
            json.dumps([key for step in steps for key in step["assets"]], separators=(",", ":")),
            plan.get("job"),
            json.dumps(tags, separators=(",", ":")) if tags else None,
            _storable(json.dumps(plan["partitions"], ensure_ascii=False, separators=(",", ":")))
            if plan.get("partitions")
            else None,
            event.payload.get("backfill"),
            event.payload.get("tick"),
            priority_of(tags or {}) or None,
            json.dumps(pools) if (pools := _first_pools(steps)) else None,
        ),
    )
    _insert_steps(connection, event.run_id, enumerate(steps))


def _first_pools(steps: Iterable[dict[str, Any]]) -> list[str]:
    """As `first_pools` of `core.queue`, of a plan as it is recorded."""
    pools = dict.fromkeys(step.get("pool") for step in steps if not step.get("after"))
    return [] if None in pools else [pool for pool in pools if pool is not None]


def _insert_steps(
    connection: sqlite3.Connection, run_id: str | None, steps: Iterable[tuple[int, dict[str, Any]]]
) -> None:
    connection.executemany(
        "INSERT INTO steps (run, step, position, status, assets, partitioned, pool) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                run_id,
                step["key"],
                position,
                StepStatus.PENDING.value,
                json.dumps(step["assets"], separators=(",", ":")),
                1 if step.get("partitioned") else None,
                step.get("pool"),
            )
            for position, step in steps
        ],
    )


def _expand_run(connection: sqlite3.Connection, event: Event) -> None:
    """Copies take the place of the step that they are copies of."""
    positions: dict[str, int] = {}
    for name in event.payload.get("replaced", ()):
        row = connection.execute(
            "DELETE FROM steps WHERE run = ? AND step = ? RETURNING position", (event.run_id, name)
        ).fetchone()
        positions[name] = row[0] if row else 0
    steps: list[dict[str, Any]] = event.payload.get("steps", [])
    _insert_steps(
        connection,
        event.run_id,
        [(positions.get(step["key"], positions.get(step["key"].rpartition("[")[0], 0)), step) for step in steps],
    )


def _set_run(connection: sqlite3.Connection, event: Event, assignments: str, *values: Any) -> None:
    connection.execute(f"UPDATE runs SET {assignments} WHERE id = ?", (*values, event.run_id))  # noqa: S608 - our own text


def _start_step(connection: sqlite3.Connection, event: Event) -> None:
    connection.execute(
        "UPDATE steps SET status = ?, started = ?, ended = NULL, error = NULL, worker = ? WHERE run = ? AND step = ?",
        (StepStatus.RUNNING.value, event.time_us, event.payload.get("worker"), event.run_id, event.step_key),
    )
    # Of an asset with partitions, those that are being made are known by the steps that run.
    connection.executemany(
        "INSERT INTO assets (key, running_run) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET running_run = excluded.running_run",
        [(key, event.run_id) for key in _assets_of_step(connection, event, whole=True)],
    )


def _retry_step(connection: sqlite3.Connection, event: Event) -> None:
    """It has failed, and is pending again."""
    connection.execute(
        "UPDATE steps SET status = ?, ended = ?, error = ?, retries = ? WHERE run = ? AND step = ?",
        (
            StepStatus.PENDING.value,
            event.time_us,
            _storable(json.dumps(event.payload.get("error"), ensure_ascii=False)),
            event.payload["retry"],
            event.run_id,
            event.step_key,
        ),
    )
    connection.executemany(
        "UPDATE assets SET running_run = NULL WHERE key = ? AND running_run = ?",
        [(key, event.run_id) for key in _assets_of_step(connection, event, whole=True)],
    )


def _end_step(connection: sqlite3.Connection, event: Event, partitioned: PartitionedGraph | None) -> None:
    error = event.payload.get("error")
    connection.execute(
        "UPDATE steps SET status = ?, ended = ?, error = ? WHERE run = ? AND step = ?",
        (
            _status_of(event),
            event.time_us,
            _storable(json.dumps(error, ensure_ascii=False)) if error else None,
            event.run_id,
            event.step_key,
        ),
    )
    connection.executemany(
        "INSERT OR REPLACE INTO handed (run, step, output, mapping_key, value) VALUES (?, ?, ?, ?, ?)",
        [
            (event.run_id, step, output, key[0] if key else "", json.dumps(value, separators=(",", ":")))
            for (step, output, *key), value in event.payload.get("handed", ())
        ],
    )
    keys = _assets_of_step(connection, event, whole=True)
    connection.executemany(
        "UPDATE assets SET running_run = NULL WHERE key = ? AND running_run = ?", [(key, event.run_id) for key in keys]
    )
    if event.kind is EventKind.STEP_FAILURE:
        message = _storable(error["message"]) if error else None
        # What the step had made before it failed has not failed.
        connection.executemany(
            "INSERT INTO assets (key, failed, failed_run, error) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE"
            " SET failed = excluded.failed, failed_run = excluded.failed_run, error = excluded.error"
            " WHERE NOT EXISTS (SELECT 1 FROM events WHERE id = assets.materialization AND run = ? AND step = ?)",
            [(key, event.time_us, event.run_id, message, event.run_id, event.step_key) for key in keys],
        )
        if partitioned is not None and not _is_lost_from_backfill(connection, event, error):
            _fail_partitions(connection, event, message, partitioned)


def _is_lost_from_backfill(connection: sqlite3.Connection, event: Event, error: Any) -> bool:
    """Whether a step was cut short by its leader's death, and its backfill will try it again."""
    if not error or error.get("kind") != "lost":
        return False
    row = connection.execute("SELECT backfill FROM runs WHERE id = ?", (event.run_id,)).fetchone()
    return row is not None and row[0] is not None


def _fail_partitions(
    connection: sqlite3.Connection, event: Event, message: str | None, partitioned: PartitionedGraph
) -> None:
    """Note the failure with each partition that the step was to make, and had not made before it failed."""
    for name in _assets_of_step(connection, event, whole=False):
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
            wanted = partitioned.space(key).keys(partitioned.set_of(key, json.loads(row[0]) if row and row[0] else ()))
        except AssettuiError:
            continue  # the project has no such partitions any more
        failed = [partition for partition in wanted if partition not in made]
        connection.executemany(
            "INSERT INTO partitions (asset, partition, failed, failed_run, error) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (asset, partition) DO UPDATE SET"
            " failed = excluded.failed, failed_run = excluded.failed_run, error = excluded.error",
            [(name, _storable(partition), event.time_us, event.run_id, message) for partition in failed],
        )
        partition_sets.note_failed(connection, partitioned, key, failed)


def _materialize(
    connection: sqlite3.Connection, event: Event, event_id: int, partitioned: PartitionedGraph | None
) -> Iterable[ValueRef]:
    key = str(event.asset_key)
    version = event.payload["data_version"]
    row = connection.execute("SELECT kept, version, changed FROM assets WHERE key = ?", (key,)).fetchone()
    kept, superseded = _kept(row[0] if row else None, event.payload.get("value"))
    before, changed = (row[1], row[2]) if row else (None, None)
    has_changed = before != version
    connection.execute(
        "INSERT INTO assets (key, materialization, kept, version, changed) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET materialization = excluded.materialization, kept = excluded.kept,"
        " version = excluded.version, changed = excluded.changed, failed = NULL, failed_run = NULL, error = NULL",
        (key, event_id, kept, version, event_id if has_changed else changed),
    )
    _note_asset_event(connection, event, partitioned, has_changed=has_changed)
    return superseded


def _materialize_partition(
    connection: sqlite3.Connection, event: Event, event_id: int, partitioned: PartitionedGraph | None
) -> Iterable[ValueRef]:
    key, partition = str(event.asset_key), _storable(event.partition)
    version = event.payload["data_version"]
    row = connection.execute(
        "SELECT kept, version, changed FROM partitions WHERE asset = ? AND partition = ?", (key, partition)
    ).fetchone()
    kept, superseded = _kept(row[0] if row else None, event.payload.get("value"))
    before, changed = (row[1], row[2]) if row else (None, None)
    has_changed = before != version
    connection.execute(
        "INSERT INTO partitions (asset, partition, made, version, changed, code_version, kept)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (asset, partition) DO UPDATE SET made = excluded.made,"
        " version = excluded.version, changed = excluded.changed, code_version = excluded.code_version,"
        " kept = excluded.kept, failed = NULL, failed_run = NULL, error = NULL",
        (
            key,
            partition,
            event_id,
            version,
            event_id if has_changed else changed,
            event.payload.get("code_version"),
            kept,
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
    connection: sqlite3.Connection, event: Event, partitioned: PartitionedGraph | None, *, has_changed: bool
) -> None:
    key = event.asset_key
    if partitioned is not None and key is not None and key in partitioned.graph.assets:
        code_version = event.payload.get("code_version")
        partition_sets.note_materialized(
            connection, partitioned, key, event.partition, code_version, has_changed=has_changed
        )


def _observe(connection: sqlite3.Connection, event: Event, event_id: int, partitioned: PartitionedGraph | None) -> None:
    key, version = str(event.asset_key), event.payload.get("data_version")
    row = connection.execute("SELECT version, changed FROM assets WHERE key = ?", (key,)).fetchone()
    has_changed = event.partition is None and version is not None and (row is None or row[0] != version)
    connection.execute(
        "INSERT INTO assets (key, observation, version, changed) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
        " observation = excluded.observation, version = excluded.version, changed = excluded.changed,"
        " failed = NULL, failed_run = NULL, error = NULL",
        (
            key,
            event_id,
            version if has_changed else (row[0] if row else None),
            event_id if has_changed else (row[1] if row else None),
        ),
    )
    if has_changed:
        _note_asset_event(connection, event, partitioned, has_changed=True)


def _kept(known: str | None, value: Any) -> tuple[str | None, list[ValueRef]]:
    """The references to the values that are kept, with a new one, as JSON; and those that are no longer."""
    kept: list[Any] = json.loads(known) if known else []
    if isinstance(value, dict) and cast("dict[str, Any]", value)["path"]:
        kept.insert(0, value)
    text = json.dumps(kept[:VALUES_KEPT], separators=(",", ":")) if kept else None
    return text, [ValueRef.from_json(each) for each in kept[VALUES_KEPT:]]


def _assets_of_step(connection: sqlite3.Connection, event: Event, *, whole: bool) -> list[str]:
    """The assets of a step, where it makes them as a whole, or else for certain partitions."""
    row = connection.execute(
        "SELECT assets FROM steps WHERE run = ? AND step = ? AND (partitioned IS NULL) = ?",
        (event.run_id, event.step_key, whole),
    ).fetchone()
    return json.loads(row[0]) if row else []


def _storable(text: str | None) -> str | None:
    """The text without lone surrogates, which SQLite's UTF-8 cannot hold."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")
