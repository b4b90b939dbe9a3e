"""The keys of dynamic partitions: added and removed while the project lives, each with an index that is never given twice."""

from __future__ import annotations

import os
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

KEPT_READ = 32
"""Of so many definitions the keys stay in memory: those that were read last."""

_read: OrderedDict[str, Mapping[str, int]] = OrderedDict()  # by the stamp of the last change, which no other has


def all_indices(connection: sqlite3.Connection) -> dict[str, Mapping[str, int]]:
    """For each definition by name: key → index, in the order in which the keys were added.

    What has not changed since it was last read is not read again: the mapping is the same object.
    """
    stamps = connection.execute("SELECT name, stamp FROM dynamic_definitions ORDER BY name").fetchall()
    return {name: indices for name, stamp in stamps if (indices := _indices(connection, name, stamp))}


def _indices(connection: sqlite3.Connection, name: str, stamp: str) -> Mapping[str, int]:
    indices = _read.pop(stamp, None)
    if indices is None:
        rows = connection.execute(
            "SELECT key, position FROM dynamic_partitions WHERE name = ? AND removed IS NULL ORDER BY position", (name,)
        )
        indices = dict(rows)
    _read[stamp] = indices
    while len(_read) > KEPT_READ:
        _read.popitem(last=False)
    return indices


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
    if added:
        _stamp(connection, name)
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
    if removed:
        _stamp(connection, name)
    return removed


def _stamp(connection: sqlite3.Connection, name: str) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO dynamic_definitions (name, stamp) VALUES (?, ?)", (name, os.urandom(16).hex())
    )
