"""The engine's decisions: `decide(state, happening, now) -> (state, actions)`, without I/O, clock or threads.

What is known, what can happen and what can be decided are values (`state`, `happenings`, `actions`). Each concept has
its part: runs (`running`), workers (`crew`, `dispatching`), the queue (`queueing`), backfills (`backfilling`),
schedules and sensors (`ticking`), and what takes too long (`deadlines`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from assettui.engine import deadlines
from assettui.engine.backfilling import Backfills, is_at_work
from assettui.engine.crew import Crew
from assettui.engine.dispatching import give_evaluations, give_steps
from assettui.engine.happenings import (
    AssetsReported,
    BackfillAsked,
    BackfillLoaded,
    BackfillWord,
    CancelAsked,
    Drain,
    EvaluationEnded,
    Happening,
    InstigatorsSeen,
    LimitsSeen,
    Moment,
    ProjectEdited,
    RunLoaded,
    RunsQueued,
    StepEnded,
    StepMade,
    StepRetriable,
    TickAsked,
    TickRefused,
    WorkerBroken,
    WorkerLoaded,
    WorkerLost,
    WorkerStarted,
)
from assettui.engine.queueing import Queueing
from assettui.engine.running import Running
from assettui.engine.state import EngineState
from assettui.engine.ticking import Ticks

if TYPE_CHECKING:
    from assettui.engine.actions import Action


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
            turn.running.cancel(happening.run_id)
        case BackfillLoaded():
            turn.backfills.load(happening)
        case BackfillAsked():
            turn.ask_backfill(happening)
        case Drain():
            turn.is_draining = True
            turn.ticks.drop_waiting(all_of_it=happening.is_at_once)
            if happening.is_at_once:
                turn.crew.stop_evaluations()
        case ProjectEdited():
            turn.crew.load_project_again()
        case WorkerStarted():
            turn.crew.note(happening.worker, happening.generation)
        case WorkerLoaded():
            turn.crew.welcome(happening.worker, happening.pid)
        case WorkerBroken():
            turn.crew.dismiss_broken(happening.worker, happening.error)
        case StepRetriable():
            turn.crew.note_retriable(happening)
        case StepMade():
            turn.crew.record_made(happening)
        case StepEnded():
            turn.crew.end_step(happening)
        case InstigatorsSeen():
            turn.ticks.see(happening.found)
        case TickAsked():
            turn.ticks.ask(happening)
        case EvaluationEnded():
            turn.crew.end_evaluation(happening)
        case TickRefused():
            turn.ticks.refused(happening.name)
        case AssetsReported():
            turn.ticks.wake(happening.keys, ())
        case WorkerLost():
            turn.crew.bury(happening.worker, happening.cause)
        case Moment():
            deadlines.end_overdue(turn)
            turn.crew.kill_overdue()
            turn.running.retry_due_steps()
            turn.crew.retire_idle()
        case _:
            assert_never(happening)
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
        self.crew = Crew(self, state)
        self.backfills = Backfills(self, dict(state.backfills))
        self.queueing = Queueing(self, state.waiting)
        self.ticks = Ticks(self, state.ticking)

    def finished(self) -> EngineState:
        return EngineState(
            self.capacity,
            self.crew.generation,
            self.crew.starting,
            self.running.runs,
            self.crew.workers,
            self.crew.broken,
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
