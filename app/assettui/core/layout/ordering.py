"""In which order the nodes of each layer stand, so that few edges cross."""

from __future__ import annotations

from bisect import bisect_left, insort
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assettui.core.layout.layers import Layers

ROUNDS = 8
GIVEN_UP_AFTER = 2
"""So many rounds without fewer crossings end the search."""


def ordered(layers: Layers) -> list[list[int]]:
    """The nodes of each layer, the topmost first: the order of the fewest crossings that was found.

    Nodes are moved to the mean place of their neighbors, layer by layer, to the right and back again (the barycenter method of
    Sugiyama), then neighbors change places where that helps.
    """
    rows = _by_layer(layers)
    best, fewest, rounds_since = [list(row) for row in rows], crossings(layers, rows), 0
    for turn in range(ROUNDS):
        if not fewest:
            break
        is_to_right = turn % 2 == 0
        neighbors = layers.above if is_to_right else layers.below
        places = [0] * len(layers.layer)
        for row in rows:
            for place, node in enumerate(row):
                places[node] = place
        indices = range(1, len(rows)) if is_to_right else range(len(rows) - 2, -1, -1)
        for index in indices:
            row = rows[index]
            wish = {
                node: sum(places[each] for each in neighbors[node]) / len(neighbors[node])
                if neighbors[node]
                else places[node]
                for node in row
            }
            row.sort(key=lambda node, wish=wish, places=places: (wish[node], places[node]))
            for place, node in enumerate(row):
                places[node] = place
        _transpose(layers, rows)
        count = crossings(layers, rows)
        if count < fewest:
            best, fewest, rounds_since = [list(row) for row in rows], count, 0
        else:
            rounds_since += 1
            if rounds_since > GIVEN_UP_AFTER:
                break
    return best


def crossings(layers: Layers, rows: list[list[int]]) -> int:
    """How many pairs of edges cross."""
    total = 0
    for left, right in pairwise(rows):
        place = {node: index for index, node in enumerate(right)}
        seen: list[int] = []
        for node in left:
            ends = sorted(place[target] for target in layers.below[node])
            for end in ends:
                total += len(seen) - bisect_left(seen, end + 1)
            for end in ends:
                insort(seen, end)
    return total


def _by_layer(layers: Layers) -> list[list[int]]:
    """The nodes of each layer in the order in which a walk through the graph comes to them: what hangs together is close."""
    rows: list[list[int]] = [[] for _ in range(max(layers.layer, default=-1) + 1)]
    seen = [False] * len(layers.layer)
    for root in range(layers.count):
        if seen[root]:
            continue
        seen[root] = True
        waiting = [root]
        while waiting:
            node = waiting.pop()
            rows[layers.layer[node]].append(node)
            for each in reversed([*layers.above[node], *layers.below[node]]):
                if not seen[each]:
                    seen[each] = True
                    waiting.append(each)
    return rows


def _transpose(layers: Layers, rows: list[list[int]]) -> None:
    """Have neighbors change places where fewer edges cross then."""
    places = [0] * len(layers.layer)
    for row in rows:
        for place, node in enumerate(row):
            places[node] = place
    above = [sorted(places[each] for each in layers.above[node]) for node in range(len(layers.layer))]
    below = [sorted(places[each] for each in layers.below[node]) for node in range(len(layers.layer))]
    for row in rows:
        if not _improve(row, above, below):
            continue
        for place, node in enumerate(row):
            places[node] = place
        for node in row:  # what their neighbors see has changed
            for each in layers.below[node]:
                above[each] = sorted(places[other] for other in layers.above[each])
            for each in layers.above[node]:
                below[each] = sorted(places[other] for other in layers.below[each])


def _improve(row: list[int], above: list[list[int]], below: list[list[int]]) -> bool:
    is_changed = False
    for index in range(len(row) - 1):
        upper, lower = row[index], row[index + 1]
        now = _inversions(above[upper], above[lower]) + _inversions(below[upper], below[lower])
        if now and now > _inversions(above[lower], above[upper]) + _inversions(below[lower], below[upper]):
            row[index], row[index + 1] = lower, upper
            is_changed = True
    return is_changed


def _inversions(upper: list[int], lower: list[int]) -> int:
    """How many edges of the one cross some of the other; both are sorted."""
    if not upper or not lower or upper[-1] <= lower[0]:
        return 0
    return sum(bisect_left(lower, end) for end in upper)
