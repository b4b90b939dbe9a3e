"""Schedules and sensors in the store: whether they are on, what they remember, and their ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from assettui.definitions.event_records import AssetEventRecord, DagsterRun, RunEventRecord
from assettui.model import codec
from assettui.model.errors import NotFound
from assettui.model.event_rows import event_of
from assettui.model.events import CursorSet, FailedItem, InstigatorTurned, Materialization, Tick, TickOutcome
from assettui.model.instigator import InstigatorKind
from assettui.model.keys import AssetKey
from assettui.model.run import RunStatus
from assettui.model.tick import InstigatorState

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from assettui.definitions.event_cursor import Position

EVENTS_SHOWN = 1_000
"""So many events of an asset a sensor is shown at once; the others when it has taken note of these."""
ITEMS_KEPT = 1_000
"""Of a sensor: the last runs, or files, by which it has failed."""
RUNS_SHOWN = 100
"""So many runs."""
_TICK_SQL = "SELECT ticks.id, ticks.outcome, ticks.ended, events.payload FROM ticks JOIN events ON events.id = ticks.id"


def apply(connection: sqlite3.Connection, event: InstigatorTurned | CursorSet | Tick, event_id: int) -> None:
    """Update the current state for an event of a schedule or a sensor."""
    name, kind = event.instigator, event.instigator_kind.value
    match event:
        case InstigatorTurned():
            connection.execute(
                "INSERT INTO instigators (name, kind, is_on, is_manual, since, turned, failures)"
                " VALUES (?, ?, ?, ?, ?, ?, 0) ON CONFLICT (name) DO UPDATE SET kind = excluded.kind,"
                " is_on = excluded.is_on, is_manual = excluded.is_manual, since = excluded.since,"
                " turned = excluded.turned, failures = 0",
                (name, kind, int(event.status == "on"), int(event.by == "person"), event.time_us, event_id),
            )
        case CursorSet():
            _see(connection, name, kind, event.time_us)
            connection.execute("UPDATE instigators SET cursor = ? WHERE name = ?", (event.cursor or None, name))
        case Tick():
            _apply_tick(connection, event, event_id)


def _see(connection: sqlite3.Connection, name: str, kind: str, time_us: int) -> None:
    connection.execute(
        "INSERT INTO instigators (name, kind, is_on, is_manual, since, failures) VALUES (?, ?, 0, 0, ?, 0)"
        " ON CONFLICT (name) DO NOTHING",
        (name, kind, time_us),
    )


def _apply_tick(connection: sqlite3.Connection, tick: Tick, tick_id: int) -> None:
    name, kind, outcome = tick.instigator, tick.instigator_kind.value, tick.outcome.value
    connection.execute(
        "INSERT INTO ticks (id, instigator, kind, due, outcome, ended) VALUES (?, ?, ?, ?, ?, ?)",
        (tick_id, name, kind, tick.due_us, outcome, tick.time_us),
    )
    connection.executemany(
        "INSERT OR IGNORE INTO run_keys (instigator, run_key, run) VALUES (?, ?, ?)",
        [(name, run.run_key, run.run_id) for run in tick.runs if run.run_key is not None],
    )
    _see(connection, name, kind, tick.time_us)
    connection.execute(
        "UPDATE instigators SET tick = ?, scheduled = coalesce(?, scheduled),"
        " failures = CASE WHEN ? = 'failure' THEN failures + 1 ELSE 0 END WHERE name = ?",
        (tick_id, tick.due_us, outcome, name),
    )
    if tick.failed or tick.tried:
        row = connection.execute("SELECT items FROM instigators WHERE name = ?", (name,)).fetchone()
        items = {each.item: each for each in _items(row[0])}
        for item in tick.tried:
            items.pop(item, None)
        items.update({each.item: each for each in tick.failed})
        kept = codec.encode_text(list(items.values())[-ITEMS_KEPT:]) if items else None
        connection.execute("UPDATE instigators SET items = ? WHERE name = ?", (kept, name))
    if tick.cursor_after is not None:
        connection.execute("UPDATE instigators SET cursor = ? WHERE name = ?", (tick.cursor_after or None, name))


# Reading.


_STATE_SQL = "SELECT name, is_on, is_manual, since, turned, cursor, scheduled, failures, items FROM instigators"


def instigator_states(connection: sqlite3.Connection) -> dict[str, InstigatorState]:
    """What is recorded of each schedule and sensor, by name."""
    return {state.name: state for state in map(_state, connection.execute(_STATE_SQL))}


def instigator_state(connection: sqlite3.Connection, name: str) -> InstigatorState | None:
    """What is recorded of one; None where nothing is."""
    row = connection.execute(f"{_STATE_SQL} WHERE name = ?", (name,)).fetchone()
    return _state(row) if row is not None else None


def _state(row: Sequence[Any]) -> InstigatorState:
    name, is_on, is_manual, since, turned, cursor, scheduled, failures, items = row
    return InstigatorState(
        name, bool(is_on), bool(is_manual), since, turned or 0, cursor, scheduled, failures, _items(items)
    )


def _items(text: str | None) -> tuple[FailedItem, ...]:
    return codec.decode(text, tuple[FailedItem, ...]) if text else ()


def last_ended(connection: sqlite3.Connection, name: str) -> int | None:
    """When the last tick of a schedule or sensor ended; microseconds since the epoch, UTC. None where none has."""
    row = connection.execute(
        "SELECT ended FROM instigators JOIN ticks ON ticks.id = instigators.tick WHERE name = ?", (name,)
    ).fetchone()
    return row[0] if row is not None else None


def cursor_of(connection: sqlite3.Connection, name: str) -> str | None:
    """What a sensor remembers."""
    row = connection.execute("SELECT cursor FROM instigators WHERE name = ?", (name,)).fetchone()
    return row[0] if row else None


def ticks(
    connection: sqlite3.Connection,
    *,
    instigator: str | None = None,
    outcome: TickOutcome | None = None,
    limit: int = 50,
    before: int | None = None,
) -> list[Tick]:
    """Ticks, the newest first.

    Args:
        connection: The store.
        instigator: Of this schedule or sensor only.
        outcome: With this outcome only.
        limit: At most so many.
        before: Older ones than the tick of this id.
    """
    conditions: list[str] = []
    parameters: list[Any] = []
    for column, value in (("ticks.instigator =", instigator), ("ticks.outcome =", outcome), ("ticks.id <", before)):
        if value is not None:
            conditions.append(f"{column} ?")
            parameters.append(value)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = connection.execute(f"{_TICK_SQL}{where} ORDER BY ticks.id DESC LIMIT ?", (*parameters, limit))
    return [_tick(row) for row in rows]


def tick(connection: sqlite3.Connection, tick_id: int) -> Tick:
    """One tick.

    Raises:
        NotFound: There is none of that id.
    """
    row = connection.execute(f"{_TICK_SQL} WHERE ticks.id = ?", (tick_id,)).fetchone()
    if row is None:
        raise NotFound(f"there is no tick {tick_id}", hint="see `assettui tick ls`")
    return _tick(row)


def requested_tick(connection: sqlite3.Connection, intent: int, after: int) -> Tick | None:
    """The tick that somebody asked for by an intent, if there is one after the event of that id."""
    rows = connection.execute(
        f"{_TICK_SQL} WHERE ticks.id > ? AND json_extract(events.payload, '$.asked') = ?", (after, intent)
    )
    return next((_tick(row) for row in rows), None)


def _tick(row: Sequence[Any]) -> Tick:
    tick_id, outcome, ended, payload = row
    return cast("Tick", event_of(f"tick_{outcome}", {"id": tick_id, "time_us": ended}, payload))


def is_recorded(connection: sqlite3.Connection, name: str, due_us: int) -> bool:
    """Whether a schedule was ticked for a time."""
    sql = "SELECT 1 FROM ticks WHERE instigator = ? AND due = ?"
    return connection.execute(sql, (name, due_us)).fetchone() is not None


def known_run_keys(connection: sqlite3.Connection, kind: InstigatorKind, name: str, keys: Iterable[str]) -> set[str]:
    """Those of the run keys that a sensor has asked for before.

    A schedule's count within one tick: its name of a region, or of a partition, means another run the next day.
    """
    if kind is InstigatorKind.SCHEDULE:
        return set()
    sql = "SELECT 1 FROM run_keys WHERE instigator = ? AND run_key = ?"
    return {key for key in keys if connection.execute(sql, (name, key)).fetchone() is not None}


def last_run_key(connection: sqlite3.Connection, name: str) -> str | None:
    """The run key that a sensor asked for last."""
    row = connection.execute(
        "SELECT events.payload FROM ticks JOIN events ON events.id = ticks.id"
        " WHERE ticks.instigator = ? AND ticks.outcome = 'success' ORDER BY ticks.id DESC LIMIT 1",
        (name,),
    ).fetchone()
    runs: list[list[str]] = codec.decode(row[0], dict[str, Any]).get("runs", []) if row else []
    return next((run[1] for run in reversed(runs) if len(run) > 1), None)


# What wakes sensors.


def asset_events_after(
    connection: sqlite3.Connection, positions: Mapping[AssetKey, Position], limit: int = EVENTS_SHOWN
) -> list[AssetEventRecord]:
    """What was made of assets and not taken note of, the oldest first; of each asset the last ones, at most `limit`."""
    found: list[AssetEventRecord] = []
    for key, position in positions.items():
        rows = connection.execute(
            "SELECT * FROM (SELECT id, run, time, partition, payload FROM events"
            " WHERE kind = 'materialized' AND asset = :asset AND id > :at ORDER BY id DESC LIMIT :limit)"
            " UNION ALL SELECT id, run, time, partition, payload FROM events"
            " WHERE id IN (SELECT value FROM json_each(:unconsumed)) AND kind = 'materialized' AND asset = :asset",
            {
                "asset": str(key),
                "at": position.at,
                "limit": limit,
                "unconsumed": codec.encode_text(position.unconsumed),
            },
        )
        for event_id, run, time_us, partition, payload in rows:
            seen = cast(
                "Materialization", event_of("materialized", {"time_us": time_us, "asset_key": str(key)}, payload)
            )
            found.append(
                AssetEventRecord(
                    event_id, run or "", time_us / 1_000_000, key, partition, seen.metadata, seen.data_version
                )
            )
    return sorted(found, key=lambda each: each.storage_id)


def run_events_after(
    connection: sqlite3.Connection,
    statuses: Iterable[str],
    *,
    after: int,
    jobs: Sequence[str] = (),
    but_of: str | None = None,
    again: Iterable[int] = (),
    limit: int = RUNS_SHOWN,
) -> list[RunEventRecord]:
    """Runs that have come to certain statuses, the oldest first.

    Args:
        connection: The store.
        statuses: The statuses.
        after: Only what was recorded after the event of this id.
        jobs: Only runs of these jobs; empty for all.
        but_of: Not the runs that this sensor has asked for.
        again: The ids of events that are told again, whenever they were.
        limit: At most so many.
    """
    wanted = codec.encode_text([f"run_{status}" for status in statuses])
    rows = connection.execute(
        "SELECT events.id, events.kind, events.time, events.payload, runs.id, runs.job, runs.tags, runs.assets,"
        " runs.partition FROM events JOIN runs ON runs.id = events.run"
        " LEFT JOIN events asking ON asking.id = runs.tick"
        " WHERE events.kind IN (SELECT value FROM json_each(?)) AND (events.id > ?"
        " OR events.id IN (SELECT value FROM json_each(?)))"
        " AND (runs.tick IS NULL OR json_extract(asking.payload, '$.instigator') IS NOT ?)"
        " ORDER BY events.id",
        (wanted, after, codec.encode_text(list(again)), but_of),
    )
    found: list[RunEventRecord] = []
    for event_id, kind, time_us, payload, run_id, job, tags, assets, partition in rows:
        if jobs and job not in jobs:
            continue
        ranges = codec.decode(partition, list[tuple[str, ...]]) if partition else []
        only = ranges[0][0] if len(ranges) == 1 and ranges[0][0] == ranges[0][-1] else None
        status = RunStatus(kind.removeprefix("run_"))
        run = DagsterRun(
            run_id,
            job,
            status,
            codec.decode(tags, dict[str, str]) if tags else {},
            codec.decode(assets, frozenset[AssetKey]),
            {},
            only,
        )
        error = codec.decode(payload, dict[str, Any]).get("error") if payload else None
        failed = _failed_steps(connection, run_id) if status is RunStatus.FAILURE else ()
        found.append(RunEventRecord(event_id, time_us / 1_000_000, run, error, failed))
        if len(found) == limit:
            break
    return found


def _failed_steps(connection: sqlite3.Connection, run_id: str) -> tuple[tuple[str, str], ...]:
    rows = connection.execute(
        "SELECT step, json_extract(error, '$.message') FROM steps WHERE run = ? AND status = 'failure'"
        " ORDER BY position LIMIT 100",
        (run_id,),
    )
    return tuple((step, why or "") for step, why in rows)


# Forgetting.

SKIPPED_KEPT = 500
"""So many of the last ticks of each schedule and sensor are kept, though they were skipped."""
FORGOTTEN_AT_ONCE = 5_000


def forget_old(connection: sqlite3.Connection, before_us: int) -> int:
    """Forget ticks that ended before a time, and of those that were skipped all but the last ones; how many there were.

    What they have asked for stays, their run keys too. Inside the transaction that is open; a part of them at a time.
    """
    rows = connection.execute(
        "SELECT id FROM ticks WHERE ended < ? UNION SELECT id FROM ("
        " SELECT id, row_number() OVER (PARTITION BY instigator ORDER BY id DESC) AS place FROM ticks"
        " WHERE outcome = 'skipped') WHERE place > ? LIMIT ?",
        (before_us, SKIPPED_KEPT, FORGOTTEN_AT_ONCE),
    ).fetchall()
    connection.executemany("DELETE FROM ticks WHERE id = ?", rows)
    connection.executemany("DELETE FROM events WHERE id = ?", rows)
    return len(rows)
