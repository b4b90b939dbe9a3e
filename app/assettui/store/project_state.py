"""What the store knows of a project at a moment: the one read model of service and engine.

Nothing is read before it is asked for, and nothing twice: to plan a run of one asset among 10,000 costs a few look-ups,
not a catalog. The snapshot and its graph are made once for each version of the project, whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.core.data_ages import DataAges
from assettui.core.drift import nothing_new
from assettui.core.freshness import AssetData, judged
from assettui.core.graph import AssetGraph
from assettui.core.partition_status import KnownPartitions
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitions.definition import AsOf
from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.core.selection.algebra import select, select_with_checks
from assettui.core.selection.expression import SelectionContext
from assettui.core.staleness import Standing, standings
from assettui.model.drift import PartDrift
from assettui.model.errors import AssettuiError
from assettui.model.keys import AssetKey
from assettui.model.project import ProjectSnapshot
from assettui.model.run import StepStatus
from assettui.store import checks, dynamic_partitions, partition_sets, projects, queries
from assettui.store import drifts as drift_store

if TYPE_CHECKING:
    lazy = property  # to a type checker a cached property is none, and so fits no protocol
    import sqlite3
    from collections.abc import Iterable, Sequence

    from assettui.model.asset import AssetState
    from assettui.model.check import AssetCheckKey, CheckState
    from assettui.model.freshness import Freshness
    from assettui.store.projects import KnownProject

if not TYPE_CHECKING:
    from functools import cached_property as lazy

_last_graph: tuple[ProjectSnapshot, AssetGraph] | None = None


def graph_of(snapshot: ProjectSnapshot) -> AssetGraph:
    """The graph of a snapshot; that of the last one is kept, since it is asked for again and again."""
    global _last_graph
    kept = _last_graph
    if kept is None or kept[0] is not snapshot:
        kept = _last_graph = (snapshot, AssetGraph.of(snapshot))
    return kept[1]


class ProjectState:
    """See `PlanningContext` of `core.launching` for what planning asks of it.

    Args:
        connection: The store. What is read is as it is when it is asked for: within one transaction, the same.
        project_id: The project.
        now_us: The moment, which says what partitions there are; microseconds since the epoch, UTC.
        is_led: Whether a leader is at work. Without one, nothing that is said to be running is.
        selected: What selections have come to before, in the same version of the project; added to.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        project_id: str,
        now_us: int,
        *,
        is_led: bool = True,
        selected: dict[str, Sequence[AssetKey]] | None = None,
    ) -> None:
        self._connection = connection
        self.project_id = project_id
        self._now_us = now_us
        self.is_led = is_led
        self._selected = selected if selected is not None else {}

    # The project.

    @lazy
    def known(self) -> KnownProject | None:
        """The project as the store has it, and how well its files load; None where it was never loaded."""
        return projects.load(self._connection, self.project_id)

    @lazy
    def snapshot(self) -> ProjectSnapshot:
        """The last good one; an empty one where there is none."""
        found = self.known.snapshot if self.known is not None else None
        return found if found is not None else ProjectSnapshot("")

    @lazy
    def graph(self) -> AssetGraph:
        return graph_of(self.snapshot)

    @lazy
    def partitioned(self) -> PartitionedGraph:
        return PartitionedGraph(self.graph, AsOf(self._now_us, dynamic_partitions.all_indices(self._connection)))

    def select_terms(self, terms: Sequence[str]) -> Sequence[AssetKey]:
        """The assets that any of the terms selects, upstream before downstream.

        Raises:
            SelectionError: One of them cannot be understood, or nothing is selected.
        """
        needs_status = any("status:" in term for term in terms)
        statuses = {key: each.status.value for key, each in self.standings.items()} if needs_status else {}
        return select(SelectionContext(self.graph, statuses), terms)

    def select(self, selection: str) -> Sequence[AssetKey]:
        """The assets that a selection names now, upstream before downstream. Only one by status reads all states."""
        found = self._selected.get(selection)
        if found is None:
            is_lasting = "status:" not in selection
            statuses = {} if is_lasting else {key: each.status.value for key, each in self.standings.items()}
            found = select(SelectionContext(self.graph, statuses), [selection])
            if is_lasting:
                self._selected[selection] = found
        return found

    def select_with_checks(self, selection: str) -> tuple[Sequence[AssetKey], tuple[AssetCheckKey, ...] | None]:
        """As `select`, with the checks that it names; None for all of these assets."""
        if not self.graph.checks:
            return self.select(selection), None
        return self.select_terms_with_checks([selection])

    def select_terms_with_checks(
        self, terms: Sequence[str]
    ) -> tuple[Sequence[AssetKey], tuple[AssetCheckKey, ...] | None]:
        """As `select_terms`, with the checks that they name; None for all of these assets."""
        needs_status = any("status:" in term for term in terms)
        statuses = {key: each.status.value for key, each in self.standings.items()} if needs_status else {}
        return select_with_checks(SelectionContext(self.graph, statuses), terms)

    # Some assets.

    @lazy
    def available(self) -> _Available:
        """The assets that were materialized, or will be by a run that is on its way."""
        return _Available(self._connection)

    @lazy
    def materialized(self) -> Mapping[AssetKey, PartitionSet]:
        """The partitions of which the same holds, of each asset that has any."""
        return _Materialized(self._connection, self.partitioned, is_led=self.is_led)

    # All assets.

    @lazy
    def states(self) -> Mapping[AssetKey, AssetState]:
        """The state of every asset of which anything is known."""
        return self._states_of(None)

    @lazy
    def known_partitions(self) -> KnownPartitions:
        return self._partitions_of(None)

    @lazy
    def standings(self) -> Mapping[AssetKey, Standing]:
        return standings(self.graph, self.states, self.known_partitions, code_parts=self.code_parts)

    @lazy
    def ages(self) -> DataAges:
        """How old the data of all assets is."""
        ages = DataAges(self.graph)
        for state in self.states.values():
            if state.asset_key in self.graph.assets:
                for event in sorted(filter(None, (state.observed, state.last)), key=lambda event: event.time_us):
                    ages.note(event)
        return ages

    @lazy
    def freshness(self) -> Mapping[AssetKey, Freshness]:
        """What the data of each asset that has a policy is judged to be now."""
        found: dict[AssetKey, Freshness] = {}
        for key, asset in self.graph.assets.items():
            if asset.freshness_policy is not None:
                found[key] = judged(asset.freshness_policy, self.data_of(key), self._now_us)
        return found

    @lazy
    def drifts(self) -> Mapping[AssetKey, tuple[PartDrift, ...]]:
        """What looks wrong about the data of assets."""
        found = {key: parts for key, parts in drift_store.drifts(self._connection).items() if key in self.graph.assets}
        for key, (made_us, next_by_us) in drift_store.late(self._connection, self._now_us).items():
            if key in self.graph.assets:
                found[key] = (*found.get(key, ()), PartDrift(None, next_by_us, (nothing_new(made_us, next_by_us),)))
        return found

    def data_of(self, key: AssetKey) -> AssetData:
        """What is known of the data of an asset, as far as its freshness depends on it."""
        if not self.partitioned.is_partitioned(key):
            return AssetData(self.ages.data_time(key))
        statuses = self.standings[key].statuses
        there = statuses.materialized if statuses is not None else EMPTY
        space, known = self.partitioned.space(key), queries.KnownPartitions(self._connection)
        time_us = known.oldest_data_time(key, [space.key(there.last)]) if there else None
        return AssetData.of_partitions(space, there, time_us)

    @lazy
    def code_parts(self) -> Mapping[str, Mapping[str, str]]:
        """Of each code version that followed the code, the parts that it was taken of."""
        has_any = any(asset.code_parts for asset in self.graph.assets.values())
        return projects.code_parts(self._connection) if has_any else {}

    @lazy
    def check_states(self) -> Mapping[AssetCheckKey, Sequence[CheckState]]:
        """How each check stands that was ever evaluated: the newest first; of an asset with partitions one for each."""
        return checks.check_states(self._connection) if self.graph.checks else {}

    def standings_of(self, keys: Iterable[AssetKey]) -> Mapping[AssetKey, Standing]:
        """How these assets stand, those that the same functions make, and all that they depend on; no other is read."""
        chosen = {*keys}
        steps = {self.graph.assets[key].step for key in chosen}
        chosen.update(each for step in steps if step is not None for each in self.graph.steps.get(step, ()))
        needed = self.graph.all_upstream(chosen)
        partitions = self._partitions_of(needed)
        return standings(self.graph, self._states_of(needed), partitions, needed, self.code_parts)

    def _states_of(self, keys: Iterable[AssetKey] | None) -> Mapping[AssetKey, AssetState]:
        found = queries.asset_states(self._connection, keys)
        if self.is_led:
            return found
        return {key: replace(state, running_run=None) if state.running_run else state for key, state in found.items()}

    def _partitions_of(self, keys: Iterable[AssetKey] | None) -> KnownPartitions:
        if not self.graph.has_partitions:
            return KnownPartitions(self.partitioned, {})
        running, queued = self._partitions_on_their_way()
        recorded = partition_sets.recorded_partitions(self._connection, self.partitioned, keys)
        return KnownPartitions(self.partitioned, recorded, running, queued)

    def _partitions_on_their_way(self) -> tuple[dict[AssetKey, PartitionSet], dict[AssetKey, PartitionSet]]:
        """Of each asset the partitions that runs are making, and those that they are about to make."""
        running: dict[AssetKey, PartitionSet] = {}
        queued: dict[AssetKey, PartitionSet] = {}
        for key, status, partitions in _on_their_way(self._connection, self.partitioned, is_led=self.is_led):
            found = running if status is StepStatus.RUNNING else queued
            found[key] = found.get(key, EMPTY) | partitions
        return running, queued


def _on_their_way(
    connection: sqlite3.Connection, partitioned: PartitionedGraph, *, is_led: bool
) -> Iterator[tuple[AssetKey, StepStatus, PartitionSet]]:
    """What runs that are not over are making, or are about to."""
    for keys, status, ranges in queries.partitions_on_their_way(connection):
        if status is StepStatus.RUNNING and not is_led:
            continue  # what a dead leader was making is not being made
        for key in keys:
            if key in partitioned.graph.assets and partitioned.is_partitioned(key):
                try:
                    yield key, status, partitioned.set_of(key, ranges)
                except AssettuiError:
                    continue  # the project has no such partitions any more


class _Available:
    """Each asset is looked up when it is asked for."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, AssetKey):
            return False
        sql = "SELECT 1 FROM assets WHERE key = ? AND materialization IS NOT NULL"
        return self._connection.execute(sql, (str(key),)).fetchone() is not None or key in self._on_their_way

    @lazy
    def _on_their_way(self) -> set[AssetKey]:
        return {key for run in queries.runs_not_over(self._connection) for key in run.assets}


class _Materialized(Mapping[AssetKey, PartitionSet]):
    """Of each asset the partitions are read when it is asked for."""

    def __init__(self, connection: sqlite3.Connection, partitioned: PartitionedGraph, *, is_led: bool) -> None:
        self._connection = connection
        self._partitioned = partitioned
        self.is_led = is_led
        self._known: dict[AssetKey, PartitionSet] = {}

    def __getitem__(self, key: AssetKey) -> PartitionSet:
        if not self._partitioned.is_partitioned(key):
            raise KeyError(key)
        if key not in self._known:
            recorded = partition_sets.recorded_partitions(self._connection, self._partitioned, [key]).get(key)
            found = recorded.materialized if recorded is not None else EMPTY
            for each, _, partitions in _on_their_way(self._connection, self._partitioned, is_led=self.is_led):
                if each == key:
                    found = found | partitions
            self._known[key] = found
        return self._known[key]

    def __iter__(self) -> Iterator[AssetKey]:
        return (key for key in self._partitioned.graph.assets if self._partitioned.is_partitioned(key))

    def __len__(self) -> int:
        return sum(1 for _ in self)
