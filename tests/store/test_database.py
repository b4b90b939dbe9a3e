"""Opening a store: made with care, refused with a reason."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from assettui.model.errors import StoreError
from assettui.model.events import LogEntry, RunChanged
from assettui.model.run import RunStatus
from assettui.store import database, migrations, queries
from assettui.store.database import SCHEMA_VERSION, database_class, open_for_reading, open_for_writing, writing
from assettui.store.folder import StoreFolder
from assettui.store.recording import record


@pytest.fixture
def store(tmp_path: Path) -> StoreFolder:
    return StoreFolder.at(tmp_path / "store")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_store_is_for_its_owner_only(store: StoreFolder) -> None:
    db = open_for_writing(store)
    with writing(db):
        record(db, [RunChanged(1, "r", status=RunStatus.STARTED)])
    assert mode(store.root) == 0o700
    assert {path.name: mode(path) for path in store.root.glob("store.db*")} == {
        "store.db": 0o600,
        "store.db-shm": 0o600,
        "store.db-wal": 0o600,
    }
    assert (mode(store.values), mode(store.logs)) == (0o700, 0o700)
    assert (store.root / ".gitignore").read_text() == "*\n"
    db.close()


def test_the_path_may_name_the_folder_or_the_file(tmp_path: Path) -> None:
    assert StoreFolder.at(tmp_path).database == tmp_path / "store.db"
    assert StoreFolder.at(tmp_path / "x.db").database == tmp_path / "x.db"
    (tmp_path / "named").write_bytes(b"")
    assert StoreFolder.at(tmp_path / "named").database == tmp_path / "named"


def test_commits_are_durable_and_readers_do_not_wait(store: StoreFolder) -> None:
    db = open_for_writing(store)
    assert db.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    reader = open_for_reading(store)
    with writing(db):
        record(db, [RunChanged(1, "r", status=RunStatus.STARTED)])
        assert queries.events(reader) == []
    assert len(queries.events(reader)) == 1
    with pytest.raises(sqlite3.OperationalError):
        reader.execute("DELETE FROM events")
    reader.close()
    db.close()


def test_a_write_that_fails_leaves_nothing(store: StoreFolder) -> None:
    db = open_for_writing(store)
    with pytest.raises(ZeroDivisionError), writing(db):
        record(db, [RunChanged(1, "r", status=RunStatus.STARTED)])
        _ = 1 / 0
    assert queries.events(db) == []
    db.close()


def refused(store: StoreFolder) -> str:
    """The words with which both ways of opening refuse."""
    with pytest.raises(StoreError) as reading:
        open_for_reading(store)
    with pytest.raises(StoreError) as told:
        open_for_writing(store)
    assert str(reading.value) == str(told.value)
    assert told.value.hint
    return str(told.value)


def test_a_newer_store_is_refused(store: StoreFolder) -> None:
    db = open_for_writing(store)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()
    assert f"written by a newer assettui (schema {SCHEMA_VERSION + 1}" in refused(store)


def test_what_is_not_a_database_is_refused_and_left_as_it_is(store: StoreFolder) -> None:
    store.create()
    store.database.write_bytes(b"something else\n" * 100)
    assert "is not a store" in refused(store)
    assert store.database.read_bytes() == b"something else\n" * 100


def test_another_programs_database_is_refused(store: StoreFolder) -> None:
    store.create()
    other = sqlite3.connect(store.database)
    other.execute("CREATE TABLE theirs (a)")
    other.commit()
    other.close()
    assert "is a database, but not a store" in refused(store)


def test_a_store_that_another_program_locks_is_told(store: StoreFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)
    db = open_for_writing(store)
    holder = sqlite3.connect(store.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked by another program"), writing(db):
        pass
    holder.close()
    with writing(db):
        pass
    db.close()


@pytest.fixture
def outside() -> Generator[Path]:
    """A folder that any user may enter, which pytest's own are not."""
    path = Path(f"/tmp/assettui-test-{os.getpid()}")
    path.mkdir(mode=0o755)
    yield path
    subprocess.run(["rm", "-rf", str(path)], check=True)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become nobody")
def test_a_store_that_cannot_be_written_is_told(outside: Path) -> None:
    store = StoreFolder.at(outside / "store")
    open_for_writing(store).close()
    store.root.chmod(0o755)
    store.database.chmod(0o644)
    program = f"""
import os, pathlib
from assettui.store import migrations
from assettui.store.database import open_for_writing, writing
from assettui.store.folder import StoreFolder
from msgspec.structs import replace

from assettui.model.errors import StoreError
os.setuid(65534)  # only now: nobody may not read the interpreter's own files either
for path in ({str(store.root)!r}, {str(outside / "new")!r}):
    try:
        with writing(open_for_writing(StoreFolder.at(pathlib.Path(path)))): pass
    except StoreError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert f"the store {store.database} cannot be" in said
    assert f"the store {outside / 'new' / 'store.db'} cannot be made: Permission denied" in said


def test_a_full_disk_is_told_and_nothing_is_lost(store: StoreFolder) -> None:
    db = open_for_writing(store)
    with writing(db):
        record(db, [LogEntry(1, "r", level="INFO", message="before")])
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="disk that holds the store .* is full"), writing(db):
        record(db, [LogEntry(2, "r", level="INFO", message="x" * 100_000)])
    assert [event.payload["message"] for event in queries.events(db)] == ["before"]
    db.close()


@pytest.fixture
def two_versions(monkeypatch: pytest.MonkeyPatch) -> Migrations:
    """The program as it may be one day, with one more migration."""
    later = Migrations("assettui")
    for known in migrations.migrations.pending(database_class()(memory=True)):
        later(name=known.name)(known.fn)

    @later(name="9999_later")
    def one_more(db: Database) -> None:
        db.execute("CREATE TABLE later (a)")

    monkeypatch.setattr(migrations, "migrations", later)
    monkeypatch.setattr(database, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    return later


def test_an_older_store_is_brought_up_to_date_and_a_copy_kept(
    store: StoreFolder, request: pytest.FixtureRequest
) -> None:
    db = open_for_writing(store)
    with writing(db):
        record(db, [RunChanged(1, "r", status=RunStatus.STARTED)])
    db.close()
    request.getfixturevalue("two_versions")
    reader = open_for_reading(store)
    assert len(queries.events(reader)) == 1
    assert reader.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION + 1
    assert reader.execute("SELECT count(*) FROM later").fetchone()[0] == 0
    reader.close()
    copy = store.database.with_name(f"store.db.v{SCHEMA_VERSION}")
    assert mode(copy) == 0o600
    assert sqlite3.connect(copy).execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION


def test_the_schema_version_counts_the_migrations() -> None:
    assert len(migrations.migrations.pending(database_class()(memory=True))) == SCHEMA_VERSION


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    store: StoreFolder, two_versions: Migrations, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(database, "SCHEMA_VERSION", 1)
        first_only = Migrations("assettui")
        first_only(name="0001_first")(migrations.first)
        earlier.setattr(migrations, "migrations", first_only)
        open_for_writing(store).close()

    @two_versions(name="0003_wrong")
    def wrong(db: Database) -> None:
        db.execute("CREATE TABLE half (a)")
        db.execute("this is no SQL")

    with pytest.raises(StoreError, match="syntax error"):
        open_for_writing(store)
    with sqlite3.connect(store.database) as left:
        assert left.execute("PRAGMA user_version").fetchone()[0] == 1
        assert left.execute("SELECT count(*) FROM sqlite_master WHERE name = 'half'").fetchone()[0] == 0


def test_many_processes_may_make_the_same_store_at_once(store: StoreFolder) -> None:
    code = f"""
import pathlib
from assettui.store.database import open_for_writing
from assettui.store.folder import StoreFolder
open_for_writing(StoreFolder.at(pathlib.Path({str(store.root)!r}))).close()
"""
    processes = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(6)]
    assert [(process.wait(), process.communicate()[1]) for process in processes] == [(0, b"")] * 6


def test_data_that_looks_like_sql_is_data(store: StoreFolder) -> None:
    from assettui import AssetKey
    from assettui.model.events import Materialization

    db = open_for_writing(store)
    key = AssetKey(["x'; DROP TABLE events; --"])
    made = Materialization(1, "r", asset_key=key, data_version="v")
    with writing(db):
        record(db, [made])
    assert queries.asset_state(db, key).last == replace(made, id=1)
    db.close()


def test_text_that_utf8_cannot_hold_is_recorded_all_the_same(store: StoreFolder) -> None:
    db = open_for_writing(store)
    with writing(db):
        record(db, [LogEntry(1, "r", level="INFO", message="a\ud800b")])
    assert queries.events(db)[0].payload["message"] == r"a\ud800b"
    db.close()
