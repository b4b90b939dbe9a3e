"""What can be read of a damaged store, in a new one.

Tables are read row by row; where SQLite refuses, the rows around are found by halving what is left. What the state says and
cannot be read follows from the events, as far as those can be.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from assettui.model.errors import StoreError
from assettui.model.text import plural
from assettui.store.database import open_for_writing, writing
from assettui.store.maintenance import DERIVED, beside, put_aside, replay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from assettui.store.folder import StoreFolder

CHUNK: Final = 1_000
"""Rows that are read at once."""
LAST: Final = 1 << 62
"""No row has a number beyond this one."""
FAR: Final = 100_000
"""So far behind the last row that was read, nothing more is looked for between what cannot be read."""


class Salvaged(Struct, frozen=True):
    """One table of a damaged store."""

    table: str
    rows: int
    """Those that were read."""
    lost: str | None = None
    """What could not be, in one line; None where all was."""


class Repaired(Struct, frozen=True):
    """A store that was repaired."""

    tables: tuple[Salvaged, ...]
    kept: str
    """Where the damaged one is now."""

    @property
    def losses(self) -> tuple[Salvaged, ...]:
        return tuple(each for each in self.tables if each.lost is not None)


def repair(folder: StoreFolder, aside: Callable[[], Path]) -> Repaired:
    """Make a new store of what can be read of a damaged one, and put it in its place.

    Args:
        folder: The store.
        aside: Gives the folder for the damaged one.

    Raises:
        StoreError: Nothing of it can be read.
    """
    with beside(folder, "repair") as made, beside(folder, "derive") as derived:
        with closing(_opened(folder.database, made.root)) as old, closing(open_for_writing(made)) as new:
            with writing(new):
                found = [_salvage(old, new, table) for table in _tables(new)]
            if not any(each.rows for each in found):
                raise StoreError(
                    f"nothing of {folder.database} can be read", hint="restore a copy, or move the file away"
                )
            lost = [each.table for each in found if each.lost is not None and each.table in DERIVED]
            if lost:
                _derive(new, derived, lost)
            new.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        kept = put_aside(folder, aside)
        with suppress(FileNotFoundError):
            (kept / "values").rename(folder.values)  # these are as good as they were
        made.database.rename(folder.database)
    return Repaired(tuple(found), str(kept))


def _opened(path: Path, room: Path) -> sqlite3.Connection:
    """A connection that reads what it can.

    Where SQLite cannot even read which tables there are, its own program carves the rows out of the pages, if it is here.
    """
    old = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)
    old.text_factory = _text
    try:
        old.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        old.close()
        program = shutil.which("sqlite3")
        if program is None:
            raise StoreError(
                f"{path} cannot be read at all: {error}",
                hint="install SQLite's own program, sqlite3, which can search its pages; or restore a copy",
            ) from error
        carved = room / "carved.db"
        said = subprocess.run([program, str(path), ".recover"], capture_output=True, check=False)
        subprocess.run([program, str(carved)], input=said.stdout, capture_output=True, check=False)
        return sqlite3.connect(carved, isolation_level=None)
    return old


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _tables(store: sqlite3.Connection) -> list[str]:
    """The tables of a store, the events first."""
    names = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return sorted(
        (name for name in names if not name.startswith(("sqlite_", "_sqlite"))), key=lambda each: each != "events"
    )


def _salvage(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> Salvaged:
    """Copy what can be read of a table."""
    wanted = {row[1] for row in new.execute(f"PRAGMA table_info({table})")}
    try:
        there = [row[1] for row in old.execute(f"PRAGMA table_info({table})") if row[1] in wanted]
    except sqlite3.Error:
        there = []
    if not there:
        return Salvaged(table, 0, "the table is gone")
    columns = ", ".join(there)
    insert = f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({', '.join('?' * len(there))})"  # noqa: S608 - our own text
    has_numbers = (
        "WITHOUT ROWID" not in new.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    )
    reading = _Reading(old, table, columns, has_numbers=has_numbers)
    rows = wrong = 0
    for row in reading.rows():
        try:
            new.execute(insert, row)
            rows += 1
        except sqlite3.Error:  # what stands there is none of ours
            wrong += 1
    lost = [reading.lost] if reading.lost else []
    lost += [f"{plural(wrong, 'row')} that cannot be"] if wrong else []
    return Salvaged(table, rows, "; ".join(lost) or None)


class _Reading:
    """Reads a table around what cannot be read of it."""

    def __init__(self, old: sqlite3.Connection, table: str, columns: str, *, has_numbers: bool) -> None:
        self._old = old
        self._table = table
        self._columns = columns
        self._has_numbers = has_numbers
        self.lost = ""
        """What could not be read, in words."""

    def rows(self) -> Iterator[tuple[Any, ...]]:
        if not self._has_numbers:
            yield from self._until_damage()
            return
        gaps, last = 0, 0
        ranges = [(-LAST, LAST)]
        while ranges:
            low, high = ranges.pop()
            try:
                found = self._between(low, high)
            except sqlite3.Error:
                if low == high or low > last + FAR:
                    gaps += 1
                else:
                    middle = (max(low, 0) + high) // 2 if high > 0 else (low + high) // 2
                    ranges += [(middle + 1, high), (low, middle)]
                continue
            yield from (row[1:] for row in found)
            last = max(last, found[-1][0]) if found else last
            if len(found) == CHUNK:
                ranges.append((found[-1][0] + 1, high))
        if gaps:
            self.lost = f"at least {plural(gaps, 'row')}"

    def _between(self, low: int, high: int) -> list[tuple[Any, ...]]:
        query = f"SELECT rowid, {self._columns} FROM {self._table} WHERE rowid BETWEEN ? AND ? ORDER BY rowid LIMIT ?"  # noqa: S608 - our own text
        return self._old.execute(query, (low, high, CHUNK)).fetchall()

    def _until_damage(self) -> Iterator[tuple[Any, ...]]:
        """The rows from the front, and where that meets damage, those from the back."""
        for order in ("ASC", "DESC"):
            query = f"SELECT {self._columns} FROM {self._table} ORDER BY 1 {order}, 2 {order}"  # noqa: S608 - our own text
            try:
                yield from self._old.execute(query)
            except sqlite3.Error:
                self.lost = "what lies between"
                continue
            return


def _derive(new: sqlite3.Connection, derived: StoreFolder, tables: list[str]) -> None:
    """Fill in what the events say of the rows that could not be read."""
    with closing(open_for_writing(derived)) as other:
        with writing(other):
            replay(new, other)
        with writing(new):
            for table in tables:
                cursor = other.execute(f"SELECT * FROM {table}")  # noqa: S608 - our own text
                places = ", ".join("?" * len(cursor.description))
                new.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({places})", cursor)  # noqa: S608 - our own text
