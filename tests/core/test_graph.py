from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from assettui.core.graph import AssetGraph, find_cycle
from assettui.model.keys import AssetKey
from assettui.model.project import AssetSnapshot


@st.composite
def graphs(draw: st.DrawFn) -> dict[AssetKey, tuple[AssetKey, ...]]:
    """Graphs without a cycle, defined in any order."""
    size = draw(st.integers(1, 14))
    keys = [AssetKey(f"a{index}") for index in range(size)]
    edges = {
        key: tuple(draw(st.lists(st.sampled_from(keys[:index]), unique=True, max_size=4)) if index else ())
        for index, key in enumerate(keys)
    }
    return dict(draw(st.permutations(list(edges.items()))))


def graph_of(edges: dict[AssetKey, tuple[AssetKey, ...]]) -> AssetGraph:
    return AssetGraph(AssetSnapshot(key, step=str(key), upstream=above) for key, above in edges.items())


def naive_upstream(edges: dict[AssetKey, tuple[AssetKey, ...]], key: AssetKey) -> set[AssetKey]:
    return {key}.union(*(naive_upstream(edges, above) for above in edges[key]))


@given(graphs())
def test_upstream_comes_before_downstream(edges: dict[AssetKey, tuple[AssetKey, ...]]) -> None:
    order = graph_of(edges).order
    assert sorted(order) == sorted(edges)
    place = {key: index for index, key in enumerate(order)}
    assert all(place[above] < place[key] for key, upstream in edges.items() for above in upstream)


@given(graphs(), st.data())
def test_all_upstream_and_all_downstream_agree_with_a_naive_walk(
    edges: dict[AssetKey, tuple[AssetKey, ...]], data: st.DataObject
) -> None:
    graph = graph_of(edges)
    key = data.draw(st.sampled_from(sorted(edges)))
    assert graph.all_upstream([key]) == naive_upstream(edges, key)
    assert graph.all_downstream([key]) == {other for other in edges if key in naive_upstream(edges, other)}


@given(graphs())
def test_a_graph_without_a_cycle_has_none(edges: dict[AssetKey, tuple[AssetKey, ...]]) -> None:
    assert find_cycle(edges) is None


@given(graphs(), st.data())
def test_a_cycle_is_shown_in_the_order_in_which_data_would_flow(
    edges: dict[AssetKey, tuple[AssetKey, ...]], data: st.DataObject
) -> None:
    last = data.draw(st.sampled_from(sorted(edges)))
    first = data.draw(st.sampled_from(sorted(naive_upstream(edges, last))))
    closed = {**edges, first: (*edges[first], last)}
    cycle = find_cycle(closed)
    assert cycle is not None
    assert cycle[0] == cycle[-1]
    assert len(set(cycle)) == len(cycle) - 1
    assert all(above in closed[below] for above, below in pairwise(cycle))


def test_a_chain_of_ten_thousand_assets_needs_no_recursion() -> None:
    keys = [AssetKey(f"a{index}") for index in range(10_000)]
    edges = {key: ((keys[index - 1],) if index else ()) for index, key in enumerate(keys)}
    assert graph_of(edges).order[-1] == keys[-1]
    assert find_cycle(edges) is None
