from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assettui.core.graph import AssetGraph
from assettui.core.staleness import AssetStatus, root_causes, standings
from assettui.core.versions import default_data_version
from assettui.model.asset import AssetState
from assettui.model.events import Materialization, Observation
from assettui.model.keys import AssetKey
from assettui.model.project import AssetSnapshot

A, B, C = AssetKey("a"), AssetKey("b"), AssetKey("c")


def chain(code_version: str = "1") -> AssetGraph:
    return AssetGraph(
        [
            AssetSnapshot(A, step="a", code_version="1"),
            AssetSnapshot(B, step="b", upstream=(A,), code_version=code_version),
            AssetSnapshot(C, step="c", upstream=(B,), code_version="1"),
        ]
    )


def made(key: AssetKey, data: str, code: str | None = "1", **inputs: str | None) -> AssetState:
    return AssetState(
        key, Materialization(1, "run", asset_key=key, data_version=data, code_version=code, input_versions=inputs)
    )


FRESH = {A: made(A, "a1"), B: made(B, "b1", a="a1"), C: made(C, "c1", b="b1")}


def test_what_was_derived_from_what_is_there_now_is_fresh() -> None:
    assert {standing.status for standing in standings(chain(), FRESH).values()} == {AssetStatus.FRESH}


def test_what_was_never_materialized_is_never() -> None:
    assert standings(chain(), {})[A].status is AssetStatus.NEVER


def test_new_upstream_data_makes_stale_down_to_the_last_asset_and_names_the_root() -> None:
    found = standings(chain(), {**FRESH, A: made(A, "a2")})
    assert [found[key].status.value for key in (A, B, C)] == ["fresh", "stale", "stale"]
    assert [root.what for root in root_causes(found[C].causes)] == ["a has new data"]


def test_what_was_seen_since_an_asset_was_made_is_its_data_from_then_on() -> None:
    made_then = FRESH[A].last
    for seen_us, version, expected in ((2, "a2", "stale"), (2, "a1", "fresh"), (2, None, "fresh"), (0, "a2", "fresh")):
        seen = Observation(seen_us, "run", asset_key=A, data_version=version)
        found = standings(chain(), {**FRESH, A: AssetState(A, made_then, observed=seen)})
        assert found[B].status.value == expected
    of_a_partition = Observation(2, "run", asset_key=A, partition="x", data_version="a2")
    assert AssetState(A, made_then, observed=of_a_partition).data_version == "a1"


def test_changed_code_makes_stale() -> None:
    found = standings(chain(code_version="2"), FRESH)
    assert found[B].causes[0].what == "code version changed from 1 to 2"
    assert found[C].status is AssetStatus.STALE


def test_an_input_that_was_added_or_removed_makes_stale() -> None:
    found = standings(chain(), {**FRESH, B: made(B, "b1", z="z1")})
    assert [cause.what for cause in found[B].causes] == [
        "depends on a now, and did not then",
        "depended on z then, and does no longer",
    ]


def test_failed_and_running_come_before_stale() -> None:
    last = FRESH[B].last
    failed = AssetState(B, last, failed_us=2, failed_run="r", error="boom")
    running = AssetState(B, last, failed_us=2, running_run="r")
    assert standings(chain(code_version="2"), {**FRESH, B: failed})[B].status is AssetStatus.FAILED
    assert standings(chain(code_version="2"), {**FRESH, B: running})[B].status is AssetStatus.RUNNING


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_an_asset_of_a_chain_is_stale_just_where_some_code_above_it_changed(changed: list[bool]) -> None:
    keys = [AssetKey(f"k{index}") for index in range(len(changed))]
    assets, states = [], {}
    for index, (key, is_changed) in enumerate(zip(keys, changed, strict=True)):
        above = keys[index - 1 : index] if index else []
        assets.append(AssetSnapshot(key, step=str(key), upstream=tuple(above), code_version="2" if is_changed else "1"))
        states[key] = made(key, f"{key}-data", "1", **{str(each): f"{each}-data" for each in above})
    found = standings(AssetGraph(assets), states)
    for index, key in enumerate(keys):
        assert (found[key].status is AssetStatus.STALE) == any(changed[: index + 1])


def test_the_data_version_depends_on_code_and_inputs_and_on_the_run_only_where_no_code_version_is_given() -> None:
    assert default_data_version("1", {"a": "x"}, "run1") == default_data_version("1", {"a": "x"}, "run2")
    assert default_data_version("1", {"a": "x"}, "run1") != default_data_version("2", {"a": "x"}, "run1")
    assert default_data_version("1", {"a": "x"}, "run1") != default_data_version("1", {"a": "y"}, "run1")
    assert default_data_version(None, {"a": "x"}, "run1") != default_data_version(None, {"a": "x"}, "run2")
    assert default_data_version("1", {"a=b": "c"}, "") != default_data_version("1", {"a": "b=c"}, "")


def test_the_root_is_found_at_once_also_where_paths_branch_and_join_again_and_again() -> None:
    layers, width = 60, 3  # 3⁶⁰ paths
    keys = [[AssetKey(f"a{layer}_{place}") for place in range(width)] for layer in range(layers)]
    assets = [
        AssetSnapshot(key, step=str(key), upstream=tuple(keys[layer - 1]) if layer else ())
        for layer, row in enumerate(keys)
        for key in row
    ]
    graph = AssetGraph(assets)
    states = {
        asset.key: made(asset.key, f"{asset.key}1", None, **{str(key): f"{key}1" for key in asset.upstream})
        for asset in assets
    }
    states[keys[0][1]] = made(keys[0][1], "new", None)
    found = standings(graph, states)[keys[-1][0]]
    assert [root.what for root in root_causes(found.causes)] == ["a0_1 has new data"]
