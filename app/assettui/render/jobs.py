"""Jobs: how they are listed, and what there is to say of one."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from assettui.model.metadata import config_lines
from assettui.model.text import one_line, plural
from assettui.render.appearance import GREY, RUN_STYLES, YELLOW
from assettui.render.lines import BLANK, Line, facts, line, lines_of, metadata_facts, tag_facts
from assettui.render.table import Cell, Column, Row, Table, moment

if TYPE_CHECKING:
    from assettui.service.jobs import JobRow


def _extent(row: JobRow) -> str:
    if row.problem is not None:
        return "nothing now"
    return plural(len(row.assets), "asset") if row.job.selection is not None else plural(len(row.steps), "op")


def _row(row: JobRow, now_us: int) -> Row:
    last = row.runs[0] if row.runs else None
    return Row(
        (
            Cell(row.job.name),
            Cell(_extent(row), GREY if row.problem is None else YELLOW),
            moment(last.created_us, now_us) if last else Cell("never", GREY),
            Cell(last.status.value, RUN_STYLES[last.status][1]) if last else Cell(""),
            Cell(one_line(row.job.description or "", 60)),
        )
    )


JOBS: Table[JobRow] = Table(
    (
        Column("job", 24),
        Column("runs", 12),
        Column("last run", 9, is_right=True),
        Column("status", 10),
        Column("description", 30, rank=1),
    ),
    _row,
    attrgetter("job.name"),
)


def job_lines(row: JobRow) -> list[Line]:
    job = row.job
    return [
        line(f"job {job.name}", "bold"),
        *lines_of((job.description or "").strip()),
        *facts(
            (
                ("selects", job.selection or ""),
                ("problem", row.problem or ""),
                *tag_facts(job.tags),
                ("hooks", ", ".join(job.hooks)),
                ("at once", plural(job.max_concurrent, "step") if job.max_concurrent is not None else ""),
                *(("config", each) for each in config_lines(job.config)),
                *metadata_facts(job.metadata),
                ("source", str(job.at or "")),
            )
        ),
        BLANK,
        *(line(f"  {step}") for step in row.steps or map(str, row.assets)),
    ]
