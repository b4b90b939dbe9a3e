"""Reading what has been recorded, as typed rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from assettui.core.retrying import PARENT_RUN_TAG, RETRY_NUMBER_TAG
from assettui.model import codec
from assettui.model.asset import AssetState, PartitionState, ValueRef
from assettui.model.errors import NotFound
from assettui.model.event_rows import event_of
from assettui.model.events import Event, Materialization, Observation, OpOutput, RunExpanded
from assettui.model.keys import AssetKey
from assettui.model.run import ANY_RUN, RunFilter, RunPlan, RunRecord, RunStatus, StepError, StepRecord, StepStatus

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from assettui.model.project import StepOutput

_RUN_COLUMNS = "id, status, created, started, ended, assets, job, partition, tags, error, backfill, checks"
_RUN_WORDS = "id || " + " || ".join(
    f"' ' || coalesce({column}, '')" for column in ("status", "job", "assets", "partition", "tags", "error", "checks")
)
"""What is searched for words: all that is listed of a run, and its tags."""
_EVENT_COLUMNS = "id, time, kind, run, step, asset, partition, payload"
_STATE_SQL = (
    "SELECT assets.key, assets.failed, assets.failed_run, assets.error, assets.running_run,"
    " made.id, made.time, made.run, made.payload, made.partition, seen.id, seen.time, seen.run, seen.payload"
    " FROM assets LEFT JOIN events made ON made.id = assets.materialization"
    " LEFT JOIN events seen ON seen.id = assets.observation"
)


def last_event(connection: sqlite3.Connection) -> int:
    """The id of the event that was recorded last; 0 where there is none."""
    return connection.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0]


def asset_states(connection: sqlite3.Connection, keys: Iterable[AssetKey] | None = None) -> dict[AssetKey, AssetState]:
    """The state of these assets, as far as anything is known; or of all. Costs a read of them."""
    if keys is None:
        rows = connection.execute(_STATE_SQL)
    else:
        sql = f"{_STATE_SQL} WHERE assets.key IN (SELECT value FROM json_each(?))"  # noqa: S608 - our own text
        rows = connection.execute(sql, (codec.encode_text([str(key) for key in keys]),))
    return {state.asset_key: state for state in map(_state, rows)}


def asset_state(connection: sqlite3.Connection, key: AssetKey) -> AssetState:
    """The state of one asset; an empty one where nothing is known."""
    row = connection.execute(f"{_STATE_SQL} WHERE assets.key = ?", (str(key),)).fetchone()
    return _state(row) if row else AssetState(key)


def materializations(connection: sqlite3.Connection, key: AssetKey, limit: int) -> list[Materialization]:
    """The last materializations of an asset, the newest first."""
    rows = connection.execute(
        "SELECT id, time, run, payload, partition FROM events WHERE kind = 'materialized' AND asset = ?"
        " ORDER BY id DESC LIMIT ?",
        (str(key), limit),
    )
    return [_materialization(key, *row) for row in rows]


def runs(
    connection: sqlite3.Connection, wanted: RunFilter = ANY_RUN, *, limit: int, offset: int = 0
) -> list[RunRecord]:
    """Runs, the newest first."""
    condition, values = _condition(wanted)
    rows = connection.execute(
        f"SELECT {_RUN_COLUMNS} FROM runs {condition} ORDER BY created DESC, rowid DESC LIMIT ? OFFSET ?",  # noqa: S608 - our own text
        (*values, limit, offset),
    )
    return [_run(row) for row in rows]


def _condition(wanted: RunFilter) -> tuple[str, list[Any]]:
    """What runs must be, as SQL, and its parameters."""
    found: list[tuple[str, Any]] = [
        ("status IN (SELECT value FROM json_each(?))", codec.encode_text(wanted.statuses) if wanted.statuses else None),
        ("job = ?", wanted.job),
        ("backfill = ?", wanted.backfill),
        ("created >= ?", wanted.since_us),
        ("created <= ?", wanted.until_us),
        ("EXISTS (SELECT 1 FROM json_each(assets) WHERE value = ?)", str(wanted.asset) if wanted.asset else None),
        *(
            (
                "EXISTS (SELECT 1 FROM json_each(tags) WHERE json_array(key, value) = ?)",
                codec.encode_text([name, value]),
            )
            for name, value in wanted.tags.items()
        ),
        *((f"instr(lower({_RUN_WORDS}), lower(?)) > 0", word) for word in wanted.words),
    ]
    said = [(condition, value) for condition, value in found if value is not None]
    return (f"WHERE {' AND '.join(each for each, _ in said)}" if said else ""), [value for _, value in said]


def runs_between(connection: sqlite3.Connection, from_us: int, until_us: int, limit: int) -> list[RunRecord]:
    """Runs that were on their way at any time between the two, the oldest first; the last ones, at most `limit`."""
    rows = connection.execute(
        f"SELECT {_RUN_COLUMNS} FROM runs WHERE created <= ? AND (ended IS NULL OR ended >= ?)"  # noqa: S608 - our own text
        " ORDER BY created DESC, rowid DESC LIMIT ?",
        (until_us, from_us, limit),
    )
    return [_run(row) for row in rows][::-1]


def runs_not_over(connection: sqlite3.Connection) -> list[RunRecord]:
    """Every run that is queued, starting, started or canceling, the oldest first."""
    rows = connection.execute(f"SELECT {_RUN_COLUMNS} FROM runs WHERE ended IS NULL ORDER BY created, rowid")  # noqa: S608 - our own text
    return [_run(row) for row in rows]


def count_runs(connection: sqlite3.Connection, wanted: RunFilter = ANY_RUN) -> int:
    condition, values = _condition(wanted)
    return connection.execute(f"SELECT count(*) FROM runs {condition}", values).fetchone()[0]  # noqa: S608 - our own text


def count_runs_by_status(connection: sqlite3.Connection) -> dict[RunStatus, int]:
    """How many runs that are not over have each status."""
    rows = connection.execute("SELECT status, count(*) FROM runs WHERE ended IS NULL GROUP BY status")
    return {RunStatus(status): count for status, count in rows}


def run(connection: sqlite3.Connection, run_id: str) -> RunRecord:
    """The run of that id, or the one whose id begins so.

    Raises:
        NotFound: There is none, or several begin so.
    """
    pattern = "".join(char for char in run_id if char.isalnum())
    rows = connection.execute(
        f"SELECT {_RUN_COLUMNS} FROM runs WHERE id >= ? AND id < ? LIMIT 2",  # noqa: S608 - our own text
        (pattern, pattern + "\U0010ffff"),
    ).fetchall()
    if not pattern or not rows:
        raise NotFound(f"no run is called {run_id!r}", hint="see `assettui run ls`")
    if len(rows) > 1 and rows[0][0] != run_id:
        raise NotFound(f"several runs begin with {run_id!r}", hint="give more of the id; see `assettui run ls`")
    return _run(rows[0])


def run_plan(connection: sqlite3.Connection, run_id: str) -> RunPlan:
    row = connection.execute("SELECT payload FROM events WHERE run = ? ORDER BY id LIMIT 1", (run_id,)).fetchone()
    return codec.from_builtins(codec.decode(row[0], dict[str, Any])["plan"], RunPlan)


def automatic_retry(connection: sqlite3.Connection, run_id: str, since_us: int) -> str | None:
    """The run that tries another one again by itself; None where there is none."""
    row = connection.execute(
        "SELECT id FROM runs WHERE created >= ? AND json_extract(tags, ?) = ? AND json_extract(tags, ?) IS NOT NULL",
        (since_us, f'$."{PARENT_RUN_TAG}"', run_id, f'$."{RETRY_NUMBER_TAG}"'),
    ).fetchone()
    return row[0] if row is not None else None


def expansions(connection: sqlite3.Connection, run_id: str) -> list[RunExpanded]:
    """What the dynamic outputs of a run have brought, in order."""
    rows = connection.execute(
        f"SELECT {_EVENT_COLUMNS} FROM events WHERE run = ? AND kind = 'run_expanded' ORDER BY id",  # noqa: S608 - our own text
        (run_id,),
    )
    return [cast("RunExpanded", event_of_row(row)) for row in rows]


def op_outputs(connection: sqlite3.Connection, run_id: str, sources: Iterable[StepOutput]) -> tuple[OpOutput, ...]:
    """Which of these the steps of a run have passed on."""
    found: list[OpOutput] = []
    for source in sources:
        row = connection.execute(
            "SELECT value FROM handed WHERE run = ? AND step = ? AND output = ? AND mapping_key = ?",
            (run_id, source.step, source.output, source.mapping_key or ""),
        ).fetchone()
        if row:
            found.append(OpOutput(source, codec.decode(row[0], ValueRef)))
    return tuple(found)


def observations(connection: sqlite3.Connection, key: AssetKey, limit: int) -> list[Observation]:
    """The last observations of an asset, the newest first."""
    rows = connection.execute(
        "SELECT id, time, run, payload, partition FROM events WHERE kind = 'observed' AND asset = ?"
        " ORDER BY id DESC LIMIT ?",
        (str(key), limit),
    )
    return [_observation(key, *row) for row in rows]


def steps(connection: sqlite3.Connection, run_id: str) -> list[StepRecord]:
    """The steps of a run, upstream before downstream."""
    rows = connection.execute(
        "SELECT step, status, assets, started, ended, worker, error, retries, partitioned FROM steps WHERE run = ?"
        " ORDER BY position, rowid",
        (run_id,),
    )
    return [
        StepRecord(
            run_id=run_id,
            step_key=step,
            status=StepStatus(status),
            assets=codec.decode(assets, tuple[AssetKey, ...]),
            started_us=started,
            ended_us=ended,
            worker_pid=worker,
            error=codec.decode(error, StepError) if error else None,
            retries=retries or 0,
            is_partitioned=partitioned is not None,
        )
        for step, status, assets, started, ended, worker, error, retries, partitioned in rows
    ]


def events(
    connection: sqlite3.Connection,
    *,
    run_id: str | None = None,
    step_key: str | None = None,
    after: int = 0,
    limit: int = 1_000,
) -> list[Event]:
    """Events in the order of recording, those of one run and step where they are given, from the one after `after` on."""
    conditions, values = ["id > ?"], [after]
    conditions_of: Sequence[tuple[str, str | None]] = (("run = ?", run_id), ("step = ?", step_key))
    parameters: list[Any] = [*values]
    for condition, value in conditions_of:
        if value is not None:
            conditions.append(condition)
            parameters.append(value)
    rows = connection.execute(
        f"SELECT {_EVENT_COLUMNS} FROM events WHERE {' AND '.join(conditions)} ORDER BY id LIMIT ?",  # noqa: S608 - our own text
        (*parameters, limit),
    )
    return [event_of_row(row) for row in rows]


def events_before(connection: sqlite3.Connection, run_id: str, before: int, *, limit: int) -> list[Event]:
    """The events of a run before the one with this id, against the order of recording."""
    rows = connection.execute(
        f"SELECT {_EVENT_COLUMNS} FROM events WHERE run = ? AND id < ? ORDER BY id DESC LIMIT ?",  # noqa: S608 - our own text
        (run_id, before, limit),
    )
    return [event_of_row(row) for row in rows]


def last_event_of_run(connection: sqlite3.Connection, run_id: str) -> int:
    """The id of the last event of a run; 0 where it has none."""
    (found,) = connection.execute("SELECT max(id) FROM events WHERE run = ?", (run_id,)).fetchone()
    return found or 0


def all_event_rows(connection: sqlite3.Connection) -> Iterable[tuple[Any, ...]]:
    """Every event, in the order of recording, one at a time, as `event_of_row` takes it."""
    return connection.execute(f"SELECT {_EVENT_COLUMNS} FROM events ORDER BY id")  # noqa: S608 - our own text


def all_events(connection: sqlite3.Connection) -> Iterable[Event]:
    """Every event, in the order of recording, one at a time."""
    return map(event_of_row, all_event_rows(connection))


def data_version(connection: sqlite3.Connection) -> int:
    """A number that changes whenever another connection has committed. Costs 5 µs."""
    return connection.execute("PRAGMA data_version").fetchone()[0]


def event_of_row(row: tuple[Any, ...]) -> Event:
    """The event that a row of `id, time, kind, run, step, asset, partition, payload` holds."""
    event_id, time, kind, run_id, step, asset, partition, payload = row
    columns = {"id": event_id, "time_us": time, "run_id": run_id or "", "step_key": step, "partition": partition}
    if asset is not None:
        columns["asset_key"] = asset
    return event_of(kind, columns, payload)


def _materialization(
    key: AssetKey, event_id: int, time: int, run_id: str | None, payload: str, partition: str | None = None
) -> Materialization:
    columns = {"id": event_id, "time_us": time, "run_id": run_id or "", "asset_key": str(key), "partition": partition}
    return cast("Materialization", event_of("materialized", columns, payload))


def _observation(
    key: AssetKey, event_id: int, time: int, run_id: str | None, payload: str | None, partition: str | None = None
) -> Observation:
    columns = {"id": event_id, "time_us": time, "run_id": run_id or "", "asset_key": str(key), "partition": partition}
    return cast("Observation", event_of("observed", columns, payload))


def _state(row: tuple[Any, ...]) -> AssetState:
    key, failed, failed_run, error, running_run, *latest = row
    made_id, time, run_id, payload, partition, *seen = latest
    asset_key = AssetKey(key)
    last = _materialization(asset_key, made_id, time, run_id, payload, partition) if payload else None
    observed = _observation(asset_key, *seen) if seen[0] is not None else None
    return AssetState(asset_key, last, failed, failed_run, error, running_run, observed)


def _run(row: tuple[Any, ...]) -> RunRecord:
    run_id, status, created, started, ended, assets, job, partitions, tags, error, backfill, checks = row
    return RunRecord(
        run_id=run_id,
        status=RunStatus(status),
        created_us=created,
        started_us=started,
        ended_us=ended,
        assets=codec.decode(assets, tuple[AssetKey, ...]),
        job=job,
        partitions=_ranges(partitions),
        tags=codec.decode(tags, dict[str, str]) if tags else {},
        error=error,
        backfill=backfill,
        checks=codec.decode(checks, tuple[str, ...]) if checks else (),
    )


def _ranges(text: str | None) -> tuple[tuple[str, str], ...]:
    """The partitions of a run, as ranges of keys."""
    return tuple((ends[0], ends[-1]) for ends in codec.decode(text, list[tuple[str, ...]])) if text else ()


class KnownPartitions:
    """What the store knows of the partitions that were materialized."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def partition_versions(self, key: AssetKey, partitions: Sequence[str]) -> dict[str, str]:
        """The data versions of those of these partitions that were ever materialized."""
        rows = _partition_rows(self._connection, key, partitions, "partition, version", "made IS NOT NULL")
        return dict(rows)

    def oldest_data_time(self, key: AssetKey, partitions: Sequence[str]) -> int | None:
        """The time of the oldest source data of those of these partitions that were ever materialized; None for none."""
        rows = _partition_rows(self._connection, key, partitions, "partition, data_time", "made IS NOT NULL")
        return min((time for _, time in rows if time is not None), default=None)

    def partition_values(self, key: AssetKey, partitions: Sequence[str]) -> dict[str, ValueRef | None]:
        """The stored values of those of these partitions that were ever materialized; None where there is none."""
        rows = _partition_rows(
            self._connection,
            key,
            partitions,
            "partition, (SELECT json_extract(payload, '$.value') FROM events WHERE id = partitions.made)",
            "made IS NOT NULL",
        )
        return {partition: codec.decode(value, ValueRef) if value else None for partition, value in rows}


def partition_states(
    connection: sqlite3.Connection, key: AssetKey, partitions: Sequence[str]
) -> dict[str, PartitionState]:
    """The state of those of these partitions of which anything is known."""
    columns = "partitions.partition, partitions.failed, partitions.failed_run, partitions.error, made.id, made.time, made.run, made.payload"
    rows = _partition_rows(
        connection, key, partitions, columns, "1", "LEFT JOIN events made ON made.id = partitions.made"
    )
    return {
        partition: PartitionState(
            partition,
            _materialization(key, made_id, time, run_id, payload, partition) if payload else None,
            failed,
            failed_run,
            error,
        )
        for partition, failed, failed_run, error, made_id, time, run_id, payload in rows
    }


def _partition_rows(
    connection: sqlite3.Connection,
    key: AssetKey,
    partitions: Sequence[str],
    columns: str,
    condition: str,
    join: str = "",
) -> list[tuple[Any, ...]]:
    """The rows of some partitions of an asset: one by one where they are few, else all of the asset's at once."""
    sql = f"SELECT {columns} FROM partitions {join} WHERE partitions.asset = ? AND {condition}"  # noqa: S608 - our own text
    if len(partitions) > 500:
        wanted = set(partitions)
        return [row for row in connection.execute(sql, (str(key),)) if row[0] in wanted]
    found: list[tuple[Any, ...]] = []
    for partition in partitions:
        row = connection.execute(f"{sql} AND partitions.partition = ?", (str(key), partition)).fetchone()
        if row is not None:
            found.append(row)
    return found


def partitions_on_their_way(
    connection: sqlite3.Connection,
) -> Iterable[tuple[list[AssetKey], StepStatus, tuple[tuple[str, str], ...]]]:
    """The steps of runs that are not over which are running or pending, and the partitions that they are for."""
    rows = connection.execute(
        "SELECT steps.assets, steps.status, runs.partition FROM runs JOIN steps ON steps.run = runs.id"
        " WHERE runs.ended IS NULL AND steps.partitioned = 1 AND steps.status IN ('running', 'pending')"
    )
    for assets, status, partitions in rows:
        yield codec.decode(assets, list[AssetKey]), StepStatus(status), _ranges(partitions)


def materialized_partitions(connection: sqlite3.Connection, key: AssetKey) -> set[str]:
    """The partitions of an asset that were ever materialized."""
    rows = connection.execute("SELECT partition FROM partitions WHERE asset = ? AND made IS NOT NULL", (str(key),))
    return {partition for (partition,) in rows}
