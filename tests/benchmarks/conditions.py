"""What automation conditions, staleness and checks cost."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from assettui import (
    AssetCheckResult,
    AutomationCondition,
    DailyPartitionsDefinition,
    Definitions,
    Instance,
    asset,
    asset_check,
    evaluate_automation_conditions,
    materialize,
)
from assettui.core.conditions.evaluation import AutomationState
from assettui.core.conditions.place import Entity
from assettui.core.conditions.world import World
from assettui.core.graph import AssetGraph
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitions.definition import AsOf
from assettui.core.staleness import Known, standings, standings_after
from assettui.kernel.automation import Automation
from assettui.model.asset import AssetState
from assettui.model.events import Materialization
from assettui.model.keys import AssetKey
from assettui.model.project import AssetSnapshot
from tests.benchmarks.figures import Figure, median_seconds, seconds

DAYS = 10_000
"""So many partitions each of a hundred assets has."""
NOW_US = 1_704_067_200_000_000  # 2024-01-01T00:00Z
REPEATS = 5
EAGER = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import {library} as lib

def make(number):
    deps = [f"asset_{{number - 1:05}}"] if number % 20 else []
    @lib.asset(name=f"asset_{{number:05}}", deps=deps, automation_condition=lib.AutomationCondition.eager())
    def made():
        return number
    return made

defs = lib.Definitions([make(number) for number in range(int(sys.argv[1]))])
instance = lib.{instance}.ephemeral()
times, cursor = [], None
for _ in range(2):
    began = time.perf_counter()
    cursor = lib.evaluate_automation_conditions(defs, instance, cursor=cursor).cursor
    times.append(time.perf_counter() - began)
high = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([*times, int(high.split()[1]) / 1e3]))
"""
"""A user's test: the whole project, described and evaluated, the first time and once more."""


def eager_by_hand(python: Path, library: str, instance: str, count: int) -> list[float]:
    """Seconds of the first and second evaluation, and the most memory that the process has taken, in 10⁶ bytes."""
    script = EAGER.format(library=library, instance=instance)
    return json.loads(subprocess.check_output([python, "-c", script, str(count)]))


def _graph(count: int, partitions: DailyPartitionsDefinition | None = None) -> AssetGraph:
    """So many assets, in chains of twenty."""
    keys = [AssetKey(f"asset_{number:05}") for number in range(count)]
    return AssetGraph(
        AssetSnapshot(key, step=str(key), upstream=(keys[number - 1],) if number % 20 else (), partitions=partitions)
        for number, key in enumerate(keys)
    )


def _automation(graph: AssetGraph) -> tuple[Automation, PartitionedGraph]:
    partitioned = PartitionedGraph(graph, AsOf(NOW_US))
    world = World(graph)
    world.see(partitioned)
    conditions: dict[Entity, AutomationCondition] = dict.fromkeys(graph.assets, AutomationCondition.eager())
    return Automation(world, conditions, AutomationState(), {}, 0, "automation"), partitioned


def _first(graph: AssetGraph) -> float:
    """Seconds of the first evaluation of all."""
    automation, partitioned = _automation(graph)
    return seconds(lambda: automation.look([], partitioned, NOW_US))


def _after_event(automation: Automation, partitioned: PartitionedGraph, number: int) -> float:
    """Seconds of the evaluation after the first asset of all was made."""
    now_us = NOW_US + number
    made = Materialization(now_us, asset_key=AssetKey("asset_00000"), data_version=str(number), id=number)
    return seconds(lambda: automation.look([made], partitioned, now_us))


def conditions() -> Iterator[Figure]:
    """Evaluations with `eager()` on all, in the leader: the first time, with nothing changed, and after one event."""
    for count, first_ms, again_ms in ((1_000, 30, 3), (5_000, 150, 15)):
        graph = _graph(count)
        yield Figure(
            f"eager on {count:,} assets, first",
            statistics.median(_first(graph) for _ in range(REPEATS)) * 1e3,
            "ms",
            first_ms,
        )
        automation, partitioned = _automation(graph)
        automation.look([], partitioned, NOW_US)
        automation.look([], partitioned, NOW_US + 1)
        again = median_seconds(lambda a=automation, p=partitioned: a.look([], p, NOW_US + 2), 20)
        yield Figure(f"eager on {count:,} assets, nothing changed", again * 1e3, "ms", again_ms)
        times = [_after_event(automation, partitioned, number) for number in range(10, 30)]
        yield Figure(f"eager on {count:,} assets, one event", statistics.median(times) * 1e3, "ms")
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    yield Figure("memory of all of that", before_mb, "MB", 200)
    first_day = DailyPartitionsDefinition("1996-08-15")
    days = _graph(100, first_day)
    space = PartitionedGraph(days, AsOf(NOW_US)).space(AssetKey("asset_00000"))
    assert len(space.all) >= DAYS
    yield Figure(
        f"eager on 100 assets × {len(space.all):,} days",
        statistics.median(_first(days) for _ in range(REPEATS)) * 1e3,
        "ms",
        100,
    )


def by_hand() -> Iterator[Figure]:
    """`evaluate_automation_conditions`, as in a user's test: the project is described and evaluated, in a process of its own."""
    yield from figures_by_hand(Path(sys.executable), "assettui", "Instance")


def figures_by_hand(python: Path, library: str, instance: str) -> Iterator[Figure]:
    """The figures, of this or of another library."""
    for count in (1_000, 5_000):
        first, again, memory = eager_by_hand(python, library, instance, count)
        yield Figure(f"evaluate_automation_conditions, {count:,} assets", first * 1e3, "ms")
        yield Figure(f"the same once more, {count:,} assets", again * 1e3, "ms")
        yield Figure(f"memory of that, {count:,} assets", memory, "MB")


def staleness() -> Iterator[Figure]:
    """How 10,000 assets stand: from nothing, and after one event."""
    count = 10_000
    keys = [AssetKey(f"asset_{number:05}") for number in range(count)]
    graph = AssetGraph(
        AssetSnapshot(
            key, step=str(key), upstream=tuple({keys[number // 2], keys[number // 3]} - {key}) if number else ()
        )
        for number, key in enumerate(keys)
    )
    states = {
        key: AssetState(
            key,
            Materialization(
                1, asset_key=key, data_version="v", input_versions={str(above): "v" for above in graph.upstream[key]}
            ),
        )
        for key in keys
    }
    yield Figure(
        "staleness of 10,000 assets, from nothing", median_seconds(lambda: standings(graph, states), 5), "s", 0.3
    )
    before = standings(graph, states)
    for number, budget in ((3_000, 5), (40, None)):
        key = keys[number]
        last = states[key].last
        assert last is not None
        changed = {**states, key: AssetState(key, replace(last, data_version="w"))}
        took = median_seconds(lambda k=key, c=changed: standings_after(before, Known(graph, c), [k]), 9)
        turned = len(standings_after(before, Known(graph, changed), [key]))
        yield Figure(f"staleness after one event that turns {turned:,}", took * 1e3, "ms", budget)


def checks() -> Iterator[Figure]:
    """What a blocking check adds to the run of its asset, beyond its own work: in one process, without a store."""

    @asset
    def made() -> int:
        return 1

    @asset_check(asset=made, blocking=True)
    def good(made: int) -> AssetCheckResult:
        return AssetCheckResult(passed=made == 1)

    with Instance.ephemeral() as instance:
        plain = median_seconds(lambda: materialize([made], instance=instance), 100)
        checked = median_seconds(lambda: materialize([made, good], instance=instance), 100)
    yield Figure("a blocking check adds to a step", (checked - plain) * 1e3, "ms", 2)


def one_evaluation() -> Iterator[Figure]:
    """What a user's test of one asset costs."""

    @asset(automation_condition=AutomationCondition.eager())
    def made() -> None: ...

    with Instance.ephemeral() as instance:
        definitions = Definitions([made])
        took = median_seconds(lambda: evaluate_automation_conditions(definitions, instance), 20)
    yield Figure("evaluate_automation_conditions, one asset", took * 1e3, "ms")


def condition_figures() -> Iterator[Figure]:
    """All that concerns conditions."""
    yield from conditions()
    yield from by_hand()
    yield from one_evaluation()
