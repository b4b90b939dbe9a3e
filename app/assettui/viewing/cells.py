"""Cells of a table as texts: short, whatever they hold, and exact as far as they go."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, cast

import polars as pl

MAX_CELL_CHARS = 200
MAX_CELL_ITEMS = 20
"""Of a list in a cell."""
MAX_CELL_BYTES = 24


def shortened(name: str, kind: pl.DataType) -> pl.Expr:
    """A column in which no cell is much longer than what is shown of it, so that a page of long texts stays small."""
    column = pl.col(name)
    match kind:
        case pl.String():
            return column.str.slice(0, MAX_CELL_CHARS + 1)
        case pl.List():
            return column.list.head(MAX_CELL_ITEMS + 1)
        case pl.Binary():
            return column.bin.slice(0, MAX_CELL_BYTES + 1)
        case _:
            return column


def texts(values: pl.Series) -> list[str | None]:
    """The cells of a column; None where there is no value."""
    return [None if value is None else _cut(text_of(value)) for value in values.to_list()]


def text_of(value: Any) -> str:
    """A value as it is shown in a cell."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | Decimal() | date() if not isinstance(value, datetime):
            return str(value)
        case float():
            return _number(value)
        case datetime() | time():
            return value.isoformat(*([" "] if isinstance(value, datetime) else []))
        case timedelta():
            return str(value)
        case bytes():
            return value[:MAX_CELL_BYTES].hex(" ") + ("…" if len(value) > MAX_CELL_BYTES else "")
        case list() | dict() | pl.Series():
            return _nested(cast("Any", value))
        case _:
            return repr(value)


def _number(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"


def _nested(value: Any) -> str:
    """A list or a struct, no longer than a cell may be, however large it is."""
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        parts = (f"{name}: {_member(each)}" for name, each in pairs)
        return "{" + _joined(parts) + "}"
    return "[" + _joined(_member(each) for each in value) + "]"


def _member(value: Any) -> str:
    if value is None:
        return "null"
    return f'"{value[: MAX_CELL_CHARS + 1]}"' if isinstance(value, str) else text_of(value)


def _joined(parts: Any) -> str:
    shown: list[str] = []
    size = 0
    for part in parts:
        if size > MAX_CELL_CHARS or len(shown) == MAX_CELL_ITEMS:
            shown.append("…")
            break
        shown.append(part)
        size += len(part) + 2
    return ", ".join(shown)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_CELL_CHARS else text[: MAX_CELL_CHARS - 1] + "…"
