"""A chart in a terminal: lines of braille, by plotille's canvas, with axes, a legend and a cursor. Pure functions."""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from math import floor, log10
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from plotille import Canvas

from assettui.render.appearance import BLUE, GREEN, GREY, RED, YELLOW
from assettui.render.lines import Line, line
from assettui.render.table import Cell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COLORS: Final = (BLUE, GREEN, YELLOW, "#c678dd", RED)
AXIS: Final = 9
"""So many cells the numbers beside the vertical axis take."""
ALIKE: Final = 20.0
"""Series that are not further apart than so many times share an axis; others have a scale of their own each."""
_EMPTY: Final = "⠀"


class Series(Struct, frozen=True):
    """Numbers over a common axis."""

    name: str
    points: tuple[tuple[float, float], ...]
    """Ascending by the first."""
    text: Callable[[float], str]
    """How its numbers are written."""


class Chart(Struct, frozen=True):
    """What is drawn."""

    series: tuple[Series, ...]
    """The first gives the vertical axis its numbers."""
    x_text: Callable[[float], str]
    """How a place on the horizontal axis is written."""
    cursor: float | None = None
    """A place on the horizontal axis that is marked, and whose values stand in the legend."""


def chart_lines(chart: Chart, width: int, height: int) -> list[Line]:
    """The chart in `height` lines of `width` cells: the curves, the axes, and a line of legend for each series."""
    points = [point for each in chart.series for point in each.points]
    rows = height - 2 - len(chart.series)
    columns = width - AXIS - 2
    if not points or rows < 2 or columns < 10:
        return [line("nothing to plot" if not points else "too little room for a chart", GREY)]
    low_x, high_x = min(x for x, _ in points), max(x for x, _ in points)
    if low_x == high_x:
        low_x, high_x = low_x - 0.5, high_x + 0.5
    scales = _scales(chart.series)
    canvases = [
        _drawn(each, (low_x, high_x), scale, columns, rows) for each, scale in zip(chart.series, scales, strict=True)
    ]
    cursor = None
    if chart.cursor is not None:
        cursor = min(columns - 1, max(0, round((chart.cursor - low_x) / (high_x - low_x) * (columns - 1))))
    axis = chart.series[0]
    low, high = scales[0]
    labels = {rows - 1 - round((tick - low) / (high - low) * (rows - 1)): tick for tick in ticks(low, high, rows // 2)}
    found: list[Line] = []
    for row in range(rows):
        label = axis.text(labels[row]) if row in labels else ""
        found.append(
            (
                Cell(f"{label[:AXIS]:>{AXIS}} ", GREY),
                Cell("┤" if row in labels else "│", GREY),
                *_cells([canvas[row] for canvas in canvases], cursor),
            )
        )
    found.append(line(f"{'':{AXIS}} └{'─' * columns}", GREY))
    found.append(line(f"{'':{AXIS}}  {_ends(chart.x_text(low_x), chart.x_text(high_x), columns)}", GREY))
    found += [_legend(chart, index, scales[index] == scales[0]) for index in range(len(chart.series))]
    return found


def _scales(series: Sequence[Series]) -> list[tuple[float, float]]:
    """From where to where the vertical axis goes, for each series."""
    spans = [
        (min(y for _, y in each.points), max(y for _, y in each.points)) if each.points else (0.0, 1.0)
        for each in series
    ]
    magnitudes = [max(abs(low), abs(high)) for low, high in spans]
    if max(magnitudes) <= ALIKE * (min(magnitudes) or 1e-300):
        spans = [(min(low for low, _ in spans), max(high for _, high in spans))] * len(spans)
    return [
        (low, high) if low < high else (low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2) for low, high in spans
    ]


def _drawn(series: Series, x: tuple[float, float], y: tuple[float, float], columns: int, rows: int) -> list[str]:
    """The curve alone, as lines of braille."""
    canvas = Canvas(columns, rows, xmin=x[0], xmax=x[1], ymin=y[0], ymax=y[1])
    points = _thinned(series.points, x, columns * 2)
    for first, second in pairwise(points):
        canvas.line(*first, *second)
    if len(points) == 1:
        canvas.point(*points[0])
    return canvas.plot().split("\n")


def _thinned(points: Sequence[tuple[float, float]], x: tuple[float, float], columns: int) -> list[tuple[float, float]]:
    """Of the points that share a column of dots the first, the least, the greatest and the last: nothing else is seen."""
    if len(points) <= columns * 4:
        return list(points)
    by_column: dict[int, list[tuple[float, float]]] = {}
    for point in points:
        by_column.setdefault(int((point[0] - x[0]) / (x[1] - x[0]) * columns), []).append(point)
    found: dict[tuple[float, float], None] = {}
    for column in by_column.values():
        ends = (column[0], min(column, key=_height), max(column, key=_height), column[-1])
        found.update(dict.fromkeys(sorted(ends)))
    return list(found)


def _height(point: tuple[float, float]) -> float:
    return point[1]


def _cells(rows: Sequence[str], cursor: int | None) -> list[Cell]:
    """One line of all curves, the first above the others, in runs of one color."""
    found: list[tuple[str, str]] = []
    for column in range(len(rows[0])):
        chosen = next(
            (
                (row[column], COLORS[index % len(COLORS)])
                for index, row in enumerate(rows)
                if row[column] not in (_EMPTY, " ")
            ),
            None,
        )
        if chosen is None:
            chosen = ("│", GREY) if column == cursor else (" ", "")
        elif column == cursor:
            chosen = (chosen[0], f"bold reverse {chosen[1]}")
        if found and found[-1][1] == chosen[1]:
            found[-1] = (found[-1][0] + chosen[0], chosen[1])
        else:
            found.append(chosen)
    return [Cell(text, color) for text, color in found]


def _ends(first: str, last: str, width: int) -> str:
    return f"{first}{last:>{max(0, width - len(first))}}"[:width]


def _legend(chart: Chart, index: int, has_axis: bool) -> Line:
    series = chart.series[index]
    color = COLORS[index % len(COLORS)]
    low, high = min(y for _, y in series.points), max(y for _, y in series.points)
    said = f"{series.text(low)} … {series.text(high)}"
    if not has_axis:
        said += ", by a scale of its own"
    found = [Cell("━━ ", color), Cell(f"{series.name}  "), Cell(said, GREY)]
    if chart.cursor is not None:
        near = nearest(series.points, chart.cursor)
        found.append(Cell(f"  {chart.x_text(near[0])}: {series.text(near[1])}", "bold"))
    return tuple(found)


def nearest(points: Sequence[tuple[float, float]], x: float) -> tuple[float, float]:
    """The point that is nearest to a place on the horizontal axis."""
    index = bisect_left(points, (x, float("-inf")))
    around = points[max(0, index - 1) : index + 1]
    return min(around, key=lambda point: abs(point[0] - x))


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between two, at even distances, at most so many and at least two of them where there is room."""
    wanted = (high - low) / max(1, most)
    power = 10.0 ** floor(log10(wanted))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= wanted)
    first = -floor(-low / step)
    return [round(step * (first + index), 12) for index in range(floor((high - first * step) / step + 1e-9) + 1)]
