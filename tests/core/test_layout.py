"""Drawing a graph in cells: what holds of every drawing, and what a few look like."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from assettui.core.layout.drawing import Drawing, draw
from assettui.core.layout.layers import layered
from assettui.core.layout.ordering import crossings, ordered
from assettui.core.layout.routing import nets, tracks

Graph = tuple[list[tuple[int, int, int]], list[tuple[int, int]]]


@st.composite
def graphs(draws: st.DrawFn, *, with_circles: bool = False) -> Graph:
    count = draws(st.integers(1, 24))
    boxed = draws(st.booleans())
    sizes = [(draws(st.integers(3, 30)), 4 if boxed else 1, 1 if boxed else 0) for _ in range(count)]
    pairs = [(one, other) for one, other in combinations(range(count), 2)]
    if with_circles:
        pairs += [(other, one) for one, other in pairs]
    edges = draws(st.lists(st.sampled_from(pairs), unique=True, max_size=2 * count)) if pairs else []
    return sizes, edges


def drawn(graph: Graph) -> Drawing:
    return draw(*graph)


@given(graphs())
def test_no_two_nodes_overlap_and_all_are_within_the_drawing(graph: Graph) -> None:
    found = drawn(graph)
    taken: set[tuple[int, int]] = set()
    for box in found.boxes:
        cells = {(x, y) for x in range(box.x, box.x + box.width) for y in range(box.y, box.y + box.height)}
        assert not cells & taken
        taken |= cells
    assert all(0 <= x < found.width and 0 <= y < found.height for x, y in taken)


@given(graphs())
def test_every_edge_leads_from_the_right_of_its_source_to_the_left_of_its_target(graph: Graph) -> None:
    found = drawn(graph)
    assert [(route.source, route.target) for route in found.routes] == graph[1]
    for route in found.routes:
        source, target = found.boxes[route.source], found.boxes[route.target]
        assert route.points[0] == (source.x + source.width, source.y + source.port)
        assert route.points[-1] == (target.x - 1, target.y + target.port)


@given(graphs())
def test_edges_go_straight_on_or_turn_at_a_right_angle_and_never_back_or_through_a_node(graph: Graph) -> None:
    found = drawn(graph)
    nodes = {
        (x, y) for box in found.boxes for x in range(box.x, box.x + box.width) for y in range(box.y, box.y + box.height)
    }
    for route in found.routes:
        for (x, y), (to_x, to_y) in pairwise(route.points):
            assert (x == to_x) != (y == to_y) or (x, y) == (to_x, to_y)
            assert to_x >= x
            passed = {(at, y) for at in range(x, to_x + 1)} if y == to_y else {
                (x, at) for at in range(min(y, to_y), max(y, to_y) + 1)
            }  # fmt: skip
            assert not passed & nodes


@given(graphs(with_circles=True))
def test_where_edges_form_circles_some_are_drawn_from_right_to_left(graph: Graph) -> None:
    found = drawn(graph)
    assert len(found.routes) == len(graph[1])
    for route in found.routes:
        source, target = found.boxes[route.source], found.boxes[route.target]
        assert (source.x < target.x) != route.is_turned


@given(graphs())
def test_a_layer_never_has_more_crossings_than_the_order_it_began_with(graph: Graph) -> None:
    layers = layered(len(graph[0]), graph[1])
    rows = ordered(layers)
    assert sorted(node for row in rows for node in row) == list(range(len(layers.layer)))
    assert crossings(layers, rows) >= 0


def test_a_tree_has_no_crossings() -> None:
    edges = [(node, 2 * node + child) for node in range(15) for child in (1, 2)]
    layers = layered(31, edges)
    assert crossings(layers, ordered(layers)) == 0


def test_what_can_be_untangled_is() -> None:
    layers = layered(6, [(0, 5), (1, 4), (2, 3)])
    assert crossings(layers, ordered(layers)) == 0


def test_a_node_with_many_below_it_stands_close_to_them() -> None:
    layers = layered(5, [(0, 1), (1, 2), (2, 3), (4, 3)])
    assert layers.layer[4] == 2, "its edge is as short as can be"


def test_nodes_without_edges_fill_the_width() -> None:
    found = draw([(10, 1, 0)] * 7, [], wide=40)
    assert {box.x for box in found.boxes} == {0, 12, 24}
    assert found.height == 3


def test_an_empty_graph_takes_no_room() -> None:
    assert (draw([], []).width, draw([], []).height) == (0, 0)


def along_rows(found: Drawing) -> dict[tuple[int, int], set[int]]:
    """By each piece of a row between two cells, the edges that lead along it."""
    passed: dict[tuple[int, int], set[int]] = {}
    for index, route in enumerate(found.routes):
        for (x, y), (to_x, to_y) in pairwise(route.points):
            if y == to_y:
                for at in range(min(x, to_x), max(x, to_x)):
                    passed.setdefault((at, y), set()).add(index)
    return passed


@given(graphs(with_circles=True))
def test_edges_that_share_neither_end_share_no_part_of_a_row(graph: Graph) -> None:
    found = drawn(graph)
    assert not found.shared
    for edges in along_rows(found).values():
        for one, other in combinations(edges, 2):
            first, second = found.routes[one], found.routes[other]
            targets = {route.target for route in found.routes if route.source in (first.source, second.source)}
            assert first.source == second.source or first.target == second.target or first.target in targets


def test_of_two_that_change_their_rows_one_goes_on_along_a_free_row() -> None:
    y = [0, 1, 1, 0]  # 0 leads to 2, and 1 to 3
    found = nets([0, 1], [[2], [3], [], []], y)
    used = tracks(found, y, free=[2, 5])
    (((net, target), (row, track)),) = used.second.items()
    assert (row, used.shared, used.count) == (2, 0, 3)
    assert used.first[net] < used.first[1 - net] < track
    assert target in found[net].targets
    assert tracks(found, y, free=[]).shared == 1
