"""What the kernel knows: values, all of them but the runs, which are its own."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from msgspec import Struct, field

from assettui.core.queue import Limits, QueuedRun, RunQueue
from assettui.kernel.importing import Importing
from assettui.kernel.instigators import Ticking
from assettui.model.timing import SECOND_US

if TYPE_CHECKING:
    from assettui.core.backfill_progress import BackfillProgress
    from assettui.kernel.instigators import Evaluating
    from assettui.kernel.run_state import RunState
    from assettui.model.backfill import BackfillPlan, BackfillStatus
    from assettui.model.keys import AssetKey
    from assettui.model.metadata import JsonObject
    from assettui.model.run import RunPlan, StepError


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
    import_timeout_s: float | None = None
    """How long a worker may take to import the project."""
    grace_us: int = 2 * SECOND_US
    """How long user code may clean up after it was asked to end, before it is killed."""


class Waiting(Struct, frozen=True):
    """The queue, and how much may go on at once."""

    queue: RunQueue = field(default_factory=RunQueue)
    """The runs that wait, those of backfills excepted: these are launched when they can begin."""
    limits: Limits = field(default_factory=Limits)
    loading: dict[str, QueuedRun] = {}
    """Runs that were taken from the queue, and of which is not known yet what they do."""
    unwanted: frozenset[str] = frozenset()
    """Those of them that are to be canceled as soon as it is."""
    taken: int = 0
    """How many runs were taken on."""
    last_taken: int = 0
    """Which of them was the last one that came from the queue."""


class KernelState(Struct, frozen=True):
    """All that a decision depends on. Its maps are the kernel's own: see `decide`."""

    capacity: int
    """How many workers may be there at once."""
    generation: int = 0
    """The edit of the project that new work is done with."""
    starting: int = 0
    """Workers that were asked for, and whose processes have not been started yet."""
    runs: dict[str, RunState] = {}
    """Those that are not over, the oldest first."""
    workers: dict[int, WorkerState] = {}
    broken: StepError | None = None
    """Why the project cannot be loaded as it is now."""
    backfills: dict[str, BackfillState] = {}
    """Those that are not over."""
    is_draining: bool = False
    """Whether nothing more is launched of the backfills, and nothing is evaluated by itself."""
    ticking: Ticking = field(default_factory=Ticking)
    """Schedules and sensors."""
    waiting: Waiting = field(default_factory=Waiting)
    """The queue."""
    rules: RunRules = field(default_factory=RunRules)
    importing: Importing = field(default_factory=Importing)
    """How importing the newest edit of the project goes on."""
