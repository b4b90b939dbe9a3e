"""Values come back as they were stored, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assettui import AssetKey
from assettui.model.asset import ValueRef
from assettui.model.errors import ValueStorageError
from assettui.values.files import FileValues, folder_of
from assettui.values.formats import row_count, write

KEY = AssetKey("a/b")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Custom:
    """Something that only pickle can hold."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Custom) and self.value == other.value

    __hash__ = None  # pyright: ignore[reportAssignmentType]


@given(value=json_values)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_what_json_can_hold_comes_back_the_same(tmp_path: Path, value: Any) -> None:
    values = FileValues(tmp_path)
    ref = values.store(KEY, value, "v")
    assert ref.format in ("json", "none")
    assert values.load(ref) == value


@pytest.mark.parametrize(
    ("value", "format_name"),
    [
        (None, "none"),
        ({"a": [1, 2.5, "x", None, True]}, "json"),
        ((1, 2), "pickle"),
        ({1: "a"}, "pickle"),
        (float("inf"), "pickle"),
        ({"x": (1,)}, "pickle"),
        (Custom(3), "pickle"),
        (b"\x00\xff", "pickle"),
        pytest.param(10**6000, "pickle", id="huge"),
        ("\ud800", "json"),
    ],
)
def test_the_format_keeps_types_exactly(tmp_path: Path, value: Any, format_name: str) -> None:
    values = FileValues(tmp_path)
    ref = values.store(KEY, value, "v")
    assert ref.format == format_name
    loaded = values.load(ref)
    assert loaded == value
    assert type(loaded) is type(value)


def test_a_value_that_holds_itself_is_stored(tmp_path: Path) -> None:
    value: dict[str, Any] = {}
    value["a"] = [value, value]
    values = FileValues(tmp_path)
    loaded = values.load(values.store(KEY, value, "v"))
    assert loaded["a"][0] is loaded["a"][1] is loaded


@pytest.mark.parametrize(
    ("frame", "format_name"),
    [
        (pl.DataFrame({"a": [1, 2], "b": ["x", None]}), "parquet:polars"),
        (pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), "parquet:pandas"),
        (pa.table({"a": [1, 2]}), "parquet:pyarrow"),
    ],
)
def test_frames_are_parquet_and_come_back_as_the_same_kind(tmp_path: Path, frame: Any, format_name: str) -> None:
    values = FileValues(tmp_path)
    ref = values.store(KEY, frame, "v")
    assert ref.format == format_name
    assert ref.path.endswith(".parquet")
    assert row_count(frame) == 2
    loaded = values.load(ref)
    assert type(loaded) is type(frame)
    assert loaded.equals(frame)


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (pd.DataFrame, pd.DataFrame),
        ("pd.DataFrame", pd.DataFrame),
        ("pandas.DataFrame", pd.DataFrame),
        (pl.DataFrame, pl.DataFrame),
        ("pl.LazyFrame", pl.LazyFrame),
        (pa.Table, pa.Table),
        (None, pl.DataFrame),
        ("something.Else", pl.DataFrame),
        (int, pl.DataFrame),
    ],
)
def test_a_frame_is_read_as_the_kind_that_the_reader_asks_for(tmp_path: Path, annotation: Any, kind: type) -> None:
    values = FileValues(tmp_path)
    ref = values.store(KEY, pl.DataFrame({"a": [1]}), "v")
    assert type(values.load(ref, annotation)) is kind


def test_a_lazy_frame_is_computed_when_it_is_stored(tmp_path: Path) -> None:
    values = FileValues(tmp_path)
    ref = values.store(KEY, pl.LazyFrame({"a": [1, 2]}).filter(pl.col("a") > 1), "v")
    assert values.load(ref).collect().to_dicts() == [{"a": 2}]


def test_a_frame_of_pandas_that_parquet_cannot_hold_is_pickled(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, "x", Custom(1)]})
    ref = FileValues(tmp_path).store(KEY, frame, "v")
    assert ref.format == "pickle"
    assert [each.suffix for each in (tmp_path / "a" / "b").iterdir()] == [".pickle"]


@pytest.mark.parametrize("value", [lambda: 1, open, (each for each in [1])])
def test_what_cannot_be_stored_is_told_and_leaves_nothing(tmp_path: Path, value: Any) -> None:
    if value is open:
        value = {"file": open(__file__)}  # noqa: SIM115, PTH123 - closed below
    with pytest.raises(ValueStorageError, match="the value of a/b, of type"):
        FileValues(tmp_path).store(KEY, value, "v")
    if isinstance(value, dict):
        value["file"].close()
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_value_that_is_gone_or_damaged_is_told(tmp_path: Path) -> None:
    values = FileValues(tmp_path)
    ref = values.store(KEY, {"a": 1}, "v")
    (tmp_path / ref.path).write_text("{")
    with pytest.raises(ValueStorageError, match="cannot be read"):
        values.load(ref)
    values.remove(ref)
    values.remove(ref)
    with pytest.raises(ValueStorageError, match="is gone"):
        values.load(ref)
    with pytest.raises(ValueStorageError, match="no format"):
        values.load(ValueRef("parquet:future", ref.path))


def test_versions_stand_beside_each_other_and_keys_below_each_other_do_not_meet(tmp_path: Path) -> None:
    values = FileValues(tmp_path)
    first, second = values.store(AssetKey("a"), [1], "v1"), values.store(AssetKey("a"), [2], "v2")
    below = values.store(AssetKey("a/v1.json"), [3], "v1")
    assert [values.load(ref) for ref in (first, second, below)] == [[1], [2], [3]]


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=3))
def test_the_folder_of_any_key_stays_below_the_root(parts: list[str]) -> None:
    folder = folder_of(AssetKey(parts))
    assert not folder.is_absolute()
    assert len(folder.parts) == len(parts)
    assert all(part not in ("", ".", "..") and not part.startswith("@") for part in folder.parts)


def test_a_stored_value_is_for_its_owner_only(tmp_path: Path) -> None:
    ref = FileValues(tmp_path).store(KEY, [1], "v")
    assert (tmp_path / ref.path).stat().st_mode & 0o777 == 0o600


def test_what_doubles_without_end_is_no_json(tmp_path: Path) -> None:
    value: list[Any] = []
    for _ in range(60):
        value = [value, value]
    assert write(value, tmp_path / "value") == "pickle"
