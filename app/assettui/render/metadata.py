"""Metadata that is a table, as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model.text import one_line, plural

if TYPE_CHECKING:
    from assettui.model.metadata import MetadataValue

MAX_ROWS = 10
MAX_CELL = 24
_GAP = "  "


def table_lines(value: MetadataValue, width: int) -> list[str]:
    """The table in at most `MAX_ROWS` lines below its titles, cleaned; numbers to the right, columns as far as they fit.

    Args:
        value: Metadata that has rows.
        width: In characters.
    """
    rows = value.rows()
    if not rows:
        return []
    lines = [""] * (1 + min(len(rows), MAX_ROWS))
    for name in value.columns():
        cells = [row.get(name) for row in rows[:MAX_ROWS]]
        column = [one_line(name, MAX_CELL), *(one_line(_cell(cell), MAX_CELL) for cell in cells)]
        is_right = all(cell is None or isinstance(cell, int | float) for cell in cells)
        size = max(map(len, column))
        if lines[0] and len(lines[0]) + len(_GAP) + size > width:
            break
        gap = _GAP if lines[0] else ""
        lines = [
            line + gap + (f"{text:>{size}}" if is_right else f"{text:<{size}}")
            for line, text in zip(lines, column, strict=True)
        ]
    left = len(rows) - MAX_ROWS
    return [line.rstrip() for line in lines] + ([f"… {plural(left, 'more row')}"] if left > 0 else [])


def _cell(value: object) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return str(value).lower()
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.6g}"
        case _:
            return str(value)
