"""Profiles: a row for each column, and one column in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from assettui.model.profile import QUANTILES, ColumnProfile
from assettui.model.text import byte_count, one_line
from assettui.render.appearance import GREY, YELLOW, bars
from assettui.render.lines import BLANK, Line, facts, line
from assettui.render.preview import short_type
from assettui.render.table import Cell, Column, Row, Table

if TYPE_CHECKING:
    from assettui.model.profile import Profile

_MUCH_MISSING: Final = 0.5
_BARS: Final = 30


def profile_table(of: Profile) -> Table[ColumnProfile]:
    """How the columns of a table are listed: each rate is one of its rows."""

    def row(column: ColumnProfile, now_us: int) -> Row:
        rate = column.null_rate(of.rows)
        middle = column.quantiles[len(column.quantiles) // 2] if column.quantiles else column.mean
        return Row(
            (
                Cell(column.name, "bold"),
                Cell(short_type(column.type), GREY),
                Cell(percent(rate), YELLOW if rate >= _MUCH_MISSING else GREY if not rate else ""),
                Cell(f"{column.distinct:,}" if column.distinct is not None else "–"),
                Cell(column.min if column.min is not None else "–"),
                Cell(number(middle) if middle is not None else "–"),
                Cell(column.max if column.max is not None else "–"),
                Cell(bars(column.histogram) if column.histogram else "", GREY),
                Cell(", ".join(f"{value} ×{count:,}" for value, count in column.top[:3])),
            )
        )

    return Table(
        (
            Column("column", 12, limit=28, indent=1),
            Column("type", 8, limit=18),
            Column("empty", 6, is_right=True),
            Column("distinct", 9, is_right=True, rank=3),
            Column("min", 10, is_right=True, limit=20),
            Column("middle", 10, is_right=True, rank=2),
            Column("max", 10, is_right=True, limit=20),
            Column("spread", 24, rank=1),
            Column("frequent", 12, rank=4),
        ),
        row,
        lambda column: column.name,
    )


def percent(rate: float) -> str:
    """A share as a person reads it: nothing is only said of nothing, and all only of all."""
    if rate in (0, 1):
        return "0 %" if rate == 0 else "100 %"
    return "<0.1 %" if rate < 0.001 else ">99.9 %" if rate > 0.999 else f"{rate * 100:.1f} %"


def number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:,.4g}"


def profile_summary(of: Profile) -> str:
    """The table in a line: `336,776 rows, 16 columns, 6.1 MB, 2013-01-01 … 2013-12-31`."""
    columns = len(of.columns) + of.more_columns
    found = [f"{of.rows:,} row{'' if of.rows == 1 else 's'}", f"{columns:,} column{'' if columns == 1 else 's'}"]
    if of.size_bytes:
        found.append(byte_count(of.size_bytes))
    time = of.column(of.time_column) if of.time_column is not None else None
    if time is not None:
        found.append(f"{time.name} {time.min} … {time.max}")
    if of.read is not None:
        found.append(f"reckoned from {of.read:,} rows that were read")
    if of.more_columns:
        found.append(f"the last {of.more_columns:,} columns were not looked at")
    return ", ".join(found)


def column_lines(column: ColumnProfile, of: Profile) -> list[Line]:
    """One column in full."""
    rate = column.null_rate(of.rows)
    found: list[Line] = [
        (Cell(column.name, "bold"), Cell(f"  {column.type}", GREY)),
        *facts(
            [
                ("empty", f"{column.nulls:,} of {of.rows:,} rows, {percent(rate)}"),
                ("distinct", f"about {column.distinct:,}" if column.distinct is not None else ""),
                ("min", column.min or ""),
                ("max", column.max or ""),
                ("mean", number(column.mean) if column.mean is not None else ""),
                *((f"{share:.0%}", number(each)) for share, each in zip(QUANTILES, column.quantiles, strict=False)),
            ]
        ),
    ]
    if column.histogram:
        found += [
            BLANK,
            line("spread", GREY),
            line(f"  {bars(column.histogram)}"),
            line(f"  {column.min} … {column.max}", GREY),
        ]
    if column.top:
        most = column.top[0][1]
        found += [BLANK, line("most frequent, of the rows that were looked at", GREY)]
        for value, count in column.top:
            bar = "█" * max(1, round(_BARS * count / most))
            found.append((Cell(f"  {one_line(value, 30):<30} "), Cell(f"{bar:<{_BARS}} ", GREY), Cell(f"{count:,}")))
    return found
