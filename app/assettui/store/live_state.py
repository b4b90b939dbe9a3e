"""What the store knows of a project, kept from one look to the next: only what something has happened to is read again.

With ten thousand assets a whole look takes a quarter of a second, one after a single event a few milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from assettui.core.partition_status import KnownPartitions
from assettui.core.staleness import Known, standings_after
from assettui.model import codec
from assettui.model.check import AssetCheckKey
from assettui.model.keys import AssetKey
from assettui.model.timing import SECOND_US
from assettui.store import checks, partition_sets
from assettui.store.project_state import ProjectState, lazy

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from assettui.core.graph import AssetGraph
    from assettui.core.staleness import Standing
    from assettui.model.asset import AssetState
    from assettui.model.check import CheckState

V = TypeVar("V")
MOST_EVENTS = 5_000
"""After more than that everything is read."""
FULL_EVERY_US = 60 * SECOND_US
"""So often everything is read in any case: a store may be repaired, or restored, without an event."""


class LiveState(ProjectState):
    """The state after another one.

    Args:
        connection: The store.
        before: The state that was read before; all that is to be kept of it was asked for.
        now_us: The moment; microseconds since the epoch, UTC.
        touched: The assets that something may have happened to since.
    """

    def __init__(
        self, connection: sqlite3.Connection, before: ProjectState, now_us: int, touched: frozenset[AssetKey]
    ) -> None:
        super().__init__(connection, before.project_id, now_us, is_led=before.is_led)
        graph = self.graph
        changed = {key for key in touched if key in graph.assets}
        for key, asset in graph.assets.items():
            if asset.partitions is not None and self.partitioned.space(key).all != before.partitioned.space(key).all:
                changed.add(key)
        on_their_way = self._on_their_way(before)
        self._changed = frozenset(changed | on_their_way | {each for key in changed for each in graph.downstream[key]})
        self._states: Mapping[AssetKey, AssetState] = _over(
            before.states, self._states_of(self._changed), self._changed
        )
        self._recorded = self._recorded_after(before.known_partitions)
        self._standings: Mapping[AssetKey, Standing] = {
            **before.standings,
            **standings_after(
                before.standings, Known(graph, self._states, self.known_partitions, self.code_parts), self._changed
            ),
        }
        self._checks: Mapping[AssetCheckKey, Sequence[CheckState]] = {
            key: found for key, found in before.check_states.items() if key.asset_key not in self._changed
        }
        if graph.checks:
            self._checks = {**self._checks, **checks.check_states(connection, self._changed)}

    @lazy
    def states(self) -> Mapping[AssetKey, AssetState]:
        return self._states

    @lazy
    def known_partitions(self) -> KnownPartitions:
        return self._recorded

    @lazy
    def standings(self) -> Mapping[AssetKey, Standing]:
        return self._standings

    @lazy
    def check_states(self) -> Mapping[AssetCheckKey, Sequence[CheckState]]:
        return self._checks

    def _on_their_way(self, before: ProjectState) -> set[AssetKey]:
        """The assets of which other partitions are on their way than before."""
        if not self.graph.has_partitions:
            return set()
        running, queued = self._partitions_on_their_way()
        was = before.known_partitions
        keys = {*running, *queued, *was.running, *was.queued}
        return {
            key for key in keys if running.get(key) != was.running.get(key) or queued.get(key) != was.queued.get(key)
        }

    def _recorded_after(self, before: KnownPartitions) -> KnownPartitions:
        if not self.graph.has_partitions:
            return KnownPartitions(self.partitioned, {})
        # Of what reads partitions it is noted too that some of them have changed.
        read = partition_sets.recorded_partitions(self._connection, self.partitioned, self._changed)
        running, queued = self._partitions_on_their_way()
        return KnownPartitions(self.partitioned, _over(before.recorded, read, self._changed), running, queued)


def _over(before: Mapping[AssetKey, V], read: Mapping[AssetKey, V], changed: Iterable[AssetKey]) -> dict[AssetKey, V]:
    """What was known, with what was read again of some."""
    found = dict(before)
    for key in changed:
        if key in read:
            found[key] = read[key]
        else:
            found.pop(key, None)
    return found


def touched_assets(connection: sqlite3.Connection, graph: AssetGraph, after: int) -> frozenset[AssetKey] | None:
    """The assets that something may have happened to since an event; None where that is too much to tell.

    Args:
        connection: The store.
        graph: The project's graph.
        after: The event.
    """
    rows = connection.execute(
        "SELECT DISTINCT asset, run FROM events WHERE id > ? AND kind != 'log' LIMIT ?", (after, MOST_EVENTS + 1)
    ).fetchall()
    if len(rows) > MOST_EVENTS:
        return None
    found = {AssetKey(asset) for asset, _ in rows if asset is not None}
    runs = {run for _, run in rows if run is not None}
    for run in runs:
        for (assets,) in connection.execute("SELECT assets FROM steps WHERE run = ? AND assets IS NOT NULL", (run,)):
            found.update(codec.decode(assets, list[AssetKey]))
        for (plan_checks,) in connection.execute(
            "SELECT checks FROM steps WHERE run = ? AND checks IS NOT NULL", (run,)
        ):
            found.update(each.asset_key for each in codec.decode(plan_checks, list[AssetCheckKey]))
    return frozenset(key for key in found if key in graph.assets)
