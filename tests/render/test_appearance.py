from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assettui.core.staleness import AssetStatus
from assettui.model.run import RunStatus, StepStatus
from assettui.render.appearance import ASSET_STYLES, RUN_STYLES, STEP_STYLES, sparkline, time_bar

fractions = st.floats(0, 1)


def test_every_status_has_a_glyph_and_the_pair_with_its_color_is_its_own() -> None:
    for looks, statuses in ((ASSET_STYLES, AssetStatus), (RUN_STYLES, RunStatus), (STEP_STYLES, StepStatus)):
        assert set(looks) == set(statuses)
        assert len(set(looks.values())) == len(looks)
        assert all(len(glyph) == 1 for glyph, _ in looks.values())


def test_a_sparkline_reaches_from_the_least_to_the_greatest() -> None:
    assert sparkline([1, 2, 3, 8]) == "▁▂▃█"
    assert sparkline([5, 5]) == "▄▄"
    assert sparkline([]) == ""


@given(st.lists(st.integers(0, 10**12), min_size=1))
def test_a_sparkline_has_one_block_for_each_value_in_their_order(values: list[int]) -> None:
    blocks = sparkline(values)
    assert len(blocks) == len(values)
    for first, second, left, right in zip(values, values[1:], blocks, blocks[1:], strict=False):
        assert (left <= right) if first <= second else (left >= right)


@given(fractions, fractions, st.integers(1, 80))
def test_a_bar_never_leaves_its_span(start: float, end: float, width: int) -> None:
    first, length = time_bar(min(start, end), max(start, end), width)
    assert 0 <= first < width
    assert 1 <= length <= width - first
