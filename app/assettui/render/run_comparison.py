"""How two runs differ, side by side. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model.text import one_line
from assettui.model.timing import local
from assettui.render.appearance import GREY, YELLOW
from assettui.render.lines import Line, line
from assettui.render.table import Cell, Column, Row, Table

if TYPE_CHECKING:
    from assettui.service.run_comparison import Difference, RunComparison


def _row(difference: Difference, now_us: int) -> Row:
    return Row(
        (
            Cell(f"{difference.kind} {difference.name}".rstrip()),
            Cell(one_line(difference.first, 200)),
            Cell(one_line(difference.second, 200), YELLOW),
        )
    )


DIFFERENCES: Table[Difference] = Table(
    (Column("what differs", 30, limit=60), Column("before", 22, limit=40), Column("after", 22)),
    _row,
    lambda each: (each.kind, each.name),
)


def comparison_lines(found: RunComparison) -> list[Line]:
    """What is compared, and whether anything differs."""
    told = [
        (Cell(f"{word:<7}", GREY), Cell(f"run {run.run_id[:8]}  {run.status.value}  {local(run.created_us)}"))
        for word, run in (("before", found.first), ("after", found.second))
    ]
    return [*told, *([] if found.differences else [line("nothing differs", GREY)])]
