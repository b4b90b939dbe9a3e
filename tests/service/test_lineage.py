"""Lineage around an asset, and of a column."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from assettui import AssetKey, MetadataValue, TableColumnDep, TableColumnLineage
from assettui.core.graph import AssetGraph
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitions.definition import AsOf
from assettui.core.staleness import AssetStatus, Standing
from assettui.model.asset import AssetState
from assettui.model.errors import NotFound
from assettui.model.project import AssetSnapshot
from assettui.service.catalog import AssetRow, Catalog
from assettui.service.lineage import column_lineage, columns_of, lineage_of, neighborhood


def of(*assets: AssetSnapshot) -> Catalog:
    graph = AssetGraph(assets)
    rows = tuple(AssetRow(each, AssetState(each.key), Standing(AssetStatus.FRESH)) for each in assets)
    return Catalog("shop", graph, PartitionedGraph(graph, AsOf(0)), rows, None, None, None)


def asset(
    name: str, *upstream: str, columns: dict[str, Sequence[tuple[str, str]]] | None = None, group: str = "g"
) -> AssetSnapshot:
    lineage = TableColumnLineage(
        {
            name: [TableColumnDep(AssetKey(key), column) for key, column in deps]
            for name, deps in (columns or {}).items()
        }
    )
    metadata = {"dagster/column_lineage": MetadataValue.column_lineage(lineage)} if columns else {}
    return AssetSnapshot(AssetKey(name), group, upstream=tuple(map(AssetKey, upstream)), step=name, metadata=metadata)


CHAIN = of(*(asset(f"a{index}", *([f"a{index - 1}"] if index else [])) for index in range(10)))


def names(keys: Sequence[AssetKey]) -> list[str]:
    return list(map(str, keys))


def test_levels_go_up_and_down() -> None:
    assert names(neighborhood(CHAIN, [AssetKey("a5")], 1, 2)) == ["a4", "a5", "a6", "a7"]
    assert names(neighborhood(CHAIN, [AssetKey("a5")], None, 0)) == [f"a{index}" for index in range(6)]


def test_no_more_than_so_many_and_the_nearest_first() -> None:
    assert names(neighborhood(CHAIN, [AssetKey("a5")], None, None, most=3)) == ["a4", "a5", "a6"]


def test_what_is_not_drawn_is_counted() -> None:
    node = lineage_of(CHAIN, [AssetKey("a5")]).nodes[0]
    assert (node.more_upstream, node.more_downstream) == (1, 1)


def test_groups_that_depend_on_each_other_fold_to_two_nodes() -> None:
    catalog = of(asset("a", group="x"), asset("b", "a", group="y"), asset("c", "b", group="x"))
    found = lineage_of(catalog, [row.key for row in catalog.rows], {"x", "y"})
    assert [node.name for node in found.nodes] == ["x", "y"]
    assert set(found.edges) == {(0, 1), (1, 0)}


TABLES = of(
    asset("orders", columns={"price": [("raw", "price")], "tax": [("raw", "price"), ("raw", "country")]}),
    asset(
        "revenue", "orders", columns={"total": [("orders", "price"), ("orders", "tax")], "month": [("orders", "day")]}
    ),
)


def test_a_column_is_followed_both_ways() -> None:
    found = column_lineage(TABLES, AssetKey("orders"), "tax")
    assert {node.name for node in found.nodes} == {"raw:price", "raw:country", "orders:tax", "revenue:total"}
    edges = {(found.nodes[source].name, found.nodes[target].name) for source, target in found.edges}
    assert edges == {("raw:price", "orders:tax"), ("raw:country", "orders:tax"), ("orders:tax", "revenue:total")}


def test_a_column_that_is_not_known_is_told_with_the_closest() -> None:
    assert columns_of(TABLES.rows[0]) == ["price", "tax"]
    with pytest.raises(NotFound, match="did you mean 'price'"):
        column_lineage(TABLES, AssetKey("orders"), "prices")
