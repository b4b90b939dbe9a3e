"""What the store knows of the slices of a project's assets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.errors import AssettuiError
from assettui.core.partitions.definition import AsOf
from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.core.records import StepStatus
from assettui.core.slice_status import KnownSlices
from assettui.core.slices import Slices
from assettui.service.session import Session, clock_us
from assettui.store import dynamic_partitions, partition_sets, queries

if TYPE_CHECKING:
    import sqlite3

    from assettui.core.graph import AssetGraph
    from assettui.core.keys import AssetKey


def read_slices(connection: sqlite3.Connection, graph: AssetGraph, session: Session) -> KnownSlices:
    """What the store knows of the slices of all assets of a graph, now."""
    slices = Slices(graph, AsOf(clock_us(), dynamic_partitions.all_indices(connection)))
    if not any(asset.partitions is not None for asset in graph.assets.values()):
        return KnownSlices(slices, {})
    running: dict[AssetKey, PartitionSet] = {}
    queued: dict[AssetKey, PartitionSet] = {}
    is_led = session.leader() is not None
    for keys, status, partitions in queries.slices_on_their_way(connection):
        if status is StepStatus.RUNNING and not is_led:
            continue  # what a dead leader was making is not being made
        on_their_way = running if status is StepStatus.RUNNING else queued
        for key in keys:
            if key in graph.assets and slices.is_partitioned(key):
                try:
                    found = slices.set_of(key, partitions)
                except AssettuiError:
                    continue  # the project has no such partitions any more
                on_their_way[key] = on_their_way.get(key, EMPTY) | found
    return KnownSlices(slices, partition_sets.recorded_slices(connection, slices), running, queued)
