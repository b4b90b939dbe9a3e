"""Health: how what needs attention is listed."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from assettui.model.text import one_line, plural
from assettui.render.appearance import GREEN, GREY, RED, YELLOW
from assettui.render.lines import Line, line
from assettui.render.table import Cell, Column, Row, Table, moment
from assettui.service.health import Ailment, AilmentKind

if TYPE_CHECKING:
    from assettui.service.health import Health

AILMENT_STYLES = {
    AilmentKind.FAILED: ("✗", RED),
    AilmentKind.OVERDUE: ("◷", RED),
    AilmentKind.CHECK: ("✗", RED),
    AilmentKind.WARNED: ("!", YELLOW),
    AilmentKind.DRIFT: ("≠", YELLOW),
    AilmentKind.STALE: ("◐", YELLOW),
}


def _row(ailment: Ailment, now_us: int) -> Row:
    glyph, color = AILMENT_STYLES[ailment.kind]
    since = moment(ailment.since_us, now_us, GREY) if ailment.since_us is not None else Cell("–", GREY, "")
    return Row(
        (
            Cell(ailment.subject, color),
            Cell(ailment.kind.value, color),
            since,
            Cell(one_line(ailment.what, 300)),
            Cell(ailment.command, GREY),
        ),
        glyph,
    )


AILMENTS: Table[Ailment] = Table(
    (
        Column("what", 24, indent=2),
        Column("is", 12),
        Column("since", 9, is_right=True, rank=1),
        Column("why", 30, indent=2, limit=70),
        Column("mend", 24, rank=2),
    ),
    _row,
    attrgetter("kind", "subject", "what"),
)


def health_line(health: Health) -> Line:
    """How a project is, in one line."""
    parts: list[Cell] = []
    for kind, (glyph, color) in AILMENT_STYLES.items():
        count = health.count(kind)
        if count:
            parts += [Cell("  "), Cell(f"{glyph} {count} {_in_words(kind, count)}", color)]
    if not parts:
        return line(f"● all is well with {plural(health.assets, 'asset')}", GREEN)
    return tuple(parts[1:])


def _in_words(kind: AilmentKind, count: int) -> str:
    if kind is AilmentKind.CHECK:
        return "check failing" if count == 1 else "checks failing"
    if kind is AilmentKind.STALE:
        return "cause of staleness" if count == 1 else "causes of staleness"
    return kind.value
