"""Lineage: what depends on what, around an asset or of a selection, and the way of a column through the assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from assettui.core.staleness import AssetStatus
from assettui.model.errors import NotFound
from assettui.model.keys import AssetKey, closest
from assettui.model.lineage import Lineage, LineageNode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from assettui.model.metadata import JsonObject
    from assettui.service.catalog import AssetRow, Catalog

MOST: Final = 300
"""So many nodes are drawn around an asset at most."""
EXTERNAL: Final = "external"
_WORST_FIRST: Final = (
    AssetStatus.FAILED.value,
    AssetStatus.RUNNING.value,
    AssetStatus.STALE.value,
    AssetStatus.NEVER.value,
    AssetStatus.PARTIAL.value,
    AssetStatus.FRESH.value,
    EXTERNAL,
)
Column = tuple[AssetKey, str]


def neighborhood(
    catalog: Catalog, focus: Sequence[AssetKey], up: int | None, down: int | None, most: int | None = MOST
) -> list[AssetKey]:
    """The assets around some, level by level, until there are so many.

    Args:
        catalog: All there are.
        focus: Around which.
        up: How many levels upstream; None for all.
        down: How many levels downstream; None for all.
        most: How many assets at most, the nearest ones; None for any number.
    """
    found = dict.fromkeys(focus)
    frontiers = [(list(focus), catalog.graph.upstream, up), (list(focus), catalog.graph.downstream, down)]
    level = 0
    while any(frontier for frontier, _, _ in frontiers):
        level += 1
        for index, (frontier, edges, depth) in enumerate(frontiers):
            near: dict[AssetKey, None] = {}
            if depth is None or level <= depth:
                near = {each: None for key in frontier for each in edges[key] if each not in found}
            if most is not None and len(found) + len(near) > most:
                near = dict.fromkeys(list(near)[: max(0, most - len(found))])
            found.update(near)
            frontiers[index] = (list(near), edges, depth)
    return catalog.graph.sort(found)


def lineage_of(catalog: Catalog, keys: Iterable[AssetKey], folded: Collection[str] = ()) -> Lineage:
    """The graph of some assets.

    Args:
        catalog: All there are.
        keys: Which of them; upstream before downstream, the drawing keeps to their order where it can.
        folded: Groups of which one node is drawn each.
    """
    rows = {row.key: row for row in catalog.rows}
    nodes: list[LineageNode] = []
    place: dict[AssetKey, int] = {}
    of_group: dict[str, list[AssetRow]] = {}
    place_of: dict[str, int] = {}
    shown = list(keys)
    chosen = set(shown)
    for key in shown:
        row = rows[key]
        group = row.asset.group
        if group in folded:
            if group not in of_group:
                of_group[group] = []
                place_of[group] = len(nodes)
                nodes.append(LineageNode(group, "group", group=group))
            of_group[group].append(row)
            place[key] = place_of[group]
            continue
        place[key] = len(nodes)
        nodes.append(
            _asset_node(
                row,
                sum(each not in chosen for each in catalog.graph.upstream[key]),
                sum(each not in chosen for each in catalog.graph.downstream[key]),
            )
        )
    folded_nodes = {group: _group_node(group, held) for group, held in of_group.items()}
    edges = {
        (place[upstream], place[key]): None
        for key in shown
        for upstream in catalog.graph.upstream[key]
        if upstream in place and place[upstream] != place[key]
    }
    return Lineage(
        tuple(folded_nodes[node.name] if node.kind == "group" else node for node in nodes),
        tuple(edges),
    )


def columns_of(row: AssetRow) -> list[str]:
    """The columns that the way of is known, or that the asset is known to have."""
    found: dict[str, None] = dict.fromkeys(_column_lineage(row))
    for value in row.metadata.values():
        if value.type == "table_schema":
            found.update(dict.fromkeys(str(each["name"]) for each in cast("JsonObject", value.value)["columns"]))
    return list(found)


def column_lineage(catalog: Catalog, key: AssetKey, column: str) -> Lineage:
    """The way of a column: all columns that it is made of, and all that are made of it.

    Raises:
        NotFound: The asset has no such column, as far as is known.
    """
    rows = {row.key: row for row in catalog.rows}
    row = catalog.row(key)
    upstream: dict[Column, list[Column]] = {}
    for each in catalog.rows:
        for name, deps in _column_lineage(each).items():
            upstream[each.key, name] = deps
    downstream: dict[Column, list[Column]] = {}
    for made, deps in upstream.items():
        for dep in deps:
            downstream.setdefault(dep, []).append(made)
    start = (key, column)
    if start not in upstream and start not in downstream and column not in columns_of(row):
        known_columns = [*columns_of(row), *(name for asset, name in downstream if asset == key)]
        near = closest(column, known_columns)
        hint = f"did you mean {near!r}?" if near else "column lineage is recorded as metadata, `dagster/column_lineage`"
        raise NotFound(f"{key} has no column {column!r} that is known", hint=hint)
    found = {start}
    for edges in (upstream, downstream):
        waiting = [start]
        while waiting:
            for each in edges.get(waiting.pop()) or ():
                if each not in found:
                    found.add(each)
                    waiting.append(each)
    position = catalog.graph.position
    shown = sorted(found, key=lambda each: (position.get(each[0], -1), each[1]))
    place = {each: index for index, each in enumerate(shown)}
    nodes = tuple(_column_node(asset, name, rows.get(asset)) for asset, name in shown)
    edges = dict.fromkeys(
        (place[dep], place[made]) for made in shown for dep in upstream.get(made, ()) if dep in place and dep != made
    )
    return Lineage(nodes, tuple(edges))


def _asset_node(row: AssetRow, more_upstream: int, more_downstream: int) -> LineageNode:
    latest = row.state.last or row.state.observed
    return LineageNode(
        str(row.key),
        "asset",
        row.key,
        group=row.asset.group,
        kinds=tuple(row.asset.kinds),
        status=_word(row),
        built_us=latest.time_us if latest is not None else None,
        more_upstream=more_upstream,
        more_downstream=more_downstream,
    )


def _group_node(group: str, rows: Sequence[AssetRow]) -> LineageNode:
    counts: dict[str, int] = {}
    for row in rows:
        counts[_word(row)] = counts.get(_word(row), 0) + 1
    times = [row.state.last.time_us for row in rows if row.state.last is not None]
    return LineageNode(
        group,
        "group",
        group=group,
        status=next(word for word in _WORST_FIRST if word in counts),
        built_us=max(times, default=None),
        counts={word: counts[word] for word in _WORST_FIRST if word in counts},
    )


def _column_node(key: AssetKey, column: str, row: AssetRow | None) -> LineageNode:
    return LineageNode(
        f"{key}:{column}",
        "column",
        key,
        column,
        group=row.asset.group if row is not None else "",
        status=_word(row) if row is not None else EXTERNAL,
    )


def _word(row: AssetRow) -> str:
    return EXTERNAL if row.asset.is_external else row.status.value


def _column_lineage(row: AssetRow) -> dict[str, list[Column]]:
    """What each column of an asset is made of, as its metadata says."""
    for value in row.metadata.values():
        if value.type == "column_lineage":
            said = cast("dict[str, list[list[str]]]", value.value)
            return {name: [(AssetKey(key.split("/")), column) for key, column in deps] for name, deps in said.items()}
    return {}
