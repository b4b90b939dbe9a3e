"""An automation condition as a tree of what each part of it came to, and in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model.text import plural
from assettui.model.timing import ago, local
from assettui.render.appearance import BLUE, GREEN, GREY, YELLOW
from assettui.render.lines import BLANK, Line, line
from assettui.render.table import Cell

if TYPE_CHECKING:
    from assettui.model.automation import KeptEvaluation, TreeNode
    from assettui.service.explain import Explanation

_JOINED = {"and": "all of", "or": "any of", "not": "not"}
MAX_LINES = 400


def explain_lines(found: Explanation, now_us: int) -> list[Line]:
    of = f" {found.partition}" if found.partition is not None else ""
    when = f"at {local(found.time_us)}" if found.is_kept else "now"
    color = GREEN if found.tree.true else YELLOW
    lines: list[Line] = [
        (Cell(f"{found.entity}{of}", f"bold {color}"), Cell(f"  {found.condition}  {when}", GREY)),
        line(f"  {found.sentence}", color),
        BLANK,
        *tree_lines(found.tree),
    ]
    if found.history:
        lines += [BLANK, line("when something changed", GREY), *(past_line(each, now_us) for each in found.history)]
    return lines


def tree_lines(tree: TreeNode) -> list[Line]:
    """Each part of a condition, indented by what it is part of, with of how many partitions it was true."""
    found: list[Line] = []
    pending = [(tree, 1, tree.entity)]
    while pending and len(found) < MAX_LINES:
        node, depth, around = pending.pop()
        mark, color = ("✓", GREEN) if node.true else ("✗", GREY)
        name = node.label or _JOINED.get(node.name, node.name)
        kind = f" ({_JOINED[node.name]})" if node.label is not None and node.name in _JOINED else ""
        of = f" – {node.entity}" if node.entity != around else ""
        count = f"  {node.true:,}/{node.total:,}" if node.total != 1 else ""
        first = f"  {', '.join(node.first)}{' …' if node.true > len(node.first) else ''}" if node.first else ""
        found.append((Cell(f"{'  ' * depth}{mark} ", color), Cell(f"{name}{kind}{of}"), Cell(f"{count}{first}", GREY)))
        pending.extend((each, depth + 1, node.entity) for each in reversed(node.inner))
    return found


def past_line(each: KeptEvaluation, now_us: int) -> Line:
    """One evaluation that was kept."""
    when = Cell(f"  {ago(each.time_us, now_us):<8}", GREY, f"  {local(each.time_us)}")
    if each.note is not None:
        return (when, Cell(f"  could not be run: {each.note}", YELLOW))
    if each.requested:
        run = f" in run {each.run_id[:8]}" if each.run_id is not None else ""
        what = "requested" if each.tree.total == 1 else f"{plural(each.requested, 'partition')} requested"
        return (when, Cell(f"  {what}{run}", BLUE))
    return (when, Cell("  true, and held back" if each.tree.true else "  not true", GREY))
