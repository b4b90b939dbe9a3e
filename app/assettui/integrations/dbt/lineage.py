"""Which column of a model is made of which columns of others, told by sqlglot from its compiled SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from assettui.integrations.sql.analysis import TableRead
from assettui.model.errors import AssettuiError
from assettui.model.metadata import TableColumnDep, TableColumnLineage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from assettui.integrations.dbt.assets import DbtNodes
    from assettui.integrations.dbt.manifest import Node

_DIALECTS: Final = {
    "sqlserver": "tsql",
    "synapse": "tsql",
    "fabric": "tsql",
    "vertica": "postgres",
    "greenplum": "postgres",
}
"""Adapters that sqlglot calls otherwise."""


class ColumnLineage:
    """Follows columns through the models of one step, in the order in which they are built.

    Args:
        nodes: What the assets of the step are.
    """

    def __init__(self, nodes: DbtNodes) -> None:
        self._nodes = nodes
        adapter = nodes.manifest.metadata.adapter_type or ""
        self._dialect = _DIALECTS.get(adapter, adapter)
        self._columns: dict[str, tuple[str, ...]] = {}
        """Of nodes, by their id: as far as they were found."""

    def know(self, unique_id: str, columns: Sequence[str]) -> None:
        """The columns that a node has in the database."""
        self._columns[unique_id] = tuple(columns)

    def columns(self, node: Node) -> tuple[str, ...] | None:
        """The columns of a node, as far as they are known: as they were found, else as they are described."""
        return self._columns.get(node.unique_id) or tuple(node.columns) or None

    def of(self, node: Node, compiled: Path) -> TableColumnLineage | None:
        """The lineage of a model's columns; None where it cannot be told.

        Args:
            node: The model.
            compiled: The file of its compiled SQL.
        """
        found = self._found(node, compiled)
        if found is None:
            return None
        columns, origins, above = found
        if columns:
            self._columns.setdefault(node.unique_id, columns)
        deps = {
            column: [TableColumnDep(above[each.table], each.column) for each in made_of if each.table in above]
            for column, made_of in origins.items()
        }
        deps = {column: each for column, each in deps.items() if each}
        return TableColumnLineage(deps) if deps else None

    def _found(self, node: Node, compiled: Path) -> Any:
        try:
            from assettui.integrations.sql import queries  # deferred: 0.2 s, while dbt itself is starting
        except ModuleNotFoundError:
            return None
        manifest = self._nodes.manifest
        known: dict[TableRead, tuple[str, ...]] = {}
        above: dict[TableRead, Any] = {}
        for each in manifest.upstream(node):
            table = TableRead(each.table, each.schema)
            above[table] = self._nodes.by_id.get(each.unique_id) or self._nodes.translator.get_asset_key(
                self._nodes.props[each]
            )
            columns = self.columns(each)
            if columns is not None:
                known[table] = columns
        try:
            tree = queries.parsed(compiled.read_text(encoding="utf-8"), self._dialect, compiled)
            columns, origins = queries.columns_of(tree, self._dialect, known)
        except (OSError, ValueError, AssettuiError):  # a dialect that is not known, SQL that is not understood
            return None
        return columns, origins, above
