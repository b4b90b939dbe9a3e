"""Whether an asset is up to date, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.core.graph import AssetGraph
    from assettui.core.keys import AssetKey
    from assettui.core.records import AssetState, Materialization
    from assettui.core.snapshot import AssetSnapshot


class AssetStatus(StrEnum):
    """The one word for an asset; where several hold, the first of running, failed, never, stale, fresh."""

    RUNNING = "running"
    FAILED = "failed"
    NEVER = "never"
    STALE = "stale"
    FRESH = "fresh"


@dataclass(frozen=True, slots=True)
class StaleCause:
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


@dataclass(frozen=True, slots=True)
class Standing:
    """The status of an asset, and why."""

    status: AssetStatus
    causes: tuple[StaleCause, ...] = ()
    """Why it is stale; empty where its last materialization is up to date."""


def standings(graph: AssetGraph, states: Mapping[AssetKey, AssetState]) -> dict[AssetKey, Standing]:
    """The standing of every asset of the graph, each computed once, upstream first."""
    found: dict[AssetKey, Standing] = {}
    causes: dict[AssetKey, tuple[StaleCause, ...]] = {}
    for key in graph.order:
        asset = graph.assets[key]
        state = states.get(key)
        last = state.last if state else None
        causes[key] = _stale_causes(asset, last, states, causes) if last and not asset.is_external else ()
        found[key] = Standing(_status(state, causes[key]), causes[key])
    return found


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
) -> tuple[StaleCause, ...]:
    found: list[StaleCause] = []
    key = asset.key
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
