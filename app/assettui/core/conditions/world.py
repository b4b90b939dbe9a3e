"""What is known of all assets and checks, as far as conditions look at it; kept current by the events that are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from assettui.core.conditions.facts import EntityFacts, LastRun
from assettui.core.data_ages import DataAges
from assettui.core.freshness import AssetData, judged
from assettui.core.partitions.sets import PartitionSet
from assettui.model import events
from assettui.model.check import AssetCheckKey, CheckOutcome
from assettui.model.errors import AssettuiError
from assettui.model.keys import AssetKey
from assettui.model.run import StepStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from assettui.core.conditions.place import Entity
    from assettui.core.graph import AssetGraph
    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.model.asset import AssetState
    from assettui.model.check import CheckState
    from assettui.model.events import Event
    from assettui.model.freshness import Freshness
    from assettui.model.run import RunPlan


class KnownRun(NamedTuple):
    """A run, as far as conditions look at it."""

    last: LastRun
    targets: Mapping[Entity, int]
    """The partitions that it is to make, or to check."""
    steps: Mapping[str, tuple[AssetKey, ...]]
    """The assets of each of its steps."""
    backfill: str | None = None


_UNKNOWN = KnownRun(LastRun(), {}, {})


class World:
    """The facts of a project.

    Args:
        graph: The project's graph.
        run_of: The plan of a run that was asked for before, and its backfill; None where there is no such run any more.
    """

    def __init__(
        self, graph: AssetGraph, run_of: Callable[[str], tuple[RunPlan, str | None] | None] = lambda _: None
    ) -> None:
        self.graph = graph
        self.partitioned: PartitionedGraph | None = None
        self._run_of = run_of
        self._facts: dict[Entity, EntityFacts] = {}
        self._unsettled: set[Entity] = set()
        self._runs: dict[str, KnownRun] = {}
        self._going: dict[Entity, dict[str, int]] = {}
        """For each asset and check the runs that are not over, and what of it each makes."""
        self._backfills: dict[str, dict[AssetKey, int]] = {}
        """What each backfill that is not over has yet to make."""
        self._versions: dict[tuple[AssetKey, str | None], str | None] = {}
        self.missed: dict[tuple[Entity, Entity], int] = {}
        """See `Tick`."""
        self._newly_missed: dict[tuple[Entity, Entity], int] = {}
        self.ages = DataAges(graph)

    # Asking.

    def __getitem__(self, entity: Entity) -> EntityFacts:
        found = self._facts.get(entity)
        if found is None:
            found = self._facts[entity] = EntityFacts(self._all(entity), self._last_run)
            if isinstance(entity, AssetKey):
                found.code_version = self.graph.assets[entity].code_version
        return found

    def _all(self, entity: Entity) -> int:
        key = entity if isinstance(entity, AssetKey) else entity.asset_key
        if self.graph.assets[key].partitions is None or self.partitioned is None:
            return 1
        return self.partitioned.space(key).all.bits

    def see(self, partitioned: PartitionedGraph) -> set[Entity]:
        """Take note of which partitions there are now; what has others than before."""
        self.partitioned = partitioned
        found: set[Entity] = set()
        for entity, facts in self._facts.items():
            key = entity if isinstance(entity, AssetKey) else entity.asset_key
            if self.graph.assets[key].partitions is not None:
                every = partitioned.space(key).all.bits
                if every != facts.all:
                    facts.all = every
                    found.add(entity)
        return found

    def unsettle(self, entity: Entity) -> None:
        """Something new has happened to it: it is no longer new after the next tick."""
        self._unsettled.add(entity)

    def settle(self) -> None:
        """A tick is over: what has happened before it is no longer new."""
        for entity in self._unsettled:
            self[entity].settle()
        self._unsettled.clear()
        self.missed, self._newly_missed = self._newly_missed, {}

    def data_time(self, key: AssetKey) -> int | None:
        """See `DataTimes`."""
        return self._data(key).data_time_us

    def freshness(self, key: AssetKey, now_us: int) -> Freshness | None:
        """See `DataTimes`."""
        policy = self.graph.assets[key].freshness_policy
        return judged(policy, self._data(key), now_us) if policy is not None else None

    def _data(self, key: AssetKey) -> AssetData:
        if self.graph.assets[key].partitions is None or self.partitioned is None:
            return AssetData(self.ages.data_time(key))
        space = self.partitioned.space(key)
        there = PartitionSet(self[key].made & self[key].all)
        newest = space.key(there.last) if there else None
        return AssetData.of_partitions(space, there, self.ages.of_partition(key, newest))

    def usual_duration_us(self, key: AssetKey) -> int:
        """See `DataTimes`."""
        return self.ages.usual_duration_us(key)

    def updated(self, key: AssetKey) -> int | None:
        """See `DataTimes`."""
        return self.ages.updated(key)

    def is_outdated(self, key: AssetKey) -> bool:
        """Whether something that an asset without partitions depends on, directly or not, was updated since it was made."""
        return self.ages.is_outdated(key)

    def on_their_way(self, entity: Entity) -> int:
        """The partitions that a run or a backfill makes which is not over."""
        facts = self._facts.get(entity)
        return 0 if facts is None else facts.running | facts.backfilled

    def bits(self, key: AssetKey, partition: str | None) -> int:
        """One partition of an asset; 0 where there is none of that key."""
        if partition is None:
            return 0 if self.graph.assets[key].partitions is not None else 1
        if self.partitioned is None:
            return 0
        index = self.partitioned.space(key).find(partition)
        return 0 if index is None else 1 << index

    # What is known at the beginning.

    def load(
        self,
        states: Mapping[AssetKey, AssetState],
        made: Mapping[AssetKey, PartitionSet],
        failed: Mapping[AssetKey, PartitionSet],
        checks: Mapping[AssetCheckKey, Iterable[CheckState]],
        backfills: Mapping[str, Mapping[AssetKey, PartitionSet]],
    ) -> None:
        """Take over what a store knows; runs that are not over are told by `queued`.

        Args:
            states: Of each asset as a whole.
            made: Of assets with partitions: those that were materialized,
            failed: and those whose last attempt has failed.
            checks: How checks stand.
            backfills: What backfills that are not over have yet to make.
        """
        for key, state in states.items():
            if key not in self.graph.assets or self.graph.assets[key].partitions is not None:
                continue
            facts = self[key]
            facts.made = int(state.last is not None or state.observed is not None)
            facts.failed = int(state.failed_us is not None)
            self._versions[key, None] = state.data_version
            for event in (state.observed, state.last):
                if event is not None:
                    self.ages.note(event)
                    facts.last_runs.remember(0, event.run_id)
        for key, partitions in made.items():
            self[key].made = partitions.bits
        for key, partitions in failed.items():
            self[key].failed = partitions.bits
        for check, results in checks.items():
            if check in self.graph.checks:
                for result in results:
                    bits = self.bits(check.asset_key, result.partition)
                    self._check(check, bits, result.outcome, result.is_of_latest)
                    if result.is_blocking and result.is_of_latest and result.outcome is CheckOutcome.FAILED:
                        self[check.asset_key].failed &= ~bits  # it was made: its data is bad
        for backfill, targets in backfills.items():
            self._begin_backfill(backfill, {key: partitions.bits for key, partitions in targets.items()})

    def forget_versions(self, keys: Iterable[AssetKey]) -> None:
        """Take the data of these assets for changed when they are next updated: what it was before is not known any more."""
        wanted = set(keys)
        self._versions = {slot: version for slot, version in self._versions.items() if slot[0] not in wanted}

    # What happens.

    def apply(self, event: Event) -> set[AssetKey]:
        """Take in what has happened; the assets that it has happened to."""
        match event:
            case events.Materialization():
                return self._updated(event, event.data_version)
            case events.Observation():
                return self._updated(event, event.data_version)
            case events.CheckEvaluation():
                return self._evaluated(event)
            case events.Wiped():
                return self._wiped(event)
            case events.RunQueued():
                return self.queued(event.run_id, event.plan, event.backfill)
            case events.RunChanged() if event.status.is_over:
                return self._over(event.run_id)
            case events.StepEnded(status=StepStatus.FAILURE):
                return self._failed(event)
            case events.BackfillQueued():
                return self._begin_backfill(event.backfill, self._targets_of(event))
            case events.BackfillChanged() if event.status.is_over:
                return self._end_backfill(event.backfill)
            case _:
                return set()

    def queued(self, run_id: str, plan: RunPlan, backfill: str | None) -> set[AssetKey]:
        """A run is to make something, or makes it."""
        known = self._known(plan, backfill)
        self._runs[run_id] = known
        if backfill is None:
            for entity, bits in known.targets.items():
                self._going.setdefault(entity, {})[run_id] = bits
                self[entity].running |= bits
        return {entity for entity in known.targets if isinstance(entity, AssetKey)}

    def _known(self, plan: RunPlan, backfill: str | None) -> KnownRun:
        targets: dict[Entity, int] = {}
        for step in plan.steps:
            for key in step.assets:
                if key in self.graph.assets:
                    targets[key] = self._of_run(key, plan)
            for check in step.checks:
                if check in self.graph.checks:
                    targets[check] = self._of_run(check.asset_key, plan)
        steps = {step.key: step.assets for step in plan.steps if step.assets}
        return KnownRun(LastRun(frozenset(plan.assets), plan.tags), targets, steps, backfill)

    def _of_run(self, key: AssetKey, plan: RunPlan) -> int:
        if self.graph.assets[key].partitions is None or self.partitioned is None:
            return 1
        try:
            return self.partitioned.set_of(key, plan.partitions).bits
        except AssettuiError:
            return 0  # the project has no such partitions any more

    def _last_run(self, run_id: str) -> LastRun:
        return self._run(run_id).last

    def _run(self, run_id: str) -> KnownRun:
        known = self._runs.get(run_id)
        if known is None:
            found = self._run_of(run_id) if run_id else None
            known = self._known(*found) if found is not None else _UNKNOWN
        return known

    def _updated(self, event: events.Materialization | events.Observation, version: str | None) -> set[AssetKey]:
        key = event.asset_key
        bits = self.bits(key, event.partition) if key in self.graph.assets else 0
        if not bits:
            return set()
        facts, run = self[key], self._run(event.run_id)
        slot = (key, event.partition)
        is_new = version is None or self._versions.get(slot) != version
        if version is not None:
            self._versions[slot] = version
        self.ages.note(event)
        facts.made |= bits
        facts.failed &= ~bits
        if is_new:
            facts.data_changed |= bits
        elif isinstance(event, events.Observation):
            return {key}  # what was seen is what there was
        elif self.graph.assets[key].has_content_version:
            facts.same |= bits
        facts.updated |= bits
        facts.updates.append((bits, run.last))
        facts.last_runs[bits.bit_length() - 1] = run.last
        self.unsettle(key)
        if run.backfill is not None and run.backfill in self._backfills:
            left = self._backfills[run.backfill]
            if key in left:
                left[key] &= ~bits
                self._sum_up_backfills(key)
        if isinstance(event, events.Materialization):
            for check in self.graph.checks_of.get(key, ()):
                of_check = self[check.key]
                of_check.outcome_passed &= ~bits
                of_check.outcome_failed &= ~bits
            self._note_missed(event, bits)
        return {key}

    def _note_missed(self, event: events.Materialization, bits: int) -> None:
        """Note what has been updated of an asset's inputs since this materialization of it has read them.

        It counts at the next tick: at this one the asset itself is updated, which would make up for it.
        """
        key = event.asset_key
        for above in self.graph.upstream[key]:
            if above not in self._facts or str(above) not in event.input_versions:
                continue
            if self.graph.assets[above].partitions is None:
                current = self._versions.get((above, None))
                needed = 1
            elif self.partitioned is not None and self.partitioned.are_alike(key, above):
                current = self._versions.get((above, event.partition))
                needed = bits
            else:
                continue  # of many partitions it is not known which it has read
            if current is not None and current != event.input_versions[str(above)]:
                self._newly_missed[key, above] = self._newly_missed.get((key, above), 0) | needed

    def _check(self, check: AssetCheckKey, bits: int, outcome: CheckOutcome, is_of_latest: bool) -> None:
        facts = self[check]
        facts.made |= bits
        is_good = outcome in (CheckOutcome.PASSED, CheckOutcome.WARNED)
        facts.failed = facts.failed & ~bits if is_good else facts.failed | bits
        facts.outcome_passed &= ~bits
        facts.outcome_failed &= ~bits
        if is_of_latest and is_good:
            facts.outcome_passed |= bits
        elif is_of_latest:
            facts.outcome_failed |= bits

    def _evaluated(self, event: events.CheckEvaluation) -> set[AssetKey]:
        check, key = event.check_key, event.asset_key
        if check not in self.graph.checks:
            return set()
        bits = self.bits(key, event.partition)
        self._check(check, bits, event.outcome, is_of_latest=True)
        facts, run = self[check], self._run(event.run_id)
        facts.updated |= bits
        facts.updates.append((bits, run.last))
        self.unsettle(check)
        return {key}

    def _wiped(self, event: events.Wiped) -> set[AssetKey]:
        key = event.asset_key
        if key is None or key not in self.graph.assets:
            return set()
        facts = self[key]
        bits = self.bits(key, event.partition) if event.partition is not None else -1
        facts.made &= ~bits
        facts.failed &= ~bits
        if event.partition is None:
            self.ages.forget(key)
            self._versions = {slot: version for slot, version in self._versions.items() if slot[0] != key}
        return {key}

    def _over(self, run_id: str) -> set[AssetKey]:
        known = self._runs.pop(run_id, None)
        if known is None or known.backfill is not None:
            return set()
        for entity in known.targets:
            going = self._going.get(entity, {})
            going.pop(run_id, None)
            running = 0
            for bits in going.values():
                running |= bits
            self[entity].running = running
        return {entity if isinstance(entity, AssetKey) else entity.asset_key for entity in known.targets}

    def _failed(self, event: events.StepEnded) -> set[AssetKey]:
        known = self._run(event.run_id)
        keys = known.steps.get(event.step_key or "", ())
        for key in keys:
            if key in known.targets:
                facts = self[key]
                facts.failed |= known.targets[key] & ~(facts.updated & facts.made)
        return set(keys)

    def _targets_of(self, event: events.BackfillQueued) -> dict[AssetKey, int]:
        from assettui.core.partitions.json_forms import set_from_json  # deferred: backfills alone need it

        found: dict[AssetKey, int] = {}
        for target in event.plan.targets:
            key = target.asset_key
            if key in self.graph.assets and self.partitioned is not None:
                space = self.partitioned.space(key)
                found[key] = set_from_json(target.partitions, space, self.partitioned.moment).bits
        return found

    def _begin_backfill(self, backfill: str, targets: Mapping[AssetKey, int]) -> set[AssetKey]:
        self._backfills[backfill] = dict(targets)
        for key in targets:
            self._sum_up_backfills(key)
        return set(targets)

    def _end_backfill(self, backfill: str) -> set[AssetKey]:
        targets = self._backfills.pop(backfill, {})
        for key in targets:
            self._sum_up_backfills(key)
        return set(targets)

    def _sum_up_backfills(self, key: AssetKey) -> None:
        found = 0
        for targets in self._backfills.values():
            found |= targets.get(key, 0)
        if key in self.graph.assets:
            self[key].backfilled = found


class Facts(Mapping["Entity", EntityFacts]):
    """The facts of a world, as a tick looks at them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getitem__(self, entity: Entity) -> EntityFacts:
        return self._world[entity]

    def __iter__(self) -> Iterator[Entity]:
        return iter(self._world.graph.assets)

    def __len__(self) -> int:
        return len(self._world.graph.assets)
