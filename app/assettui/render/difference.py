"""How two tables differ, as lines: counts, columns, then rows side by side, what has changed in them marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from msgspec.structs import replace

from assettui.model.difference import RowKind
from assettui.model.text import one_line
from assettui.render.appearance import GREEN, GREY, RED, YELLOW
from assettui.render.lines import BLANK, Line, facts, line
from assettui.render.preview import NULL, short_type
from assettui.render.profile import percent
from assettui.render.table import Cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assettui.model.difference import Difference, DifferentRow

MAX_CELL: Final = 24
MAX_COLUMNS: Final = 20
_KEYS: Final = {
    "given": "",
    "declared": ", as the metadata of the asset says",
    "guessed": ", a guess: no two rows of either have the same",
}


def difference_lines(of: Difference, before: str, after: str, rows: int = 100) -> list[Line]:
    """The whole of it.

    Args:
        of: What was found.
        before: What the one is called.
        after: What the other one is called.
        rows: So many rows of each kind are shown.
    """
    of = _cut(of, rows)
    found: list[Line] = [
        (Cell("from  ", GREY), Cell(before, "bold"), Cell(f"  {of.before_rows:,} rows", GREY)),
        (Cell("to    ", GREY), Cell(after, "bold"), Cell(f"  {of.after_rows:,} rows", GREY)),
        BLANK,
    ]
    if of.key:
        found += facts([("key", f"{', '.join(of.key)}{_KEYS[of.key_source]}")])
    else:
        found.append(line("no columns tell the rows apart: they are compared as a whole", YELLOW))
    if of.is_none:
        return [*found, BLANK, line("● no difference", GREEN)]
    found += [
        (
            Cell(f"+ {of.added:,} added  ", GREEN if of.added else GREY),
            Cell(f"- {of.removed:,} removed  ", RED if of.removed else GREY),
            Cell(f"~ {of.changed:,} changed  ", YELLOW if of.changed else GREY),
            Cell(f"{of.same:,} the same", GREY),
        )
    ]
    found += _columns(of)
    if of.rows:
        found += [BLANK, line("some of the rows" if of.is_sampled else "the rows", GREY)]
        found += _rows(of)
    return found


def _cut(of: Difference, rows: int) -> Difference:
    shown = [row for kind in get_args(RowKind) for row in [each for each in of.rows if each.kind == kind][:rows]]
    return replace(of, rows=tuple(shown), is_sampled=of.is_sampled or len(shown) < len(of.rows))


def _columns(of: Difference) -> Iterator[Line]:
    if of.added_columns or of.removed_columns or of.retyped_columns:
        yield BLANK
    for name in of.added_columns:
        yield (Cell("+ ", GREEN), Cell(name), Cell("  new column", GREY))
    for name in of.removed_columns:
        yield (Cell("- ", RED), Cell(name), Cell("  column gone", GREY))
    for each in of.retyped_columns:
        yield (
            Cell("~ ", YELLOW),
            Cell(each.name),
            Cell(f"  {short_type(each.before)} → {short_type(each.after)}", GREY),
        )
    if of.changed_columns:
        yield BLANK
        yield line("changed, of the rows that both have", GREY)
    both = of.before_rows - of.removed
    width = max((len(one_line(each.name, 40)) for each in of.changed_columns), default=0)
    for each in of.changed_columns:
        yield (
            Cell(f"  {one_line(each.name, 40):<{width}}  "),
            Cell(f"{each.changed:>12,}", YELLOW),
            Cell(f"  {percent(each.changed / both)}", GREY),
        )


def _rows(of: Difference) -> Iterator[Line]:
    shown = _shown(of)
    names = [*of.key, *(of.columns[index] for index in shown)] if of.key else [of.columns[index] for index in shown]
    table = [_cells(of, row, shown) for row in of.rows]
    widths = [
        min(MAX_CELL, max(len(one_line(name, MAX_CELL)), *(len(text) for row in table for text in row[index])))
        for index, name in enumerate(names)
    ]
    yield (
        Cell("  "),
        *(Cell(f"{one_line(name, width):<{width}}  ", "bold") for name, width in zip(names, widths, strict=True)),
    )
    for row, cells in zip(of.rows, table, strict=True):
        yield from _row(row, cells, widths, len(of.key))


def _shown(of: Difference) -> list[int]:
    """The columns that are shown: those that have changed first, in their own order then."""
    changed = [of.columns.index(each.name) for each in of.changed_columns]
    rest = [index for index in range(len(of.columns)) if index not in changed]
    return sorted([*changed, *rest][:MAX_COLUMNS])


def _cells(of: Difference, row: DifferentRow, shown: list[int]) -> list[tuple[str, ...]]:
    """For each column that is shown what it holds: one text, or both where they differ."""
    found: list[tuple[str, ...]] = [(_text(value),) for value in row.key]
    for index in shown:
        sides = [side[index] for side in (row.before, row.after) if side]
        found.append(tuple(_text(side) for side in dict.fromkeys(sides)))
    return found


def _text(value: str | None) -> str:
    return NULL if value is None else one_line(value, MAX_CELL)


def _row(row: DifferentRow, cells: list[tuple[str, ...]], widths: list[int], keys: int) -> Iterator[Line]:
    if row.kind != "changed":
        sign, color = ("+ ", GREEN) if row.kind == "added" else ("- ", RED)
        texts = (f"{cell[0]:<{width}}  " for cell, width in zip(cells, widths, strict=True))
        yield (Cell(sign, color), *(Cell(text, color) for text in texts))
        return
    for side, sign, color in ((0, "~ ", RED), (-1, "  ", GREEN)):
        found = [Cell(sign, YELLOW)]
        for index, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            is_changed = len(cell) > 1
            text = cell[side] if is_changed or side == 0 else ""
            found.append(Cell(f"{text:<{width}}  ", f"bold {color}" if is_changed else "" if index < keys else GREY))
        yield tuple(found)
