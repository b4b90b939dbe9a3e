"""Backfills: how they are listed, what one would do, and how far it has come."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from assettui.core.partitions.space import partitions_text
from assettui.model.backfill import BackfillPlan, BackfillRecord, BackfillStatus, PlannedAsset, SkippedPartitions
from assettui.model.text import one_line, plural
from assettui.model.timing import SECOND_US, duration, local
from assettui.render.appearance import BLUE, GREEN, GREY, RED, RUN_STYLES, YELLOW, progress_bar
from assettui.render.lines import BLANK, Line, line, lines_of
from assettui.render.runs import took_us as run_took_us
from assettui.render.table import Cell, Column, Row, Table, moment

if TYPE_CHECKING:
    from assettui.service.backfills import BackfillDetail, FailureGroup

BACKFILL_STYLES = {
    BackfillStatus.QUEUED: ("◌", GREY),
    BackfillStatus.STARTED: ("▶", BLUE),
    BackfillStatus.PAUSED: ("‖", YELLOW),
    BackfillStatus.CANCELING: ("■", YELLOW),
    BackfillStatus.SUCCESS: ("✓", GREEN),
    BackfillStatus.FAILURE: ("✗", RED),
    BackfillStatus.CANCELED: ("■", GREY),
}
BAR_WIDTH = 16
ASSET_BAR = 24
MAX_LINES = 200
"""So many assets of a plan are shown."""
_NAME = 40


def took_us(backfill: BackfillRecord, now_us: int) -> int | None:
    """How long it took, or has been going on; None of one that has not begun."""
    return (backfill.ended_us or now_us) - backfill.started_us if backfill.started_us is not None else None


def title(backfill: BackfillRecord) -> str:
    keys = backfill.plan.keys
    return backfill.plan.title or f"{keys[0] if keys else ''}{f' +{len(keys) - 1:,}' if len(keys) > 1 else ''}"


def pace(backfill: BackfillRecord, now_us: int) -> tuple[float | None, int | None]:
    """How many partitions are made a second since it was begun, and about how long the rest takes, in microseconds."""
    counts = backfill.counts
    settled = counts.materialized + counts.failed
    if not settled:
        return None, None
    length_us = max(1, (backfill.ended_us or now_us) - (backfill.started_us or backfill.created_us))
    rate = settled / (length_us / SECOND_US)
    left = counts.waiting + counts.running
    return rate, None if backfill.status.is_over else round(left / rate * SECOND_US)


def _row(backfill: BackfillRecord, now_us: int) -> Row:
    glyph, color = BACKFILL_STYLES[backfill.status]
    counts = backfill.counts
    rate, left = pace(backfill, now_us)
    return Row(
        (
            Cell(title(backfill), color),
            Cell(backfill.backfill_id[:8], GREY),
            Cell(backfill.status.value, color),
            Cell(_bar(backfill, BAR_WIDTH), color),
            Cell(f"{counts.materialized:,}/{counts.requested:,}"),
            Cell(f"{counts.failed:,}", RED if counts.failed else GREY),
            Cell(f"{rate:,.0f}/s" if rate is not None and rate >= 1 else f"{rate * 60:,.0f}/m" if rate else "–"),
            Cell(duration(took_us(backfill, now_us))),
            Cell(duration(left)),
            moment(backfill.created_us, now_us, GREY),
            Cell(backfill.error or "", RED),
        ),
        glyph,
    )


BACKFILLS: Table[BackfillRecord] = Table(
    (
        Column("title", 22, indent=2),
        Column("backfill", 8, rank=5),
        Column("status", 9),
        Column("", BAR_WIDTH, rank=1),
        Column("done", 15, is_right=True),
        Column("failed", 7, is_right=True, rank=6),
        Column("rate", 7, is_right=True, rank=2),
        Column("took", 7, is_right=True),
        Column("left", 7, is_right=True, rank=1),
        Column("created", 9, is_right=True, rank=3),
        Column("error", 40, rank=4, indent=2),
    ),
    _row,
    attrgetter("backfill_id"),
)


def _bar(backfill: BackfillRecord, width: int) -> str:
    counts = backfill.counts
    return progress_bar(counts.materialized, counts.failed + counts.skipped, counts.requested, width)


def size(plan: BackfillPlan) -> str:
    """How much a plan is, in a sentence."""
    about = f", about {duration(plan.estimate_us)}" if plan.estimate_us is not None else ""
    assets = plural(len(plan.assets), "asset")
    return f"{plural(plan.count, 'partition')} of {assets} in {plural(plan.runs, 'run')}{about}"


def plan_lines(plan: BackfillPlan) -> list[Line]:
    """What it would do: how much of each asset, in which order, what is left out and why, and about how long it takes."""
    found: list[Line] = [line(size(plan), "bold"), BLANK]
    width = min(_NAME, max((len(str(each.key)) for each in plan.assets), default=0))
    found += [_planned(each, width) for each in plan.assets[:MAX_LINES]]
    if len(plan.assets) > MAX_LINES:
        found.append(line(f"and {plural(len(plan.assets) - MAX_LINES, 'more asset')}", GREY))
    if plan.skipped:
        found += [BLANK, line("skipped", YELLOW)]
    found += [line(skipped_line(each), YELLOW) for each in plan.skipped[:MAX_LINES]]
    return found


def skipped_line(each: SkippedPartitions) -> str:
    """What is left out of an asset, and why."""
    if not each.count:
        return f"{each.key} {each.why}"
    return f"{plural(each.count, 'partition')} of {each.key} ({one_line(each.shown, 60)}): {each.why}"


def _planned(each: PlannedAsset, width: int) -> Line:
    return (
        Cell(f"{one_line(str(each.key), width):<{width}}  "),
        Cell(f"{each.count:>9,}  ", "bold"),
        Cell(f"{duration(each.duration_us):>7}  {plural(each.runs, 'run'):>9}  {each.shown}", GREY),
    )


def backfill_lines(detail: BackfillDetail, now_us: int, width: int) -> list[Line]:
    """How far a backfill has come, asset by asset, and what failed, by error.

    Args:
        detail: The backfill.
        now_us: Microseconds since the epoch, UTC.
        width: What there is, in cells.
    """
    backfill, counts = detail.backfill, detail.backfill.counts
    glyph, color = BACKFILL_STYLES[backfill.status]
    bold = f"bold {color}"
    others = ((counts.failed, "failed", RED), (counts.skipped, "skipped", YELLOW), (counts.canceled, "canceled", GREY))
    found: list[Line] = [
        (
            Cell(f"{glyph} ", bold, ""),
            Cell(f"backfill {backfill.backfill_id[:8]} {backfill.status.value}", bold),
            Cell(f"  {backfill.plan.title}" if backfill.plan.title else "", "bold"),
        ),
        (
            Cell(_bar(backfill, max(10, min(60, width - 40))), color),
            Cell(f"  {counts.materialized:,} of {counts.requested:,} materialized"),
            *(
                Cell(f"   {count:,} {word}", shade)
                for count, word, shade in (*others, (counts.running, "running", BLUE))
                if count
            ),
        ),
        _pace(backfill, now_us),
        BLANK,
    ]
    name_width = min(_NAME, max((len(str(key)) for key, _, _ in detail.assets), default=0))
    for key, total, made in detail.assets:
        shade = GREEN if made >= total else BLUE if made else GREY
        found.append(
            (
                Cell(f"{one_line(str(key), name_width):<{name_width}}  "),
                Cell(progress_bar(made, 0, total, ASSET_BAR), shade),
                Cell(f"  {made:,} of {total:,}"),
            )
        )
    for group in detail.failures:
        found += _failures(group)
    if backfill.error and not any(backfill.error.endswith(group.error) for group in detail.failures):
        found += [BLANK, line(f"✗ {one_line(backfill.error, 200)}", RED)]
    if detail.runs:
        found += [BLANK, line("last runs", GREY)]
    for run in detail.runs[:10]:
        run_glyph, run_color = RUN_STYLES[run.status]
        of = f"{one_line(', '.join(map(str, run.assets)), 50)} {one_line(partitions_text(run.partitions), _NAME)}".rstrip()
        found.append(
            (
                Cell(f"{run_glyph} {run.run_id[:8]}", run_color),
                Cell(f"  {of}  {duration(run_took_us(run, now_us))}"),
            )
        )
    return found


def _pace(backfill: BackfillRecord, now_us: int) -> Line:
    rate, left = pace(backfill, now_us)
    plan, took = backfill.plan, duration(took_us(backfill, now_us))
    said = [
        Cell(f"created {local(backfill.created_us)}", GREY),
        Cell(f"   {'took' if backfill.status.is_over else 'for'} {took}"),
    ]
    if rate is not None:
        said.append(Cell(f"   {rate:,.1f} a second"))
    if left is not None:
        said.append(Cell(f"   {duration(left)} left"))
    if plan.max_concurrent is not None:
        said.append(Cell(f"   {plural(plan.max_concurrent, 'run')} at once", GREY))
    if plan.priority:
        said.append(Cell(f"   priority {plan.priority}", GREY))
    return tuple(said)


def _failures(group: FailureGroup) -> list[Line]:
    found: list[Line] = [BLANK, (Cell(f"✗ {plural(group.count, 'failure')}: ", f"bold {RED}"), Cell(group.error, RED))]
    found += [
        line(f"    {one_line(step, _NAME)} {one_line(partitions, _NAME)}  run {run_id[:8]}", GREY)
        for step, partitions, run_id in group.examples[:8]
    ]
    if group.count > 8:
        found.append(line(f"    and {group.count - 8:,} more", GREY))
    return found + lines_of("\n".join((group.traceback or "").strip().split("\n")[-6:]), indent="    ")
