"""What the ops of runs have passed on to each other, of runs that have failed: a retry goes on with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.retrying import PARENT_RUN_TAG
from assettui.model import codec

if TYPE_CHECKING:
    import sqlite3


def copy(connection: sqlite3.Connection, parent: str, run_id: str) -> None:
    """Let a run begin with what another one has passed on."""
    connection.execute(
        "INSERT OR IGNORE INTO handed (run, step, output, mapping_key, value)"
        " SELECT ?, step, output, mapping_key, value FROM handed WHERE run = ?",
        (run_id, parent),
    )


def failed_with_op_outputs(connection: sqlite3.Connection) -> set[str]:
    """The runs that have failed, and of which it is kept."""
    return {run_id for (run_id,) in connection.execute("SELECT DISTINCT run FROM handed")}


def forget_ancestors(connection: sqlite3.Connection, run_id: str) -> list[str]:
    """Forget it of the runs that a run has tried again; these runs."""
    found: list[str] = []
    current: str | None = run_id
    while current is not None and len(found) < 1_000:
        row = connection.execute("SELECT tags FROM runs WHERE id = ?", (current,)).fetchone()
        current = codec.decode(row[0], dict[str, str]).get(PARENT_RUN_TAG) if row and row[0] else None
        if current is not None:
            connection.execute("DELETE FROM handed WHERE run = ?", (current,))
            found.append(current)
    return found


def forget_oldest(connection: sqlite3.Connection, kept: int) -> list[str]:
    """Forget it of all runs that have failed but the last ones; these runs."""
    rows = connection.execute(
        "SELECT id FROM runs WHERE status = 'failure' AND id IN (SELECT DISTINCT run FROM handed)"
        " ORDER BY ended DESC LIMIT -1 OFFSET ?",
        (kept,),
    ).fetchall()
    connection.executemany("DELETE FROM handed WHERE run = ?", rows)
    return [run_id for (run_id,) in rows]
