"""How tables differ, compared with what a few lines of plain Python say of the same rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assettui.model.difference import Difference, RetypedColumn
from assettui.viewing import differences
from assettui.viewing.differences import difference
from assettui.viewing.queries import BadQuery

Row = tuple[Any, ...]
KEYS = st.one_of(st.integers(-5, 5), st.none())
ROWS = st.dictionaries(KEYS, st.tuples(st.sampled_from(["x", "y", None]), st.sampled_from([1.0, float("nan"), None])))
SCHEMA = {"k": pl.Int64, "a": pl.String, "b": pl.Float64}


def frame(rows: dict[Any, Row]) -> pl.LazyFrame:
    return pl.LazyFrame([(key, *row) for key, row in rows.items()], schema=SCHEMA, orient="row")


def same(one: Any, other: Any) -> bool:
    return one == other or (one != one and other != other)


@settings(max_examples=200, deadline=None)
@given(ROWS, ROWS)
def test_by_key_as_plain_python_has_it(before: dict[Any, Row], after: dict[Any, Row]) -> None:
    found = difference(frame(before), frame(after), ["k"])
    both = before.keys() & after.keys()
    by_column = [sum(not same(before[key][index], after[key][index]) for key in both) for index in (0, 1)]
    assert (found.added, found.removed) == (len(after.keys() - before.keys()), len(before.keys() - after.keys()))
    assert found.changed == sum(
        any(not same(*pair) for pair in zip(before[key], after[key], strict=True)) for key in both
    )
    assert {each.name: each.changed for each in found.changed_columns} == {
        name: times for name, times in zip("ab", by_column, strict=True) if times
    }
    kinds = Counter(row.kind for row in found.rows)
    assert kinds == Counter({"added": found.added, "removed": found.removed, "changed": found.changed})
    assert not found.is_sampled
    assert found.is_none == (found.added == found.removed == found.changed == 0)
    text = {None if key is None else str(key): row for key, row in before.items()}
    assert all(row.before[0] == text[row.key[0]][0] for row in found.rows if row.kind != "added")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ab"))),
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ab"))),
)
def test_without_a_key_rows_are_counted_as_a_whole(before: list[Row], after: list[Row]) -> None:
    ones, others = (
        pl.LazyFrame(rows, schema={"n": pl.Float64, "t": pl.Boolean}, orient="row")
        for rows in ([(float(n), t == "a") for n, t in side] for side in (before, after))
    )
    found = difference(ones, others)
    assert found.key_source == "none"
    more, fewer = Counter(after) - Counter(before), Counter(before) - Counter(after)
    assert (found.added, found.removed, found.changed) == (more.total(), fewer.total(), 0)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.tuples(st.integers(0, 3), st.text("ab", max_size=2)), st.integers(0, 1)),
    st.dictionaries(st.tuples(st.integers(0, 3), st.text("ab", max_size=2)), st.integers(0, 1)),
)
def test_a_key_of_several_columns(before: dict[tuple[int, str], int], after: dict[tuple[int, str], int]) -> None:
    ones, others = (
        pl.LazyFrame(
            [(*key, value) for key, value in side.items()],
            schema={"n": pl.Int64, "t": pl.String, "v": pl.Int64},
            orient="row",
        )
        for side in (before, after)
    )
    found = difference(ones, others, ["n", "t"])
    both = before.keys() & after.keys()
    wanted = (len(after.keys() - both), len(before.keys() - both), sum(before[key] != after[key] for key in both))
    assert (found.added, found.removed, found.changed) == wanted


def test_two_keys_of_one_number_are_told_apart_by_a_join(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(codes: pl.Series) -> tuple[pl.Series, None, bool]:
        return codes, None, True

    monkeypatch.setattr(differences, "_ordered", twice)
    ones = pl.LazyFrame({"k": ["a", "b"], "v": [1, 2]})
    found = difference(ones, pl.LazyFrame({"k": ["b", "c"], "v": [3, 4]}), ["k"])
    assert (found.added, found.removed, found.changed) == (1, 1, 1)


def test_a_key_is_guessed_and_said_to_be() -> None:
    ones = pl.LazyFrame({"value": [1, 2, 3], "order_id": [7, 8, 9], "at": ["x", "x", "y"]})
    assert difference(ones, ones).key == ("order_id",)
    pairs = pl.LazyFrame({"day": [1, 1, 2, 2], "shop": ["a", "b", "a", "b"], "sold": [1.0, 2.0, 3.0, 4.0]})
    found = difference(pairs, pairs)
    assert (found.key, found.key_source) == (("day", "shop"), "guessed")


def test_columns_that_are_not_the_same() -> None:
    ones = pl.LazyFrame({"k": [1, 2], "n": [1, 2], "gone": [1, 1], "text": ["1", "2"]})
    others = pl.LazyFrame({"k": [1, 2], "n": [1.0, 2.5], "new": [1, 1], "text": [1, 2]})
    found = difference(ones, others, ["k"])
    assert (found.added_columns, found.removed_columns) == (("new",), ("gone",))
    assert found.retyped_columns == (RetypedColumn("n", "Int64", "Float64"), RetypedColumn("text", "String", "Int64"))
    assert [(each.name, each.changed) for each in found.changed_columns] == [("n", 1)]  # '1' and 1 are written the same


def test_columns_of_types_that_are_hard_to_compare() -> None:
    columns: dict[str, list[Any]] = {
        "lists": [[1, 2], [3]],
        "structs": [{"a": 1}, {"a": None}],
        "bytes": [b"\x00", b"x"],
        "nothing": [None, None],
    }
    ones = pl.LazyFrame({"k": [1, 2], **columns})
    others = pl.LazyFrame({"k": [2, 1], **{name: values[::-1] for name, values in columns.items()}})
    assert difference(ones, others, ["k"]).is_none
    other = pl.LazyFrame({"k": [1, 2], **columns, "lists": [[1, 2], [4]]})
    assert [each.name for each in difference(ones, other, ["k"]).changed_columns] == ["lists"]


def test_a_key_that_does_not_tell_rows_apart_is_refused() -> None:
    ones = pl.LazyFrame({"k": [1, 2, 2], "v": [1, 2, 3]})
    with pytest.raises(BadQuery, match="k does not tell the rows of the first apart: k 2 is there 2 times"):
        difference(ones, ones, ["k"])
    with pytest.raises(BadQuery, match="there is no column 'x'"):
        difference(ones, ones, ["x"])


def test_many_rows_are_counted_and_some_are_shown() -> None:
    ones = pl.LazyFrame({"k": range(300_000), "v": range(300_000)})
    others = pl.LazyFrame({"k": range(300_000), "v": range(1, 300_001)})
    found = difference(ones, others.with_columns(k=pl.col("k").reverse(), v=pl.col("v").reverse()), ["k"])
    assert found.changed == 300_000
    assert found.is_sampled
    assert [row.key[0] for row in found.rows] == [str(n) for n in range(differences.SAMPLE)]
    assert all(int(row.after[0] or 0) == int(row.before[0] or 0) + 1 for row in found.rows)


def test_empty_tables() -> None:
    empty = pl.LazyFrame({"k": []}, schema={"k": pl.Int64})
    full = pl.LazyFrame({"k": [1, 2]})
    assert difference(empty, full, ["k"]).added == 2
    assert difference(full, empty, ["k"]).removed == 2
    assert difference(empty, empty, ["k"]).is_none
    nothing = pl.LazyFrame()
    assert isinstance(difference(nothing, full), Difference)
