"""How the edges go through the channel between two layers: straight, or up and down on a track of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence


class Net(Struct, frozen=True):
    """Edges that share a track: each of the sources leads to each of the targets."""

    sources: tuple[int, ...]
    targets: tuple[int, ...]
    rows: tuple[int, ...]
    """All that it touches, the topmost first."""
    first: int
    """The row of its topmost source."""

    @property
    def is_straight(self) -> bool:
        """Whether it needs no track."""
        return self.rows[0] == self.rows[-1]


def nets(layer: Sequence[int], below: Sequence[Sequence[int]], y: Sequence[int]) -> list[Net]:
    """The edges out of a layer, those together that lead to the very same nodes."""
    found: dict[frozenset[int], list[int]] = {}
    for node in layer:
        if below[node]:
            found.setdefault(frozenset(below[node]), []).append(node)
    return [
        Net(
            tuple(sources),
            tuple(sorted(targets, key=lambda node: y[node])),
            tuple(sorted({y[node] for node in (*sources, *targets)})),
            min(y[node] for node in sources),
        )
        for targets, sources in found.items()
    ]


def tracks(found: Sequence[Net], y: Sequence[int]) -> list[int]:
    """The track of each net, 0 being the leftmost; -1 of one that needs none.

    A net comes to the left of another where it leaves a row into which the other leads, so that the two are not one line; and
    where they run beside each other, in the order in which they cross the least.
    """
    leaving = {y[node]: index for index, net in enumerate(found) for node in net.sources}
    left_of: list[set[int]] = [set() for _ in found]
    """The nets that are to be on the left of each."""
    for index, net in enumerate(found):
        for node in net.targets:
            other = leaving.get(y[node])
            if other is not None and other != index:
                left_of[index].add(other)

    def preferred(index: int) -> tuple[int, int]:
        net = found[index]
        down = sum(net.rows) / len(net.rows) >= net.first
        return (0, -net.first) if down else (1, net.first)

    track = [-1] * len(found)
    waiting = sorted((index for index, net in enumerate(found) if not net.is_straight), key=preferred)
    done = {index for index, net in enumerate(found) if net.is_straight}
    occupied: list[list[tuple[int, int]]] = []
    while waiting:
        index = next(
            (each for each in waiting if left_of[each] <= done), waiting[0]
        )  # around a circle, one must give in
        waiting.remove(index)
        low, high = found[index].rows[0], found[index].rows[-1]
        at = 1 + max((track[each] for each in left_of[index]), default=-1)
        for place in range(len(occupied) - 1, at - 1, -1):
            if any(start <= high and low <= end for start, end in occupied[place]):
                at = place + 1
                break
        while at >= len(occupied):
            occupied.append([])
        occupied[at].append((low, high))
        track[index] = at
        done.add(index)
    return track
