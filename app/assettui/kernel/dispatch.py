"""The part of the engine's decisions that gives workers something to do: steps that are ready, and evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.kernel import deadlines
from assettui.kernel.actions import Evaluate, Execute, WakeAt
from assettui.kernel.state import WorkerPhase
from assettui.kernel.ticks import EVALUATORS
from assettui.model.run import RunStatus, StepError

if TYPE_CHECKING:
    from assettui.kernel.run_state import RunState
    from assettui.kernel.turn import Turn


def give_steps(turn: Turn) -> None:
    """Give ready steps to idle workers, the oldest run first, and see to it that there are workers enough."""
    workers = turn.workers
    if workers.broken is not None and not workers.is_loading():
        turn.runs.fail_for_want_of_project(workers.broken, with_started=not workers.has_loaded())
    workers.retire_outdated()
    # A worker that is being ended may still be busy: what it runs counts until it is over.
    free = turn.capacity - sum(1 for worker in workers.by_id.values() if worker.task is not None)
    idle = workers.usable()[: max(0, free)]
    free -= len(idle)
    wanted = 0
    used = turn.queueing.pools_used()

    def has_slot(pool: str | None) -> bool:
        return turn.queueing.has_slot(pool, used)

    runs = list(turn.runs.by_id.values())
    if any(run.priority for run in runs):
        runs.sort(key=lambda run: -run.priority)
    for run in runs:
        if not run.ready or run.status is RunStatus.CANCELING:
            continue
        if workers.broken is not None and run.status is RunStatus.STARTING:
            continue  # only what began with an older edit may go on with it
        limit = run.about.max_concurrent
        room = len(run.ready) if limit is None else limit - run.running
        while room > 0 and (step_key := run.ready.next(has_slot)) is not None:
            if not idle:
                wanted += min(room, run.ready.count(has_slot))
                break
            pool = run.plan[step_key].pool
            if pool is not None:
                used[pool] = used.get(pool, 0) + 1
            _start_step(turn, run, step_key, idle.pop(0))
            room -= 1
    workers.start(min(wanted, free))


def give_evaluations(turn: Turn) -> None:
    """Give evaluations to idle workers, and see to it that there are workers enough."""
    ticks, workers = turn.ticks, turn.workers
    if not ticks.waiting:
        return
    idle = workers.usable()
    if workers.broken is not None and not workers.is_loading() and not idle:
        ticks.fail_waiting(StepError(f"the project cannot be loaded: {workers.broken.message}", workers.broken.kind))
        return
    busy = {each.evaluating.name for each in workers.by_id.values() if each.evaluating is not None}
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
        workers.by_id[worker_id] = replace(workers.by_id[worker_id], phase=WorkerPhase.BUSY, evaluating=begun)
        turn.actions.extend((Evaluate(worker_id, begun), WakeAt(begun.deadline_us)))
    workers.start(min(wanted, turn.capacity + EVALUATORS - len(workers.by_id)))


def _start_step(turn: Turn, run: RunState, step_key: str, worker_id: int) -> None:
    worker = turn.workers.by_id[worker_id]
    version = f"{turn.now_us}-{run.run_id[:8]}"
    turn.runs.start_step(run, step_key, worker.pid, version)
    step = run.plan[step_key]
    turn.workers.by_id[worker_id] = replace(
        worker, phase=WorkerPhase.BUSY, task=(run.run_id, step_key), deadline_us=deadlines.step_deadline(turn, step)
    )
    turn.actions.append(Execute(worker_id, run.run_id, step, version, run.about, run.retries.get(step_key, 0)))
