"""Assets: how they are listed, and what there is to say of one."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.core.staleness import AssetStatus
from assettui.model.metadata import schema_lines
from assettui.model.text import one_line, plural
from assettui.model.timing import ago, duration, local
from assettui.render.appearance import ASSET_STYLES, BLOCKS, EXTERNAL_STYLE, GREEN, GREY, RED, YELLOW, sparkline
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
    from collections.abc import Iterable, Iterator, Sequence

    from assettui.core.partition_status import PartitionStatuses
    from assettui.model.events import Materialization
    from assettui.service.asset_tree import GroupLine
    from assettui.service.catalog import AssetRow, Catalog
    from assettui.service.checks import CheckRow
    from assettui.service.last_day import Activity

BAR_CELLS = 8
PROGRESS_CELLS = 8
LATE = 1.5
"""What takes so many times as long as it usually does is marked."""
MAX_DRIFTS = 5
MAX_DESCRIPTION = 4_000
"""So many characters of a text that the user wrote are shown."""
PARTITIONS, CHECKS, FRESH = "partitions", "checks", "fresh"
"""Columns that are shown where any asset has some."""
_LOUD = (AssetStatus.FAILED, AssetStatus.RUNNING)
"""The names of these are in the color of their status; of others, the glyph alone is."""


def word(row: AssetRow) -> str:
    return "external" if row.asset.is_external else row.status.value


def style(row: AssetRow) -> tuple[str, str]:
    """Where it stands, as a glyph and a color."""
    return EXTERNAL_STYLE if row.asset.is_external else ASSET_STYLES[row.status]


def _row(row: AssetRow, now_us: int, began_us: int | None = None, glyph_indent: int = 0) -> Row:
    glyph, color = style(row)
    last, seen = row.state.last, row.state.observed
    latest = last or seen
    unmade = "external" if row.asset.is_external else "never"
    built = moment(latest.time_us, now_us) if latest is not None else Cell(unmade)
    reasons = row.reasons() if last is not None or row.state.failed_us is not None else ()
    usual_us = last.duration_us if last is not None else None
    took = Cell(duration(usual_us))
    if began_us is not None and row.status is AssetStatus.RUNNING:
        built, took = _progress(now_us - began_us, usual_us)
    return Row(
        (
            Cell(str(row.key), color if row.status in _LOUD and not row.asset.is_external else ""),
            Cell(partitions_bar(row.statuses), GREY if row.status is AssetStatus.FRESH else color),
            Cell(row.asset.group, GREY),
            Cell(word(row), color),
            Cell(",".join(row.asset.kinds), GREY),
            built,
            took,
            _rows_cell(last.rows if last is not None else None, row),
            fresh_cell(row.freshness, now_us),
            counts_cell(row.checks),
            Cell(reasons[0], color, "; ".join(reasons)) if reasons else _drift_cell(row),
        ),
        " " * glyph_indent + glyph,
        color,
    )


def _progress(elapsed_us: int, usual_us: int | None) -> tuple[Cell, Cell]:
    """How far an asset that is being made may have come, by what it took the last time, and how long it has taken so far."""
    _, color = ASSET_STYLES[AssetStatus.RUNNING]
    if not usual_us:
        return Cell("now", color), Cell(duration(elapsed_us), color)
    done = min(PROGRESS_CELLS, elapsed_us * PROGRESS_CELLS // usual_us)
    bar = "█" * done + "░" * (PROGRESS_CELLS - done)
    said = f"{duration(elapsed_us)} of {duration(usual_us)}"
    return Cell(bar, color, "now"), Cell(
        f"{duration(elapsed_us)}", YELLOW if elapsed_us > LATE * usual_us else color, said
    )


def _rows_cell(rows: int | None, row: AssetRow) -> Cell:
    """How many rows it has, marked where its data looks wrong: the reason may have no room."""
    said = f"{rows:,}" if rows is not None else "–"
    return Cell(f"≠ {said}", YELLOW, said) if row.drifts else Cell(said)


def _drift_cell(row: AssetRow) -> Cell:
    """What looks wrong about its data."""
    said = drift_texts(row.drifts)
    return Cell(f"≠ {said[0]}" if said else "", YELLOW, "; ".join(said))


_COLUMNS = (
    Column("asset", 24, indent=2),
    Column(PARTITIONS, 15, rank=1),
    Column("group", 12, rank=2),
    Column("status", 8, rank=5),
    Column("kinds", 14, rank=4),
    Column("built", 9, is_right=True),
    Column("took", 7, is_right=True, rank=1),
    Column("rows", 11, is_right=True, rank=1),
    Column(FRESH, 9, rank=2, indent=1),
    Column(CHECKS, 7, rank=2, indent=1),
    Column("why", 20, rank=3, indent=2),
)
ASSETS: Table[AssetRow] = Table(_COLUMNS, _row, attrgetter("key"))


def catalog_columns(*, is_tree: bool) -> tuple[Column, ...]:
    """The columns of the catalog: where assets stand below their groups, they are indented."""
    first, *others = _COLUMNS
    return (replace(first, indent=4 if is_tree else 2), *others)


def catalog_row(row: AssetRow, now_us: int, began_us: int | None, *, is_tree: bool) -> Row:
    """An asset in the catalog.

    Args:
        row: The asset.
        now_us: Microseconds since the epoch, UTC.
        began_us: Since when it is being made, likewise; None where it is not.
        is_tree: Whether it stands below the line of its group.
    """
    return _row(row, now_us, began_us, 2 if is_tree else 0)


def group_cells(line: GroupLine, activity: Activity) -> tuple[Line, Line]:
    """A group: its name and its sums on the left, and on the right a strip of what happened in the last 24 hours."""
    left = [
        Cell(f"{'▸' if line.is_folded else '▾'} ", GREY),
        Cell(line.name or "–", "bold"),
        Cell(f"  {len(line.rows):,}", GREY),
    ]
    for status in (AssetStatus.FAILED, AssetStatus.RUNNING, AssetStatus.STALE, AssetStatus.NEVER, AssetStatus.FRESH):
        count = line.count(status) + (line.count(AssetStatus.PARTIAL) if status is AssetStatus.FRESH else 0)
        if count:
            glyph, color = ASSET_STYLES[status]
            left.append(Cell(f"  {glyph} {count:,}", color))
    if line.overdue:
        left.append(Cell(f"  ◷ {line.overdue:,}", RED))
    return tuple(left), tuple(_strip(activity.by_hour(line.keys)))


def _strip(hours: Sequence[tuple[int, int]]) -> Iterator[Cell]:
    most = max((made for made, _ in hours), default=0)
    for made, failed in hours:
        if failed:
            yield Cell("✗", RED)
        elif made:
            yield Cell(BLOCKS[min(len(BLOCKS) - 1, made * len(BLOCKS) // (most + 1))], GREEN)
        else:
            yield Cell("·", GREY)


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
    found += facts(_materialized(row, history, now_us))
    found += freshness_lines(row, now_us)
    found += [check_line(check) for check in row.checks]
    return found + fact_lines(row, catalog, history, now_us, width)


def freshness_lines(row: AssetRow, now_us: int) -> list[Line]:
    """How old its data is, what is allowed, and why it is judged so; nothing where no policy says."""
    policy = row.asset.freshness_policy
    if row.freshness is None or policy is None:
        return []
    cell = fresh_cell(row.freshness, now_us)
    return [
        (Cell(f"{'freshness':<12} ", GREY), cell, Cell(f"  {policy_text(policy)}", GREY)),
        (Cell(" " * 13), Cell(why_fresh(row.freshness, policy, now_us), cell.color)),
    ]


def fact_lines(
    row: AssetRow, catalog: Catalog, history: Sequence[Materialization], now_us: int, width: int
) -> list[Line]:
    """What is declared of it, what its last materialization said, and the ones before."""
    found = facts(
        [("partitions", _partitions(row)), ("automation", row.asset.condition.shown if row.asset.condition else "")]
    )
    long = {
        name: value for name, value in row.metadata.items() if value.type == "md" and "\n" in str(value.value).strip()
    }
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


def check_line(check: CheckRow) -> Line:
    """What a check came to."""
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
