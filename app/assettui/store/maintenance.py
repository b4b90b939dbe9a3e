"""A store as a whole: whether it is sound, a copy of it, and a copy put in its place."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from assettui.model.errors import StoreError
from assettui.model.text import plural
from assettui.store import queries
from assettui.store.database import open_for_reading, open_for_writing, store_exists, told, writing
from assettui.store.folder import StoreFolder
from assettui.store.leftovers import values_referred_to
from assettui.store.recording import apply
from assettui.values import on_disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DERIVED: Final = {
    "runs": "*",
    "steps": "*",
    "assets": "*",
    "backfills": "*",
    "ticks": "*",
    "queue_limits": "*",
    "checks": "*",
    "freshness": "*",
    "profiles": "*",
    "drifts": "*",
    "rhythms": "*",
    "partitions": "asset, partition, made, version, changed, code_version, kept",
}
"""The tables that follow from the events, and which of their columns do so by the events alone: which partitions a failed
step was to make is known only from the project of its time. What schedules and sensors remember outlives their ticks."""
DIFFERENCES_SHOWN: Final = 5
ATTEMPTS: Final = 3


class Verification(Struct, frozen=True):
    """What was found of a store."""

    events: int
    values: int
    """Files of values that are referred to."""
    problems: tuple[str, ...]
    """Each in one line; none where it is sound."""


def verify(folder: StoreFolder) -> Verification:
    """Look whether a store is sound: its file, the state against what the events say, and the values that it refers to.

    Raises:
        StoreError: It cannot be read at all.
    """
    problems: list[str] = []
    events, values = 0, set[str]()
    with closing(open_for_reading(folder)) as store, told(folder.database):
        store.execute("BEGIN")  # one state of it throughout
        try:
            problems += [f"its file: {said}" for (said,) in store.execute("PRAGMA integrity_check") if said != "ok"]
            (events,) = store.execute("SELECT count(*) FROM events").fetchone()
            values = values_referred_to(store)
            problems += _differences(folder, store)
        except sqlite3.Error as error:
            problems.append(f"its file: {error}")
        missing = sorted(path for path in values if not (folder.values / path).exists())
        problems += [f"the value {path} is gone" for path in missing[:DIFFERENCES_SHOWN]]
        if len(missing) > DIFFERENCES_SHOWN:
            problems.append(f"and {plural(len(missing) - DIFFERENCES_SHOWN, 'more value')}")
    return Verification(events, len(values), tuple(problems))


def _differences(folder: StoreFolder, store: sqlite3.Connection) -> Iterator[str]:
    """Where the state is another than what the events say; they are applied once more, to a store beside."""
    with beside(folder, "verify") as other:
        rebuilt = open_for_writing(other)
        try:
            with writing(rebuilt):
                replay(store, rebuilt)
            for table, columns in DERIVED.items():
                query = f"SELECT {columns} FROM {table} ORDER BY 1, 2"  # noqa: S608 - our own text
                yield from _differences_of(table, store.execute(query).fetchall(), rebuilt.execute(query).fetchall())
        finally:
            rebuilt.close()


def replay(store: sqlite3.Connection, into: sqlite3.Connection) -> int:
    """Derive the current state from the events of a store, in another one; how many events cannot be understood."""
    strange = 0
    for row in queries.all_event_rows(store):
        try:
            event = queries.event_of_row(row)
        except (ValueError, KeyError):
            strange += 1
            continue
        for _ in apply(into, event, row[0]):
            pass
    return strange


def _differences_of(table: str, there: list[tuple[object, ...]], said: list[tuple[object, ...]]) -> Iterator[str]:
    if there == said:
        return
    have, want = {repr(row): row for row in there}, {repr(row): row for row in said}
    different = [row for key, row in want.items() if key not in have]
    different += [row for key, row in have.items() if key not in want]
    names = sorted({f"{row[0]}{f' {row[1]}' if table in ('steps', 'partitions') else ''}" for row in different})
    shown = ", ".join(names[:DIFFERENCES_SHOWN]) + (" …" if len(names) > DIFFERENCES_SHOWN else "")
    yield f"{table} say something else than the events: {shown}"


class beside:  # noqa: N801 - used as a function is
    """A store of its own beside another one, for as long as it is needed."""

    def __init__(self, folder: StoreFolder, purpose: str) -> None:
        self._root = folder.root / f".{purpose}-{os.getpid()}"

    def __enter__(self) -> StoreFolder:
        shutil.rmtree(self._root, ignore_errors=True)
        self._root.mkdir(mode=0o700)
        return StoreFolder.at(self._root)

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._root, ignore_errors=True)


# Copies.


class Copied(Struct, frozen=True):
    """A copy that was made, or put back."""

    path: str
    values: int
    bytes: int
    kept: str | None = None
    """Where what was there before is now; None where nothing was."""


def backup(folder: StoreFolder, target: Path) -> Copied:
    """Copy a store, also while it is led: the file as it is at one moment, and the values that it refers to then.

    Args:
        folder: The store.
        target: A folder that is made.

    Raises:
        StoreError: The target is there already, or something cannot be read or written.
    """
    made = StoreFolder.at(target)
    with told(folder.database):
        is_there = target.exists()
    if is_there:
        raise StoreError(f"{target} is there already", hint="name a folder that is to be made")
    with told(folder.database):
        target.mkdir(mode=0o700, parents=True)
        (target / ".gitignore").write_text("*\n")
        values: set[str] = set()
        for _ in range(ATTEMPTS):
            with closing(open_for_reading(folder)) as store, closing(sqlite3.connect(made.database)) as copy:
                store.backup(copy)
                values = values_referred_to(copy)
                copy.execute("PRAGMA journal_mode = WAL")
            made.database.chmod(0o600)
            missing = [path for path in values if not on_disk.copy(folder.values / path, made.values / path)]
            if not any((folder.values / path).exists() for path in missing):
                break  # else one has been superseded meanwhile: what the store refers to now is copied
    return Copied(str(target), len(values), _size(target))


def restore(folder: StoreFolder, source: Path, aside: Callable[[], Path]) -> Copied:
    """Put a copy in the place of a store; what is there is kept beside it.

    Args:
        folder: The store.
        source: The copy, as `backup` has made it.
        aside: Gives the folder for what is there now.

    Raises:
        StoreError: The copy is no store, or is damaged.
    """
    copied = StoreFolder.at(source)
    if not store_exists(copied):
        raise StoreError(f"there is no copy of a store at {source}", hint="name a folder that `store backup` has made")
    problems = verify(copied).problems
    if problems:
        raise StoreError(f"the copy at {source} is damaged: {problems[0]}", hint="`assettui store verify` says all")
    kept = put_aside(folder, aside) if store_exists(folder) else None
    folder.create()
    with told(folder.database):
        with closing(open_for_reading(copied)) as store:
            values = values_referred_to(store)
            new = folder.database.with_name(f"{folder.database.name}.new")
            new.unlink(missing_ok=True)
            with closing(sqlite3.connect(new)) as made:
                store.backup(made)
                made.execute("PRAGMA journal_mode = WAL")
            new.chmod(0o600)
        for path in values:
            on_disk.copy(copied.values / path, folder.values / path)
        new.rename(folder.database)
    return Copied(str(folder.database), len(values), _size(folder.root), str(kept) if kept else None)


def put_aside(folder: StoreFolder, aside: Callable[[], Path]) -> Path:
    """Move a store's file, and what SQLite keeps beside it, and its values into another folder."""
    target = aside()
    with told(folder.database):
        target.mkdir(mode=0o700)
        for end in ("", "-wal", "-shm"):
            file = folder.database.with_name(folder.database.name + end)
            if file.exists():
                file.rename(target / file.name)
        if folder.values.exists():
            folder.values.rename(target / "values")
    return target


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
