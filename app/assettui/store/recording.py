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

    from assettui.core.metadata import JsonObject

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
            connection.execute("DELETE FROM run_secrets WHERE run = ?", (event.run_id,))
            connection.execute("DELETE FROM handed WHERE run = ?", (event.run_id,))
        case EventKind.STEP_STARTED:
            _start_step(connection, event)
        case EventKind.STEP_SUCCESS | EventKind.STEP_FAILURE | EventKind.STEP_SKIPPED | EventKind.STEP_CANCELED:
            _end_step(connection, event)
        case EventKind.STEP_RETRY:
            _retry_step(connection, event)
        case EventKind.RUN_EXPANDED:
            _expand_run(connection, event)
        case EventKind.MATERIALIZED:
            return _materialize(connection, event, event_id)
        case EventKind.OBSERVED:
            connection.execute(
                "INSERT INTO assets (key, observation) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET"
                " observation = excluded.observation, failed = NULL, failed_run = NULL, error = NULL",
                (str(event.asset_key), event_id),
            )
        case EventKind.LOG:
            pass
        case _:
            assert_never(event.kind)
    return ()


def keep_secrets(connection: sqlite3.Connection, run_id: str, config: JsonObject) -> None:
    """Keep a run's configuration as it was given, inside the transaction that is open, until the run is over."""
    connection.execute(
        "INSERT INTO run_secrets (run, config) VALUES (?, ?)", (run_id, json.dumps(config, separators=(",", ":")))
    )


def _status_of(event: Event) -> str:
    return event.kind.value.removeprefix("run_").removeprefix("step_")


def _queue_run(connection: sqlite3.Connection, event: Event) -> None:
    plan: dict[str, Any] = event.payload["plan"]
    steps: list[dict[str, Any]] = plan["steps"]
    tags = plan.get("tags")
    connection.execute(
        "INSERT INTO runs (id, status, created, assets, job, tags, partition) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            event.run_id,
            RunStatus.QUEUED.value,
            event.time_us,
            json.dumps([key for step in steps for key in step["assets"]], separators=(",", ":")),
            plan.get("job"),
            json.dumps(tags, separators=(",", ":")) if tags else None,
            plan.get("partition_key"),
        ),
    )
    _insert_steps(connection, event.run_id, enumerate(steps))


def _insert_steps(
    connection: sqlite3.Connection, run_id: str | None, steps: Iterable[tuple[int, dict[str, Any]]]
) -> None:
    connection.executemany(
        "INSERT INTO steps (run, step, position, status, assets) VALUES (?, ?, ?, ?, ?)",
        [
            (run_id, step["key"], position, StepStatus.PENDING.value, json.dumps(step["assets"], separators=(",", ":")))
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
    connection.executemany(
        "INSERT INTO assets (key, running_run) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET running_run = excluded.running_run",
        [(key, event.run_id) for key in _assets_of_step(connection, event)],
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
    connection.executemany(
        "INSERT OR REPLACE INTO handed (run, step, output, mapping_key, value) VALUES (?, ?, ?, ?, ?)",
        [
            (event.run_id, step, output, key[0] if key else "", json.dumps(value, separators=(",", ":")))
            for (step, output, *key), value in event.payload.get("handed", ())
        ],
    )
    keys = _assets_of_step(connection, event)
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
