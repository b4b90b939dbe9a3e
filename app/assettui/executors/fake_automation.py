"""Automation as time passes in a test: what conditions and policies ask for is taken for made, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.conditions.evaluation import AutomationState
from assettui.core.conditions.world import World
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitions.definition import AsOf
from assettui.core.partitions.sets import PartitionSet
from assettui.core.versions import combined_version
from assettui.kernel.automation import Automation
from assettui.model.check import AssetCheckKey
from assettui.model.events import Materialization, Observation, RunChanged, RunQueued
from assettui.model.keys import AssetKey
from assettui.model.run import RunPlan, RunStatus, StepPlan
from assettui.store.automation_world import conditions_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assettui.core.conditions.place import Entity
    from assettui.core.graph import AssetGraph
    from assettui.model.events import Event
    from assettui.model.freshness import Freshness

Asked = dict[AssetKey, tuple[str | None, ...]]
"""The assets that were asked for, each with its partitions; None for one that has none."""


class FakeAutomation:
    """The automation of a project, on a world that begins empty.

    Args:
        graph: The project's graph.
        now_us: The time; microseconds since the epoch, UTC.
        dynamic: The keys of dynamic partitions.
    """

    def __init__(
        self,
        graph: AssetGraph,
        now_us: int,
        dynamic: Mapping[str, Mapping[str, int]],
    ) -> None:
        self._graph = graph
        self._dynamic = dynamic
        self._partitioned = PartitionedGraph(graph, AsOf(now_us, dynamic))
        self._world = World(graph)
        self._world.see(self._partitioned)
        self._versions: dict[tuple[AssetKey, str | None], str] = {}
        self._count = 0
        self._pending: list[Event] = []
        """What has happened since the last look."""
        self._told = World(graph)
        """What is known with all of that."""
        self._automation = Automation(self._world, conditions_of(graph), AutomationState(), {}, 0, "")

    def _tell(self, event: Event) -> None:
        self._pending.append(event)
        self._told.see(self._partitioned)
        self._told.apply(event)

    def next_us(self, now_us: int) -> int | None:
        """When something may turn though nothing happens."""
        return self._automation.next_us(now_us)

    def look(self, now_us: int) -> list[Asked]:
        """What is asked for now, and, once that is made, what follows from it: one after the other."""
        found: list[Asked] = []
        self._partitioned = PartitionedGraph(self._graph, AsOf(now_us, self._dynamic))
        while True:
            pending, self._pending = self._pending, []
            decided = self._automation.look(pending, self._partitioned, now_us)
            if decided is None or not decided.requested:
                return found
            asked = self._asked(decided.requested)
            found.append(asked)
            for partition in dict.fromkeys(each for partitions in asked.values() for each in partitions):
                self._run([key for key, partitions in asked.items() if partition in partitions], partition, now_us)

    def _run(self, keys: Sequence[AssetKey], partition: str | None, now_us: int) -> None:
        """A run that makes them, and is over at once."""
        self._count += 1
        run_id = f"run{self._count}"
        steps = tuple(StepPlan(str(key), (key,)) for key in keys)
        plan = RunPlan(steps, partitions=((partition, partition),) if partition is not None else ())
        self._tell(RunQueued(now_us, run_id, plan=plan, id=self._count))
        for key in keys:
            self.made(key, partition, now_us, run_id=run_id)
        self._count += 1
        self._tell(RunChanged(now_us, run_id, status=RunStatus.SUCCESS, id=self._count))

    def _asked(self, requested: Mapping[Entity, int]) -> Asked:
        asked: Asked = {}
        for entity, bits in requested.items():
            if isinstance(entity, AssetCheckKey):
                continue
            if self._partitioned.is_partitioned(entity):
                asked[entity] = tuple(self._partitioned.space(entity).keys(PartitionSet(bits)))
            else:
                asked[entity] = (None,)
        return asked

    def made(
        self, key: AssetKey, partition: str | None, now_us: int, version: str | None = None, run_id: str = ""
    ) -> None:
        """Something was made, or of an external asset seen, now."""
        self._count += 1
        asset = self._graph.assets[key]
        if asset.is_external:
            seen = version if version is not None else f"v{self._count}"
            self._tell(
                Observation(now_us, run_id, asset_key=key, partition=partition, data_version=seen, id=self._count)
            )
            self._versions[key, partition] = seen
            return
        inputs, times = self._inputs(key, partition)
        made = version if version is not None else f"v{self._count}"
        self._tell(
            Materialization(
                now_us,
                run_id,
                asset_key=key,
                partition=partition,
                data_version=made,
                code_version=asset.code_version,
                input_versions=inputs,
                duration_us=0,
                data_time_us=min(times, default=None),
                id=self._count,
            )
        )
        self._versions[key, partition] = made

    def _inputs(self, key: AssetKey, partition: str | None) -> tuple[dict[str, str | None], list[int]]:
        inputs: dict[str, str | None] = {}
        times: list[int] = []
        for above in self._graph.upstream[key]:
            keys: Sequence[str | None] = (None,)
            if self._partitioned.is_partitioned(above):
                space = self._partitioned.space(key)
                own = PartitionSet(1 << space.index(partition)) if partition is not None else space.all
                keys = self._partitioned.space(above).keys(self._partitioned.above(key, above, own).partitions)
            inputs[str(above)] = combined_version({str(each): self._versions.get((above, each)) for each in keys})
            time_us = self._told.data_time(above)
            times += [time_us] if time_us is not None else []
        return inputs, times

    def freshness(self, key: AssetKey, now_us: int) -> Freshness | None:
        """What the data of an asset is judged to be; None where it has no policy."""
        self._told.see(PartitionedGraph(self._graph, AsOf(now_us, self._dynamic)))
        return self._told.freshness(key, now_us)
