"""The part of the engine's decisions that concerns runs: what follows from how their steps end, until the last has.

A run goes queued → starting → started → success, failure or canceled; its steps may begin as soon as what they need has
succeeded. Whatever dies, every step ends, and with its last step the run does.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.core.expansion import expand
from assettui.core.planning import reason_to_skip
from assettui.core.queue import priority_of
from assettui.core.retrying import ALL_STEPS, RETRY_STRATEGY_TAG, retries_of, retry_number_of, retry_of
from assettui.kernel import deadlines
from assettui.kernel.actions import QueueRun, Record, WakeAt
from assettui.kernel.run_state import RunState
from assettui.model.errors import LaunchError
from assettui.model.events import AssetEvent, RunChanged, RunExpanded, StepEnded, StepRetried, StepStarted
from assettui.model.run import CHECK_FAILED, RunStatus, StepError, StepStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assettui.kernel.turn import Turn
    from assettui.model.events import AssetEvent
    from assettui.model.keys import AssetKey
    from assettui.model.run import RunPlan
    from assettui.model.step import StepOutcome


class Runs:
    """One decision's changes to the runs that are being carried out.

    Args:
        turn: The rest of the decision.
        by_id: They, by their ids, the oldest first.
    """

    def __init__(self, turn: Turn, by_id: dict[str, RunState]) -> None:
        self.turn = turn
        self.by_id = by_id

    def take(self, run_id: str, plan: RunPlan, backfill: str | None = None, *, is_unwanted: bool = False) -> None:
        """Begin a run; what of it can begin is given to workers at the end of the decision.

        Args:
            run_id: Which one.
            plan: What it does.
            backfill: Of which backfill it is.
            is_unwanted: Whether it was canceled while it was queued: nothing of it begins.
        """
        if run_id in self.by_id:
            return
        run = self.by_id[run_id] = RunState(
            run_id,
            replace(plan, steps=()),
            backfill=backfill,
            priority=priority_of(plan.tags),
            deadline_us=deadlines.run_deadline(self.turn, plan.tags),
        )
        run.set_steps({step.key: step for step in plan.steps})
        if is_unwanted:
            self.cancel(run_id)
            return
        self._record(run_id, RunStatus.STARTING)
        self.turn.workers.try_broken_project_again()

    def cancel(self, run_id: str) -> None:
        """Stop a run: skip what has not begun, and end the workers that are at it."""
        if self.turn.queueing.cancel(run_id):
            return
        run = self.by_id.get(run_id)
        if run is None or run.status is RunStatus.CANCELING:
            return
        self._record(run_id, RunStatus.CANCELING)
        run.status = RunStatus.CANCELING
        self.skip(run, run.pending(), "the run was canceled")
        self.turn.workers.end_those_of(run_id)
        self.end_if_over(run)

    def start_step(self, run: RunState, step_key: str, pid: int | None, version: str) -> None:
        """Record that a worker begins with a step.

        Args:
            run: Of which run.
            step_key: Which one.
            pid: The worker's process.
            version: Names the versions of values that this attempt stores.
        """
        if run.status is RunStatus.STARTING:
            self._record(run.run_id, RunStatus.STARTED)
        started = StepStarted(self.turn.now_us, run.run_id, step_key, worker=pid, version=version)
        self.turn.actions.append(Record(started))
        run.begin(step_key)

    def end_step(self, run_id: str, step_key: str, outcome: StepOutcome) -> None:
        """Note how a step ended: what needs it may begin, is skipped, or waits until it is tried again."""
        run = self.by_id.get(run_id)
        if run is None or run.steps.get(step_key) is not StepStatus.RUNNING:
            return
        for asset_event in outcome.asset_events:
            self.record_asset_event(run_id, step_key, asset_event)
        status, error = outcome.status, outcome.error
        if run.status is RunStatus.CANCELING and status is StepStatus.FAILURE:
            status = StepStatus.CANCELED  # however it died, it died of being canceled
        elif outcome.retry_after_us is not None:
            self._retry_later(run, step_key, outcome.retry_after_us, error)
            return
        self._record_step_end(run, step_key, status, error, outcome)
        if status is StepStatus.SUCCESS:
            self._expand(run, step_key, outcome)
        elif not outcome.is_final:
            run.may_go_otherwise = True
        run.end(step_key, status, error)
        if status is StepStatus.SUCCESS:
            run.release(run.needed_by[step_key])
            if outcome.omitted:
                self._skip_what_was_left_out(run, step_key, outcome)
        else:
            what = "was canceled" if status is StepStatus.CANCELED else "failed"
            reason = error.message if error is not None and error.kind == CHECK_FAILED else f"{step_key} {what}"
            self.skip(run, run.downstream(step_key), reason)
        self.end_if_over(run)

    def record_asset_event(self, run_id: str, step_key: str, asset_event: AssetEvent) -> None:
        self.turn.actions.append(Record(replace(asset_event, run_id=run_id, step_key=step_key)))
        run = self.by_id.get(run_id)
        if run is not None and run.backfill is not None:
            self.turn.backfills.note_materialized(run, asset_event)

    def _retry_later(self, run: RunState, step_key: str, after_us: int, error: StepError | None) -> None:
        at_us = self.turn.now_us + after_us
        number = run.wait_for_retry(step_key, at_us)
        retried = StepRetried(self.turn.now_us, run.run_id, step_key, retry=number, at_us=at_us, error=error)
        self.turn.actions.extend((Record(retried), WakeAt(at_us)))

    def retry_due_steps(self) -> None:
        """Let the steps begin that are to be tried again by now."""
        for run in self.by_id.values():
            run.retry_due(self.turn.now_us)
            if run.retry_at_us:
                self.turn.actions.append(WakeAt(min(run.retry_at_us.values())))

    def _expand(self, run: RunState, step_key: str, outcome: StepOutcome) -> None:
        """Put copies in the place of the steps that hang on what this one, about to end, has output."""
        if step_key in run.awaited:
            found = expand(run.plan, step_key, outcome.mapping_keys())
            expanded = RunExpanded(self.turn.now_us, run.run_id, step_key, replaced=found.replaced, steps=found.steps)
            self.turn.actions.append(Record(expanded))
            run.set_steps(found.plan)

    def _skip_what_was_left_out(self, run: RunState, step_key: str, outcome: StepOutcome) -> None:
        """Skip the steps that need what this one was free to leave out, and did; and so on down.

        A step that gathers the results of several goes on with those that there are.
        """
        left_out_by: list[tuple[str, tuple[str, ...] | None, tuple[AssetKey, ...]]] = [
            (step_key, outcome.omitted, outcome.omitted_assets)
        ]
        while left_out_by:
            name, outputs, assets = left_out_by.pop()
            for below in run.needed_by[name]:
                if run.steps[below] is not StepStatus.PENDING:
                    continue
                reason = reason_to_skip(run.plan[below], name, outputs, assets)
                if reason is not None:
                    self.skip(run, [below], reason)
                    left_out_by.append((below, None, run.plan[below].assets))
                elif outputs is None:
                    run.release([below])  # one that it gathers from was skipped

    def skip(self, run: RunState, step_keys: Iterable[str], reason: str) -> None:
        error = StepError(reason, "skipped")
        for key in step_keys:
            if run.steps[key] is StepStatus.PENDING:
                self._record_step_end(run, key, StepStatus.SKIPPED, error)
                run.end(key, StepStatus.SKIPPED, None)

    def end_if_over(self, run: RunState) -> None:
        """End a run of which nothing is left."""
        if run.unfinished:
            return
        del self.by_id[run.run_id]
        if run.status is RunStatus.CANCELING:
            self._record(run.run_id, RunStatus.CANCELED)
        elif run.first_error is not None:
            self._record(run.run_id, RunStatus.FAILURE, error=run.first_error)
            if self._retry_run(run):
                return  # its backfill goes on with the retry
        else:
            self._record(run.run_id, RunStatus.SUCCESS)
        if run.backfill is not None:
            self.turn.backfills.end_run(run)

    def _retry_run(self, run: RunState) -> bool:
        """Try a run once more that has failed, where its tags or the settings say so; whether its backfill does that."""
        tags = run.about.tags
        number = retry_number_of(tags) + 1
        if not run.may_go_otherwise or self.turn.is_draining or number > retries_of(tags, self.turn.rules.retries):
            return False
        from_failure = tags.get(RETRY_STRATEGY_TAG) != ALL_STEPS
        whole = replace(run.about, steps=tuple(run.plan.values()))
        try:
            plan = retry_of(run.run_id, whole, run.steps, from_failure=from_failure, number=number)
        except LaunchError:
            return False  # it failed though each of its steps succeeded: trying them again would not help
        seed = f"{run.run_id}:{number}:{self.turn.now_us}"
        run_id = hashlib.blake2b(seed.encode(), digest_size=8).hexdigest()
        if run.backfill is not None:
            return self.turn.backfills.retry_run(run, run_id, plan)
        self.turn.actions.append(QueueRun(run_id, plan, run.run_id))
        return False

    def fail_for_want_of_project(self, cause: StepError, *, with_started: bool) -> None:
        """Fail the runs that need a project that cannot be loaded.

        Args:
            cause: Why it cannot be.
            with_started: Whether those too that have begun: no worker is left that has a good, older edit imported.
        """
        error = StepError(f"the project cannot be loaded: {cause.message}", cause.kind)
        for run in list(self.by_id.values()):
            if run.status is RunStatus.STARTING or (run.status is RunStatus.STARTED and with_started):
                run.first_error = run.first_error or error.message
                self.skip(run, run.pending(), error.message)
                self.end_if_over(run)

    def _record(self, run_id: str, status: RunStatus, *, error: str | None = None) -> None:
        self.turn.actions.append(Record(RunChanged(self.turn.now_us, run_id, status=status, error=error)))

    def _record_step_end(
        self,
        run: RunState,
        step_key: str,
        status: StepStatus,
        error: StepError | None,
        outcome: StepOutcome | None = None,
    ) -> None:
        op_outputs = outcome.op_outputs if outcome is not None and status is StepStatus.SUCCESS else ()
        self.turn.actions.append(
            Record(StepEnded(self.turn.now_us, run.run_id, step_key, status=status, error=error, op_outputs=op_outputs))
        )
