"""The timeline: past, running and upcoming runs by job, a line each. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.model.run import RunStatus
from assettui.model.text import plural
from assettui.model.timing import SECOND_US, duration, local
from assettui.render.appearance import BLUE, GREY, RUN_STYLES, YELLOW
from assettui.render.runs import took_us
from assettui.render.table import Cell

if TYPE_CHECKING:
    from assettui.render.lines import Line
    from assettui.service.timeline import TimelineRow

MINUTE_US, HOUR_US, DAY_US = 60 * SECOND_US, 3_600 * SECOND_US, 86_400 * SECOND_US
DUE = "◇"
_NOTHING, _NOW = Cell("·", GREY), Cell("│", BLUE)
_RANK = {RunStatus.FAILURE: 3, RunStatus.STARTED: 2, RunStatus.STARTING: 2, RunStatus.CANCELING: 2, RunStatus.QUEUED: 1}
"""Of several runs in one cell, the one is shown that matters most."""


class Window(Struct, frozen=True):
    """The time that is shown; microseconds since the epoch, UTC."""

    from_us: int
    until_us: int

    def cell(self, time_us: int, width: int) -> int:
        """The cell in which a time lies; it may lie outside."""
        return (time_us - self.from_us) * width // (self.until_us - self.from_us)


def timeline_cells(row: TimelineRow, window: Window, now_us: int, width: int) -> list[Cell]:
    """A line of the timeline: for each cell what stands in it, and its color."""
    found = [_NOTHING] * width
    ranks = [-1] * width
    for run in row.runs:
        glyph, color = RUN_STYLES[run.status]
        shown = Cell("█" if run.status is RunStatus.SUCCESS else glyph, color)
        first = max(0, window.cell(run.started_us or run.created_us, width))
        last = min(width - 1, window.cell(run.ended_us or now_us, width))
        rank = _RANK.get(run.status, 0)
        for index in range(first, last + 1):
            if 0 <= index < width and rank >= ranks[index]:
                found[index], ranks[index] = shown, rank
    for due in row.upcoming:
        index = window.cell(due, width)
        if 0 <= index < width and ranks[index] < 0:
            found[index] = Cell(DUE, YELLOW)
    here = window.cell(now_us, width)
    if 0 <= here < width and ranks[here] < 0:
        found[here] = _NOW
    return found


def axis(window: Window, width: int) -> str:
    """The times below the cells, as many as there is room for."""
    step = max(14, width // 8)
    line = [" "] * width
    has_days = window.until_us - window.from_us > DAY_US
    for index in range(0, width - 11, step):
        text = local(window.from_us + index * (window.until_us - window.from_us) // width)
        label = text[5:16] if has_days else text[11:19] if window.until_us - window.from_us <= HOUR_US else text[11:16]
        line[index : index + len(label)] = label
    return "".join(line)


def timeline_legend() -> Line:
    """What the glyphs mean."""
    found: list[Cell] = []
    for status in (RunStatus.SUCCESS, RunStatus.FAILURE, RunStatus.STARTED, RunStatus.QUEUED, RunStatus.CANCELED):
        glyph, color = RUN_STYLES[status]
        found += [Cell("█" if status is RunStatus.SUCCESS else glyph, color), Cell(f" {status.value}   ", GREY)]
    return (*found, Cell(DUE, YELLOW), Cell(" due   ", GREY), _NOW, Cell(" now", GREY))


def timeline_summary(row: TimelineRow, now_us: int) -> str:
    """What there is of a job, in a line."""
    failed = sum(run.status is RunStatus.FAILURE for run in row.runs)
    parts = [plural(len(row.runs), "run")]
    if failed:
        parts.append(f"{failed:,} failed")
    if row.runs:
        last = row.runs[-1]
        parts.append(f"last {last.run_id[:8]} {last.status.value} in {duration(took_us(last, now_us))}")
    if row.upcoming:
        parts.append(f"next {local(min(row.upcoming))}")
    return " · ".join(parts)
