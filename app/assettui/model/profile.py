"""What a table holds, in numbers: of each column how much of it is empty, distinct, small, large, and frequent."""

from __future__ import annotations

from msgspec import Struct

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class ColumnProfile(Struct, frozen=True, omit_defaults=True):
    """One column."""

    name: str
    type: str
    """As polars writes it."""
    nulls: int = 0
    """Rows without a value; reckoned from those that were read where not all were."""
    distinct: int | None = None
    """About how many different values there are; None of types that are not compared."""
    min: str | None = None
    """As a text; so for `max`. None where nothing is the smallest."""
    max: str | None = None
    low: float | None = None
    """Of numbers: the smallest, and the largest in `high`, those that are neither infinite nor NaN."""
    high: float | None = None
    mean: float | None = None
    """Of numbers; of truth values the share that is true."""
    quantiles: tuple[float, ...] = ()
    """Of numbers, at `QUANTILES`; of some of the rows, evenly spread."""
    top: tuple[tuple[str, int], ...] = ()
    """The most frequent values, and how often each was found among some of the rows."""
    histogram: tuple[int, ...] = ()
    """Of numbers and times: how many of these rows lie in each of equal parts between the smallest and the largest."""

    def null_rate(self, rows: int) -> float:
        """The share of rows without a value, from 0 to 1."""
        return self.nulls / rows if rows else 0.0


class Profile(Struct, frozen=True, omit_defaults=True):
    """A table."""

    rows: int
    columns: tuple[ColumnProfile, ...]
    size_bytes: int = 0
    """Of its file; 0 where it is in none that is known."""
    read: int | None = None
    """How many of the rows the numbers are of; None for all."""
    more_columns: int = 0
    """So many columns, behind these, were not looked at."""
    time_column: str | None = None
    """The first column of times or dates that holds any; from when to when, in texts, see its `min` and `max`."""

    def column(self, name: str) -> ColumnProfile | None:
        return next((each for each in self.columns if each.name == name), None)
