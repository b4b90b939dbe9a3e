"""Runs and their steps: how they are listed, and what there is to say of one."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from assettui.core.partitions.space import partitions_text
from assettui.model.metadata import config_lines
from assettui.model.text import plural
from assettui.model.timing import duration, local
from assettui.render.appearance import GREY, RED, RUN_STYLES, STEP_STYLES, YELLOW, time_bar
from assettui.render.lines import Line, error_lines, facts, metadata_facts, tag_facts
from assettui.render.table import Cell, Column, Row, Table, moment

if TYPE_CHECKING:
    from assettui.model.run import RunRecord, StepRecord
    from assettui.service.runs import RunDetail

BAR_WIDTH = 24


def took_us(run: RunRecord, now_us: int) -> int | None:
    """How long it took, or has been going on; None of one that has not begun."""
    return (run.ended_us or now_us) - run.started_us if run.started_us is not None else None


def subject(run: RunRecord) -> str:
    """What a run is of: its job or its assets, and its partitions."""
    more = f" +{len(run.assets) - 1:,}" if len(run.assets) > 1 and run.job is None else ""
    name = f"job {run.job}" if run.job is not None else str(run.assets[-1]) if run.assets else ""
    if not name and run.checks:
        name = f"check {run.checks[0]}" + (f" +{len(run.checks) - 1:,}" if len(run.checks) > 1 else "")
    return f"{name}{more} {partitions_text(run.partitions)}".rstrip()


def _row(run: RunRecord, now_us: int) -> Row:
    glyph, color = RUN_STYLES[run.status]
    return Row(
        (
            Cell(subject(run), color),
            Cell(run.run_id[:8]),
            Cell(run.status.value, color),
            moment(run.created_us, now_us),
            Cell(duration(took_us(run, now_us))),
            Cell(run.error or "", RED),
        ),
        glyph,
    )


RUNS: Table[RunRecord] = Table(
    (
        Column("assets", 22, indent=2),
        Column("run", 8),
        Column("status", 10),
        Column("created", 9, is_right=True),
        Column("took", 7, is_right=True, rank=1),
        Column("error", 50, rank=2, indent=2),
    ),
    _row,
    attrgetter("run_id"),
)


def steps_table(span: tuple[int, int]) -> Table[StepRecord]:
    """The steps of one run, each with a bar for when it ran.

    Args:
        span: When the run began and when it ended, or else now; microseconds since the epoch, UTC.
    """
    began, ended = span

    def row(step: StepRecord, now_us: int) -> Row:
        glyph, color = STEP_STYLES[step.status]
        took = (step.ended_us or ended) - step.started_us if step.started_us is not None else None
        return Row(
            (
                Cell(step.step_key, color),
                Cell(step.status.value, color),
                Cell(duration(took)),
                Cell(_bar(step, began, ended), color),
                Cell(remark(step), color if step.error else GREY),
            ),
            glyph,
        )

    return Table(STEP_COLUMNS, row, attrgetter("step_key"))


STEP_COLUMNS = (
    Column("step", 26, indent=2),
    Column("status", 9),
    Column("took", 7, is_right=True),
    Column("", BAR_WIDTH, rank=1),
    Column("error", 50, rank=2, indent=2),
)


def _bar(step: StepRecord, began_us: int, ended_us: int) -> str:
    if step.started_us is None:
        return ""
    length = max(1, ended_us - began_us)
    first, size = time_bar(
        (step.started_us - began_us) / length, ((step.ended_us or ended_us) - began_us) / length, BAR_WIDTH
    )
    return " " * first + "━" * size


def remark(step: StepRecord) -> str:
    """What is to be said of a step besides its status."""
    retries = f"after {plural(step.retries, 'retry')}" if step.retries else ""
    return ", ".join(part for part in (step.error.message if step.error else "", retries) if part)


def run_title(detail: RunDetail, now_us: int) -> Line:
    """A run in a line: its id, and how it stands."""
    glyph, _, *others = run_state(detail, now_us)
    run = detail.run
    return (glyph, Cell(f"run {run.run_id[:8]}  {run.status.value}", glyph.color), *others)


def run_state(detail: RunDetail, now_us: int) -> Line:
    """How a run stands, in a line."""
    run = detail.run
    glyph, color = RUN_STYLES[run.status]
    job = f"  job {run.job}" if run.job is not None else ""
    partitions = f"  {partitions_text(run.partitions)}" if run.partitions else ""
    title = [
        Cell(f"{glyph} ", f"bold {color}", ""),
        Cell(run.status.value, f"bold {color}"),
        Cell(f"{job}{partitions}  {local(run.created_us)}  {duration(took_us(run, now_us))}"),
    ]
    if run.error:
        title.append(Cell(f"  {run.error}", RED))
    if detail.waits_for is not None:
        title.append(Cell(f"  waits for {detail.waits_for}", YELLOW))
    return tuple(title)


def run_lines(detail: RunDetail, now_us: int) -> list[Line]:
    run = detail.run
    return [
        run_title(detail, now_us),
        *facts(
            (
                ("id", run.run_id),
                ("started", local(run.started_us) if run.started_us else ""),
                *tag_facts(run.tags),
                ("assets", ", ".join(map(str, run.assets))),
                ("checks", ", ".join(run.checks)),
                ("backfill", run.backfill or ""),
                *(("config", each) for each in config_lines(detail.config)),
            )
        ),
    ]


def failure_lines(step: StepRecord) -> list[Line]:
    """Why a step failed, with its traceback and what its function said of it."""
    if step.error is None:
        return []
    return [*error_lines(step.error), *facts(metadata_facts(step.error.metadata))]
