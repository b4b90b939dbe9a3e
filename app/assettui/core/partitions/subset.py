"""A set of partitions together with the space in which it has its meaning, as users of custom mappings see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.space import PartitionKeyRange

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assettui.core.partitions.space import PartitionSpace


class PartitionsSubset(Struct, frozen=True):
    """Some of the partitions of a definition; and keys that are named with them, and are no partition's now."""

    space: PartitionSpace
    partitions: PartitionSet
    unknown: frozenset[str] = frozenset()
    """The keys of no partition: it may have been removed, or its store was not at hand."""

    @staticmethod
    def of(space: PartitionSpace, partition_keys: Iterable[str]) -> PartitionsSubset:
        """The partitions of these keys."""
        found: list[int] = []
        unknown: set[str] = set()
        for key in partition_keys:
            index = space.find(key)
            if index is None:
                unknown.add(key)
            else:
                found.append(index)
        return PartitionsSubset(space, PartitionSet.of(found), frozenset(unknown))

    def get_partition_keys(self) -> Sequence[str]:
        """Their keys, in order; those of no partition behind the others."""
        return [*self.space.keys(self.partitions), *sorted(self.unknown)]

    def get_partition_key_ranges(self, *_: object) -> Sequence[PartitionKeyRange]:
        """As ranges of keys, both ends included: as few as there can be."""
        ranges = [*self.space.ranges(self.partitions), *((key, key) for key in sorted(self.unknown))]
        return [PartitionKeyRange(*ends) for ends in ranges]

    def with_partition_keys(self, partition_keys: Iterable[str]) -> PartitionsSubset:
        """With these as well."""
        return self | PartitionsSubset.of(self.space, partition_keys)

    def __or__(self, other: PartitionsSubset) -> PartitionsSubset:
        here = self._here(other)
        return PartitionsSubset(self.space, self.partitions | here.partitions, self.unknown | here.unknown)

    def __and__(self, other: PartitionsSubset) -> PartitionsSubset:
        here = self._here(other)
        return PartitionsSubset(self.space, self.partitions & here.partitions, self.unknown & here.unknown)

    def __sub__(self, other: PartitionsSubset) -> PartitionsSubset:
        here = self._here(other)
        return PartitionsSubset(self.space, self.partitions - here.partitions, self.unknown - here.unknown)

    def _here(self, other: PartitionsSubset) -> PartitionsSubset:
        """Another subset in the space of this one."""
        if other.space is self.space:
            return other
        is_alike = other.space.identity == self.space.identity and self.space.is_fixed
        if is_alike and not other.unknown and not other.partitions - self.space.all:
            return PartitionsSubset(self.space, other.partitions)
        return PartitionsSubset.of(self.space, other.get_partition_keys())

    def __contains__(self, partition_key: str) -> bool:
        index = self.space.find(partition_key)
        return index in self.partitions if index is not None else partition_key in self.unknown

    def __len__(self) -> int:
        return len(self.partitions) + len(self.unknown)

    @property
    def is_empty(self) -> bool:
        """Whether there are none."""
        return not self.partitions and not self.unknown
