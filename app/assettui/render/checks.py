"""Checks: how they are listed, and what there is to say of one."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from assettui.model.check import CheckOutcome
from assettui.model.text import one_line
from assettui.model.timing import ago, local
from assettui.render.appearance import GREEN, GREY, RED, YELLOW, sparkline
from assettui.render.lines import BLANK, Line, facts, line, lines_of, metadata_facts
from assettui.render.markdown import markdown_lines
from assettui.render.table import Cell, Column, Row, Table, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.model.events import CheckEvaluation
    from assettui.service.checks import CheckDetail, CheckRow

CHECK_STYLES = {
    CheckOutcome.PASSED: ("✓", GREEN),
    CheckOutcome.WARNED: ("!", YELLOW),
    CheckOutcome.FAILED: ("✗", RED),
    CheckOutcome.ERRORED: ("⚠", RED),
    None: ("○", GREY),
}
STRIP_LENGTH = 30
"""So many past results are drawn, each as a glyph."""


def word(row: CheckRow) -> str:
    """How a check stands, in a word."""
    return row.outcome.value if row.outcome is not None else "never"


def counts_cell(rows: Sequence[CheckRow]) -> Cell:
    """How the checks of one asset stand, in a few characters: the failing ones, or how many pass."""
    if not rows:
        return Cell("–", GREY, "")
    found = [row.outcome for row in rows]
    for outcome in (CheckOutcome.FAILED, CheckOutcome.ERRORED, CheckOutcome.WARNED):
        if outcome in found:
            glyph, color = CHECK_STYLES[outcome]
            return Cell(f"{glyph} {found.count(outcome)}", color, f"{found.count(outcome)} {outcome.value}")
    passed = found.count(CheckOutcome.PASSED)
    if not passed:
        return Cell(f"○ {len(found)}", GREY, "never")
    return Cell(f"✓ {passed}", GREEN, f"{passed} passed")


def _row(row: CheckRow, now_us: int) -> Row:
    glyph, color = CHECK_STYLES[row.outcome]
    last = row.last
    return Row(
        (
            Cell(row.check.name, color),
            Cell(str(row.check.asset_key)),
            Cell(word(row), color),
            Cell("blocking" if row.check.is_blocking else "", GREY),
            moment(last.time_us, now_us, GREY) if last is not None else Cell("never", GREY),
            Cell(_said(row), color),
        ),
        glyph,
    )


def _said(row: CheckRow) -> str:
    said = one_line(row.message or "", 200)
    if row.states and not row.is_of_latest:
        said = f"of data since replaced{f': {said}' if said else ''}"
    return said


CHECKS: Table[CheckRow] = Table(
    (
        Column("check", 24, indent=2),
        Column("asset", 24, rank=1),
        Column("outcome", 8, rank=4),
        Column("blocking", 9, rank=3),
        Column("when", 9, is_right=True),
        Column("said", 20, rank=2, indent=2),
    ),
    _row,
    attrgetter("key"),
)


def check_lines(detail: CheckDetail, now_us: int, width: int) -> list[Line]:
    """All there is to say of a check: how it stands, its past results, and how the numbers in them went."""
    row, check = detail.row, detail.row.check
    glyph, color = CHECK_STYLES[row.outcome]
    found: list[Line] = [
        (Cell(f"{glyph} ", f"bold {color}", ""), Cell(str(row.key), f"bold {color}"), Cell(f"  {word(row)}", color))
    ]
    if _said(row):
        found.append(line(f"  {_said(row)}", color))
    found += markdown_lines(check.description or "", width)
    last = row.last
    found += facts(
        (
            ("asset", str(check.asset_key)),
            ("blocking", "what depends on the asset waits for it" if check.is_blocking else "no"),
            ("evaluated", f"{local(last.time_us)} ({ago(last.time_us, now_us)})" if last is not None else "never"),
            ("partition", last.partition or "" if last is not None else ""),
            ("run", last.run_id[:8] if last is not None else ""),
            *metadata_facts(check.metadata),
            *metadata_facts(detail.history[0].metadata if detail.history else {}),
            ("defined at", str(check.at or "")),
        )
    )
    if len(detail.history) > 1:
        found += [BLANK, line("past results", GREY), strip(detail.history), *trends(detail.history)]
        found += [_past(each, now_us) for each in detail.history]
    return found


def strip(history: Sequence[CheckEvaluation]) -> Line:
    """The last results side by side, the oldest first, each as its glyph."""
    return (Cell("  "), *(Cell(*CHECK_STYLES[each.outcome]) for each in reversed(history[:STRIP_LENGTH])))


def trends(history: Sequence[CheckEvaluation]) -> list[Line]:
    """How each number in the metadata went over time, the oldest first."""
    numbers: dict[str, list[float]] = {}
    for each in reversed(history):
        for name, value in each.metadata.items():
            if value.type in ("int", "float") and isinstance(value.value, int | float):
                numbers.setdefault(name, []).append(value.value)
    return facts(
        (f"  {name}", f"{sparkline(found)}  {found[-1]:,}") for name, found in numbers.items() if len(found) > 1
    )


def _past(each: CheckEvaluation, now_us: int) -> Line:
    glyph, color = CHECK_STYLES[each.outcome]
    when = Cell(f"  {ago(each.time_us, now_us):<8}", GREY, f"  {local(each.time_us)}")
    partition = f"  {each.partition}" if each.partition is not None else ""
    said = "  ".join([each.description or "", *(f"{name} {value.show()}" for name, value in each.metadata.items())])
    return (
        when,
        Cell(f"  {glyph} {each.outcome.value:<7}", color),
        Cell(f"{partition}  {one_line(said, 300)}".rstrip()),
    )


def result_lines(evaluation: CheckEvaluation) -> list[Line]:
    """One result, as it is told where it happens."""
    glyph, color = CHECK_STYLES[evaluation.outcome]
    said = f": {evaluation.description}" if evaluation.description else ""
    return lines_of(f"{glyph} check {evaluation.check_key} {evaluation.outcome.value}{said}", color)
