"""The partitions of a definition at a moment: a finite, ordered space in which each has an index."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from assettui.core.partitions.sets import PartitionSet
from assettui.model.errors import AssettuiError
from assettui.model.keys import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

RANGE_MARK = "..."
"""Stands between the first and the last key of a range. No key holds it."""
SHOWN_KEYS = 5


class BadPartitions(AssettuiError, ValueError):
    """A definition of partitions that cannot be."""


class UnknownPartition(AssettuiError, KeyError):
    """A key that no partition has."""

    __str__ = AssettuiError.__str__


class BadRange(AssettuiError, ValueError):
    """A range of partitions that cannot be: reversed, or over partitions that have no order."""


class TimeWindow(NamedTuple):
    """A span of time."""

    start: datetime
    """Aware; included."""
    end: datetime
    """Aware; not included."""


class PartitionKeyRange(NamedTuple):
    """A range of partitions, both ends included."""

    start: str
    end: str


class PartitionSpace(ABC):
    """The partitions that there are, each with an index that stays its own as long as `identity` is the same.

    The indices ascend in the order of the definition, and may have holes.
    """

    identity: str
    """What the meaning of its indices depends on: two spaces of one identity number their partitions alike."""
    all: PartitionSet
    """The partitions that there are."""
    is_ordered: bool = True
    has_dimensions: bool = False
    """Whether a range of keys is a rectangle, rather than a stretch of indices."""
    """Whether a range of its keys means anything."""
    is_fixed: bool = True
    """Whether a key has the same index in every space of this identity: one that was added later may not."""

    @property
    def size(self) -> int:
        """One more than the highest index; 0 where there is none."""
        return self.all.bits.bit_length()

    @abstractmethod
    def find(self, key: str) -> int | None:
        """The index of a key; None where no partition is called so, or it does not exist at this moment."""

    @abstractmethod
    def key(self, index: int) -> str:
        """The key of an index that is in `all`."""

    def index(self, key: str) -> int:
        """The index of a key.

        Raises:
            UnknownPartition: No partition is called so; the message says what there is, and what is near.
        """
        found = self.find(key)
        if found is None:
            raise self.unknown(key)
        return found

    @abstractmethod
    def unknown(self, key: str) -> UnknownPartition:
        """Why a key is no partition's, and which ones there are."""

    def window(self, index: int) -> TimeWindow | None:
        """The time that a partition stands for; None where it stands for none."""
        return None

    def distance_to(self, other: PartitionSpace) -> int | None:
        """What to add to an index to have that of the same window in another space.

        None where the windows of the two are cut in other ways, or stand for no time.
        """
        return None

    def set_of(self, keys: Iterable[str]) -> PartitionSet:
        """The set of these keys.

        Raises:
            UnknownPartition: One of them is no partition's.
        """
        return PartitionSet.of([self.index(key) for key in keys])

    def known_of(self, keys: Iterable[str]) -> PartitionSet:
        """The set of those of these keys that are partitions'."""
        return PartitionSet.of([index for key in keys if (index := self.find(key)) is not None])

    def keys(self, partitions: PartitionSet) -> list[str]:
        """The keys of a set, in order."""
        return [self.key(index) for index in partitions]

    def range(self, first: str, last: str) -> PartitionSet:
        """All partitions from one key to another, both included.

        Raises:
            UnknownPartition: One of them is no partition's.
            BadRange: The last comes before the first, or they have no order.
        """
        start, end = self.index(first), self.index(last)
        if not self.is_ordered and start != end:
            raise BadRange(
                f"{first}{RANGE_MARK}{last} is a range over partitions that have no order",
                hint="name them one by one: --keys K,K",
            )
        if end < start:
            raise BadRange(
                f"the range {first}{RANGE_MARK}{last} is reversed: {last} comes before {first}",
                hint=f"write {last}{RANGE_MARK}{first}",
            )
        return PartitionSet.span(start, end + 1) & self.all

    def ranges(self, partitions: PartitionSet) -> list[tuple[str, str]]:
        """A set as ranges of keys, both ends included: as few as there can be, over those that exist.

        Where the partitions have no order, each is a range of its own.
        """
        if not self.is_ordered:
            return [(key, key) for key in self.keys(partitions)]
        holes = PartitionSet.span(0, self.size) - self.all
        if not holes:
            return [(self.key(start), self.key(end - 1)) for start, end in partitions.ranges()]
        found: list[tuple[str, str]] = []
        for start, end in (partitions | holes).ranges():
            inside = partitions.within(start, end)
            if inside:
                found.append((self.key(inside.first), self.key(inside.last)))
        return found

    def closed(self, partitions: PartitionSet) -> bool:
        """Whether a set is one range of keys."""
        return len(partitions) == 1 or (self.is_ordered and len(self.ranges(partitions)) == 1)

    def shown(self, partitions: PartitionSet) -> str:
        """A set in a line: its ranges, or as many of them as fit."""
        if not partitions:
            return "none"
        spans = self.ranges(partitions)
        text = ", ".join(range_text(first, last) for first, last in spans[:SHOWN_KEYS])
        return f"{text}, and {len(spans) - SHOWN_KEYS:,} more" if len(spans) > SHOWN_KEYS else text


class NoPartitions(PartitionSpace):
    """The space of an asset without partitions: it has one partition, the whole of it, at index 0."""

    identity = "none"
    all = PartitionSet(1)

    def find(self, key: str) -> int | None:
        """See `PartitionSpace`."""
        return None

    def key(self, index: int) -> str:
        """See `PartitionSpace`: the whole has no name."""
        return ""

    def unknown(self, key: str) -> UnknownPartition:
        """See `PartitionSpace`."""
        return UnknownPartition(f"there is no partition {key!r}: the asset has none", hint="leave the partition out")


NO_PARTITIONS = NoPartitions()


def range_text(first: str, last: str) -> str:
    """A range of keys as it is written: `A`, or `A...B`."""
    return first if first == last else f"{first}{RANGE_MARK}{last}"


def partitions_text(ranges: Sequence[tuple[str, str]]) -> str:
    """The partitions of a run, as short as they can be said: `A`, `A...B`, or `A...B and 2 more`; empty for none."""
    if not ranges:
        return ""
    first = range_text(*ranges[0])
    return first if len(ranges) == 1 else f"{first} and {len(ranges) - 1:,} more"


def split_range(text: str) -> tuple[str, str]:
    """The ends of a range that was written as `A...B`; of a key alone, the key twice."""
    first, mark, last = text.partition(RANGE_MARK)
    return (first, last) if mark else (text, text)


def near_keys(key: str, keys: Sequence[str]) -> str:
    """What to say of a key that none of these is: the closest one, or some of them."""
    near = closest(key, keys[:2000])
    if near is not None:
        return f"did you mean {near!r}?"
    if not keys:
        return "there are none yet"
    more = f" and {len(keys) - SHOWN_KEYS:,} more" if len(keys) > SHOWN_KEYS else ""
    return f"there are {', '.join(keys[:SHOWN_KEYS])}{more}"
