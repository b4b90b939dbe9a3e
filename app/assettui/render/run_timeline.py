"""The steps of a run as a timeline: bars below an axis of seconds. Pure functions."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final

from assettui.model.timing import duration
from assettui.render.appearance import GREY, STEP_STYLES
from assettui.render.runs import remark
from assettui.render.table import Cell, Column, Row, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.run_timeline import StepSpan
    from assettui.model.run import StepRecord

LEAST_BAR: Final = 16
REMARK_FROM: Final = 130
"""In a window so wide, what is to be said of a step stands beside its bar."""
LEGEND: Final = "░ waits  ━ runs, on the critical path  ─ runs  ┄ between tries"
_FIXED = (26, 9, 7)


def timeline_columns(width: int, axis: str) -> tuple[Column, ...]:
    """The columns in a window of that width; above the bars stands the axis."""
    remark_width = 34 if width >= REMARK_FROM else 0
    step = 26 if width < REMARK_FROM else 34
    bar = max(LEAST_BAR, width - step - sum(_FIXED[1:]) - 5 - (remark_width + 1 if remark_width else 0))
    columns = [
        Column("step", step, indent=2, limit=step),
        Column("status", _FIXED[1]),
        Column("took", _FIXED[2], is_right=True),
        Column(axis, bar, rank=1, indent=1),
    ]
    return (*columns, Column("", remark_width, rank=2, indent=1)) if remark_width else tuple(columns)


def timeline_table(spans: Mapping[str, StepSpan], began_us: int, ended_us: int, width: int) -> Table[StepRecord]:
    """The steps of one run.

    Args:
        spans: When each waited and ran.
        began_us: When the run began: microseconds since the epoch, UTC.
        ended_us: When it ended, or else now.
        width: Of the window, in cells.
    """
    columns = timeline_columns(width, "")
    bar_width = columns[3].width - 1
    columns = timeline_columns(width, axis(ended_us - began_us, bar_width))

    def row(step: StepRecord, now_us: int) -> Row:
        glyph, color = STEP_STYLES[step.status]
        span = spans.get(step.step_key)
        took = (step.ended_us or ended_us) - step.started_us if step.started_us is not None else None
        cells = [
            Cell(step.step_key, "bold" if span is not None and span.is_critical else ""),
            Cell(step.status.value, color),
            Cell(duration(took)),
            Cell(bar(span, began_us, ended_us, bar_width) if span is not None else "", color),
        ]
        if len(columns) > 4:
            cells.append(Cell(remark(step), color if step.error else GREY))
        return Row(cells, glyph, color)

    return Table(columns, row, attrgetter("step_key"))


def bar(span: StepSpan, began_us: int, ended_us: int, width: int) -> str:
    """When a step waited, ran, and was between two tries."""
    length = max(1, ended_us - began_us)

    def cell(time_us: int) -> int:
        return max(0, min(width, (time_us - began_us) * width // length))

    cells = [" "] * width
    if span.ready_us is not None:
        for at in range(cell(span.ready_us), cell(span.tries[0][0]) if span.tries else cell(ended_us)):
            cells[at] = "░"
    for index, (start, end) in enumerate(span.tries):
        first, last = min(width - 1, cell(start)), max(cell(start) + 1, cell(end))
        if index:
            for at in range(cell(span.tries[index - 1][1]), first):
                cells[at] = "┄"
        for at in range(first, min(width, last)):
            cells[at] = "━" if span.is_critical else "─"
    return "".join(cells).rstrip()


def axis(length_us: int, width: int) -> str:
    """Seconds since the run began, as many as there is room for."""
    text, at = "", 0
    step = max(1, width // 4)
    while at < width - 5:
        shown = duration(length_us * at // max(1, width)) if at else "0"
        text = text.ljust(at) + shown
        at += step
    return text
