"""The results of a condition as a tree of plain values, which is kept and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.space import NO_PARTITIONS
from assettui.model.automation import TreeNode
from assettui.model.keys import AssetKey

if TYPE_CHECKING:
    from assettui.core.conditions.place import Traced
    from assettui.core.partitioned_graph import PartitionedGraph

FIRST = 3
"""So many of the partitions are named of which something is true."""


def tree_of(trace: Traced, partitioned: PartitionedGraph, only: str = "", index: int | None = None) -> TreeNode:
    """What a condition came to, and what it is made of.

    Args:
        trace: What was noted as it was evaluated.
        partitioned: The project's partitions.
        only: Of this asset or check one partition alone counts:
        index: that one; None for all.
    """
    entity = trace.entity
    space = partitioned.space(entity if isinstance(entity, AssetKey) else entity.asset_key)
    every, found = PartitionSet(trace.all), PartitionSet(trace.true)
    if index is not None and str(entity) == only:
        every, found = PartitionSet(1 << index), found & PartitionSet(1 << index)
    first: list[str] = []
    if space is not NO_PARTITIONS:
        for index in found & space.all:
            first.append(space.key(index))
            if len(first) == FIRST:
                break
    return TreeNode(
        trace.condition.name,
        str(entity),
        len(found),
        len(every),
        tuple(first),
        trace.condition.label,
        tuple(tree_of(each, partitioned, only, index) for each in trace.inner),
    )
