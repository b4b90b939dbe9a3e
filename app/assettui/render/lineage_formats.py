"""Lineage for other programs: a picture in SVG, and the languages of Graphviz and Mermaid. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from assettui.model.text import clean
from assettui.render.lineage import LineageDrawing, detail, node_style, node_title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assettui.model.lineage import Lineage

CELL_WIDTH, CELL_HEIGHT = 8.4, 18.0
"""Of a character of 14 px, in pixels."""
_PAPER, _QUIET, _EDGE = "#15181e", "#8a8f98", "#4b5263"
_FONT: Final = "ui-monospace, 'SF Mono', Menlo, 'DejaVu Sans Mono', monospace"


def lineage_dot(lineage: Lineage) -> str:
    """In the language of Graphviz: `assettui lineage --format dot | dot -Tpdf`."""
    lines = ["digraph lineage {", "  rankdir=LR;", '  node [shape=box, style=rounded, fontname="Helvetica"];']
    for index, node in enumerate(lineage.nodes):
        glyph, color = node_style(node)
        lines.append(f"  n{index} [label={_quoted(f'{glyph} {node_title(node)}')}, color={_quoted(color)}];")
    lines += [f"  n{source} -> n{target};" for source, target in lineage.edges]
    return "\n".join([*lines, "}", ""])


def lineage_mermaid(lineage: Lineage) -> str:
    """In the language of Mermaid, which Markdown on GitHub and GitLab draws."""
    lines = ["flowchart LR"]
    for index, node in enumerate(lineage.nodes):
        text = clean(f"{node_style(node)[0]} {node_title(node)}")
        for character, entity in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
            text = text.replace(character, entity)
        lines.append(f'  n{index}["{text}"]')
    lines += [f"  n{source} --> n{target}" for source, target in lineage.edges]
    return "\n".join([*lines, ""])


def lineage_svg(lineage: Lineage, now_us: int) -> str:
    """A picture that shows what the screen does."""
    laid_out = LineageDrawing(lineage, is_boxed=True)
    columns, rows = laid_out.size
    width, height = (columns + 4) * CELL_WIDTH, (rows + 2) * CELL_HEIGHT
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
            f'height="{height:.0f}" font-family="{_FONT}" font-size="14">',
            f'<rect width="100%" height="100%" fill="{_PAPER}"/>',
            *_svg_edges(laid_out),
            *_svg_nodes(laid_out, now_us),
            "</svg>",
            "",
        )
    )


def _svg_edges(laid_out: LineageDrawing) -> Iterator[str]:
    for route in laid_out.drawing.routes:
        first, *_, last = route.points
        corners = [(first[0] - 1, first[1]), *route.points[1:-1], (last[0] + 1, last[1])]
        shown = [(_x(x) + (CELL_WIDTH / 2), _y(y) + CELL_HEIGHT / 2) for x, y in corners]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in shown)
        yield f'<polyline points="{points}" fill="none" stroke="{_EDGE}" stroke-width="1.5" stroke-linejoin="round"/>'
        x, y = shown[0] if route.is_turned else shown[-1]
        x += CELL_WIDTH / 2 if route.is_turned else -CELL_WIDTH / 2
        back = CELL_WIDTH if route.is_turned else -CELL_WIDTH
        yield f'<path d="M{x:.1f},{y:.1f} l{back:.1f},-4 v8 z" fill="{_EDGE}"/>'


def _svg_nodes(laid_out: LineageDrawing, now_us: int) -> Iterator[str]:
    for node, box in zip(laid_out.lineage.nodes, laid_out.drawing.boxes, strict=True):
        glyph, color = node_style(node)
        x, y = _x(box.x), _y(box.y)
        yield (
            f'<rect x="{x:.1f}" y="{y + 3:.1f}" width="{box.width * CELL_WIDTH:.1f}" '
            f'height="{box.height * CELL_HEIGHT - 6:.1f}" rx="6" fill="{_PAPER}" stroke="{color}"/>'
        )
        for line, (text, ink) in enumerate(((f"{glyph} {node_title(node)}", color), (detail(node, now_us), _QUIET)), 1):
            start = x + CELL_WIDTH * (1.2 if line == 1 else 3.2)
            yield (
                f'<text x="{start:.1f}" y="{y + CELL_HEIGHT * (line + 0.72):.1f}" fill="{ink}" '
                f'xml:space="preserve">{escape(clean(text))}</text>'
            )


def _x(column: int) -> float:
    return (column + 2) * CELL_WIDTH


def _y(row: int) -> float:
    return (row + 1) * CELL_HEIGHT


def _quoted(text: str) -> str:
    escaped = clean(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
