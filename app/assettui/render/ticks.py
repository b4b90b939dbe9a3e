"""Ticks: how they are listed, and what one came to or would come to."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from assettui.model.events import Tick, TickOutcome
from assettui.model.text import one_line, plural
from assettui.model.timing import duration, local
from assettui.render.appearance import BLUE, GREEN, GREY, RED, YELLOW
from assettui.render.lines import Line, error_lines, facts, line, lines_of
from assettui.render.table import Cell, Column, Row, Table, moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assettui.model.events import LogLine
    from assettui.service.automation import DryTick

TICK_STYLES = {
    TickOutcome.SUCCESS: ("✓", GREEN),
    TickOutcome.SKIPPED: ("○", GREY),
    TickOutcome.FAILURE: ("✗", RED),
}
MAX_KEYS = 50
"""So many runs and run keys of one tick are shown."""


def what_it_did(tick: Tick) -> str:
    """What a tick came to, in a few words."""
    match tick.outcome:
        case TickOutcome.SUCCESS:
            words = [plural(len(tick.runs), "run")] if tick.runs else []
            if tick.keys:
                words.append(plural(sum(len(each.keys) for each in tick.keys), "partition key"))
            if not words:
                words.append("reported")
            if warnings := sum(said.level == "WARNING" for said in tick.log):
                words.append(plural(warnings, "warning"))
            return ", ".join(words)
        case TickOutcome.SKIPPED:
            return one_line(tick.skip_reason or "nothing to do", 60)
        case TickOutcome.FAILURE:
            return one_line(tick.error.message if tick.error else "failed", 60)


def _row(tick: Tick, now_us: int) -> Row:
    glyph, color = TICK_STYLES[tick.outcome]
    by = " by hand" if tick.is_manual else ""
    runs = " ".join(run_id[:8] for run_id in tick.run_ids[:3]) + (" …" if len(tick.runs) > 3 else "")
    return Row(
        (
            Cell(f"{what_it_did(tick)}{by}", color),
            Cell(str(tick.id), GREY),
            Cell(tick.instigator, GREY),
            Cell(tick.outcome.value, color),
            Cell(local(tick.scheduled_us)),
            moment(tick.ended_us, now_us, GREY),
            Cell(duration(tick.ended_us - tick.started_us)),
            Cell(runs, BLUE),
        ),
        glyph,
    )


TICKS: Table[Tick] = Table(
    (
        Column("did", 30, limit=60, indent=2),
        Column("tick", 6, rank=4),
        Column("name", 20, rank=6),
        Column("outcome", 8, rank=5),
        Column("for", 19, rank=1),
        Column("ago", 8, is_right=True),
        Column("took", 7, is_right=True, rank=2),
        Column("runs", 20, indent=1),
    ),
    _row,
    attrgetter("id"),
)


def tick_lines(tick: Tick) -> list[Line]:
    """What a tick came to, and what it said."""
    color = TICK_STYLES[tick.outcome][1]
    by = " by hand" if tick.is_manual else ""
    found: list[Line] = [
        (
            Cell(f"tick {tick.id} of {tick.instigator_kind.value} {tick.instigator}{by}: ", "bold"),
            Cell(tick.outcome.value, f"bold {color}"),
        ),
        line(f"for {local(tick.scheduled_us)}, took {duration(tick.ended_us - tick.started_us)}", GREY),
    ]
    if tick.missed:
        found.append(line(f"{plural(tick.missed, 'tick')} before it missed", YELLOW))
    found += lines_of(tick.skip_reason or "")
    found += [
        (Cell(f"run {run.run_id}", BLUE), Cell(f"  {run.run_key}" if run.run_key is not None else "", GREY))
        for run in tick.runs[:MAX_KEYS]
    ]
    found += [line(f"asked for before: {run_key}", GREY) for run_key in tick.known_run_keys[:MAX_KEYS]]
    for request in tick.keys:
        found.append(
            line(f"{'added to' if request.are_added else 'removed from'} {request.name}: {', '.join(request.keys)}")
        )
    if tick.cursor_after is not None:
        found += facts([("cursor", f"{tick.cursor_before or 'none'} → {tick.cursor_after or 'none'}")])
    return [*found, *_log_lines(tick.log), *error_lines(tick.error)]


def dry_lines(dry: DryTick) -> list[Line]:
    found = dry.evaluation
    color = TICK_STYLES[dry.outcome][1]
    lines: list[Line] = [
        (
            Cell(f"a tick of {dry.name} for {local(dry.scheduled_us)} would be: ", "bold"),
            Cell(dry.outcome.value, f"bold {color}"),
        ),
        *lines_of(found.skip_reason or ""),
    ]
    for request in found.runs:
        asked = (*(request.assets or ()), *(f"check {key}" for key in request.checks or ()))
        of = request.job or (", ".join(map(str, asked)) if asked else "its assets")
        known = " (asked for before)" if request.run_key in dry.known_run_keys else ""
        partition = f" {request.partition_key}" if request.partition_key else ""
        key = f"  {request.run_key}{known}" if request.run_key else ""
        lines.append(line(f"run of {of}{partition}{key}", BLUE))
    lines += [
        line(f"{'add to' if each.are_added else 'remove from'} {each.name}: {', '.join(each.keys)}")
        for each in found.keys
    ]
    if found.cursor is not None:
        lines += facts([("cursor", found.cursor or "none")])
    return [*lines, *_log_lines(found.log), *error_lines(found.error)]


def _log_lines(log: Iterable[LogLine]) -> list[Line]:
    found: list[Line] = []
    for said in log:
        first, *rest = said.message.expandtabs(4).splitlines() or [""]
        found.append((Cell(f"{said.level:<8} ", GREY), Cell(first)))
        found += [line(f"{'':<9}{each}") for each in rest]
    return found
