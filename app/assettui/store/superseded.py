"""Values that are no longer kept, until their files are gone: noted in the transaction by which they became so.

Whoever dies in between, and whoever still reads one of them, only delays it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model.asset import ValueRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


def note(connection: sqlite3.Connection, refs: Iterable[ValueRef]) -> None:
    """Note which values are no longer kept, inside the transaction that is open."""
    connection.executemany("INSERT OR IGNORE INTO superseded (path) VALUES (?)", [(ref.path,) for ref in refs])


def superseded(connection: sqlite3.Connection) -> list[ValueRef]:
    """The values whose files may still be there."""
    return [ValueRef("", path) for (path,) in connection.execute("SELECT path FROM superseded")]


def forget(connection: sqlite3.Connection, refs: Iterable[ValueRef]) -> None:
    """Forget those whose files are gone, inside the transaction that is open."""
    connection.executemany("DELETE FROM superseded WHERE path = ?", [(ref.path,) for ref in refs])
