"""What the store knows of the partitions of a project's assets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.partition_status import KnownPartitions
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitions.definition import AsOf
from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.model.errors import AssettuiError
from assettui.model.run import StepStatus
from assettui.service.session import Session, clock_us
from assettui.store import dynamic_partitions, partition_sets, queries

if TYPE_CHECKING:
    import sqlite3

    from assettui.core.graph import AssetGraph
    from assettui.model.keys import AssetKey


def read_partitions(connection: sqlite3.Connection, graph: AssetGraph, session: Session) -> KnownPartitions:
    """What the store knows of the partitions of all assets of a graph, now."""
    partitioned = PartitionedGraph(graph, AsOf(clock_us(), dynamic_partitions.all_indices(connection)))
    if not any(asset.partitions is not None for asset in graph.assets.values()):
        return KnownPartitions(partitioned, {})
    running: dict[AssetKey, PartitionSet] = {}
    queued: dict[AssetKey, PartitionSet] = {}
    is_led = session.leader() is not None
    for keys, status, partitions in queries.partitions_on_their_way(connection):
        if status is StepStatus.RUNNING and not is_led:
            continue  # what a dead leader was making is not being made
        on_their_way = running if status is StepStatus.RUNNING else queued
        for key in keys:
            if key in graph.assets and partitioned.is_partitioned(key):
                try:
                    found = partitioned.set_of(key, partitions)
                except AssettuiError:
                    continue  # the project has no such partitions any more
                on_their_way[key] = on_their_way.get(key, EMPTY) | found
    return KnownPartitions(partitioned, partition_sets.recorded_partitions(connection, partitioned), running, queued)
