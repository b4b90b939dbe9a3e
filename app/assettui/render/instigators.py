"""Schedules and sensors: how they are listed, and what there is to say of one."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from assettui.core.timeline import zone_named
from assettui.model.events import TickOutcome
from assettui.model.instigator import InstigatorKind, Watching
from assettui.model.text import one_line
from assettui.model.timing import duration, local
from assettui.render.appearance import GREEN, GREY, RED, YELLOW
from assettui.render.lines import Line, facts, lines_of, metadata_facts, tag_facts
from assettui.render.table import Cell, Column, Row, Table, moment
from assettui.render.ticks import TICK_STYLES, what_it_did

if TYPE_CHECKING:
    from assettui.service.automation import InstigatorRow

STRIP = 12
"""So many of the last ticks are in the strip."""


ASIDE_SHOWN = 20
"""So many runs, or files, that a sensor has set aside are listed; `--json` has them all."""


def when(row: InstigatorRow) -> str:
    described = row.snapshot
    if described.kind is InstigatorKind.SCHEDULE:
        return f"{' | '.join(described.crons)} {described.zone_name}"
    if described.kind is InstigatorKind.AUTOMATION:
        return "when something happens"
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
    described = row.snapshot
    if described.kind is InstigatorKind.AUTOMATION:
        named = ", ".join(map(str, described.assets[:3]))
        return f"{named} +{len(described.assets) - 3:,}" if len(described.assets) > 3 else named
    return ", ".join(described.jobs) or described.selection or ""


def next_in(row: InstigatorRow, now_us: int) -> str:
    """How long it is until it is due."""
    if not row.is_on:
        return "–"
    if row.next_us is None:
        return "when it happens"
    return "now" if row.next_us <= now_us else f"in {duration(row.next_us - now_us)}"


def _row(row: InstigatorRow, now_us: int) -> Row:
    last = row.last
    has_failed = last is not None and last.outcome is TickOutcome.FAILURE
    glyph = "✗" if has_failed else "●" if row.is_on else "○"
    color = GREY if not row.is_on else RED if has_failed else GREEN
    shown = row.ticks[:STRIP]
    strip = "".join(TICK_STYLES[tick.outcome][0] for tick in reversed(shown))
    worst = RED if any(tick.outcome is TickOutcome.FAILURE for tick in shown) else GREEN
    return Row(
        (
            Cell(row.name, color),
            Cell(row.snapshot.kind.value, GREY),
            Cell("on" if row.is_on else "off", GREEN if row.is_on else GREY),
            Cell(when(row)),
            Cell(subject(row), GREY),
            moment(last.ended_us, now_us, GREY) if last is not None else Cell("never", GREY),
            Cell(next_in(row, now_us), YELLOW if row.is_on and row.next_us is not None else GREY),
            Cell(strip.rjust(STRIP), worst),
            Cell(what_it_did(last), TICK_STYLES[last.outcome][1]) if last is not None else Cell(""),
        ),
        glyph,
    )


INSTIGATORS: Table[InstigatorRow] = Table(
    (
        Column("name", 20, limit=36, indent=2),
        Column("kind", 10, rank=2),
        Column("state", 5),
        Column("when", 22, rank=1, limit=36),
        Column("of", 48, rank=6),  # where there is more than enough room: what it did matters more
        Column("last", 8, is_right=True),
        Column("next", 15, is_right=True),
        Column("ticks", STRIP + 1, rank=3, indent=1),
        Column("did", 20),
    ),
    _row,
    attrgetter("name"),
)


def instigator_lines(row: InstigatorRow, now_us: int) -> list[Line]:
    """What there is to know of a schedule or sensor."""
    described, state = row.snapshot, row.state
    glyph, color = ("●", GREEN) if row.is_on else ("○", GREY)
    bold = f"bold {color}"
    since = f" since {local(state.since_us)}" if state.since_us else ""
    title: Line = (
        Cell(f"{glyph} ", bold, ""),
        Cell(f"{described.kind.value} {row.name}", bold),
        Cell(f"  {'on' if row.is_on else 'off'}", color),
        Cell(f" {'by hand' if state.is_manual else 'by default'}{since}", GREY),
    )
    if described.kind is InstigatorKind.SCHEDULE:
        bound = f", at most {described.catch_up_limit}" if described.catch_up.value == "all" else ""
        own = [("missed", f"{described.catch_up.value}{bound}")]
    elif described.kind is InstigatorKind.AUTOMATION:
        own = [("target", described.selection or "what no other one evaluates")]
    else:
        own = [("cursor", state.cursor or "none"), ("failed", _failed(state.failures))]
        own += [
            ("set aside", f"{each.label}: {one_line(each.error.message, 100)}")
            for each in state.set_aside[:ASIDE_SHOWN]
        ]
    due = next_in(row, now_us)
    if row.next_us is not None:
        due += f", {local(row.next_us, zone_named(described.zone_name))} {described.zone_name}"
    return [
        title,
        *lines_of(described.description or ""),
        *facts(
            (
                ("when", when(row)),
                ("next", due),
                ("of", subject(row)),
                *own,
                *tag_facts(described.tags),
                *metadata_facts(described.metadata),
                ("source", str(described.at or "")),
            )
        ),
    ]


def _failed(times: int) -> str:
    return "" if not times else "the last time" if times == 1 else f"the last {times:,} times"
