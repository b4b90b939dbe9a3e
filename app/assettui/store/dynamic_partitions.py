"""The keys of dynamic partitions: added and removed while the project lives, each with an index that is never given twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


def all_indices(connection: sqlite3.Connection) -> dict[str, dict[str, int]]:
    """For each definition by name: key → index, in the order in which the keys were added."""
    found: dict[str, dict[str, int]] = {}
    rows = connection.execute(
        "SELECT name, key, position FROM dynamic_partitions WHERE removed IS NULL ORDER BY name, position"
    )
    for name, key, position in rows:
        found.setdefault(name, {})[key] = position
    return found


def add(connection: sqlite3.Connection, name: str, keys: Iterable[str], now_us: int) -> list[str]:
    """Add keys, inside the transaction that is open; those that were not there. One that was there before has its index again."""
    next_position: int = connection.execute(
        "SELECT coalesce(max(position) + 1, 0) FROM dynamic_partitions WHERE name = ?", (name,)
    ).fetchone()[0]
    added: list[str] = []
    for key in dict.fromkeys(keys):
        row = connection.execute(
            "SELECT removed FROM dynamic_partitions WHERE name = ? AND key = ?", (name, key)
        ).fetchone()
        if row is None:
            connection.execute(
                "INSERT INTO dynamic_partitions (name, key, position, added) VALUES (?, ?, ?, ?)",
                (name, key, next_position, now_us),
            )
            next_position += 1
        elif row[0] is not None:
            connection.execute(
                "UPDATE dynamic_partitions SET removed = NULL, added = ? WHERE name = ? AND key = ?",
                (now_us, name, key),
            )
        else:
            continue
        added.append(key)
    return added


def remove(connection: sqlite3.Connection, name: str, keys: Iterable[str], now_us: int) -> list[str]:
    """Remove keys, inside the transaction that is open; those that were there. What was made of them stays recorded."""
    removed: list[str] = []
    for key in dict.fromkeys(keys):
        cursor = connection.execute(
            "UPDATE dynamic_partitions SET removed = ? WHERE name = ? AND key = ? AND removed IS NULL",
            (now_us, name, key),
        )
        if cursor.rowcount:
            removed.append(key)
    return removed
