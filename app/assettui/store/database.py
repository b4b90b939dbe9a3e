"""Opening the store, for reading or for writing, and the one way in which anything is written.

Errors of SQLite become `StoreError`s that say what to do.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import sys
import threading
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from assettui.model.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Generator

    from sqlite_utils import Database

    from assettui.store.folder import StoreFolder

APPLICATION_ID = 0x61747569
"""Written into the file's header (`atui`), so that no other database is taken for a store."""
SCHEMA_VERSION = 5
"""The number of migrations that this program knows; kept as `PRAGMA user_version`."""
BUSY_TIMEOUT_S = 5.0


def open_for_reading(folder: StoreFolder) -> sqlite3.Connection:
    """A connection that cannot write.

    Like the next, it imports no sqlite-utils (50 ms), unless the store must first be made or brought up to date.

    Raises:
        StoreError: It cannot be opened, for a reason that the message gives.
    """
    _make_current(folder)
    with told(folder.database):
        connection = _connect(folder.database)
        connection.execute("PRAGMA query_only = ON")
    return connection


def open_for_writing(folder: StoreFolder) -> sqlite3.Connection:
    """A connection that writes, to a store that is made or brought up to date first.

    Raises:
        StoreError: It cannot be opened, for a reason that the message gives.
    """
    _make_current(folder)
    with told(folder.database):
        connection = _connect(folder.database)
        connection.execute("PRAGMA synchronous = FULL")
    return connection


def store_exists(folder: StoreFolder) -> bool:
    return folder.database.is_file() and folder.database.stat().st_size > 0


@contextmanager
def writing(connection: sqlite3.Connection) -> Generator[sqlite3.Connection]:
    """One write transaction: all that is done inside is kept, or none of it.

    Raises:
        StoreError: SQLite refused; nothing was written.
    """
    with told(_path_of(connection)):
        # Deferred, it would fail at once if another process wrote between read and write.
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


@contextmanager
def told(path: Path) -> Generator[None]:
    """Turn what SQLite refuses into a message for people.

    Raises:
        StoreError: Instead of any error of SQLite or of the file system.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _explained(error, path) from error
    except OSError as error:
        raise StoreError(
            f"the store {path} cannot be made: {error.strerror}",
            hint="check the folder's permissions and the free space, or move the store with --store",
        ) from error


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


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)


def _make_current(folder: StoreFolder) -> None:
    """See to it that there is a store of this very version.

    One process at a time makes a store or brings it up to date. A new one is made beside its place and renamed into
    it, so that nobody ever sees half of one.
    """
    path = folder.database
    if store_exists(folder):
        with told(path), closing(_connect(path)) as connection:
            if _checked_version(connection, path) == SCHEMA_VERSION:
                return
    folder.create()
    with told(path), _alone(folder.root):
        if store_exists(folder):
            with closing(_connect(path)) as connection:
                version = _checked_version(connection, path)
                if version < SCHEMA_VERSION:
                    _keep_copy(connection, path, version)
                    _migrate(connection)
        else:
            new = path.with_name(f"{path.name}.new")
            new.unlink(missing_ok=True)
            os.close(os.open(new, os.O_RDWR | os.O_CREAT, 0o600))
            with closing(_connect(new)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                _migrate(connection)
            new.rename(path)


def _checked_version(connection: sqlite3.Connection, path: Path) -> int:
    application_id: int = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if application_id != APPLICATION_ID:
        raise StoreError(f"{path} is a database, but not a store", hint="name another store with --store")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"the store {path} was written by a newer assettui (schema {version}; this one knows {SCHEMA_VERSION})",
            hint="upgrade assettui, or name another store with --store",
        )
    return version


def _migrate(connection: sqlite3.Connection) -> None:
    db = database_class()(connection, execute_plugins=False)  # before the module that defines the migrations
    from assettui.store.migrations import migrations

    migrations.apply(db)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION:d}")


def _keep_copy(connection: sqlite3.Connection, path: Path, version: int) -> None:
    copy = path.with_name(f"{path.name}.v{version}")
    copy.unlink(missing_ok=True)
    connection.execute("VACUUM INTO ?", [str(copy)])
    copy.chmod(0o600)


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Held by one process at a time."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


_importing = threading.Lock()


def database_class() -> type[Database]:
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
