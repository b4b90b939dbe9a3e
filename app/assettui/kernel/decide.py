"""The decisions: `decide(state, input, now) -> (state, actions)`, without I/O, clock or threads.

What is known, what can happen and what can be decided are values (`state`, `inputs`, `actions`). Each concept has its
part: `runs`, `workers`, `dispatch` (who does what), the `queue`, `backfills`, `ticks` of schedules and sensors, and
`deadlines`. A `Turn` holds them together for one decision.

It is one state machine for all: a leader's shell feeds it, and so does the simulation that tries it by the thousand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from assettui.kernel import deadlines, inputs
from assettui.kernel.backfills import is_at_work
from assettui.kernel.dispatch import give_evaluations, give_steps
from assettui.kernel.turn import Turn
from assettui.model.backfill import BackfillCommand
from assettui.model.run import StepError

if TYPE_CHECKING:
    from assettui.kernel.actions import Action
    from assettui.kernel.state import KernelState


def decide(state: KernelState, input: inputs.Input, now_us: int) -> tuple[KernelState, list[Action]]:
    """What follows from one thing that has happened.

    Args:
        state: What was known before. It is used up: what comes back takes its place.
        input: What has happened.
        now_us: The time, in microseconds since the epoch, UTC.

    Returns:
        What is known now, and what is to be done, in order.
    """
    turn = Turn(state, now_us)
    _take(turn, input)
    while True:
        if not turn.is_draining:
            turn.queueing.take_runs()
        count = len(turn.runs.by_id)
        give_steps(turn)
        if len(turn.runs.by_id) == count:
            break  # else some have failed, since the project cannot be loaded, and made room for others
    turn.ticks.note(turn.actions)
    if not turn.is_draining:
        turn.ticks.fire()
    give_evaluations(turn)
    return turn.finished(), turn.actions


def _take(turn: Turn, input: inputs.Input) -> None:
    """Take in what has happened."""
    match input:  # the most frequent first
        case inputs.StepEnded():
            turn.workers.end_step(input)
        case inputs.StepReported():
            turn.workers.record_asset_event(input)
        case inputs.RunsQueued():
            turn.queueing.enqueue(input.runs)
            turn.ticks.note_queued()
        case inputs.RunLoaded():
            turn.queueing.take_loaded(input)
        case inputs.LimitsSeen():
            turn.queueing.limits = input.limits
        case inputs.CancelRequested():
            turn.runs.cancel(input.run_id)
        case inputs.RunRefused():
            deadlines.fail_run(turn, input.run_id, StepError(input.reason, "refused"))
        case inputs.BackfillLoaded():
            turn.backfills.load(input)
        case inputs.BackfillRequested():
            _command_backfill(turn, input)
        case inputs.Drain():
            turn.is_draining = True
            turn.ticks.drop_waiting(all_of_it=input.is_at_once)
            if input.is_at_once:
                turn.workers.stop_evaluations()
        case inputs.ProjectEdited():
            turn.workers.load_project_again()
        case inputs.WorkerStarted():
            turn.workers.note(input.worker, input.generation)
        case inputs.WorkerLoaded():
            turn.workers.on_loaded(input.worker, input.pid)
        case inputs.WorkerBroken():
            turn.workers.on_broken(input.worker, input.error)
        case inputs.StepRetriable():
            turn.workers.note_retriable(input)
        case inputs.InstigatorsSeen():
            turn.ticks.see(input.found)
        case inputs.TickRequested():
            turn.ticks.ask(input)
        case inputs.ConditionsWanted():
            turn.ticks.want_conditions(input.name)
        case inputs.EvaluationEnded():
            turn.workers.end_evaluation(input)
        case inputs.TickRefused():
            turn.ticks.refused(input.name)
        case inputs.AssetsReported():
            turn.ticks.wake(input.keys, ())
        case inputs.WorkerLost():
            turn.workers.on_lost(input.worker, input.cause)
        case inputs.Moment():
            deadlines.end_overdue(turn)
            turn.workers.end_overdue_imports()
            turn.workers.kill_overdue()
            turn.workers.import_again()
            turn.runs.retry_due_steps()
            turn.workers.retire_idle()
        case _:
            assert_never(input)


def is_idle(state: KernelState) -> bool:
    """Whether no run is being carried out, none is about to be, and no evaluation goes on that somebody asked for."""
    return (
        not state.runs
        and not state.waiting.loading
        and not any(worker.evaluating is not None for worker in state.workers.values())
        and not state.ticking.waiting
        and (state.is_draining or not is_at_work(state.backfills.values()))
    )


def has_nothing_to_do(state: KernelState) -> bool:
    """Whether nothing goes on, nothing waits, and nothing will come by itself."""
    return (
        is_idle(state)
        and not state.waiting.queue.order
        and not is_at_work(state.backfills.values())
        and not any(each.is_on for each in state.ticking.instigators.values())
    )


def _command_backfill(turn: Turn, requested: inputs.BackfillRequested) -> None:
    match requested.command:
        case BackfillCommand.PAUSE:
            turn.backfills.pause(requested.backfill_id)
        case BackfillCommand.RESUME:
            turn.backfills.resume(requested.backfill_id)
        case BackfillCommand.CANCEL:
            turn.backfills.cancel(requested.backfill_id)
        case BackfillCommand.RETRY:
            turn.backfills.retry(requested.backfill_id)
