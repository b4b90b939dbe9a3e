"""Tables of every kind as pages of texts: what stands in a cell, what a query gives, what is wrong with one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assettui.model.asset import ValueRef
from assettui.model.errors import ValueStorageError
from assettui.model.keys import AssetKey
from assettui.model.preview import Document, Page, Query, ReadCell, ReadPage, StoredValue
from assettui.viewing.cells import MAX_CELL_CHARS, text_of
from assettui.viewing.exports import export
from assettui.viewing.opening import open_value, opened
from assettui.viewing.pages import FAR_ROWS, Table
from assettui.viewing.queries import BadQuery

VALUE = StoredValue(AssetKey("a"), ValueRef("parquet:polars", "a"))
SALES = pl.DataFrame(
    {
        "id": range(6_000),
        "country": [["PE", "US", "DE"][n % 3] for n in range(6_000)],
        "amount": [None if n % 100 == 0 else float(n) for n in range(6_000)],
    }
)


@pytest.fixture
def sales(tmp_path: Path) -> Table:
    return Table(SALES.lazy(), tmp_path)


PLAIN = Query()


def page(table: Table, query: Query = PLAIN, **how: Any) -> Page:
    return table.page(ReadPage(VALUE, query, **how))


def ids(found: Page) -> list[str | None]:
    return [row[0] for row in found.cells]


def test_the_first_the_last_and_some_in_between(sales: Table) -> None:
    first = page(sales, rows=2)
    assert first.cells == (("0", "PE", None), ("1", "US", "1.0"))
    assert [(each.name, each.type, each.is_number) for each in first.columns] == [
        ("id", "Int64", True),
        ("country", "String", False),
        ("amount", "Float64", True),
    ]
    assert (first.total, first.stored) == (6_000, 6_000)
    last = page(sales, first=-2, rows=2)
    assert (last.first, ids(last)) == (5_998, ["5998", "5999"])
    assert page(sales, first=10_000).cells == ()
    some = page(sales, first=5, rows=1, first_column=1, columns=1)
    assert (some.cells, len(some.columns)) == ((("DE",),), 3)
    assert page(sales, names=("amount", "id"), first=7, rows=1).cells == (("7.0", "7"),)


def test_the_first_rows_of_a_query_come_without_a_count_and_the_count_when_it_is_asked_for(sales: Table) -> None:
    query = Query("country = 'PE' and amount > 10")
    first = page(sales, query, rows=3)
    assert (ids(first), first.total) == (["12", "15", "18"], None)
    counted = page(sales, query, rows=3, is_counted=True)
    expected = SALES.filter((pl.col("country") == "PE") & (pl.col("amount") > 10))
    assert (ids(counted), counted.total) == (["12", "15", "18"], expected.height)
    assert ids(page(sales, query, first=-1, rows=1)) == [str(expected["id"][-1])]


def test_an_order_holds_far_down_too(sales: Table) -> None:
    query = Query(sort="amount", is_descending=True)
    far = page(sales, query, first=FAR_ROWS, rows=2)
    expected = SALES.sort("amount", descending=True, nulls_last=True, maintain_order=True)
    assert ids(far) == [str(each) for each in expected["id"][FAR_ROWS : FAR_ROWS + 2]]
    assert page(sales, query, first=-1, rows=1).cells[0][2] is None, "what holds no value comes last, either way"


def test_rows_by_chance_stay_the_same_and_keep_their_order(sales: Table) -> None:
    drawn = page(sales, Query(sample=50), rows=100)
    assert drawn.total == 50
    numbers = [int(each or 0) for each in ids(drawn)]
    assert numbers == sorted(set(numbers))
    assert ids(page(sales, Query(sample=50), rows=100)) == ids(drawn)
    few = page(sales, Query("id < 3", sample=50), rows=100)
    assert ids(few) == ["0", "1", "2"]


@given(st.integers(0, 6_100), st.integers(0, 300), st.sampled_from(["", "id % 7 = 3", "country = 'US'"]))
def test_a_page_is_a_slice_of_all_rows(first: int, rows: int, where: str) -> None:
    folder = Path("/nonexistent")  # nothing is written for so near rows
    near = min(first, FAR_ROWS - rows) if where else first
    found = Table(SALES.lazy(), folder).page(ReadPage(VALUE, Query(where), (), near, rows))
    kept = SALES.filter(pl.sql_expr(where)) if where else SALES
    assert ids(found) == [str(each) for each in kept["id"].to_list()[near : near + rows]]


@pytest.mark.parametrize(
    ("where", "what", "at"),
    [
        ("amount > > 1", "Expected: an expression, found: >", 9),
        ("amount =", "Expected: an expression, found: nothing more", 8),
        ("contry = 'PE'", "there is no column 'contry'", 0),
        ("id > 0 and contry = 'PE'", "there is no column 'contry'", 11),
        ("country = PE", "there is no column 'PE'", 10),
        ("id > 'x'", "cannot compare string with numeric type", None),
        ("1", "filter predicate must be of type `Boolean`", None),
        ("a 'x", "Unterminated string literal", 2),
        ("id > 1 drop table x", "Expected: end of statement, found: drop", 7),
        ("id >\n> 3", "Expected: an expression, found: >", 5),
    ],
)
def test_what_is_wrong_with_a_condition_and_where(sales: Table, where: str, what: str, at: int | None) -> None:
    with pytest.raises(BadQuery) as refused:
        page(sales, Query(where))
    assert what in refused.value.what
    assert refused.value.at == at


def test_columns_that_are_not_there(sales: Table) -> None:
    hint = "there is no column 'amont'\n    did you mean 'amount'"
    with pytest.raises(BadQuery, match=hint):
        page(sales, names=("id", "amont"))
    with pytest.raises(BadQuery, match=hint):
        page(sales, Query(sort="amont"))


# Cells.


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.5, "1.5"),
        (0.1 + 0.2, "0.30000000000000004"),
        (float("nan"), "NaN"),
        (float("-inf"), "-∞"),
        (True, "true"),
        (Decimal("1.50"), "1.50"),
        (date(2024, 2, 29), "2024-02-29"),
        (datetime(2024, 3, 1, 12, 30, tzinfo=UTC), "2024-03-01 12:30:00+00:00"),
        (time(1, 2, 3), "01:02:03"),
        (timedelta(days=1, seconds=1), "1 day, 0:00:01"),
        (b"\x00\xff", "00 ff"),
        ([1, None, "a"], '[1, null, "a"]'),
        ({"a": [1, 2], "b": None}, "{a: [1, 2], b: null}"),
    ],
)
def test_what_stands_in_a_cell(value: object, text: str) -> None:
    assert text_of(value) == text


def test_a_page_of_huge_cells_and_many_columns_is_small(tmp_path: Path) -> None:
    wide = pl.DataFrame({f"c{number}": [number, None] for number in range(2_000)})
    found = page(Table(wide.lazy(), tmp_path), first_column=1_990, columns=30)
    assert len(found.columns) == 2_000
    assert found.cells[0] == tuple(str(number) for number in range(1_990, 2_000))
    long = pl.DataFrame({"text": ["x" * 10_000_000], "many": [list(range(100_000))], "bytes": [b"y" * 10_000_000]})
    cells = page(Table(long.lazy(), tmp_path)).cells[0]
    assert all(each is not None and len(each) <= MAX_CELL_CHARS for each in cells)
    whole = Table(long.lazy(), tmp_path).cell(ReadCell(VALUE, names=("text",)))
    assert whole.is_cut
    assert len(whole.text) == 1_000_000


def test_types_of_every_kind(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "zoned": pl.Series([datetime(2024, 3, 31, 1, 0, tzinfo=UTC)]).dt.convert_time_zone("Europe/Paris"),
            "price": pl.Series(["1.10"]).cast(pl.Decimal(10, 2)),
            "kind": pl.Series(["a"], dtype=pl.Categorical),
            "struct": [{"emoji": "👩‍👩‍👧", "escape": "\x1b[2J"}],
            "array": pl.Series([[1, 2]], dtype=pl.Array(pl.Int8, 2)),
            "nothing": pl.Series([None], dtype=pl.Null),
        }
    )
    found = page(Table(frame.lazy(), tmp_path))
    assert found.cells[0] == (
        "2024-03-31 03:00:00+02:00",
        "1.10",
        "a",
        '{emoji: "👩‍👩‍👧", escape: "\x1b[2J"}',
        "[1, 2]",
        None,
    )


# Values that are no frames, and files that metadata names.


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ({"a": [1, {"b": None}]}, "json", '"b": null'),
        ("some text", "text", "some text"),
        (object, "repr", "<class 'object'>"),
        ({1, 2}, "repr", "{1, 2}"),
        ([1, "a"], "json", "1,"),
        ({"a": {1}}, "repr", "{'a': {1}}"),
        (b"abc", "repr", "b'abc'"),
    ],
)
def test_what_is_no_table_is_a_document(value: object, kind: str, text: str) -> None:
    found = opened(value)
    assert isinstance(found, Document)
    assert found.kind == kind
    assert text in found.text


def test_rows_of_dicts_are_a_table() -> None:
    found = opened([{"a": 1}, {"a": 2, "b": "x"}])
    assert isinstance(found, pl.LazyFrame)
    assert found.collect().rows() == [(1, None), (2, "x")]


def at(path: Path, table: str | None = None) -> StoredValue:
    return StoredValue(AssetKey("a"), ValueRef("file"), None, str(path), table)


def nothing(value: StoredValue) -> Any:
    raise AssertionError("the project is not needed")


@pytest.mark.parametrize("name", ["rows.parquet", "rows.arrow", "rows.csv", "rows.ndjson", "rows.json", "rows.sqlite"])
def test_files_of_every_kind(tmp_path: Path, name: str) -> None:
    path, frame = tmp_path / name, pl.DataFrame({"id": [1, 2], "name": ["a", None]})
    match path.suffix:
        case ".parquet":
            frame.write_parquet(path)
        case ".arrow":
            frame.write_ipc(path)
        case ".csv":
            frame.write_csv(path)
        case ".ndjson":
            frame.write_ndjson(path)
        case ".json":
            frame.write_json(path)
        case _:
            import sqlite3
            from contextlib import closing

            with closing(sqlite3.connect(path)) as connection, connection:
                connection.execute("CREATE TABLE rows (id INTEGER, name TEXT)")
                connection.executemany("INSERT INTO rows VALUES (?, ?)", frame.rows())
    found = open_value(at(path), tmp_path, nothing)
    assert isinstance(found, pl.LazyFrame)
    assert found.collect().rows() == [(1, "a"), (2, None)]


def test_what_is_wrong_with_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.parquet").touch()
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "wrong.json").write_text("{")
    (tmp_path / "x.xyz").write_text("?")
    for name, what in (
        ("none.parquet", "the value is gone"),
        ("empty.parquet", "is empty"),
        ("wrong.json", "is not JSON"),
        ("x.xyz", "of no kind that can be looked at"),
    ):
        with pytest.raises(ValueStorageError, match=what):
            open_value(at(tmp_path / name), tmp_path, nothing)
    cut = open_value(at(tmp_path / "cut.parquet"), tmp_path, nothing)
    assert isinstance(cut, pl.LazyFrame)
    with pytest.raises(pl.exceptions.PolarsError):
        Table(cut, tmp_path).page(ReadPage(VALUE))


def test_what_is_exported_is_what_is_there(tmp_path: Path, sales: Table) -> None:
    rows = sales.rows(Query("amount > 5000", "id", is_descending=True), ("amount", "id"))
    for form in ("parquet", "csv", "json"):
        path = tmp_path / f"out.{form}"
        done = export(rows, path, form)
        read = {"parquet": pl.read_parquet, "csv": pl.read_csv, "json": pl.read_json}[form](path)
        assert read.equals(rows.collect())
        assert (done.rows, done.bytes) == (read.height, path.stat().st_size)
    assert not list(tmp_path.glob(".*")), "nothing is left"
    nested = pl.LazyFrame({"a": [[1]]})
    with pytest.raises(ValueStorageError, match="cannot be written as csv"):
        export(nested, tmp_path / "nested.csv", "csv")
    assert not (tmp_path / "nested.csv").exists()
