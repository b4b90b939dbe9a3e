"""Columns of a list, fitted into the width that there is. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    title: str
    width: int
    """In cells, where there is room; the first column of a list takes what is left over, and is never narrower."""
    is_right: bool = False
    rank: int = 0
    """Those of the highest rank are left out first where there is too little room; rank 0 always stays."""


GAP = 1


def fit(columns: Sequence[Column], width: int) -> list[tuple[int, int]]:
    """The columns that fit: for each its index and its width in cells, gaps between them not counted."""
    shown = list(range(len(columns)))
    while sum(columns[index].width + GAP for index in shown) > width + GAP:
        optional = [index for index in shown if columns[index].rank]
        if not optional:
            break
        shown.remove(max(optional, key=lambda index: (columns[index].rank, index)))
    used = sum(columns[index].width + GAP for index in shown[1:])
    first = max(1, width - used)
    return [(index, first if position == 0 else columns[index].width) for position, index in enumerate(shown)]
