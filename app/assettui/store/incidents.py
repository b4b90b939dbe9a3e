"""What is not as it should be now, the incidents that this has led to, and who was told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model import codec
from assettui.model.incident import Incident, IncidentKind, Problem, SentNotification
from assettui.model.keys import AssetKey
from assettui.model.text import plural
from assettui.model.timing import local
from assettui.store import freshness, queries

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from assettui.core.incidents import IncidentChanges

SENT_KEPT = 200
"""So many notifications are remembered, the last ones."""


def problems(connection: sqlite3.Connection) -> list[Problem]:
    """All that is not as it should be now."""
    trying = {str(key) for run in queries.runs_not_over(connection) for key in run.assets}
    found = [
        Problem(IncidentKind.FAILED, key, AssetKey(key), error or "its last attempt failed", since, run, key in trying)
        for key, since, run, error in connection.execute(
            "SELECT key, failed, failed_run, error FROM assets WHERE failed IS NOT NULL AND failed_check IS NULL"
        )
    ]
    found += [
        Problem(
            IncidentKind.FAILED, key, AssetKey(key), f"{plural(count, 'partition')} failed", since, run, key in trying
        )
        for key, count, since, run in connection.execute(
            "SELECT asset, count(*), min(failed), max(failed_run) FROM partitions"
            " WHERE failed IS NOT NULL AND failed_check IS NULL GROUP BY asset"
        )
    ]
    found += [
        Problem(IncidentKind.OVERDUE, key, AssetKey(key), _how_old(connection, AssetKey(key)), since)
        for key, since in connection.execute("SELECT asset, since FROM freshness WHERE status = 'fail'")
    ]
    found += [
        Problem(
            IncidentKind.CHECK_FAILED,
            f"{asset}:{name}",
            AssetKey(asset),
            said or ("could not be evaluated" if outcome == "errored" else "failed"),
            since,
            run,
        )
        for asset, name, outcome, since, run, said in connection.execute(
            "SELECT asset, name, outcome, min(time), max(run), max(error) FROM checks"
            " WHERE outcome IN ('failed', 'errored') GROUP BY asset, name"
        )
    ]
    return found


def _how_old(connection: sqlite3.Connection, key: AssetKey) -> str:
    last = freshness.changes(connection, key, 1)
    data_us = last[0].data_time_us if last else None
    of = f"its data is of {local(data_us)}, " if data_us is not None else "its data is "
    return f"{of}older than its freshness policy allows"


def incidents(connection: sqlite3.Connection) -> list[Incident]:
    """Those that are not over, and those that are and of which that is still to be told."""
    return [
        Incident(
            number,
            Problem(IncidentKind(kind), subject, AssetKey(asset), what, since, run),
            ended,
            codec.decode(told, dict[str, int]),
        )
        for number, kind, subject, asset, what, since, run, ended, told in connection.execute(
            "SELECT id, kind, subject, asset, what, since, run, ended, told FROM incidents ORDER BY id"
        )
    ]


def record(connection: sqlite3.Connection, changed: IncidentChanges, now_us: int) -> None:
    """Note what has begun and what is over, inside the transaction that is open. What nobody was told of is forgotten then."""
    connection.executemany(
        "INSERT INTO incidents (kind, subject, asset, what, since, run, told) VALUES (?, ?, ?, ?, ?, ?, '{}')",
        [
            (each.kind.value, each.subject, str(each.asset), each.what, each.since_us, each.run_id)
            for each in changed.begun
        ],
    )
    for each in changed.ended:
        if each.told:
            connection.execute("UPDATE incidents SET ended = ? WHERE id = ?", (now_us, each.id))
        else:
            connection.execute("DELETE FROM incidents WHERE id = ?", (each.id,))


def note_sent(
    connection: sqlite3.Connection, sent: SentNotification, begun: Iterable[int], ended: Iterable[int]
) -> None:
    """Note that a rule has told something, or could not, inside the transaction that is open.

    Args:
        connection: The store.
        sent: What was sent.
        begun: The incidents that it was told of.
        ended: Those that it was told the end of.
    """
    connection.execute(
        "INSERT INTO notifications (rule, time, title, error) VALUES (?, ?, ?, ?)",
        (sent.rule, sent.time_us, sent.title, sent.error),
    )
    connection.execute(
        "DELETE FROM notifications WHERE id <= (SELECT id FROM notifications ORDER BY id DESC LIMIT 1 OFFSET ?)",
        (SENT_KEPT,),
    )
    for number in begun:
        connection.execute(
            "UPDATE incidents SET told = json_set(told, ?, ?) WHERE id = ?", (f'$."{sent.rule}"', sent.time_us, number)
        )
    for number in ended:
        connection.execute(
            "UPDATE incidents SET told = json_remove(told, ?) WHERE id = ?", (f'$."{sent.rule}"', number)
        )
    connection.execute("DELETE FROM incidents WHERE ended IS NOT NULL AND told = '{}'")


def forget_rules(connection: sqlite3.Connection, rules: Iterable[str]) -> None:
    """Forget what other rules than these have told, inside the transaction that is open: they are no longer there."""
    known = set(rules)
    for number, told in connection.execute("SELECT id, told FROM incidents WHERE told != '{}'").fetchall():
        lost = [rule for rule in codec.decode(told, dict[str, int]) if rule not in known]
        for rule in lost:
            connection.execute("UPDATE incidents SET told = json_remove(told, ?) WHERE id = ?", (f'$."{rule}"', number))
    connection.execute("DELETE FROM incidents WHERE ended IS NOT NULL AND told = '{}'")


def sent(connection: sqlite3.Connection, limit: int) -> list[SentNotification]:
    """The last notifications, the newest first."""
    rows = connection.execute("SELECT rule, time, title, error FROM notifications ORDER BY id DESC LIMIT ?", (limit,))
    return [SentNotification(*row) for row in rows]
