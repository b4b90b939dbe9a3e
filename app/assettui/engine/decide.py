"""The engine's decisions: `decide(state, happening, now) -> (state, actions)`, without I/O, clock or threads.

A run goes queued → starting → started → success, failure or canceled; its steps start as soon as what they need has
succeeded and a worker is free. Whatever dies, every step ends, and with its last step the run does.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from assettui.core.errors import LaunchError
from assettui.core.expansion import expand
from assettui.core.planning import reason_to_skip
from assettui.core.queue import priority_of
from assettui.core.records import Event, EventKind, Materialization, RunStatus, StepError, StepStatus
from assettui.core.retrying import (
    ALL_STEPS,
    RETRY_STRATEGY_TAG,
    retries_of,
    retry_number_of,
    retry_of,
)
from assettui.core.ticks import Evaluation
from assettui.core.timing import SECOND_US
from assettui.engine import deadlines
from assettui.engine.backfilling import Backfills, is_at_work
from assettui.engine.queueing import Queueing
from assettui.engine.state import (
    Action,
    AssetsReported,
    BackfillAsked,
    BackfillLoaded,
    BackfillWord,
    CancelAsked,
    Drain,
    EngineState,
    Evaluate,
    EvaluationEnded,
    Execute,
    Happening,
    InstigatorsSeen,
    Kill,
    LimitsSeen,
    Moment,
    ProjectEdited,
    QueueRun,
    Record,
    RunLoaded,
    RunsQueued,
    RunState,
    StartWorker,
    StepEnded,
    StepMade,
    Terminate,
    TickAsked,
    TickRefused,
    WakeAt,
    WorkerBroken,
    WorkerLoaded,
    WorkerLost,
    WorkerPhase,
    WorkerStarted,
    WorkerState,
)
from assettui.engine.ticking import EVALUATORS, Ticks
from assettui.worker.request import StepOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assettui.core.keys import AssetKey
    from assettui.core.metadata import JsonObject
    from assettui.core.planning import RunPlan
    from assettui.worker.request import Made

IDLE_US = 60 * SECOND_US
"""How long a worker that only evaluations needed is kept, lest it must be started again for the next one."""
MAX_STEPS_OF_WORKER = 1_000
"""A worker is replaced after so many steps, since user code may leak."""
MAX_WORKER_BYTES = 4 << 30
"""A worker that has ever needed more memory than this is replaced after its step."""


def decide(state: EngineState, happening: Happening, now_us: int) -> tuple[EngineState, list[Action]]:
    """What follows from one thing that has happened.

    Args:
        state: What was known before; it is not changed.
        happening: What has happened.
        now_us: The time, in microseconds since the epoch, UTC.

    Returns:
        What is known now, and what is to be done, in order.
    """
    turn = _Turn(state, now_us)
    match happening:
        case RunsQueued():
            turn.queueing.enqueue(happening.runs)
        case RunLoaded():
            turn.queueing.take_loaded(happening)
        case LimitsSeen():
            turn.queueing.limits = happening.limits
        case CancelAsked():
            turn.cancel_run(happening.run_id)
        case BackfillLoaded():
            turn.backfills.load(happening)
        case BackfillAsked():
            turn.ask_backfill(happening)
        case Drain():
            turn.is_draining = True
            turn.ticks.drop_waiting(all_of_it=happening.is_at_once)
            if happening.is_at_once:
                turn.stop_evaluations()
        case ProjectEdited():
            turn.load_project_again()
        case WorkerStarted():
            turn.note_worker(happening.worker, happening.generation)
        case WorkerLoaded():
            turn.welcome_worker(happening.worker, happening.pid)
        case WorkerBroken():
            turn.dismiss_broken_worker(happening.worker, happening.error)
        case StepMade():
            turn.record_made(happening)
        case StepEnded():
            turn.end_step_of_worker(happening)
        case InstigatorsSeen():
            turn.ticks.see(happening.found)
        case TickAsked():
            turn.ticks.ask(happening)
        case EvaluationEnded():
            turn.end_evaluation_of_worker(happening)
        case TickRefused():
            turn.ticks.refused(happening.name)
        case AssetsReported():
            turn.ticks.wake(happening.keys, ())
        case WorkerLost():
            turn.bury_worker(happening.worker, happening.cause)
        case Moment():
            deadlines.end_overdue(turn)
            turn.kill_overdue_workers()
            turn.retry_due_steps()
            turn.retire_idle_workers()
        case _:
            assert_never(happening)
    while True:
        if not turn.is_draining:
            turn.queueing.take_runs(state.capacity)
        count = len(turn.runs)
        turn.give_work()
        if len(turn.runs) == count:
            break  # else some have failed, since the project cannot be loaded, and made room for others
    turn.ticks.note(turn.actions)
    if not turn.is_draining:
        turn.ticks.fire()
    turn.give_evaluations()
    return turn.finished(), turn.actions


def is_idle(state: EngineState) -> bool:
    """Whether no run is being carried out, none is about to be, and no evaluation goes on that somebody asked for."""
    return (
        not state.runs
        and not state.waiting.loading
        and not any(worker.evaluating is not None for worker in state.workers.values())
        and not state.ticking.waiting
        and (state.is_draining or not is_at_work(state.backfills.values()))
    )


def has_nothing_to_do(state: EngineState) -> bool:
    """Whether nothing goes on, nothing waits, and nothing will come by itself."""
    return (
        is_idle(state)
        and not state.waiting.queue.order
        and not is_at_work(state.backfills.values())
        and not any(each.is_on for each in state.ticking.instigators.values())
    )


class _Turn:
    """One decision in the making: a copy of the state to work on, and the actions so far."""

    def __init__(self, state: EngineState, now_us: int) -> None:
        self.before = state
        self.now_us = now_us
        self.generation = state.generation
        self.starting = state.starting
        self.broken = state.broken
        self.runs = dict(state.runs)
        self.workers = dict(state.workers)
        self.actions: list[Action] = []
        self.is_draining = state.is_draining
        self.backfills = Backfills(self, dict(state.backfills))
        self.queueing = Queueing(self, state.waiting)
        self.rules = state.rules
        self.ticks = Ticks(self, state.ticking)

    def finished(self) -> EngineState:
        return EngineState(
            self.before.capacity,
            self.generation,
            self.starting,
            self.runs,
            self.workers,
            self.broken,
            self.backfills.states,
            self.is_draining,
            self.ticks.finished(),
            self.queueing.finished(),
            self.rules,
        )

    def ask_backfill(self, asked: BackfillAsked) -> None:
        match asked.what:
            case BackfillWord.PAUSE:
                self.backfills.pause(asked.backfill_id)
            case BackfillWord.RESUME:
                self.backfills.resume(asked.backfill_id)
            case BackfillWord.CANCEL:
                self.backfills.cancel(asked.backfill_id)
            case BackfillWord.RETRY:
                self.backfills.retry(asked.backfill_id)

    # Runs.

    def take_run(self, run_id: str, plan: RunPlan, backfill: str | None = None) -> None:
        if run_id in self.runs:
            return
        about = replace(plan, steps=())
        empty = RunState(
            run_id,
            {},
            {},
            RunStatus.STARTING,
            {},
            {},
            (),
            0,
            about=about,
            backfill=backfill,
            priority=priority_of(plan.tags),
            deadline_us=deadlines.run_deadline(self, plan.tags),
        )
        self.runs[run_id] = empty.with_steps({step.key: step for step in plan.steps})
        if backfill is None:
            self._record(EventKind.RUN_STARTING, run_id)
        if self.broken is not None and not self._is_loading():
            # What broke it may have been mended where no watch sees it: an installed package, say. Try once more.
            self.load_project_again()

    def cancel_run(self, run_id: str) -> None:
        if self.queueing.cancel(run_id):
            return
        run = self.runs.get(run_id)
        if run is None or run.status is RunStatus.CANCELING:
            return
        self._record(EventKind.RUN_CANCELING, run_id)
        run = replace(run, status=RunStatus.CANCELING)
        self.runs[run_id] = run
        self.skip(run_id, run.pending(), "the run was canceled")
        for worker_id, worker in self.workers.items():
            if worker.phase is WorkerPhase.BUSY and worker.task is not None and worker.task[0] == run_id:
                self.end_worker(worker_id)
        self.end_run_if_over(run_id)

    def end_step(self, run_id: str, step_key: str, outcome: StepOutcome) -> None:
        run = self.runs.get(run_id)
        if run is None or run.steps.get(step_key) is not StepStatus.RUNNING:
            return
        for made in outcome.made:
            self._record_made(run_id, step_key, made)
        status, error = outcome.status, outcome.error
        if run.status is RunStatus.CANCELING and status is StepStatus.FAILURE:
            status = StepStatus.CANCELED  # however it died, it died of being canceled
        elif outcome.retry_after_us is not None:
            self._retry_later(run, step_key, outcome.retry_after_us, error)
            return
        self._record_step_end(run_id, step_key, status, error, outcome)
        if status is StepStatus.SUCCESS:
            run = self._expanded(run, step_key, outcome)
        self.runs[run_id] = run.with_step_over(step_key, status, error)
        if status is StepStatus.SUCCESS:
            self._release(run_id, step_key)
            self._skip_what_was_left_out(run_id, step_key, outcome)
        else:
            what = "was canceled" if status is StepStatus.CANCELED else "failed"
            self.skip(run_id, run.downstream(step_key), f"{step_key} {what}")
        self.end_run_if_over(run_id)

    def record_made(self, made: StepMade) -> None:
        worker = self.workers.get(made.worker)
        if worker is not None and worker.task == (made.run_id, made.step_key):
            self._record_made(made.run_id, made.step_key, made.made)

    def _record_made(self, run_id: str, step_key: str, made: Made) -> None:
        kind = EventKind.MATERIALIZED if isinstance(made, Materialization) else EventKind.OBSERVED
        event = Event(kind, made.time_us, run_id, step_key, made.asset_key, made.payload(), made.partition)
        self.actions.append(Record(event))
        run = self.runs.get(run_id)
        if run is not None and run.backfill is not None:
            self.backfills.note_made(run, made)

    def _retry_later(self, run: RunState, step_key: str, after_us: int, error: StepError | None) -> None:
        number, at_us = run.retries.get(step_key, 0) + 1, self.now_us + after_us
        payload = {"error": error.to_json() if error else None, "retry": number, "at_us": at_us}
        self.actions.append(
            Record(Event(EventKind.STEP_RETRY, self.now_us, run.run_id, step_key, payload=dict(payload)))
        )
        self.runs[run.run_id] = replace(
            run,
            steps={**run.steps, step_key: StepStatus.PENDING},
            retries={**run.retries, step_key: number},
            retry_at_us={**run.retry_at_us, step_key: at_us},
        )
        self.actions.append(WakeAt(at_us))

    def retry_due_steps(self) -> None:
        for run_id, run in list(self.runs.items()):
            due = tuple(key for key, at_us in run.retry_at_us.items() if at_us <= self.now_us)
            later = {key: at_us for key, at_us in run.retry_at_us.items() if at_us > self.now_us}
            if due:
                self.runs[run_id] = replace(run, ready=(*due, *run.ready), retry_at_us=later)
            if later:
                self.actions.append(WakeAt(min(later.values())))

    def _expanded(self, run: RunState, step_key: str, outcome: StepOutcome) -> RunState:
        """The run with copies in the place of the steps that hang on what this one, about to end, hands on."""
        if step_key not in run.awaited:
            return run
        expansion = expand(run.plan, step_key, outcome.mapping_keys())
        event = Event(EventKind.RUN_EXPANDED, self.now_us, run.run_id, step_key, payload=expansion.payload())
        self.actions.append(Record(event))
        return run.with_steps(expansion.plan)

    def _skip_what_was_left_out(self, run_id: str, step_key: str, outcome: StepOutcome) -> None:
        """Skip the steps that need what this one was free to leave out, and did; and so on down.

        A step that gathers the results of several goes on with those that there are.
        """
        left_out_by: list[tuple[str, tuple[str, ...] | None, tuple[AssetKey, ...]]] = [
            (step_key, outcome.omitted, outcome.omitted_assets)
        ]
        while left_out_by:
            name, outputs, assets = left_out_by.pop()
            for below in self.runs[run_id].needed_by[name]:
                run = self.runs[run_id]
                if run.steps[below] is not StepStatus.PENDING:
                    continue
                reason = reason_to_skip(run.plan[below], name, outputs, assets)
                if reason is None:
                    if outputs is None:
                        self._count_as_done(run_id, below)
                    continue
                self.skip(run_id, [below], reason)
                left_out_by.append((below, None, run.plan[below].assets))

    def _count_as_done(self, run_id: str, step_key: str) -> None:
        """Let a step wait for one less: one that it gathers from was skipped."""
        run = self.runs[run_id]
        left = run.waiting_for[step_key] - 1
        ready = (*run.ready, step_key) if left == 0 else run.ready
        self.runs[run_id] = replace(run, waiting_for={**run.waiting_for, step_key: left}, ready=ready)

    def _release(self, run_id: str, step_key: str) -> None:
        """Count a success towards the steps that needed it."""
        run = self.runs[run_id]
        waiting_for = dict(run.waiting_for)
        now_ready: list[str] = []
        for below in run.needed_by[step_key]:
            waiting_for[below] -= 1
            if waiting_for[below] == 0 and run.steps[below] is StepStatus.PENDING:
                now_ready.append(below)
        self.runs[run_id] = replace(run, waiting_for=waiting_for, ready=(*run.ready, *now_ready))

    def skip(self, run_id: str, step_keys: Iterable[str], reason: str) -> None:
        run = self.runs[run_id]
        error = StepError(reason, "skipped")
        for key in step_keys:
            if run.steps[key] is StepStatus.PENDING:
                self._record_step_end(run_id, key, StepStatus.SKIPPED, error)
                run = run.with_step_over(key, StepStatus.SKIPPED, None)
        self.runs[run_id] = run

    def end_run_if_over(self, run_id: str) -> None:
        run = self.runs[run_id]
        if run.unfinished:
            return
        del self.runs[run_id]
        if run.status is RunStatus.CANCELING:
            self._record(EventKind.RUN_CANCELED, run_id)
        elif run.first_error is not None:
            self._record(EventKind.RUN_FAILURE, run_id, error=run.first_error)
            self._retry_run(run)
        else:
            self._record(EventKind.RUN_SUCCESS, run_id)
        if run.backfill is not None:
            self.backfills.end_run(run)

    def _retry_run(self, run: RunState) -> None:
        """Queue a run that has failed once more, where its tags or the settings say so; a backfill has its own word."""
        tags = run.about.tags
        number = retry_number_of(tags) + 1
        if run.backfill is not None or self.is_draining or number > retries_of(tags, self.rules.retries):
            return
        from_failure = tags.get(RETRY_STRATEGY_TAG) != ALL_STEPS
        whole = replace(run.about, steps=tuple(run.plan.values()))
        try:
            plan = retry_of(run.run_id, whole, run.steps, from_failure=from_failure, number=number)
        except LaunchError:
            return  # it failed though each of its steps succeeded: trying them again would not help
        seed = f"{run.run_id}:{number}:{self.now_us}"
        run_id = hashlib.blake2b(seed.encode(), digest_size=8).hexdigest()
        self.actions.append(QueueRun(run_id, plan, run.run_id))

    # The project.

    def load_project_again(self) -> None:
        self.generation += 1
        for worker_id, worker in list(self.workers.items()):
            if worker.phase is WorkerPhase.LOADING:  # what it imports nobody wants any more, and it may never end
                self.end_worker(worker_id)
        self._start_worker()

    def _mourn_project(self, worker: WorkerState, error: StepError) -> None:
        if worker.generation == self.generation:  # otherwise what counts is how the newest edit loads
            self.broken = error

    def _is_loading(self) -> bool:
        return self.starting > 0 or any(
            w.phase is WorkerPhase.LOADING and w.generation == self.generation for w in self.workers.values()
        )

    def _fail_what_cannot_go_on(self) -> None:
        """Fail the runs that need a project that cannot be loaded.

        A run that has begun goes on as long as there are workers left that have a good, older edit imported.
        """
        if self.broken is None or self._is_loading():
            return
        has_older = any(w.phase in (WorkerPhase.IDLE, WorkerPhase.BUSY) for w in self.workers.values())
        error = StepError(f"the project cannot be loaded: {self.broken.message}", self.broken.kind)
        for run_id, run in list(self.runs.items()):
            if run.status is RunStatus.STARTING or (run.status is RunStatus.STARTED and not has_older):
                self.runs[run_id] = replace(run, first_error=run.first_error or error.message)
                self.skip(run_id, run.pending(), error.message)
                self.end_run_if_over(run_id)

    # Workers.

    def note_worker(self, worker_id: int, generation: int) -> None:
        self.starting -= 1
        self.workers[worker_id] = WorkerState(generation)

    def dismiss_broken_worker(self, worker_id: int, error: StepError) -> None:
        worker = self.workers.get(worker_id)
        if worker is not None and worker.phase is WorkerPhase.LOADING:
            self._mourn_project(worker, error)
            self.workers[worker_id] = replace(worker, phase=WorkerPhase.ENDING)  # it ends by itself

    def welcome_worker(self, worker_id: int, pid: int) -> None:
        worker = self.workers.get(worker_id)
        if worker is None or worker.phase is not WorkerPhase.LOADING:
            return
        self.workers[worker_id] = replace(worker, phase=WorkerPhase.IDLE, pid=pid, idle_since_us=self.now_us)
        if worker.generation == self.generation:
            self.broken = None

    def end_step_of_worker(self, ended: StepEnded) -> None:
        worker = self.workers.get(ended.worker)
        if worker is None or worker.task != (ended.run_id, ended.step_key):
            return  # it says so of a step that is no longer its own
        self._free_worker(ended.worker, worker, ended.rss_bytes)
        outcome = ended.outcome
        if worker.overdue is not None and outcome.status is not StepStatus.SUCCESS:
            outcome = StepOutcome(StepStatus.FAILURE, outcome.made, worker.overdue)
        self.end_step(ended.run_id, ended.step_key, outcome)

    def end_evaluation_of_worker(self, ended: EvaluationEnded) -> None:
        worker = self.workers.get(ended.worker)
        if worker is None or worker.evaluating is None or worker.evaluating.name != ended.name:
            return  # it took too long, which has been told
        self._free_worker(ended.worker, worker, ended.rss_bytes)
        self.ticks.end(worker.evaluating, ended.evaluation)

    def stop_evaluations(self) -> None:
        """End the workers that evaluate, and forget what they do."""
        for worker_id, worker in list(self.workers.items()):
            if worker.evaluating is not None:
                self.workers[worker_id] = replace(worker, evaluating=None)
                self.end_worker(worker_id)

    def _free_worker(self, worker_id: int, worker: WorkerState, rss_bytes: int) -> None:
        """What a worker was busy with is over."""
        steps_done = worker.steps_done + 1
        is_ending = worker.phase is WorkerPhase.ENDING
        phase = WorkerPhase.ENDING if is_ending else WorkerPhase.IDLE
        self.workers[worker_id] = replace(
            worker,
            phase=phase,
            task=None,
            deadline_us=None,
            overdue=None,
            evaluating=None,
            steps_done=steps_done,
            idle_since_us=self.now_us,
        )
        if not is_ending and (steps_done >= MAX_STEPS_OF_WORKER or rss_bytes > MAX_WORKER_BYTES):
            self.end_worker(worker_id)
        elif len(self.workers) > self.before.capacity:
            self.actions.append(WakeAt(self.now_us + IDLE_US))

    def retire_idle_workers(self) -> None:
        """End workers beyond those that steps need, once they have been idle for a while."""
        surplus = len(self.workers) - self.before.capacity
        for worker_id, worker in list(self.workers.items()):
            is_idle_long = worker.phase is WorkerPhase.IDLE and worker.idle_since_us <= self.now_us - IDLE_US
            if surplus > 0 and is_idle_long:
                self.end_worker(worker_id)
                surplus -= 1

    def bury_worker(self, worker_id: int, cause: StepError) -> None:
        worker = self.workers.pop(worker_id, None)
        if worker is None:
            return
        if worker.phase is WorkerPhase.LOADING:
            self._mourn_project(worker, cause)
        if worker.task is not None:
            self.end_step(*worker.task, StepOutcome(StepStatus.FAILURE, error=worker.overdue or cause))
        if worker.evaluating is not None:
            self.ticks.end(worker.evaluating, Evaluation(error=cause))

    def kill_overdue_workers(self) -> None:
        for worker_id, worker in self.workers.items():
            if worker.kill_at_us is not None:
                if worker.kill_at_us <= self.now_us:
                    self.actions.append(Kill(worker_id))
                else:
                    self.actions.append(WakeAt(worker.kill_at_us))

    def end_worker(self, worker_id: int) -> None:
        """Ask a worker to end; what it does not end in time is killed."""
        worker = self.workers[worker_id]
        kill_at_us = self.now_us + self.rules.grace_us
        self.workers[worker_id] = replace(worker, phase=WorkerPhase.ENDING, kill_at_us=kill_at_us)
        self.actions.extend((Terminate(worker_id), WakeAt(kill_at_us)))

    # Work.

    def give_work(self) -> None:
        """Give ready steps to idle workers, the oldest run first, and see to it that there are workers enough."""
        self._fail_what_cannot_go_on()
        self._retire_old_workers()
        # A worker that is being ended may still be busy: what it runs counts until it is over.
        free = self.before.capacity - sum(1 for worker in self.workers.values() if worker.task is not None)
        idle = [worker_id for worker_id, worker in self.workers.items() if self._is_usable(worker)][: max(0, free)]
        free -= len(idle)
        wanted = 0
        used = self.queueing.pools_used()
        runs = list(self.runs.values())
        if any(run.priority for run in runs):
            runs.sort(key=lambda run: -run.priority)
        for run in runs:
            if not run.ready or run.status is RunStatus.CANCELING:
                continue
            if self.broken is not None and run.status is RunStatus.STARTING:
                continue  # only what began with an older edit may go on with it
            limit = run.about.max_concurrent
            ready = run.ready if limit is None else run.ready[: max(0, limit - run.running())]
            for position, step_key in enumerate(ready):
                pool = run.plan[step_key].pool
                if not self.queueing.has_slot(pool, used):
                    continue
                if not idle:
                    wanted += len(ready) - position
                    break
                if pool is not None:
                    used[pool] = used.get(pool, 0) + 1
                self._start_step(run.run_id, step_key, idle.pop(0))
        self._start_workers(min(wanted, free))

    def give_evaluations(self) -> None:
        """Give evaluations to idle workers, and see to it that there are workers enough."""
        ticks = self.ticks
        if not ticks.waiting:
            return
        if self.broken is not None and not self._is_loading() and not any(map(self._is_usable, self.workers.values())):
            ticks.fail_waiting(StepError(f"the project cannot be loaded: {self.broken.message}", self.broken.kind))
            return
        busy = {each.evaluating.name for each in self.workers.values() if each.evaluating is not None}
        idle = [worker_id for worker_id, worker in self.workers.items() if self._is_usable(worker)]
        wanted = 0
        for evaluating in ticks.waiting:
            if len(busy) + wanted >= EVALUATORS:
                break
            if evaluating.name in busy:
                continue  # one at a time
            if not idle:
                wanted += 1
                continue
            worker_id = idle.pop(0)
            begun = ticks.begun(evaluating)
            busy.add(begun.name)
            self.workers[worker_id] = replace(self.workers[worker_id], phase=WorkerPhase.BUSY, evaluating=begun)
            self.actions.extend((Evaluate(worker_id, begun), WakeAt(begun.deadline_us)))
        self._start_workers(min(wanted, self.before.capacity + EVALUATORS - len(self.workers)))

    def _is_usable(self, worker: WorkerState) -> bool:
        return worker.phase is WorkerPhase.IDLE and (worker.generation == self.generation or self.broken is not None)

    def _start_step(self, run_id: str, step_key: str, worker_id: int) -> None:
        run, worker = self.runs[run_id], self.workers[worker_id]
        if run.status is RunStatus.STARTING:
            self._record(EventKind.RUN_STARTED, run_id)
        version = f"{self.now_us}-{run_id[:8]}"
        self.actions.append(
            Record(
                Event(
                    EventKind.STEP_STARTED,
                    self.now_us,
                    run_id,
                    step_key,
                    payload={"worker": worker.pid, "version": version},
                )
            )
        )
        self.runs[run_id] = replace(
            run,
            status=RunStatus.STARTED,
            steps={**run.steps, step_key: StepStatus.RUNNING},
            ready=tuple(key for key in run.ready if key != step_key),
        )
        deadline_us = deadlines.step_deadline(self, run.plan[step_key])
        self.workers[worker_id] = replace(
            worker, phase=WorkerPhase.BUSY, task=(run_id, step_key), deadline_us=deadline_us
        )
        retry_number = run.retries.get(step_key, 0)
        self.actions.append(Execute(worker_id, run_id, run.plan[step_key], version, run.about, retry_number))

    def _start_workers(self, wanted: int) -> None:
        if self.broken is not None:
            return
        loading = sum(
            1 for w in self.workers.values() if w.phase is WorkerPhase.LOADING and w.generation == self.generation
        )
        for _ in range(wanted - loading - self.starting):
            self._start_worker()

    def _start_worker(self) -> None:
        self.starting += 1
        self.actions.append(StartWorker(self.generation))

    def _retire_old_workers(self) -> None:
        if self.broken is not None and any(run.status is RunStatus.STARTED for run in self.runs.values()):
            return
        is_loaded = any(
            w.generation == self.generation and w.phase in (WorkerPhase.IDLE, WorkerPhase.BUSY)
            for w in self.workers.values()
        )
        if not is_loaded and self.broken is None:
            return
        for worker_id, worker in list(self.workers.items()):
            if worker.phase is WorkerPhase.IDLE and worker.generation < self.generation:
                self.end_worker(worker_id)

    # Events.

    def _record(self, kind: EventKind, run_id: str, *, error: str | None = None) -> None:
        payload = {"error": error} if error is not None else {}
        self.actions.append(Record(Event(kind, self.now_us, run_id, payload=dict(payload))))

    def _record_step_end(
        self,
        run_id: str,
        step_key: str,
        status: StepStatus,
        error: StepError | None,
        outcome: StepOutcome | None = None,
    ) -> None:
        payload: JsonObject = {"error": error.to_json()} if error is not None else {}
        if outcome is not None and status is StepStatus.SUCCESS and outcome.handed:
            payload["handed"] = [[source.to_json(), ref.to_json()] for source, ref in outcome.handed.items()]
        self.actions.append(
            Record(Event(EventKind(f"step_{status.value}"), self.now_us, run_id, step_key, payload=payload))
        )
