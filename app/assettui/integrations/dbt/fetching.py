"""What `DbtCliInvocation.stream()` gives: the results of dbt, about which the database may be asked for more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from msgspec import structs

from assettui.definitions.results import MaterializeResult
from assettui.integrations.database import DatabaseIOManager
from assettui.integrations.dbt.tables import DbtShow, show, tables_of
from assettui.model.errors import AssettuiError
from assettui.model.metadata import TableColumn, TableSchema
from assettui.values.tables import TableName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from assettui.definitions.checks import AssetCheckResult
    from assettui.integrations.dbt.cli import DbtCliInvocation
    from assettui.integrations.dbt.manifest import Node
    from assettui.values.sql_transaction import SqlTransaction

    DbtResult = MaterializeResult[Any] | AssetCheckResult
    Fetch = Callable[[list[Node]], dict[str, dict[str, Any]]]


class DbtEventIterator:
    """Results as dbt gives them. Each `fetch_…` asks the database, and adds what it says to the metadata of what was built.

    PostgreSQL is asked while dbt works. A file of DuckDB lets one process in, and what is asked through dbt takes seconds: there,
    results wait until dbt has ended.

    Args:
        results: The results.
        invocation: The command.
    """

    def __init__(self, results: Iterable[DbtResult], invocation: DbtCliInvocation) -> None:
        self._results = iter(results)
        self._invocation = invocation

    def __iter__(self) -> Iterator[DbtResult]:
        return self

    def __next__(self) -> DbtResult:
        return next(self._results)

    def fetch_row_counts(self) -> Self:
        """How many rows each table has, once it is built: `row_count`. Views are left out."""
        return type(self)(self._fetched(self._row_counts), self._invocation)

    def fetch_column_metadata(self, with_column_lineage: bool = True) -> Self:
        """The columns of each table and view, with their types; and which columns they are made of.

        Args:
            with_column_lineage: Whether that too: by the columns that the database has, rather than those described.
        """
        return type(self)(self._fetched(lambda nodes: self._columns(nodes, with_column_lineage)), self._invocation)

    def _fetched(self, fetch: Fetch) -> Iterator[DbtResult]:
        """The results, with what is found about those that were built. What cannot be found is said in the log."""
        waiting: list[DbtResult] = []
        manager = tables_of(self._invocation.project)
        has_to_wait = isinstance(manager, DbtShow) or not manager.url.startswith("postgresql:")
        failure: Exception | None = None
        try:
            for result in self._results:
                if has_to_wait:
                    waiting.append(result)
                else:
                    yield from self._with_found([result], fetch)
        except AssettuiError as error:  # of one model: the others are built all the same
            failure = error
        yield from self._with_found(waiting, fetch)
        if failure is not None:
            raise failure

    def _with_found(self, results: list[DbtResult], fetch: Fetch) -> Iterator[DbtResult]:
        nodes = [node for each in results if (node := self._node(each)) is not None]
        found: dict[str, dict[str, Any]] = {}
        if nodes:
            try:
                found = fetch(nodes)
            except AssettuiError as error:
                self._invocation.warn(f"what was built cannot be looked at: {error.what}")
        for each in results:
            node = self._node(each)
            more = found.get(node.unique_id) if node is not None else None
            yield structs.replace(each, metadata={**(each.metadata or {}), **more}) if more else each

    def _node(self, result: DbtResult) -> Node | None:
        nodes = self._invocation.nodes
        if nodes is None or not isinstance(result, MaterializeResult) or result.asset_key is None:
            return None
        return nodes.assets.get(result.asset_key)  # pyright: ignore[reportArgumentType] - it is ours, and a key

    def _row_counts(self, nodes: list[Node]) -> dict[str, dict[str, Any]]:
        wanted = [node for node in nodes if node.materialized != "view" and node.relation_name]
        manager = tables_of(self._invocation.project)
        if not wanted:
            return {}
        if isinstance(manager, DatabaseIOManager):
            with manager.transaction("dbt") as transaction:
                return {
                    node.unique_id: {"row_count": transaction.run(_count_of(transaction, node))[0][0]}
                    for node in wanted
                }
        parts = [
            f"select '{node.unique_id}' as unique_id, count(*) as row_count from {node.relation_name}"  # noqa: S608 - dbt's names
            for node in wanted
        ]
        rows = [
            {name.lower(): value for name, value in row.items()}
            for row in show(self._invocation.project, " union all ".join(parts))
        ]
        return {str(row["unique_id"]): {"row_count": int(row["row_count"])} for row in rows}

    def _columns(self, nodes: list[Node], with_column_lineage: bool) -> dict[str, dict[str, Any]]:
        invocation = self._invocation
        lineage = invocation.lineage
        above = {
            each.unique_id: each
            for node in nodes
            if invocation.nodes is not None and with_column_lineage
            for each in invocation.nodes.manifest.upstream(node)
        }
        schemas = self._schemas([*nodes, *above.values()])
        found: dict[str, dict[str, Any]] = {}
        for unique_id, columns in schemas.items():
            if lineage is not None:
                lineage.know(unique_id, [each.name for each in columns])
        for node in nodes:
            if node.unique_id not in schemas:
                continue
            described = {name.lower(): each.description or None for name, each in node.columns.items()}
            columns = [
                TableColumn(each.name, each.type, described.get(each.name.lower())) for each in schemas[node.unique_id]
            ]
            found[node.unique_id] = {"columns": TableSchema(columns)}
            deps = lineage.of(node, invocation.compiled(node)) if with_column_lineage and lineage is not None else None
            if deps is not None:
                found[node.unique_id]["column_lineage"] = deps
        return found

    def _schemas(self, nodes: list[Node]) -> dict[str, list[TableColumn]]:
        manager = tables_of(self._invocation.project)
        if isinstance(manager, DatabaseIOManager):
            with manager.transaction("dbt") as transaction:
                found = {
                    node.unique_id: transaction.columns(transaction.named(TableName(node.schema, node.table)))
                    for node in nodes
                }
            return {unique_id: columns for unique_id, columns in found.items() if columns}
        catalog = self._invocation.catalog(nodes)
        return {
            unique_id: [
                TableColumn(each["name"], each.get("type") or "?")
                for each in sorted(said["columns"].values(), key=_index)
            ]
            for unique_id, said in {**catalog.get("nodes", {}), **catalog.get("sources", {})}.items()
        }


def _index(column: dict[str, Any]) -> int:
    return int(column.get("index") or 0)


def _count_of(transaction: SqlTransaction, node: Node) -> str:
    name = transaction.named(TableName(node.schema, node.table)).quoted()
    return f"SELECT count(*) FROM {name}"  # noqa: S608 - quoted
