"""Automation conditions in this very process, for tests: which assets would be requested, tick by tick."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from assettui.core.conditions.evaluation import Conditions, Memory
from assettui.core.conditions.place import Tick
from assettui.core.conditions.world import Facts
from assettui.core.graph import AssetGraph
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitions.definition import AsOf
from assettui.core.partitions.sets import PartitionSet
from assettui.core.selection.algebra import AssetSelection
from assettui.definitions.automation_context import evaluate_user_conditions
from assettui.definitions.definitions import Definitions, flatten, is_check
from assettui.definitions.describe.project import describe
from assettui.executors.fake_clock import us_of
from assettui.model.check import AssetCheckKey
from assettui.model.keys import AssetKey
from assettui.model.timing import clock_us
from assettui.store.automation_world import conditions_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assettui.core.conditions.evaluation import Outcome
    from assettui.core.conditions.place import Entity
    from assettui.executors.instance import Instance


class AutomationCursor(Struct, frozen=True):
    """What one evaluation leaves to the next."""

    time_us: int
    last_event: int
    memories: Mapping[Entity, Memory]
    lively: frozenset[Entity]


class EvaluateAutomationConditionsResult:
    """What one evaluation of all conditions has come to."""

    def __init__(self, cursor: AutomationCursor, outcome: Outcome, partitioned: PartitionedGraph) -> None:
        self.cursor = cursor
        """For the next evaluation."""
        self._outcome = outcome
        self._partitioned = partitioned

    @property
    def total_requested(self) -> int:
        """How many assets and partitions are requested, checks among them."""
        return sum(bits.bit_count() for bits in self._outcome.requested.values())

    def get_num_requested(self, key: Any) -> int:
        """How many partitions of an asset are requested; 1 of one that has none and is."""
        return self._requested(key).bit_count()

    def get_requested_partitions(self, key: Any) -> set[str | None]:
        """The keys of the partitions of an asset that are requested; None for one that has none."""
        entity = _entity(key)
        bits = self._requested(entity)
        own = entity.asset_key if isinstance(entity, AssetCheckKey) else entity
        if not self._partitioned.is_partitioned(own):
            return {None} if bits else set()
        return set(self._partitioned.space(own).keys(PartitionSet(bits)))

    def _requested(self, key: Any) -> int:
        return self._outcome.requested.get(_entity(key), 0)


def evaluate_automation_conditions(
    defs: Definitions | Sequence[Any],
    instance: Instance,
    asset_selection: Any = None,
    evaluation_time: datetime | None = None,
    cursor: AutomationCursor | None = None,
) -> EvaluateAutomationConditionsResult:
    """Evaluate the automation conditions of a project once, on what an instance knows. Nothing is launched.

    Args:
        defs: The project, or its assets and checks.
        instance: What has happened so far.
        asset_selection: Only the conditions of these assets; by default all.
        evaluation_time: When it is; by default now. Aware, or else taken for UTC.
        cursor: That of the evaluation before; None for the first.

    Raises:
        DefinitionsError: The definitions are wrong.
        SelectionError: The selection names what is not there.
    """
    definitions = defs if isinstance(defs, Definitions) else _definitions(defs)
    described = describe("in process", definitions, dynamic=instance.dynamic_indices())
    graph = AssetGraph.of(described.snapshot)
    now_us = us_of(evaluation_time.replace(tzinfo=evaluation_time.tzinfo or UTC)) if evaluation_time else clock_us()
    partitioned = PartitionedGraph(graph, AsOf(now_us, instance.dynamic_indices()))
    chosen = None if asset_selection is None else AssetSelection.from_coercible(asset_selection).resolve(graph)
    conditions = Conditions(graph, conditions_of(graph, chosen))
    with instance.automation_world(graph, partitioned, cursor.last_event if cursor is not None else None) as (
        world,
        last,
    ):
        tick = Tick(graph, partitioned, Facts(world), now_us, cursor.time_us if cursor is not None else None)
        tick.data_times, tick.is_outdated, tick.missed = world, world.is_outdated, world.missed
        tick.are_updates_later = True
        for key, asset in graph.assets.items():
            if asset.freshness_policy is not None:
                judged = world.freshness(key, now_us)
                world[key].freshness = judged.status if judged is not None else None
        tick.user = evaluate_user_conditions(described.user_conditions, graph, partitioned, now_us, raising=True).found
        memories = dict(cursor.memories) if cursor is not None else {}
        outcome = conditions.evaluate(tick, memories, conditions.by_entity, ())
        after = {**memories, **outcome.memories}
    return EvaluateAutomationConditionsResult(
        AutomationCursor(now_us, last, after, outcome.lively), outcome, partitioned
    )


def _entity(key: Any) -> Entity:
    return key if isinstance(key, AssetCheckKey) else AssetKey.from_coercible(getattr(key, "key", key))


def _definitions(given: Sequence[Any]) -> Definitions:
    items = list(flatten(given))
    return Definitions(
        [each for each in items if not is_check(each)], asset_checks=[each for each in items if is_check(each)]
    )
