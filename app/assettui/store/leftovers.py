"""What lies beside the store and nobody refers to: values and logs, left by what was killed, renamed or removed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.model import codec
from assettui.model.asset import ValueRef
from assettui.values.files import VERSION_MARK
from assettui.values.on_disk import remove, size_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from assettui.store.folder import StoreFolder

DAY_S = 86_400.0


class Removed(Struct, frozen=True):
    """Files that were removed, or would be."""

    files: int = 0
    bytes: int = 0

    def __add__(self, other: Removed) -> Removed:
        return Removed(self.files + other.files, self.bytes + other.bytes)


def values_referred_to(connection: sqlite3.Connection) -> set[str]:
    """The path of every value that the store refers to, below the folder of values."""
    found: set[str] = set()
    for table in ("assets", "partitions"):
        for (kept,) in connection.execute(f"SELECT kept FROM {table} WHERE kept IS NOT NULL"):  # noqa: S608 - our own text
            found.update(ref.path for ref in codec.decode(kept, list[ValueRef]))
    for (value,) in connection.execute("SELECT value FROM handed"):
        found.add(codec.decode(value, ValueRef).path)
    found.discard("")
    return found


def oldest_at_work_s(connection: sqlite3.Connection) -> float | None:
    """When the oldest run was asked for that is not over, in seconds since the epoch: what is newer may be its own."""
    (created,) = connection.execute("SELECT min(created) FROM runs WHERE ended IS NULL").fetchone()
    return None if created is None else created / 1e6


def remove_values(folder: StoreFolder, connection: sqlite3.Connection, *, before_s: float) -> Removed:
    """Remove the files of values that nothing refers to.

    Args:
        folder: The store.
        connection: It, open.
        before_s: Of these those that are older than this, in seconds since the epoch: a step may have written a newer one,
            and not yet said so.
    """
    # Listed first: what is written after that is not looked at.
    files = list(_values_below(folder.values))
    known = values_referred_to(connection)
    unknown = (path for path in files if str(path.relative_to(folder.values)) not in known)
    removed = _remove(unknown, before_s)
    _remove_empty_folders(folder.values)
    return removed


def remove_logs(
    folder: StoreFolder, connection: sqlite3.Connection, *, now_s: float, days: float, megabytes: float
) -> Removed:
    """Remove the logs of runs that are over: what is empty, and the logs of steps that are too old, or the oldest of too many.

    Args:
        folder: The store.
        connection: It, open.
        now_s: The time, in seconds since the epoch.
        days: How old a log may be.
        megabytes: How much all of them may take.
    """
    at_work = {run_id for (run_id,) in connection.execute("SELECT id FROM runs WHERE ended IS NULL")}
    logs: dict[Path, list[tuple[float, int, Path]]] = {}
    for path in _files_below(folder.logs):
        if path.parent.name not in at_work and path.parent.name != "workers":
            found = path.stat()
            logs.setdefault(path.with_suffix(""), []).append((found.st_mtime, found.st_size, path))
    left = sum(size for log in logs.values() for _, size, _ in log)
    wanted: list[Path] = []
    for log in sorted(logs.values(), key=max):
        modified_s, size = max(log)[0], sum(size for _, size, _ in log)
        if modified_s < now_s - days * DAY_S or left > megabytes * 1e6:
            wanted += [path for _, _, path in log]
            left -= size
        else:
            wanted += [path for _, size, path in log if size == 0]
    removed = _remove(wanted, now_s)
    _remove_empty_folders(folder.logs, but={folder.logs / run_id for run_id in at_work})
    return removed


def _remove(files: Iterable[Path], before_s: float) -> Removed:
    removed = Removed()
    for path in files:
        try:
            found = path.stat()
            if found.st_mtime < before_s:
                size = size_of(path)
                remove(path)
                removed += Removed(1, size)
        except FileNotFoundError:
            continue
    return removed


def _files_below(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for name in names:
            yield Path(place, name)


def _values_below(folder: Path) -> Iterator[Path]:
    """The files of values, and the folders that are values as a whole."""
    for place, folders, names in os.walk(folder):
        whole = [name for name in folders if name.startswith(VERSION_MARK)]
        folders[:] = [name for name in folders if name not in whole]
        yield from (Path(place, name) for name in (*whole, *names) if name.startswith(VERSION_MARK))


def _remove_empty_folders(folder: Path, but: Iterable[Path] = ()) -> None:
    """Remove the folders below one that hold nothing; one that is being made use of is made again."""
    kept = {folder, *but}
    for place, _, _ in os.walk(folder, topdown=False):
        if Path(place) not in kept:
            try:
                Path(place).rmdir()
            except OSError:  # it holds something
                continue
