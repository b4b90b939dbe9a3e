"""Runs: what is asked for, what exactly will be done, and what has become of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import force_setattr

from assettui.model.check import AssetCheckKey
from assettui.model.keys import AssetKey
from assettui.model.metadata import JsonObject, MetadataValue
from assettui.model.project import InputSnapshot, StepOutput, Wire

if TYPE_CHECKING:
    KeyRange = tuple[str, str]
    """A range of partition keys, both ends included."""
else:
    KeyRange = tuple[str, ...]


class RunRequest(Struct, frozen=True, omit_defaults=True):
    """A run that is asked for, by a person, a schedule or a sensor."""

    assets: tuple[AssetKey, ...] | None = None
    """What is to be made; None for all that the job selects, or its ops."""
    job: str | None = None
    """The job whose run it is."""
    config: JsonObject = {}
    """On top of what the job says."""
    tags: Mapping[str, str] = {}
    """On top of those of the job."""
    is_observation: bool = False
    """Whether the assets, external ones, are to be looked at rather than made."""
    partitions: tuple[KeyRange, ...] = ()
    """Those that are to be made, as ranges of keys, both ends included."""
    run_key: str | None = None
    """Of a schedule or sensor: a run of the same key is asked for once, for ever."""
    checks: tuple[AssetCheckKey, ...] | None = None
    """The checks that are to be evaluated; None for all of the assets that are made. Given with no assets, they alone are."""

    @property
    def partition_key(self) -> str | None:
        """The only partition that is asked for; None where there are several, or none."""
        return only_key(self.partitions)


class RunStatus(StrEnum):
    """Where a run is: queued → starting → started → success, failure or canceled."""

    QUEUED = "queued"
    STARTING = "starting"
    """Taken from the queue; no step has begun."""
    STARTED = "started"
    SUCCESS = "success"
    FAILURE = "failure"
    CANCELING = "canceling"
    """Asked to stop; its steps are being ended."""
    CANCELED = "canceled"

    @property
    def is_over(self) -> bool:
        """Whether nothing can happen to the run any more."""
        return self in (RunStatus.SUCCESS, RunStatus.FAILURE, RunStatus.CANCELED)


class StepStatus(StrEnum):
    """Where a step is: pending → running → success, failure or canceled; or skipped, never having run."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILURE = "failure"
    SKIPPED = "skipped"
    CANCELED = "canceled"

    @property
    def is_over(self) -> bool:
        """Whether nothing can happen to the step any more."""
        return self not in (StepStatus.PENDING, StepStatus.RUNNING)


CHECK_FAILED = "check"
"""The kind of the error of a step that has failed by a blocking check, rather than by what was raised."""


class StepError(Struct, frozen=True, omit_defaults=True):
    """Why a step failed, was skipped or was canceled."""

    message: str
    """In one line."""
    kind: str = "error"
    """`exception`, `exit`, `signal`, `skipped`, `canceled`, `check` (it was not raised: a blocking check has failed),
    `lost` (its leader died), or `error`."""
    exception: str | None = None
    """The name of the user's exception class."""
    traceback: str | None = None
    """The user's frames first, those of the program left out."""
    metadata: Mapping[str, MetadataValue] = {}
    """What the function said of its failure."""
    summary: str = ""
    """The first of several problems, in one line; empty where the message is one."""


class RunRecord(Struct, frozen=True):
    """One run."""

    run_id: str
    status: RunStatus
    created_us: int
    started_us: int | None = None
    ended_us: int | None = None
    assets: tuple[AssetKey, ...] = ()
    job: str | None = None
    partitions: tuple[KeyRange, ...] = ()
    """Those that it is of, as ranges of keys, both ends included."""
    tags: Mapping[str, str] = {}
    error: str | None = None
    """Why it failed, in one line."""
    backfill: str | None = None
    """The backfill that it is part of."""
    checks: tuple[str, ...] = ()
    """Of one that makes no asset: the checks that it evaluates, each written `ASSET:CHECK`."""


class RunFilter(Struct, frozen=True):
    """Which runs are meant: those of which all of this is so."""

    statuses: tuple[RunStatus, ...] = ()
    """One of these; empty for any."""
    job: str | None = None
    backfill: str | None = None
    asset: AssetKey | None = None
    """It is of this asset, perhaps among others."""
    tags: Mapping[str, str] = {}
    """It has each of these tags."""
    since_us: int | None = None
    """It was asked for then or later; microseconds since the epoch, UTC."""
    until_us: int | None = None
    """It was asked for then or before."""
    words: tuple[str, ...] = ()
    """Each of these is in its id, its job, its assets, its partitions, its tags or its error, whatever their case."""


ANY_RUN = RunFilter()


class StepRecord(Struct, frozen=True):
    """One step of a run."""

    run_id: str
    step_key: str
    status: StepStatus
    assets: tuple[AssetKey, ...]
    started_us: int | None = None
    ended_us: int | None = None
    worker_pid: int | None = None
    error: StepError | None = None
    """Why it ended so, or why the last attempt failed where it is to be tried again."""
    retries: int = 0
    """How many times it was tried again."""
    is_partitioned: bool = False
    """Whether it is for the partitions of its run."""

    @property
    def duration_us(self) -> int | None:
        """How long it ran; None until it has ended, or where it never ran."""
        return None if self.started_us is None or self.ended_us is None else self.ended_us - self.started_us


class StepPlan(Struct, frozen=True, omit_defaults=True):
    """One step of a run, with all that must be known to start it."""

    key: str
    assets: tuple[AssetKey, ...] = ()
    after: tuple[str, ...] = ()
    """The steps of the same run that must have succeeded."""
    inputs: tuple[InputSnapshot, ...] = ()
    upstream: tuple[AssetKey, ...] = ()
    """All that it depends on: their data versions are recorded with the result."""
    code_versions: Mapping[AssetKey, str] | None = None
    """Of those of its assets that have one."""
    wires: tuple[Wire, ...] = ()
    fan_out: StepOutput | None = None
    """The dynamic output for each of whose keys the step is to be copied, once they are known."""
    computes: str | None = None
    """The step of the project that it carries out, where its own key is another: a copy, or a part of it."""
    mapping_key: str | None = None
    """Of a copy: the key of the dynamic output that it was made for."""
    serves: AssetKey | None = None
    """Of a step that makes no asset itself: the one that it works for, or checks."""
    is_partitioned: bool = field(default=False, name="partitioned")
    """Whether it is carried out for the partitions of the run."""
    pool: str | None = None
    """The pool of slots, shared by all runs, that it takes one from."""
    timeout_s: float | None = None
    """How long it may take, in seconds."""
    checks: tuple[AssetCheckKey, ...] = ()
    """The checks that it evaluates: beside its assets, or alone."""

    @property
    def subject(self) -> AssetKey | None:
        """The asset whose dependencies say which partitions it reads; None where it is of none."""
        return self.assets[0] if self.assets else self.serves

    @property
    def computation(self) -> str:
        """The step of the project that it carries out."""
        return self.computes or self.key


class RunPlan(Struct, frozen=True, omit_defaults=True):
    """The steps of a run, upstream before downstream, and what holds for all of them."""

    steps: tuple[StepPlan, ...]
    job: str | None = None
    """The job whose run it is."""
    config: JsonObject = {}
    """As it is written: `{"ops": {STEP: {"config": …}}, "resources": {NAME: {"config": …}}}`."""
    tags: Mapping[str, str] = {}
    max_concurrent: int | None = None
    """How many of its steps may run at once; None leaves it to the engine."""
    partitions: tuple[KeyRange, ...] = ()
    """Those that it is of, as ranges of keys; empty where it is of none."""
    has_secrets: bool = False
    """Whether it was configured with secrets, which stand masked in `config` where it was read from the store."""

    def __post_init__(self) -> None:
        if any(len(ends) == 1 for ends in self.partitions):  # as 0.1.0 wrote a range of one
            force_setattr(self, "partitions", tuple((ends[0], ends[-1]) for ends in self.partitions))

    @property
    def partition_key(self) -> str | None:
        return only_key(self.partitions)

    @property
    def assets(self) -> tuple[AssetKey, ...]:
        return tuple(key for step in self.steps for key in step.assets)

    def configurable(self) -> dict[str, str]:
        """Each step as a configuration names it → the step of the project that it carries out."""
        # A job's own op is `JOB:OP` in the project, and may be copied or split in the run; a check is `ASSET:CHECK` in both.
        return {
            step.computation.rpartition(":")[2] if step.computes is not None else step.key: step.computation
            for step in self.steps
        }

    @property
    def checks(self) -> tuple[AssetCheckKey, ...]:
        return tuple(key for step in self.steps for key in step.checks)


def only_key(partitions: tuple[KeyRange, ...]) -> str | None:
    """The only partition of ranges of keys; None where there are several, or none."""
    return partitions[0][0] if len(partitions) == 1 and partitions[0][0] == partitions[0][-1] else None
