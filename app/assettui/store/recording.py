"""Recording events: each is appended, and the current state that follows from it is updated beside it.

The one place that changes current state. Replaying all events over empty tables gives the same state again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.queue import first_pools, priority_of
from assettui.model import codec
from assettui.model.asset import ValueRef
from assettui.model.errors import AssettuiError
from assettui.model.events import (
    BackfillChanged,
    BackfillQueued,
    CursorSet,
    Event,
    InstigatorTurned,
    LimitSet,
    Materialization,
    Observation,
    RunChanged,
    RunExpanded,
    RunQueued,
    StepEnded,
    StepRetried,
    StepStarted,
    Tick,
    event_text,
)
from assettui.model.keys import AssetKey
from assettui.model.run import RunStatus, StepStatus
from assettui.store import backfills, limits, partition_sets, ticks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.model.events import AssetEvent
    from assettui.model.run import StepPlan

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
        cursor = connection.execute(
            "INSERT INTO events (time, kind, run, step, asset, partition, payload) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                event.time_us,
                event.kind.value,
                event.run_id or None,
                event.step_key,
                str(event.asset_key) if event.asset_key is not None else None,
                _storable(event.partition),
                _storable(event_text(event)),
            ),
        )
        superseded.extend(apply(connection, event, cursor.lastrowid or 0, partitioned))
    return superseded


def apply(
    connection: sqlite3.Connection, event: Event, event_id: int, partitioned: PartitionedGraph | None = None
) -> Iterable[ValueRef]:
    """Update the current state for one event; gives the values that are no longer kept."""
    match event:
        case RunQueued():
            _queue_run(connection, event)
        case RunChanged():
            _change_run(connection, event)
        case RunExpanded():
            _expand_run(connection, event)
        case StepStarted():
            _start_step(connection, event)
        case StepEnded():
            _end_step(connection, event, partitioned)
        case StepRetried():
            _retry_step(connection, event)
        case BackfillQueued() | BackfillChanged():
            backfills.apply(connection, event)
        case InstigatorTurned() | CursorSet() | Tick():
            ticks.apply(connection, event, event_id)
        case LimitSet():
            limits.apply(connection, event)
        case Materialization():
            if event.partition is not None:
                return _materialize_partition(connection, event, event_id, partitioned)
            return _materialize(connection, event, event_id, partitioned)
        case Observation():
            _observe(connection, event, event_id, partitioned)
        case _:
            pass  # what was logged changes nothing
    return ()


def _queue_run(connection: sqlite3.Connection, event: RunQueued) -> None:
    plan = event.plan
    connection.execute(
        "INSERT INTO runs (id, status, created, assets, job, tags, partition, backfill, tick, priority, pools)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            event.run_id,
            RunStatus.QUEUED.value,
            event.time_us,
            codec.encode_text(plan.assets),
            plan.job,
            codec.encode_text(plan.tags) if plan.tags else None,
            codec.encode_text(plan.partitions) if plan.partitions else None,
            event.backfill,
            event.tick,
            priority_of(plan.tags) or None,
            codec.encode_text(pools) if (pools := first_pools(plan.steps)) else None,
        ),
    )
    _insert_steps(connection, event.run_id, enumerate(plan.steps))


def _change_run(connection: sqlite3.Connection, event: RunChanged) -> None:
    status = event.status.value
    if event.status.is_over:
        connection.execute(
            "UPDATE runs SET status = ?, ended = ?, error = ? WHERE id = ?",
            (status, event.time_us, _storable(event.error), event.run_id),
        )
        connection.execute("DELETE FROM run_secrets WHERE run = ?", (event.run_id,))
        if event.status is not RunStatus.FAILURE:  # a retry may go on from it
            connection.execute("DELETE FROM handed WHERE run = ?", (event.run_id,))
    elif event.status is RunStatus.STARTED:
        connection.execute(
            "UPDATE runs SET status = ?, started = ? WHERE id = ?", (status, event.time_us, event.run_id)
        )
    else:
        connection.execute("UPDATE runs SET status = ? WHERE id = ?", (status, event.run_id))


def _insert_steps(connection: sqlite3.Connection, run_id: str, steps: Iterable[tuple[int, StepPlan]]) -> None:
    connection.executemany(
        "INSERT INTO steps (run, step, position, status, assets, partitioned, pool) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                run_id,
                step.key,
                position,
                StepStatus.PENDING.value,
                codec.encode_text(step.assets),
                1 if step.is_partitioned else None,
                step.pool,
            )
            for position, step in steps
        ],
    )


def _expand_run(connection: sqlite3.Connection, event: RunExpanded) -> None:
    """Copies take the place of the step that they are copies of."""
    positions: dict[str, int] = {}
    for name in event.replaced:
        row = connection.execute(
            "DELETE FROM steps WHERE run = ? AND step = ? RETURNING position", (event.run_id, name)
        ).fetchone()
        positions[name] = row[0] if row else 0
    _insert_steps(
        connection,
        event.run_id,
        [(positions.get(step.key, positions.get(step.key.rpartition("[")[0], 0)), step) for step in event.steps],
    )


def _start_step(connection: sqlite3.Connection, event: StepStarted) -> None:
    connection.execute(
        "UPDATE steps SET status = ?, started = ?, ended = NULL, error = NULL, worker = ? WHERE run = ? AND step = ?",
        (StepStatus.RUNNING.value, event.time_us, event.worker, event.run_id, event.step_key),
    )
    # Of an asset with partitions, those that are being made are known by the steps that run.
    connection.executemany(
        "INSERT INTO assets (key, running_run) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET running_run = excluded.running_run",
        [(key, event.run_id) for key in _assets_of_step(connection, event, whole=True)],
    )


def _retry_step(connection: sqlite3.Connection, event: StepRetried) -> None:
    """It has failed, and is pending again."""
    connection.execute(
        "UPDATE steps SET status = ?, ended = ?, error = ?, retries = ? WHERE run = ? AND step = ?",
        (
            StepStatus.PENDING.value,
            event.time_us,
            codec.encode_text(event.error),
            event.retry,
            event.run_id,
            event.step_key,
        ),
    )
    connection.executemany(
        "UPDATE assets SET running_run = NULL WHERE key = ? AND running_run = ?",
        [(key, event.run_id) for key in _assets_of_step(connection, event, whole=True)],
    )


def _end_step(connection: sqlite3.Connection, event: StepEnded, partitioned: PartitionedGraph | None) -> None:
    error = event.error
    connection.execute(
        "UPDATE steps SET status = ?, ended = ?, error = ? WHERE run = ? AND step = ?",
        (
            event.status.value,
            event.time_us,
            codec.encode_text(error) if error is not None else None,
            event.run_id,
            event.step_key,
        ),
    )
    connection.executemany(
        "INSERT OR REPLACE INTO handed (run, step, output, mapping_key, value) VALUES (?, ?, ?, ?, ?)",
        [
            (event.run_id, source.step, source.output, source.mapping_key or "", codec.encode_text(each.value))
            for each in event.op_outputs
            for source in (each.source,)
        ],
    )
    keys = _assets_of_step(connection, event, whole=True)
    connection.executemany(
        "UPDATE assets SET running_run = NULL WHERE key = ? AND running_run = ?", [(key, event.run_id) for key in keys]
    )
    if event.status is StepStatus.FAILURE:
        message = _storable(error.message) if error is not None else None
        # What the step had made before it failed has not failed.
        connection.executemany(
            "INSERT INTO assets (key, failed, failed_run, error) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE"
            " SET failed = excluded.failed, failed_run = excluded.failed_run, error = excluded.error"
            " WHERE NOT EXISTS (SELECT 1 FROM events WHERE id = assets.materialization AND run = ? AND step = ?)",
            [(key, event.time_us, event.run_id, message, event.run_id, event.step_key) for key in keys],
        )
        if partitioned is not None and not _is_lost_from_backfill(connection, event):
            _fail_partitions(connection, event, message, partitioned)


def _is_lost_from_backfill(connection: sqlite3.Connection, event: StepEnded) -> bool:
    """Whether a step was cut short by its leader's death, and its backfill will try it again."""
    if event.error is None or event.error.kind != "lost":
        return False
    row = connection.execute("SELECT backfill FROM runs WHERE id = ?", (event.run_id,)).fetchone()
    return row is not None and row[0] is not None


def _fail_partitions(
    connection: sqlite3.Connection, event: StepEnded, message: str | None, partitioned: PartitionedGraph
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
            wanted = partitioned.space(key).keys(
                partitioned.set_of(key, codec.decode(row[0], list[tuple[str, ...]]) if row and row[0] else ())
            )
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
    connection: sqlite3.Connection, event: Materialization, event_id: int, partitioned: PartitionedGraph | None
) -> Iterable[ValueRef]:
    key = str(event.asset_key)
    version = event.data_version
    row = connection.execute("SELECT kept, version, changed FROM assets WHERE key = ?", (key,)).fetchone()
    kept, superseded = _kept(row[0] if row else None, event.value)
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
    connection: sqlite3.Connection, event: Materialization, event_id: int, partitioned: PartitionedGraph | None
) -> Iterable[ValueRef]:
    key, partition = str(event.asset_key), _storable(event.partition)
    version = event.data_version
    row = connection.execute(
        "SELECT kept, version, changed FROM partitions WHERE asset = ? AND partition = ?", (key, partition)
    ).fetchone()
    kept, superseded = _kept(row[0] if row else None, event.value)
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
            event.code_version,
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
    connection: sqlite3.Connection, event: AssetEvent, partitioned: PartitionedGraph | None, *, has_changed: bool
) -> None:
    key = event.asset_key
    if partitioned is not None and key in partitioned.graph.assets:
        code_version = event.code_version if isinstance(event, Materialization) else None
        partition_sets.note_materialized(
            connection, partitioned, key, event.partition, code_version, has_changed=has_changed
        )


def _observe(
    connection: sqlite3.Connection, event: Observation, event_id: int, partitioned: PartitionedGraph | None
) -> None:
    key, version = str(event.asset_key), event.data_version
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


def _kept(known: str | None, value: ValueRef | None) -> tuple[str | None, list[ValueRef]]:
    """The references to the values that are kept, with a new one, as JSON; and those that are no longer."""
    kept = codec.decode(known, list[ValueRef]) if known else []
    if value is not None and value.path:
        kept.insert(0, value)
    return codec.encode_text(kept[:VALUES_KEPT]) if kept else None, kept[VALUES_KEPT:]


def _assets_of_step(
    connection: sqlite3.Connection, event: StepStarted | StepEnded | StepRetried, *, whole: bool
) -> list[str]:
    """The assets of a step, where it makes them as a whole, or else for certain partitions."""
    row = connection.execute(
        "SELECT assets FROM steps WHERE run = ? AND step = ? AND (partitioned IS NULL) = ?",
        (event.run_id, event.step_key, whole),
    ).fetchone()
    return codec.decode(row[0], list[str]) if row else []


def _storable(text: str | None) -> str | None:
    """The text without lone surrogates, which SQLite's UTF-8 cannot hold."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")
