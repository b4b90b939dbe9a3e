"""The graph of assets: built once from a snapshot, used by everything that asks what depends on what."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assettui.model.check import AssetCheckKey, CheckSnapshot
    from assettui.model.keys import AssetKey
    from assettui.model.project import AssetSnapshot, ProjectSnapshot, StepSnapshot


class AssetGraph:
    """What depends on what.

    Args:
        assets: Every asset, external ones included; whatever is named as upstream must be among them, without a cycle.
        steps: Of the steps that make them, those of which there is more to know.
        checks: Of these assets.
    """

    __slots__ = (
        "assets",
        "checks",
        "checks_of",
        "downstream",
        "has_partitions",
        "order",
        "position",
        "step_snapshots",
        "steps",
        "upstream",
    )

    assets: dict[AssetKey, AssetSnapshot]
    """By key, in the order of the definition."""
    has_partitions: bool
    """Whether any of them has partitions."""
    upstream: dict[AssetKey, tuple[AssetKey, ...]]
    downstream: dict[AssetKey, tuple[AssetKey, ...]]
    order: tuple[AssetKey, ...]
    """Upstream before downstream; of two that are free, the one defined first comes first."""
    position: dict[AssetKey, int]
    """Where in that order each asset is."""
    steps: dict[str, tuple[AssetKey, ...]]
    """The assets that each step materializes or observes."""
    step_snapshots: dict[str, StepSnapshot]
    checks: dict[AssetCheckKey, CheckSnapshot]
    """By key, in the order of the definition."""
    checks_of: dict[AssetKey, tuple[CheckSnapshot, ...]]
    """Of the assets that have any."""

    def __init__(
        self,
        assets: Iterable[AssetSnapshot],
        steps: Iterable[StepSnapshot] = (),
        checks: Iterable[CheckSnapshot] = (),
    ) -> None:
        self.step_snapshots = {step.key: step for step in steps}
        self.assets = {asset.key: asset for asset in assets}
        self.has_partitions = any(asset.partitions is not None for asset in self.assets.values())
        self.upstream = {key: asset.upstream for key, asset in self.assets.items()}
        downstream: dict[AssetKey, list[AssetKey]] = {key: [] for key in self.assets}
        made_by: dict[str, list[AssetKey]] = {}
        for key, asset in self.assets.items():
            for upstream_key in asset.upstream:
                downstream[upstream_key].append(key)
            if asset.step is not None:
                made_by.setdefault(asset.step, []).append(key)
        self.downstream = {key: tuple(keys) for key, keys in downstream.items()}
        self.steps = {step: tuple(keys) for step, keys in made_by.items()}
        self.order = self._topological_order()
        self.position = {key: position for position, key in enumerate(self.order)}
        self.checks = {check.key: check for check in checks}
        checks_of: dict[AssetKey, list[CheckSnapshot]] = {}
        for check in self.checks.values():
            checks_of.setdefault(check.asset_key, []).append(check)
        self.checks_of = {key: tuple(found) for key, found in checks_of.items()}

    @staticmethod
    def of(snapshot: ProjectSnapshot) -> AssetGraph:
        """The graph of a project."""
        return AssetGraph(snapshot.assets, snapshot.steps, snapshot.checks)

    def _topological_order(self) -> tuple[AssetKey, ...]:
        missing = {key: len(upstream) for key, upstream in self.upstream.items()}
        ready = deque(key for key, count in missing.items() if count == 0)
        order: list[AssetKey] = []
        while ready:
            key = ready.popleft()
            order.append(key)
            for below in self.downstream[key]:
                missing[below] -= 1
                if missing[below] == 0:
                    ready.append(below)
        return tuple(order)

    def all_upstream(self, keys: Iterable[AssetKey]) -> set[AssetKey]:
        """The given assets and all that they depend on, directly or not."""
        return reachable(self.upstream, keys)

    def all_downstream(self, keys: Iterable[AssetKey]) -> set[AssetKey]:
        """The given assets and all that depends on them, directly or not."""
        return reachable(self.downstream, keys)

    def sort(self, keys: Iterable[AssetKey]) -> list[AssetKey]:
        """The given assets, upstream before downstream. Costs a walk over the whole graph."""
        wanted = set(keys)
        return [key for key in self.order if key in wanted]


def reachable(edges: Mapping[AssetKey, Sequence[AssetKey]], start: Iterable[AssetKey]) -> set[AssetKey]:
    """All that can be reached along the edges, the start included."""
    found = set(start)
    frontier = list(found)
    while frontier:
        for neighbour in edges[frontier.pop()]:
            if neighbour not in found:
                found.add(neighbour)
                frontier.append(neighbour)
    return found


def within(edges: Mapping[AssetKey, Sequence[AssetKey]], start: Iterable[AssetKey], depth: int | None) -> set[AssetKey]:
    """All that can be reached along at most `depth` edges (None: any number), the start included."""
    if depth is None:
        return reachable(edges, start)
    found = set(start)
    frontier = found
    for _ in range(depth):
        frontier = {below for key in frontier for below in edges[key]} - found
        if not frontier:
            break
        found |= frontier
    return found


def find_cycle(upstream: Mapping[AssetKey, Sequence[AssetKey]]) -> list[AssetKey] | None:
    """One cycle, its first asset repeated at the end, in the order in which data would flow; None where there is none.

    An upstream key that is not itself in the mapping is taken to depend on nothing.
    """
    done: set[AssetKey] = set()
    for root in upstream:
        path: list[AssetKey] = []
        on_path: set[AssetKey] = set()
        # Depth first without recursion: a chain of 10,000 assets is an ordinary one.
        stack: list[tuple[AssetKey, bool]] = [(root, False)]
        while stack:
            key, is_left = stack.pop()
            if is_left:
                path.pop()
                on_path.discard(key)
                done.add(key)
                continue
            if key in on_path:
                return [key, *reversed(path[path.index(key) :])]
            if key in done:
                continue
            path.append(key)
            on_path.add(key)
            stack.append((key, True))
            stack.extend((above, False) for above in upstream.get(key, ()))
    return None
