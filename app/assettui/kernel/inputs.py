"""What can happen to the engine: values, each of which it decides upon."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from assettui.core.backfill_progress import BackfillProgress
    from assettui.core.queue import Limits, QueuedRun
    from assettui.model.backfill import BackfillCommand, BackfillPlan, BackfillStatus
    from assettui.model.events import AssetEvent
    from assettui.model.instigator import InstigatorKind, InstigatorSnapshot
    from assettui.model.keys import AssetKey
    from assettui.model.metadata import JsonObject
    from assettui.model.run import RunPlan, StepError
    from assettui.model.step import StepOutcome
    from assettui.model.tick import Evaluation, InstigatorState


class RunsQueued(Struct, frozen=True):
    """Runs were found in the queue."""

    runs: tuple[QueuedRun, ...]


class RunLoaded(Struct, frozen=True):
    """What a run does that is about to begin; None where it is gone."""

    run_id: str
    plan: RunPlan | None


class LimitsSeen(Struct, frozen=True):
    """How much may go on at once has been read."""

    limits: Limits


class RunRefused(Struct, frozen=True):
    """Something of a run cannot be recorded, or carried out: it has failed, and nothing else has."""

    run_id: str
    reason: str


class CancelRequested(Struct, frozen=True):
    """Somebody wants a run to stop."""

    run_id: str


class BackfillLoaded(Struct, frozen=True):
    """A backfill was found in the store, new or orphaned, or is to be seen anew since the project was edited."""

    backfill_id: str
    plan: BackfillPlan
    config: JsonObject
    """Of its runs, as it was given; the plan has it without secrets."""
    progress: BackfillProgress
    status: BackfillStatus
    created_us: int
    error: str | None = None
    """Why not all of it can be made, where the project no longer has it."""


class BackfillRequested(Struct, frozen=True):
    """Somebody wants a backfill to be paused, to go on, to stop, or to try again what has failed."""

    backfill_id: str
    command: BackfillCommand


class Drain(Struct, frozen=True):
    """The process is about to end: what runs is finished, nothing more is launched."""

    is_at_once: bool = False
    """Whether evaluations are stopped too; nothing of them is recorded. Runs are canceled by `CancelRequested`."""


class ProjectEdited(Struct, frozen=True):
    """The project's files have changed, or somebody wants them loaded again."""


class WorkerStarted(Struct, frozen=True):
    """A worker process was started, and is importing the project."""

    worker: int
    generation: int


class WorkerLoaded(Struct, frozen=True):
    """A worker has imported the project."""

    worker: int
    pid: int


class WorkerBroken(Struct, frozen=True):
    """A worker cannot import the project."""

    worker: int
    error: StepError


class StepRetriable(Struct, frozen=True):
    """A worker says of the step that it begins with that it is to be tried again if it takes too long or ends it."""

    worker: int
    run_id: str
    step_key: str
    retry_after_us: int


class StepReported(Struct, frozen=True):
    """A worker says what its step has made or seen, and goes on."""

    worker: int
    run_id: str
    step_key: str
    asset_event: AssetEvent


class StepEnded(Struct, frozen=True):
    """A worker says how its step ended."""

    worker: int
    run_id: str
    step_key: str
    outcome: StepOutcome
    rss_bytes: int = 0
    is_spent: bool = False
    """Whether the worker can take no other step: this one has left something in its process."""


class InstigatorsSeen(Struct, frozen=True):
    """What the project defines of schedules and sensors, and what is recorded of them, may have changed."""

    found: tuple[tuple[InstigatorSnapshot, InstigatorState | None], ...]


class TickRequested(Struct, frozen=True):
    """Somebody wants a schedule or sensor to be evaluated now."""

    name: str
    kind: InstigatorKind
    scheduled_us: int
    """The time that it is to be evaluated for."""
    intent: int


class ConditionsWanted(Struct, frozen=True):
    """The automation conditions of the user's own are to be evaluated, in a worker."""

    name: str
    """Of the automation that they are for."""


class EvaluationEnded(Struct, frozen=True):
    """A worker says what an evaluation has come to; None where there was nothing to look at, so that none was asked."""

    worker: int
    name: str
    evaluation: Evaluation | None
    rss_bytes: int = 0
    is_spent: bool = False
    """As of `StepEnded`."""


class TickRefused(Struct, frozen=True):
    """What an evaluation has asked for cannot be: its tick was recorded as one that failed."""

    name: str


class AssetsReported(Struct, frozen=True):
    """A sensor has reported what happened to assets elsewhere."""

    keys: tuple[AssetKey, ...]


class WorkerLost(Struct, frozen=True):
    """A worker process is dead."""

    worker: int
    cause: StepError


class Moment(Struct, frozen=True):
    """Time has passed: something that was to be done at a certain time may be due."""


Input: TypeAlias = (
    RunsQueued
    | RunLoaded
    | LimitsSeen
    | RunRefused
    | CancelRequested
    | BackfillLoaded
    | BackfillRequested
    | Drain
    | ProjectEdited
    | WorkerStarted
    | WorkerLoaded
    | WorkerBroken
    | StepRetriable
    | StepReported
    | StepEnded
    | InstigatorsSeen
    | TickRequested
    | ConditionsWanted
    | EvaluationEnded
    | TickRefused
    | AssetsReported
    | WorkerLost
    | Moment
)
