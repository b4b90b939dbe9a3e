"""Recording events: each is appended, and the current state that follows from it is updated beside it.

The one place that changes current state. Replaying all events over empty tables gives the same state again.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

from assettui.core.queue import first_pools, priority_of
from assettui.model import codec
from assettui.model import events as happened
from assettui.model.asset import ValueRef
from assettui.model.event_rows import event_text, kept
from assettui.model.run import RunStatus, StepStatus
from assettui.store import backfills, checks, drifts, limits, profiles, ticks
from assettui.store.asset_recording import (
    assets_of_step,
    fail_partitions,
    materialize,
    materialize_partition,
    observe,
    storable,
    wipe,
)
from assettui.store.superseded import note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.model.run import StepPlan


UNFIT: Final = (ValueError, TypeError, OverflowError, sqlite3.InterfaceError, sqlite3.DataError, sqlite3.IntegrityError)
"""What is raised for something that the store cannot hold; anything else is a fault of the store, or of ours."""


def record(
    connection: sqlite3.Connection, events: Iterable[happened.Event], partitioned: PartitionedGraph | None = None
) -> list[ValueRef]:
    """Append events, in order, inside the transaction that is open.

    Args:
        connection: The store.
        events: What has happened.
        partitioned: The project's partitions; needed where anything has happened to assets that have some.

    Returns:
        The values that are no longer kept: to be removed once the transaction is committed. They are noted in the store.
    """
    superseded: list[ValueRef] = []
    for event in map(kept, events):
        cursor = connection.execute(
            "INSERT INTO events (time, kind, run, step, asset, partition, payload) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                event.time_us,
                event.kind.value,
                event.run_id or None,
                event.step_key,
                str(event.asset_key) if event.asset_key is not None else None,
                storable(event.partition),
                storable(event_text(event)),
            ),
        )
        superseded.extend(apply(connection, event, cursor.lastrowid or 0, partitioned))
    if superseded:
        note(connection, superseded)
    return superseded


def record_what_fits(
    db: sqlite3.Connection, events: list[happened.Event], partitioned: PartitionedGraph, now_us: int
) -> tuple[list[happened.Event], list[ValueRef], list[tuple[str, str]]]:
    """As `record`; what cannot be recorded, whatever it is, is left out: one bad thing must not stop all the others.

    Returns:
        What was recorded, the values that are no longer kept, and the runs of the rest, with the reason.
    """
    db.execute("SAVEPOINT events")
    try:
        superseded = record(db, events, partitioned)
    except UNFIT:
        db.execute("ROLLBACK TO events")
    else:
        db.execute("RELEASE events")
        return events, superseded, []
    kept: list[happened.Event] = []
    refused: dict[str, str] = {}
    superseded = list[ValueRef]()
    for event in events:
        db.execute("SAVEPOINT event")
        try:
            superseded += record(db, [event], partitioned)
            kept.append(event)
        except UNFIT as error:
            db.execute("ROLLBACK TO event")
            reason = f"{event.kind.value} cannot be recorded: {type(error).__name__}: {error}"
            refused.setdefault(event.run_id, reason)
            if isinstance(event, happened.RunChanged) and event.status.is_over:  # it must not seem to go on
                superseded += record(
                    db, [happened.RunChanged(now_us, event.run_id, status=RunStatus.FAILURE, error=reason)]
                )
        finally:
            db.execute("RELEASE event")
    db.execute("RELEASE events")
    return kept, superseded, [(run_id, reason) for run_id, reason in refused.items() if run_id]


def apply(
    connection: sqlite3.Connection, event: happened.Event, event_id: int, partitioned: PartitionedGraph | None = None
) -> Iterable[ValueRef]:
    """Update the current state for one event; gives the values that are no longer kept."""
    match event:
        case happened.RunQueued():
            _queue_run(connection, event)
        case happened.RunChanged():
            _change_run(connection, event)
        case happened.RunExpanded():
            _expand_run(connection, event)
        case happened.StepStarted():
            _start_step(connection, event)
        case happened.StepEnded():
            _end_step(connection, event, partitioned)
        case happened.StepRetried():
            _retry_step(connection, event)
        case happened.BackfillQueued() | happened.BackfillChanged():
            backfills.apply(connection, event)
        case happened.InstigatorTurned() | happened.CursorSet() | happened.Tick():
            ticks.apply(connection, event, event_id)
        case happened.LimitSet():
            limits.apply(connection, event)
        case happened.Materialization():
            if event.partition is not None:
                return materialize_partition(connection, event, event_id, partitioned)
            return materialize(connection, event, event_id, partitioned)
        case happened.Observation():
            observe(connection, event, event_id, partitioned)
        case happened.CheckEvaluation():
            checks.record_evaluation(connection, event, event_id, partitioned)
        case happened.FreshnessChanged():
            connection.execute(
                "INSERT OR REPLACE INTO freshness (asset, status, since) VALUES (?, ?, ?)",
                (str(event.asset_key), event.freshness.value, event.time_us),
            )
        case happened.DataProfiled():
            profiles.note_profiled(connection, event, event_id)
            drifts.note_profiled(connection, event, event_id)
        case happened.DriftExpected():
            drifts.note_expected(connection, event)
        case happened.Wiped():
            drifts.forget(connection, str(event.asset_key), storable(event.partition))
            return wipe(connection, event, partitioned)
        case _:
            pass  # what was logged changes nothing
    return ()


def _queue_run(connection: sqlite3.Connection, event: happened.RunQueued) -> None:
    plan = event.plan
    connection.execute(
        "INSERT INTO runs (id, status, created, assets, job, tags, partition, backfill, tick, priority, pools, checks)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
            codec.encode_text([str(key) for key in plan.checks]) if plan.checks and not plan.assets else None,
        ),
    )
    _insert_steps(connection, event.run_id, enumerate(plan.steps))


def _change_run(connection: sqlite3.Connection, event: happened.RunChanged) -> None:
    status = event.status.value
    if event.status.is_over:
        connection.execute(
            "UPDATE runs SET status = ?, ended = ?, error = ? WHERE id = ?",
            (status, event.time_us, storable(event.error), event.run_id),
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
        "INSERT INTO steps (run, step, position, status, assets, partitioned, pool, checks) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                run_id,
                step.key,
                position,
                StepStatus.PENDING.value,
                codec.encode_text(step.assets),
                1 if step.is_partitioned else None,
                step.pool,
                codec.encode_text(step.checks) if step.checks else None,
            )
            for position, step in steps
        ],
    )


def _expand_run(connection: sqlite3.Connection, event: happened.RunExpanded) -> None:
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


def _start_step(connection: sqlite3.Connection, event: happened.StepStarted) -> None:
    connection.execute(
        "UPDATE steps SET status = ?, started = ?, ended = NULL, error = NULL, worker = ? WHERE run = ? AND step = ?",
        (StepStatus.RUNNING.value, event.time_us, event.worker, event.run_id, event.step_key),
    )
    # Of an asset with partitions, those that are being made are known by the steps that run.
    connection.executemany(
        "INSERT INTO assets (key, running_run) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET running_run = excluded.running_run",
        [(key, event.run_id) for key in assets_of_step(connection, event, whole=True)],
    )


def _retry_step(connection: sqlite3.Connection, event: happened.StepRetried) -> None:
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
        [(key, event.run_id) for key in assets_of_step(connection, event, whole=True)],
    )


def _end_step(connection: sqlite3.Connection, event: happened.StepEnded, partitioned: PartitionedGraph | None) -> None:
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
    keys = assets_of_step(connection, event, whole=True)
    connection.executemany(
        "UPDATE assets SET running_run = NULL WHERE key = ? AND running_run = ?", [(key, event.run_id) for key in keys]
    )
    if event.status is StepStatus.FAILURE:
        message = storable(error.message) if error is not None else None
        # What the step had made before it failed has not failed.
        connection.executemany(
            "INSERT INTO assets (key, failed, failed_run, error) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE"
            " SET failed = excluded.failed, failed_run = excluded.failed_run, error = excluded.error, failed_check = NULL"
            " WHERE NOT EXISTS (SELECT 1 FROM events WHERE id = assets.materialization AND run = ? AND step = ?)",
            [(key, event.time_us, event.run_id, message, event.run_id, event.step_key) for key in keys],
        )
        if partitioned is not None and not _is_lost_from_backfill(connection, event):
            fail_partitions(connection, event, message, partitioned)
        checks.record_unevaluated(connection, event)


def _is_lost_from_backfill(connection: sqlite3.Connection, event: happened.StepEnded) -> bool:
    """Whether a step was cut short by its leader's death, and its backfill will try it again."""
    if event.error is None or event.error.kind != "lost":
        return False
    row = connection.execute("SELECT backfill FROM runs WHERE id = ?", (event.run_id,)).fetchone()
    return row is not None and row[0] is not None
