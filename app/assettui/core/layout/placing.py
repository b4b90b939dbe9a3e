"""On which row each node stands, so that edges are straight."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.core.layout.layers import Layers

SWEEPS = 10
STRAIGHT = {0: 1, 1: 3, 2: 12}
"""How much an edge wants to be straight, by how many of its ends are bends (Gansner and others, 1993, use 1, 2 and 8)."""

JOG = 3
"""An edge that goes up or down by so many rows at most is made straight where there is room."""


def placed(layers: Layers, rows: list[list[int]], heights: Sequence[int], ports: Sequence[int], gap: int) -> list[int]:
    """The row of each node's port, its upper edge being so much higher; the topmost is on row 0.

    Each layer in turn takes the rows closest to what its neighbors wish for that keep its order and its distances: a
    least-squares fit of an increasing sequence, which pooling adjacent violators solves exactly in linear time.

    Args:
        layers: The graph.
        rows: The order in each layer.
        heights: In cells, of the nodes that were given; bends take one.
        ports: How far below its upper edge an edge meets each of them.
        gap: How many rows stay free between two of a layer.
    """
    count = layers.count
    above_port = [ports[node] if node < count else 0 for node in range(len(layers.layer))]
    below_port = [heights[node] - ports[node] if node < count else 1 for node in range(len(layers.layer))]
    offsets: list[list[int]] = []
    y = [0.0] * len(layers.layer)
    for row in rows:
        offset: list[int] = []
        at = 0
        for index, node in enumerate(row):
            at += above_port[node] if not index else below_port[row[index - 1]] + gap + above_port[node]
            offset.append(at)
            y[node] = at
        offsets.append(offset)
    weights = [
        [(each, STRAIGHT[(node >= count) + (each >= count)]) for each in (*layers.above[node], *layers.below[node])]
        for node in range(len(layers.layer))
    ]
    order = list(range(len(rows)))
    for sweep in range(SWEEPS):
        is_last = sweep == SWEEPS - 1
        for index in order if sweep % 2 == 0 else reversed(order):
            row, offset = rows[index], offsets[index]
            wishes: list[tuple[float, float]] = []
            for node, at in zip(row, offset, strict=True):
                pull = weights[node]
                total = sum(weight for _, weight in pull)
                wish = sum(y[each] * weight for each, weight in pull) / total if total else y[node]
                wishes.append((wish - at, total or 0.1))
            for node, at, value in zip(row, offset, _increasing(wishes), strict=True):
                y[node] = round(value) + at if is_last else value + at
    y = _straightened(layers, rows, [round(value) for value in y], above_port, below_port, gap)
    top = min((value - above for value, above in zip(y, above_port, strict=True)), default=0)
    return [int(value - top) for value in y]


def _increasing(wishes: Sequence[tuple[float, float]]) -> list[float]:
    """The non-decreasing sequence closest to the wishes, each with its weight."""
    means: list[float] = []
    totals: list[float] = []
    sizes: list[int] = []
    for wish, weight in wishes:
        mean, total, size = wish, weight, 1
        while means and means[-1] > mean:
            before, before_total = means.pop(), totals.pop()
            mean = (mean * total + before * before_total) / (total + before_total)
            total += before_total
            size += sizes.pop()
        means.append(mean)
        totals.append(total)
        sizes.append(size)
    return [mean for mean, size in zip(means, sizes, strict=True) for _ in range(size)]


def _straightened(
    layers: Layers, rows: list[list[int]], y: list[int], above_port: list[int], below_port: list[int], gap: int
) -> list[int]:
    """The same without jogs of a row or two: a node moves onto the row of a neighbor where there is room for it."""
    far = sum(below_port) + sum(above_port) + len(y) * (gap + 1)

    def limits(index: int, place: int) -> tuple[int, int]:
        row = rows[index]
        node = row[place]
        low, high = -far, 2 * far
        if place:
            upper = row[place - 1]
            low = y[upper] + below_port[upper] + gap + above_port[node]
        if place + 1 < len(row):
            lower = row[place + 1]
            high = y[lower] - above_port[lower] - gap - below_port[node]
        return low, high

    for neighbors, indices in (
        (layers.above, range(1, len(rows))),
        (layers.below, range(len(rows) - 2, -1, -1)),
        (layers.above, range(1, len(rows))),
    ):
        for index in indices:
            for place, node in enumerate(rows[index]):
                near = neighbors[node]
                if not near or any(y[each] == y[node] for each in near):
                    continue
                low, high = limits(index, place)
                wished = min((y[each] for each in near), key=lambda value, here=y[node]: abs(value - here))
                if low <= wished <= high and abs(wished - y[node]) <= JOG:
                    y[node] = wished
    return y
