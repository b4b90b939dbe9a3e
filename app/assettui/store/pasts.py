"""What has happened to the assets that a step of checks is about: it is told with the step, which never reads the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.asset_past import past_of
from assettui.store import partition_sets, queries

if TYPE_CHECKING:
    import sqlite3

    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.model.keys import AssetKey
    from assettui.model.run import StepPlan
    from assettui.model.step import AssetPast

MATERIALIZATIONS = 10
"""So many past materializations of each asset are told."""


def pasts_of(
    connection: sqlite3.Connection, partitioned: PartitionedGraph, step: StepPlan
) -> dict[AssetKey, AssetPast]:
    """What has happened to the assets that a step checks; nothing of a step that makes something."""
    if step.assets or not step.checks:
        return {}
    found: dict[AssetKey, AssetPast] = {}
    for key in dict.fromkeys(check.asset_key for check in step.checks):
        if key not in partitioned.graph.assets:
            continue
        there = None
        if partitioned.is_partitioned(key):
            recorded = partition_sets.recorded_partitions(connection, partitioned, [key]).get(key)
            there = recorded.materialized if recorded is not None else None
        found[key] = past_of(
            key,
            partitioned,
            queries.materializations(connection, key, MATERIALIZATIONS),
            queries.asset_state(connection, key).observed,
            there,
        )
    return found
