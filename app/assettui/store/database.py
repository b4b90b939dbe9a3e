"""Opening the store, for reading or for writing, and the one way in which anything is written.

Errors of SQLite become `StoreError`s that say what to do.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from assettui.core.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Generator

    from sqlite_utils import Database

    from assettui.store.folder import StoreFolder

APPLICATION_ID = 0x61747569
"""Written into the file's header (`atui`), so that no other database is taken for a store."""
SCHEMA_VERSION = 1
"""The number of migrations that this program knows; kept as `PRAGMA user_version`."""
BUSY_TIMEOUT_S = 5.0


def open_for_reading(folder: StoreFolder) -> sqlite3.Connection:
    """A connection that cannot write. Costs no import of sqlite-utils.

    Raises:
        StoreError: There is no store, it is not one, or another version of the program made it.
    """
    if not folder.database.is_file() or folder.database.stat().st_size == 0:
        raise StoreError(
            f"there is no store at {folder.database}", hint="`assettui` or `assettui materialize` makes one"
        )
    with told(folder.database):
        connection = sqlite3.connect(
            folder.database, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA query_only = ON")
        version = _checked_version(connection, folder.database)
    if version < SCHEMA_VERSION:
        connection.close()
        # An older store is brought up to date by whoever opens it first.
        open_for_writing(folder).close()
        return open_for_reading(folder)
    return connection


def open_for_writing(folder: StoreFolder) -> Database:
    """A connection that writes, to a store that is made or brought up to date first.

    Raises:
        StoreError: It cannot be opened, for a reason that the message gives.
    """
    database_class = _database_class()
    folder.create()
    with told(folder.database):
        connection = sqlite3.connect(
            folder.database, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            version = _checked_version(connection, folder.database)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            db = database_class(connection, execute_plugins=False)
            if version < SCHEMA_VERSION:
                _migrate(db, folder.database, version)
        except BaseException:
            connection.close()
            raise
    return db


@contextmanager
def writing(db: Database) -> Generator[Database]:
    """One write transaction: all that is done inside is kept, or none of it.

    Raises:
        StoreError: SQLite refused; nothing was written.
    """
    with told(_path_of(db.conn)):
        db.conn.execute(
            "BEGIN IMMEDIATE"
        )  # deferred would fail at once if another process wrote between read and write
        try:
            yield db
            db.conn.execute("COMMIT")
        except BaseException:
            if db.conn.in_transaction:
                db.conn.execute("ROLLBACK")
            raise


@contextmanager
def told(path: Path) -> Generator[None]:
    """Turn what SQLite refuses into a message for people.

    Raises:
        StoreError: Instead of any `sqlite3.Error`.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _explained(error, path) from error


def _explained(error: sqlite3.Error, path: Path) -> StoreError:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_NOTADB:
            return StoreError(f"{path} is not a store", hint="move the file away, or name another store with --store")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError(
                f"the store {path} is locked by another program",
                hint="close what holds it open (a database browser?), then try again",
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return StoreError(
                f"the store {path} cannot be written", hint="check the permissions of the file and of its folder"
            )
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_AUTH:
            return StoreError(
                f"the store {path} cannot be opened", hint="check the permissions of the file and of its folder"
            )
        case sqlite3.SQLITE_FULL:
            return StoreError(f"the disk that holds the store {path} is full", hint="make room, then start again")
        case sqlite3.SQLITE_IOERR:
            return StoreError(f"the store {path} cannot be read or written: {error}", hint="check the disk")
        case sqlite3.SQLITE_CORRUPT:
            return StoreError(f"the store {path} is damaged: {error}", hint="restore a copy, or move the file away")
        case _:
            return StoreError(f"the store {path}: {error}")


def _checked_version(connection: sqlite3.Connection, path: Path) -> int:
    application_id: int = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if application_id == 0 and version == 0:
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise StoreError(f"{path} is a database, but not a store", hint="name another store with --store")
        return 0
    if application_id != APPLICATION_ID:
        raise StoreError(f"{path} is a database, but not a store", hint="name another store with --store")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"the store {path} was written by a newer assettui (schema {version}; this one knows {SCHEMA_VERSION})",
            hint="upgrade assettui, or name another store with --store",
        )
    return version


def _migrate(db: Database, path: Path, version: int) -> None:
    from assettui.store.migrations import migrations

    if version:
        copy = path.with_name(f"{path.name}.v{version}")
        copy.unlink(missing_ok=True)
        db.conn.execute("VACUUM INTO ?", [str(copy)])
        copy.chmod(0o600)
    # Two processes may find the same store in want of a schema: the first that gets the write lock makes it.
    with _alone(path.parent):
        if _checked_version(db.conn, path) < SCHEMA_VERSION:
            migrations.apply(db)
            db.conn.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
            db.conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION:d}")


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Held by one process at a time: a migration must not meet another."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


_importing = threading.Lock()


def _database_class() -> type[Database]:
    """sqlite-utils' Database, imported without the data frame libraries that it would look for.

    It imports pandas and numpy wherever they are installed, only to know the names of two types: 0.3 s.
    """
    with _importing:
        hidden = [name for name in ("numpy", "pandas") if name not in sys.modules and "sqlite_utils" not in sys.modules]
        for name in hidden:
            sys.modules[name] = None  # pyright: ignore[reportArgumentType] - documented: makes the import fail at once
        try:
            from sqlite_utils import Database
        finally:
            for name in hidden:
                del sys.modules[name]
    return Database


def _path_of(connection: sqlite3.Connection) -> Path:
    return Path(connection.execute("PRAGMA database_list").fetchone()[2] or ":memory:")
