"""Projects: how many of them are listed."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from assettui.render.appearance import BLUE, GREEN, GREY, RED, YELLOW
from assettui.render.table import Cell, Column, Row, Table

if TYPE_CHECKING:
    from assettui.model.project_summary import ProjectSummary


def _count(number: int, color: str) -> Cell:
    return Cell(f"{number:,}" if number else "–", color if number else GREY, str(number))


def _look(summary: ProjectSummary) -> tuple[str, str]:
    """Its glyph and its color: the worst that is to be said of it."""
    if summary.problem:
        return "?", GREY
    if summary.failed or summary.overdue:
        return "✗", RED
    if summary.stale:
        return "◐", YELLOW
    if summary.never and not summary.fresh:
        return "○", GREY
    return "●", GREEN


def _row(summary: ProjectSummary, now_us: int) -> Row:
    glyph, color = _look(summary)
    about = Cell(summary.problem, RED) if summary.problem else Cell(summary.place, GREY)
    counts = (
        (summary.fresh, GREEN),
        (summary.stale, YELLOW),
        (summary.failed, RED),
        (summary.overdue, RED),
        (summary.running, BLUE),
    )
    return Row(
        (
            Cell(summary.name or "–", color),
            Cell(summary.host.rpartition(" ")[2] or "here", "" if summary.host else GREY, summary.host or "here"),
            *(Cell("") if summary.problem else _count(*each) for each in counts),
            Cell(summary.leader or ("" if summary.problem else "nobody"), "" if summary.leader else GREY),
            about,
        ),
        glyph,
    )


PROJECTS: Table[ProjectSummary] = Table(
    (
        Column("project", 14, indent=2, limit=20),
        Column("on", 10, limit=16),
        Column("fresh", 5, is_right=True),
        Column("stale", 5, is_right=True),
        Column("failed", 6, is_right=True),
        Column("overdue", 7, is_right=True),
        Column("running", 7, is_right=True),
        Column("leader", 11, rank=2, indent=1),
        Column("folder", 12, rank=1, indent=1),
    ),
    _row,
    attrgetter("host", "place", "name", "arguments"),
)
