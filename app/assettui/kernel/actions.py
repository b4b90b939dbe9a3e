"""What the engine can decide to do: values, which its shell carries out."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from assettui.kernel.instigators import Evaluating, TickDecided
    from assettui.model.backfill import BackfillCounts
    from assettui.model.events import Event
    from assettui.model.run import RunPlan, StepError, StepPlan
    from assettui.model.tick import Evaluation


class Record(Struct, frozen=True):
    """Append an event to the store. It is committed before any other action of the same turn is carried out."""

    event: Event


class Progressed(Struct, frozen=True):
    """Keep how far a backfill has come, together with what is recorded in the same turn."""

    backfill_id: str
    counts: BackfillCounts


class Execute(Struct, frozen=True):
    """Have an idle worker run a step."""

    worker: int
    run_id: str
    step: StepPlan
    version: str
    """Names the versions of values that this attempt stores."""
    about: RunPlan
    """What holds for all steps of the run."""
    retry_number: int = 0


class QueueRun(Struct, frozen=True):
    """Record a run as queued that tries another one again. It is committed with what is recorded in the same turn."""

    run_id: str
    plan: RunPlan
    parent: str


class LoadRun(Struct, frozen=True):
    """Say by `RunLoaded` what a run does that is about to begin."""

    run_id: str


class RecordTick(Struct, frozen=True):
    """Record a tick, with the runs that it asks for. It is committed with what is recorded in the same turn."""

    decided: TickDecided


class ConditionsKnown(Struct, frozen=True):
    """Let automation know what the conditions of the user's own have come to."""

    evaluation: Evaluation


class Evaluate(Struct, frozen=True):
    """Have an idle worker evaluate a schedule or sensor."""

    worker: int
    evaluating: Evaluating


class StartWorker(Struct, frozen=True):
    """Start a worker; it imports the project as it is then."""

    generation: int


class KeepLoadError(Struct, frozen=True):
    """Keep that the newest edit of the project cannot be loaded, where no worker could say so itself."""

    error: StepError


class Terminate(Struct, frozen=True):
    """Ask a worker, and all that it started, to end."""

    worker: int


class Kill(Struct, frozen=True):
    """Kill a worker, and all that it started."""

    worker: int


class WakeAt(Struct, frozen=True):
    """Say `Moment` at that time, if not before."""

    time_us: int


Action: TypeAlias = (
    Record
    | Progressed
    | RecordTick
    | ConditionsKnown
    | QueueRun
    | LoadRun
    | Execute
    | Evaluate
    | StartWorker
    | KeepLoadError
    | Terminate
    | Kill
    | WakeAt
)
