"""Why an asset, or a partition of it, is not fresh, and what would run if it were refreshed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.partitions.sets import PartitionSet
from assettui.core.staleness import AssetStatus, StaleCause, code_change
from assettui.model.errors import LaunchError
from assettui.service.catalog import require_asset
from assettui.store import partition_sets, queries

if TYPE_CHECKING:
    import sqlite3

    from assettui.model.asset import PartitionState
    from assettui.model.keys import AssetKey
    from assettui.service.session import Session
    from assettui.store.project_state import ProjectState

_UNMADE = (AssetStatus.STALE, AssetStatus.NEVER, AssetStatus.FAILED, AssetStatus.PARTIAL)
PARTITIONS_NAMED = 5
"""So many partitions that something needs are named."""


class ToRefresh(Struct, frozen=True):
    """What would be made of one asset, to have another one refreshed."""

    key: AssetKey
    status: AssetStatus
    partitions: str | None = None
    """Of one that has some: which of them, in a line."""
    count: int = 1


class Why(Struct, frozen=True):
    """Why an asset, or a partition, stands as it does."""

    key: AssetKey
    status: str
    partition: str | None = None
    error: str | None = None
    """Of what failed: why."""
    causes: tuple[StaleCause, ...] = ()
    """As a tree, each with what has led to it."""
    refresh: tuple[ToRefresh, ...] = ()
    """What would run if it were refreshed, upstream before downstream."""


def why(session: Session, key: AssetKey, partition: str | None = None) -> Why:
    """Why an asset, or a partition of it, stands as it does.

    Raises:
        NotFound: There is no such asset.
        LaunchError: A partition is named of an asset that has none.
        UnknownPartition: There is no partition of that key.
    """
    with session.reading() as connection:
        state = session.state(connection)
        require_asset(state, key)
        if partition is not None:
            return _of_partition(connection, state, key, partition)
        standing = state.standings[key]
        known = state.states.get(key)
        return Why(
            key,
            standing.status.value,
            error=known.error if known is not None and standing.status is AssetStatus.FAILED else None,
            causes=standing.causes,
            refresh=tuple(to_refresh(state, key)),
        )


def to_refresh(state: ProjectState, key: AssetKey) -> list[ToRefresh]:
    """What would be made, of an asset and what it depends on, to have it refreshed: all of it that is not as it should be."""
    found: list[ToRefresh] = []
    for each in state.graph.sort(state.graph.all_upstream([key])):
        asset, standing = state.graph.assets[each], state.standings[each]
        if asset.is_external or standing.status not in _UNMADE:
            continue
        if standing.statuses is None:
            found.append(ToRefresh(each, standing.status))
            continue
        statuses = standing.statuses
        wanted = (statuses.stale | statuses.missing | statuses.failed) & statuses.all
        if wanted:
            found.append(ToRefresh(each, standing.status, state.partitioned.space(each).shown(wanted), len(wanted)))
    return found


def _of_partition(connection: sqlite3.Connection, state: ProjectState, key: AssetKey, partition: str) -> Why:
    partitioned = state.partitioned
    if not partitioned.is_partitioned(key):
        raise LaunchError(f"{key} has no partitions, and {partition} was named", hint="leave the partition out")
    index = partitioned.space(key).index(partition)
    statuses = state.standings[key].statuses
    status = statuses.at(index).value if statuses is not None else "never"
    known = queries.partition_states(connection, key, [partition]).get(partition)
    causes = _causes(connection, state, key, index, known) if known is not None and known.last is not None else []
    return Why(key, status, partition, known.error if known is not None else None, tuple(causes))


def _causes(
    connection: sqlite3.Connection, state: ProjectState, key: AssetKey, index: int, known: PartitionState
) -> list[StaleCause]:
    partitioned, graph = state.partitioned, state.graph
    asset, found = graph.assets[key], list[StaleCause]()
    if known.last is not None and known.last.code_version != asset.code_version:
        found.append(StaleCause(key, code_change(known.last.code_version, asset, state.code_parts)))
    for above in partitioned.sources(key):
        space = partitioned.space(above)
        needed = partitioned.above(key, above, PartitionSet(1 << index)).partitions
        keys = space.keys(needed) if partitioned.is_partitioned(above) else None
        changed = partition_sets.changed_since(connection, above, keys, key, known.partition)
        if changed:
            names = ", ".join(name for name in changed[:PARTITIONS_NAMED] if name)
            more = f" and {len(changed) - PARTITIONS_NAMED} more" if len(changed) > PARTITIONS_NAMED else ""
            found.append(StaleCause(above, f"{above} has new data{f' in {names}{more}' if names else ''}"))
            continue
        standing = state.standings[above]
        if above != key and needed & standing.stale:
            found.append(StaleCause(above, f"{above} is stale", standing.causes))
    return found
