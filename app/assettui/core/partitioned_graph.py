"""The partitions of all assets of a project at a moment, and what depends on what among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.partitions.evaluated_mapping import EvaluatedPartitionMapping, partitions_fingerprint
from assettui.core.partitions.mapping import AllPartitionMapping, PartitionMapping, Upstream
from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.core.partitions.space import NO_PARTITIONS, PartitionSpace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assettui.core.graph import AssetGraph
    from assettui.core.partitions.definition import AsOf, PartitionsDefinition
    from assettui.model.keys import AssetKey

_ALL = AllPartitionMapping()


class PartitionedGraph:
    """What there is to be materialized, partition by partition.

    An asset without partitions is one partition, at index 0 of a space of its own kind.

    Args:
        graph: The project's graph.
        moment: When it is asked.
    """

    def __init__(self, graph: AssetGraph, moment: AsOf) -> None:
        self.graph = graph
        self.moment = moment
        self._spaces: dict[AssetKey, PartitionSpace] = {}
        self._shared: dict[int, tuple[PartitionsDefinition, PartitionSpace]] = {}
        self._mappings: dict[tuple[AssetKey, AssetKey], PartitionMapping] = {}

    def space(self, key: AssetKey) -> PartitionSpace:
        found = self._spaces.get(key)
        if found is None:
            definition = self.graph.assets[key].partitions
            found = self._spaces[key] = NO_PARTITIONS if definition is None else self._space_of(definition)
        return found

    def _space_of(self, definition: PartitionsDefinition) -> PartitionSpace:
        known = self._shared.get(id(definition))
        if known is None:
            known = self._shared[id(definition)] = (definition, definition.at(self.moment))
        return known[1]

    def is_partitioned(self, key: AssetKey) -> bool:
        return self.graph.assets[key].partitions is not None

    def sources(self, key: AssetKey) -> tuple[AssetKey, ...]:
        """What an asset depends on; itself among it, where its partitions need earlier ones."""
        above = self.graph.upstream[key]
        return (*above, key) if self.needs_itself(key) else above

    def dependents(self, key: AssetKey) -> tuple[AssetKey, ...]:
        """What depends on an asset; itself among it, where its partitions need earlier ones."""
        below = self.graph.downstream[key]
        return (*below, key) if self.needs_itself(key) else below

    def needs_itself(self, key: AssetKey) -> bool:
        """Whether partitions of an asset need earlier ones of it."""
        return key in self.graph.assets[key].mappings

    def mapping(self, below: AssetKey, above: AssetKey) -> PartitionMapping:
        """How the partitions of an asset relate to those of one that it depends on."""
        found = self._mappings.get((below, above))
        if found is None:
            found = self.graph.assets[below].mappings.get(above) or self.default(below, above)
            self._mappings[below, above] = found
        return found

    def default(self, below: AssetKey, above: AssetKey) -> PartitionMapping:
        """How they relate where nothing is said of it."""
        lower, upper = self.graph.assets[below].partitions, self.graph.assets[above].partitions
        if lower is None or upper is None:
            return _ALL
        from assettui.core.partitions.defaults import (
            default_mapping,  # deferred: 10 ms that most projects need not take
        )

        return default_mapping(lower, upper)

    def above(self, below: AssetKey, above: AssetKey, partitions: PartitionSet) -> Upstream:
        """The partitions of one asset that some partitions of another need."""
        return self.mapping(below, above).upstream(partitions, self.space(below), self.space(above))

    def below(self, above: AssetKey, below: AssetKey, partitions: PartitionSet) -> PartitionSet:
        """The partitions of an asset that need some partitions of another."""
        return self.mapping(below, above).downstream(partitions, self.space(above), self.space(below))

    def are_alike(self, below: AssetKey, above: AssetKey) -> bool:
        """Whether each partition of one asset needs just the partition of the same index of another."""
        if self.space(below).identity != self.space(above).identity:
            return False
        return self.space(below) is NO_PARTITIONS or self.mapping(below, above).offsets == (0, 0)

    def unevaluated(self) -> frozenset[tuple[AssetKey, AssetKey, str]]:
        """The mappings of the user's own that were evaluated for other partitions than there are now.

        Each by the two assets that it is between, and the fingerprint of their partitions.
        """
        return frozenset(
            (key, above, fingerprint)
            for key, asset in self.graph.assets.items()
            for above, mapping in asset.mappings.items()
            if isinstance(mapping, EvaluatedPartitionMapping)
            and (fingerprint := partitions_fingerprint(self.space(key), self.space(above))) != mapping.evaluated_for
        )

    def ranges_there(self, key: AssetKey, ranges: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Those of these ranges of an asset's partitions whose ends there are: keys may have been removed since."""
        space = self.space(key)
        return tuple(ends for ends in ranges if all(space.find(end) is not None for end in ends))

    def set_of(self, key: AssetKey, ranges: Iterable[Sequence[str]]) -> PartitionSet:
        """The partitions of an asset between the ends of ranges of keys, both included; its only one, where it has no partitions.

        Raises:
            UnknownPartition: An end is no partition's.
            BadRange: A range is reversed, or the keys have no order.
        """
        space = self.space(key)
        if space is NO_PARTITIONS:
            return NO_PARTITIONS.all
        found = EMPTY
        for ends in ranges:
            found |= space.range(ends[0], ends[-1])
        return found
