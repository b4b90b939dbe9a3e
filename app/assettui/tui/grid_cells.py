"""The cells of the partition grid: what slices each stands for, and how it looks. Pure."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assettui.core.partitions.multi import ProductSpace
from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.core.partitions.time_windows import TimeSpace, TimeWindowPartitionsDefinition
from assettui.core.slice_status import SliceStatus, SliceStatuses
from assettui.tui.appearance import BLUE, GREEN, GREY, RED, YELLOW
from assettui.tui.grid_axis import Axis, KeyAxis, TimeAxis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.core.keys import AssetKey
    from assettui.core.partitions.space import PartitionSpace

Look = tuple[str, str]
"""A glyph and a color."""
NOTHING: Look = (" ", "")
SLICE_LOOKS: dict[SliceStatus, Look] = {
    SliceStatus.RUNNING: ("▶", BLUE),
    SliceStatus.QUEUED: ("◌", BLUE),
    SliceStatus.FAILED: ("✗", RED),
    SliceStatus.STALE: ("▒", YELLOW),
    SliceStatus.MATERIALIZED: ("█", GREEN),
    SliceStatus.NEVER: ("·", GREY),
}
_LEVELS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class GridRow:
    """One line of the grid: the slices of an asset, or of two dimensions those of one key of the second."""

    key: AssetKey
    title: str
    space: PartitionSpace
    """All slices of the asset."""
    statuses: SliceStatuses
    """Those of the line, by their index in it."""
    definition: TimeWindowPartitionsDefinition | None = None
    """What the line's slices mean in time; None where they mean nothing."""
    stride: int = 1
    """How many slices of the asset there are for each window of time, where the line stands for all of them."""
    minor: int | None = None
    """The index of the key in the second dimension, of a line that stands for one."""

    def slices(self, start: int, end: int) -> PartitionSet:
        """The asset's slices for a span of the line's indices."""
        if self.minor is not None and isinstance(self.space, ProductSpace):
            stride, minor = self.space.stride, self.minor
            return PartitionSet.of(index * stride + minor for index in range(start, end)) & self.space.all
        return PartitionSet.span(start, end) & self.space.all


def rows_of_asset(key: AssetKey, space: PartitionSpace, statuses: SliceStatuses) -> list[GridRow]:
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


def row_of(key: AssetKey, space: PartitionSpace, statuses: SliceStatuses) -> GridRow:
    """An asset as one line among others."""
    if isinstance(space, TimeSpace):
        return GridRow(key, str(key), space, statuses, space.definition)
    if isinstance(space, ProductSpace) and isinstance(space.major, TimeSpace):
        return GridRow(key, str(key), space, statuses, space.major.definition, space.stride)
    return GridRow(key, str(key), space, statuses)


def _of_minor(statuses: SliceStatuses, stride: int, minor: int) -> SliceStatuses:
    def of(partitions: PartitionSet) -> PartitionSet:
        digits = partitions.digits()[minor::stride]
        return PartitionSet(int(digits[::-1], 2)) if digits else EMPTY

    return SliceStatuses(
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
    """Which slices of a line lie in each of some columns."""
    end = min(axis.count, first + count)
    if isinstance(axis, KeyAxis):
        return [(index, index + 1) for index in axis.indices[first:end]]
    if not isinstance(axis, TimeAxis) or row.definition is None or end <= first:
        return []
    definition, stride = row.definition, row.stride
    edges = [definition.index_after(axis.begins(column)) for column in range(first, end + 1)]
    found: Bounds = []
    for low, high in itertools.pairwise(edges):
        if high > low:
            found.append((max(0, low) * stride, max(0, high) * stride))
        elif low > 0:  # it goes on from a column before: the window is longer than the column
            found.append(((low - 1) * stride, low * stride))
        else:
            found.append((0, 0))
    return found


def looks_of(statuses: SliceStatuses, bounds: Bounds) -> list[Look]:
    """How each cell looks. Costs as much as the cells have slices, whatever lies to the left and right of them."""
    if not bounds:
        return []
    start, end = min(low for low, _ in bounds), max(high for _, high in bounds)
    there = _digits(statuses.all, start, end)
    made = _digits(statuses.materialized, start, end)
    marks = [
        (_digits(partitions, start, end), status)
        for partitions, status in (
            (statuses.running, SliceStatus.RUNNING),
            (statuses.queued, SliceStatus.QUEUED),
            (statuses.failed, SliceStatus.FAILED),
            (statuses.stale, SliceStatus.STALE),
        )
        if partitions and partitions.within(start, end).bits != 0
    ]
    looks: list[Look] = []
    for low, high in bounds:
        a, b = low - start, high - start
        if b - a == 1:
            looks.append(_single(there, made, marks, a))
        else:
            looks.append(_many(there, made, marks, a, b))
    return looks


def _digits(partitions: PartitionSet, start: int, end: int) -> str:
    bits = partitions.within(start, end).bits >> start
    return f"{bits:0{max(1, end - start)}b}"[::-1]


def _single(there: str, made: str, marks: Sequence[tuple[str, SliceStatus]], at: int) -> Look:
    if there[at] == "0":
        return NOTHING
    for digits, status in marks:
        if digits[at] == "1":
            return SLICE_LOOKS[status]
    return SLICE_LOOKS[SliceStatus.MATERIALIZED if made[at] == "1" else SliceStatus.NEVER]


def _many(there: str, made: str, marks: Sequence[tuple[str, SliceStatus]], start: int, end: int) -> Look:
    """An aggregated cell: how high it is says how much is there, its color whether anything of it is wrong."""
    total = there.count("1", start, end)
    if not total:
        return NOTHING
    count = made.count("1", start, end)
    color = GREEN if count else GREY
    for digits, status in reversed(marks):
        if "1" in digits[start:end]:
            color = SLICE_LOOKS[status][1]
            if status is SliceStatus.FAILED and not count:
                return SLICE_LOOKS[SliceStatus.FAILED]
    failed = next((digits for digits, status in marks if status is SliceStatus.FAILED), "")
    if failed and "1" in failed[start:end]:
        color = RED  # whatever else there is: a failure must not be overlooked
    if not count:
        return ("·" if color == GREY else "▁", color)
    return (_LEVELS[min(7, count * 8 // total)] if count < total else "█", color)
