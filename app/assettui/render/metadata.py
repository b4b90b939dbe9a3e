"""Metadata that is a table or Markdown, as lines of text."""

from __future__ import annotations

from assettui.model.metadata import MetadataValue
from assettui.model.text import clean, one_line

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
    return [line.rstrip() for line in lines] + ([f"… {left:,} more rows"] if left > 0 else [])


def markdown_lines(text: str, width: int) -> list[str]:
    """Markdown as lines, cleaned: its tables in columns, as far as they fit, all else as it is written."""
    lines: list[str] = []
    table: list[list[str]] = []
    for line in [*text.expandtabs(4).splitlines(), ""]:
        stripped = line.strip()
        if stripped.startswith("|") and stripped.endswith("|") and len(stripped) > 1:
            table.append([cell.strip() for cell in stripped[1:-1].split("|")])
            continue
        if table:
            lines += _markdown_table(table, width)
            table = []
        lines.append(clean(line))
    return lines[:-1]


def _markdown_table(table: list[list[str]], width: int) -> list[str]:
    head, *body = table
    rows = [row for row in body if not all(set(cell) <= set("-: ") and cell for cell in row)]
    records = [{name: _number_or_text(cell) for name, cell in zip(head, row, strict=False)} for row in rows]
    return table_lines(MetadataValue.table(records), width) if records else [clean(" | ".join(head))]


def _number_or_text(cell: str) -> str | float:
    try:
        return float(cell) if "." in cell else int(cell)
    except ValueError:
        return cell


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
