"""Assets: how they are listed, and what there is to say of one."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from assettui.model.metadata import schema_lines
from assettui.model.text import one_line, plural
from assettui.model.timing import ago, duration, local
from assettui.render.appearance import ASSET_STYLES, EXTERNAL_STYLE, GREY, YELLOW, sparkline
from assettui.render.checks import CHECK_STYLES, counts_cell
from assettui.render.checks import word as check_word
from assettui.render.drift import drift_texts
from assettui.render.freshness import fresh_cell, policy_text
from assettui.render.freshness import why as why_fresh
from assettui.render.lines import BLANK, Line, facts, line, tag_facts
from assettui.render.markdown import markdown_lines
from assettui.render.metadata import table_lines
from assettui.render.table import Cell, Column, Row, Table, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assettui.core.partition_status import PartitionStatuses
    from assettui.model.events import Materialization
    from assettui.service.catalog import AssetRow, Catalog
    from assettui.service.checks import CheckRow

BAR_CELLS = 8
MAX_DRIFTS = 5
MAX_DESCRIPTION = 4_000
"""So many characters of a text that the user wrote are shown."""
PARTITIONS, CHECKS, FRESH = "partitions", "checks", "fresh"
"""Columns that are shown where any asset has some."""


def word(row: AssetRow) -> str:
    return "external" if row.asset.is_external else row.status.value


def style(row: AssetRow) -> tuple[str, str]:
    """Where it stands, as a glyph and a color."""
    return EXTERNAL_STYLE if row.asset.is_external else ASSET_STYLES[row.status]


def _row(row: AssetRow, now_us: int) -> Row:
    glyph, color = style(row)
    last, seen = row.state.last, row.state.observed
    latest = last or seen
    unmade = "external" if row.asset.is_external else "never"
    built = moment(latest.time_us, now_us) if latest is not None else Cell(unmade)
    reasons = row.reasons() if last is not None or row.state.failed_us is not None else ()
    return Row(
        (
            Cell(str(row.key), color),
            Cell(partitions_bar(row.statuses), color),
            Cell(row.asset.group, GREY),
            Cell(word(row), color),
            Cell(",".join(row.asset.kinds), GREY),
            built,
            Cell(duration(last.duration_us if last else None)),
            _rows_cell(last.rows if last is not None else None, row),
            fresh_cell(row.freshness, now_us),
            counts_cell(row.checks),
            Cell(reasons[0], color, "; ".join(reasons)) if reasons else _drift_cell(row),
        ),
        glyph,
    )


def _rows_cell(rows: int | None, row: AssetRow) -> Cell:
    """How many rows it has, marked where its data looks wrong: the reason may have no room."""
    said = f"{rows:,}" if rows is not None else "–"
    return Cell(f"≠ {said}", YELLOW, said) if row.drifts else Cell(said)


def _drift_cell(row: AssetRow) -> Cell:
    """What looks wrong about its data."""
    said = drift_texts(row.drifts)
    return Cell(f"≠ {said[0]}" if said else "", YELLOW, "; ".join(said))


ASSETS: Table[AssetRow] = Table(
    (
        Column("asset", 24, indent=2),
        Column(PARTITIONS, 15, rank=1),
        Column("group", 12, rank=2),
        Column("status", 8, rank=5),
        Column("kinds", 14, rank=3),
        Column("built", 9, is_right=True),
        Column("took", 7, is_right=True, rank=1),
        Column("rows", 11, is_right=True, rank=1),
        Column(FRESH, 9, rank=2, indent=1),
        Column(CHECKS, 7, rank=2, indent=1),
        Column("why", 20, rank=4, indent=2),
    ),
    _row,
    attrgetter("key"),
)


def nothing_to_list(catalog: Catalog, otherwise: str) -> str:
    """Why a list of what the project defines is empty.

    Args:
        catalog: The project as it is known.
        otherwise: Why, where it is known.
    """
    if catalog.snapshot is not None:
        return otherwise
    return "the project cannot be loaded" if catalog.error else "loading the project …"


def partitions_bar(statuses: PartitionStatuses | None) -> str:
    """How much of an asset is there, in eight cells in the order of its partitions, and how many of them."""
    if statuses is None:
        return ""
    size = statuses.all.bits.bit_length()
    if not size:
        return f"{'·' * BAR_CELLS} 0"
    cells: list[str] = []
    for cell in range(BAR_CELLS):
        low, high = cell * size // BAR_CELLS, max(cell * size // BAR_CELLS + 1, (cell + 1) * size // BAR_CELLS)
        total = statuses.all.count_within(low, high)
        made = statuses.materialized.count_within(low, high)
        cells.append("█" if total and made >= total else "▒" if made else "·")
    return f"{''.join(cells)} {len(statuses.materialized & statuses.all):,}"


def asset_lines(
    row: AssetRow, catalog: Catalog, history: Sequence[Materialization], now_us: int, width: int
) -> list[Line]:
    """All that is known of an asset.

    Args:
        row: The asset.
        catalog: What its neighbors and its configuration are read from.
        history: Its past materializations, the newest first.
        now_us: Microseconds since the epoch, UTC.
        width: Of the description, and of tables among the metadata, in characters.
    """
    glyph, color = style(row)
    found: list[Line] = [
        (Cell(f"{glyph} ", f"bold {color}", ""), Cell(str(row.key), f"bold {color}"), Cell(f"  {word(row)}", color))
    ]
    found += [line(f"  {reason}", color) for reason in row.reasons()]
    found += [line(f"  ≠ {said}", YELLOW) for said in drift_texts(row.drifts)[:MAX_DRIFTS]]
    found += _blocks(row.asset.description or "", width)
    for arrow, keys in (("↑", catalog.graph.upstream[row.key]), ("↓", catalog.graph.downstream[row.key])):
        if keys:
            found.append((Cell(f"{arrow} ", GREY), Cell("  ".join(map(str, keys)))))
    found += facts([("partitions", _partitions(row)), *_materialized(row, history, now_us)])
    long = {
        name: value for name, value in row.metadata.items() if value.type == "md" and "\n" in str(value.value).strip()
    }
    if row.freshness is not None and row.asset.freshness_policy is not None:
        cell = fresh_cell(row.freshness, now_us)
        found.append(
            (Cell(f"{'freshness':<12} ", GREY), cell, Cell(f"  {policy_text(row.asset.freshness_policy)}", GREY))
        )
        found.append((Cell(" " * 13), Cell(why_fresh(row.freshness, row.asset.freshness_policy, now_us), cell.color)))
    if row.asset.condition is not None:
        found += facts([("automation", row.asset.condition.shown)])
    found += [_check(check) for check in row.checks]
    found += facts((name, value.show()) for name, value in row.metadata.items() if name not in long)
    for name, value in row.metadata.items():
        shown = _blocks(str(value.value), width) if name in long else [*map(line, table_lines(value, width))]
        if shown:
            found += [line(name, GREY), *shown]
    found += facts(
        (
            ("group", row.asset.group),
            ("kinds", ", ".join(row.asset.kinds)),
            ("owners", ", ".join(row.asset.owners)),
            *tag_facts(row.asset.tags),
            ("code version", row.asset.code_version or ""),
            ("defined at", str(row.asset.at or "")),
            *(("config", each) for each in schema_lines(catalog.config_schema(row.key))),
        )
    )
    if len(history) > 1:
        found += [BLANK, line("past materializations", GREY)]
        found += [_past(made, now_us) for made in history]
    return found


def _check(check: CheckRow) -> Line:
    glyph, color = CHECK_STYLES[check.outcome]
    said = f": {one_line(check.message, 200)}" if check.message else ""
    old = "" if check.is_of_latest else ", of data since replaced"
    blocking = " (blocking)" if check.check.is_blocking else ""
    return (
        Cell(f"{'check':<12} ", GREY),
        Cell(f"{glyph} {check.check.name} {check_word(check)}{old}", color),
        Cell(f"{blocking}{said}"),
    )


def unused_columns(rows: Iterable[AssetRow]) -> list[str]:
    """The columns of the list that have nothing to show."""
    found = list(rows)
    unused = [] if any(row.statuses is not None for row in found) else [PARTITIONS]
    if not any(row.freshness is not None for row in found):
        unused.append(FRESH)
    return unused if any(row.checks for row in found) else [*unused, CHECKS]


def _partitions(row: AssetRow) -> str:
    definition, statuses = row.asset.partitions, row.statuses
    if definition is None or statuses is None:
        return ""
    parts = [f"{len(statuses.materialized):,} of {len(statuses.all):,} materialized"]
    sets = {"failed": statuses.failed, "stale": statuses.stale, "running": statuses.running}
    parts += [f"{len(found):,} {name}" for name, found in sets.items() if found]
    return f"{definition.summary}: {', '.join(parts)}"


def _materialized(row: AssetRow, history: Sequence[Materialization], now_us: int) -> list[tuple[str, str]]:
    last, seen = row.state.last, row.state.observed
    found: list[tuple[str, str]] = []
    if last is not None:
        rows = [made.rows for made in reversed(history) if made.rows is not None] or [last.rows or 0]
        by = f"run {last.run_id[:8]}" if last.run_id else "what a sensor reported"
        when = f"{local(last.time_us)} ({ago(last.time_us, now_us)})"
        found.append(("built", f"{when} by {by} in {duration(last.duration_us)}"))
        if last.rows is not None:
            found.append(("rows", f"{last.rows:,} {sparkline(rows)}"))
    if seen is not None:
        found.append(("observed", f"{local(seen.time_us)} ({ago(seen.time_us, now_us)}) by run {seen.run_id[:8]}"))
    found.append(("data version", row.state.data_version or ""))
    return found


def _past(made: Materialization, now_us: int) -> Line:
    rows = f"  {plural(made.rows, 'row')}" if made.rows is not None else ""
    partition = f"  {made.partition}" if made.partition is not None else ""
    by = f"run {made.run_id[:8]}" if made.run_id else "reported"
    when = Cell(f"  {ago(made.time_us, now_us):<8}", GREY, f"  {local(made.time_us)}")
    return (when, Cell(f"  {by}  {duration(made.duration_us)}{partition}{rows}"))


def _blocks(text: str, width: int) -> list[Line]:
    """Markdown, its beginning where it is long; a blank line after it where there are some in it."""
    found = markdown_lines(text[:MAX_DESCRIPTION] + ("…" if len(text) > MAX_DESCRIPTION else ""), width)
    return [*found, BLANK] if BLANK in found else found
