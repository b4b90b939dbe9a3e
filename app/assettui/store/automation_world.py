"""What a store knows, as automation conditions look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.conditions.world import World
from assettui.model.errors import NotFound
from assettui.store import backfills, checks, partition_sets, queries

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from assettui.core.conditions.condition import AutomationCondition
    from assettui.core.conditions.place import Entity
    from assettui.core.graph import AssetGraph
    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.core.partitions.sets import PartitionSet
    from assettui.model.events import Event
    from assettui.model.keys import AssetKey
    from assettui.model.run import RunPlan


def load_world(
    connection: sqlite3.Connection, graph: AssetGraph, partitioned: PartitionedGraph, news: Iterable[Event] = ()
) -> World:
    """What is known of all assets and checks now; nothing of it is new.

    Args:
        connection: The store; it is asked for runs as long as the world is used.
        graph: The project's graph.
        partitioned: Its partitions now.
        news: What has happened last, and is to be told to the world once more, as new.
    """

    def run_of(run_id: str) -> tuple[RunPlan, str | None] | None:
        try:
            return queries.run_plan(connection, run_id), queries.run(connection, run_id).backfill
        except (NotFound, TypeError):
            return None

    world = World(graph, run_of)
    world.see(partitioned)
    recorded = partition_sets.recorded_partitions(connection, partitioned)
    made = {key: each.materialized for key, each in recorded.items() if partitioned.is_partitioned(key)}
    failed = {key: each.failed for key, each in recorded.items() if partitioned.is_partitioned(key)}
    going = {
        each.backfill_id: _left(connection, partitioned, each.backfill_id) for each in backfills.not_over(connection)
    }
    world.load(queries.asset_states(connection), made, failed, checks.check_states(connection), going)
    for run in queries.runs_not_over(connection):
        world.queued(run.run_id, queries.run_plan(connection, run.run_id), run.backfill)
    _load_data_times(connection, world, partitioned, made)
    world.forget_versions(event.asset_key for event in news if event.asset_key is not None)
    return world


def apply_news(world: World, news: Iterable[Event]) -> None:
    """Tell a world of what is new, all at once."""
    for event in news:
        world.apply(event)


def _left(
    connection: sqlite3.Connection, partitioned: PartitionedGraph, backfill_id: str
) -> dict[AssetKey, PartitionSet]:
    """What a backfill has yet to make."""
    from assettui.core.partitions.json_forms import set_from_json  # deferred: backfills alone need it

    kept = backfills.backfill(connection, backfill_id)
    found: dict[AssetKey, PartitionSet] = {}
    for target in kept.plan.targets:
        key = target.asset_key
        if key in partitioned.graph.assets:
            space = partitioned.space(key)
            wanted = set_from_json(target.partitions, space, partitioned.moment) & space.all
            made = backfills.materialized_since(
                connection, key, kept.plan.after, whole=not partitioned.is_partitioned(key)
            )
            found[key] = wanted - space.known_of(made) if partitioned.is_partitioned(key) else wanted
    return found


def _load_data_times(
    connection: sqlite3.Connection, world: World, partitioned: PartitionedGraph, made: dict[AssetKey, PartitionSet]
) -> None:
    """The age of the newest partition of each asset whose freshness may be asked for."""
    known = queries.KnownPartitions(connection)
    for key, partitions in made.items():
        there = partitions & partitioned.space(key).all
        if there:
            newest = partitioned.space(key).key(there.last)
            time_us = known.oldest_data_time(key, [newest])
            if time_us is not None:
                world.ages.note_partition(key, newest, time_us)


def conditions_of(graph: AssetGraph, chosen: Iterable[AssetKey] | None = None) -> dict[Entity, AutomationCondition]:
    """The conditions of assets and checks, of all or of those of these assets."""
    wanted = None if chosen is None else frozenset(chosen)
    found: dict[Entity, AutomationCondition] = {}
    for key, asset in graph.assets.items():
        if asset.condition is not None and (wanted is None or key in wanted):
            found[key] = asset.condition
    for check in graph.checks.values():
        if check.condition is not None and (wanted is None or check.asset_key in wanted):
            found[check.key] = check.condition
    return found
