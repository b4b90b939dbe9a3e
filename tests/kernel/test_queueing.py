"""Which runs are taken on: fairly among backfills and single runs, by priority, and never more than the limits allow."""

from __future__ import annotations

import random
from typing import Any

from assettui.core.graph import AssetGraph
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitions.definition import AsOf
from assettui.core.partitions.keyed import StaticPartitionsDefinition
from assettui.core.partitions.sets import PartitionSet
from assettui.core.queue import Limits, queued_run
from assettui.kernel.inputs import LimitsSeen, RunsQueued
from assettui.model.events import EventKind, RunQueued
from assettui.model.keys import AssetKey
from assettui.model.project import AssetSnapshot
from assettui.model.run import RunPlan, StepPlan
from assettui.store import queries
from tests.kernel.simulation import Simulation

KEY = AssetKey("sliced")


class Sure(random.Random):
    """Every step succeeds."""

    def random(self) -> float:
        return 0.5


def simulation(limits: Limits, capacity: int = 1) -> Simulation:
    partitions = StaticPartitionsDefinition([f"p{number}" for number in range(8)])
    graph = AssetGraph([AssetSnapshot(KEY, step="sliced", partitions=partitions)])
    return Simulation(Sure(0), capacity, partitioned=PartitionedGraph(graph, AsOf(0)), limits=limits)


def queue(simulated: Simulation, names: list[str], **tags: str) -> None:
    runs: list[Any] = []
    for name in names:
        plan = RunPlan((StepPlan(name, (AssetKey(name),)),), tags=tags)
        event = RunQueued(simulated.now_us, name, plan=plan)
        simulated._commit([event])
        runs.append(queued_run(name, simulated.now_us, plan))
    simulated.happen(RunsQueued(tuple(runs)))


def order(simulated: Simulation) -> str:
    """Of each run that began, in order: what it was of."""
    simulated.run_to_the_end()
    backfill_of = {run.run_id: run.backfill for run in queries.runs(simulated.store, limit=1_000)}
    began = [each for each in queries.all_events(simulated.store) if each.kind is EventKind.RUN_STARTED]
    return "".join((backfill_of[each.run_id or ""] or each.run_id or "?")[0] for each in began)


def test_backfills_and_single_runs_take_turns() -> None:
    simulated = simulation(Limits(runs=1))
    simulated.backfill("x", {KEY: PartitionSet.of(range(4))})
    simulated.backfill("y", {KEY: PartitionSet.of(range(4, 8))})
    queue(simulated, ["s1", "s2", "s3", "s4"])
    began = order(simulated)
    assert sorted(began) == sorted("xxxxyyyyssss")
    for start in range(2, 10):  # of any four that follow each other, each has at least one
        assert set(began[start : start + 4]) == {"x", "y", "s"}, began


def test_what_has_a_higher_priority_goes_before_all_others() -> None:
    simulated = simulation(Limits(runs=1))
    simulated.backfill("x", {KEY: PartitionSet.of(range(4))}, priority=1)
    queue(simulated, ["a", "b"])
    queue(simulated, ["u"], **{"dagster/priority": "2"})
    assert order(simulated) == "xuxxxab"


def test_limits_that_are_raised_count_at_once() -> None:
    simulated = simulation(Limits(runs=0), capacity=2)
    queue(simulated, ["a", "b", "c"])
    assert order(simulated) == ""
    simulated.limits = Limits()
    simulated.happen(LimitsSeen(Limits()))
    assert sorted(order(simulated)) == ["a", "b", "c"]
