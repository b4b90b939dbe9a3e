"""The part of the engine's decisions that concerns time: what has taken too long is stopped, and has failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.core.retrying import max_runtime_of
from assettui.kernel.actions import WakeAt
from assettui.kernel.state import WorkerPhase
from assettui.model.run import RunStatus, StepError
from assettui.model.tick import Evaluation
from assettui.model.timing import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.kernel.turn import Turn
    from assettui.model.run import StepPlan


def deadline(turn: Turn, within_s: float | None) -> int | None:
    """When so much time is over; the engine is woken then. None for any time."""
    if within_s is None:
        return None
    deadline_us = turn.now_us + int(within_s * SECOND_US)
    turn.actions.append(WakeAt(deadline_us))
    return deadline_us


def run_deadline(turn: Turn, tags: Mapping[str, str]) -> int | None:
    """When a run with these tags that begins now has taken too long."""
    return deadline(turn, max_runtime_of(tags, turn.rules.max_runtime_s))


def step_deadline(turn: Turn, step: StepPlan) -> int | None:
    """When a step that begins now has taken too long."""
    return deadline(turn, _timeout_of(turn, step))


def end_overdue(turn: Turn) -> None:
    """Stop evaluations, steps and runs that have taken too long."""
    _end_evaluations(turn)
    _end_steps(turn)
    _end_runs(turn)


def _is_due(turn: Turn, deadline_us: int) -> bool:
    if deadline_us <= turn.now_us:
        return True
    turn.actions.append(WakeAt(deadline_us))
    return False


def _end_evaluations(turn: Turn) -> None:
    for worker_id, worker in list(turn.workers.by_id.items()):
        evaluating = worker.evaluating
        if evaluating is None or not _is_due(turn, evaluating.deadline_us):
            continue
        turn.workers.by_id[worker_id] = replace(worker, evaluating=None)
        turn.workers.end(worker_id)
        seconds = (evaluating.deadline_us - evaluating.started_us) / SECOND_US
        error = StepError(f"its function did not return within {seconds:g} s, and was stopped", "timeout")
        turn.ticks.end(evaluating, Evaluation(error=error))


def _end_steps(turn: Turn) -> None:
    for worker_id, worker in list(turn.workers.by_id.items()):
        if worker.task is None or worker.deadline_us is None or worker.overdue is not None:
            continue
        if _is_due(turn, worker.deadline_us):
            run = turn.runs.by_id.get(worker.task[0])
            timeout_s = _timeout_of(turn, run.plan[worker.task[1]]) if run is not None else None
            message = f"the step took longer than {timeout_s or 0:g} s, and was stopped"
            _stop(turn, worker_id, StepError(message, "timeout"))


def _end_runs(turn: Turn) -> None:
    for run_id, run in list(turn.runs.by_id.items()):
        if run.deadline_us is None or run.status is RunStatus.CANCELING or not _is_due(turn, run.deadline_us):
            continue
        seconds = max_runtime_of(run.about.tags, turn.rules.max_runtime_s) or 0
        fail_run(turn, run_id, StepError(f"the run took longer than {seconds:g} s, and was stopped", "timeout"))


def fail_run(turn: Turn, run_id: str, error: StepError) -> None:
    """Let a run fail: what of it has not begun is skipped, what goes on is stopped."""
    run = turn.runs.by_id.get(run_id)
    if run is None:
        return
    run.deadline_us, run.first_error = None, run.first_error or error.message
    turn.runs.skip(run, run.pending(), error.message)
    for worker_id, worker in list(turn.workers.by_id.items()):
        if worker.task is None or worker.task[0] != run_id:
            continue
        turn.workers.by_id[worker_id] = replace(worker, retry_after_us=None)  # there is no time left for it
        if worker.overdue is None:
            _stop(turn, worker_id, error)
    turn.runs.end_if_over(run)


def _stop(turn: Turn, worker_id: int, error: StepError) -> None:
    turn.workers.by_id[worker_id] = replace(turn.workers.by_id[worker_id], overdue=error)
    if turn.workers.by_id[worker_id].phase is WorkerPhase.BUSY:
        turn.workers.end(worker_id)


def _timeout_of(turn: Turn, step: StepPlan) -> float | None:
    return step.timeout_s if step.timeout_s is not None else turn.rules.step_timeout_s
