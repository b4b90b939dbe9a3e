"""Lineage drawn in character cells: boxes or lines for nodes, box-drawing characters for edges. Pure functions."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size

from assettui.core.layout.drawing import Drawing, draw
from assettui.model.text import clean, plural
from assettui.model.timing import ago
from assettui.render.appearance import ASSET_STYLES, EXTERNAL_STYLE, GREY
from assettui.render.edges import Edges, cells_of
from assettui.render.table import Cell
from assettui.service.lineage import EXTERNAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assettui.model.lineage import Lineage, LineageNode
    from assettui.render.lines import Line

MOST_WIDE: Final = 34
"""No node is wider than so many cells, where nothing else is said."""
BOX_HEIGHT: Final = 4
_STYLES: Final = {**{status.value: style for status, style in ASSET_STYLES.items()}, EXTERNAL: EXTERNAL_STYLE}


class Piece(Cell, frozen=True):
    """A part of a line of a drawing."""

    node: int = -1
    """Of which node; -1 where it is none."""


class LineageDrawing:
    """A lineage that is laid out. What it says of its nodes can be changed; where they are cannot.

    Args:
        lineage: What is drawn.
        is_boxed: Whether nodes are boxes rather than lines.
        wide: How many columns nodes without edges are spread over.
        widest: No node is wider than so many cells.
    """

    def __init__(self, lineage: Lineage, *, is_boxed: bool, wide: int = 120, widest: int = MOST_WIDE) -> None:
        self.lineage = lineage
        self.is_boxed = is_boxed
        sizes = [_size(node, widest, is_boxed=is_boxed) for node in lineage.nodes]
        self.drawing: Drawing = draw(sizes, lineage.edges, wide=wide)
        self._edges = Edges(self.drawing.routes)
        self._at_row: dict[int, list[int]] = defaultdict(list)
        for node, box in enumerate(self.drawing.boxes):
            for y in range(box.y, box.y + box.height):
                self._at_row[y].append(node)
        for nodes in self._at_row.values():
            nodes.sort(key=lambda node: self.drawing.boxes[node].x)

    @property
    def size(self) -> tuple[int, int]:
        """How many columns and rows it takes."""
        return self.drawing.width, self.drawing.height

    def line(self, y: int, now_us: int, start: int = 0, end: int | None = None) -> list[Piece]:
        """What stands in a row, between two columns; a node that lies there in part is given whole.

        Args:
            y: The row.
            now_us: Microseconds since the epoch, UTC.
            start: The first column.
            end: The column behind the last; None for all.
        """
        end = self.drawing.width if end is None else min(end, self.drawing.width)
        edges = self._edges.row(y, start, end)
        pieces: list[Piece] = []
        at = start
        for node in self._at_row.get(y, ()):
            box = self.drawing.boxes[node]
            if box.x + box.width <= start or box.x >= end:
                continue
            if box.x > at:
                pieces.append(Piece(edges[at - start : box.x - start], GREY))
            pieces += self._of_node(node, y - box.y, now_us)
            at = box.x + box.width
        if at < end:
            pieces.append(Piece(edges[at - start :], GREY))
        return pieces

    def starts_at(self, y: int, start: int) -> int:
        """The column of the first piece that `line` gives."""
        for node in self._at_row.get(y, ()):
            box = self.drawing.boxes[node]
            if box.x < start < box.x + box.width:
                return box.x
        return start

    def _of_node(self, index: int, line: int, now_us: int) -> Iterator[Piece]:
        node, width = self.lineage.nodes[index], self.drawing.boxes[index].width
        glyph, color = node_style(node)
        if not self.is_boxed:
            yield Piece(f"{glyph} ", color, node=index)
            yield Piece(_fitted(node_title(node), width - 2), color, node=index)
        elif line in (0, BOX_HEIGHT - 1):
            left, right = "╭╮" if not line else "╰╯"
            yield Piece(f"{left}{'─' * (width - 2)}{right}", GREY, node=index)
        else:
            text = _fitted(f"{glyph} {node_title(node)}" if line == 1 else f"  {detail(node, now_us)}", width - 2)
            yield Piece("│", GREY, node=index)
            yield Piece(text, color if line == 1 else GREY, node=index)
            yield Piece("│", GREY, node=index)

    def lines(self, now_us: int) -> list[Line]:
        """All of it."""
        return [_without_end(self.line(y, now_us)) for y in range(self.drawing.height)]

    def cells_of(self, node: int) -> set[tuple[int, int]]:
        """The cells that the edges of a node pass, by column and row."""
        return cells_of(route for route in self.drawing.routes if node in (route.source, route.target))


def lineage_lines(lineage: Lineage, now_us: int, *, is_boxed: bool, wide: int = 120) -> list[Line]:
    """A lineage as lines of text."""
    return LineageDrawing(lineage, is_boxed=is_boxed, wide=wide).lines(now_us)


def node_style(node: LineageNode) -> tuple[str, str]:
    """Where it stands, as a glyph and a color; of a group, as that of the worst of it, with a glyph that says it is folded."""
    glyph, color = _STYLES[node.status]
    return ("▸" if node.kind == "group" else glyph), color


def node_title(node: LineageNode) -> str:
    """What it is called: a group with how many it stands for, a column with its asset."""
    if node.kind == "group":
        return f"{node.name} ({sum(node.counts.values()):,})"
    return node.name


def detail(node: LineageNode, now_us: int) -> str:
    """What else there is to say of it, in a few words."""
    if node.kind == "group":
        return "  ".join(f"{_STYLES[word][0]} {count:,}" for word, count in node.counts.items())
    parts = [node.kinds[-1]] if node.kinds else []
    if node.kind == "asset":
        parts.append(ago(node.built_us, now_us) if node.built_us is not None else node.status)
    parts += [f"{arrow}{count:,}" for arrow, count in (("↑", node.more_upstream), ("↓", node.more_downstream)) if count]
    return "  ".join(parts)


def summary(node: LineageNode, lineage: Lineage, index: int, now_us: int) -> str:
    """All that the drawing knows of a node, in a line."""
    above = sum(target == index for _, target in lineage.edges)
    below = sum(source == index for source, _ in lineage.edges)
    parts = [node_title(node), node.status, ", ".join(node.kinds)]
    if node.built_us is not None:
        parts.append(f"built {ago(node.built_us, now_us)}")
    if node.kind == "group":
        parts.append(detail(node, now_us))
    parts.append(f"{above + node.more_upstream:,} upstream, {below + node.more_downstream:,} downstream")
    if node.more_upstream or node.more_downstream:
        parts.append(f"{plural(node.more_upstream + node.more_downstream, 'neighbor')} not shown: + shows more")
    return " · ".join(part for part in parts if part)


def _without_end(pieces: list[Piece]) -> Line:
    """A line without the blanks at its end."""
    while pieces and not pieces[-1].text.strip():
        pieces.pop()
    return (*pieces[:-1], Piece(pieces[-1].text.rstrip(), pieces[-1].color, node=pieces[-1].node)) if pieces else ()


def _size(node: LineageNode, widest: int, *, is_boxed: bool) -> tuple[int, int, int]:
    name = cell_len(clean(node_title(node))) + 2
    if not is_boxed:
        return min(widest, name + 1), 1, 0
    if node.kind == "group":
        return min(widest, max(name, cell_len(detail(node, 0)) + 2) + 2), BOX_HEIGHT, 1
    more = f"  {'  '.join([*node.kinds[-1:], '59m ago', *(each for each in ('↑99', '↓99') if node.more_upstream)])}"
    return min(widest, max(name, cell_len(more)) + 2), BOX_HEIGHT, 1


def _fitted(text: str, width: int) -> str:
    """A text in so many cells; where it is too long, its end: keys of one group begin alike."""
    text = clean(text)
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    while cell_len(text) > width - 1:
        text = text[1:]
    return set_cell_size(f"…{text}", width)
