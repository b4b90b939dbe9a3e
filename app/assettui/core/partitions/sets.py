"""Sets of partitions as bitmaps: a million of them are 125 KB, and every operation on two such sets takes microseconds."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_RUN = re.compile("1+")


class PartitionSet:
    """A set of partitions by their index in a `PartitionSpace`. A value: it never changes.

    Args:
        bits: Bit `i` says whether the partition of index `i` is in the set.
    """

    def __init__(self, bits: int = 0) -> None:
        self.bits: Final = bits

    @staticmethod
    def of(indices: Iterable[int]) -> PartitionSet:
        """The set of these indices, in any order."""
        found = sorted(indices)
        if not found:
            return EMPTY
        data = bytearray(found[-1] // 8 + 1)
        for index in found:
            data[index >> 3] |= 1 << (index & 7)
        return PartitionSet(int.from_bytes(data, "little"))

    @staticmethod
    def span(start: int, end: int) -> PartitionSet:
        """The indices from `start` up to, but not including, `end`; none where it is not after `start`."""
        return PartitionSet(((1 << (end - start)) - 1) << start) if end > start else EMPTY

    @staticmethod
    def of_ranges(ranges: Iterable[tuple[int, int]]) -> PartitionSet:
        """The union of spans, each a start and an end that is not included."""
        spans = [(start, end) for start, end in ranges if end > start]
        if len(spans) < 8:
            bits = 0
            for start, end in spans:
                bits |= ((1 << (end - start)) - 1) << start
            return PartitionSet(bits)
        data = bytearray(b"0") * max(end for _, end in spans)
        for start, end in spans:
            data[start:end] = b"1" * (end - start)
        return PartitionSet(int(data[::-1], 2))

    @staticmethod
    def from_bytes(data: bytes) -> PartitionSet:
        """The set that `to_bytes` wrote."""
        return PartitionSet(int.from_bytes(data, "little"))

    def to_bytes(self, size: int = 0) -> bytes:
        """Bit `i & 7` of byte `i >> 3` is index `i`; filled with zeros to at least `size` bytes."""
        return self.bits.to_bytes(max(size, (self.bits.bit_length() + 7) // 8), "little")

    # Two sets.

    def __or__(self, other: PartitionSet) -> PartitionSet:
        return PartitionSet(self.bits | other.bits)

    def __and__(self, other: PartitionSet) -> PartitionSet:
        return PartitionSet(self.bits & other.bits)

    def __sub__(self, other: PartitionSet) -> PartitionSet:
        return PartitionSet(self.bits & ~other.bits)

    def __xor__(self, other: PartitionSet) -> PartitionSet:
        return PartitionSet(self.bits ^ other.bits)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PartitionSet) and self.bits == other.bits

    def __hash__(self) -> int:
        return hash(self.bits)

    def __le__(self, other: PartitionSet) -> bool:
        """Whether all of it is in the other."""
        return not self.bits & ~other.bits

    def isdisjoint(self, other: PartitionSet) -> bool:
        """Whether they have nothing in common."""
        return not self.bits & other.bits

    # One set.

    def __contains__(self, index: int) -> bool:
        data = self._bytes
        return 0 <= index < len(data) * 8 and bool(data[index >> 3] >> (index & 7) & 1)

    def __len__(self) -> int:
        return self.bits.bit_count()

    def __bool__(self) -> bool:
        return self.bits != 0

    def __iter__(self) -> Iterator[int]:
        """The indices, ascending."""
        for start, end in self.ranges():
            yield from range(start, end)

    @property
    def first(self) -> int:
        """The lowest index.

        Raises:
            ValueError: There is none.
        """
        if not self.bits:
            raise ValueError("an empty set has no first index")
        return (self.bits & -self.bits).bit_length() - 1

    @property
    def last(self) -> int:
        """The highest index.

        Raises:
            ValueError: There is none.
        """
        if not self.bits:
            raise ValueError("an empty set has no last index")
        return self.bits.bit_length() - 1

    def ranges(self) -> list[tuple[int, int]]:
        """The longest spans, ascending: each a start and an end that is not included."""
        bits = self.bits
        if not bits:
            return []
        first = (bits & -bits).bit_length() - 1
        rest = bits >> first
        if not rest & (rest + 1):  # one span, which is the commonest
            return [(first, bits.bit_length())]
        return [match.span() for match in _RUN.finditer(self.digits())]

    @property
    def span_count(self) -> int:
        """How many ranges it has. Costs no listing of them."""
        return (self.bits & ~(self.bits << 1)).bit_count()

    def digits(self) -> str:
        """A `1` or `0` for each index, from 0 up to the last of the set."""
        return f"{self.bits:b}"[::-1] if self.bits else ""

    def within(self, start: int, end: int) -> PartitionSet:
        """Those from `start` up to, but not including, `end`."""
        return PartitionSet(self.window(start, end) << start)

    def count_within(self, start: int, end: int) -> int:
        """How many there are from `start` up to, but not including, `end`. Costs as much as that span is long."""
        return self.window(start, end).bit_count()

    def covers(self, start: int, end: int) -> bool:
        """Whether all from `start` up to, but not including, `end` are in the set."""
        return end <= start or self.count_within(start, end) == end - start

    def shifted(self, by: int) -> PartitionSet:
        """Each index moved up by so much, or down where it is negative; what would be below 0 is left out."""
        return PartitionSet(self.bits << by if by >= 0 else self.bits >> -by)

    def with_index(self, index: int) -> Self | PartitionSet:
        """The set with one more."""
        return self if index in self else PartitionSet(self.bits | 1 << index)

    def window(self, start: int, end: int) -> int:
        """The bits from `start` up to, but not including, `end`, moved down to 0. Costs as much as that span is long."""
        start = max(0, start)
        if end <= start:
            return 0
        data = self._bytes[start >> 3 : (end + 7) >> 3]
        return int.from_bytes(data, "little") >> (start & 7) & ((1 << (end - start)) - 1)

    @cached_property
    def _bytes(self) -> bytes:
        return self.to_bytes()

    def __repr__(self) -> str:
        spans = [f"{start}" if end == start + 1 else f"{start}-{end - 1}" for start, end in self.ranges()[:20]]
        return f"<partitions {', '.join(spans) or 'none'}{'…' if len(spans) == 20 else ''}>"


EMPTY: Final = PartitionSet()
