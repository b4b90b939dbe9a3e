"""How checks stand: the last result of each, for each partition, and what follows from it for the asset."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from assettui.model import codec
from assettui.model.check import AssetCheckKey, CheckOutcome, CheckState
from assettui.model.event_rows import event_of
from assettui.model.keys import AssetKey
from assettui.store import partition_sets

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.model.events import CheckEvaluation, StepEnded

EVALUATED = "kind IN ('check_passed', 'check_warned', 'check_failed')"
"""The events that the index of evaluations holds, as it names them."""
_WHOLE = ""
"""What stands for the partition where there is none."""


def record_evaluation(
    connection: sqlite3.Connection, event: CheckEvaluation, event_id: int, partitioned: PartitionedGraph | None
) -> None:
    """Note what a check has come to: by a blocking one that fails its asset has failed, and has not once it passes."""
    key, partition = str(event.asset_key), event.partition or _WHOLE
    _write(connection, event.check_key, partition, event.outcome, event.time_us, event.run_id, event_id, None, event)
    message = f"check {event.check_name} failed{f': {event.description}' if event.description else ''}"
    if event.is_stopping:
        said = (event.time_us, event.run_id, message, event.check_name)
        if event.partition is None:
            connection.execute(
                "UPDATE assets SET failed = ?, failed_run = ?, error = ?, failed_check = ? WHERE key = ?", (*said, key)
            )
            return
        connection.execute(
            "INSERT INTO partitions (failed, failed_run, error, failed_check, asset, partition) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (asset, partition) DO UPDATE SET failed = excluded.failed, failed_run = excluded.failed_run,"
            " error = excluded.error, failed_check = excluded.failed_check",
            (*said, key, partition),
        )
        if partitioned is not None and event.asset_key in partitioned.graph.assets:
            partition_sets.note_failed(connection, partitioned, event.asset_key, [partition])
        return
    cleared = "SET failed = NULL, failed_run = NULL, error = NULL, failed_check = NULL"
    if event.partition is None:
        sql = f"UPDATE assets {cleared} WHERE key = ? AND failed_check = ?"
        connection.execute(sql, (key, event.check_name))
        return
    sql = f"UPDATE partitions {cleared} WHERE asset = ? AND partition = ? AND failed_check = ?"
    changed = connection.execute(sql, (key, partition, event.check_name)).rowcount
    if changed and partitioned is not None and event.asset_key in partitioned.graph.assets:
        partition_sets.forget_failed(connection, partitioned, event.asset_key, partition)


def record_unevaluated(connection: sqlite3.Connection, event: StepEnded) -> None:
    """Note the checks of a step that has failed, those of which it had not given a result before."""
    row = connection.execute(
        "SELECT steps.checks, runs.partition FROM steps JOIN runs ON runs.id = steps.run WHERE run = ? AND step = ?",
        (event.run_id, event.step_key),
    ).fetchone()
    if row is None or row[0] is None:
        return
    ranges = codec.decode(row[1], list[tuple[str, ...]]) if row[1] else []
    partition = ranges[0][0] if len(ranges) == 1 and ranges[0][0] == ranges[0][-1] else _WHOLE
    message = event.error.message if event.error is not None else None
    for key in codec.decode(row[0], list[AssetCheckKey]):
        known = connection.execute(
            "SELECT 1 FROM checks WHERE asset = ? AND name = ? AND run = ? AND evaluation IS NOT NULL",
            (str(key.asset_key), key.name, event.run_id),
        ).fetchone()
        if known is None:
            _write(connection, key, partition, CheckOutcome.ERRORED, event.time_us, event.run_id, None, message, None)


def _write(
    connection: sqlite3.Connection,
    key: AssetCheckKey,
    partition: str,
    outcome: CheckOutcome,
    time_us: int,
    run_id: str,
    evaluation: int | None,
    message: str | None,
    event: CheckEvaluation | None,
) -> None:
    if partition:
        made = "SELECT made FROM partitions WHERE asset = ? AND partition = ?"
        row = connection.execute(made, (str(key.asset_key), partition)).fetchone()
    else:
        row = connection.execute("SELECT materialization FROM assets WHERE key = ?", (str(key.asset_key),)).fetchone()
    connection.execute(
        "INSERT OR REPLACE INTO checks (asset, name, partition, outcome, time, run, evaluation, target, error, blocking)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            str(key.asset_key),
            key.name,
            partition,
            outcome.value,
            time_us,
            run_id or None,
            evaluation,
            row[0] if row else None,
            event.description if event is not None else message,
            1 if event is not None and event.is_blocking else None,
        ),
    )


def forget(connection: sqlite3.Connection, asset: str, partition: str | None) -> None:
    """Forget what the checks of an asset, or of a partition of it, have come to: its data is gone."""
    connection.execute("DELETE FROM checks WHERE asset = ? AND coalesce(partition = ?, 1)", (asset, partition))


def check_states(
    connection: sqlite3.Connection, keys: Iterable[AssetKey] | None = None
) -> dict[AssetCheckKey, list[CheckState]]:
    """How the checks of these assets stand, or of all: the newest first; of an asset with partitions one for each of them."""
    some = "WHERE checks.asset IN (SELECT value FROM json_each(?))" if keys is not None else ""
    rows = connection.execute(
        "SELECT checks.asset, checks.name, checks.partition, checks.outcome, checks.time, checks.run, checks.target,"  # noqa: S608 - our own text
        " checks.error, checks.blocking, assets.materialization, partitions.made FROM checks"
        " LEFT JOIN assets ON assets.key = checks.asset AND checks.partition = ''"
        " LEFT JOIN partitions ON partitions.asset = checks.asset AND partitions.partition = checks.partition"
        f" {some} ORDER BY checks.time DESC",
        (codec.encode_text([str(key) for key in keys]),) if keys is not None else (),
    )
    found: dict[AssetCheckKey, list[CheckState]] = {}
    for asset, name, partition, outcome, time, run, target, error, blocking, made, made_partition in rows:
        key = AssetCheckKey(AssetKey(asset), name)
        latest = made_partition if partition else made
        found.setdefault(key, []).append(
            CheckState(
                key,
                CheckOutcome(outcome),
                time,
                run or "",
                partition or None,
                is_of_latest=target == latest,
                message=error,
                is_blocking=bool(blocking),
            )
        )
    return found


def evaluations(connection: sqlite3.Connection, key: AssetCheckKey, limit: int) -> list[CheckEvaluation]:
    """The last results of a check, the newest first."""
    rows = connection.execute(
        f"SELECT id, time, kind, run, step, partition, payload FROM events WHERE asset = ? AND {EVALUATED}"  # noqa: S608 - our own text
        " AND json_extract(payload, '$.check_name') = ? ORDER BY id DESC LIMIT ?",
        (str(key.asset_key), key.name, limit),
    )
    return [
        cast(
            "CheckEvaluation",
            event_of(
                kind,
                {
                    "id": event_id,
                    "time_us": time,
                    "run_id": run or "",
                    "step_key": step,
                    "asset_key": str(key.asset_key),
                    "partition": partition,
                },
                payload,
            ),
        )
        for event_id, time, kind, run, step, partition, payload in rows
    ]
