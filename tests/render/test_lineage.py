"""Lineage in characters, and for other programs."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assettui import AssetKey
from assettui.core.layout.drawing import draw
from assettui.model.lineage import Lineage, LineageNode
from assettui.render.edges import Edges, cells_of
from assettui.render.lineage import LineageDrawing, lineage_lines
from assettui.render.lineage_formats import lineage_dot, lineage_mermaid, lineage_svg
from assettui.service.catalog import catalog
from assettui.service.lineage import lineage_of
from tests.worlds.shop import NOW_US, world


def node(name: str, **more: object) -> LineageNode:
    return LineageNode(name, key=AssetKey(name), status="fresh", **more)  # pyright: ignore[reportArgumentType]


def text(lineage: Lineage, *, is_boxed: bool = False) -> list[str]:
    return ["".join(cell.text for cell in line) for line in lineage_lines(lineage, NOW_US, is_boxed=is_boxed)]


def test_a_fan_of_edges_shares_one_line_and_crossings_are_no_branches() -> None:
    found = Lineage(tuple(map(node, "abcd")), ((0, 2), (0, 3), (1, 3)))
    assert text(found) == [
        "● a ─┬─▸● c",
        "● b ─╰─▸● d",
    ]


def test_the_shop_as_boxes(tmp_path: Path) -> None:
    found = catalog(world(tmp_path))
    shown = text(lineage_of(found, [row.key for row in found.rows]), is_boxed=True)
    assert any("│● raw/customers" in line for line in shown)
    assert any("│✗ marts/churn" in line for line in shown)
    assert all(line == line.rstrip() for line in shown)


def test_a_folded_group_is_one_node_with_its_counts(tmp_path: Path) -> None:
    found = catalog(world(tmp_path))
    lineage = lineage_of(found, [row.key for row in found.rows], {"marts"})
    folded = next(node for node in lineage.nodes if node.kind == "group")
    assert (folded.name, folded.status, dict(folded.counts)) == ("marts", "failed", {"failed": 1, "stale": 1})
    assert any("▸ marts (2)" in line for line in text(lineage))


def test_a_window_onto_a_drawing_gives_the_same_as_the_whole(tmp_path: Path) -> None:
    found = catalog(world(tmp_path))
    drawn = LineageDrawing(lineage_of(found, [row.key for row in found.rows]), is_boxed=True)
    width, height = drawn.size
    for y in range(height):
        whole = "".join(piece.text for piece in drawn.line(y, NOW_US))
        for start in range(0, width, 7):
            part = "".join(piece.text for piece in drawn.line(y, NOW_US, start, start + 9))
            at = drawn.starts_at(y, start)
            assert whole[at : at + len(part)] == part


def test_long_names_keep_their_end() -> None:
    shown = text(Lineage((node("warehouse/" + "x" * 40 + "/orders"),), ()))
    assert shown[0].endswith("/orders")
    assert "…" in shown[0]


def test_what_lies_beyond_is_counted() -> None:
    shown = text(Lineage((node("a", more_upstream=3, more_downstream=12),), ()), is_boxed=True)
    assert "↑3  ↓12" in shown[2]


@pytest.mark.parametrize("name", ["a<b>&", 'quote"d', "back\\slash", "[red]x", "a\x1b[31mb", "naïve ünïcode 数据"])
def test_names_do_no_harm_in_other_languages(name: str) -> None:
    lineage = Lineage((LineageNode(name, status="fresh"), node("b")), ((0, 1),))
    ElementTree.fromstring(lineage_svg(lineage, NOW_US))
    for written in (lineage_dot(lineage), lineage_mermaid(lineage), lineage_svg(lineage, NOW_US)):
        assert "\x1b" not in written
    assert lineage_dot(lineage).count('"') - lineage_dot(lineage).count('\\"') == 2 * 5
    assert lineage_mermaid(lineage).splitlines()[1].count('"') == 2


@given(
    st.integers(2, 24).flatmap(
        lambda count: st.sets(
            st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda edge: edge[0] != edge[1]),
            max_size=50,
        )
    ),
    st.data(),
)
def test_edges_are_drawn_the_same_whichever_part_is_in_sight(edges: set[tuple[int, int]], data: st.DataObject) -> None:
    drawing = draw([(6, 1, 0)] * 24, sorted(edges))
    drawn = Edges(drawing.routes)
    rows = [drawn.row(y, 0, drawing.width) for y in range(drawing.height)]
    start = data.draw(st.integers(0, drawing.width))
    end = data.draw(st.integers(start, drawing.width))
    assert [drawn.row(y, start, end) for y in range(drawing.height)] == [row[start:end] for row in rows]
    passed = cells_of(drawing.routes)
    for y, row in enumerate(rows):
        for x, char in enumerate(row):
            assert (char != " ") == ((x, y) in passed)
