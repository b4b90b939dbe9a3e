"""The list of runs, and the list of the steps of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from assettui.core.partitions.space import partitions_text
from assettui.model.run import RunRecord, StepRecord
from assettui.model.text import plural
from assettui.model.timing import ago, clock_us, duration
from assettui.tui.appearance import GREY, RED, RUN_STYLES, STEP_STYLES, time_bar
from assettui.tui.columns import Column
from assettui.tui.listing import Cell, Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

_BAR_WIDTH = 24


class RunList(Listing[RunRecord]):
    """Runs, the newest first."""

    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("  assets", 22),
        Column("run", 8),
        Column("status", 10),
        Column("created", 9, is_right=True),
        Column("took", 7, is_right=True, rank=1),
        Column("  error", 50, rank=2),
    )

    def identity(self, row: RunRecord) -> object:
        """The id."""
        return row.run_id

    def cells(self, row: RunRecord) -> Sequence[Cell]:
        """What a line shows."""
        glyph, color = RUN_STYLES[row.status]
        now_us = clock_us()
        more = f" +{len(row.assets) - 1:,}" if len(row.assets) > 1 and row.job is None else ""
        name = f"job {row.job}" if row.job is not None else str(row.assets[-1]) if row.assets else ""
        more += f" {partitions_text(row.partitions)}" if row.partitions else ""
        took = (row.ended_us or now_us) - row.started_us if row.started_us is not None else None
        return (
            (f"{glyph} {name}{more}", color),
            (row.run_id[:8], ""),
            (row.status.value, color),
            (ago(row.created_us, now_us), ""),
            (duration(took), ""),
            (f"  {row.error or ''}", RED),
        )


class StepList(Listing[StepRecord]):
    """The steps of one run, each with a bar for when it ran."""

    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("  step", 26),
        Column("status", 9),
        Column("took", 7, is_right=True),
        Column("", _BAR_WIDTH, rank=1),
        Column("  error", 50, rank=2),
    )

    span: tuple[int, int] = (0, 1)
    """When the run began and when it ended, or else now."""

    def identity(self, row: StepRecord) -> object:
        """Its key."""
        return row.step_key

    def cells(self, row: StepRecord) -> Sequence[Cell]:
        """What a line shows."""
        glyph, color = STEP_STYLES[row.status]
        began, ended = self.span
        took = (row.ended_us or ended) - row.started_us if row.started_us is not None else None
        bar = ""
        if row.started_us is not None:
            length = max(1, ended - began)
            first, size = time_bar(
                (row.started_us - began) / length, ((row.ended_us or ended) - began) / length, _BAR_WIDTH
            )
            bar = " " * first + "━" * size
        return (
            (f"{glyph} {row.step_key}", color),
            (row.status.value, color),
            (duration(took), ""),
            (bar, color),
            (f"  {_remark(row)}", color if row.error else GREY),
        )


def _remark(row: StepRecord) -> str:
    """What is to be said of a step besides its status."""
    retries = f"after {plural(row.retries, 'retry')}" if row.retries else ""
    return ", ".join(part for part in (row.error.message if row.error else "", retries) if part)
