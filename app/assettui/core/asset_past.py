"""What has happened to an asset, put together for the checks that look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.freshness import awaited
from assettui.model.step import AssetPast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.core.partitions.sets import PartitionSet
    from assettui.model.events import Materialization, Observation
    from assettui.model.keys import AssetKey


def past_of(
    key: AssetKey,
    partitioned: PartitionedGraph,
    materializations: Iterable[Materialization],
    observation: Observation | None,
    there: PartitionSet | None,
) -> AssetPast:
    """What is told of an asset.

    Args:
        key: The asset.
        partitioned: The project's partitions.
        materializations: Its last ones, the newest first.
        observation: The last time that it was looked at.
        there: Of an asset with partitions: those that were materialized.
    """
    if not partitioned.is_partitioned(key):
        return AssetPast(tuple(materializations), observation)
    space = partitioned.space(key)
    there = there & space.all if there is not None else None
    newest = there.last if there else None
    return AssetPast(
        tuple(materializations),
        observation,
        space.key(newest) if newest is not None else None,
        awaited(space, newest),
    )
