"""Columns of a list, fitted into the width that there is. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence


class Column(Struct, frozen=True):
    """One column."""

    title: str
    width: int
    """In cells. What is left over goes to each column in turn, up to its limit; the last one takes the rest."""
    is_right: bool = False
    rank: int = 0
    """Those of the highest rank are left out first where there is too little room; rank 0 and the first one always stay."""
    limit: int | None = None
    """How wide it may become; None for 44 where it is the first one, and no wider than it is where it is not."""


GAP = 1
LIMIT_OF_FIRST = 44


def fit(columns: Sequence[Column], width: int) -> list[tuple[int, int]]:
    """The columns that fit: for each its index and its width in cells, gaps between them not counted."""
    shown = list(range(len(columns)))
    while sum(columns[index].width + GAP for index in shown) > width + GAP:
        optional = [index for index in shown[1:] if columns[index].rank]
        if not optional:
            break
        shown.remove(max(optional, key=lambda index: (columns[index].rank, index)))
    widths = {index: columns[index].width for index in shown}
    first, last = shown[0], shown[-1]
    spare = width - sum(widths.values()) - GAP * (len(shown) - 1)
    if spare < 0:
        widths[first] = max(1, widths[first] + spare)
        return list(widths.items())
    for index in shown:
        limit = columns[index].limit or (LIMIT_OF_FIRST if index == first else 0)
        more = min(spare, max(0, limit - widths[index]))
        widths[index] += more
        spare -= more
    if last != first and not columns[last].is_right:
        widths[last] += spare
    return list(widths.items())
