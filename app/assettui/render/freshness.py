"""Freshness: how it is listed, and why the data of an asset is as old as it is."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from assettui.model.freshness import FreshnessStatus
from assettui.model.timing import ago, duration, local
from assettui.render.appearance import GREEN, GREY, RED, YELLOW
from assettui.render.lines import BLANK, Line, facts, line
from assettui.render.table import Cell, Column, Row, Table, moment

if TYPE_CHECKING:
    from assettui.model.freshness import Freshness, FreshnessPolicy
    from assettui.service.freshness import Compliance, DataSource, FreshnessDetail, FreshnessRow

FRESHNESS_STYLES = {
    FreshnessStatus.PASS: ("●", GREEN, "ok"),
    FreshnessStatus.WARN: ("◷", YELLOW, "warn"),
    FreshnessStatus.FAIL: ("◷", RED, "overdue"),
    FreshnessStatus.UNKNOWN: ("○", GREY, "unknown"),
}
_MARKS = {
    FreshnessStatus.PASS: "█",
    FreshnessStatus.WARN: "▆",
    FreshnessStatus.FAIL: "▄",
    FreshnessStatus.UNKNOWN: "·",
}
STRIP = 24
"""So many cells the strip of compliance has."""


def policy_text(policy: FreshnessPolicy) -> str:
    """What a policy wants, in a few words."""
    if policy.deadline_cron is not None:
        return f"by {policy.deadline_cron} {policy.timezone}, made at most {duration(policy.lower_bound_us)} before"
    allowed = duration(policy.allowed_us)
    if policy.cron_schedule is not None:
        return f"at most {allowed} old at {policy.cron_schedule} {policy.cron_schedule_timezone or 'UTC'}"
    if policy.warn_window_us is not None:
        return f"at most {allowed} old, warned of from {duration(policy.warn_window_us)} on"
    return f"at most {allowed} old"


def fresh_cell(found: Freshness | None, now_us: int) -> Cell:
    """How an asset stands to its policy, in a few characters; overdue with how long it has been so."""
    if found is None:
        return Cell("–", GREY, "")
    _, color, word = FRESHNESS_STYLES[found.status]
    if found.status is FreshnessStatus.FAIL and found.since_us is not None:
        return Cell(f"◷ {duration(now_us - found.since_us)}", color, word)
    return Cell(word, color)


def why(found: Freshness, policy: FreshnessPolicy, now_us: int) -> str:
    """Why it is so, in a sentence: the time of the data, what it would have to be, and when that turns."""
    if found.status is FreshnessStatus.UNKNOWN:
        return "it has no data yet" + (f": {found.lacks} should be there" if found.lacks else "")
    if found.lacks is not None and policy.deadline_cron is not None:
        return f"the partition {found.lacks} should be there, and is not"
    data = (
        f"its data is of {local(found.data_time_us)} ({ago(found.data_time_us, now_us)})" if found.data_time_us else ""
    )
    if found.status is FreshnessStatus.PASS:
        until = f", good until {local(found.turns_us)}" if found.turns_us is not None else ""
        return f"{data}{until}"
    required = f", and should be of {local(found.required_us)} or later" if found.required_us is not None else ""
    lacks = f"; the partition {found.lacks} is not there" if found.lacks is not None else ""
    return f"{data}{required}{lacks}"


def _row(row: FreshnessRow, now_us: int) -> Row:
    glyph, color, word = FRESHNESS_STYLES[row.found.status]
    data_us = row.found.data_time_us
    since = row.found.since_us if row.found.status is FreshnessStatus.FAIL else None
    turns = row.found.turns_us
    return Row(
        (
            Cell(str(row.key), color),
            Cell(word, color),
            Cell(policy_text(row.policy), GREY),
            moment(data_us, now_us) if data_us is not None else Cell("never", GREY),
            Cell(duration(now_us - since) if since is not None else "", color),
            Cell(
                f"in {duration(turns - now_us)}" if turns is not None and turns > now_us else "",
                GREY,
                local(turns) if turns is not None else "",
            ),
            Cell(why(row.found, row.policy, now_us), color),
        ),
        glyph,
    )


FRESHNESS: Table[FreshnessRow] = Table(
    (
        Column("asset", 24, indent=2),
        Column("fresh", 8),
        Column("policy", 24, rank=2, limit=40),
        Column("data of", 9, is_right=True, rank=1),
        Column("overdue", 8, is_right=True, rank=1),
        Column("turns", 10, is_right=True, rank=3),
        Column("why", 24, rank=4, indent=2),
    ),
    _row,
    attrgetter("key"),
)


def freshness_lines(detail: FreshnessDetail, now_us: int) -> list[Line]:
    """How fresh an asset is, why, what its data rests on, and how that went over time."""
    row = detail.row
    glyph, color, word = FRESHNESS_STYLES[row.found.status]
    found: list[Line] = [
        (Cell(f"{glyph} ", f"bold {color}", ""), Cell(str(row.key), f"bold {color}"), Cell(f"  {word}", color)),
        line(f"  {why(row.found, row.policy, now_us)}", color),
        *facts((("policy", policy_text(row.policy)),)),
    ]
    if detail.compliance is not None:
        found += compliance_lines(detail.compliance)
    if detail.sources:
        found += [BLANK, line("its data rests on", GREY), *(_source(each, now_us) for each in detail.sources)]
    return found


def compliance_lines(compliance: Compliance) -> list[Line]:
    """How much of the time it was as it should be, and when it was not."""
    strip = compliance_strip(compliance)
    share = f"{compliance.share:.0%} of the last {duration(compliance.until_us - compliance.from_us)}"
    return [(Cell(f"{'compliance':<12} ", GREY), *strip, Cell(f"  {share}"))]


def compliance_strip(compliance: Compliance, width: int = STRIP) -> list[Cell]:
    """The time until now in so many cells, each of the worst that it was then."""
    order = (FreshnessStatus.FAIL, FreshnessStatus.WARN, FreshnessStatus.PASS, FreshnessStatus.UNKNOWN)
    length = max(1, compliance.until_us - compliance.from_us)
    cells: list[Cell] = []
    for index in range(width):
        start = compliance.from_us + length * index // width
        end = compliance.from_us + length * (index + 1) // width
        within = {status for since, until, status in compliance.spans if since < end and until > start}
        status = next((each for each in order if each in within), None)
        _, color, _ = FRESHNESS_STYLES[status or FreshnessStatus.UNKNOWN]
        cells.append(Cell(_MARKS[status or FreshnessStatus.UNKNOWN], color))
    return cells


def _source(each: DataSource, now_us: int) -> Line:
    color = RED if each.is_old else ""
    mark = "✗ too old" if each.is_old else ""
    made = f"{each.what} {local(each.time_us)}" if each.time_us is not None else "never made"
    data = (
        f"data of {local(each.data_time_us)} ({ago(each.data_time_us, now_us)})"
        if each.data_time_us is not None
        else ""
    )
    behind = "  (was read; there is newer data now)" if each.is_superseded else ""
    return (
        Cell("  " + "  " * each.depth + str(each.key), color),
        Cell(f"  {made}  {data}{behind}  ", GREY),
        Cell(mark, RED),
    )
