"""Schedules, sensors and ticks in words: the same in every face."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model.events import Tick, TickOutcome
from assettui.model.instigator import InstigatorKind, Watching
from assettui.model.text import one_line, plural
from assettui.model.timing import duration

if TYPE_CHECKING:
    from assettui.service.automation import InstigatorRow

GLYPH = {TickOutcome.SUCCESS: "✓", TickOutcome.SKIPPED: "○", TickOutcome.FAILURE: "✗"}


def when(row: InstigatorRow) -> str:
    """What wakes it."""
    described = row.snapshot
    if described.kind is InstigatorKind.SCHEDULE:
        return f"{' | '.join(described.crons)} {described.zone_name}"
    match described.watching:
        case Watching.ASSETS:
            more = f" +{len(described.assets) - 3}" if len(described.assets) > 3 else ""
            return f"on {', '.join(str(key) for key in described.assets[:3])}{more}"
        case Watching.RUNS:
            of = f" of {', '.join(described.watched_jobs)}" if described.watched_jobs else ""
            return f"on runs: {', '.join(described.run_statuses)}{of}"
        case Watching.TIME:
            return f"every {described.interval_s:g} s"


def subject(row: InstigatorRow) -> str:
    """What it asks for."""
    return ", ".join(row.snapshot.jobs) or row.snapshot.selection or ""


def next_in(row: InstigatorRow, now_us: int) -> str:
    """How long it is until it is due."""
    if not row.is_on:
        return "–"
    if row.next_us is None:
        return "when it happens"
    return "now" if row.next_us <= now_us else f"in {duration(row.next_us - now_us)}"


def what_it_did(found: Tick) -> str:
    """What a tick came to, in a few words."""
    glyph = GLYPH[found.outcome]
    match found.outcome:
        case TickOutcome.SUCCESS:
            words = [plural(len(found.runs), "run")] if found.runs else []
            if found.keys:
                words.append(plural(sum(len(each.keys) for each in found.keys), "partition key"))
            if not words:
                words.append("reported")
            if warnings := sum(line.level == "WARNING" for line in found.log):
                words.append(plural(warnings, "warning"))
            return f"{glyph} {', '.join(words)}"
        case TickOutcome.SKIPPED:
            return f"{glyph} {one_line(found.skip_reason or 'nothing to do', 60)}"
        case TickOutcome.FAILURE:
            return f"{glyph} {one_line(found.error.message if found.error else 'failed', 60)}"
