"""Rows of a table, and its columns fitted into the width that there is. Pure functions.

A noun says once what its row holds. A screen draws as many of the columns as there is room for, in color, a glyph before
the first; a command prints all of them as plain text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

from assettui.model.timing import ago, local

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


class Cell(Struct, frozen=True):
    """A text, from outside perhaps and not yet cleaned."""

    text: str
    color: str = ""
    """The color, or any style that rich knows, that it is drawn in; empty for the default."""
    printed: str | None = None
    """What is printed in its place."""


class Row(Struct, frozen=True):
    """What one row of a table shows."""

    cells: Sequence[Cell]
    """One for each column."""
    glyph: str = ""
    """One character before the first cell on a screen; blanks may stand before it."""
    glyph_color: str | None = None
    """Its color; None for that of the first cell."""


def moment(time_us: int, now_us: int, color: str = "") -> Cell:
    """A time: as long ago on a screen, which is drawn again as time passes; as it is in print, which is read later."""
    return Cell(ago(time_us, now_us), color, local(time_us))


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
    indent: int = 0
    """So many of its cells stay blank on the left; of the first column the first holds the row's glyph."""


class Table(Struct, Generic[T], frozen=True):
    """How a noun is listed."""

    columns: tuple[Column, ...]
    row: Callable[[T, int], Row]
    """Given the time now, in microseconds since the epoch, UTC."""
    identity: Callable[[T], object]
    """What tells a row from others, and stays the same when it changes."""

    def hidden(self, titles: Sequence[str]) -> tuple[int, ...]:
        """The columns of these titles, by their place."""
        return tuple(index for index, column in enumerate(self.columns) if column.title in titles)


GAP = 1
LIMIT_OF_FIRST = 44


def fit(columns: Sequence[Column], width: int, hidden: Sequence[int] = ()) -> list[tuple[int, int]]:
    """The columns that fit: for each its index and its width in cells, gaps between them not counted.

    Args:
        columns: Those of the table.
        width: What there is, in cells.
        hidden: Places of columns that have nothing to show.
    """
    shown = [index for index in range(len(columns)) if index not in hidden]
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
