"""The part of the engine's decisions that gives workers something to do: steps that are ready, and evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from assettui.engine import deadlines
from assettui.engine.actions import Evaluate, Execute, WakeAt
from assettui.engine.state import WorkerPhase
from assettui.engine.ticking import EVALUATORS
from assettui.model.run import RunStatus, StepError

if TYPE_CHECKING:
    from assettui.engine.actions import Action
    from assettui.engine.queueing import Queueing
    from assettui.engine.running import Running
    from assettui.engine.state import RunRules
    from assettui.engine.ticking import Ticks
    from assettui.engine.workers import Workers


class DispatchTurn(Protocol):
    """What is given to workers, and by which rules."""

    actions: list[Action]
    now_us: int
    capacity: int
    rules: RunRules
    running: Running
    workers: Workers
    queueing: Queueing
    ticks: Ticks


def give_steps(turn: DispatchTurn) -> None:
    """Give ready steps to idle workers, the oldest run first, and see to it that there are workers enough."""
    workers = turn.workers
    if workers.broken is not None and not workers.is_loading():
        turn.running.fail_for_want_of_project(workers.broken, with_started=not workers.has_loaded())
    workers.retire_outdated()
    # A worker that is being ended may still be busy: what it runs counts until it is over.
    free = turn.capacity - sum(1 for worker in workers.by_id.values() if worker.task is not None)
    idle = workers.usable()[: max(0, free)]
    free -= len(idle)
    wanted = 0
    used = turn.queueing.pools_used()
    runs = list(turn.running.runs.values())
    if any(run.priority for run in runs):
        runs.sort(key=lambda run: -run.priority)
    for run in runs:
        if not run.ready or run.status is RunStatus.CANCELING:
            continue
        if workers.broken is not None and run.status is RunStatus.STARTING:
            continue  # only what began with an older edit may go on with it
        limit = run.about.max_concurrent
        ready = run.ready if limit is None else run.ready[: max(0, limit - run.running())]
        for position, step_key in enumerate(ready):
            pool = run.plan[step_key].pool
            if not turn.queueing.has_slot(pool, used):
                continue
            if not idle:
                wanted += len(ready) - position
                break
            if pool is not None:
                used[pool] = used.get(pool, 0) + 1
            _start_step(turn, run.run_id, step_key, idle.pop(0))
    workers.start(min(wanted, free))


def give_evaluations(turn: DispatchTurn) -> None:
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


def _start_step(turn: DispatchTurn, run_id: str, step_key: str, worker_id: int) -> None:
    worker = turn.workers.by_id[worker_id]
    version = f"{turn.now_us}-{run_id[:8]}"
    turn.running.start_step(run_id, step_key, worker.pid, version)
    run = turn.running.runs[run_id]
    step = run.plan[step_key]
    turn.workers.by_id[worker_id] = replace(
        worker, phase=WorkerPhase.BUSY, task=(run_id, step_key), deadline_us=deadlines.step_deadline(turn, step)
    )
    turn.actions.append(Execute(worker_id, run_id, step, version, run.about, run.retries.get(step_key, 0)))
