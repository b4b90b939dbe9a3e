"""The statements of SQL that were asked on the screen: as many as anybody goes back to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

KEPT: Final = 500
MAX_CHARS: Final = 20_000
"""A longer one is not kept."""


def note(connection: sqlite3.Connection, sql: str) -> None:
    """Keep a statement as the last that was asked, inside the transaction that is open."""
    if len(sql) > MAX_CHARS:
        return
    connection.execute("INSERT OR REPLACE INTO statements (sql) VALUES (?)", (sql,))
    connection.execute(
        "DELETE FROM statements WHERE id <= (SELECT id FROM statements ORDER BY id DESC LIMIT 1 OFFSET ?)", (KEPT,)
    )


def statements(connection: sqlite3.Connection) -> list[str]:
    """What was asked, the last first, each once."""
    return [sql for (sql,) in connection.execute("SELECT sql FROM statements ORDER BY id DESC")]
