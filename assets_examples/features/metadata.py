"""What is told of every table, so that a look at the catalog shows whether it is good."""

from __future__ import annotations

from typing import Any

import polars as pl

from assettui import MetadataValue, TableColumn, TableSchema

PREVIEW_ROWS = 5


def of_table(frame: pl.DataFrame) -> dict[str, Any]:
    """Rows, columns, a preview in Markdown, and the share of cells that are missing, from 0 to 1."""
    cells = frame.height * frame.width
    missing = sum(frame.null_count().row(0)) if cells else 0
    return {
        "row_count": frame.height,
        "columns": TableSchema([TableColumn(name, str(dtype)) for name, dtype in frame.schema.items()]),
        "preview": MetadataValue.md(as_markdown(frame.head(PREVIEW_ROWS))),
        "null_rate": round(missing / cells, 4) if cells else 0.0,
    }


def as_markdown(frame: pl.DataFrame) -> str:
    """A frame as a table of Markdown."""
    lines = [frame.columns, ["---"] * frame.width, *(map(_cell, row) for row in frame.iter_rows())]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
