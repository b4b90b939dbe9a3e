"""Values as tables of databases: a real PostgreSQL, by Arrow and by SQLAlchemy, DuckDB and SQLite."""

from __future__ import annotations

import datetime as dt
import decimal
import threading
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as driver
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

import assettui as at
from assettui.integrations.database import DatabaseIOManager
from assettui.model.errors import ValueStorageError
from tests.conftest import ProjectFolder
from tests.postgres import PostgresServer, programs

needs_server = pytest.mark.skipif(programs() is None, reason="there is no PostgreSQL on this machine")
UTC = dt.UTC
FRAME = pl.DataFrame(
    {
        "id": [1, 2, None],
        "small": pl.Series([1, -2, 3], dtype=pl.Int16),
        "price": pl.Series([decimal.Decimal("1.50"), None, decimal.Decimal("-99999999.99")], dtype=pl.Decimal(10, 2)),
        "at": pl.Series([dt.datetime(2026, 1, 1, 12, 30, tzinfo=UTC)] * 3, dtype=pl.Datetime("us", "UTC")),
        "local": [
            dt.datetime.fromisoformat("2026-01-01T00:00:00.000005"),
            None,
            dt.datetime.fromisoformat("1900-01-01"),
        ],
        "day": [dt.date(2026, 1, 1), dt.date(1, 1, 1), None],
        "time": [dt.time(1, 2, 3), None, dt.time(23, 59, 59, 999999)],
        "text": ["Café; DROP TABLE x", "", None],
        "raw": [b"\x00\xff", b"", None],
        "is_it": [True, False, None],
        "share": [1.5, float("inf"), None],
        'odd "name"': [1, 2, 3],
        "nested": [{"a": 1, "b": ["x"]}, {"a": None, "b": []}, None],
    }
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[PostgresServer]:
    found = PostgresServer(tmp_path_factory.mktemp("postgres"))
    yield found
    found.close()


@pytest.fixture(params=["arrow", "sqlalchemy", "duckdb", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    kind: str = request.param
    if kind in ("duckdb", "sqlite"):
        return f"{kind}:///{tmp_path}/data.{kind}"
    if programs() is None:
        pytest.skip("there is no PostgreSQL on this machine")
    server: PostgresServer = request.getfixturevalue("server")
    return server.url(scheme="postgresql" if kind == "arrow" else "postgresql+psycopg")


def key() -> list[str]:
    """An asset of its own: the server is the same for all tests."""
    key.count += 1  # pyright: ignore[reportFunctionMemberAccess] - see below
    return ["assets", f"made_{key.count}"]  # pyright: ignore[reportFunctionMemberAccess]


key.count = 0  # pyright: ignore[reportFunctionMemberAccess] - of functions, Python allows it


def kept(url: str, value: Any, annotation: Any = pl.DataFrame, **more: Any) -> Any:
    """What is read of what was stored."""
    where = key()

    @at.asset(key=where, **more)
    def made() -> Any:
        return value

    @at.asset(ins={"made": at.AssetIn(where)})
    def read(made: Any) -> None:
        given.append(made)

    read.fn.__annotations__["made"] = annotation
    given: list[Any] = []
    at.materialize([made, read], resources={"io_manager": DatabaseIOManager(url=url)})
    return given[0]


def test_types_are_kept(url: str) -> None:
    frame = FRAME
    if url.startswith("sqlite"):  # it has no decimals, and keeps structs as text
        frame = FRAME.drop("price", "nested", "time")
    found = kept(url, frame)
    assert_frame_equal(found, frame, check_dtypes=False)
    same = [name for name in frame.columns if name not in ("small", "raw")]
    assert {name: found.schema[name] for name in same} == {name: frame.schema[name] for name in same}


@pytest.mark.parametrize("kind", ["pandas", "pyarrow", "rows", "lazy"])
def test_frames_of_any_library_go_in_and_come_out(url: str, kind: str) -> None:
    frame = pl.DataFrame({"id": [1, 2], "name": ["a", "b"]})
    value, annotation = {
        "pandas": (frame.to_pandas(), pd.DataFrame),
        "pyarrow": (frame.to_arrow(), pa.Table),
        "rows": (frame.to_dicts(), list),
        "lazy": (frame.lazy(), pl.DataFrame),
    }[kind]
    found = kept(url, value, annotation)
    assert isinstance(found, annotation)
    assert_frame_equal(pl.DataFrame(found), frame)


def test_nothing_is_a_table_too(url: str) -> None:
    frame = pl.DataFrame({"id": [1]}).clear()
    assert_frame_equal(kept(url, frame), frame)


def test_partitions_are_replaced_one_by_one(url: str) -> None:
    days = at.DailyPartitionsDefinition("2026-01-01", end_date="2026-01-04")
    states = at.StaticPartitionsDefinition(["a", "o'b", "c"])
    rows: dict[str, int] = {}
    by_day, by_state = key(), key()

    @at.asset(key=by_day, partitions_def=days, metadata={"partition_expr": "day"})
    def made(context: at.AssetExecutionContext) -> Any:
        day = dt.date.fromisoformat(context.partition_key)
        return pl.DataFrame({"day": [day] * rows["n"], "n": [rows["n"]] * rows["n"]}, schema_overrides={"day": pl.Date})

    @at.asset(key=by_state, partitions_def=states, metadata={"partition_expr": "state"})
    def others(context: at.AssetExecutionContext) -> Any:
        return [{"state": context.partition_key, "n": rows["n"]}]

    manager = DatabaseIOManager(url=url)
    for asset, partition, n in (
        (made, "2026-01-01", 3),
        (made, "2026-01-02", 2),
        (made, "2026-01-01", 1),
        (others, "a", 1),
        (others, "o'b", 2),
        (others, "a", 5),
    ):
        rows["n"] = n
        result = at.materialize([asset], partition_key=partition, resources={"io_manager": manager})
        assert result.success
    read: Any = manager.read(_name(by_day), None, "rows")
    assert sorted((str(row["day"])[:10], row["n"]) for row in read) == [
        ("2026-01-01", 1),
        ("2026-01-02", 2),
        ("2026-01-02", 2),
    ]
    read = manager.read(_name(by_state), None, "rows")
    assert sorted((row["state"], row["n"]) for row in read) == [("a", 5), ("o'b", 2)]


def _name(where: list[str]) -> Any:
    from assettui.values.tables import TableName

    return TableName(*where)


def test_rows_of_no_partition_are_refused_and_nothing_is_changed(url: str) -> None:
    where = key()

    @at.asset(key=where, partitions_def=at.StaticPartitionsDefinition(["a", "b"]), metadata={"partition_expr": "state"})
    def made() -> Any:
        return [{"state": "a"}, {"state": "b"}]

    manager = DatabaseIOManager(url=url)
    with pytest.raises(at.StepFailed, match="1 row for .* would lie outside"):
        at.materialize([made], partition_key="a", resources={"io_manager": manager})
    with pytest.raises(ValueStorageError, match="holds no table|no such table"):
        manager.read(_name(where), None, "rows")


def test_a_column_that_is_not_there(url: str) -> None:
    where = key()
    manager = DatabaseIOManager(url=url)
    manager.write(_name(where), [{"id": 1}], "rows")
    with pytest.raises(ValueStorageError, match="idd"):
        manager.read(_name(where), ["idd"], "rows")


@needs_server
@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_a_server_that_is_not_there_or_refuses_never_shows_the_password(server: PostgresServer, scheme: str) -> None:
    for wrong in (server.url(password="hunter2", scheme=scheme), f"{scheme}://me:hunter2@127.0.0.1:1/x"):
        with pytest.raises(ValueStorageError) as told:
            DatabaseIOManager(url=wrong).read(_name(["assets", "any"]), None, "rows")
        assert "hunter2" not in str(told.value)
        assert "127.0.0.1" in str(told.value)
        assert "password authentication failed" in str(told.value) or "refused" in str(told.value).lower()


@needs_server
def test_a_table_that_another_has_locked_is_told(server: PostgresServer) -> None:
    where = key()
    manager = DatabaseIOManager(url=server.url(), wait_s=0.3)
    manager.write(_name(where), [{"id": 1}], "rows")
    with closing(driver.connect(server.url())) as other, other.cursor() as cursor:
        cursor.execute(f'LOCK TABLE "{where[0]}"."{where[1]}" IN ACCESS EXCLUSIVE MODE')
        with pytest.raises(ValueStorageError, match=r"is locked, for more than 0.3 s"):
            manager.write(_name(where), [{"id": 2}], "rows")
        other.rollback()
    assert manager.read(_name(where), None, "rows") == [{"id": 1}]


@needs_server
def test_views_on_a_table_stay_as_long_as_its_columns_do(server: PostgresServer) -> None:
    where = key()
    manager = DatabaseIOManager(url=server.url())
    manager.write(_name(where), [{"id": 1}], "rows")
    with closing(driver.connect(server.url(), autocommit=True)) as other, other.cursor() as cursor:
        cursor.execute(f'CREATE VIEW {where[1]}_seen AS SELECT id FROM "{where[0]}"."{where[1]}"')
    manager.write(_name(where), [{"id": 2}], "rows")
    assert manager.read(_name(["public", f"{where[1]}_seen"]), None, "rows") == [{"id": 2}]
    with pytest.raises(ValueStorageError, match="has other columns now, and something depends on it"):
        manager.write(_name(where), [{"id": "x"}], "rows")
    assert manager.read(_name(where), None, "rows") == [{"id": 2}]


@needs_server
def test_many_that_make_a_table_at_once_do_not_meet(server: PostgresServer) -> None:
    where = key()
    failed: list[Exception] = []

    def write() -> None:
        try:
            DatabaseIOManager(url=server.url()).write(_name([f"new_{where[1]}", "t"]), [{"id": 1}], "rows")
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failed == []


def test_what_no_database_can_keep_is_told(url: str) -> None:
    with pytest.raises(at.StepFailed, match="is a int, which is no table"):
        kept(url, 3)


def test_what_is_missing_or_wrong_of_a_url(tmp_path: Path) -> None:
    for url, said in (
        ("oracle+nowhere://x/y", "dialect"),
        ("sqlite://", "names no file"),
        ("what is this", "cannot be read"),
    ):
        with pytest.raises(ValueStorageError, match=said):
            DatabaseIOManager(url=url).read(_name(["a", "b"]), None, "rows")


PROJECT = """
    import polars as pl
    from assettui import *
    from assettui.integrations.database import DatabaseIOManager

    @asset
    def orders() -> pl.DataFrame:
        return pl.DataFrame({"id": [1, 2]})

    @asset
    def total(orders: pl.DataFrame) -> pl.DataFrame:
        return orders.sum()

    defs = Definitions(
        assets=[orders, total], resources={"io_manager": DatabaseIOManager(url=EnvVar("DATABASE"), schema="shop")}
    )
"""


@needs_server
def test_in_a_project(folder: ProjectFolder, server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write(PROJECT)
    monkeypatch.setenv("DATABASE", server.url())
    done = folder.run("materialize", "*")
    assert done.returncode == 0, done.stderr
    (made,) = folder.json("asset", "history", "orders")
    assert made["metadata"]["table"]["value"] == "orders"
    assert DatabaseIOManager(url=server.url()).read(_name(["shop", "orders"]), None, "rows") == [{"id": 1}, {"id": 2}]
    assert folder.run("asset", "preview", "total").returncode == 0
    monkeypatch.setenv("DATABASE", server.url(password="hunter2"))
    done = folder.run("materialize", "orders")
    assert "password authentication failed" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout
