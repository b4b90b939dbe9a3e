"""Charts in a terminal: what stands where."""

from __future__ import annotations

import math
from math import sin

from hypothesis import given
from hypothesis import strategies as st

from assettui.render.chart import Chart, Series, chart_lines, nearest, ticks
from assettui.render.profile import number


def drawn(chart: Chart, width: int = 60, height: int = 12) -> list[str]:
    return ["".join(cell.text for cell in line) for line in chart_lines(chart, width, height)]


def series(*values: float, name: str = "rows") -> Series:
    return Series(name, tuple((float(x), y) for x, y in enumerate(values)), number)


def test_axes_curve_legend_and_cursor() -> None:
    lines = drawn(Chart((series(0, 10, 20),), lambda x: f"x{x:.0f}", cursor=1.0))
    assert len(lines) == 12
    assert [line[:10].strip() for line in lines if "┤" in line] == ["20", "15", "10", "5", "0"]
    assert lines[-2].split() == ["x0", "x2"]
    assert lines[-1].startswith("━━ rows  0 … 20")
    assert lines[-1].endswith("x1: 10")
    assert all(line[11 + 24] != " " for line in lines[:9])  # the cursor, from top to bottom


def test_series_of_another_size_have_a_scale_of_their_own() -> None:
    alike = drawn(Chart((series(10, 20), series(5, 8, name="b")), str))
    assert "scale" not in alike[-1]
    apart = drawn(Chart((series(10_000, 20_000), series(5, 8, name="b")), str))
    assert apart[-1].endswith("5 … 8, by a scale of its own")


def test_nothing_and_one_point_and_equal_ones() -> None:
    assert drawn(Chart((), str)) == ["nothing to plot"]
    assert drawn(Chart((series(5),), str), 8, 4) == ["too little room for a chart"]
    assert len(drawn(Chart((series(5),), str))) == 12
    assert len(drawn(Chart((series(0, 0, 0),), str))) == 12


def test_many_points_look_as_all_of_them_would() -> None:
    many = series(*(sin(n / 400) * 100 for n in range(20_000)))
    lines = drawn(Chart((many,), str), 100, 20)
    assert len(lines) == 20
    assert lines[-1].endswith("-100 … 100")


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(1, 20))
def test_ticks_are_round_and_within(low: float, span: float, most: int) -> None:
    high = low + span
    found = ticks(low, high, most)
    assert len(found) <= most + 1
    slack = span * 1e-6 + 1e-9 + 4 * math.ulp(max(abs(low), abs(high)))  # as near as numbers of that size lie
    assert all(low - slack <= tick <= high + slack for tick in found)


def test_the_nearest_point() -> None:
    points = ((0.0, 1.0), (10.0, 2.0), (20.0, 3.0))
    assert [nearest(points, x)[1] for x in (-5, 4, 6, 100)] == [1.0, 1.0, 2.0, 3.0]
