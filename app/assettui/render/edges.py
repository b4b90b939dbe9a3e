"""The edges of a drawing as box-drawing characters, a row at a time: what is not in sight costs nothing.

Where edges from different nodes share a cell, what turns there is drawn and what goes straight on is interrupted: a line that
comes from the left then flows into the corner, rather than seeming to branch off.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from assettui.core.layout.drawing import Route

_UP, _RIGHT, _DOWN, _LEFT = 1, 2, 4, 8
_GLYPHS: Final = " ╵╶╰╷│╭├╴╯─┴╮┤┬┼"
"""By the directions that lead away from a cell."""
_ARROW, _ARROW_BACK = "▸", "◂"
_BLOCK: Final = 32
"""Lines up and down are looked for among those that pass so many rows."""


class Edges:
    """The edges of a drawing.

    Args:
        routes: Their ways.
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        across: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        along: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        self._ends: dict[int, set[tuple[int, int, int]]] = defaultdict(set)
        """By row, where edges touch their nodes: the column, the direction in which the node lies, the source."""
        self._arrows: dict[int, dict[int, str]] = defaultdict(dict)
        for route in routes:
            points, source = route.points, route.source
            for (x, y), (to_x, to_y) in pairwise(points):
                if y == to_y:
                    across[y, source].append((min(x, to_x), max(x, to_x)))
                else:
                    along[x, source].append((min(y, to_y), max(y, to_y)))
            (first_x, first_y), (last_x, last_y) = points[0], points[-1]
            self._ends[first_y].add((first_x, _LEFT, source))
            self._ends[last_y].add((last_x, _RIGHT, source))
            if route.is_turned:
                self._arrows[first_y][first_x] = _ARROW_BACK
            else:
                self._arrows[last_y][last_x] = _ARROW
        self._across: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        """By row: the first column, the last one, and the source of the edges that share it."""
        for (y, source), spans in across.items():
            self._across[y] += [(first, last, source) for first, last in _merged(spans)]
        self._along: dict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
        """By block of rows: the column, the first row, the last one, the source."""
        for (x, source), spans in along.items():
            for low, high in _merged(spans):
                for block in range(low // _BLOCK, high // _BLOCK + 1):
                    self._along[block].append((x, low, high, source))

    def row(self, y: int, start: int, end: int) -> str:
        """What stands in a row between two columns, the last one not included."""
        across = [each for each in self._across.get(y, ()) if each[0] < end and each[1] >= start]
        along = [
            each for each in self._along.get(y // _BLOCK, ()) if each[1] <= y <= each[2] and start <= each[0] < end
        ]
        cells = [" "] * (end - start)
        for first, last, _ in across:
            low, high = max(start, first), min(end - 1, last)
            cells[low - start : high - start + 1] = "─" * (high - low + 1)
        for x, held in self._meetings(y, across, along):
            if start <= x < end:
                cells[x - start] = _GLYPHS[_joined(held)]
        for x, arrow in self._arrows.get(y, {}).items():
            if start <= x < end:
                cells[x - start] = arrow
        return "".join(cells)

    def _meetings(
        self,
        y: int,
        across: Sequence[tuple[int, int, int]],
        along: Iterable[tuple[int, int, int, int]],
    ) -> Iterator[tuple[int, list[int]]]:
        """The cells in which not just one line goes across, each with the directions in which each source leaves it."""
        others: dict[int, dict[int, int]] = defaultdict(dict)
        for x, low, high, source in along:
            ways = (_UP if y > low else 0) | (_DOWN if y < high else 0)
            others[x][source] = others[x].get(source, 0) | ways
        for x, way, source in self._ends.get(y, ()):
            others[x][source] = others[x].get(source, 0) | way
        ends = {x for first, last, _ in across for x in (first, last)}
        waiting = sorted(across, reverse=True)
        active: list[tuple[int, int, int]] = []
        for x in sorted(ends | others.keys()):
            while waiting and waiting[-1][0] <= x:
                active.append(waiting.pop())
            active = [each for each in active if each[1] >= x]
            held = dict(others.get(x, {}))
            for first, last, source in active:
                held[source] = held.get(source, 0) | (_LEFT if x > first else 0) | (_RIGHT if x < last else 0)
            yield x, list(held.values())


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans, those as one that have a cell in common: a thousand edges out of one node share most of their ways."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(set(spans)):
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return found


def cells_of(routes: Iterable[Route]) -> set[tuple[int, int]]:
    """The cells that these edges pass, by column and row."""
    found: set[tuple[int, int]] = set()
    for route in routes:
        for (x, y), (to_x, to_y) in pairwise(route.points):
            if y == to_y:
                found.update((at, y) for at in range(min(x, to_x), max(x, to_x) + 1))
            else:
                found.update((x, at) for at in range(min(y, to_y), max(y, to_y) + 1))
    return found


def _joined(held: Sequence[int]) -> int:
    """What is drawn in a cell that edges from several nodes pass."""
    if len(held) == 1:
        return held[0]
    together = 0
    for ways in held:
        together |= ways
    turning = [ways for ways in held if ways not in (_LEFT | _RIGHT, _UP | _DOWN)]
    if not turning or _UP | _DOWN in held:  # two that cross, or one that goes past others
        return together
    drawn = 0
    for ways in turning:
        drawn |= ways
    return drawn
