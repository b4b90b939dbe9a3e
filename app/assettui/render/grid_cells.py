"""The cells of the partition grid: what partitions each stands for, and how it looks. Pure."""

from __future__ import annotations

import itertools
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.partition_status import PartitionStatus, PartitionStatuses
from assettui.core.partitions.multi import ProductSpace
from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.core.partitions.time_space import TimeSpace
from assettui.render.appearance import GREEN, GREY, RED
from assettui.render.grid_axis import Axis, KeyAxis, TimeAxis
from assettui.render.partitions import PARTITION_STYLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.core.partitions.space import PartitionSpace
    from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition
    from assettui.model.keys import AssetKey

StatusStyle = tuple[str, str]
"""A glyph and a color."""
NOTHING: StatusStyle = (" ", "")
_LEVELS = "▁▂▃▄▅▆▇█"


class GridRow(Struct, frozen=True):
    """One line of the grid: the partitions of an asset, or of two dimensions those of one key of the second."""

    key: AssetKey
    title: str
    space: PartitionSpace
    """All partitions of the asset."""
    statuses: PartitionStatuses
    """Those of the line, by their index in it."""
    definition: TimeWindowPartitionsDefinition | None = None
    """What the line's partitions mean in time; None where they mean nothing."""
    stride: int = 1
    """How many partitions of the asset there are for each window of time, where the line stands for all of them."""
    minor: int | None = None
    """The index of the key in the second dimension, of a line that stands for one."""

    @property
    def windows(self) -> int:
        """How many windows of time there are in it, those left out included."""
        return self.space.major.size if isinstance(self.space, ProductSpace) else self.space.size

    def partitions_between(self, start: int, end: int) -> PartitionSet:
        """The asset's partitions for a span of the line's indices."""
        if self.minor is not None and isinstance(self.space, ProductSpace):
            stride, minor = self.space.stride, self.minor
            return PartitionSet.of(index * stride + minor for index in range(start, end)) & self.space.all
        return PartitionSet.span(start, end) & self.space.all


def rows_of_asset(key: AssetKey, space: PartitionSpace, statuses: PartitionStatuses) -> list[GridRow]:
    """An asset of two dimensions as a grid of its own: a line for each key of the second; of others, its only line."""
    if not isinstance(space, ProductSpace):
        return [row_of(key, space, statuses)]
    return [
        GridRow(
            key,
            space.minor.key(minor),
            space,
            _of_minor(statuses, space.stride, minor),
            space.major.definition if isinstance(space.major, TimeSpace) else None,
            minor=minor,
        )
        for minor in space.minor.all
    ]


def row_of(key: AssetKey, space: PartitionSpace, statuses: PartitionStatuses) -> GridRow:
    """An asset as one line among others."""
    if isinstance(space, TimeSpace):
        return GridRow(key, str(key), space, statuses, space.definition)
    if isinstance(space, ProductSpace) and isinstance(space.major, TimeSpace):
        return GridRow(key, str(key), space, statuses, space.major.definition, space.stride)
    return GridRow(key, str(key), space, statuses)


def _of_minor(statuses: PartitionStatuses, stride: int, minor: int) -> PartitionStatuses:
    def of(partitions: PartitionSet) -> PartitionSet:
        digits = partitions.digits()[minor::stride]
        return PartitionSet(int(digits[::-1], 2)) if digits else EMPTY

    return PartitionStatuses(
        of(statuses.all),
        of(statuses.materialized),
        of(statuses.failed),
        of(statuses.stale),
        of(statuses.running),
        of(statuses.queued),
    )


Bounds = list[tuple[int, int]]
"""For each column, the first index of a line that lies in it, and the one after the last."""


def bounds_of(row: GridRow, axis: Axis, first: int, count: int) -> Bounds:
    """Which partitions of a line lie in each of some columns."""
    end = min(axis.count, first + count)
    if isinstance(axis, KeyAxis):
        return [(index, index + 1) for index in axis.indices[first:end]]
    if not isinstance(axis, TimeAxis) or row.definition is None or end <= first:
        return []
    definition, stride = row.definition, row.stride
    begins = [axis.begins(column) for column in range(first, end + 1)]
    count = row.windows
    edges = [max(0, min(count, definition.index_after(moment))) for moment in begins]
    last_end = definition.begins(count) if count else 0
    found: Bounds = []
    for (low, high), moment in zip(itertools.pairwise(edges), begins, strict=False):
        if high > low:
            found.append((low * stride, high * stride))
        elif low > 0 and moment < last_end:  # it goes on from a column before: the window is longer than the column
            found.append(((low - 1) * stride, low * stride))
        else:
            found.append((0, 0))
    return found


class _Window:
    """A part of a set, as text as soon as it matters: for many questions after few of its indices each."""

    def __init__(self, partitions: PartitionSet, start: int, end: int) -> None:
        self._bits = partitions.window(start, end)
        self._size = max(1, end - start)
        self._end = end
        self.count = self._bits.bit_count()
        self._is_full = self.count == end - start

    @cached_property
    def _digits(self) -> str:
        return f"{self._bits:0{self._size}b}"  # the highest index first

    def has(self, index: int) -> bool:
        return self._is_full or self._digits[self._end - 1 - index] == "1"

    def any(self, low: int, high: int) -> bool:
        return self._digits.find("1", self._end - high, self._end - low) >= 0

    def among(self, low: int, high: int) -> int:
        return high - low if self._is_full else self._digits.count("1", self._end - high, self._end - low)


def styles_of(statuses: PartitionStatuses, bounds: Bounds) -> list[StatusStyle]:
    """How each cell looks. Costs as much as the cells have partitions, whatever lies to the left and right of them."""
    if not bounds:
        return []
    start, end = min(low for low, _ in bounds), max(high for _, high in bounds)
    there, made = _Window(statuses.all, start, end), _Window(statuses.materialized, start, end)
    marks = [
        (window, status)
        for partitions, status in (
            (statuses.running, PartitionStatus.RUNNING),
            (statuses.queued, PartitionStatus.QUEUED),
            (statuses.failed, PartitionStatus.FAILED),
            (statuses.stale, PartitionStatus.STALE),
        )
        if partitions and (window := _Window(partitions, start, end)).count
    ]
    has_holes = there.count < end - start
    return [
        _single(there, made, marks, low)
        if high - low == 1
        else _many(there.among(low, high) if has_holes else high - low, made, marks, low, high)
        for low, high in bounds
    ]


def _single(there: _Window, made: _Window, marks: Sequence[tuple[_Window, PartitionStatus]], index: int) -> StatusStyle:
    if not there.has(index):
        return NOTHING
    for window, status in marks:
        if window.has(index):
            return PARTITION_STYLES[status]
    return PARTITION_STYLES[PartitionStatus.MATERIALIZED if made.has(index) else PartitionStatus.NEVER]


def _many(
    total: int, made: _Window, marks: Sequence[tuple[_Window, PartitionStatus]], low: int, high: int
) -> StatusStyle:
    """An aggregated cell: how high it is says how much is there, its color whether anything of it is wrong."""
    if not total:
        return NOTHING
    count = made.among(low, high)
    found = [status for window, status in marks if window.any(low, high)]
    if PartitionStatus.FAILED in found:  # whatever else there is: a failure must not be overlooked
        if not count:
            return PARTITION_STYLES[PartitionStatus.FAILED]
        color = RED
    else:
        color = PARTITION_STYLES[found[0]][1] if found else GREEN if count else GREY
    if not count:
        return ("·" if color == GREY else "▁", color)
    return (_LEVELS[min(7, count * 8 // total)] if count < total else "█", color)
