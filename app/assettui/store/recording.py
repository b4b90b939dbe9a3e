"""Recording events: each is appended, and the current state that follows from it is updated beside it.

The one place that changes current state. Replaying all events over empty tables gives the same state again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, assert_never

from assettui.core.records import Event, EventKind, RunStatus, StepStatus, ValueRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

VALUES_KEPT = 3
"""How many versions of an asset's value are kept."""


def record(connection: sqlite3.Connection, events: Iterable[Event]) -> list[ValueRef]:
    """Append events, in order, inside the transaction that is open.

    Returns:
        The values that are no longer kept: to be removed once the transaction is committed.
    """
    superseded: list[ValueRef] = []
    for event in events:
        payload = json.dumps(event.payload, ensure_ascii=False, separators=(",", ":")) if event.payload else None
        cursor = connection.execute(
            "INSERT INTO events (time, kind, run, step, asset, payload) VALUES (?, ?, ?, ?, ?, ?)",
            (
                event.time_us,
                event.kind.value,
                event.run_id,
                event.step_key,
                str(event.asset_key) if event.asset_key is not None else None,
                _storable(payload),
            ),
        )
        superseded.extend(apply(connection, event, cursor.lastrowid or 0))
    return superseded


def apply(connection: sqlite3.Connection, event: Event, event_id: int) -> Iterable[ValueRef]:
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
        case EventKind.STEP_STARTED:
            _start_step(connection, event)
        case EventKind.STEP_SUCCESS | EventKind.STEP_FAILURE | EventKind.STEP_SKIPPED | EventKind.STEP_CANCELED:
            _end_step(connection, event)
        case EventKind.MATERIALIZED:
            return _materialize(connection, event, event_id)
        case EventKind.LOG:
            pass
        case _:
            assert_never(event.kind)
    return ()


def _status_of(event: Event) -> str:
    return event.kind.value.removeprefix("run_").removeprefix("step_")


def _queue_run(connection: sqlite3.Connection, event: Event) -> None:
    steps: list[dict[str, Any]] = event.payload["plan"]["steps"]
    tags = event.payload.get("tags")
    connection.execute(
        "INSERT INTO runs (id, status, created, assets, job, tags) VALUES (?, ?, ?, ?, ?, ?)",
        (
            event.run_id,
            RunStatus.QUEUED.value,
            event.time_us,
            json.dumps([key for step in steps for key in step["assets"]], separators=(",", ":")),
            event.payload.get("job"),
            json.dumps(tags, separators=(",", ":")) if tags else None,
        ),
    )
    connection.executemany(
        "INSERT INTO steps (run, step, position, status, assets) VALUES (?, ?, ?, ?, ?)",
        [
            (
                event.run_id,
                step["key"],
                position,
                StepStatus.PENDING.value,
                json.dumps(step["assets"], separators=(",", ":")),
            )
            for position, step in enumerate(steps)
        ],
    )


def _set_run(connection: sqlite3.Connection, event: Event, assignments: str, *values: Any) -> None:
    connection.execute(f"UPDATE runs SET {assignments} WHERE id = ?", (*values, event.run_id))  # noqa: S608 - our own text


def _start_step(connection: sqlite3.Connection, event: Event) -> None:
    connection.execute(
        "UPDATE steps SET status = ?, started = ?, worker = ? WHERE run = ? AND step = ?",
        (StepStatus.RUNNING.value, event.time_us, event.payload.get("worker"), event.run_id, event.step_key),
    )
    connection.executemany(
        "INSERT INTO assets (key, running_run) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET running_run = excluded.running_run",
        [(key, event.run_id) for key in _assets_of_step(connection, event)],
    )


def _end_step(connection: sqlite3.Connection, event: Event) -> None:
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
    keys = _assets_of_step(connection, event)
    connection.executemany(
        "UPDATE assets SET running_run = NULL WHERE key = ? AND running_run = ?", [(key, event.run_id) for key in keys]
    )
    if event.kind is EventKind.STEP_FAILURE:
        message = _storable(error["message"]) if error else None
        connection.executemany(
            "INSERT INTO assets (key, failed, failed_run, error) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE"
            " SET failed = excluded.failed, failed_run = excluded.failed_run, error = excluded.error",
            [(key, event.time_us, event.run_id, message) for key in keys],
        )


def _materialize(connection: sqlite3.Connection, event: Event, event_id: int) -> Iterable[ValueRef]:
    key = str(event.asset_key)
    value = event.payload.get("value")
    row = connection.execute("SELECT kept FROM assets WHERE key = ?", (key,)).fetchone()
    kept: list[Any] = json.loads(row[0]) if row and row[0] else []
    if isinstance(value, dict) and value["path"]:
        kept.insert(0, value)
    connection.execute(
        "INSERT INTO assets (key, materialization, kept) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
        " materialization = excluded.materialization, kept = excluded.kept, failed = NULL, failed_run = NULL, error = NULL",
        (key, event_id, json.dumps(kept[:VALUES_KEPT], separators=(",", ":")) if kept else None),
    )
    return [ValueRef.from_json(each) for each in kept[VALUES_KEPT:]]


def _assets_of_step(connection: sqlite3.Connection, event: Event) -> list[str]:
    row = connection.execute(
        "SELECT assets FROM steps WHERE run = ? AND step = ?", (event.run_id, event.step_key)
    ).fetchone()
    return json.loads(row[0]) if row else []


def _storable(text: str | None) -> str | None:
    """The text without lone surrogates, which SQLite's UTF-8 cannot hold."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")
