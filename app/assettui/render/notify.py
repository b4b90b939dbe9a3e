"""Who is told of what, as a table. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model.text import one_line
from assettui.render.appearance import GREY, RED, YELLOW
from assettui.render.table import Cell, Column, Row, Table, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.service.notify import RuleRow


def _row(row: RuleRow, now_us: int) -> Row:
    last = row.last
    is_wrong = row.problem is not None or (last is not None and last.error is not None)
    said = row.problem or ((last.error or last.title) if last is not None else "nothing told yet")
    return Row(
        (
            Cell(row.rule.name, RED if is_wrong else ""),
            Cell(row.way),
            Cell(", ".join(row.rule.on)),
            Cell(f"{row.rule.selection}{f' ({row.assets:,})' if row.assets is not None else ''}"),
            _quiet(row),
            moment(last.time_us, now_us) if last is not None else Cell("–", GREY),
            Cell(one_line(said, 300), RED if is_wrong else GREY),
        )
    )


def _quiet(row: RuleRow) -> Cell:
    if row.rule.quiet is None:
        return Cell("–", GREY)
    is_now = row.quiet_until_us is not None
    return Cell(f"{row.rule.quiet} {row.rule.timezone}{' now' if is_now else ''}", YELLOW if is_now else "")


def _haystack(row: RuleRow) -> Sequence[str]:
    return (row.rule.name, row.way, row.rule.selection)


RULES: Table[RuleRow] = Table(
    (
        Column("rule", 16),
        Column("by", 8),
        Column("of", 30),
        Column("assets", 16),
        Column("quiet", 22),
        Column("last", 9),
        Column("said", 30),
    ),
    _row,
    _haystack,
)
