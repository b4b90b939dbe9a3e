"""The catalog as the ground that runs are planned on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.selection.syntax import parse
from assettui.model.project import ProjectSnapshot
from assettui.store import queries

if TYPE_CHECKING:
    import sqlite3

    from assettui.core.graph import AssetGraph
    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.core.partitions.sets import PartitionSet
    from assettui.model.keys import AssetKey
    from assettui.service.catalog import Catalog


class CatalogContext:
    """See `PlanningContext`.

    Args:
        catalog: What is known of the project and its assets.
        connection: The store that it was read from; None where no run is to be planned.
    """

    def __init__(self, catalog: Catalog, connection: sqlite3.Connection | None = None) -> None:
        self.catalog = catalog
        self.graph: AssetGraph = catalog.graph
        self.partitioned: PartitionedGraph = catalog.partitioned
        self.snapshot = catalog.snapshot or ProjectSnapshot(catalog.project_name)
        # What an earlier run is about to make will be there by the time that this one is carried out.
        runs = queries.runs_not_over(connection) if connection is not None else ()
        self.available = {key for run in runs for key in run.assets}
        self.available.update(row.key for row in catalog.rows if row.state.last is not None)

    @property
    def materialized(self) -> dict[AssetKey, PartitionSet]:
        """See `PlanningContext`."""
        return {
            row.key: row.statuses.materialized | row.statuses.queued | row.statuses.running
            for row in self.catalog.rows
            if row.statuses
        }

    def select(self, selection: str) -> list[AssetKey]:
        """See `PlanningContext`."""
        return self.catalog.select([parse(selection)])
