"""Frames of each library: what is read is what was stored, values, types and labels included."""

from __future__ import annotations

import datetime as dt
import decimal
import tempfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from polars.testing.parametric import dataframes

from assettui import AssetKey
from assettui.values.files import FileValues

KEY = AssetKey("frame")


def stored_and_read(frame: Any, annotation: Any = None) -> tuple[str, Any]:
    """The form in which a frame was stored, and what was read."""
    with tempfile.TemporaryDirectory() as folder:
        values = FileValues(Path(folder))
        ref = values.store(KEY, frame, "v")
        read = values.load(ref, annotation)
        return ref.format, read.collect().lazy() if isinstance(read, pl.LazyFrame) else read


# polars


@given(dataframes(max_cols=4, max_size=6, allow_series=False) | dataframes(max_cols=4, max_size=6))
@settings(max_examples=30)
def test_any_frame_of_polars_is_read_as_it_was(frame: pl.DataFrame) -> None:
    _, read = stored_and_read(frame)
    assert read.schema == frame.schema
    assert_frame_equal(read, frame, check_exact=True)
    _, lazily = stored_and_read(frame.lazy())
    assert isinstance(lazily, pl.LazyFrame)
    assert_frame_equal(lazily.collect(), frame, check_exact=True)


@pytest.mark.parametrize(
    ("series", "form"),
    [
        (pl.Series([{}, {}]), "ipc:polars"),
        (pl.Series([[{}]]), "ipc:polars"),
        (pl.Series(["a", None], dtype=pl.Categorical), "parquet:polars"),
        (pl.Series(["a", None], dtype=pl.Enum(["b", "a"])), "parquet:polars"),
        (pl.Series([[1, 2], None], dtype=pl.Array(pl.Int8, 2)), "parquet:polars"),
        (pl.Series([None, None]), "parquet:polars"),
        (pl.Series([2**127], dtype=pl.UInt128), "parquet:polars"),
        (pl.Series([decimal.Decimal("1.20"), None]), "parquet:polars"),
    ],
)
def test_the_form_of_a_frame_of_polars(series: pl.Series, form: str) -> None:
    frame = series.to_frame("a")
    found, read = stored_and_read(frame)
    assert found == form
    assert read.schema == frame.schema
    assert_frame_equal(read, frame)


# pyarrow

SIMPLE = [
    *(pa.null(), pa.bool_(), pa.int8(), pa.uint64(), pa.float16(), pa.float64(), pa.string(), pa.large_string()),
    *(pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view(), pa.binary(3), pa.date32(), pa.date64()),
    *(pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns"), pa.month_day_nano_interval()),
    *(pa.timestamp(unit, zone) for unit in ("s", "ms", "us", "ns") for zone in (None, "UTC", "Europe/Paris", "+05:30")),
    *(pa.duration(unit) for unit in ("s", "ms", "us", "ns")),
    *(pa.decimal32(5, 2), pa.decimal64(10, 2), pa.decimal128(10, 2), pa.decimal256(50, 2)),
    *(pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.int32(), pa.int64())),
    *(pa.dictionary(pa.int64(), pa.string(), ordered=True), pa.dictionary(pa.int32(), pa.large_string())),
    *(pa.uuid(), pa.json_(), pa.bool8(), pa.fixed_shape_tensor(pa.int8(), [2]), pa.struct([])),
]


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Types of pyarrow that hold others."""

    def struct(kinds: list[Any]) -> Any:
        return pa.struct([(f"f{number}", kind) for number, kind in enumerate(kinds)])

    return st.one_of(
        inner.map(pa.list_),
        inner.map(pa.large_list),
        inner.map(pa.list_view),
        st.builds(pa.list_, inner, st.just(2)),
        inner.map(lambda kind: pa.list_(pa.field("other", kind))),  # pyright: ignore[reportUnknownLambdaType]
        st.lists(inner, max_size=2).map(struct),
        st.builds(pa.map_, st.just(pa.string()), inner),
    )


arrow_types: st.SearchStrategy[Any] = st.recursive(st.sampled_from(SIMPLE), nested, max_leaves=3)


def assert_same_table(frame: pa.Table, read: pa.Table) -> None:
    assert read.schema.equals(frame.schema, check_metadata=True)
    assert read.equals(frame)


@given(st.lists(arrow_types, max_size=3), st.lists(st.sampled_from("ab"), min_size=3, max_size=3), st.integers(0, 3))
@settings(max_examples=30)
def test_any_table_of_pyarrow_is_read_as_it_was(kinds: list[pa.DataType], names: list[str], rows: int) -> None:
    frame = pa.table([pa.nulls(rows, kind) for kind in kinds], names=names[: len(kinds)])
    _, read = stored_and_read(frame)
    assert_same_table(frame, read)


@pytest.mark.parametrize(
    ("table", "form"),
    [
        (pa.table([[1], [2]], names=["a", "a"]), "ipc:pyarrow"),
        (pa.table({"a": pa.array([(1, 2, 3)], pa.month_day_nano_interval())}), "ipc:pyarrow"),
        (pa.table({"a": pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), pa.array([1]))}), "ipc:pyarrow"),
        (pa.table({"a": pa.array([0], pa.timestamp("s"))}), "ipc:pyarrow"),
        (pa.table({"a": pa.DictionaryArray.from_arrays([1, 0], ["x", "y"])}), "parquet:pyarrow"),
        (pa.table({"a": [[1], None]}), "parquet:pyarrow"),
        (pa.table({"a": [{"b": [1]}]}).replace_schema_metadata({"k": "v"}), "parquet:pyarrow"),
        (pa.table({}), "ipc:pyarrow"),
    ],
)
def test_the_form_of_a_table_of_pyarrow(table: pa.Table, form: str) -> None:
    found, read = stored_and_read(table)
    assert found == form
    assert_same_table(table, read)


# pandas

NUMBERS = ("int8", "int64", "uint16", "float32", "float64", "bool", "Int8", "Int64", "UInt32", "Float64", "boolean")
OBJECTS = [
    *(["a", "b"], ["a", None], ["a", np.nan], ["a", pd.NA], [b"a", None], [1, "a"], [True, None], [[1], [2]]),
    *([{"x": 1}, {"y": 2}], [(1,), None], [dt.date(2020, 1, 1), None], [dt.time(1), None], [None, None]),
    *([decimal.Decimal("1.20"), decimal.Decimal("1.3")], [np.array([1]), None], [pd.Timestamp("2020-01-01"), None]),
]
COLUMNS: list[pd.Series] = [
    *(pd.Series([1, 0], dtype=kind) for kind in NUMBERS if kind != "boolean"),
    *(pd.Series([1, None], dtype=kind) for kind in ("Int8", "Float64")),
    pd.Series([True, None], dtype="boolean"),
    *(pd.Series([1, 0], dtype=kind) for kind in ("float16", "complex128", "Sparse[int64]", "int64[pyarrow]")),
    *(
        pd.Series(["a", None], dtype=kind)
        for kind in ("str", "string", "string[python]", "string[pyarrow]", "category")
    ),
    *(pd.Series(each, dtype=object) for each in OBJECTS),
    *(
        pd.Series(pd.to_datetime(["2020-01-01", None])).dt.as_unit(unit).dt.tz_localize(zone)
        for unit in ("s", "ms", "us", "ns")
        for zone in (None, "UTC", dt.UTC, ZoneInfo("Europe/Paris"), dt.timezone(dt.timedelta(hours=5, minutes=30)))
    ),
    *(pd.Series(pd.to_timedelta([1, None], unit="D")).dt.as_unit(unit) for unit in ("s", "ms", "us", "ns")),
    pd.Series(pd.period_range("2020-01", periods=2, freq="M")),
    pd.Series(pd.interval_range(0, 2)),
    pd.Series(pd.Categorical([1, 2])),
    pd.Series(pd.Categorical(["a", None], categories=["b", "a", "c"], ordered=True)),
    pd.Series(pd.Categorical(pd.Series(["a", "b"], dtype=object))),
    pd.Series([np.nan, -0.0]),
    pd.Series([np.inf, 5e-324]),
]
names = st.sampled_from(
    ["a", "b", "", "index", "__index_level_0__", 0, 1.5, None, ("a", 1), dt.date(2024, 1, 1), True, "🙂"]
)
INDEXES: list[pd.Index] = [
    *(pd.RangeIndex(2), pd.RangeIndex(5, 9, 2), pd.RangeIndex(2, name="i"), pd.RangeIndex(2, name=5)),
    *(pd.Index([3, 3]), pd.Index([3, 4], name="a"), pd.Index(["x", "y"]), pd.Index(["x", "y"], dtype=object)),
    *(pd.Index([1.5, np.nan]), pd.Index([True, False]), pd.Index([3, 4], name="__index_level_0__")),
    *(pd.date_range("2020", periods=2), pd.DatetimeIndex(["2020-01-01", "2020-01-05"], tz="Europe/Paris")),
    *(pd.CategoricalIndex(["a", "b"]), pd.period_range("2020", periods=2, freq="D"), pd.Index([1, "a"])),
    pd.MultiIndex.from_tuples([(1, "a"), (2, "b")]),
    pd.MultiIndex.from_tuples([(1, "a"), (1, "b")], names=["p", "q"]),
    pd.MultiIndex.from_tuples([(1, "a"), (1, "b")], names=["p", "p"]),
    pd.MultiIndex.from_product([pd.date_range("2020", periods=1), [1, 2]], names=["day", None]),
]


@st.composite
def pandas_frames(draw: st.DrawFn) -> pd.DataFrame:
    """Frames of every kind of column, label and index, and with what hangs on a frame besides."""
    columns = draw(st.lists(st.sampled_from(COLUMNS), max_size=3))
    frame = pd.concat(columns, axis=1) if columns else pd.DataFrame(index=range(2))
    labels = draw(st.lists(names, min_size=len(columns), max_size=len(columns)))
    frame.columns = draw(
        st.sampled_from(
            [
                pd.Index([f"c{n}" for n in range(len(columns))]),
                pd.Index([f"c{n}" for n in range(len(columns))], dtype=object),
                pd.RangeIndex(len(columns)),
                pd.Index(labels, tupleize_cols=False),
            ]
        )
    )
    if draw(st.booleans()):
        frame.index = draw(st.sampled_from(INDEXES))
    if draw(st.integers(0, 9)) == 0:
        frame = frame.rename_axis(columns=draw(st.sampled_from(["name", 5])))
    if draw(st.integers(0, 9)) == 0:
        frame = frame.iloc[:0]
    if draw(st.integers(0, 19)) == 0:
        frame.attrs["source"] = ("a", 1)
    if draw(st.integers(0, 19)) == 0 and frame.columns.is_unique and frame.index.is_unique:
        frame = frame.set_flags(allows_duplicate_labels=False)
    return frame


def assert_same_pandas(frame: pd.DataFrame, read: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        read, frame, check_exact=True, check_index_type="equiv", check_column_type=True, check_freq=True
    )
    for labels in ("index", "columns"):
        one, other = getattr(frame, labels), getattr(read, labels)
        assert (type(one), one.dtype, one.names) == (type(other), other.dtype, other.names)
    assert [repr(dtype) for dtype in read.dtypes] == [repr(dtype) for dtype in frame.dtypes]
    assert (read.attrs, read.flags) == (frame.attrs, frame.flags)
    for number in range(frame.shape[1]):
        for one, other in zip(frame.iloc[:, number], read.iloc[:, number], strict=True):
            assert type(one) is type(other)
            assert repr(one) == repr(other)


@given(pandas_frames())
@settings(max_examples=500)
def test_any_frame_of_pandas_is_read_as_it_was(frame: pd.DataFrame) -> None:
    _, read = stored_and_read(frame)
    assert_same_pandas(frame, read)


@pytest.mark.parametrize("kind", [*NUMBERS, "str", "datetime64[ns]", "datetime64[ms, Europe/Paris]", "category"])
def test_what_most_frames_of_pandas_hold_is_parquet(kind: str) -> None:
    values = ["a", "b"] if kind in ("str", "category") else [True, False] if kind == "boolean" else [1, 0]
    frame = pd.DataFrame({"a": pd.Series(values).astype(kind)})
    assert stored_and_read(frame)[0] == "parquet:pandas"
    assert stored_and_read(frame.set_index(pd.Index([5, 6], name="id")))[0] == "parquet:pandas"


@pytest.mark.parametrize("annotation", [pl.DataFrame, pl.LazyFrame, pd.DataFrame, pa.Table])
@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame({"a": [1], "s": [{}]}),
        pl.LazyFrame({"a": [1], "s": [{}]}),
        pa.table({"a": [1], "s": pa.array([(1, 2, 3)], pa.month_day_nano_interval())}).select(["a"]),
        pd.DataFrame({"a": [1], "s": [("x",)]}),
    ],
    ids=["polars", "lazy", "pyarrow", "pandas"],
)
def test_each_is_read_as_the_kind_that_the_reader_asks_for(frame: Any, annotation: type) -> None:
    _, read = stored_and_read(frame, annotation)
    assert type(read) is annotation
    rows = read.collect() if annotation is pl.LazyFrame else read
    assert rows["a"].to_list() == [1] if annotation is not pa.Table else rows["a"].to_pylist() == [1]
