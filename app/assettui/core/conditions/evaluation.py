"""One tick: the conditions of a project, evaluated upstream before downstream, as far as anything can have changed.

What a condition gives depends on the facts of its own asset, on those of what it names, on time, and on what it remembers. So
an asset is evaluated when one of these has changed, and once more at the tick after: what is *new* at one tick is not at the
next. A tick that nothing has led to costs nothing, however many assets there are.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.conditions.asset_matches import AssetMatches
from assettui.core.conditions.cron_tick import CronTickPassed, passed
from assettui.core.conditions.deps import AllDeps, AnyDeps
from assettui.core.conditions.downstream import AnyDownstream, numbered
from assettui.core.conditions.place import NOTHING_REMEMBERED, Entity, Place, Slot, Tick
from assettui.model.keys import AssetKey
from assettui.model.timing import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from assettui.core.conditions.condition import AutomationCondition
    from assettui.core.conditions.place import Traced
    from assettui.core.graph import AssetGraph
    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition


class Memory(Struct, frozen=True):
    """What the condition of one asset or check remembers of the last tick at which it was evaluated."""

    fingerprint: str
    """Of the condition: what another one remembered means nothing."""
    slots: Mapping[Slot, int] = {}
    requested: int = 0
    """What was requested at that tick."""


class AutomationState(Struct, frozen=True):
    """How far automation has come."""

    last_event: int | None = None
    """The last event that it has seen; None before the first tick."""
    time_us: int | None = None
    """When it last ticked."""
    memories: Mapping[Entity, Memory] = {}


class Outcome(Struct, frozen=True):
    """What one tick has come to."""

    requested: Mapping[Entity, int]
    """The partitions that are to be made, as bits; upstream before downstream."""
    memories: Mapping[Entity, Memory]
    """What was evaluated remembers something else than before."""
    evaluated: tuple[Entity, ...]
    lively: frozenset[Entity]
    """What is to be evaluated at the next tick even if nothing else happens."""
    traces: Mapping[Entity, Traced] = {}


class Conditions:
    """The conditions of a project, and which of them look at what. Made once for each version of the project.

    Args:
        graph: The project's graph.
        conditions: Of the assets and checks that have one.
    """

    def __init__(self, graph: AssetGraph, conditions: Mapping[Entity, AutomationCondition]) -> None:
        self.graph = graph
        self.by_entity: dict[Entity, AutomationCondition] = _in_order(graph, conditions)
        self.position = {entity: position for position, entity in enumerate(self.by_entity)}
        self._entities = list(self.by_entity)
        self.numbers: dict[int, dict[int, int]] = {}
        """Of each condition the numbers of its operators, by identity."""
        self.fingerprints: dict[int, str] = {}
        self.listeners: dict[AssetKey, list[int]] = {}
        """What looks at each asset, by position."""
        self.restless: list[int] = []
        """What looks at so much that it is evaluated whenever anything is."""
        self.crons: dict[tuple[str, str], list[int]] = {}
        self.windowed: dict[int, tuple[TimeWindowPartitionsDefinition, list[int]]] = {}
        """Those whose partitions come to be as time goes on, by what they are partitions of."""
        self._note()

    def _note(self) -> None:
        about: dict[int, _About] = {}
        for position, (entity, condition) in enumerate(self.by_entity.items()):
            known = about.get(id(condition))
            if known is None:
                known = about[id(condition)] = _About(condition)
                self.numbers[id(condition)] = numbered(condition)
                self.fingerprints[id(condition)] = condition.fingerprint
            own = entity if isinstance(entity, AssetKey) else entity.asset_key
            for key in self._looked_at(entity, own, known):
                self.listeners.setdefault(key, []).append(position)
            if known.is_restless:
                self.restless.append(position)
            for cron in known.crons:
                self.crons.setdefault((cron.cron, cron.timezone), []).append(position)
            windows = _windows(self.graph.assets[own].partitions)
            if windows is not None:
                self.windowed.setdefault(id(windows), (windows, []))[1].append(position)

    def _looked_at(self, entity: Entity, own: AssetKey, known: _About) -> Iterable[AssetKey]:
        found = {own}
        frontier = [own]
        for _ in range(known.depth):
            frontier = [above for key in frontier for above in self.graph.upstream[key] if above not in found]
            found.update(frontier)
        if not isinstance(entity, AssetKey):
            check = self.graph.checks[entity]
            step = self.graph.step_snapshots.get(check.step)
            found.update(step.upstream if step is not None else ())
            found.update(each.key for each in (step.inputs if step is not None else ()))
        for name in known.named:
            if name in self.graph.assets:
                found.add(name)
                found.update(self.graph.upstream[name])
        return found

    def looking_at(self, keys: Iterable[AssetKey]) -> set[Entity]:
        """The assets and checks whose conditions look at any of these assets, themselves among them."""
        return {self._entities[position] for key in keys for position in self.listeners.get(key, ())}

    def turned_by_time(self, previous_us: int | None, now_us: int) -> set[Entity]:
        """Those of which time alone may have changed something between two moments: a cron expression, a window that ended."""
        positions: list[int] = []
        if previous_us is None or previous_us >= now_us:
            return set()
        for (cron, timezone), listening in self.crons.items():
            if passed(cron, timezone, previous_us, now_us):
                positions += listening
        for definition, listening in self.windowed.values():
            if definition.count(previous_us // SECOND_US) != definition.count(now_us // SECOND_US):
                positions += listening
        return {self._entities[position] for position in positions}

    def next_us(self, now_us: int) -> int | None:
        """When time alone may change something next; None where it never does."""
        times = [CronTickPassed(cron=cron, timezone=zone).next_after(now_us) for cron, zone in self.crons]
        for definition, _ in self.windowed.values():
            comes_s = definition.comes_to_be(definition.count(now_us // SECOND_US) - 1)
            if comes_s is not None and comes_s * SECOND_US > now_us:
                times.append(comes_s * SECOND_US)
        return min(times, default=None)

    # A tick.

    def evaluate(
        self,
        tick: Tick,
        memories: Mapping[Entity, Memory],
        changed: Iterable[Entity],
        lively: Iterable[Entity],
        *,
        held: Callable[[Entity], int] | None = None,
        is_traced: bool = False,
    ) -> Outcome:
        """Evaluate what can have changed.

        Args:
            tick: What holds for all of it.
            memories: What is remembered.
            changed: What something has happened to, or to something that it looks at.
            lively: What the last tick has left to be evaluated once more.
            held: Gives what of an entity must not be requested now, as bits: it is on its way, or has just failed.
            is_traced: Whether it is wanted why.
        """
        tick.conditions = self.by_entity
        tick.requested_before = {entity: known.requested for entity, known in memories.items() if known.requested}
        position = self.position
        fresh = {entity for entity in changed if entity in position}
        pending = {position[entity] for entity in (*fresh, *lively) if entity in position}
        if pending:
            pending.update(self.restless)
        heap = list(pending)
        heapify(heap)
        requested: dict[Entity, int] = {}
        written: dict[Entity, Memory] = {}
        traces: dict[Entity, Traced] = {}
        next_lively: set[Entity] = set()
        evaluated: list[Entity] = []
        while heap:
            entity = self._entities[heappop(heap)]
            condition = self.by_entity[entity]
            fingerprint = self.fingerprints[id(condition)]
            known = memories.get(entity)
            before = known.slots if known is not None and known.fingerprint == fingerprint else NOTHING_REMEMBERED
            after: dict[Slot, int] = {}
            numbers = self.numbers[id(condition)]
            true = condition.true_at(Place(tick, entity, entity, before, after, numbers))
            evaluated.append(entity)
            wanted = true & ~held(entity) if true and held is not None else true
            if wanted:
                requested[entity] = tick.requested[entity] = wanted
                if isinstance(entity, AssetKey):
                    for listener in self.listeners.get(entity, ()):
                        if listener not in pending:
                            pending.add(listener)
                            heappush(heap, listener)
                        fresh.add(self._entities[listener])
            has_changed = (
                known is None or before is NOTHING_REMEMBERED or known.slots != after or known.requested != wanted
            )
            if has_changed:
                written[entity] = Memory(fingerprint, after, wanted)
                if is_traced and (wanted or before is not NOTHING_REMEMBERED):
                    traces[entity] = traced(tick, entity, condition, before, numbers)
            if has_changed or wanted or entity in fresh:
                next_lively.add(entity)
        return Outcome(requested, written, tuple(evaluated), frozenset(next_lively), traces)


def traced(
    tick: Tick, entity: Entity, condition: AutomationCondition, before: Mapping[Slot, int], numbers: Mapping[int, int]
) -> Traced:
    """Why a condition came to what it did: it is evaluated once more, each part of it."""
    place = Place(tick, entity, entity, before, {}, numbers, (), [])
    place.evaluated(condition)
    assert place.trace is not None
    return place.trace[0]


class _About:
    """What a condition looks at, by what it is made of."""

    def __init__(self, condition: AutomationCondition) -> None:
        parts = condition.walk()
        self.depth = _depth(condition)
        self.is_restless = any(isinstance(each, AnyDownstream) for each in parts)
        self.crons = [each for each in parts if isinstance(each, CronTickPassed)]
        self.named = [AssetKey(each.key) for each in parts if isinstance(each, AssetMatches)]


def _depth(condition: AutomationCondition) -> int:
    """How many steps upstream it looks."""
    inner = max((_depth(each) for each in condition.children), default=0)
    return inner + 1 if isinstance(condition, AnyDeps | AllDeps) else inner


def _in_order(graph: AssetGraph, conditions: Mapping[Entity, AutomationCondition]) -> dict[Entity, AutomationCondition]:
    """Upstream before downstream; a check behind its asset."""
    found: dict[Entity, AutomationCondition] = {}
    for key in graph.order:
        if key in conditions:
            found[key] = conditions[key]
        for check in graph.checks_of.get(key, ()):
            if check.key in conditions:
                found[check.key] = conditions[check.key]
    return found


def _windows(definition: PartitionsDefinition | None) -> TimeWindowPartitionsDefinition | None:
    """The windows of time that partitions are of, alone or in one of two dimensions; None where they are of none."""
    if definition is None:
        return None
    from assettui.core.partitions.multi import MultiPartitionsDefinition  # deferred: many projects have no partitions
    from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition

    if isinstance(definition, TimeWindowPartitionsDefinition):
        return definition
    if isinstance(definition, MultiPartitionsDefinition):
        for name in definition.partition_dimension_names:
            found = definition.get_partitions_def_for_dimension(name)
            if isinstance(found, TimeWindowPartitionsDefinition):
                return found
    return None
