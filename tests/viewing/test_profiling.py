"""What a table holds, in numbers: exact where it is gathered in passing, and told from stretches where it is not."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assettui.model.profile import ColumnProfile
from assettui.render.profile import percent
from assettui.viewing import profiling
from assettui.viewing.profiling import profile

START = datetime(2024, 1, 1, tzinfo=UTC)


def column(frame: pl.DataFrame, name: str) -> ColumnProfile:
    found = profile(frame.lazy()).column(name)
    assert found is not None
    return found


@given(st.lists(st.one_of(st.none(), st.integers(-1_000, 1_000)), max_size=200))
def test_what_is_gathered_of_every_row_is_exact(values: list[int | None]) -> None:
    found = column(pl.DataFrame({"n": pl.Series(values, dtype=pl.Int64)}), "n")
    numbers = sorted(each for each in values if each is not None)
    assert found.nulls == len(values) - len(numbers)
    if not numbers:
        assert (found.min, found.mean, found.quantiles, found.histogram, found.top) == (None, None, (), (), ())
        return
    assert (found.min, found.max) == (str(numbers[0]), str(numbers[-1]))
    assert found.mean == pytest.approx(sum(numbers) / len(numbers))
    assert found.quantiles == tuple(sorted(found.quantiles))
    assert set(found.quantiles) <= set(map(float, numbers)), "each is a value that is there"
    assert sum(found.histogram) == (len(numbers) if numbers[0] < numbers[-1] else 0)
    assert found.distinct == len(set(numbers))


def test_types_of_every_kind() -> None:
    frame = pl.DataFrame(
        {
            "text": ["b", "a", "b", None],
            "flag": [True, True, False, None],
            "when": [START, START + timedelta(days=1), None, START + timedelta(days=3)],
            "odd": [1.0, math.nan, math.inf, -2.0],
            "list": [[1], [2], None, []],
            "nothing": pl.Series([None] * 4, dtype=pl.Null),
            "price": pl.Series(["1.10", "2.20", None, "3.30"]).cast(pl.Decimal(10, 2)),
        }
    )
    found = profile(frame.lazy(), 1_234)
    assert (found.rows, found.size_bytes, found.read, found.time_column) == (4, 1_234, None, "when")
    by_name = {each.name: each for each in found.columns}
    assert (by_name["text"].min, by_name["text"].max, by_name["text"].top) == ("a", "b", (("b", 2), ("a", 1)))
    assert by_name["flag"].mean == pytest.approx(2 / 3)
    assert by_name["when"].max == "2024-01-04 00:00:00+00:00"
    assert sum(by_name["when"].histogram) == 3
    odd = by_name["odd"]
    assert (odd.low, odd.high, odd.mean) == (-2.0, 1.0, -0.5), "what is infinite or no number is left out"
    assert (by_name["list"].nulls, by_name["list"].distinct, by_name["list"].min) == (1, None, None)
    assert by_name["nothing"].nulls == 4
    assert (by_name["price"].min, by_name["price"].high) == ("1.10", 3.3)


def test_tables_without_rows_or_columns() -> None:
    assert profile(pl.LazyFrame()).columns == ()
    empty = profile(pl.LazyFrame(schema={"a": pl.Int64, "b": pl.String, "t": pl.Datetime}))
    assert (empty.rows, [each.nulls for each in empty.columns], empty.time_column) == (0, [0, 0, 0], None)


def test_many_columns_are_bounded_and_that_is_said() -> None:
    found = profile(pl.LazyFrame({f"c{number}": [number] for number in range(profiling.MAX_COLUMNS + 7)}))
    assert (len(found.columns), found.more_columns) == (profiling.MAX_COLUMNS, 7)


def test_of_what_is_too_large_to_be_read_some_stretches_are_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = 200_000
    path = tmp_path / "large.parquet"
    pl.DataFrame({"n": range(rows), "half": [None if n % 2 else n for n in range(rows)]}).write_parquet(
        path, row_group_size=1_000
    )
    monkeypatch.setattr(profiling, "MAX_CELLS", 1_000)
    monkeypatch.setattr(profiling, "STRETCH_CELLS", 2_000)
    found = profile(pl.scan_parquet(path))
    n, half = found.columns
    assert (found.rows, found.read) == (rows, profiling.STRETCHES * 1_000)
    assert (n.min, n.max) == ("0", str(rows - 1)), "the first and the last stretch are at the ends"
    assert half.nulls == rows / 2
    assert n.quantiles[2] == pytest.approx(rows / 2, rel=0.05)


@pytest.mark.parametrize(
    ("rate", "text"), [(0, "0 %"), (1, "100 %"), (0.0001, "<0.1 %"), (0.9999, ">99.9 %"), (0.25, "25.0 %")]
)
def test_shares_as_a_person_reads_them(rate: float, text: str) -> None:
    assert percent(rate) == text
