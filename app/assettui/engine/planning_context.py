"""What the engine plans runs on: the project as the store knows it, asked for only as far as a plan needs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from assettui.core.partition_status import KnownPartitions
from assettui.core.partitions.sets import PartitionSet
from assettui.core.selection.algebra import SelectionContext, select
from assettui.core.selection.syntax import parse
from assettui.core.staleness import standings
from assettui.model.keys import AssetKey
from assettui.store import partition_sets, queries

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from assettui.core.graph import AssetGraph
    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.model.project import ProjectSnapshot


class StoreContext:
    """See `PlanningContext` of `core.launching`.

    Args:
        connection: The store.
        snapshot: The project.
        partitioned: Its assets and their partitions.
        selected: What selections have come to before, in the same project; added to.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        snapshot: ProjectSnapshot,
        partitioned: PartitionedGraph,
        selected: dict[str, Sequence[AssetKey]],
    ) -> None:
        self._connection = connection
        self._selected = selected
        self.snapshot = snapshot
        self.partitioned = partitioned
        self.graph: AssetGraph = partitioned.graph
        self.available = _Available(connection)
        self.materialized: Mapping[AssetKey, PartitionSet] = _Materialized(connection, partitioned)

    def select(self, selection: str) -> Sequence[AssetKey]:
        """See `PlanningContext`."""
        found = self._selected.get(selection)
        if found is None:
            is_lasting = "status:" not in selection
            statuses = {} if is_lasting else self._statuses()
            found = select(SelectionContext(self.graph, statuses), [parse(selection)])
            if is_lasting:
                self._selected[selection] = found
        return found

    def _statuses(self) -> dict[AssetKey, str]:
        recorded = partition_sets.recorded_partitions(self._connection, self.partitioned)
        known = KnownPartitions(self.partitioned, recorded)
        found = standings(self.graph, queries.asset_states(self._connection), known)
        return {key: standing.status.value for key, standing in found.items()}


class _Available:
    """The assets that were materialized, or will be by a run that is on its way; each is looked up when it is asked for."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, AssetKey):
            return False
        sql = "SELECT 1 FROM assets WHERE key = ? AND materialization IS NOT NULL"
        return self._connection.execute(sql, (str(key),)).fetchone() is not None or key in self._on_their_way

    @cached_property
    def _on_their_way(self) -> set[AssetKey]:
        return {key for run in queries.runs_not_over(self._connection) for key in run.assets}


class _Materialized(Mapping[AssetKey, PartitionSet]):
    """The partitions that were materialized, or will be; of each asset they are read when it is asked for."""

    def __init__(self, connection: sqlite3.Connection, partitioned: PartitionedGraph) -> None:
        self._connection = connection
        self._partitioned = partitioned
        self._known: dict[AssetKey, PartitionSet] = {}

    def __getitem__(self, key: AssetKey) -> PartitionSet:
        if not self._partitioned.is_partitioned(key):
            raise KeyError(key)
        if key not in self._known:
            recorded = partition_sets.recorded_partitions(self._connection, self._partitioned, [key]).get(key)
            found = recorded.materialized if recorded is not None else PartitionSet()
            for keys, _, partitions in queries.partitions_on_their_way(self._connection):
                if key in keys:
                    found = found | self._partitioned.set_of(key, partitions)
            self._known[key] = found
        return self._known[key]

    def __iter__(self) -> Iterator[AssetKey]:
        return (key for key in self._partitioned.graph.assets if self._partitioned.is_partitioned(key))

    def __len__(self) -> int:
        return sum(1 for _ in self)
