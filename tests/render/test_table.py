from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assettui.render.table import GAP, Column, fit

COLUMNS = (Column("name", 10, limit=30), Column("group", 8, rank=2), Column("built", 6), Column("why", 12, rank=3))
columns = st.lists(
    st.builds(
        Column, st.just(""), st.integers(1, 40), st.booleans(), st.integers(0, 4), st.none() | st.integers(1, 60)
    ),
    min_size=1,
    max_size=8,
)


def test_what_is_left_over_goes_to_the_first_column_and_then_to_the_last() -> None:
    assert fit(COLUMNS, 39) == [(0, 10), (1, 8), (2, 6), (3, 12)]
    assert fit(COLUMNS, 49) == [(0, 20), (1, 8), (2, 6), (3, 12)]
    assert fit(COLUMNS, 79) == [(0, 30), (1, 8), (2, 6), (3, 32)]


def test_a_column_between_them_may_grow_too_where_it_says_how_far() -> None:
    grows = (COLUMNS[0], Column("when", 8, limit=20), *COLUMNS[2:])
    assert fit(grows, 64) == [(0, 30), (1, 13), (2, 6), (3, 12)]
    assert fit(grows, 79) == [(0, 30), (1, 20), (2, 6), (3, 20)]


def test_the_least_important_columns_are_left_out_first() -> None:
    assert [index for index, _ in fit(COLUMNS, 38)] == [0, 1, 2]
    assert [index for index, _ in fit(COLUMNS, 25)] == [0, 2]
    assert fit(COLUMNS, 12) == [(0, 5), (2, 6)]


@given(columns, st.integers(0, 200))
def test_a_row_is_never_wider_than_it_may_be_while_anything_can_be_left_out(
    given_columns: list[Column], width: int
) -> None:
    fitted = fit(given_columns, width)
    total = sum(size for _, size in fitted) + GAP * (len(fitted) - 1)
    always = [column for column in given_columns[1:] if not column.rank]
    if 1 + sum(column.width + GAP for column in always) <= width:
        assert total <= width
    assert all(size >= 1 for _, size in fitted)
