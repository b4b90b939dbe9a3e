"""Whether an asset is up to date, and why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.core.versions import changed_parts
from assettui.model.text import plural

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from assettui.core.graph import AssetGraph
    from assettui.core.partition_status import KnownPartitions, PartitionStatuses
    from assettui.model.asset import AssetState
    from assettui.model.events import Materialization
    from assettui.model.keys import AssetKey
    from assettui.model.project import AssetSnapshot


PARTS_NAMED = 4
"""So many functions and constants are named of those whose code has changed."""


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

    @property
    def stale(self) -> PartitionSet:
        """The partitions that are stale; the whole, of an asset that has none."""
        if self.statuses is not None:
            return self.statuses.stale
        return PartitionSet(1) if self.causes else EMPTY


class Known(Struct, frozen=True):
    """What there is to judge assets by."""

    graph: AssetGraph
    states: Mapping[AssetKey, AssetState]
    """What is known of each asset as a whole."""
    partitions: KnownPartitions | None = None
    """What is known of their partitions; needed where any have some."""
    code_parts: Mapping[str, Mapping[str, str]] = {}
    """Of each code version that followed the code: the parts that it was taken of."""


def standings(
    graph: AssetGraph,
    states: Mapping[AssetKey, AssetState],
    known: KnownPartitions | None = None,
    keys: Container[AssetKey] | None = None,
    code_parts: Mapping[str, Mapping[str, str]] | None = None,
) -> dict[AssetKey, Standing]:
    """The standing of assets, each computed once, upstream first.

    Args:
        graph: The project's graph.
        states: What is known of each asset as a whole.
        known: What is known of their partitions; needed where any have some.
        keys: Some assets and all that they depend on, directly or not; None for every asset of the graph.
        code_parts: Of each code version that followed the code: the parts that it was taken of.
    """
    found: dict[AssetKey, Standing] = {}
    judging = Known(graph, states, known, code_parts or {})
    for key in graph.order:
        if keys is None or key in keys:
            found[key] = _standing(judging, key, found)
    return found


def standings_after(
    before: Mapping[AssetKey, Standing], known: Known, changed: Iterable[AssetKey]
) -> dict[AssetKey, Standing]:
    """The standings of those assets of which it is another than before. Costs as much as these are, and what is beside them.

    Args:
        before: The standing of every asset.
        known: What there is to judge them by now.
        changed: The assets that something has happened to.
    """
    position, touched = known.graph.position, {key for key in changed if key in known.graph.position}
    pending = set(touched)
    heap = [position[key] for key in pending]
    heapify(heap)
    found: dict[AssetKey, Standing] = {}
    current = _Over(found, before)
    while heap:
        key = known.graph.order[heappop(heap)]
        new = _standing(known, key, current)
        has_turned = new != before.get(key)
        if has_turned:
            found[key] = new
        if has_turned or key in touched:  # below, data versions are compared too
            for below in known.graph.downstream[key]:
                if below not in pending:
                    pending.add(below)
                    heappush(heap, position[below])
    return found


def _standing(known: Known, key: AssetKey, found: Mapping[AssetKey, Standing]) -> Standing:
    """The standing of one asset, given those of what it depends on."""
    asset = known.graph.assets[key]
    above = {each: found[each] for each in asset.upstream if each in found}
    causes = {each: standing.causes for each, standing in above.items()}
    if asset.partitions is not None and known.partitions is not None:
        stale = {each: standing.stale for each, standing in above.items()}
        partitioned = known.partitions.statuses(key, stale)
        why = _causes_of_partitions(asset, partitioned, causes)
        return Standing(_status_of_partitions(partitioned), why, partitioned)
    state = known.states.get(key)
    last = state.last if state else None
    why = _stale_causes(asset, last, known, causes) if last and not asset.is_external else ()
    return Standing(_status(state, why), why)


class _Over(Mapping["AssetKey", Standing]):
    """Some standings over others."""

    def __init__(self, over: Mapping[AssetKey, Standing], under: Mapping[AssetKey, Standing]) -> None:
        self._over = over
        self._under = under

    def __getitem__(self, key: AssetKey) -> Standing:
        return self._over[key] if key in self._over else self._under[key]

    def __iter__(self) -> Iterator[AssetKey]:
        return iter(self._under)

    def __len__(self) -> int:
        return len(self._under)


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
    known: Known,
    causes: Mapping[AssetKey, tuple[StaleCause, ...]],
) -> tuple[StaleCause, ...]:
    found: list[StaleCause] = []
    key, states, graph = asset.key, known.states, known.graph
    is_outdated = known.partitions is not None and known.partitions.is_outdated(key)
    if asset.code_version != last.code_version:
        found.append(StaleCause(key, code_change(last.code_version, asset, known.code_parts)))
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


def code_change(before: str | None, asset: AssetSnapshot, code_parts: Mapping[str, Mapping[str, str]]) -> str:
    """How the code of an asset has changed since it was made, in one line; what of it, where that is known.

    Args:
        before: The code version that it was made with.
        asset: As it is defined now.
        code_parts: Of each code version that followed the code: the parts that it was taken of.
    """
    was = code_parts.get(before) if before is not None else None
    if was is None or not asset.code_parts:
        return f"code version changed from {before or 'none'} to {asset.code_version or 'none'}"
    changed = changed_parts(was, asset.code_parts)
    more = f" and {len(changed) - PARTS_NAMED} more" if len(changed) > PARTS_NAMED else ""
    return f"code changed: {', '.join(changed[:PARTS_NAMED])}{more}"
