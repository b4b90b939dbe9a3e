"""A page of a table as lines: each column as wide as what it shows, up to a limit. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size

from assettui.model.text import clean, one_line
from assettui.render.appearance import GREY
from assettui.render.table import Cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.model.preview import ExportFormat, Page, PreviewColumn, Query
    from assettui.render.lines import Line

MAX_WIDTH: Final = 32
"""In cells: no column is wider where it stands with others."""
NULL: Final = "·"
"""Stands where there is no value; told from a text that is a dot by its color."""
GAP: Final = "  "


def widths_of(
    columns: Sequence[PreviewColumn], rows: Sequence[Sequence[str | None]], limit: int = MAX_WIDTH
) -> list[int]:
    """How wide each column is, in cells, for what it shows in these rows."""
    found = [max(cell_len(one_line(column.name, limit)), 1) for column in columns]
    for index, cells in enumerate(zip(*rows, strict=True)):
        widest = max((_width(text) for text in cells if text is not None), default=0)
        found[index] = max(found[index], min(limit, widest))
    return found


def _width(text: str) -> int:
    return len(text) if text.isascii() else cell_len(clean(text))  # a control character is shown as one cell


def fitted(text: str, width: int, *, is_right: bool = False) -> str:
    """A text in exactly so many cells, with an ellipsis where something is left out."""
    shown = clean(text)
    size = cell_len(shown)
    if size > width:
        return set_cell_size(shown, max(0, width - 1)) + "…"
    return " " * (width - size) + shown if is_right else shown + " " * (width - size)


def table_lines(page: Page, width: int | None) -> list[Line]:
    """The page as a table: names, types, rows; as many of the columns as there is room for, and which were left out.

    Args:
        page: What was read.
        width: In cells; None for as wide as it must be.
    """
    columns = page.columns[page.first_column : page.first_column + len(page.cells[0])] if page.cells else page.columns
    limit = MAX_WIDTH if len(columns) > 1 else max(MAX_WIDTH, (width or 1_000) - 2)
    widths = widths_of(columns, page.cells, limit)
    kinds = [kind_of(column) for column in columns]
    widths = [max(each, min(limit, cell_len(kind))) for each, kind in zip(widths, kinds, strict=True)]
    count = _fitting(widths, width)
    sides = [column.is_number for column in columns]

    def joined(texts: Sequence[str]) -> str:
        pairs = zip(texts[:count], widths, sides, strict=False)
        return GAP.join(fitted(text, each, is_right=side) for text, each, side in pairs).rstrip()

    lines: list[Line] = [(Cell(joined([column.name for column in columns]), "bold"),), (Cell(joined(kinds), GREY),)]
    lines += [(Cell(joined([NULL if text is None else text for text in row])),) for row in page.cells]
    if count < len(columns):
        left = [column.name for column in columns[count:]]
        more = f", and {len(left) - 10:,} more" if len(left) > 10 else ""
        lines.append((Cell(f"not shown: {', '.join(left[:10])}{more} (--columns)", GREY),))
    return lines


def _fitting(widths: Sequence[int], width: int | None) -> int:
    """How many columns there is room for: one at least."""
    if width is None:
        return len(widths)
    taken = -len(GAP)
    for index, each in enumerate(widths):
        taken += each + len(GAP)
        if taken > width:
            return max(1, index)
    return len(widths)


def kind_of(column: PreviewColumn) -> str:
    return short_type(column.type)


def short_type(name: str) -> str:
    """A type as polars writes it, short: `i64`, `str`, `datetime`."""
    short = _SHORT.get(name)
    if short is None:
        plain, mark, _ = name.partition("(")
        short = plain.lower() if plain.isalpha() and (not mark or plain in ("Datetime", "Duration")) else name
    return one_line(short, MAX_WIDTH)


_SHORT: Final = {
    **{
        f"{kind}{bits}": f"{kind[0].lower()}{bits}"
        for kind in ("Int", "UInt", "Float")
        for bits in (8, 16, 32, 64, 128)
    },
    "String": "str",
    "Boolean": "bool",
}


def summary(page: Page, query: Query) -> str:
    """Which rows these are, of how many: `rows 1–20 of 336,776`."""
    last = page.first + len(page.cells)
    if not page.cells:
        none = "no rows" if page.total in (0, None) else f"no rows there: there are {page.total:,}"
        return f"{none} of {page.stored:,}" if page.stored and query.where and not page.total else none
    total = f"{page.total:,}" if page.total is not None else "?"
    rows = f"rows {page.first + 1:,}–{last:,} of {total}"
    if page.stored is None or page.total == page.stored:
        return rows
    return f"{rows}, by chance, of {page.stored:,}" if query.sample else f"{rows}, of {page.stored:,} stored"


_FORMATS: Final[dict[str, ExportFormat]] = {".csv": "csv", ".json": "json", ".parquet": "parquet", ".pq": "parquet"}
EXPORTED: Final = tuple(_FORMATS)
"""How the names of files end that rows can be written to."""


def export_format(name: str) -> ExportFormat | None:
    """The form in which a file of that name is written; None where it does not say."""
    return next((form for suffix, form in _FORMATS.items() if name.lower().endswith(suffix)), None)
