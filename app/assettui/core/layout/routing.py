"""How the edges go through the channel between two layers: straight, or up and down on a track of their own."""

from __future__ import annotations

from bisect import bisect_left
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


class Tracks(Struct, frozen=True):
    """On which tracks nets go up and down, 0 being the leftmost."""

    first: tuple[int, ...]
    """Of each net; -1 of one that needs none."""
    second: dict[tuple[int, int], tuple[int, int]]
    """By net and target, where the way goes on to another track: the row on which it does, and that track."""
    shared: int = 0
    """How many nets lead along a row from which another comes: they look like one."""

    @property
    def count(self) -> int:
        """How many there are."""
        return max((*self.first, *(track for _, track in self.second.values())), default=-1) + 1


def tracks(found: Sequence[Net], y: Sequence[int], free: Sequence[int]) -> Tracks:
    """The tracks of nets.

    A net comes to the left of another where it leaves a row into which the other leads, so that the two are not one line; and
    where they run beside each other, in the order in which they cross the least. Where nets want to be on the left of each
    other in a circle, as two do that change their rows, one of them goes on to a second track (a dogleg, as channel routers
    call it: Deutsch, 1976), along a row that no other needs.

    Args:
        found: The nets of a channel.
        y: The row of each node.
        free: Rows on which nothing of the channel begins or ends, in order.
    """
    leaving = {y[node]: index for index, net in enumerate(found) for node in net.sources}
    unused = list(free)
    rows = [list(net.rows) for net in found]
    """Of each trunk: those of the nets, then those of their second tracks."""
    left_of: list[set[int]] = [set() for _ in found]
    """The trunks that are to be on the left of each."""
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
    second: dict[tuple[int, int], int] = {}
    waiting = sorted((index for index, net in enumerate(found) if not net.is_straight), key=preferred)
    done = {index for index, net in enumerate(found) if net.is_straight}
    occupied: list[list[tuple[int, int]]] = []
    shared = 0
    while waiting:
        index = next((each for each in waiting if left_of[each] <= done), None)
        if index is None:  # around a circle, one must give in
            index = next(each for each in waiting if each < len(found))
            net, others = found[index], left_of[index] - done
            targets = [node for node in net.targets if leaving.get(y[node]) in others]
            row = _nearest(unused, y[targets[0]])
            if row is None:
                shared += 1
            else:
                unused.remove(row)
                trunk = len(rows)
                rows.append([row, *(y[node] for node in targets)])
                rows[index] = [*(y[node] for node in (*net.sources, *net.targets) if node not in targets), row]
                left_of.append({*others, index})
                track.append(-1)
                waiting.append(trunk)
                second.update({(index, node): trunk for node in targets})
            left_of[index] &= done
        waiting.remove(index)
        low, high = min(rows[index]), max(rows[index])
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
    ways = {(net, node): (rows[trunk][0], track[trunk]) for (net, node), trunk in second.items()}
    return Tracks(tuple(track[: len(found)]), ways, shared)


def _nearest(rows: Sequence[int], row: int) -> int | None:
    """Of rows in order, the one that is closest."""
    at = bisect_left(rows, row)
    near = rows[max(0, at - 1) : at + 1]
    return min(near, key=lambda each: abs(each - row), default=None)
