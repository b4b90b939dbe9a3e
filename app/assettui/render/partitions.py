"""Partitions of an asset: how they are listed, and how each status looks."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from assettui.core.partition_status import PartitionStatus
from assettui.model.timing import duration
from assettui.render.appearance import BLUE, GREEN, GREY, RED, YELLOW
from assettui.render.table import Cell, Column, Row, Table, moment

if TYPE_CHECKING:
    from assettui.service.partitions import PartitionRow

PARTITION_STYLES = {
    PartitionStatus.RUNNING: ("▶", BLUE),
    PartitionStatus.QUEUED: ("◌", BLUE),
    PartitionStatus.FAILED: ("✗", RED),
    PartitionStatus.STALE: ("▒", YELLOW),
    PartitionStatus.MATERIALIZED: ("█", GREEN),
    PartitionStatus.NEVER: ("·", GREY),
}


def _row(row: PartitionRow, now_us: int) -> Row:
    glyph, color = PARTITION_STYLES[row.status]
    state = row.state
    last = state.last if state is not None else None
    run_id = (state.failed_run if state is not None else None) or (last.run_id if last is not None else "")
    return Row(
        (
            Cell(row.partition, color),
            Cell(row.status.value, color),
            moment(last.time_us, now_us) if last is not None else Cell("–"),
            Cell(duration(last.duration_us if last is not None else None)),
            Cell(run_id[:8]),
            Cell(state.error or "" if state is not None else "", RED),
        ),
        glyph,
    )


PARTITIONS: Table[PartitionRow] = Table(
    (
        Column("partition", 24, indent=2),
        Column("status", 12),
        Column("built", 9, is_right=True),
        Column("took", 7, is_right=True),
        Column("run", 8, rank=1),
        Column("error", 30, rank=2, indent=2),
    ),
    _row,
    attrgetter("partition"),
)
