"""Whether an asset is up to date, and why not."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.partitions.sets import PartitionSet
from assettui.model.text import plural

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from assettui.core.graph import AssetGraph
    from assettui.core.partition_status import KnownPartitions, PartitionStatuses
    from assettui.model.asset import AssetState
    from assettui.model.events import Materialization
    from assettui.model.keys import AssetKey
    from assettui.model.project import AssetSnapshot


class AssetStatus(StrEnum):
    """The one word for an asset; where several hold, the first of running, failed, never, stale, partial, fresh."""

    RUNNING = "running"
    FAILED = "failed"
    NEVER = "never"
    STALE = "stale"
    PARTIAL = "partial"
    FRESH = "fresh"


class StaleCause(Struct, frozen=True):
    """One reason why an asset is stale."""

    asset_key: AssetKey
    """Where the cause lies: the asset itself, or one that it depends on."""
    what: str
    """Such as `code version changed from 1 to 2`, in one line."""
    because: tuple[StaleCause, ...] = ()
    """Why that upstream asset is itself stale, down to the root cause."""


def root_causes(causes: Iterable[StaleCause]) -> tuple[StaleCause, ...]:
    """The causes below these that have no further cause, without repeats.

    Costs as much as there are causes, not as there are paths to them: in a graph that branches and joins again, the
    same causes are reached in exponentially many ways.
    """
    found: dict[StaleCause, None] = {}
    pending, seen = list(causes)[::-1], set[int]()
    while pending:
        cause = pending.pop()
        if cause.because:
            if id(cause.because) not in seen:
                seen.add(id(cause.because))
                pending += cause.because[::-1]
        else:
            found[cause] = None
    return tuple(found)


class Standing(Struct, frozen=True):
    """The status of an asset, and why."""

    status: AssetStatus
    causes: tuple[StaleCause, ...] = ()
    """Why it is stale, in itself or in some of its partitions; empty where all that was materialized is up to date. What was
    never materialized is no cause: that is said of the asset itself, and does not spread downstream."""
    statuses: PartitionStatuses | None = None
    """Where its partitions stand; None of an asset that has none."""


def standings(
    graph: AssetGraph,
    states: Mapping[AssetKey, AssetState],
    known: KnownPartitions | None = None,
    keys: Container[AssetKey] | None = None,
) -> dict[AssetKey, Standing]:
    """The standing of assets, each computed once, upstream first.

    Args:
        graph: The project's graph.
        states: What is known of each asset as a whole.
        known: What is known of their partitions; needed where any have some.
        keys: Some assets and all that they depend on, directly or not; None for every asset of the graph.
    """
    found: dict[AssetKey, Standing] = {}
    causes: dict[AssetKey, tuple[StaleCause, ...]] = {}
    stale: dict[AssetKey, PartitionSet] = {}
    for key in graph.order:
        if keys is not None and key not in keys:
            continue
        asset = graph.assets[key]
        state = states.get(key)
        if asset.partitions is not None and known is not None:
            partitioned = known.statuses(key, stale)
            causes[key] = _causes_of_partitions(asset, partitioned, causes)
            stale[key] = partitioned.stale
            found[key] = Standing(_status_of_partitions(partitioned), causes[key], partitioned)
            continue
        last = state.last if state else None
        causes[key] = _stale_causes(asset, last, states, causes, graph, known) if last and not asset.is_external else ()
        if causes[key]:
            stale[key] = PartitionSet(1)
        found[key] = Standing(_status(state, causes[key]), causes[key])
    return found


def _status_of_partitions(partitioned: PartitionStatuses) -> AssetStatus:
    if partitioned.running:
        return AssetStatus.RUNNING
    if partitioned.failed:
        return AssetStatus.FAILED
    if not partitioned.materialized:
        return AssetStatus.NEVER
    if partitioned.stale:
        return AssetStatus.STALE
    return AssetStatus.PARTIAL if partitioned.missing else AssetStatus.FRESH


def _causes_of_partitions(
    asset: AssetSnapshot, partitioned: PartitionStatuses, causes: Mapping[AssetKey, tuple[StaleCause, ...]]
) -> tuple[StaleCause, ...]:
    """Why some partitions of an asset are stale."""
    if not partitioned.stale:
        return ()
    because = tuple(
        StaleCause(above, f"{above} is stale", causes[above]) for above in asset.upstream if causes.get(above)
    )
    total = plural(len(partitioned.all), "partition")
    return (StaleCause(asset.key, f"{len(partitioned.stale):,} of {total} {_are(partitioned.stale)} stale", because),)


def missing_partitions(partitioned: PartitionStatuses) -> str:
    """How many partitions were never materialized, in words; empty where none is missing."""
    missing = partitioned.missing
    if not missing:
        return ""
    was = "was" if len(missing) == 1 else "were"
    return f"{len(missing):,} of {plural(len(partitioned.all), 'partition')} {was} never materialized"


def _are(partitions: PartitionSet) -> str:
    return "is" if len(partitions) == 1 else "are"


def _status(state: AssetState | None, causes: tuple[StaleCause, ...]) -> AssetStatus:
    if state is None:
        return AssetStatus.NEVER
    if state.running_run is not None:
        return AssetStatus.RUNNING
    if state.failed_us is not None:
        return AssetStatus.FAILED
    if state.last is None and state.observed is None:
        return AssetStatus.NEVER
    return AssetStatus.STALE if causes else AssetStatus.FRESH


def _stale_causes(
    asset: AssetSnapshot,
    last: Materialization,
    states: Mapping[AssetKey, AssetState],
    causes: Mapping[AssetKey, tuple[StaleCause, ...]],
    graph: AssetGraph,
    known: KnownPartitions | None,
) -> tuple[StaleCause, ...]:
    found: list[StaleCause] = []
    key = asset.key
    is_outdated = known is not None and known.is_outdated(key)
    if asset.code_version != last.code_version:
        found.append(
            StaleCause(
                key, f"code version changed from {last.code_version or 'none'} to {asset.code_version or 'none'}"
            )
        )
    recorded = last.input_versions
    for upstream_key in asset.upstream:
        name = str(upstream_key)
        if name not in recorded:
            found.append(StaleCause(key, f"depends on {name} now, and did not then"))
            continue
        if graph.assets[upstream_key].partitions is not None:
            # What it has read is too much to compare: it was noted when one of the partitions changed.
            if is_outdated:
                found.append(StaleCause(upstream_key, f"{name} has new data in some of its partitions"))
            elif causes.get(upstream_key):
                found.append(StaleCause(upstream_key, f"{name} is stale", causes[upstream_key]))
            continue
        state = states.get(upstream_key)
        now_version = state.data_version if state else None
        if now_version != recorded[name]:
            found.append(StaleCause(upstream_key, f"{name} has new data"))
        elif causes.get(upstream_key):
            found.append(StaleCause(upstream_key, f"{name} is stale", causes[upstream_key]))
    names = {str(upstream_key) for upstream_key in asset.upstream}
    found.extend(
        StaleCause(key, f"depended on {name} then, and does no longer") for name in recorded if name not in names
    )
    return tuple(found)
