"""Partitions of time that depend on those whose windows overlap."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from assettui.core.partitions.mapping import SHOWN_MISSING, BadMapping, PartitionMapping, Upstream
from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.core.partitions.time_space import TimeSpace
from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition
from assettui.model.arguments import checks_arguments

if TYPE_CHECKING:
    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.core.partitions.space import PartitionSpace
    from assettui.model.metadata import JsonObject

MANY_RANGES = 1_000
"""A set of more spans than this is looked through window by window."""


class TimeWindowPartitionMapping(PartitionMapping):
    """Each window depends on all windows that overlap it.

    The offsets move the window, by so many windows of the asset downstream, before it is looked at: with -1 and -1,
    today depends on yesterday; with -6 and 0, on the week that ends today. What they reach for before the first window
    upstream is not needed; what they reach for beyond the last one is.

    Args:
        start_offset: By how many windows its beginning is moved.
        end_offset: By how many windows its end is moved.
        allow_nonexistent_upstream_partitions: Whether a window may be made although some of what it overlaps does not
            exist.

    Raises:
        BadMapping: The end would be moved before the beginning.
    """

    @checks_arguments
    def __init__(
        self, start_offset: int = 0, end_offset: int = 0, allow_nonexistent_upstream_partitions: bool = False
    ) -> None:
        if end_offset < start_offset:
            raise BadMapping(
                f"TimeWindowPartitionMapping: end_offset {end_offset} is before start_offset {start_offset}",
                hint="for the week that ends today: start_offset=-6, end_offset=0",
            )
        self.start_offset = start_offset
        self.end_offset = end_offset
        self.allow_nonexistent_upstream_partitions = allow_nonexistent_upstream_partitions

    @property
    def offsets(self) -> tuple[int, int]:
        """See `PartitionMapping`."""
        return self.start_offset, self.end_offset

    def upstream(self, partitions: PartitionSet, downstream: PartitionSpace, upstream: PartitionSpace) -> Upstream:
        """See `PartitionMapping`."""
        down, up = _times(downstream, upstream)
        here, there = down.definition, up.definition
        spans: list[tuple[int, int]] = []
        by = down.distance_to(up)
        if by is not None:
            for start, end in partitions.ranges():
                spans.append((start + self.start_offset + by, end + self.end_offset + by))
        else:
            for start, end in partitions.ranges():
                begins, ends = here.begins(start + self.start_offset), here.begins(end + self.end_offset)
                spans.append((there.index_before(begins), there.index_after(ends)))
        found = PartitionSet.of_ranges([(max(0, start), min(end, up.size)) for start, end in spans]) & up.all
        if self.allow_nonexistent_upstream_partitions:
            return Upstream(found)
        return Upstream(found, *_lacking(partitions, down, up, self.start_offset, self.end_offset))

    def downstream(
        self, partitions: PartitionSet, upstream: PartitionSpace, downstream: PartitionSpace
    ) -> PartitionSet:
        """See `PartitionMapping`."""
        down, up = _times(downstream, upstream)
        here, there = down.definition, up.definition
        by = up.distance_to(down)
        if by is None and partitions.span_count > MANY_RANGES:
            return self._looked_through(partitions, up, down)
        ranges = partitions.ranges()
        if by is not None:
            spans = [(start + by, end + by) for start, end in ranges]
        else:
            spans = [
                (here.index_before(there.begins(start)), here.index_after(there.begins(end))) for start, end in ranges
            ]
        moved = [(start - self.end_offset, end - self.start_offset) for start, end in spans]
        return PartitionSet.of_ranges([(max(0, start), min(end, down.size)) for start, end in moved]) & down.all

    def _looked_through(self, partitions: PartitionSet, up: TimeSpace, down: TimeSpace) -> PartitionSet:
        """The windows downstream, one after the other, that overlap one of the set."""
        digits = partitions.digits()
        overlaps = _overlaps(down.definition, up.definition, down.size)
        touched = "".join(["1" if "1" in digits[start:end] else "0" for start, end in overlaps])
        plain = PartitionSet(int(touched[::-1] or "0", 2))
        found = EMPTY
        for offset in range(self.start_offset, self.end_offset + 1):
            found |= plain.shifted(-offset)
        return found & down.all

    def check(self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition | None) -> None:
        """See `PartitionMapping`: both must be of time."""
        for what, definition in (("upstream", upstream), ("downstream", downstream)):
            if not isinstance(definition, TimeWindowPartitionsDefinition):
                raise BadMapping(
                    f"TimeWindowPartitionMapping: the asset {what} has no partitions of time",
                    hint="use another mapping, or none: there are defaults",
                )

    def to_json(self) -> JsonObject:
        """See `PartitionMapping`."""
        return {
            "is": "window",
            "offsets": [self.start_offset, self.end_offset],
            **({"lax": True} if self.allow_nonexistent_upstream_partitions else {}),
        }


def _times(downstream: PartitionSpace, upstream: PartitionSpace) -> tuple[TimeSpace, TimeSpace]:
    if not isinstance(downstream, TimeSpace) or not isinstance(upstream, TimeSpace):
        raise BadMapping("TimeWindowPartitionMapping is between partitions of time alone", hint="use another mapping")
    return downstream, upstream


@lru_cache(maxsize=32)
def _overlaps(
    here: TimeWindowPartitionsDefinition, there: TimeWindowPartitionsDefinition, count: int
) -> list[tuple[int, int]]:
    """For each of the first windows here, the indices of those there that overlap it, the second not included."""
    begins = [here.begins(index) for index in range(count + 1)]
    starts = (max(0, there.index_before(moment)) for moment in begins[:-1])
    ends = (max(0, there.index_after(moment)) for moment in begins[1:])
    return list(zip(starts, ends, strict=True))


def _lacking(
    partitions: PartitionSet, down: TimeSpace, up: TimeSpace, start_offset: int, end_offset: int
) -> tuple[PartitionSet, tuple[str, ...]]:
    """Which of some windows are not covered by what there is upstream, and some of what they lack.

    A window of its own must be covered whole; where it is moved, it may begin before there is anything upstream, as the
    first one does that depends on the one before, but not end after it.
    """
    here, there = down.definition, up.definition
    if not up.size:
        return partitions, tuple(there.key_of(index) for index in range(min(1, len(partitions))))
    has_own = start_offset <= 0 <= end_offset
    first = max(0, here.index_after(there.begins(0))) if has_own else 0
    end = max(0, here.index_before(there.begins(up.size)) - end_offset)
    incomplete = partitions - PartitionSet.span(first, max(first, end))
    keys: dict[str, None] = {}
    for index in incomplete:
        if len(keys) >= SHOWN_MISSING:
            break
        start = there.index_before(here.begins(index + (0 if has_own else start_offset)))
        stop = there.index_after(here.begins(index + 1 + end_offset))
        lacks = [each for each in range(start, stop) if not (0 if has_own else start) <= each < up.size]
        keys.update(dict.fromkeys(there.key_of(each) for each in lacks[:SHOWN_MISSING]))
    return incomplete, tuple(keys)[:SHOWN_MISSING]
