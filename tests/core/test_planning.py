from __future__ import annotations

import pytest

from assettui.core.graph import AssetGraph
from assettui.core.planning import plan_run
from assettui.model import codec
from assettui.model.errors import LaunchError
from assettui.model.keys import AssetKey
from assettui.model.project import AssetSnapshot, InputSnapshot
from assettui.model.run import RunPlan

EXTERNAL, A, B, C = AssetKey("ext"), AssetKey("a"), AssetKey("b"), AssetKey("c")
GRAPH = AssetGraph(
    [
        AssetSnapshot(A, step="a", upstream=(EXTERNAL,), code_version="7"),
        AssetSnapshot(B, step="b", upstream=(A,), inputs=(InputSnapshot("a", A),)),
        AssetSnapshot(C, step="c", upstream=(B, A), inputs=(InputSnapshot("b", B),)),
        AssetSnapshot(EXTERNAL),
    ]
)


def test_a_step_waits_for_what_it_needs_of_the_same_run() -> None:
    plan = plan_run(GRAPH, [C, A, B, EXTERNAL], available=[])
    assert [(step.key, step.after) for step in plan.steps] == [("a", ()), ("b", ("a",)), ("c", ("b", "a"))]
    assert plan.assets == (A, B, C)
    assert plan.steps[0].code_versions == {A: "7"}


def test_a_plan_reads_back_from_json() -> None:
    plan = plan_run(GRAPH, [A, B, C])
    assert codec.decode(codec.encode(plan), RunPlan) == plan


def test_an_asset_that_was_never_materialized_cannot_be_read() -> None:
    with pytest.raises(LaunchError, match="b reads a, which was never materialized") as told:
        plan_run(GRAPH, [B], available=[])
    assert told.value.hint == "build it with what lies upstream: assettui materialize +b"
    assert plan_run(GRAPH, [B], available=[A]).assets == (B,)


def test_external_assets_alone_are_nothing_to_materialize() -> None:
    with pytest.raises(LaunchError, match="external"):
        plan_run(GRAPH, [EXTERNAL])
