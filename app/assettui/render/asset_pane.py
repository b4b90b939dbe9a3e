"""What the pane beside the catalog shows of an asset: what one wants to see first, and no more than fits. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from assettui.model.text import one_line
from assettui.model.timing import duration
from assettui.render.appearance import GREY, YELLOW, sparkline
from assettui.render.assets import MAX_DRIFTS, check_line, fact_lines, freshness_lines, style, word
from assettui.render.drift import drift_texts
from assettui.render.lineage import LineageDrawing
from assettui.render.lines import BLANK, Line, facts, line
from assettui.render.markdown import markdown_lines
from assettui.render.preview import table_lines
from assettui.render.table import Cell
from assettui.service.lineage import lineage_of, neighborhood

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assettui.model.events import Materialization
    from assettui.model.preview import Page
    from assettui.service.asset_tree import GroupLine
    from assettui.service.catalog import AssetRow, Catalog

MOST_NEIGHBORS: Final = 12
MOST_LINES: Final = 7
"""So many lines of lineage are shown."""
DESCRIPTION_CHARS: Final = 300
MOST_OF_GROUP: Final = 100
"""So many assets of a group are told of."""
MOST_PAST: Final = 20
"""So many of the last results are in the charts."""


class Shown(Struct, frozen=True):
    """What the pane shows."""

    row: AssetRow
    catalog: Catalog
    history: Sequence[Materialization] = ()
    """The newest first."""
    page: Page | None = None
    """The first rows of its data, where they were read."""


def pane_title(row: AssetRow) -> Line:
    """Where it stands, for the line above the pane."""
    glyph, color = style(row)
    return (Cell(f"{glyph} ", color, ""), Cell(word(row), color))


def pane_lines(shown: Shown, now_us: int, width: int) -> list[Line]:
    """What the pane shows, what matters most first.

    Args:
        shown: The asset.
        now_us: Microseconds since the epoch, UTC.
        width: Of the pane, in cells.
    """
    row = shown.row
    _, color = style(row)
    found = [line(reason, color) for reason in row.reasons()]
    found += [line(f"≠ {said}", YELLOW) for said in drift_texts(row.drifts)[:MAX_DRIFTS]]
    found += _lineage(shown, now_us, width)
    text = (row.asset.description or "").strip()
    short = text[:DESCRIPTION_CHARS] + ("…" if len(text) > DESCRIPTION_CHARS else "")
    found += [each for each in markdown_lines(short, width) if each != BLANK]
    found += [check_line(check) for check in row.checks]
    found += freshness_lines(row, now_us)
    found += _numbers(shown.history)
    if shown.page is not None:
        found += [line("first rows", GREY), *table_lines(shown.page, width)]
    return found + fact_lines(row, shown.catalog, shown.history, now_us, width)


def group_lines(group: GroupLine) -> list[Line]:
    """What there is to say of a group: how many of its assets stand how, and those that are not as they should be, each with why."""
    words = [word(row) for row in group.rows]
    found = [line(", ".join(f"{words.count(each)} {each}" for each in dict.fromkeys(words)), GREY)]
    for row in group.rows:
        reasons = row.reasons()
        if reasons and not row.asset.is_external:
            glyph, color = style(row)
            found.append((Cell(f"{glyph} ", color), Cell(str(row.key)), Cell(f"  {one_line(reasons[0], 120)}", GREY)))
    return found[: MOST_OF_GROUP + 1]


def _lineage(shown: Shown, now_us: int, width: int) -> Iterator[Line]:
    """What is one step upstream and downstream, drawn."""
    catalog, key = shown.catalog, shown.row.key
    up, down = catalog.graph.upstream[key], catalog.graph.downstream[key]
    if not up and not down:
        return
    lineage = lineage_of(catalog, neighborhood(catalog, [key], 1, 1, MOST_NEIGHBORS))
    if width < 3 * 26:
        nodes = tuple(replace(node, name=node.key.parts[-1] if node.key else node.name) for node in lineage.nodes)
        lineage = replace(lineage, nodes=nodes)
    drawn = LineageDrawing(lineage, is_boxed=False, widest=max(10, (width - 12) // (1 + bool(up) + bool(down))))
    place = next(index for index, node in enumerate(lineage.nodes) if node.key == key)
    middle, height = drawn.drawing.boxes[place].y, drawn.size[1]
    first = max(0, min(middle - MOST_LINES // 2, height - MOST_LINES))
    for y in range(first, min(height, first + MOST_LINES)):
        yield tuple(
            Cell(piece.text, f"bold {piece.color}".strip() if piece.node == place else piece.color)
            for piece in drawn.line(y, now_us, 0, width)
        )
    more = len(up) + len(down) - (len(lineage.nodes) - 1)
    hidden = sum(not first <= box.y < first + MOST_LINES for box in drawn.drawing.boxes)
    if more + hidden > 0:
        yield line(f"… {len(up):,} upstream, {len(down):,} downstream: 2 shows the lineage", GREY)


def _numbers(history: Sequence[Materialization]) -> list[Line]:
    """The last results as small charts: rows, how long it took, and one number of its metadata."""
    past = list(reversed(history[:MOST_PAST]))
    found: list[tuple[str, str]] = []
    rows = [made.rows for made in past if made.rows is not None]
    if rows:
        spread = f"  {min(rows):,} … {max(rows):,}" if len(set(rows)) > 1 else ""
        found.append(("rows", f"{rows[-1]:,} {sparkline(rows)}{spread}"))
    took = [made.duration_us for made in past if made.duration_us is not None]
    if len(took) > 1:
        found.append(("took", f"{duration(took[-1])} {sparkline(took)}"))
    for name, values in _series(past).items():
        if len(values) > 1 and len(set(values)) > 1:
            found.append((one_line(name, 12), f"{values[-1]:,.4g} {sparkline(values)}"))
    return facts(found)


def _series(past: Sequence[Materialization]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for made in past:
        for name, value in made.metadata.items():
            if value.type in ("int", "float") and isinstance(value.value, int | float):
                found.setdefault(name, []).append(float(value.value))
    return found
