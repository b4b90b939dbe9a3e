"""What the engine plans runs on: the project as the store knows it, asked for only as far as a plan needs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from assettui.core.keys import AssetKey
from assettui.core.partitions.sets import PartitionSet
from assettui.core.selection.algebra import Ground as SelectionGround
from assettui.core.selection.algebra import select
from assettui.core.selection.syntax import parse
from assettui.core.slice_status import KnownSlices
from assettui.core.staleness import standings
from assettui.store import partition_sets, queries

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from assettui.core.graph import AssetGraph
    from assettui.core.slices import Slices
    from assettui.core.snapshot import ProjectSnapshot


class StoreGround:
    """See `Ground` of `core.launching`.

    Args:
        connection: The store.
        snapshot: The project.
        slices: Its assets and their partitions.
        selected: What selections have come to before, in the same project; added to.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        snapshot: ProjectSnapshot,
        slices: Slices,
        selected: dict[str, Sequence[AssetKey]],
    ) -> None:
        self._connection = connection
        self._selected = selected
        self.snapshot = snapshot
        self.slices = slices
        self.graph: AssetGraph = slices.graph
        self.available = _Available(connection)
        self.materialized: Mapping[AssetKey, PartitionSet] = _Materialized(connection, slices)

    def select(self, selection: str) -> Sequence[AssetKey]:
        """See `Ground`."""
        found = self._selected.get(selection)
        if found is None:
            is_lasting = "status:" not in selection
            statuses = {} if is_lasting else self._statuses()
            found = select(SelectionGround(self.graph, statuses), [parse(selection)])
            if is_lasting:
                self._selected[selection] = found
        return found

    def _statuses(self) -> dict[AssetKey, str]:
        recorded = partition_sets.recorded_slices(self._connection, self.slices)
        known = KnownSlices(self.slices, recorded)
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
    """The slices that were materialized, or will be; of each asset they are read when it is asked for."""

    def __init__(self, connection: sqlite3.Connection, slices: Slices) -> None:
        self._connection = connection
        self._slices = slices
        self._known: dict[AssetKey, PartitionSet] = {}

    def __getitem__(self, key: AssetKey) -> PartitionSet:
        if not self._slices.is_partitioned(key):
            raise KeyError(key)
        if key not in self._known:
            recorded = partition_sets.recorded_slices(self._connection, self._slices, [key]).get(key)
            found = recorded.materialized if recorded is not None else PartitionSet()
            for keys, _, partitions in queries.slices_on_their_way(self._connection):
                if key in keys:
                    found = found | self._slices.set_of(key, partitions)
            self._known[key] = found
        return self._known[key]

    def __iter__(self) -> Iterator[AssetKey]:
        return (key for key in self._slices.graph.assets if self._slices.is_partitioned(key))

    def __len__(self) -> int:
        return sum(1 for _ in self)
