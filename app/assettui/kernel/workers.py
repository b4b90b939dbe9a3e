"""The part of the engine's decisions that concerns workers: which there are, which edit they know, what ends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.kernel.actions import KeepLoadError, Kill, StartWorker, Terminate, WakeAt
from assettui.kernel.importing import IMPORT_ATTEMPTS, IMPORT_PAUSE_US, Importing, died_importing, took_too_long
from assettui.kernel.state import WorkerPhase, WorkerState
from assettui.model.run import RunStatus, StepStatus
from assettui.model.step import StepOutcome
from assettui.model.tick import Evaluation
from assettui.model.timing import SECOND_US

if TYPE_CHECKING:
    from assettui.kernel.inputs import EvaluationEnded, StepEnded, StepReported, StepRetriable
    from assettui.kernel.state import KernelState
    from assettui.kernel.turn import Turn
    from assettui.model.run import StepError

IDLE_US = 60 * SECOND_US
"""How long a worker that only evaluations needed is kept, lest it must be started again for the next one."""
MAX_STEPS_OF_WORKER = 1_000
"""A worker is replaced after so many steps, since user code may leak."""
MAX_WORKER_BYTES = 4 << 30
"""A worker that has ever needed more memory than this is replaced after its step."""


def is_import_overdue(worker: WorkerState, now_us: int) -> bool:
    """Whether a worker has been importing the project for too long. Looked at once a second: no alarm is set for it."""
    is_loading = worker.phase is WorkerPhase.LOADING
    return is_loading and worker.deadline_us is not None and worker.deadline_us <= now_us


class Workers:
    """One decision's changes to the workers.

    Args:
        turn: The rest of the decision.
        before: What was known.
    """

    def __init__(self, turn: Turn, before: KernelState) -> None:
        self.turn = turn
        self.by_id = before.workers
        self.generation = before.generation
        self.starting = before.starting
        self.broken = before.broken
        self.importing = before.importing

    # The project.

    def load_project_again(self) -> None:
        """Start a worker that imports the project as it is now; those that have an older edit imported retire."""
        self.generation += 1
        self.importing = Importing()
        for worker_id, worker in list(self.by_id.items()):
            if worker.phase is WorkerPhase.LOADING:  # what it imports nobody wants any more, and it may never end
                self.end(worker_id)
        self._start_one()

    def try_broken_project_again(self) -> None:
        """Load a project once more that cannot be loaded; what broke it may have been mended where no watch sees it."""
        if self.broken is not None and not self.is_loading():
            self.load_project_again()

    def is_loading(self) -> bool:
        """Whether a worker is importing the newest edit of the project, or is about to."""
        return (
            self.starting > 0
            or self.importing.again_at_us is not None
            or any(w.phase is WorkerPhase.LOADING and w.generation == self.generation for w in self.by_id.values())
        )

    def has_loaded(self) -> bool:
        """Whether a worker has some edit of the project imported."""
        return any(w.phase in (WorkerPhase.IDLE, WorkerPhase.BUSY) for w in self.by_id.values())

    def _note_broken(self, worker: WorkerState, error: StepError) -> None:
        if worker.generation == self.generation:  # otherwise what counts is how the newest edit loads
            self.broken = error

    def import_again(self) -> None:
        """Start a worker in the place of one that has died while it imported the project, once its time has come."""
        due_us = self.importing.again_at_us
        if due_us is None:
            return
        if due_us > self.turn.now_us:
            self.turn.actions.append(WakeAt(due_us))
            return
        self.importing = replace(self.importing, again_at_us=None)
        self._start_one()

    def end_overdue_imports(self) -> None:
        """Stop the workers that have been importing the project for too long: it cannot be loaded."""
        for worker_id, worker in list(self.by_id.items()):
            if is_import_overdue(worker, self.turn.now_us):
                self.end(worker_id)
                self._give_up(worker, took_too_long(self.turn.rules.import_timeout_s or 0))

    def _give_up(self, worker: WorkerState, error: StepError) -> None:
        self._note_broken(worker, error)
        if worker.generation == self.generation:
            self.turn.actions.append(KeepLoadError(error))

    def _note_death(self, worker: WorkerState, cause: StepError) -> None:
        """A worker has died while it imported the project, which need not be to blame: it is tried again, a few times."""
        if worker.generation != self.generation:
            return
        deaths = self.importing.deaths + 1
        if deaths >= IMPORT_ATTEMPTS:
            self.importing = Importing()
            self._give_up(worker, died_importing(cause, deaths))
            return
        again_at_us = self.turn.now_us + IMPORT_PAUSE_US * deaths
        self.importing = Importing(deaths, again_at_us)
        self.turn.actions.append(WakeAt(again_at_us))

    # What workers tell.

    def note(self, worker_id: int, generation: int) -> None:
        """A worker has been started."""
        self.starting -= 1
        timeout_s = self.turn.rules.import_timeout_s
        deadline_us = None if timeout_s is None else self.turn.now_us + int(timeout_s * SECOND_US)
        self.by_id[worker_id] = WorkerState(generation, deadline_us=deadline_us)

    def on_loaded(self, worker_id: int, pid: int) -> None:
        """A worker has imported the project."""
        worker = self.by_id.get(worker_id)
        if worker is None or worker.phase is not WorkerPhase.LOADING:
            return
        self.by_id[worker_id] = replace(
            worker, phase=WorkerPhase.IDLE, pid=pid, deadline_us=None, idle_since_us=self.turn.now_us
        )
        if worker.generation == self.generation:
            self.broken = None
            self.importing = Importing()

    def on_broken(self, worker_id: int, error: StepError) -> None:
        """A worker cannot import the project."""
        worker = self.by_id.get(worker_id)
        if worker is not None and worker.phase is WorkerPhase.LOADING:
            self._note_broken(worker, error)
            self.by_id[worker_id] = replace(worker, phase=WorkerPhase.ENDING)  # it ends by itself

    def note_retriable(self, said: StepRetriable) -> None:
        """A worker tells when its step is to be tried again that it may not be able to tell the end of."""
        worker = self.by_id.get(said.worker)
        if worker is not None and worker.task == (said.run_id, said.step_key):
            self.by_id[said.worker] = replace(worker, retry_after_us=said.retry_after_us)

    def record_asset_event(self, asset_event: StepReported) -> None:
        """A worker tells what its step has made so far."""
        worker = self.by_id.get(asset_event.worker)
        if worker is not None and worker.task == (asset_event.run_id, asset_event.step_key):
            self.turn.runs.record_asset_event(asset_event.run_id, asset_event.step_key, asset_event.asset_event)

    def end_step(self, ended: StepEnded) -> None:
        """A worker is done with a step."""
        worker = self.by_id.get(ended.worker)
        if worker is None or worker.task != (ended.run_id, ended.step_key):
            return  # it says so of a step that is no longer its own
        self._free(ended.worker, worker, ended)
        outcome = ended.outcome
        if worker.overdue is not None and outcome.status is not StepStatus.SUCCESS:
            outcome = StepOutcome(StepStatus.FAILURE, outcome.asset_events, worker.overdue, worker.retry_after_us)
        self.turn.runs.end_step(ended.run_id, ended.step_key, outcome)

    def end_evaluation(self, ended: EvaluationEnded) -> None:
        """A worker is done with an evaluation."""
        worker = self.by_id.get(ended.worker)
        if worker is None or worker.evaluating is None or worker.evaluating.name != ended.name:
            return  # it took too long, which has been told
        self._free(ended.worker, worker, ended)
        self.turn.ticks.end(worker.evaluating, ended.evaluation)

    def on_lost(self, worker_id: int, cause: StepError) -> None:
        """A worker is dead, and with it what it was busy with."""
        worker = self.by_id.pop(worker_id, None)
        if worker is None:
            return
        if worker.phase is WorkerPhase.LOADING:
            self._note_death(worker, cause)
        if worker.task is not None:
            error, after_us = worker.overdue or cause, worker.retry_after_us
            self.turn.runs.end_step(*worker.task, StepOutcome(StepStatus.FAILURE, (), error, after_us))
        if worker.evaluating is not None:
            self.turn.ticks.end(worker.evaluating, Evaluation(error=cause))

    def _free(self, worker_id: int, worker: WorkerState, ended: StepEnded | EvaluationEnded) -> None:
        """What a worker was busy with is over."""
        steps_done = worker.steps_done + 1
        is_ending = worker.phase is WorkerPhase.ENDING
        phase = WorkerPhase.ENDING if is_ending else WorkerPhase.IDLE
        self.by_id[worker_id] = replace(
            worker,
            phase=phase,
            task=None,
            deadline_us=None,
            overdue=None,
            retry_after_us=None,
            evaluating=None,
            steps_done=steps_done,
            idle_since_us=self.turn.now_us,
        )
        is_worn = ended.is_spent or steps_done >= MAX_STEPS_OF_WORKER or ended.rss_bytes > MAX_WORKER_BYTES
        if is_worn and not is_ending:
            self.end(worker_id)
        elif len(self.by_id) > self.turn.capacity:
            self.turn.actions.append(WakeAt(self.turn.now_us + IDLE_US))

    # What is asked of them.

    def usable(self) -> list[int]:
        return [worker_id for worker_id, worker in self.by_id.items() if self._is_usable(worker)]

    def start(self, wanted: int) -> None:
        """Start workers until so many are on their way."""
        if self.broken is not None or self.importing.again_at_us is not None:
            return
        loading = sum(
            1 for w in self.by_id.values() if w.phase is WorkerPhase.LOADING and w.generation == self.generation
        )
        for _ in range(wanted - loading - self.starting):
            self._start_one()

    def end(self, worker_id: int) -> None:
        """Ask a worker to end; one that has not in time is killed."""
        worker = self.by_id[worker_id]
        kill_at_us = self.turn.now_us + self.turn.rules.grace_us
        self.by_id[worker_id] = replace(worker, phase=WorkerPhase.ENDING, kill_at_us=kill_at_us)
        self.turn.actions.extend((Terminate(worker_id), WakeAt(kill_at_us)))

    def end_those_of(self, run_id: str) -> None:
        """Ask the workers to end that run steps of a run."""
        for worker_id, worker in self.by_id.items():
            if worker.phase is WorkerPhase.BUSY and worker.task is not None and worker.task[0] == run_id:
                self.end(worker_id)

    def stop_evaluations(self) -> None:
        """End the workers that evaluate, and forget what they do."""
        for worker_id, worker in list(self.by_id.items()):
            if worker.evaluating is not None:
                self.by_id[worker_id] = replace(worker, evaluating=None)
                self.end(worker_id)

    def kill_overdue(self) -> None:
        """Kill the workers that were asked to end and have not in time."""
        for worker_id, worker in self.by_id.items():
            if worker.kill_at_us is not None:
                if worker.kill_at_us <= self.turn.now_us:
                    self.turn.actions.append(Kill(worker_id))
                else:
                    self.turn.actions.append(WakeAt(worker.kill_at_us))

    def retire_idle(self) -> None:
        """End workers beyond those that steps need, once they have been idle for a while."""
        surplus = len(self.by_id) - self.turn.capacity
        for worker_id, worker in list(self.by_id.items()):
            is_idle_long = worker.phase is WorkerPhase.IDLE and worker.idle_since_us <= self.turn.now_us - IDLE_US
            if surplus > 0 and is_idle_long:
                self.end(worker_id)
                surplus -= 1

    def retire_outdated(self) -> None:
        """End idle workers that have an older edit of the project imported, once the newest is there."""
        if self.broken is not None and any(run.status is RunStatus.STARTED for run in self.turn.runs.by_id.values()):
            return
        is_loaded = any(
            w.generation == self.generation and w.phase in (WorkerPhase.IDLE, WorkerPhase.BUSY)
            for w in self.by_id.values()
        )
        if not is_loaded and self.broken is None:
            return
        for worker_id, worker in list(self.by_id.items()):
            if worker.phase is WorkerPhase.IDLE and worker.generation < self.generation:
                self.end(worker_id)

    def _is_usable(self, worker: WorkerState) -> bool:
        return worker.phase is WorkerPhase.IDLE and (worker.generation == self.generation or self.broken is not None)

    def _start_one(self) -> None:
        self.starting += 1
        self.turn.actions.append(StartWorker(self.generation))
