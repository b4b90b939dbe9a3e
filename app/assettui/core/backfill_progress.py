"""How a backfill is carried out: which partitions are ready, which go into one run, what a failure blocks.

A partition is ready as soon as all partitions of the same backfill that it needs are made. Partitions of several assets that need
each other one by one go into one run, as far as nothing else holds them up. Pure: each answer is a new value.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from assettui.core.partition_status import spread
from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.model.backfill import BackfillCounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.model.keys import AssetKey

Sets = dict["AssetKey", PartitionSet]


class Unit(Struct, frozen=True):
    """What goes into one run: some assets, upstream before downstream, and the same partitions of each."""

    assets: tuple[AssetKey, ...]
    partitions: PartitionSet


class BackfillProgress(Struct, frozen=True):
    """How far a backfill has come."""

    partitioned: PartitionedGraph
    targets: Mapping[AssetKey, PartitionSet]
    """Upstream before downstream."""
    done: Mapping[AssetKey, PartitionSet] = {}
    failed: Mapping[AssetKey, PartitionSet] = {}
    blocked: Mapping[AssetKey, PartitionSet] = {}
    """Not to be tried, since something that they need failed."""
    launched: Mapping[AssetKey, PartitionSet] = {}
    """In runs that are not over."""
    ready: Mapping[AssetKey, PartitionSet] = {}
    """Waiting for nothing but to be launched."""

    @staticmethod
    def begun(
        partitioned: PartitionedGraph,
        targets: Mapping[AssetKey, PartitionSet],
        done: Mapping[AssetKey, PartitionSet] | None = None,
        failed: Mapping[AssetKey, PartitionSet] | None = None,
        launched: Mapping[AssetKey, PartitionSet] | None = None,
    ) -> BackfillProgress:
        """A backfill of which some partitions may be made already, have failed, or are on their way.

        Args:
            partitioned: The project's partitions.
            targets: What is to be made.
            done: What of it is.
            failed: What of it was tried in vain.
            launched: What of it is in runs that are not over; what of that has not been made counts as on its way,
                whatever else is known of it.
        """
        made = _within(targets, done)
        going = {key: each - made.get(key, EMPTY) for key, each in _within(targets, launched).items()}
        wrong = {
            key: each - made.get(key, EMPTY) - going.get(key, EMPTY) for key, each in _within(targets, failed).items()
        }
        progress = BackfillProgress(partitioned, targets, made, wrong, {}, going)
        progress = replace(progress, blocked=progress._blocked_by(progress.failed))
        return replace(progress, ready={key: progress._ready(key) for key in targets})

    # Asking.

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be launched, and nothing is on its way."""
        return not any(self.launched.values()) and not any(self._pending(key) for key in self.targets)

    def counts(self, canceled: bool = False) -> BackfillCounts:
        """How many partitions have come how far; what is left counts as canceled where nothing more will be launched."""
        left = sum(len(self._pending(key)) for key in self.targets)
        return BackfillCounts(
            requested=_total(self.targets),
            materialized=_total(self.done),
            failed=_total(self.failed),
            skipped=_total(self.blocked),
            canceled=left if canceled else 0,
            running=_total(self.launched),
        )

    def count_of_runs(self) -> dict[AssetKey, int]:
        """About how many runs begin with each asset: those that nothing else takes along."""
        found: dict[AssetKey, int] = {}
        taken: Sets = {}
        for key, partitions in self.targets.items():
            alone = partitions - taken.get(key, EMPTY)
            limit = self._per_run(key)
            spans = len(self.partitioned.space(key).ranges(alone)) if limit is None else 0
            found[key] = spans if limit is None else -(-len(alone) // limit)
            identity = self.partitioned.space(key).identity
            for below in self.partitioned.graph.downstream[key]:
                if below in self.targets and self._may_join(below, identity, limit, (key,)):
                    joined = partitions & self.targets[below]
                    if all(
                        above not in self.targets or self.partitioned.are_alike(below, above)
                        for above in self.partitioned.sources(below)
                    ):
                        taken[below] = taken.get(below, EMPTY) | joined
        return found

    def next_unit(self) -> Unit | None:
        """What to launch next; None where nothing is ready."""
        is_idle = not any(self.launched.values())
        waiting: Unit | None = None
        for key in self.targets:
            ready = self.ready.get(key)
            if not ready:
                continue
            unit = self._unit(key, ready)
            if unit is None:
                continue
            if self._is_worth_a_run(key, unit.partitions):
                return unit
            waiting = waiting or unit
        # What would rather wait for more is launched where there is nothing to wait for.
        return waiting if is_idle else None

    # Changing.

    def with_launched(self, unit: Unit) -> BackfillProgress:
        launched, ready = dict(self.launched), dict(self.ready)
        for key in unit.assets:
            launched[key] = launched.get(key, EMPTY) | unit.partitions
            ready[key] = ready.get(key, EMPTY) - unit.partitions
        return replace(self, launched=launched, ready=ready)

    def with_materialized(self, key: AssetKey, partitions: PartitionSet) -> BackfillProgress:
        """With some partitions made: what needs them may be ready now."""
        partitions = partitions & self.targets.get(key, EMPTY)
        if not partitions:
            return self
        done = {**self.done, key: self.done.get(key, EMPTY) | partitions}
        launched = {**self.launched, key: self.launched.get(key, EMPTY) - partitions}
        failed = {**self.failed, key: self.failed.get(key, EMPTY) - partitions}
        ready = {**self.ready, key: self.ready.get(key, EMPTY) - partitions}
        progress = replace(self, done=done, launched=launched, failed=failed, ready=ready)
        return replace(progress, ready={**ready, **progress._released_by(key, partitions)})

    def with_ended(self, unit: Unit, failed: Mapping[AssetKey, PartitionSet], *, is_lost: bool) -> BackfillProgress:
        """With a run over: what of it was not made has failed, or is to be launched again.

        Args:
            unit: What was in it.
            failed: What of it failed.
            is_lost: Whether the rest, which neither failed nor was made, is to be launched again.
        """
        launched, ready = dict(self.launched), dict(self.ready)
        left: Sets = {}
        for key in unit.assets:
            rest = launched.get(key, EMPTY) & unit.partitions
            launched[key] = launched.get(key, EMPTY) - unit.partitions
            left[key] = rest - failed.get(key, EMPTY)
        progress = replace(self, launched=launched)
        now_failed = {key: self.failed.get(key, EMPTY) | partitions for key, partitions in failed.items()}
        progress = replace(progress, failed={**self.failed, **now_failed})
        # What was skipped within its run blocks what needs it, as what failed does.
        blocked = progress._blocked_by(failed if is_lost else _merged(failed, left))
        if not is_lost:
            blocked = {key: blocked.get(key, EMPTY) | left.get(key, EMPTY) for key in {*blocked, *left}}
        merged = {key: self.blocked.get(key, EMPTY) | partitions for key, partitions in blocked.items()}
        progress = replace(progress, blocked={**self.blocked, **merged})
        for key in {*merged, *left}:
            ready[key] = ready.get(key, EMPTY) - merged.get(key, EMPTY)
        progress = replace(progress, ready=ready)
        if is_lost:
            again = {key: progress.ready.get(key, EMPTY) | progress._ready(key) for key in unit.assets}
            progress = replace(progress, ready={**progress.ready, **again})
        return progress

    def with_retry(self) -> BackfillProgress:
        """With all that failed, and what that had blocked, to be tried again."""
        return BackfillProgress.begun(self.partitioned, self.targets, self.done, {}, self.launched)

    # Its own.

    def _settled(self, key: AssetKey) -> PartitionSet:
        return self.done.get(key, EMPTY) | self.failed.get(key, EMPTY) | self.blocked.get(key, EMPTY)

    def _pending(self, key: AssetKey) -> PartitionSet:
        """What has yet to be launched."""
        return self.targets[key] - self._settled(key) - self.launched.get(key, EMPTY)

    def _siblings(self, key: AssetKey) -> tuple[AssetKey, ...]:
        """The assets that are made by one step with this one, of those that are to be made; itself among them."""
        step = self.partitioned.graph.assets[key].step
        if step is None or len(self.partitioned.graph.steps[step]) == 1:
            return (key,)
        return tuple(other for other in self.partitioned.graph.steps[step] if other in self.targets)

    def _ready(self, key: AssetKey) -> PartitionSet:
        """The partitions of an asset that wait for nothing, found all at once."""
        held: PartitionSet = EMPTY
        for sibling in self._siblings(key):
            for above in self.partitioned.sources(sibling):
                if (above in self.targets and above not in self._siblings(key)) or (
                    above == sibling and self._per_run(key) == 1
                ):
                    held = held | self.partitioned.below(
                        above, sibling, self.targets[above] - self.done.get(above, EMPTY)
                    )
        return self._pending(key) - held

    def _released_by(self, key: AssetKey, partitions: PartitionSet) -> Sets:
        """What becomes ready, of all that needs these partitions, just made."""
        found: Sets = {}
        for below in self.partitioned.dependents(key):
            if below not in self.targets or (below == key and self._per_run(key) != 1):
                continue
            for sibling in self._siblings(below):
                pending = self._pending(sibling) - self.ready.get(sibling, EMPTY)
                candidates = self.partitioned.below(key, below, partitions) & pending
                free = PartitionSet.of(
                    index
                    for index in candidates
                    if self._is_free(sibling, PartitionSet(1 << index), with_own=self._per_run(sibling) == 1)
                )
                if free:
                    found[sibling] = found.get(sibling, self.ready.get(sibling, EMPTY)) | free
        return found

    def _is_free(
        self, key: AssetKey, partitions: PartitionSet, run: Iterable[AssetKey] = (), *, with_own: bool = True
    ) -> bool:
        """Whether all that some partitions need is made, or will be in the same run before them.

        Where several partitions go into one run, what they need of their own asset is looked at (`with_own`) only when it
        is known which.
        """
        siblings = self._siblings(key)
        for sibling in siblings:
            for above in self.partitioned.sources(sibling):
                if above not in self.targets or (above in siblings and above != sibling):
                    continue
                if above == sibling and not with_own:
                    continue
                wanted = self.targets[above]
                if above != sibling and self.partitioned.are_alike(sibling, above):
                    needed = partitions & wanted
                else:
                    needed = self.partitioned.above(sibling, above, partitions).partitions & wanted
                needed = needed - self.done.get(above, EMPTY)
                if above in run or (above == sibling and self._per_run(key) != 1):
                    needed = needed - partitions
                if needed:
                    return False
        return True

    def _per_run(self, key: AssetKey) -> int | None:
        return self.partitioned.graph.assets[key].partitions_per_run if self.partitioned.is_partitioned(key) else 1

    def _unit(self, key: AssetKey, ready: PartitionSet) -> Unit | None:
        """The next run that makes partitions of an asset, with all that can go with it; None where none can be made now."""
        limit = self._per_run(key)
        start = ready.first
        partitions = PartitionSet(1 << start) if limit == 1 else self._chunk(key, ready, limit)
        if not partitions:
            return None
        assets = dict.fromkeys(self._siblings(key))
        identity = self.partitioned.space(key).identity
        for other in self.targets:
            if other in assets or not self._may_join(other, identity, limit, assets):
                continue
            if partitions <= self._pending(other) and self._is_free(other, partitions, assets):
                assets.update(dict.fromkeys(self._siblings(other)))
        return Unit(tuple(each for each in self.targets if each in assets), partitions)

    def _may_join(self, key: AssetKey, identity: str, limit: int | None, run: Iterable[AssetKey]) -> bool:
        """Whether an asset's partitions may go into a run of such partitions: they are alike, and it needs one of them."""
        if self.partitioned.space(key).identity != identity or self._per_run(key) != limit:
            return False
        return any(above in run for above in self.partitioned.graph.upstream[key])

    def _chunk(self, key: AssetKey, ready: PartitionSet, limit: int | None) -> PartitionSet:
        """As many partitions as may go into one run: one range, no more than the limit, and none that needs one on its way."""
        space = self.partitioned.space(key)
        if limit is None and not space.is_ordered:
            return ready
        if space.has_dimensions:
            return self._unheld(
                key, self._rectangle(key, ready) if limit is None else PartitionSet.of(islice(ready, limit))
            )
        first, found = ready.first, 0
        end = first
        holes = space.all
        while end <= ready.last and (limit is None or found < limit):
            if end in ready:
                found += 1
            elif end in holes:
                break  # a partition that there is, and that is not to be made now, ends the range
            end += 1
        return self._unheld(key, ready.within(first, end))

    def _rectangle(self, key: AssetKey, ready: PartitionSet) -> PartitionSet:
        """Those that are the first of the ranges which a set is: what one run can be said to be of."""
        space = self.partitioned.space(key)
        return space.range(*space.ranges(ready)[0]) & ready

    def _unheld(self, key: AssetKey, chunk: PartitionSet) -> PartitionSet:
        """As many of some partitions, from the first on, as need no other partition of their asset that is not made."""
        if self.partitioned.needs_itself(key):
            while chunk and not self._is_free(key, chunk):
                chunk = chunk - PartitionSet(1 << chunk.last)
        return chunk

    def _is_worth_a_run(self, key: AssetKey, partitions: PartitionSet) -> bool:
        """Whether waiting would not let more go into the run."""
        limit = self._per_run(key)
        if limit == 1 or (limit is not None and len(partitions) >= limit):
            return True
        return self._pending(key) <= self.ready.get(key, EMPTY)

    def _blocked_by(self, failed: Mapping[AssetKey, PartitionSet]) -> Sets:
        """All that needs some partitions that failed, directly or not, and is yet to be launched."""
        found: Sets = {}
        frontier = [(key, partitions) for key, partitions in failed.items() if partitions]
        while frontier:
            key, partitions = frontier.pop()
            for below in self.partitioned.dependents(key):
                if below not in self.targets:
                    continue
                pending = self._pending(below) - found.get(below, EMPTY)
                hit = self.partitioned.below(key, below, partitions) & pending
                if hit and self.partitioned.needs_itself(below):
                    hit = spread(self.partitioned, below, hit, pending)
                if hit:
                    for sibling in self._siblings(below):
                        found[sibling] = found.get(sibling, EMPTY) | (hit & self._pending(sibling))
                        frontier.append((sibling, hit))
        return found


def _within(targets: Mapping[AssetKey, PartitionSet], given: Mapping[AssetKey, PartitionSet] | None) -> Sets:
    return {key: partitions & targets[key] for key, partitions in (given or {}).items() if key in targets}


def _merged(one: Mapping[AssetKey, PartitionSet], other: Mapping[AssetKey, PartitionSet]) -> Sets:
    return {key: one.get(key, EMPTY) | other.get(key, EMPTY) for key in {*one, *other}}


def _total(sets: Mapping[Any, PartitionSet]) -> int:
    return sum(len(partitions) for partitions in sets.values())
