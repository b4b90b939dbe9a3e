"""What the kernel's decisions cost: per step, in runs of any size."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from assettui.core.queue import queued_run
from assettui.kernel.actions import Execute, StartWorker, Terminate
from assettui.kernel.decide import decide
from assettui.kernel.inputs import Input, RunsQueued, StepEnded, WorkerLoaded, WorkerLost, WorkerStarted
from assettui.kernel.state import KernelState
from assettui.model.keys import AssetKey
from assettui.model.run import RunPlan, StepError, StepPlan, StepStatus
from assettui.model.step import StepOutcome
from tests.benchmarks.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

LANES = 50
"""So many chains of steps lie beside each other in a run."""


def decisions() -> Iterator[Figure]:
    """A run of many steps, from the first to the last, by two workers."""
    for count in (500, 8_000, 50_000):
        yield Figure(f"decide, per step of a run of {count:,}", seconds_per_step(count) * 1e6, "µs", 30)


def seconds_per_step(count: int) -> float:
    """How long the kernel takes for each step of a run of that many: from its end to what follows from it."""
    plan = RunPlan(tuple(_step(number) for number in range(count)))
    state = KernelState(2)
    executed: list[Execute] = []
    started = 2
    for worker in (1, 2):
        state, _ = decide(state, WorkerStarted(worker, 0), 0)
        state, _ = decide(state, WorkerLoaded(worker, worker), 0)
    state, actions = decide(state, RunsQueued((queued_run("r", 0, plan),)), 0)
    executed += [action for action in actions if isinstance(action, Execute)]
    outcome = StepOutcome(StepStatus.SUCCESS)
    begun = time.perf_counter()
    while executed:
        action = executed.pop(0)
        inputs: list[Input] = [StepEnded(action.worker, action.run_id, action.step.key, outcome)]
        while inputs:
            state, actions = decide(state, inputs.pop(0), 0)
            for each in actions:
                match each:
                    case Execute():
                        executed.append(each)
                    case Terminate():  # a worker is replaced after a thousand steps
                        inputs.append(WorkerLost(each.worker, StepError("replaced")))
                    case StartWorker():
                        started += 1
                        inputs += [WorkerStarted(started, 0), WorkerLoaded(started, started)]
                    case _:
                        pass
    took = time.perf_counter() - begun
    assert not state.runs
    return took / count


def _step(number: int) -> StepPlan:
    above = (f"s{number - LANES}",) if number >= LANES else ()
    return StepPlan(f"s{number}", (AssetKey(f"s{number}"),), after=above)
