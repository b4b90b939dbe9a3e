"""The whole drawing: where each node is, and the way of each edge."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.layout.layers import Edge, Layers, layered
from assettui.core.layout.ordering import ordered
from assettui.core.layout.placing import placed
from assettui.core.layout.routing import nets, tracks

if TYPE_CHECKING:
    from collections.abc import Sequence

Point = tuple[int, int]
"""Column and row, in cells."""
WIDE_UP_TO = 4
"""With no more tracks than these in a channel, a column stays free between two of them."""


class Box(Struct, frozen=True):
    """Where a node is: its upper left cell and its size, in cells."""

    x: int
    y: int
    width: int
    height: int
    port: int
    """How far below its upper edge edges meet it."""


class Route(Struct, frozen=True):
    """The way of an edge: its corners, both ends included; the first lies right of its source, the last left of its target."""

    source: int
    target: int
    points: tuple[Point, ...]
    is_turned: bool = False
    """Whether it leads from right to left: the first point is then at its target."""


class Drawing(Struct, frozen=True):
    """A graph as it is drawn."""

    boxes: tuple[Box, ...]
    """Of the nodes, as they were given."""
    routes: tuple[Route, ...]
    """Of the edges, as they were given."""
    layers: tuple[tuple[int, ...], ...]
    """Nodes that stand below each other, the topmost first, from left to right. Of each part of the graph by itself."""
    width: int
    height: int
    shared: int = 0
    """How many edges share a part of a row with others that lead elsewhere, since there was no room for them."""


def draw(sizes: Sequence[tuple[int, int, int]], edges: Sequence[Edge], *, gap: int = 0, wide: int = 120) -> Drawing:
    """Lay out a graph.

    Args:
        sizes: Of each node its width, its height, and how far below its upper edge edges meet it.
        edges: Pairs of two nodes, without doubles. Where they form circles, some are drawn from right to left.
        gap: How many rows stay free between nodes of a layer.
        wide: How many columns nodes without edges are spread over.
    """
    boxes: list[Box | None] = [None] * len(sizes)
    routes: dict[Edge, Route] = {}
    columns: list[tuple[int, ...]] = []
    width = top = shared = 0
    parts = _parts(len(sizes), edges)
    alone = [part[0] for part in parts if len(part) == 1]
    for part in parts:
        if len(part) == 1:
            continue
        number = {node: index for index, node in enumerate(part)}
        own = [(number[source], number[target]) for source, target in edges if source in number]
        own_sizes = [sizes[node] for node in part]
        found = _draw_part(own_sizes, own, gap)
        if found.shared and not gap and all(size[1] == 1 for size in own_sizes):
            found = _draw_part(own_sizes, own, 1)  # lines one below the other leave no row for edges that change places
        for node, box in zip(part, found.boxes, strict=True):
            boxes[node] = Box(box.x, box.y + top, box.width, box.height, box.port)
        for route in found.routes:
            edge = part[route.source], part[route.target]
            routes[edge] = Route(*edge, tuple((x, y + top) for x, y in route.points), route.is_turned)
        columns += [tuple(part[node] for node in column) for column in found.layers]
        width, top = max(width, found.width), top + found.height + 1
        shared += found.shared
    if alone:
        pitch = max(sizes[node][0] for node in alone) + 2
        fitting = max(1, min(len(alone), wide // pitch))
        lines = -(-len(alone) // fitting)
        for index, node in enumerate(alone):
            column, line = divmod(index, lines)
            node_width, height, port = sizes[node]
            boxes[node] = Box(column * pitch, top + line * (height + gap), node_width, height, port)
        columns += [tuple(alone[start : start + lines]) for start in range(0, len(alone), lines)]
        width = max(width, fitting * pitch - 2)
        top += lines * (sizes[alone[0]][1] + gap) - gap + 1
    return Drawing(
        tuple(box for box in boxes if box is not None),
        tuple(routes[edge] for edge in edges),
        tuple(columns),
        width,
        max(0, top - 1),
        shared,
    )


def _parts(count: int, edges: Sequence[Edge]) -> list[list[int]]:
    """The nodes that hang together, the largest part first."""
    leader = list(range(count))

    def find(node: int) -> int:
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for source, target in edges:
        leader[find(target)] = find(source)
    parts: dict[int, list[int]] = {}
    for node in range(count):
        parts.setdefault(find(node), []).append(node)
    return sorted(parts.values(), key=lambda part: -len(part))


def _draw_part(sizes: Sequence[tuple[int, int, int]], edges: Sequence[Edge], gap: int) -> Drawing:
    layers = layered(len(sizes), edges)
    rows = ordered(layers)
    y = placed(layers, rows, [height for _, height, _ in sizes], [port for _, _, port in sizes], gap)
    left: list[int] = []
    """The column in which each layer begins."""
    widths = [max((sizes[node][0] for node in row if node < layers.count), default=1) for row in rows]
    turns: dict[Edge, tuple[Point, ...]] = {}
    """Where an edge from one layer to the next turns."""
    at = shared = 0
    last_row = max((y[node] for row in rows for node in row), default=0)
    for index, row in enumerate(rows):
        left.append(at)
        at += widths[index]
        if index + 1 < len(rows):
            channel, unresolved = _channel(row, layers, y, at, last_row, turns)
            at += channel
            shared += unresolved
    boxes = tuple(
        Box(left[layers.layer[node]], y[node] - port, widths[layers.layer[node]], height, port)
        for node, (_, height, port) in enumerate(sizes)
    )
    routes = tuple(
        Route(*edge, _way(layers.chains[index], layers, y, left, widths, turns), index in layers.turned)
        for index, edge in enumerate(edges)
    )
    height = max((box.y + box.height for box in boxes), default=0)
    height = max(height, max((y[node] + 1 for node in range(layers.count, len(y))), default=0))
    columns = tuple(tuple(node for node in row if node < layers.count) for row in rows)
    return Drawing(boxes, routes, columns, at, height, shared)


def _channel(
    row: Sequence[int],
    layers: Layers,
    y: Sequence[int],
    at: int,
    last_row: int,
    turns: dict[Edge, tuple[Point, ...]],
) -> tuple[int, int]:
    """How wide the channel behind a layer is, and how many of its nets share rows; where its edges turn is noted."""
    found = nets(row, layers.below, y)
    needed = {each for net in found for each in net.rows}
    free = [each for each in range(last_row + 1) if each not in needed]
    used = tracks(found, y, free)
    step = 2 if used.count <= WIDE_UP_TO else 1

    def column(track: int) -> int:
        return at + 1 + max(0, track) * step

    for index, net in enumerate(found):
        x = column(used.first[index])
        for target in net.targets:
            on = used.second.get((index, target))
            for source in net.sources:
                if on is not None:
                    then, to_x = on[0], column(on[1])
                    turns[source, target] = ((x, y[source]), (x, then), (to_x, then), (to_x, y[target]))
                elif y[source] != y[target]:
                    turns[source, target] = ((x, y[source]), (x, y[target]))
    return max(4, 2 + max(0, used.count - 1) * step + 2), used.shared


def _way(
    chain: Sequence[int],
    layers: Layers,
    y: Sequence[int],
    left: Sequence[int],
    widths: Sequence[int],
    turns: dict[Edge, tuple[Point, ...]],
) -> tuple[Point, ...]:
    first, last = chain[0], chain[-1]
    points: list[Point] = [(left[layers.layer[first]] + widths[layers.layer[first]], y[first])]
    for one, other in pairwise(chain):
        points += turns.get((one, other), ())
    points.append((left[layers.layer[last]] - 1, y[last]))
    return tuple(points)
