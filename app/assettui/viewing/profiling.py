"""The profile of a table, in one pass over its columns, and in bounded time and memory.

What can be gathered in passing (rows, values that are missing, the smallest and the largest, the mean, about how many are
distinct) is gathered of every row. What needs them in an order (quantiles, frequent values, histograms) is told from some
of the rows, in stretches evenly spread over the table. Of a table that is too large to be read at all in this time, all of
it is told from such stretches: of Parquet no more is read than the row groups in which they lie.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from assettui.model.profile import QUANTILES, ColumnProfile, Profile
from assettui.viewing.cells import text_of
from assettui.viewing.pages import STREAMING, count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_COLUMNS: Final = 500
MAX_CELLS: Final = 400_000_000
"""A table with more than this is not read whole."""
MAX_BYTES: Final = 1_500_000_000
"""Nor one in a larger file."""
STRETCHES: Final = 20
STRETCH_CELLS: Final = 1_000_000
"""So much each of the stretches may hold."""
STRETCH_ROWS: Final = 5_000
TOP: Final = 5
BINS: Final = STRETCHES
"""So that a column which is in order, of which stretches are looked at, fills each of them."""
MAX_TEXT: Final = 80


def profile(frame: pl.LazyFrame, size_bytes: int = 0) -> Profile:
    """The profile of a table.

    Args:
        frame: It, lazily.
        size_bytes: Of its file, where it is in one.

    Raises:
        PolarsError: It cannot be read.
    """
    schema = frame.collect_schema()
    names = schema.names()[:MAX_COLUMNS]
    kinds = {name: schema[name] for name in names}
    rows = count(frame)
    is_whole = rows * max(1, len(names)) <= MAX_CELLS and size_bytes <= MAX_BYTES
    some = _some_of(frame.select(names), rows, STRETCH_ROWS if is_whole else STRETCH_CELLS // max(1, len(names)))
    gathered = _gathered(frame if is_whole else some.lazy(), kinds)
    read = None if is_whole else some.height
    scale = rows / read if read else 1.0
    columns = tuple(_column(name, kind, gathered[name], some[name], scale, rows) for name, kind in kinds.items())
    times = (column.name for column in columns if kinds[column.name].is_temporal() and column.min is not None)
    return Profile(rows, columns, size_bytes, read, len(schema) - len(names), next(times, None))


def _some_of(frame: pl.LazyFrame, rows: int, length: int) -> pl.DataFrame:
    """Stretches of rows, evenly spread; all rows where they would be as many."""
    length = max(1, length)
    if rows <= STRETCHES * length:
        return frame.collect(engine=STREAMING)
    starts = [(rows - length) * index // (STRETCHES - 1) for index in range(STRETCHES)]
    return pl.concat([frame.slice(start, length).collect(engine=STREAMING) for start in starts])


def _gathered(frame: pl.LazyFrame, kinds: Mapping[str, pl.DataType]) -> dict[str, dict[str, Any]]:
    """What is gathered of each column in passing, by the column's name."""
    wanted: list[pl.Expr] = []
    for name, kind in kinds.items():
        column = pl.col(name)
        measures = _measures(column.fill_nan(None) if kind.is_float() else column, kind)
        measures.append(column.null_count().alias("nulls"))
        if _is_compared(kind):
            measures.append(column.approx_n_unique().alias("distinct"))
        wanted.append(pl.struct(measures).alias(name))
    found = frame.select(wanted).collect(engine=STREAMING).row(0, named=True) if wanted else {}
    endless = [
        name
        for name, kind in kinds.items()
        if kind.is_float() and not all(isfinite(found[name][each] or 0) for each in ("min", "max"))
    ]
    if endless:  # there are few such columns: the others are spared a filter
        finite = [
            pl.struct(_measures(pl.col(name).filter(pl.col(name).is_finite()), kinds[name])).alias(name)
            for name in endless
        ]
        for name, measured in frame.select(finite).collect(engine=STREAMING).row(0, named=True).items():
            found[name] |= measured
    return found


def _measures(column: pl.Expr, kind: pl.DataType) -> list[pl.Expr]:
    """The smallest, the largest and the mean, of types that have them."""
    found: list[pl.Expr] = []
    if kind.is_numeric() or kind.is_temporal() or kind == pl.String:
        found += [column.min().alias("min"), column.max().alias("max")]
    if kind.is_numeric() or kind == pl.Boolean:
        found.append(column.mean().alias("mean"))
    return found


def _is_compared(kind: pl.DataType) -> bool:
    return (
        (kind.is_numeric() and not kind.is_decimal()) or kind.is_temporal() or kind == pl.String or kind == pl.Boolean
    )


def _column(
    name: str, kind: pl.DataType, gathered: Mapping[str, Any], some: pl.Series, scale: float, rows: int
) -> ColumnProfile:
    low, high = gathered.get("min"), gathered.get("max")
    mean = gathered.get("mean")
    is_number = kind.is_numeric()
    distinct = gathered.get("distinct")
    if distinct is not None and some.len() == rows:  # of few rows it is exact, where an estimate may take two for one
        distinct = some.drop_nulls().n_unique()
    return ColumnProfile(
        name,
        str(kind),
        nulls=round(gathered["nulls"] * scale),
        distinct=int(distinct) if distinct is not None else None,
        min=_text(low),
        max=_text(high),
        low=float(low) if is_number and low is not None else None,
        high=float(high) if is_number and high is not None else None,
        mean=float(mean) if mean is not None else None,
        quantiles=_quantiles(some) if is_number else (),
        top=_top(some) if _is_compared(kind) else (),
        histogram=_histogram(some, low, high) if is_number or kind.is_temporal() else (),
    )


def _text(value: Any) -> str | None:
    if value is None:
        return None
    text = text_of(value)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _quantiles(values: pl.Series) -> tuple[float, ...]:
    numbers = values.drop_nulls().cast(pl.Float64)
    numbers = numbers.filter(numbers.is_finite())
    if numbers.is_empty():
        return ()
    ordered = numbers.sort()
    return tuple(float(ordered[round(each * (len(ordered) - 1))]) for each in QUANTILES)


def _top(values: pl.Series) -> tuple[tuple[str, int], ...]:
    """The most frequent values; none where none is there twice."""
    counts = values.drop_nulls().value_counts(sort=True, name="count").head(TOP)
    found = [(_text(value) or "", int(count)) for value, count in counts.rows()]
    return tuple(found) if found and found[0][1] > 1 else ()


def _histogram(values: pl.Series, low: Any, high: Any) -> tuple[int, ...]:
    if low is None or low == high:
        return ()
    ends = pl.Series([low, high], dtype=values.dtype).to_physical().cast(pl.Float64)
    numbers = values.drop_nulls().to_physical().cast(pl.Float64)
    numbers = numbers.filter(numbers.is_finite())
    width = ends[1] - ends[0]
    if numbers.is_empty() or not width > 0:
        return ()
    parts = ((numbers - ends[0]) / width * BINS).floor().clip(0, BINS - 1).cast(pl.Int64)
    counts: Sequence[tuple[int, int]] = parts.value_counts(name="count").rows()
    by_part = dict(counts)
    return tuple(int(by_part.get(part, 0)) for part in range(BINS))
