"""The part of the engine's decisions that concerns backfills: when to launch which runs, and what their ends mean."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from assettui.core.backfill_progress import BackfillProgress, Unit
from assettui.core.partitions.sets import EMPTY, PartitionSet
from assettui.core.partitions.space import NO_PARTITIONS
from assettui.core.planning import plan_run
from assettui.core.queue import first_pools
from assettui.core.run_config import max_concurrent_of
from assettui.kernel.actions import Progressed, Record
from assettui.kernel.state import BackfillState
from assettui.model.backfill import BACKFILL_TAG, BackfillStatus
from assettui.model.errors import AssettuiError
from assettui.model.events import BackfillChanged, Materialization, RunQueued
from assettui.model.run import RunPlan, RunStatus, StepStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assettui.core.queue import Key, Limits, Usage
    from assettui.kernel.inputs import BackfillLoaded
    from assettui.kernel.run_state import RunState
    from assettui.kernel.turn import Turn
    from assettui.model.events import AssetEvent
    from assettui.model.keys import AssetKey

LOOK_AHEAD = 2
"""So many runs for each worker are on their way at once: none of them has to wait for its next step."""


class Launch(Struct, frozen=True):
    """A run that a backfill would launch next."""

    backfill_id: str
    unit: Unit
    template: RunPlan
    keys: tuple[Key, ...]
    """The limits that it is subject to."""
    priority: int
    turn: int


class Backfills:
    """One decision's changes to the backfills.

    Args:
        turn: The rest of the decision.
        states: The backfills that are not over.
    """

    def __init__(self, turn: Turn, states: dict[str, BackfillState]) -> None:
        self.turn = turn
        self.states = states

    def load(self, loaded: BackfillLoaded) -> None:
        """Take a backfill on, or see it anew, since the project was edited."""
        known = self.states.get(loaded.backfill_id)
        state = BackfillState(
            loaded.backfill_id,
            loaded.plan,
            loaded.config,
            loaded.progress,
            loaded.status,
            created_us=loaded.created_us,
            gone=loaded.error,
        )
        if known is not None:
            state = replace(
                state, status=known.status, launched=known.launched, turn=known.turn, first_error=known.first_error
            )
        launched: dict[AssetKey, PartitionSet] = {}
        without: list[str] = []
        for run_id, run in self.turn.runs.by_id.items():
            unit = self._unit_of(state, run) if run.backfill == loaded.backfill_id else None
            if unit is not None:
                for key in unit.assets:
                    launched[key] = launched.get(key, EMPTY) | unit.partitions
            elif run.backfill == loaded.backfill_id:
                without.append(run_id)
        if launched:
            seen = state.progress
            progress = BackfillProgress.begun(seen.partitioned, seen.targets, seen.done, seen.failed, launched)
            state = replace(state, progress=progress)
        self.states[loaded.backfill_id] = state
        for run_id in without:
            self.turn.runs.cancel(run_id)  # what it makes the project no longer has
        if state.status is BackfillStatus.QUEUED:
            self._set(loaded.backfill_id, BackfillStatus.STARTED)
        self._end_if_over(loaded.backfill_id)

    def pause(self, backfill_id: str) -> None:
        """Launch nothing more of it for now."""
        if self._status(backfill_id) in (BackfillStatus.STARTED, BackfillStatus.QUEUED):
            self._set(backfill_id, BackfillStatus.PAUSED)

    def resume(self, backfill_id: str) -> None:
        if self._status(backfill_id) is BackfillStatus.PAUSED:
            self._set(backfill_id, BackfillStatus.STARTED)

    def cancel(self, backfill_id: str) -> None:
        """Launch nothing more of it, and end what runs."""
        if self._status(backfill_id) in (None, BackfillStatus.CANCELING):
            return
        self._set(backfill_id, BackfillStatus.CANCELING)
        for run_id in [each.run_id for each in self.turn.runs.by_id.values() if each.backfill == backfill_id]:
            self.turn.runs.cancel(run_id)
        self._end_if_over(backfill_id)

    def retry(self, backfill_id: str) -> None:
        """Try again what of it has failed."""
        state = self.states.get(backfill_id)
        if state is not None and state.status is not BackfillStatus.CANCELING:
            self.states[backfill_id] = replace(state, progress=state.progress.with_retry(), first_error=None)
            self._set(backfill_id, BackfillStatus.STARTED, is_retry=True)

    def note_materialized(self, run: RunState, asset_event: AssetEvent) -> None:
        state = self.states.get(run.backfill or "")
        if state is None or not isinstance(asset_event, Materialization):
            return
        if asset_event.asset_key in _held_by_checks(state.progress, run):
            return  # whether it is any good is known only when the run ends
        partitions = _index_set(state.progress, asset_event.asset_key, asset_event.partition)
        self.states[state.backfill_id] = replace(
            state, progress=state.progress.with_materialized(asset_event.asset_key, partitions)
        )

    def end_run(self, run: RunState) -> None:
        """Note that a run of a backfill is over."""
        state = self.states.get(run.backfill or "")
        if state is None:
            return
        unit = self._unit_of(state, run)
        if unit is not None:
            held = _held_by_checks(state.progress, run)
            ended = {key: status for step, status in run.steps.items() for key in run.plan[step].assets}
            for key, steps in held.items():
                if (
                    all(run.steps[step] is StepStatus.SUCCESS for step in steps)
                    and ended.get(key) is StepStatus.SUCCESS
                ):
                    state = replace(state, progress=state.progress.with_materialized(key, unit.partitions))
                elif ended.get(key) is StepStatus.SUCCESS:
                    is_canceled = any(run.steps[step] is StepStatus.CANCELED for step in steps)
                    ended[key] = StepStatus.CANCELED if is_canceled else StepStatus.FAILURE
            failed = {
                key: unit.partitions - state.progress.done.get(key, EMPTY)
                for key in unit.assets
                if ended.get(key) in (StepStatus.FAILURE, StepStatus.CANCELED)
            }
            is_canceling = state.status is BackfillStatus.CANCELING
            if is_canceling:
                failed = {key: partitions for key, partitions in failed.items() if ended.get(key) is StepStatus.FAILURE}
            elif run.status is RunStatus.CANCELING:  # by itself: what of it did not run was not to be run
                failed = {key: unit.partitions - state.progress.done.get(key, EMPTY) for key in unit.assets}
            first_error = state.first_error or run.first_error
            progress = state.progress.with_ended(unit, failed, is_lost=is_canceling)
            self.states[state.backfill_id] = replace(state, progress=progress, first_error=first_error)
        self._tell(state.backfill_id)
        self._end_if_over(state.backfill_id)

    def first(self, usage: Usage, limits: Limits) -> Launch | None:
        """The run to launch next: of the backfill of the highest priority; of several, the one that waited longest."""
        if not self.states:
            return None
        own: dict[str | None, int] = {}
        for run in self.turn.runs.by_id.values():
            own[run.backfill] = own.get(run.backfill, 0) + 1
        for state in sorted(self.states.values(), key=lambda each: (-each.plan.priority, each.turn, each.created_us)):
            limit = state.plan.max_concurrent
            if state.status is not BackfillStatus.STARTED or (
                limit is not None and own.get(state.backfill_id, 0) >= limit
            ):
                continue
            unit = state.progress.next_unit()
            if unit is None:
                continue
            template = self._template(state, unit)
            keys = limits.keys_of(template.tags)
            if usage.admits(keys, first_pools(template.steps), limits):
                return Launch(state.backfill_id, unit, template, keys, state.plan.priority, state.turn)
        return None

    def _template(self, state: BackfillState, unit: Unit) -> RunPlan:
        """The plan of a run of these assets, but for its partitions."""
        template = state.templates.get(unit.assets)
        if template is None:
            partitioned = state.progress.partitioned
            plan = plan_run(partitioned.graph, unit.assets)
            steps = tuple(
                replace(step, is_partitioned=step.subject is not None and partitioned.is_partitioned(step.subject))
                for step in plan.steps
            )
            tags = {**state.plan.tags, BACKFILL_TAG: state.backfill_id}
            template = replace(
                plan,
                steps=steps,
                config=state.config,
                tags=tags,
                job=state.plan.job,
                max_concurrent=max_concurrent_of(state.config),
            )
            state.templates[unit.assets] = template
        return template

    def launch(self, chosen: Launch, turn: int) -> None:
        state = self.states[chosen.backfill_id]
        space = state.progress.partitioned.space(chosen.unit.assets[0])
        plan = chosen.template
        if space is not NO_PARTITIONS:
            plan = replace(plan, partitions=tuple(space.ranges(chosen.unit.partitions)))
        seed = f"{state.backfill_id}:{state.launched}:{self.turn.now_us}"
        run_id = hashlib.blake2b(seed.encode(), digest_size=8).hexdigest()
        self._begin(state, run_id, plan)
        self.states[state.backfill_id] = replace(
            state, progress=state.progress.with_launched(chosen.unit), launched=state.launched + 1, turn=turn
        )

    def retry_run(self, failed: RunState, run_id: str, plan: RunPlan) -> bool:
        """Try a run of a backfill once more that has failed; whether that is done.

        What the retry makes stays on its way, so that nothing below it is given up.

        Args:
            failed: The run.
            run_id: That of the retry.
            plan: What it does.
        """
        state = self.states.get(failed.backfill or "")
        unit = self._unit_of(state, failed) if state is not None else None
        if state is None or unit is None or state.status is BackfillStatus.CANCELING:
            return False
        again = {key for step in plan.steps for key in step.assets}
        rest = Unit(tuple(key for key in unit.assets if key not in again), unit.partitions)
        self.states[state.backfill_id] = replace(state, progress=state.progress.with_ended(rest, {}, is_lost=False))
        self._begin(state, run_id, plan)
        return True

    def _begin(self, state: BackfillState, run_id: str, plan: RunPlan) -> None:
        kept = replace(plan, config=state.plan.config, has_secrets=state.plan.has_secrets)
        self.turn.actions.append(Record(RunQueued(self.turn.now_us, run_id, plan=kept, backfill=state.backfill_id)))
        self.turn.runs.take(run_id, plan, state.backfill_id)

    def end_those_that_are_over(self) -> None:
        """End the backfills of which nothing is left to do."""
        for backfill_id in list(self.states):
            self._end_if_over(backfill_id)

    def _unit_of(self, state: BackfillState, run: RunState) -> Unit | None:
        """What of a backfill is in a run; None where the project no longer has it."""
        partitioned = state.progress.partitioned
        assets = tuple(key for key in state.progress.targets if any(key in step.assets for step in run.plan.values()))
        if not assets:
            return None
        ranges = run.about.partitions
        if partitioned.is_partitioned(assets[0]):
            ranges = partitioned.ranges_there(assets[0], ranges)
            if not ranges:
                return None
        try:
            return Unit(assets, partitioned.set_of(assets[0], ranges))
        except AssettuiError:
            return None

    def _status(self, backfill_id: str) -> BackfillStatus | None:
        state = self.states.get(backfill_id)
        return state.status if state is not None else None

    def _set(self, backfill_id: str, status: BackfillStatus, *, is_retry: bool = False) -> None:
        self.states[backfill_id] = replace(self.states[backfill_id], status=status)
        event = BackfillChanged(self.turn.now_us, status=status, backfill=backfill_id, retry=is_retry)
        self.turn.actions.append(Record(event))

    def _tell(self, backfill_id: str) -> None:
        counts = self.states[backfill_id].progress.counts()
        self.turn.actions.append(Progressed(backfill_id, counts))

    def _end_if_over(self, backfill_id: str) -> None:
        state = self.states.get(backfill_id)
        if state is None:
            return
        is_canceled = state.status is BackfillStatus.CANCELING
        if is_canceled:
            if any(run.backfill == backfill_id for run in self.turn.runs.by_id.values()):
                return
        elif state.status is not BackfillStatus.STARTED or not state.progress.is_over:
            return
        counts = state.progress.counts(is_canceled)
        is_failure = bool(counts.failed or counts.skipped or state.gone)
        status = BackfillStatus.FAILURE if is_failure else BackfillStatus.SUCCESS
        event = BackfillChanged(
            self.turn.now_us,
            status=BackfillStatus.CANCELED if is_canceled else status,
            backfill=backfill_id,
            counts=counts,
            error=(state.gone or state.first_error) if is_failure else None,
        )
        self.turn.actions.append(Record(event))
        del self.states[backfill_id]


def _held_by_checks(progress: BackfillProgress, run: RunState) -> dict[AssetKey, list[str]]:
    """The assets whose blocking checks are evaluated by steps of their own in this run, with these."""
    graph = progress.partitioned.graph
    found: dict[AssetKey, list[str]] = {}
    for step in run.plan.values() if graph.checks else ():
        for key in step.checks:
            if not step.assets and key in graph.checks and graph.checks[key].is_blocking:
                found.setdefault(key.asset_key, []).append(step.key)
    return found


def _index_set(progress: BackfillProgress, key: AssetKey, partition: str | None) -> PartitionSet:
    if key not in progress.targets:
        return EMPTY
    if partition is None:
        return NO_PARTITIONS.all
    return progress.partitioned.space(key).known_of([partition])


def is_at_work(states: Iterable[BackfillState]) -> bool:
    """Whether any backfill has something to do now."""
    return any(state.status is not BackfillStatus.PAUSED for state in states)
