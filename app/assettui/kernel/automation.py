"""Automation: what has happened is put before the conditions and freshness policies, and what they ask for is recorded.

Driven by change: the events that were recorded since the last look, whoever has recorded them, say which conditions can have
turned; the clock says when time alone turns one. Each look leads to as many ticks as it takes until nothing moves any more, so
that what is *new* at one tick is settled before anything else happens.

Two rules keep what must not be lost. An update of an asset, and one of something that it depends on, never fall into one tick:
what has come later would count as seen. And an asset that was made of inputs which have been updated meanwhile is told of
these updates once more.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.conditions.evaluation import Conditions, Memory
from assettui.core.conditions.place import Entity, Tick, entity_of
from assettui.core.conditions.required_for_freshness import is_lazy, lead_us
from assettui.core.conditions.user_condition import UserCondition
from assettui.core.conditions.world import Facts
from assettui.core.pacing import dry_after, earliest
from assettui.model.events import (
    CheckEvaluation,
    FreshnessChanged,
    Materialization,
    Observation,
    RunChanged,
    StepEnded,
)
from assettui.model.instigator import MAX_BACKOFF_S, MIN_BACKOFF_S
from assettui.model.keys import AssetKey
from assettui.model.timing import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from assettui.core.conditions.condition import AutomationCondition
    from assettui.core.conditions.evaluation import AutomationState
    from assettui.core.conditions.place import Traced
    from assettui.core.conditions.world import World
    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.model.events import Event
    from assettui.model.freshness import FreshnessStatus
    from assettui.model.tick import Evaluation

USER_INTERVAL_US = 30 * SECOND_US
"""Conditions of the user's own may look at anything, so they are evaluated so often though nothing has happened."""
MAX_ROUNDS = 20
"""So many ticks follow each other at most before something else must happen: a condition may turn on itself."""
NEVER_US = 1 << 62


class Decided(Struct, frozen=True):
    """What one look has come to: to be recorded in one transaction."""

    time_us: int
    last_event: int | None
    """The last event that the conditions have seen; None where none was evaluated."""
    requested: Mapping[Entity, int]
    """The partitions that are to be made, as bits."""
    memories: Mapping[Entity, Memory]
    """What is remembered otherwise than before."""
    traces: Mapping[Entity, Traced]
    """Why something was requested, or is not any more."""
    freshness: tuple[FreshnessChanged, ...] = ()
    errors: Mapping[Entity, str] = {}
    """Of what is left alone, since a condition of the user's own could not be evaluated: why."""


class _Hold(Struct):
    """How an asset or check that was requested has fared."""

    failures: int = 0
    until_us: int = 0
    dry_us: int = 0


class Automation:
    """See above.

    Args:
        world: What is known of all assets and checks.
        conditions: Those that are on.
        state: How far it has come.
        statuses: The freshness that was last recorded of each asset.
        last_event: The last event that the world knows of.
        user_sensor: By which automation conditions of the user's own are evaluated.
    """

    def __init__(
        self,
        world: World,
        conditions: Mapping[Entity, AutomationCondition],
        state: AutomationState,
        statuses: Mapping[AssetKey, FreshnessStatus],
        last_event: int,
        user_sensor: str,
    ) -> None:
        self.world = world
        self.graph = world.graph
        self.conditions = Conditions(world.graph, conditions)
        self.last_event = last_event
        self.user_sensor = user_sensor
        self._memories = dict(state.memories)
        self._previous_us = state.time_us
        self._statuses = dict(statuses)
        self._changed: set[Entity] = set(self.conditions.by_entity)  # the first look is at all of them
        self._lively: frozenset[Entity] = frozenset()
        self._updated: set[AssetKey] = set()
        self._holds: dict[Entity, _Hold] = {}
        self._requested: dict[Entity, int] = {}
        self._written: dict[Entity, Memory] = {}
        self._traces: dict[Entity, Traced] = {}
        self._held: set[Entity] = set()
        self._turns: list[tuple[int, str, AssetKey]] = []
        self._below: dict[AssetKey, tuple[AssetKey, ...]] = {}
        self._leads: dict[AssetKey, int] = {}
        self._policies = {key for key, asset in self.graph.assets.items() if asset.freshness_policy is not None}
        self._unjudged = set(self._policies)
        self._events: list[FreshnessChanged] = []
        self._has_ticked = False
        self._users_own = {
            entity
            for entity, condition in self.conditions.by_entity.items()
            if any(isinstance(each, UserCondition) for each in condition.walk())
        }
        self._awaiting: set[Entity] = set()
        """What has changed, and is evaluated when the conditions of the user's own are known that are part of it."""
        self._user: dict[tuple[Entity, int], int] = {}
        self._user_errors: dict[Entity, str] = {}
        self._new_errors: dict[Entity, str] = {}
        self._user_due_us = 0
        self._is_user_wanted = False
        self._is_answered = False
        self._catch_up()

    @property
    def is_needed(self) -> bool:
        """Whether there is anything that may turn."""
        return bool(self.conditions.by_entity or self._policies)

    def _catch_up(self) -> None:
        """What was updated while nobody looked counts as new for what was made of older data."""
        for entity in self.conditions.by_entity:
            if isinstance(entity, AssetKey) and entity in self._memories:
                for above in self.world.ages.outdated_inputs(entity):
                    self.world.missed[entity, above] = 1

    # Looking.

    def look(self, events: Iterable[Event], partitioned: PartitionedGraph, now_us: int) -> Decided | None:
        """Take in what has happened; what follows from it, None where nothing does.

        Args:
            events: Those after the last look, in order.
            partitioned: The project's partitions now.
            now_us: The time; microseconds since the epoch, UTC.
        """
        if self.world.partitioned is not partitioned:
            self._changed |= self.world.see(partitioned)
        for event in events:
            self._pass_until(event.time_us, now_us)
            if self._must_tick_before(event):
                self._judge(now_us)
                self._tick(now_us)
            self._take(event, now_us)
            self.last_event = max(self.last_event, event.id)
        self._changed |= self.conditions.turned_by_time(self._previous_us, now_us)
        self._release(now_us)
        self._judge(now_us)
        self._set_aside(now_us)
        for _ in range(MAX_ROUNDS):
            if not (self._changed or self._lively):
                break
            self._tick(now_us)
        return self._decided(now_us) if self._has_ticked or self._events or self._new_errors else None

    def _pass_until(self, time_us: int, now_us: int) -> None:
        """Tick for the times that have passed before something has happened: what comes after them counts as later."""
        if self._previous_us is None or not self._previous_us < time_us <= now_us:
            return
        turned = self.conditions.turned_by_time(self._previous_us, time_us)
        if turned:
            self._changed |= turned
            self._tick(time_us)

    # Conditions of the user's own.

    def _set_aside(self, now_us: int) -> None:
        """What depends on conditions of the user's own waits until these have been evaluated for what has happened."""
        if not self._users_own:
            return
        is_answered, self._is_answered = self._is_answered, False
        if is_answered:
            return
        changed = self._changed & self._users_own
        if changed or now_us >= self._user_due_us:
            self._awaiting |= changed
            self._changed -= changed
            self._is_user_wanted = True
            self._user_due_us = now_us + USER_INTERVAL_US

    def wanted_from_worker(self) -> str | None:
        """The automation whose conditions of the user's own are to be evaluated now; None for none."""
        is_wanted, self._is_user_wanted = self._is_user_wanted, False
        return self.user_sensor if is_wanted else None

    def take_user_conditions(self, evaluation: Evaluation, now_us: int) -> None:
        """The conditions of the user's own have been evaluated: one that raised something leaves its asset alone."""
        if evaluation.error is not None:
            self._user_errors = dict.fromkeys(self._users_own, evaluation.error.message)
            return
        known, errors = dict(self._user), dict[Entity, str]()
        for each in evaluation.conditions:
            entity = entity_of(each.entity)
            if each.error is not None:
                errors[entity] = each.error.message
            else:
                known[entity, each.number] = int(each.bits, 16)
        turned = {entity for (entity, number), bits in known.items() if self._user.get((entity, number)) != bits}
        self._user = known
        self._new_errors = {
            entity: message for entity, message in errors.items() if self._user_errors.get(entity) != message
        }
        self._user_errors = errors
        self._changed |= (turned | self._awaiting) & self._users_own - set(errors)
        self._awaiting &= set(errors)
        self._is_answered = True

    def next_us(self, now_us: int) -> int | None:
        """When to look again though nothing happens; None for never."""
        times = [self._turns[0][0] if self._turns else None, self.conditions.next_us(now_us)]
        times += [hold.until_us for hold in self._holds.values() if hold.until_us > now_us]
        times += [earliest(hold.dry_us) for hold in self._holds.values() if earliest(hold.dry_us) > now_us]
        times += [self._user_due_us] if self._users_own else []
        return min((max(time, now_us + 1) for time in times if time is not None), default=None)

    def _must_tick_before(self, event: Event) -> bool:
        """Whether an update, and one of something that it depends on or that depends on it, would fall into one tick."""
        if not isinstance(event, Materialization | Observation) or not self._updated:
            return False
        key = event.asset_key
        if key not in self.graph.assets:
            return False
        near: Collection[AssetKey] = (*self.graph.upstream[key], *self.graph.downstream[key])
        return any(each in self._updated for each in near)

    def _take(self, event: Event, now_us: int) -> None:
        touched = self.world.apply(event)
        if not touched:
            return
        self._changed |= self.conditions.looking_at(touched)
        if isinstance(event, Materialization | Observation):
            self._updated.add(event.asset_key)
            self._unjudged.update(self._policies_below(event.asset_key))
            if self._policies_below(event.asset_key):
                self._changed |= self._lazy_near(event.asset_key)
            self._forgive(event.asset_key)
        elif isinstance(event, CheckEvaluation):
            self._forgive(event.check_key)
        elif isinstance(event, StepEnded):
            for key in touched:
                self._blame(key, now_us)
        elif isinstance(event, RunChanged):
            self._unjudged.update(key for key in touched if key in self._policies)

    def _forgive(self, entity: Entity) -> None:
        hold = self._holds.get(entity)
        if hold is not None and hold.failures:
            hold.failures = hold.until_us = 0

    def _blame(self, entity: Entity, now_us: int) -> None:
        """An attempt has failed: it is not asked for again before a while is over, each time twice as long."""
        if entity not in self.conditions.position:
            return
        hold = self._holds.setdefault(entity, _Hold())
        hold.failures += 1
        wait_s = min(MAX_BACKOFF_S, MIN_BACKOFF_S * 2 ** min(hold.failures - 1, 16))
        hold.until_us = now_us + int(wait_s * SECOND_US)

    def _release(self, now_us: int) -> None:
        """What was held back may be asked for again."""
        for entity in list(self._held):
            if not self._is_paused(entity, now_us):
                self._held.discard(entity)
                self._changed.add(entity)

    def _is_paused(self, entity: Entity, now_us: int) -> bool:
        hold = self._holds.get(entity)
        return hold is not None and (hold.until_us > now_us or earliest(hold.dry_us) > now_us)

    # Freshness.

    def _policies_below(self, key: AssetKey) -> tuple[AssetKey, ...]:
        """The assets whose policies the data of one matters to."""
        found = self._below.get(key)
        if found is None:
            found = self._below[key] = (
                tuple(each for each in self.graph.all_downstream([key]) if each in self._policies)
                if self._policies
                else ()
            )
        return found

    def _lazy_near(self, key: AssetKey) -> set[Entity]:
        """What may be needed, or no longer be, now that an asset has other data."""
        return {
            each
            for policy in self._policies_below(key)
            for each in self.graph.all_upstream([policy])
            if is_lazy(self.conditions.by_entity, each)
        }

    def _judge(self, now_us: int) -> None:
        """Judge what may have turned, and note what has."""
        while self._turns and self._turns[0][0] <= now_us:
            _, _, key = heapq.heappop(self._turns)
            self._unjudged.add(key)
        for key in self._unjudged:
            judged = self.world.freshness(key, now_us)
            if judged is None:
                continue
            facts = self.world[key]
            if facts.freshness is not judged.status:
                facts.freshness = judged.status
                self._changed |= self.conditions.looking_at([key])
            if self._statuses.get(key) is not judged.status:
                self._statuses[key] = judged.status
                self._events.append(
                    FreshnessChanged(now_us, asset_key=key, freshness=judged.status, data_time_us=judged.data_time_us)
                )
            if is_lazy(self.conditions.by_entity, key):
                self._changed |= self._lazy_near(key)
                if judged.turns_us is not None:
                    lead = lead_us(self.graph, self.conditions.by_entity, self.world, key, {})
                    needed_us = judged.turns_us - 1 - lead
                    if needed_us > now_us:
                        heapq.heappush(self._turns, (needed_us, str(key), key))
            if judged.turns_us is not None and judged.turns_us > now_us:
                heapq.heappush(self._turns, (judged.turns_us, str(key), key))
        self._unjudged.clear()

    # Ticking.

    def _tick(self, now_us: int) -> None:
        world = self.world
        assert world.partitioned is not None
        tick = Tick(self.graph, world.partitioned, Facts(world), now_us, self._previous_us)
        tick.data_times, tick.is_outdated, tick.missed = world, world.is_outdated, world.missed
        tick.user = self._user
        changed, self._changed = self._changed, set()
        outcome = self.conditions.evaluate(
            tick,
            self._memories,
            changed,
            self._lively,
            held=lambda entity: self._holding(entity, now_us),
            is_traced=True,
        )
        self._memories.update(outcome.memories)
        self._written.update(outcome.memories)
        self._lively = outcome.lively
        for entity, bits in outcome.requested.items():
            self._requested[entity] = self._requested.get(entity, 0) | bits
            hold = self._holds.setdefault(entity, _Hold())
            hold.dry_us = dry_after(hold.dry_us, now_us)
        for entity, trace in outcome.traces.items():
            if entity in outcome.requested or entity not in self._requested:
                self._traces[entity] = trace
        self._has_ticked = bool(self.conditions.by_entity)
        self._previous_us = now_us
        self._updated.clear()
        world.settle()
        self._changed.update(entity for entity, _ in world.missed if entity in self.conditions.by_entity)

    def _holding(self, entity: Entity, now_us: int) -> int:
        """The partitions that are not to be requested: they are on their way, or nothing of it is asked for just now."""
        if self._is_paused(entity, now_us):
            self._held.add(entity)
            return -1
        return self.world.on_their_way(entity) | self._requested.get(entity, 0)

    def _decided(self, now_us: int) -> Decided:
        found = Decided(
            now_us,
            self.last_event if self._has_ticked else None,
            self._requested,
            self._written,
            {entity: trace for entity, trace in self._traces.items() if entity in self._written},
            tuple(self._events),
            self._new_errors,
        )
        self._new_errors = {}
        self._requested, self._written, self._traces, self._events = {}, {}, {}, []
        self._has_ticked = False
        return found

    def nothing(self, now_us: int) -> Decided:
        """What is decided where nothing follows."""
        return self._decided(now_us)

    def refused(self, entity: Entity, now_us: int) -> None:
        """What was requested cannot be run: it is not asked for again before a while is over."""
        self._blame(entity, now_us)
        self._held.add(entity)
