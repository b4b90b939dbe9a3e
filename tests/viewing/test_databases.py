"""Tables of SQLite and DuckDB: typed by what they hold, read as far as it is wanted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import duckdb
import polars as pl
import pytest

from assettui.model.errors import ValueStorageError
from assettui.viewing import databases
from assettui.viewing.databases import duckdb_table, sqlite_table


def sqlite(path: Path, *statements: str, rows: Iterable[tuple[Any, ...]] = ()) -> Path:
    """A database; the last statement takes the rows."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements[:-1] if rows else statements:
            connection.execute(statement)
        if rows:
            connection.executemany(statements[-1], rows)
    return path


def duck(path: Path, *statements: str) -> Path:
    with cast("Any", duckdb).connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    return path


def test_a_column_is_what_it_holds_whatever_it_was_declared(tmp_path: Path) -> None:
    path = sqlite(
        tmp_path / "a.db",
        'CREATE TABLE t (n TEXT, "two words" INTEGER, mixed, size REAL, raw BLOB, empty INTEGER, said)',
        "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)",
        rows=[("a", 1, 1, 1, b"\x00", None, None), ("b", 2, "x", 2.5, b"\x01", None, None)],
    )
    found = sqlite_table(path, None).collect()
    assert dict(found.schema) == {
        "n": pl.String,
        "two words": pl.Int64,
        "mixed": pl.String,
        "size": pl.Float64,
        "raw": pl.Binary,
        "empty": pl.Int64,
        "said": pl.String,
    }
    assert found.rows() == [("a", 1, "1", 1.0, b"\x00", None, None), ("b", 2, "x", 2.5, b"\x01", None, None)]


def test_only_what_is_wanted_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "BATCH_ROWS", 100)
    path = sqlite(
        tmp_path / "a.db", "CREATE TABLE t (n, x)", "INSERT INTO t VALUES (?, ?)", rows=[(n, "x") for n in range(1_050)]
    )
    table = sqlite_table(path, "t")
    assert table.select("n").head(3).collect().rows() == [(0,), (1,), (2,)]
    assert table.slice(990, 2).select("n").collect(engine="streaming").rows() == [(990,), (991,)]
    assert table.filter(pl.col("n") > 1_047).select("n").collect(engine="streaming").rows() == [(1_048,), (1_049,)]
    assert table.select(pl.len()).collect(engine="streaming").item() == 1_050
    assert table.filter(pl.col("n") > 7).head(2).collect(engine="streaming").rows() == [(8, "x"), (9, "x")]


def test_a_long_table_that_changes_its_type_in_its_middle_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "EXAMINED_ROWS", 100)
    monkeypatch.setattr(databases, "SAMPLE_ROWS", 10)
    rows = [("none" if n == 100 else n,) for n in range(200)]
    path = sqlite(tmp_path / "a.db", "CREATE TABLE t (n)", "INSERT INTO t VALUES (?)", rows=rows)
    with pytest.raises(ValueStorageError, match="column 'n' of t holds values of several types"):
        sqlite_table(path, None).collect(engine="streaming")


def test_duckdb_keeps_its_types(tmp_path: Path) -> None:
    path = duck(
        tmp_path / "a.duckdb",
        "CREATE SCHEMA marts",
        "CREATE TABLE marts.routes AS SELECT 1.50::DECIMAL(9,2) AS amount, DATE '2026-01-02' AS day,"
        " TIMESTAMPTZ '2026-01-02 03:04:05+00' AS at, [1, 2] AS several, {'a': 1} AS pair",
        "CREATE TABLE other AS SELECT 1 AS one",
    )
    row = duckdb_table(path, "marts.routes").collect().row(0)
    assert row[:2] == (Decimal("1.50"), date(2026, 1, 2))
    assert row[2].astimezone(UTC) == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert row[3:] == ([1, 2], {"a": 1})
    assert duckdb_table(path, "other").collect().rows() == [(1,)]
    with pytest.raises(ValueStorageError, match="has several tables") as told:
        duckdb_table(path, None)
    assert "marts.routes" in (told.value.hint or "")


def test_duckdb_is_read_a_batch_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "BATCH_ROWS", 100)
    monkeypatch.setattr(databases, "MAX_BATCH_ROWS", 300)
    path = duck(tmp_path / "a.duckdb", "CREATE TABLE t AS SELECT range AS n, 'x' AS x FROM range(1234)")
    table = duckdb_table(path, None)
    assert table.collect(engine="streaming")["n"].to_list() == list(range(1_234))
    assert table.filter(pl.col("n") >= 1_232).select("n").collect(engine="streaming").rows() == [(1_232,), (1_233,)]


def test_what_is_wrong_with_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "no.db").write_bytes(b"no database, and long enough to be taken for one" * 40)
    with pytest.raises(ValueStorageError, match=r"no\.db cannot be read"):
        sqlite_table(tmp_path / "no.db", None)
    with pytest.raises(ValueStorageError, match=r"no\.db cannot be read"):
        duckdb_table(tmp_path / "no.db", None)
    path = sqlite(tmp_path / "a.db", "CREATE TABLE t (n)")
    with pytest.raises(ValueStorageError, match="has no table 'x'"):
        sqlite_table(path, "x")
