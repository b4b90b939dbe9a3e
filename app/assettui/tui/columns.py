"""Columns of a list, fitted into the width that there is. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    title: str
    width: int
    """In cells. The first column of a list takes what is left over, up to its limit; the last one takes the rest."""
    is_right: bool = False
    rank: int = 0
    """Those of the highest rank are left out first where there is too little room; rank 0 and the first one always stay."""
    limit: int = 44
    """How wide the first column may become."""


GAP = 1


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
    for_first = spare if spare < 0 else min(spare, max(0, columns[first].limit - widths[first]))
    widths[first] = max(1, widths[first] + for_first)
    if spare > for_first and last != first and not columns[last].is_right:
        widths[last] += spare - for_first
    return list(widths.items())
