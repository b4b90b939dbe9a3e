"""Dynamic keys in the store: added, removed, added again, and read once for each change."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from pathlib import Path

import pytest

from assettui.store import dynamic_partitions
from assettui.store.database import open_for_reading, open_for_writing, writing
from assettui.store.dynamic_partitions import add, all_indices, remove
from assettui.store.folder import StoreFolder


@pytest.fixture
def store(tmp_path: Path) -> StoreFolder:
    return StoreFolder.at(tmp_path / "store")


@pytest.fixture
def db(store: StoreFolder) -> Generator[sqlite3.Connection, None, None]:
    db = open_for_writing(store)
    yield db
    db.close()


def test_an_index_is_never_given_twice(db: sqlite3.Connection) -> None:
    with writing(db):
        assert add(db, "customers", ["a", "b", "a", "c"], 1) == ["a", "b", "c"]
    with writing(db):
        assert remove(db, "customers", ["c", "b", "none"], 2) == ["c", "b"]
        assert add(db, "customers", ["a", "d"], 3) == ["d"]
    assert all_indices(db) == {"customers": {"a": 0, "d": 3}}
    with writing(db):
        assert add(db, "customers", ["b"], 4) == ["b"]
    assert all_indices(db) == {"customers": {"a": 0, "b": 1, "d": 3}}


def test_a_definition_without_keys_is_not_listed(db: sqlite3.Connection) -> None:
    with writing(db):
        add(db, "customers", ["a"], 1)
        remove(db, "customers", ["a"], 2)
    assert all_indices(db) == {}


def test_what_has_not_changed_is_not_read_again(store: StoreFolder, db: sqlite3.Connection) -> None:
    with writing(db):
        add(db, "customers", ["a"], 1)
        add(db, "shops", ["x"], 1)
    first = all_indices(db)
    with writing(db):
        add(db, "customers", ["a"], 2)  # nothing new
        add(db, "shops", ["y"], 2)
    reader = open_for_reading(store)
    again = all_indices(reader)
    assert again["customers"] is first["customers"]
    assert again["shops"] == {"x": 0, "y": 1}
    reader.close()


def test_a_change_that_fails_is_never_seen(db: sqlite3.Connection) -> None:
    with writing(db):
        add(db, "customers", ["a"], 1)

    def fail() -> None:
        with writing(db):
            add(db, "customers", ["b"], 2)
            assert list(all_indices(db)["customers"]) == ["a", "b"]
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        fail()
    assert list(all_indices(db)["customers"]) == ["a"]
    with writing(db):
        add(db, "customers", ["c"], 3)
    assert all_indices(db)["customers"] == {"a": 0, "c": 1}


def test_of_many_definitions_those_read_last_stay_in_memory(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynamic_partitions, "KEPT_READ", 3)
    with writing(db):
        for number in range(9):
            add(db, f"d{number}", ["a"], 1)
    assert len(all_indices(db)) == 9
    assert len(dynamic_partitions._read) == 3


def test_a_hundred_thousand_keys_are_added_at_once(db: sqlite3.Connection) -> None:
    keys = [f"key-{number}" for number in range(100_000)]
    with writing(db):
        assert len(add(db, "many", keys, 1)) == 100_000
    assert list(all_indices(db)["many"]) == keys
