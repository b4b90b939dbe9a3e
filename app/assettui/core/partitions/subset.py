"""A set of partitions together with the space in which it has its meaning, as users of custom mappings see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assettui.core.partitions.space import PartitionKeyRange

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assettui.core.partitions.sets import PartitionSet
    from assettui.core.partitions.space import PartitionSpace


@dataclass(frozen=True)
class PartitionsSubset:
    """Some of the partitions of a definition."""

    space: PartitionSpace
    partitions: PartitionSet

    def get_partition_keys(self) -> Sequence[str]:
        """Their keys, in order."""
        return self.space.keys(self.partitions)

    def get_partition_key_ranges(self, *_: object) -> Sequence[PartitionKeyRange]:
        """As ranges of keys, both ends included: as few as there can be."""
        return [PartitionKeyRange(*ends) for ends in self.space.ranges(self.partitions)]

    def with_partition_keys(self, partition_keys: Iterable[str]) -> PartitionsSubset:
        """With these as well.

        Raises:
            UnknownPartition: One of them is no partition's.
        """
        return PartitionsSubset(self.space, self.partitions | self.space.set_of(partition_keys))

    def __or__(self, other: PartitionsSubset) -> PartitionsSubset:
        return PartitionsSubset(self.space, self.partitions | self._alike(other))

    def __and__(self, other: PartitionsSubset) -> PartitionsSubset:
        return PartitionsSubset(self.space, self.partitions & self._alike(other))

    def __sub__(self, other: PartitionsSubset) -> PartitionsSubset:
        return PartitionsSubset(self.space, self.partitions - self._alike(other))

    def _alike(self, other: PartitionsSubset) -> PartitionSet:
        if other.space.identity == self.space.identity:
            return other.partitions
        return self.space.known_of(other.get_partition_keys())

    def __contains__(self, partition_key: str) -> bool:
        index = self.space.find(partition_key)
        return index is not None and index in self.partitions

    def __len__(self) -> int:
        return len(self.partitions)

    @property
    def is_empty(self) -> bool:
        """Whether there are none."""
        return not self.partitions
