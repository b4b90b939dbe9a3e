"""The engine's decisions: `decide(state, input, now) -> (state, actions)`, without I/O, clock or threads.

What is known, what can happen and what can be decided are values (`state`, `inputs`, `actions`). Each concept has
its part: runs (`running`), workers (`workers`, `dispatching`), the queue (`queueing`), backfills (`backfilling`),
schedules and sensors (`ticking`), and what takes too long (`deadlines`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from assettui.engine import deadlines
from assettui.engine.backfilling import Backfills, is_at_work
from assettui.engine.dispatching import give_evaluations, give_steps
from assettui.engine.inputs import (
    AssetsReported,
    BackfillLoaded,
    BackfillRequested,
    CancelRequested,
    Drain,
    EvaluationEnded,
    Input,
    InstigatorsSeen,
    LimitsSeen,
    Moment,
    ProjectEdited,
    RunLoaded,
    RunsQueued,
    StepEnded,
    StepReported,
    StepRetriable,
    TickRefused,
    TickRequested,
    WorkerBroken,
    WorkerLoaded,
    WorkerLost,
    WorkerStarted,
)
from assettui.engine.queueing import Queueing
from assettui.engine.running import Running
from assettui.engine.state import EngineState
from assettui.engine.ticking import Ticks
from assettui.engine.workers import Workers
from assettui.model.backfill import BackfillCommand

if TYPE_CHECKING:
    from assettui.engine.actions import Action


def decide(state: EngineState, input: Input, now_us: int) -> tuple[EngineState, list[Action]]:
    """What follows from one thing that has happened.

    Args:
        state: What was known before; it is not changed.
        input: What has happened.
        now_us: The time, in microseconds since the epoch, UTC.

    Returns:
        What is known now, and what is to be done, in order.
    """
    turn = _Turn(state, now_us)
    match input:
        case RunsQueued():
            turn.queueing.enqueue(input.runs)
        case RunLoaded():
            turn.queueing.take_loaded(input)
        case LimitsSeen():
            turn.queueing.limits = input.limits
        case CancelRequested():
            turn.running.cancel(input.run_id)
        case BackfillLoaded():
            turn.backfills.load(input)
        case BackfillRequested():
            turn.command_backfill(input)
        case Drain():
            turn.is_draining = True
            turn.ticks.drop_waiting(all_of_it=input.is_at_once)
            if input.is_at_once:
                turn.workers.stop_evaluations()
        case ProjectEdited():
            turn.workers.load_project_again()
        case WorkerStarted():
            turn.workers.note(input.worker, input.generation)
        case WorkerLoaded():
            turn.workers.on_loaded(input.worker, input.pid)
        case WorkerBroken():
            turn.workers.on_broken(input.worker, input.error)
        case StepRetriable():
            turn.workers.note_retriable(input)
        case StepReported():
            turn.workers.record_asset_event(input)
        case StepEnded():
            turn.workers.end_step(input)
        case InstigatorsSeen():
            turn.ticks.see(input.found)
        case TickRequested():
            turn.ticks.ask(input)
        case EvaluationEnded():
            turn.workers.end_evaluation(input)
        case TickRefused():
            turn.ticks.refused(input.name)
        case AssetsReported():
            turn.ticks.wake(input.keys, ())
        case WorkerLost():
            turn.workers.on_lost(input.worker, input.cause)
        case Moment():
            deadlines.end_overdue(turn)
            turn.workers.kill_overdue()
            turn.running.retry_due_steps()
            turn.workers.retire_idle()
        case _:
            assert_never(input)
    while True:
        if not turn.is_draining:
            turn.queueing.take_runs()
        count = len(turn.running.runs)
        give_steps(turn)
        if len(turn.running.runs) == count:
            break  # else some have failed, since the project cannot be loaded, and made room for others
    turn.ticks.note(turn.actions)
    if not turn.is_draining:
        turn.ticks.fire()
    give_evaluations(turn)
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
    """One decision in the making: a copy of the state to work on, by concepts, and the actions so far."""

    def __init__(self, state: EngineState, now_us: int) -> None:
        self.now_us = now_us
        self.capacity = state.capacity
        self.rules = state.rules
        self.is_draining = state.is_draining
        self.actions: list[Action] = []
        self.running = Running(self, dict(state.runs))
        self.workers = Workers(self, state)
        self.backfills = Backfills(self, dict(state.backfills))
        self.queueing = Queueing(self, state.waiting)
        self.ticks = Ticks(self, state.ticking)

    def finished(self) -> EngineState:
        return EngineState(
            self.capacity,
            self.workers.generation,
            self.workers.starting,
            self.running.runs,
            self.workers.by_id,
            self.workers.broken,
            self.backfills.states,
            self.is_draining,
            self.ticks.finished(),
            self.queueing.finished(),
            self.rules,
        )

    def command_backfill(self, requested: BackfillRequested) -> None:
        match requested.command:
            case BackfillCommand.PAUSE:
                self.backfills.pause(requested.backfill_id)
            case BackfillCommand.RESUME:
                self.backfills.resume(requested.backfill_id)
            case BackfillCommand.CANCEL:
                self.backfills.cancel(requested.backfill_id)
            case BackfillCommand.RETRY:
                self.backfills.retry(requested.backfill_id)
