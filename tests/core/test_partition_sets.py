"""Sets of partitions behave as Python's sets of numbers do, however large and however they lie."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from assettui.core.partitions.sets import EMPTY, PartitionSet

numbers = st.sets(st.integers(0, 300), max_size=80)
span = st.tuples(st.integers(0, 200), st.integers(0, 60)).map(lambda pair: set(range(pair[0], sum(pair))))
sets = numbers | span | st.tuples(numbers, span).map(lambda pair: pair[0] | pair[1])


@given(sets, sets)
def test_two_sets(one: set[int], other: set[int]) -> None:
    a, b = PartitionSet.of(one), PartitionSet.of(other)
    assert set(a | b) == one | other
    assert set(a & b) == one & other
    assert set(a - b) == one - other
    assert set(a ^ b) == one ^ other
    assert (a <= b) == (one <= other)
    assert a.isdisjoint(b) == one.isdisjoint(other)
    assert (a == b) == (one == other)


@given(sets, st.integers(-5, 310), st.integers(-5, 310))
def test_one_set(one: set[int], low: int, high: int) -> None:
    a = PartitionSet.of(one)
    assert len(a) == len(one)
    assert bool(a) == bool(one)
    assert list(a) == sorted(one)
    assert (low in a) == (low in one)
    if one:
        assert (a.first, a.last) == (min(one), max(one))
    inside = {each for each in one if low <= each < high}
    assert set(a.within(max(low, 0), high)) == {each for each in inside if each >= 0}
    assert a.count_within(low, high) == len(inside)
    assert a.covers(max(0, low), high) == (set(range(max(0, low), high)) <= one)
    assert set(a.with_index(abs(low))) == one | {abs(low)}
    assert set(a.shifted(low)) == {each + low for each in one if each + low >= 0}


@given(sets)
def test_it_comes_back_from_its_ranges_and_from_its_bytes(one: set[int]) -> None:
    a = PartitionSet.of(one)
    ranges = a.ranges()
    assert PartitionSet.of_ranges(ranges) == a
    assert all(end < start for (_, end), (start, _) in itertools.pairwise(ranges)), "they are the longest"
    assert PartitionSet.from_bytes(a.to_bytes(200)) == a
    assert len(a.to_bytes(200)) == 200
    assert a.span_count == len(ranges)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 220)), max_size=30))
def test_ranges_may_overlap_and_be_empty(spans: list[tuple[int, int]]) -> None:
    expected = {each for start, end in spans for each in range(start, end)}
    assert set(PartitionSet.of_ranges(spans)) == expected


def test_a_million_are_a_small_value() -> None:
    every_other = PartitionSet(int("01" * 500_000, 2))
    assert len(every_other) == 500_000
    assert len(every_other.to_bytes()) == 125_000
    assert len(every_other.ranges()) == 500_000
    assert every_other | PartitionSet.span(0, 1_000_000) == PartitionSet.span(0, 1_000_000)
    assert EMPTY.ranges() == []
