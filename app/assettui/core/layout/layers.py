"""Which layer each node stands in, and the bends of edges that pass several layers."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

Edge = tuple[int, int]


class Layers(Struct, frozen=True):
    """A graph in which each edge leads from one layer to the next."""

    layer: list[int]
    """Of each node; behind the nodes that were given stand the bends."""
    below: list[list[int]]
    """Of each node, those in the next layer that an edge leads to."""
    above: list[list[int]]
    """Of each node, those in the layer before."""
    chains: list[list[int]]
    """For each edge that was given, the nodes that it passes, both ends included."""
    count: int
    """How many nodes were given."""
    turned: frozenset[int]
    """The edges, by their place, that would close a circle and are drawn the other way round."""


def layered(count: int, edges: Sequence[Edge]) -> Layers:
    """Put nodes into layers so that every edge leads to the right, and is short.

    Args:
        count: How many nodes there are.
        edges: Pairs of nodes, without doubles. Where they form circles, some are turned round.
    """
    turned = _closing(count, edges)
    edges = [(target, source) if index in turned else (source, target) for index, (source, target) in enumerate(edges)]
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        below[source].append(target)
        above[target].append(source)
    layer = _pulled(_longest_paths(above, below), above, below)
    bent_above: list[list[int]] = [[] for _ in range(count)]
    bent_below: list[list[int]] = [[] for _ in range(count)]
    chains: list[list[int]] = []
    shared: dict[tuple[int, int], int] = {}
    """The bend of a node's edges in a layer: edges from one node go side by side for as long as they can."""
    for source, target in edges:
        chain = [source]
        for passed in range(layer[source] + 1, layer[target]):
            bend = shared.get((source, passed))
            if bend is None:
                bend = shared[source, passed] = len(layer)
                layer.append(passed)
                bent_above.append([])
                bent_below.append([])
            chain.append(bend)
        chain.append(target)
        for one, other in pairwise(chain):
            if other not in bent_below[one]:
                bent_below[one].append(other)
                bent_above[other].append(one)
        chains.append(chain)
    return Layers(layer, bent_below, bent_above, chains, count, turned)


def _closing(count: int, edges: Sequence[Edge]) -> frozenset[int]:
    """The edges that lead back to a node from which a walk came, by their place; none where there is no circle."""
    below: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    missing = [0] * count
    for index, (source, target) in enumerate(edges):
        below[source].append((target, index))
        missing[target] += 1
    order = [node for node, left in enumerate(missing) if not left]
    for node in order:
        for target, _ in below[node]:
            missing[target] -= 1
            if not missing[target]:
                order.append(target)
    if len(order) == count:
        return frozenset()
    found: set[int] = set()
    on_way, done = [False] * count, [False] * count
    for root in [*order, *range(count)]:
        if done[root]:
            continue
        stack = [(root, iter(below[root]))]
        on_way[root] = True
        while stack:
            node, left = stack[-1]
            for target, index in left:
                if on_way[target]:
                    found.add(index)
                elif not done[target]:
                    on_way[target] = True
                    stack.append((target, iter(below[target])))
                    break
            else:
                on_way[node], done[node] = False, True
                stack.pop()
    return frozenset(found)


def _longest_paths(above: list[list[int]], below: list[list[int]]) -> tuple[list[int], list[int]]:
    """The layer of each node, as far left as may be, and the nodes in an order in which edges lead on."""
    layer, missing = [0] * len(above), [len(each) for each in above]
    order = [node for node, count in enumerate(missing) if not count]
    for node in order:
        for target in below[node]:
            layer[target] = max(layer[target], layer[node] + 1)
            missing[target] -= 1
            if not missing[target]:
                order.append(target)
    return layer, order


def _pulled(found: tuple[list[int], list[int]], above: list[list[int]], below: list[list[int]]) -> list[int]:
    """The same, each node with more edges to the right than to the left moved as far right as these allow."""
    layer, order = found
    for node in reversed(order):
        if below[node] and len(below[node]) >= len(above[node]):
            layer[node] = min(layer[target] for target in below[node]) - 1
    return layer
