"""Opening the store, for reading or for writing, and the one way in which anything is written.

Errors of SQLite become `StoreError`s that say what to do.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
import sys
import threading
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from assettui.model.errors import StoreError
from assettui.store.lease import holder

if TYPE_CHECKING:
    from collections.abc import Generator

    from sqlite_utils import Database

    from assettui.store.folder import StoreFolder

APPLICATION_ID = 0x61747569
"""Written into the file's header (`atui`), so that no other database is taken for a store."""
SCHEMA_VERSION = 13
"""The number of migrations that this program knows; kept as `PRAGMA user_version`."""
BUSY_TIMEOUT_S = 5.0
NEW_STORE_WAIT_S = 3.0
"""How long a leader that leads a store for the first time may take to make it."""
_OPTIONS: Final[Any] = {"timeout": BUSY_TIMEOUT_S, "isolation_level": None, "check_same_thread": False}
_CHECK_PERMISSIONS: Final = "check the permissions of the file and of its folder"
_LOG_MARKS: Final = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
"""How a write-ahead log begins (https://www.sqlite.org/fileformat2.html#the_write_ahead_log)."""


def open_for_reading(folder: StoreFolder) -> sqlite3.Connection:
    """A connection that cannot write.

    Like the next, it imports no sqlite-utils (50 ms), unless the store must first be made or brought up to date. Where the
    folder cannot be written to, not even by SQLite, which keeps its locks there, the file is read as it is, or a copy of it.

    Raises:
        StoreError: It cannot be opened, for a reason that the message gives.
    """
    if is_read_only(folder):
        return _open_unwritable(folder)
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
    folder.check_private()
    _make_current(folder)
    with told(folder.database):
        connection = _connect(folder.database)
        connection.execute("PRAGMA synchronous = FULL")
    return connection


def store_exists(folder: StoreFolder) -> bool:
    """Whether there is a store's file, whatever is in it.

    Raises:
        StoreError: Nobody can say: its folder cannot be looked into.
    """
    try:
        return stat.S_ISREG(folder.database.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise StoreError(
            f"the store {folder.database} cannot be reached: {error.strerror}",
            hint="check the permissions of its folder, or name another store with --store",
        ) from error


def no_store(folder: StoreFolder) -> StoreError:
    """What is said where there is no store."""
    leader = holder(folder.lease)
    if leader is None or leader.pid == os.getpid():
        return StoreError(
            f"there is no store at {folder.database}",
            hint="what is materialized makes one; --store names another",
        )
    return StoreError(
        f"the store {folder.database} is gone, though {leader.named} leads it",
        hint="somebody has removed the file: end the leader, then put a copy back, or begin anew",
    )


def is_read_only(folder: StoreFolder) -> bool:
    """Whether the store is there, and nobody has its log open where this process could make none."""
    if os.access(folder.root, os.W_OK) or not store_exists(folder):
        return False
    beside = (folder.database.with_name(f"{folder.database.name}{end}") for end in ("-wal", "-shm"))
    return not all(os.access(file, os.R_OK | os.W_OK) for file in beside)


def _open_unwritable(folder: StoreFolder) -> sqlite3.Connection:
    import shutil  # deferred, with tempfile: 6 ms that hardly anybody needs
    import tempfile

    path = folder.database
    with told(path):
        if not path.with_name(path.name + "-wal").exists():
            connection = sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True, **_OPTIONS)
            if _checked_version(connection, path) == SCHEMA_VERSION:
                return connection
            connection.close()
        # What stands in its log, or is of an older schema, can be read only where SQLite can write: in a copy.
        with tempfile.TemporaryDirectory(prefix="assettui-") as made:
            copy = Path(made) / path.name
            for end in ("", "-wal"):
                with suppress(FileNotFoundError):
                    shutil.copyfile(path.with_name(path.name + end), copy.with_name(copy.name + end))
            connection = _connect(copy)
            if _checked_version(connection, path) < SCHEMA_VERSION:
                _migrate(connection)
            memory = sqlite3.connect(":memory:", **_OPTIONS)
            connection.backup(memory)
            connection.close()
            return memory


class StorePlace:
    """Where a store's files were when it was opened.

    A process that has them open goes on with them when they are removed or replaced, and nobody ever reads what it writes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = {end: self._identity(end) for end in ("", "-wal")}

    def check(self) -> None:
        """See that they are there still. Costs two looks at the file system.

        Raises:
            StoreError: They are not.
        """
        for end, seen in self._seen.items():
            now = self._identity(end)
            if seen is None:  # a log is made by the first who writes
                self._seen[end] = now
            elif now != seen:
                happened = "removed" if now is None else "replaced"
                raise self._lost(f"{self._path.name}{end} was {happened}")
        if self._path.stat().st_size == 0:
            raise damaged(self._path, "the file is empty")

    def _lost(self, what: str) -> StoreError:
        return StoreError(
            f"the store {self._path} is no longer the one that was opened: {what} by another program",
            hint="put a copy back, or begin anew; nothing more is done with this one",
        )

    def _identity(self, end: str) -> tuple[int, int] | None:
        try:
            found = self._path.with_name(self._path.name + end).stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


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
        raise explained(error, path) from error
    except OSError as error:
        raise StoreError(
            f"the store {path} cannot be made: {error.strerror}",
            hint="check the folder's permissions and the free space, or move the store with --store",
        ) from error


def explained(error: sqlite3.Error, path: Path) -> StoreError:
    """What SQLite has refused, for people."""
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_NOTADB:
            return StoreError(f"{path} is not a store", hint="move the file away, or name another store with --store")
        case sqlite3.SQLITE_CORRUPT:
            return damaged(path, str(error))
        case sqlite3.SQLITE_ERROR if str(error).startswith(("no such table", "no such column", "no such index")):
            return damaged(path, str(error))
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError(
                f"the store {path} is locked by another program",
                hint="close what holds it open (a database browser?), then try again",
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return StoreError(f"the store {path} cannot be written{_beside(path)}", hint=_CHECK_PERMISSIONS)
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_AUTH:
            return StoreError(f"the store {path} cannot be opened{_beside(path)}", hint=_CHECK_PERMISSIONS)
        case sqlite3.SQLITE_FULL:
            return StoreError(f"the disk that holds the store {path} is full", hint="make room, then start again")
        case sqlite3.SQLITE_IOERR:
            return StoreError(
                f"the store {path} cannot be read or written: {error}{_beside(path)}", hint="check the disk"
            )
        case _:
            return StoreError(f"the store {path}: {error}")


def damaged(path: Path, what: str) -> StoreError:
    """What is said of a store that does not hold what it must."""
    with suppress(OSError):
        what = what if path.stat().st_size else "the file is empty"
    return StoreError(
        f"the store {path} is damaged: {what}{_beside(path)}",
        hint="`assettui store repair` saves what can be read; or restore a copy",
    )


def _beside(path: Path) -> str:
    """What is wrong with the files that SQLite keeps beside the store's, if anything is, as the end of a sentence."""
    for end in ("-wal", "-shm"):
        file = path.with_name(path.name + end)
        with suppress(OSError):
            if not stat.S_ISREG(file.lstat().st_mode):
                return f" ({file.name} beside it is no file)"
            if not os.access(file, os.R_OK | os.W_OK):
                return f" ({file.name} beside it cannot be read and written)"
            if end == "-wal" and file.stat().st_size and file.read_bytes()[:4] not in _LOG_MARKS:
                return f" ({file.name} beside it, where the last changes are, is not what SQLite has written)"
    return ""


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, **_OPTIONS)


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
    elif holder(folder.lease) is not None and not appears(folder):
        raise no_store(folder)
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


def appears(folder: StoreFolder) -> bool:
    """Whether there is a store, or this process leads it and may make it, or another one does and makes it soon."""
    deadline = time.monotonic() + NEW_STORE_WAIT_S
    while not store_exists(folder):
        leader = holder(folder.lease)
        if leader is None or time.monotonic() > deadline:
            return False
        if leader.pid == os.getpid():
            return True
        time.sleep(0.01)
    return True


def _checked_version(connection: sqlite3.Connection, path: Path) -> int:
    if path.stat().st_size == 0:
        raise damaged(path, "the file is empty")
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
