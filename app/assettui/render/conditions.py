"""Automation conditions as a table. Pure functions."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from assettui.model.text import one_line, plural
from assettui.render.appearance import BLUE, GREY, YELLOW
from assettui.render.table import Cell, Column, Row, Table, moment

if TYPE_CHECKING:
    from assettui.model.automation import KeptEvaluation
    from assettui.service.conditions import ConditionRow


def _row(row: ConditionRow, now_us: int) -> Row:
    last = row.last
    said, color = _said(last) if last is not None else ("nothing has changed yet", GREY)
    glyph = "▶" if last is not None and last.requested and last.note is None else "·"
    return Row(
        (
            Cell(row.entity, color),
            Cell(one_line(row.condition, 100), GREY),
            moment(last.time_us, now_us) if last is not None else Cell("–", GREY),
            Cell(said, color),
        ),
        glyph,
    )


def _said(last: KeptEvaluation) -> tuple[str, str]:
    if last.note is not None:
        return f"could not be run: {one_line(last.note, 200)}", YELLOW
    if not last.requested:
        return ("true, and held back" if last.tree.true else "not true"), GREY
    run = f" in run {last.run_id[:8]}" if last.run_id is not None else ""
    return ("requested" if last.tree.total == 1 else f"{plural(last.requested, 'partition')} requested") + run, BLUE


CONDITIONS: Table[ConditionRow] = Table(
    (
        Column("what", 24, indent=2),
        Column("condition", 20, limit=40),
        Column("changed", 9, is_right=True, rank=1),
        Column("to", 24, indent=2),
    ),
    _row,
    attrgetter("entity"),
)
