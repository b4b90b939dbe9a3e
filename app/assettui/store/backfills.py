"""Backfills as the store has them: recorded, read, and what is known of how far each has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.core.retrying import PARENT_RUN_TAG
from assettui.model import codec
from assettui.model.backfill import BackfillCounts, BackfillPlan, BackfillRecord, BackfillStatus
from assettui.model.errors import NotFound
from assettui.model.events import BackfillChanged, BackfillQueued

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from assettui.model.keys import AssetKey

_COLUMNS = "id, status, created, started, ended, plan, counts, error"


def apply(connection: sqlite3.Connection, event: BackfillQueued | BackfillChanged) -> None:
    """Update the state of a backfill for one event, inside the transaction that is open."""
    if isinstance(event, BackfillQueued):
        connection.execute(
            "INSERT INTO backfills (id, status, created, title, tags, plan, counts) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                event.backfill,
                BackfillStatus.QUEUED.value,
                event.time_us,
                event.plan.title,
                codec.encode_text(event.plan.tags) if event.plan.tags else None,
                codec.encode_text(event.plan),
                codec.encode_text(BackfillCounts(requested=event.requested)),
            ),
        )
        return
    status = event.status.value
    if event.status is BackfillStatus.STARTED:
        # Failures from before it was begun, or begun once more, are not its own.
        begun = "?" if event.retry else "coalesce(started, ?)"
        connection.execute(
            f"UPDATE backfills SET status = ?, started = {begun}, ended = NULL, error = NULL WHERE id = ?",  # noqa: S608 - our own text
            (status, event.time_us, event.backfill),
        )
    elif not event.status.is_over:
        connection.execute("UPDATE backfills SET status = ? WHERE id = ?", (status, event.backfill))
    else:
        connection.execute(
            "UPDATE backfills SET status = ?, ended = ?, counts = ?, error = ? WHERE id = ?",
            (status, event.time_us, codec.encode_text(event.counts), event.error, event.backfill),
        )
        connection.execute("DELETE FROM run_secrets WHERE run = ?", (event.backfill,))


def keep_counts(connection: sqlite3.Connection, backfill_id: str, counts: BackfillCounts) -> None:
    """Keep how far a backfill has come, inside the transaction that is open."""
    connection.execute(
        "UPDATE backfills SET counts = ? WHERE id = ? AND ended IS NULL", (codec.encode_text(counts), backfill_id)
    )


def not_over(connection: sqlite3.Connection) -> list[BackfillRecord]:
    """Every backfill that is not over, the oldest first."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM backfills WHERE ended IS NULL ORDER BY created, rowid")  # noqa: S608 - our own text
    return [_record(row) for row in rows]


def backfills(connection: sqlite3.Connection, *, limit: int, offset: int = 0) -> list[BackfillRecord]:
    """Backfills, the newest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM backfills ORDER BY created DESC, rowid DESC LIMIT ? OFFSET ?",  # noqa: S608 - our own text
        (limit, offset),
    )
    return [_record(row) for row in rows]


def count(connection: sqlite3.Connection) -> int:
    return connection.execute("SELECT count(*) FROM backfills").fetchone()[0]


def backfill(connection: sqlite3.Connection, backfill_id: str) -> BackfillRecord:
    """The backfill of that id, or the one whose id begins so.

    Raises:
        NotFound: There is none, or several begin so.
    """
    pattern = "".join(char for char in backfill_id if char.isalnum())
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM backfills WHERE id >= ? AND id < ? LIMIT 2",  # noqa: S608 - our own text
        (pattern, pattern + "\U0010ffff"),
    ).fetchall()
    if not pattern or not rows:
        raise NotFound(f"no backfill is called {backfill_id!r}", hint="see `assettui backfill ls`")
    if len(rows) > 1 and rows[0][0] != backfill_id:
        raise NotFound(f"several backfills begin with {backfill_id!r}", hint="give more of the id")
    return _record(rows[0])


def materialized_since(
    connection: sqlite3.Connection, key: AssetKey, event_id: int, blocking: Iterable[str] = (), *, whole: bool
) -> list[str]:
    """The partitions of an asset that were materialized after an event; of one that has none, the empty key if it was.

    Args:
        connection: The store.
        key: The asset.
        event_id: The event.
        blocking: The names of the asset's blocking checks: only what all of them have let pass since counts.
        whole: Whether it has no partitions.
    """
    if whole:
        row = connection.execute("SELECT materialization FROM assets WHERE key = ?", (str(key),)).fetchone()
        made = {"": row[0]} if row and row[0] is not None and row[0] > event_id else {}
    else:
        sql = "SELECT partition, made FROM partitions WHERE asset = ? AND made > ?"
        made = dict(connection.execute(sql, (str(key), event_id)).fetchall())
    for name in blocking:
        sql = "SELECT partition, target FROM checks WHERE asset = ? AND name = ? AND outcome IN ('passed', 'warned')"
        passed = set(connection.execute(sql, (str(key), name)))
        made = {partition: event for partition, event in made.items() if (partition, event) in passed}
    return list(made)


def failed_since(connection: sqlite3.Connection, key: AssetKey, time_us: int, *, whole: bool) -> list[str]:
    """The partitions of an asset whose last attempt failed since then; as `materialized_since`."""
    if whole:
        row = connection.execute("SELECT failed FROM assets WHERE key = ?", (str(key),)).fetchone()
        return [""] if row and row[0] is not None and row[0] >= time_us else []
    rows = connection.execute("SELECT partition FROM partitions WHERE asset = ? AND failed >= ?", (str(key), time_us))
    return [partition for (partition,) in rows]


def mean_durations(connection: sqlite3.Connection, keys: list[AssetKey], last: int = 20) -> dict[AssetKey, int]:
    """How long a materialization of each of these assets took, in microseconds, on the average of the last ones."""
    found: dict[AssetKey, int] = {}
    for key in keys:
        row = connection.execute(
            "SELECT avg(json_extract(payload, '$.duration_us')) FROM (SELECT payload FROM events"
            " WHERE kind = 'materialized' AND asset = ? ORDER BY id DESC LIMIT ?)",
            (str(key), last),
        ).fetchone()
        if row[0] is not None:
            found[key] = round(row[0])
    return found


def failures(connection: sqlite3.Connection, backfill_id: str, limit: int = 10_000) -> list[tuple[str, str, str, str]]:
    """Of the steps of a backfill's runs that failed: the run, the step, the run's partitions as JSON, and the error as JSON.

    Runs that were tried again are left out: what counts is how the last try went.
    """
    return connection.execute(
        "SELECT runs.id, steps.step, coalesce(runs.partition, ''), coalesce(steps.error, '') FROM runs"
        " JOIN steps ON steps.run = runs.id WHERE runs.backfill = ? AND steps.status = 'failure'"
        " AND runs.id NOT IN (SELECT coalesce(json_extract(tags, ?), '') FROM runs WHERE backfill = ?)"
        " ORDER BY runs.created LIMIT ?",
        (backfill_id, f'$."{PARENT_RUN_TAG}"', backfill_id, limit),
    ).fetchall()


def _record(row: tuple[Any, ...]) -> BackfillRecord:
    backfill_id, status, created, started, ended, plan, counts, error = row
    return BackfillRecord(
        backfill_id=backfill_id,
        status=BackfillStatus(status),
        created_us=created,
        plan=codec.decode(plan, BackfillPlan),
        counts=codec.decode(counts, BackfillCounts) if counts else BackfillCounts(),
        started_us=started,
        ended_us=ended,
        error=error,
    )
