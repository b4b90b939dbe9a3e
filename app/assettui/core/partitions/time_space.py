"""The windows of a definition of time windows that there are at a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.space import (
    PartitionSpace,
    TimeWindow,
    UnknownPartition,
    range_text,
)

if TYPE_CHECKING:
    from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition


class TimeSpace(PartitionSpace):
    """The windows of a definition that there are.

    Args:
        definition: The definition.
        count: How many, those left out included.
    """

    def __init__(self, definition: TimeWindowPartitionsDefinition, count: int) -> None:
        self.definition = definition
        self.identity = f"time:{':'.join(definition.cadence)}:{definition.first_moment_s}"
        self.all = PartitionSet.span(0, count) - definition.excluded(count)

    def find(self, key: str) -> int | None:
        """See `PartitionSpace`."""
        index = self.definition.index_of(key)
        return index if index is not None and index in self.all else None

    def key(self, index: int) -> str:
        """See `PartitionSpace`."""
        return self.definition.key_of(index)

    def window(self, index: int) -> TimeWindow:
        """See `PartitionSpace`."""
        return self.definition.window_of(index)

    def distance_to(self, other: PartitionSpace) -> int | None:
        """See `PartitionSpace`."""
        if not isinstance(other, TimeSpace) or self.definition.cadence != other.definition.cadence:
            return None
        here, there = self.definition, other.definition
        if here.first_moment_s >= there.first_moment_s:
            return there.index_before(here.first_moment_s)
        return -here.index_before(there.first_moment_s)

    def overlapping(self, start_s: int, end_s: int) -> tuple[int, int]:
        """The indices of the windows that overlap a span of time; the second is not included. Either may be out of bounds."""
        return self.definition.index_before(start_s), self.definition.index_after(end_s)

    def unknown(self, key: str) -> UnknownPartition:
        """See `PartitionSpace`."""
        index = self.definition.index_of(key)
        spans = [range_text(self.key(start), self.key(end - 1)) for start, end in self.all.ranges()[:1]]
        there = (
            f"there are {range_text(self.key(self.all.first), self.key(self.all.last))}"
            if spans
            else "there are none yet"
        )
        called = self.definition.frequency
        a = "an" if called.startswith("h") else "a"
        if index is None:
            return UnknownPartition(
                f"{key!r} is not the key of {a} {called} partition: {self.definition.why_no_key(key)}", hint=there
            )
        if 0 <= index < self.size:
            return UnknownPartition(f"the partition {key!r} is left out by the definition's exclusions", hint=there)
        where = "before the first" if index < 0 else "beyond the last"
        return UnknownPartition(f"there is no {called} partition {key!r}: it lies {where}", hint=there)
