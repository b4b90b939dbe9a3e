"""What the engine knows: values, all of them."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from assettui.core.expansion import awaited
from assettui.core.queue import Limits, QueuedRun, RunQueue
from assettui.engine.tick_state import Ticking
from assettui.model.run import StepStatus
from assettui.model.timing import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.backfill_progress import BackfillProgress
    from assettui.engine.tick_state import Evaluating
    from assettui.model.backfill import BackfillPlan, BackfillStatus
    from assettui.model.keys import AssetKey
    from assettui.model.metadata import JsonObject
    from assettui.model.run import RunPlan, RunStatus, StepError, StepPlan


class WorkerPhase(Enum):
    """What a worker is doing."""

    LOADING = auto()
    """Importing the project."""
    IDLE = auto()
    BUSY = auto()
    ENDING = auto()
    """Asked to end; nothing more is asked of it."""


class WorkerState(Struct, frozen=True):
    """One worker."""

    generation: int
    """The edit of the project that it has imported."""
    phase: WorkerPhase = WorkerPhase.LOADING
    pid: int | None = None
    task: tuple[str, str] | None = None
    """The run and the step that it is busy with, or was when it was asked to end."""
    steps_done: int = 0
    kill_at_us: int | None = None
    """When it is killed, if it has not ended by then."""
    deadline_us: int | None = None
    """When the step that it is busy with has taken too long."""
    overdue: StepError | None = None
    """Why what it is busy with has failed, however it ends."""
    retry_after_us: int | None = None
    """How long to wait before its step is tried again, should it take too long or end the worker; None for never."""
    evaluating: Evaluating | None = None
    """The schedule or sensor that it is evaluating."""
    idle_since_us: int = 0
    """When it last became idle."""


class RunState(Struct, frozen=True):
    """One run that is not over."""

    run_id: str
    plan: Mapping[str, StepPlan]
    """The steps by key, upstream before downstream."""
    needed_by: Mapping[str, tuple[str, ...]]
    """For each step, those that need it directly."""
    status: RunStatus
    steps: Mapping[str, StepStatus]
    waiting_for: Mapping[str, int]
    """For each pending step, how many of the steps that it needs have not succeeded yet."""
    ready: tuple[str, ...]
    """Pending steps that wait for nothing but a worker, in the order of the plan."""
    unfinished: int
    """Steps that are pending or running."""
    about: RunPlan
    """What holds for all of its steps; its own steps are in `plan`."""
    awaited: frozenset[str] = frozenset()
    """The steps whose ends may expand it."""
    first_error: str | None = None
    retries: Mapping[str, int] = {}
    """How many times each step was tried again, where it was."""
    retry_at_us: Mapping[str, int] = {}
    """When the steps are to be tried again that wait for it."""
    backfill: str | None = None
    """The backfill that it is part of."""
    priority: int = 0
    deadline_us: int | None = None
    """When it has taken too long."""

    def pending(self) -> list[str]:
        """The steps that have not begun."""
        return [key for key, status in self.steps.items() if status is StepStatus.PENDING]

    def running(self) -> int:
        """How many of its steps are running."""
        return sum(status is StepStatus.RUNNING for status in self.steps.values())

    def downstream(self, step_key: str) -> list[str]:
        """The steps that need the given one, directly or not, in the order of the plan."""
        reached: set[str] = set()
        frontier = [step_key]
        while frontier:
            for below in self.needed_by[frontier.pop()]:
                if below not in reached:
                    reached.add(below)
                    frontier.append(below)
        return [key for key in self.plan if key in reached]

    def with_step_over(self, step_key: str, status: StepStatus, error: StepError | None) -> RunState:
        """The run with a step that is over."""
        first_error = self.first_error
        if first_error is None and status is StepStatus.FAILURE:
            first_error = f"{step_key}: {error.message if error else 'failed'}"
        return replace(
            self,
            steps={**self.steps, step_key: status},
            ready=tuple(key for key in self.ready if key != step_key),
            retry_at_us={key: at_us for key, at_us in self.retry_at_us.items() if key != step_key},
            unfinished=self.unfinished - 1,
            first_error=first_error,
        )

    def with_steps(self, plan: Mapping[str, StepPlan]) -> RunState:
        """The run with other steps: those that are new are pending, those that are gone are forgotten."""
        steps = {key: self.steps.get(key, StepStatus.PENDING) for key in plan}
        needed_by: dict[str, list[str]] = {key: [] for key in plan}
        for step in plan.values():
            for above in step.after:
                needed_by[above].append(step.key)
        waiting_for = {step.key: sum(not steps[above].is_over for above in step.after) for step in plan.values()}
        return replace(
            self,
            plan=plan,
            needed_by={key: tuple(below) for key, below in needed_by.items()},
            steps=steps,
            waiting_for=waiting_for,
            ready=tuple(
                key
                for key, count in waiting_for.items()
                if count == 0 and steps[key] is StepStatus.PENDING and key not in self.retry_at_us
            ),
            unfinished=sum(not status.is_over for status in steps.values()),
            awaited=awaited(plan.values()),
        )


class BackfillState(Struct, frozen=True):
    """One backfill that is not over."""

    backfill_id: str
    plan: BackfillPlan
    config: JsonObject
    """Of its runs, as it was given; the plan has it without secrets."""
    progress: BackfillProgress
    status: BackfillStatus
    created_us: int = 0
    launched: int = 0
    """How many runs of it were launched since it was taken on."""
    turn: int = 0
    """Which of the runs that were taken on was the last one of it: of two backfills, the other is next."""
    first_error: str | None = None
    gone: str | None = None
    """What of it the project no longer has, in one line."""
    templates: dict[tuple[AssetKey, ...], RunPlan] = {}
    """The plans of its runs without their partitions, by the assets that they make: each is made once."""


class RunRules(Struct, frozen=True):
    """What holds for runs that say nothing else."""

    retries: int = 0
    """How many times one that has failed is tried again by itself."""
    max_runtime_s: float | None = None
    """How long one may take."""
    step_timeout_s: float | None = None
    """How long a step may take."""
    grace_us: int = 2 * SECOND_US
    """How long user code may clean up after it was asked to end, before it is killed."""


class Waiting(Struct, frozen=True):
    """The queue, and how much may go on at once."""

    queue: RunQueue = field(default_factory=RunQueue)
    """The runs that wait, those of backfills excepted: these are launched when they can begin."""
    limits: Limits = field(default_factory=Limits)
    loading: Mapping[str, QueuedRun] = {}
    """Runs that were taken from the queue, and of which is not known yet what they do."""
    unwanted: frozenset[str] = frozenset()
    """Those of them that are to be canceled as soon as it is."""
    taken: int = 0
    """How many runs were taken on."""
    last_taken: int = 0
    """Which of them was the last one that came from the queue."""


class EngineState(Struct, frozen=True):
    """All that the engine's decisions depend on."""

    capacity: int
    """How many workers may be there at once."""
    generation: int = 0
    """The edit of the project that new work is done with."""
    starting: int = 0
    """Workers that were asked for, and whose processes have not been started yet."""
    runs: Mapping[str, RunState] = {}
    """Those that are not over, the oldest first."""
    workers: Mapping[int, WorkerState] = {}
    broken: StepError | None = None
    """Why the project cannot be loaded as it is now."""
    backfills: Mapping[str, BackfillState] = {}
    """Those that are not over."""
    is_draining: bool = False
    """Whether nothing more is launched of the backfills, and nothing is evaluated by itself."""
    ticking: Ticking = field(default_factory=Ticking)
    """Schedules and sensors."""
    waiting: Waiting = field(default_factory=Waiting)
    """The queue."""
    rules: RunRules = field(default_factory=RunRules)
