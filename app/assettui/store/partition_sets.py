"""The sets of partitions of each asset that were materialized, have failed, or are outdated: bitmaps, kept current in place.

They follow from the rows of `partitions`, and are made again from these where the meaning of their indices has changed.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from assettui.core.partition_status import RecordedPartitions
from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.model import codec
from assettui.model.keys import AssetKey

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from assettui.core.partitioned_graph import PartitionedGraph

MATERIALIZED, FAILED, OUTDATED, CODE = "materialized", "failed", "outdated", "code"
_NO_CODE_VERSION = ""
_MIN_BYTES = 16


class _Row(NamedTuple):
    """One set of an asset, and the byte of it that is asked about."""

    rowid: int
    kind: str
    name: str
    identity: str
    length: int
    byte: int


def recorded_partitions(
    connection: sqlite3.Connection, partitioned: PartitionedGraph, keys: Iterable[AssetKey] | None = None
) -> dict[AssetKey, RecordedPartitions]:
    """What is recorded of the partitions of these assets, or of all that have any. Costs a read of their bitmaps."""
    wanted = codec.encode_text([str(key) for key in keys]) if keys is not None else None
    found: dict[AssetKey, RecordedPartitions] = {}
    some = "WHERE asset IN (SELECT value FROM json_each(?))" if wanted is not None else ""
    rows = connection.execute(
        f"SELECT asset, kind, name, identity, bits FROM partition_sets {some} ORDER BY asset",  # noqa: S608 - our own text
        (wanted,) if wanted is not None else (),
    )
    for asset, group in groupby(rows, key=itemgetter(0)):
        key = AssetKey(asset)
        if key not in partitioned.graph.assets:
            continue
        current = partitioned.space(key).identity
        sets: dict[str, PartitionSet] = {}
        by_code: dict[str | None, PartitionSet] = {}
        for _, kind, name, identity, bits in group:
            if identity != current:
                found[key] = recorded_anew(connection, partitioned, key)
                break
            if kind == CODE:
                by_code[name or None] = PartitionSet.from_bytes(bits)
            else:
                sets[kind] = PartitionSet.from_bytes(bits)
        else:
            found[key] = RecordedPartitions(**sets, by_code=by_code)
    return found


def recorded_anew(connection: sqlite3.Connection, partitioned: PartitionedGraph, key: AssetKey) -> RecordedPartitions:
    """What is recorded of the partitions of an asset, found from its rows by key, whatever their indices were before."""
    space = partitioned.space(key)
    materialized: dict[int, int] = {}
    failed: list[int] = []
    by_code: dict[str | None, list[int]] = defaultdict(list)
    rows = connection.execute(
        "SELECT partition, made, code_version, failed FROM partitions WHERE asset = ?", (str(key),)
    )
    for partition, made, code_version, failed_us in rows:
        index = space.find(partition)
        if index is None:
            continue
        if made is not None:
            materialized[index] = made
            by_code[code_version].append(index)
        if failed_us is not None:
            failed.append(index)
    if not partitioned.is_partitioned(key):
        row = connection.execute("SELECT materialization FROM assets WHERE key = ?", (str(key),)).fetchone()
        materialized = {0: row[0]} if row and row[0] is not None else {}
    return RecordedPartitions(
        PartitionSet.of(materialized) if partitioned.is_partitioned(key) else EMPTY,
        PartitionSet.of(failed),
        _outdated(connection, partitioned, key, materialized),
        {version: PartitionSet.of(indices) for version, indices in by_code.items()},
    )


def _outdated(
    connection: sqlite3.Connection, partitioned: PartitionedGraph, key: AssetKey, made: Mapping[int, int]
) -> PartitionSet:
    """The partitions that were made before one that they need last changed."""
    found: set[int] = set()
    for above in partitioned.sources(key):
        if not partitioned.is_partitioned(above) and not partitioned.is_partitioned(key):
            continue  # of these the versions themselves are compared
        changed = _changes(connection, partitioned, above)
        if not changed:
            continue
        are_alike = above != key and partitioned.are_alike(key, above)
        for index, event in made.items():
            if index in found:
                continue
            sources = [index] if are_alike else partitioned.above(key, above, PartitionSet(1 << index)).partitions
            if any(changed.get(source, 0) > event for source in sources):
                found.add(index)
    return PartitionSet.of(found)


def _changes(connection: sqlite3.Connection, partitioned: PartitionedGraph, key: AssetKey) -> dict[int, int]:
    """For each partition of an asset, the event by which its data last changed."""
    if not partitioned.is_partitioned(key):
        row = connection.execute("SELECT changed FROM assets WHERE key = ?", (str(key),)).fetchone()
        return {0: row[0]} if row and row[0] is not None else {}
    space = partitioned.space(key)
    rows = connection.execute("SELECT partition, changed FROM partitions WHERE asset = ? AND changed > 0", (str(key),))
    return {index: changed for partition, changed in rows if (index := space.find(partition)) is not None}


def reindex(connection: sqlite3.Connection, partitioned: PartitionedGraph) -> int:
    """Make the sets again of the assets whose partitions are no longer numbered as they were; of how many."""
    rows = connection.execute("SELECT DISTINCT asset, identity FROM partition_sets").fetchall()
    changed = {
        key
        for asset, identity in rows
        if (key := AssetKey(asset)) in partitioned.graph.assets and identity != partitioned.space(key).identity
    }
    for key in changed:
        write_anew(connection, partitioned, key)
    return len(changed)


def write_anew(connection: sqlite3.Connection, partitioned: PartitionedGraph, key: AssetKey) -> None:
    """Make the sets of an asset again, from what is known of its partitions."""
    known = recorded_anew(connection, partitioned, key)
    connection.execute("DELETE FROM partition_sets WHERE asset = ?", (str(key),))
    identity = partitioned.space(key).identity
    sets = {
        (MATERIALIZED, ""): known.materialized,
        (FAILED, ""): known.failed,
        (OUTDATED, ""): known.outdated,
        **{(CODE, version or _NO_CODE_VERSION): made for version, made in known.by_code.items()},
    }
    connection.executemany(
        "INSERT INTO partition_sets (asset, kind, name, identity, bits) VALUES (?, ?, ?, ?, ?)",
        [
            (str(key), kind, name, identity, partitions.to_bytes(_MIN_BYTES))
            for (kind, name), partitions in sets.items()
            if partitions
        ],
    )


def note_materialized(
    connection: sqlite3.Connection,
    partitioned: PartitionedGraph,
    key: AssetKey,
    partition: str | None,
    code_version: str | None,
    *,
    has_changed: bool,
) -> None:
    """Note that a partition was materialized, inside the transaction that is open.

    Args:
        connection: The store.
        partitioned: The project's partitions.
        key: The asset.
        partition: Which of its partitions; None of an asset that has none.
        code_version: What it was made with.
        has_changed: Whether its data version is another than before.
    """
    space = partitioned.space(key)
    index = 0 if partition is None else space.find(partition)
    if index is None or (partition is None) == partitioned.is_partitioned(key):
        return  # the project has no such partition any more
    rows = _rows(connection, partitioned, key, index)
    if partition is not None:
        _set(connection, partitioned, rows, key, MATERIALIZED, "", index)
        _set(connection, partitioned, rows, key, CODE, code_version or _NO_CODE_VERSION, index)
    for row in rows:
        if row.kind in (FAILED, OUTDATED) or (row.kind == CODE and row.name != (code_version or _NO_CODE_VERSION)):
            _clear(connection, row, index)
    if has_changed:
        note_changed(connection, partitioned, key, index)


def note_changed(connection: sqlite3.Connection, partitioned: PartitionedGraph, key: AssetKey, index: int) -> None:
    """Note that the data of a partition is other than before: what was made of it is outdated."""
    for below in partitioned.dependents(key):
        if not partitioned.is_partitioned(below) and not partitioned.is_partitioned(key):
            continue  # of these the versions themselves are compared
        dependents = partitioned.below(key, below, PartitionSet(1 << index))
        if partitioned.is_partitioned(below):
            dependents = dependents & _materialized(connection, partitioned, below)
        if dependents:
            _add(connection, partitioned, below, OUTDATED, dependents)


def changed_since(
    connection: sqlite3.Connection, above: AssetKey, keys: list[str] | None, below: AssetKey, partition: str
) -> list[str]:
    """Which of some partitions have changed since a partition of another asset was made.

    Args:
        connection: The store.
        above: The asset whose partitions they are.
        keys: The partitions; None of an asset that has none, whose change is told by an empty key.
        below: The other asset.
        partition: Its partition.
    """
    row = connection.execute(
        "SELECT made FROM partitions WHERE asset = ? AND partition = ?", (str(below), partition)
    ).fetchone()
    made = row[0] if row and row[0] is not None else 0
    if keys is None:
        changed = connection.execute("SELECT changed FROM assets WHERE key = ?", (str(above),)).fetchone()
        return [""] if changed and changed[0] is not None and changed[0] > made else []
    wanted = set(keys)
    rows = connection.execute("SELECT partition FROM partitions WHERE asset = ? AND changed > ?", (str(above), made))
    return sorted(key for (key,) in rows if key in wanted)


def note_failed(
    connection: sqlite3.Connection, partitioned: PartitionedGraph, key: AssetKey, partitions: Iterable[str]
) -> None:
    """Note that an attempt at some partitions has failed, inside the transaction that is open."""
    failed = partitioned.space(key).known_of(partitions)
    if failed:
        _add(connection, partitioned, key, FAILED, failed)


def forget_failed(connection: sqlite3.Connection, partitioned: PartitionedGraph, key: AssetKey, partition: str) -> None:
    """Note that a partition has not failed after all, inside the transaction that is open."""
    index = partitioned.space(key).find(partition)
    if index is None:
        return
    for row in _rows(connection, partitioned, key, index):
        if row.kind == FAILED:
            _clear(connection, row, index)


def _rows(connection: sqlite3.Connection, partitioned: PartitionedGraph, key: AssetKey, index: int) -> list[_Row]:
    def read() -> list[_Row]:
        rows = connection.execute(
            "SELECT rowid, kind, name, identity, length(bits), substr(bits, ?, 1) FROM partition_sets WHERE asset = ?",
            ((index >> 3) + 1, str(key)),
        )
        return [
            _Row(rowid, kind, name, identity, length, byte[0] if byte else 0)
            for rowid, kind, name, identity, length, byte in rows
        ]

    found = read()
    identity = partitioned.space(key).identity
    if any(row.identity != identity for row in found):
        write_anew(connection, partitioned, key)
        found = read()
    return found


def _set(
    connection: sqlite3.Connection,
    partitioned: PartitionedGraph,
    rows: list[_Row],
    key: AssetKey,
    kind: str,
    name: str,
    index: int,
) -> None:
    row = next((each for each in rows if each.kind == kind and each.name == name), None)
    if row is None or index >> 3 >= row.length:
        _add(connection, partitioned, key, kind, PartitionSet(1 << index), name)
        return
    bit = 1 << (index & 7)
    if not row.byte & bit:
        with connection.blobopen("partition_sets", "bits", row.rowid) as blob:
            blob[index >> 3] = row.byte | bit


def _clear(connection: sqlite3.Connection, row: _Row, index: int) -> None:
    bit = 1 << (index & 7)
    if row.byte & bit:
        with connection.blobopen("partition_sets", "bits", row.rowid) as blob:
            blob[index >> 3] = row.byte & ~bit


def _add(
    connection: sqlite3.Connection,
    partitioned: PartitionedGraph,
    key: AssetKey,
    kind: str,
    partitions: PartitionSet,
    name: str = "",
) -> None:
    """Put some partitions into a set."""
    space = partitioned.space(key)
    row = connection.execute(
        "SELECT identity, bits FROM partition_sets WHERE asset = ? AND kind = ? AND name = ?", (str(key), kind, name)
    ).fetchone()
    if row is not None and row[0] != space.identity:
        write_anew(connection, partitioned, key)
        _add(connection, partitioned, key, kind, partitions, name)
        return
    known = PartitionSet.from_bytes(row[1]) if row is not None else EMPTY
    if partitions <= known:
        return
    # Room for what there is, and for what time will bring: a set that grows by doubling is seldom written whole.
    size = max(_MIN_BYTES, (space.size + 7) // 8, len(row[1]) if row is not None else 0)
    if partitions.last >> 3 >= size:
        size = 2 * (partitions.last >> 3) + 1
    connection.execute(
        "INSERT OR REPLACE INTO partition_sets (asset, kind, name, identity, bits) VALUES (?, ?, ?, ?, ?)",
        (str(key), kind, name, space.identity, (known | partitions).to_bytes(size)),
    )


def _materialized(connection: sqlite3.Connection, partitioned: PartitionedGraph, key: AssetKey) -> PartitionSet:
    row = connection.execute(
        "SELECT identity, bits FROM partition_sets WHERE asset = ? AND kind = ?", (str(key), MATERIALIZED)
    ).fetchone()
    if row is None:
        return EMPTY
    if row[0] != partitioned.space(key).identity:
        return recorded_anew(connection, partitioned, key).materialized
    return PartitionSet.from_bytes(row[1])
