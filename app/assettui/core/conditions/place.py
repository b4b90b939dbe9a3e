"""Where a condition is evaluated: an asset or a check, the facts of this tick, and what was remembered of the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.space import NO_PARTITIONS
from assettui.model.check import AssetCheckKey
from assettui.model.keys import AssetKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assettui.core.conditions.condition import AutomationCondition
    from assettui.core.conditions.facts import EntityFacts
    from assettui.core.conditions.required_for_freshness import DataTimes
    from assettui.core.graph import AssetGraph
    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.core.partitions.space import PartitionSpace

Entity = AssetKey | AssetCheckKey
"""What has a condition: an asset, or a check."""
Slot = tuple[object, ...]
"""Names one thing that a condition remembers: the number of the operator in it, and the way from the asset to what it is about."""


def entity_of(name: str) -> Entity:
    """The asset or check that is written so."""
    return AssetCheckKey.from_user_string(name) if ":" in name else AssetKey(name)


class Tick:
    """What holds for all evaluations of one tick.

    Args:
        graph: The project's graph.
        partitioned: Its partitions at this moment.
        facts: Of each asset and check what is known; made when it is first asked for.
        now_us: The time; microseconds since the epoch, UTC.
        previous_us: The time of the last tick; None where there was none.
    """

    def __init__(
        self,
        graph: AssetGraph,
        partitioned: PartitionedGraph,
        facts: Mapping[Entity, EntityFacts],
        now_us: int,
        previous_us: int | None,
    ) -> None:
        self.graph = graph
        self.partitioned = partitioned
        self.facts = facts
        self.now_us = now_us
        self.previous_us = previous_us
        self.requested: dict[Entity, int] = {}
        """What was requested so far in this tick, upstream before downstream."""
        self.requested_before: Mapping[Entity, int] = {}
        """What was requested in the last tick."""
        self.missed: Mapping[tuple[Entity, Entity], int] = {}
        """By a root and what it depends on: updates of that which the last update of the root came too early for. They count
        as new to it once more, lest it stay as it is."""
        self.are_updates_later = False
        """Whether what was updated since the last tick was so after the times that have passed since, where nobody knows
        better. Who evaluates conditions by events as they come ticks in between, and knows."""
        self.conditions: Mapping[Entity, AutomationCondition] = {}
        self.data_times: DataTimes | None = None
        """How old the data of assets is."""
        self.required: frozenset[AssetKey] | None = None
        """What freshness policies need to be made now; found when it is first asked for."""
        self.is_outdated: Callable[[AssetKey], bool] = lambda _: False
        """Whether something that an asset depends on has been updated since it was made."""
        self.user: Mapping[tuple[Entity, int], int] = {}
        """What conditions of the user's own have come to, by the entity and the number of the operator."""

    def space(self, entity: Entity) -> PartitionSpace:
        return self.partitioned.space(entity if isinstance(entity, AssetKey) else entity.asset_key)

    def dependencies(self, entity: Entity) -> tuple[AssetKey, ...]:
        """What an entity depends on; a check on its asset, and on what its function reads besides."""
        if isinstance(entity, AssetKey):
            return self.graph.upstream[entity]
        check = self.graph.checks[entity]
        step = self.graph.step_snapshots.get(check.step)
        more = (*step.upstream, *(each.key for each in step.inputs)) if step is not None else ()
        return tuple(dict.fromkeys((entity.asset_key, *more)))

    def below(self, above: AssetKey, entity: Entity, bits: int) -> int:
        """The partitions of an entity that need some partitions of what it depends on."""
        if not bits:
            return 0
        here = entity if isinstance(entity, AssetKey) else entity.asset_key
        if here == above:
            return bits
        if not isinstance(entity, AssetKey):
            mapping = self.partitioned.default(here, above)
            found = mapping.downstream(PartitionSet(bits), self.partitioned.space(above), self.partitioned.space(here))
            return found.bits
        if self.partitioned.space(here) is NO_PARTITIONS and self.partitioned.space(above) is NO_PARTITIONS:
            return 1
        return self.partitioned.below(above, here, PartitionSet(bits)).bits

    def can_share_a_run(self, one: Entity, other: Entity) -> bool:
        """Whether partitions of two entities that depend on each other can be made in one run, each with its like."""
        if not isinstance(one, AssetKey) or not isinstance(other, AssetKey):
            return self.space(one).identity == self.space(other).identity
        return self.partitioned.are_alike(one, other)


class Place:
    """One evaluation of one condition.

    Args:
        tick: What holds for all of them.
        entity: The asset or check that is asked about.
        root: The one whose condition it is; another one where it is asked about something that it depends on.
        before: What that condition remembered of the last tick.
        after: What it will remember of this one; filled by its operators.
        numbers: Of each operator that remembers something its number in the condition, by identity.
        way: From the root to the entity.
    """

    __slots__ = ("after", "before", "entity", "facts", "numbers", "root", "tick", "trace", "way")

    def __init__(
        self,
        tick: Tick,
        entity: Entity,
        root: Entity,
        before: Mapping[Slot, int],
        after: dict[Slot, int],
        numbers: Mapping[int, int],
        way: Slot = (),
        trace: list[Traced] | None = None,
    ) -> None:
        self.tick = tick
        self.entity = entity
        self.root = root
        self.before = before
        self.after = after
        self.numbers = numbers
        self.way = way
        self.trace = trace
        self.facts = tick.facts[entity]

    @property
    def all(self) -> int:
        """All partitions of the entity."""
        return self.facts.all

    @property
    def is_first(self) -> bool:
        """Whether the root's condition is evaluated for the first time."""
        return _FIRST in self.before

    def at(self, entity: Entity, numbers: Mapping[int, int] | None = None) -> Place:
        """The same evaluation, of something else."""
        way = (*self.way, entity)
        return Place(
            self.tick,
            entity,
            self.root,
            self.before,
            self.after,
            numbers if numbers is not None else self.numbers,
            way,
            [] if self.trace is not None else None,
        )

    def beside(self, mark: int, numbers: Mapping[int, int]) -> Place:
        """The same evaluation, of another condition, which remembers by itself."""
        inner = self.at(self.entity, numbers)
        inner.way = (*self.way, mark)
        return inner

    def evaluated(self, condition: AutomationCondition) -> int:
        """The partitions of which a condition is true here; noted, where somebody wants to know why."""
        if self.trace is None:
            return condition.true_at(self)
        around = self.trace
        inner: list[Traced] = []
        self.trace = inner
        try:
            found = condition.true_at(self)
        finally:
            self.trace = around
        around.append(Traced(condition, self.entity, self.all, found, inner))
        return found

    def slot(self, condition: AutomationCondition) -> Slot:
        """Where an operator keeps what it remembers."""
        return (self.numbers[id(condition)], *self.way)

    def remembered(self, slot: Slot) -> int:
        return self.before.get(slot, 0)


_FIRST: Slot = ("first",)
"""Stands in what is remembered where nothing is: the condition is new, or was changed."""
NOTHING_REMEMBERED: Mapping[Slot, int] = {_FIRST: 1}


class Traced:
    """What one condition came to at one place, and what it is made of."""

    __slots__ = ("all", "condition", "entity", "inner", "true")

    def __init__(
        self, condition: AutomationCondition, entity: Entity, every: int, true: int, inner: list[Traced]
    ) -> None:
        self.condition = condition
        self.entity = entity
        self.all = every
        self.true = true
        self.inner = inner


def asset_of(entity: Entity) -> AssetKey:
    """The asset that it is, or that it is a check of."""
    return entity.asset_key if isinstance(entity, AssetCheckKey) else entity
