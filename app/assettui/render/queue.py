"""The queue: which runs wait and for what, and what is limited."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from assettui.render.appearance import GREY, YELLOW
from assettui.render.runs import subject
from assettui.render.table import Cell, Column, Row, Table, moment

if TYPE_CHECKING:
    from assettui.service.queue import LimitRow, WaitingRun


def _waiting(each: WaitingRun, now_us: int) -> Row:
    return Row(
        (
            Cell(subject(each.run)),
            Cell(each.run.run_id[:8]),
            Cell(str(each.priority), GREY),
            moment(each.run.created_us, now_us),
            Cell(each.waits_for, YELLOW),
        )
    )


WAITING: Table[WaitingRun] = Table(
    (
        Column("assets", 22),
        Column("run", 8),
        Column("priority", 8, is_right=True, rank=1),
        Column("created", 9, is_right=True),
        Column("waits for", 30, indent=2),
    ),
    _waiting,
    attrgetter("run.run_id"),
)


def _limit(each: LimitRow, now_us: int) -> Row:
    return Row(
        (
            Cell(each.kind),
            Cell(each.name),
            Cell("any" if each.slots is None else str(each.slots)),
            Cell(str(each.used)),
            Cell("hand" if each.is_set else "settings" if each.slots is not None else "", GREY),
            Cell(", ".join(each.holders[:4])),
        )
    )


LIMITS: Table[LimitRow] = Table(
    (
        Column("of", 6),
        Column("name", 24),
        Column("slots", 6, is_right=True),
        Column("used", 6, is_right=True),
        Column("set by", 9, rank=1, indent=1),
        Column("held by", 30, rank=2),
    ),
    _limit,
    attrgetter("kind", "name"),
)
