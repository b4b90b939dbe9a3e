"""Why something is not fresh, as a tree, and what would run if it were refreshed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.staleness import AssetStatus
from assettui.model.text import plural
from assettui.render.appearance import ASSET_STYLES, GREY, RED, YELLOW
from assettui.render.lines import BLANK, Line, line, lines_of
from assettui.render.table import Cell

if TYPE_CHECKING:
    from assettui.core.staleness import StaleCause
    from assettui.service.why import Why

MAX_LINES = 200
"""So many causes are shown."""


def why_lines(found: Why) -> list[Line]:
    known = found.status in {each.value for each in AssetStatus}
    glyph, color = ASSET_STYLES[AssetStatus(found.status)] if known else ("", YELLOW)
    name = f"{found.key} {found.partition}" if found.partition is not None else str(found.key)
    lines: list[Line] = [
        (Cell(f"{glyph} ", f"bold {color}", ""), Cell(name, f"bold {color}"), Cell(f"  {found.status}", color))
    ]
    if found.error:
        lines += lines_of(found.error, RED, "  ")
    if found.causes:
        lines += _tree(found.causes)
    elif not found.error and found.status == AssetStatus.FRESH.value:
        lines.append(line("  made by the code and of the data that there are now", GREY))
    if found.refresh:
        total = sum(each.count for each in found.refresh)
        lines += [BLANK, line(f"to refresh it, {plural(total, 'materialization')} would run:", GREY)]
        for each in found.refresh[:MAX_LINES]:
            mark, tint = ASSET_STYLES[each.status]
            what = f"  {each.partitions}" if each.partitions is not None else ""
            lines.append((Cell(f"  {mark} {each.key}", tint), Cell(f"  {each.status.value}{what}", GREY)))
    return lines


def _tree(causes: tuple[StaleCause, ...]) -> list[Line]:
    """The causes, each above what has led to it; what was shown before is not shown again."""
    found: list[Line] = []
    seen: set[int] = set()
    pending = [(cause, 1) for cause in reversed(causes)]
    while pending and len(found) < MAX_LINES:
        cause, depth = pending.pop()
        is_root = not cause.because
        is_known = bool(cause.because) and id(cause.because) in seen
        seen.add(id(cause.because))
        found.append(
            line(
                f"{'  ' * depth}{'•' if is_root else '└'} {cause.what}{' (see above)' if is_known else ''}",
                YELLOW if is_root else "",
            )
        )
        if not is_known:
            pending.extend((each, depth + 1) for each in reversed(cause.because))
    if pending:
        found.append(line(f"  and {plural(len(pending), 'more cause')}", GREY))
    return found
