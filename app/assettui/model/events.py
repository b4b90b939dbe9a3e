"""What has happened: one class for each thing that can, which is what a worker sends, the store keeps and faces show.

The store has columns for what most events have (when, of which run, step, asset and partition), and JSON for the rest.
The kind of an event, a word in the store and in `--json`, is its class; where a class is of a thing that comes to a
status, the kind names the status too: `run_success`, `step_failure`, `tick_skipped`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeAlias, cast

from msgspec import Struct, field

from assettui.model import codec
from assettui.model.asset import VERSIONS_KEPT, ValueRef
from assettui.model.backfill import BackfillCounts, BackfillPlan, BackfillStatus
from assettui.model.check import AssetCheckKey, AssetCheckSeverity, CheckOutcome
from assettui.model.drift import Drift
from assettui.model.freshness import FreshnessStatus
from assettui.model.instigator import InstigatorKind
from assettui.model.keys import AssetKey
from assettui.model.metadata import MetadataValue
from assettui.model.profile import Profile
from assettui.model.project import StepOutput
from assettui.model.run import RunPlan, RunStatus, StepError, StepPlan, StepStatus
from assettui.model.timing import SECOND_US


class EventKind(StrEnum):
    """The word for each thing that can happen."""

    RUN_QUEUED = "run_queued"
    RUN_STARTING = "run_starting"
    RUN_STARTED = "run_started"
    RUN_SUCCESS = "run_success"
    RUN_FAILURE = "run_failure"
    RUN_CANCELING = "run_canceling"
    RUN_CANCELED = "run_canceled"
    STEP_STARTED = "step_started"
    STEP_SUCCESS = "step_success"
    STEP_FAILURE = "step_failure"
    STEP_SKIPPED = "step_skipped"
    STEP_CANCELED = "step_canceled"
    STEP_RETRY = "step_retry"
    RUN_EXPANDED = "run_expanded"
    BACKFILL_QUEUED = "backfill_queued"
    BACKFILL_STARTED = "backfill_started"
    BACKFILL_PAUSED = "backfill_paused"
    BACKFILL_CANCELING = "backfill_canceling"
    BACKFILL_SUCCESS = "backfill_success"
    BACKFILL_FAILURE = "backfill_failure"
    BACKFILL_CANCELED = "backfill_canceled"
    INSTIGATOR_ON = "instigator_on"
    INSTIGATOR_OFF = "instigator_off"
    CURSOR_SET = "cursor_set"
    LIMIT_SET = "limit_set"
    TICK_SUCCESS = "tick_success"
    TICK_SKIPPED = "tick_skipped"
    TICK_FAILURE = "tick_failure"
    MATERIALIZED = "materialized"
    OBSERVED = "observed"
    CHECK_PASSED = "check_passed"
    CHECK_WARNED = "check_warned"
    CHECK_FAILED = "check_failed"
    WIPED = "wiped"
    FRESHNESS_CHANGED = "freshness_changed"
    PROFILED = "profiled"
    DRIFT_EXPECTED = "drift_expected"
    LOG = "log"


class Event(Struct, frozen=True, omit_defaults=True, tag_field="event"):
    """One fact."""

    time_us: int
    """When; microseconds since the epoch, UTC."""
    run_id: str = ""
    """Empty where it is of no run; so for the step."""
    step_key: str | None = None
    asset_key: AssetKey | None = None
    partition: str | None = None
    """The key of the partition that was materialized or observed."""
    id: int = 0
    """Ascending in the order of recording; 0 before it is recorded."""

    @property
    def kind(self) -> EventKind:
        """The word for what happened."""
        return EventKind(cast("str", type(self).__struct_config__.tag))

    @property
    def payload(self) -> dict[str, Any]:
        """What the columns of the store do not hold, as JSON has it."""
        data = codec.builtins(self)
        for name in _NOT_IN_PAYLOAD:
            data.pop(name, None)
        return data


class RunQueued(Event, frozen=True, kw_only=True, tag="run_queued"):
    """A run was asked for."""

    plan: RunPlan
    backfill: str | None = None
    """The backfill that it is part of."""
    tick: int | None = None
    """The event of the tick that asked for it."""
    intent: int | None = None


class RunChanged(Event, frozen=True, kw_only=True, tag="run"):
    """A run has come to another status."""

    status: RunStatus
    error: str | None = None
    """Why it failed, in one line."""

    @property
    def kind(self) -> EventKind:
        return EventKind(f"run_{self.status.value}")


class RunExpanded(Event, frozen=True, kw_only=True, tag="run_expanded"):
    """A dynamic output is known, so some steps gave way to copies."""

    replaced: tuple[str, ...] = ()
    """Their keys."""
    steps: tuple[StepPlan, ...] = ()
    """The copies, and what is otherwise now."""


class StepStarted(Event, frozen=True, kw_only=True, tag="step_started"):
    """A worker begins with a step."""

    worker: int | None = None
    """Its process id."""
    version: str | None = None
    """Names the versions of values that this attempt stores."""


class OpOutput(Struct, frozen=True, array_like=True):
    """Where the value is that an op has output."""

    source: StepOutput
    value: ValueRef


class StepEnded(Event, frozen=True, kw_only=True, tag="step"):
    """A step is over, or was skipped."""

    status: StepStatus
    error: StepError | None = None
    """Why, where it did not succeed."""
    op_outputs: tuple[OpOutput, ...] = field(default=(), name="handed")

    @property
    def kind(self) -> EventKind:
        return EventKind(f"step_{self.status.value}")


class StepRetried(Event, frozen=True, kw_only=True, tag="step_retry"):
    """A step failed and will be tried again."""

    retry: int
    """Which one, counted from 1."""
    at_us: int = 0
    """When."""
    error: StepError | None = None


class BackfillQueued(Event, frozen=True, kw_only=True, tag="backfill_queued"):
    """A backfill was asked for."""

    backfill: str
    """Its id."""
    plan: BackfillPlan
    requested: int
    """How many partitions."""


class BackfillChanged(Event, frozen=True, kw_only=True, tag="backfill"):
    """A backfill has come to another status."""

    status: BackfillStatus
    backfill: str
    counts: BackfillCounts | None = None
    """Once it is over."""
    error: str | None = None
    retry: bool = False
    """Whether it is begun once more."""

    @property
    def kind(self) -> EventKind:
        return EventKind(f"backfill_{self.status.value}")


class InstigatorTurned(Event, frozen=True, kw_only=True, tag="instigator"):
    """A schedule or sensor was turned on or off."""

    status: str
    """`on` or `off`."""
    instigator: str
    instigator_kind: InstigatorKind = field(name="kind")
    by: str = "person"
    """`default` where the project's code says so."""

    @property
    def kind(self) -> EventKind:
        return EventKind(f"instigator_{self.status}")


class CursorSet(Event, frozen=True, kw_only=True, tag="cursor_set"):
    """Somebody has set what a sensor remembers."""

    instigator: str
    instigator_kind: InstigatorKind = field(name="kind")
    cursor: str | None = None


class LimitSet(Event, frozen=True, kw_only=True, tag="limit_set"):
    """How much may go on at once was changed."""

    limit_kind: str = field(name="kind")
    """`runs`, `tag` or `pool`."""
    name: str = ""
    slots: int | None = None
    """None where it is not limited."""
    default: bool = False
    """Whether the project's settings count again."""


class PartitionKeysRequest(Struct, frozen=True, array_like=True):
    """Keys of dynamic partitions that a sensor wants to be added or removed."""

    name: str
    """Of the definition."""
    keys: tuple[str, ...]
    are_added: bool = True


class LogLine(Struct, frozen=True, array_like=True):
    """What was logged during an evaluation."""

    level: str
    message: str


class TickOutcome(StrEnum):
    """How a tick ended."""

    SUCCESS = "success"
    """It asked for runs, changed dynamic partitions, or reported what happened to assets."""
    SKIPPED = "skipped"
    """It asked for nothing."""
    FAILURE = "failure"


class TickRun(Struct, frozen=True, array_like=True, omit_defaults=True):
    """A run that a tick asked for, and its run key."""

    run_id: str
    run_key: str | None = None


class FailedItem(Struct, frozen=True, array_like=True):
    """One of the runs, or files, that a sensor is shown, by which its function has failed."""

    item: str
    """What it is known by."""
    label: str
    """As a person knows it."""
    error: StepError
    attempts: int = 1
    """How often it was tried, this time included."""


class Tick(Event, frozen=True, kw_only=True, tag="tick"):
    """A schedule or sensor was evaluated; `time_us` is when that ended, and `id` what the tick is known by."""

    outcome: TickOutcome
    instigator: str
    instigator_kind: InstigatorKind = field(name="kind")
    scheduled_us: int = field(name="scheduled")
    """The time that it was for: when it was due, or what somebody said."""
    started_us: int = field(name="started")
    due_us: int | None = None
    """Of a tick of a schedule that came by itself: the same time. There is one such tick for each."""
    runs: tuple[TickRun, ...] = ()
    """The runs that it asked for, as far as they are new."""
    known_run_keys: tuple[str, ...] = field(default=(), name="known")
    """Run keys that it asked for, and that had been asked for before."""
    skip_reason: str | None = None
    cursor_before: str | None = None
    """Of a sensor: what it remembered."""
    cursor_after: str | None = None
    """What it remembers since, where that is something else; an empty text for nothing."""
    keys: tuple[PartitionKeysRequest, ...] = ()
    """The dynamic partitions that it added or removed."""
    log: tuple[LogLine, ...] = ()
    error: StepError | None = None
    failed: tuple[FailedItem, ...] = ()
    """Of a sensor that is shown runs, or files: those by which it has failed. All others were seen to."""
    tried: tuple[str, ...] = ()
    """Those that had failed before, and were tried again."""
    missed: int = 0
    """So many ticks before it were missed, and are not made up for."""
    intent: int | None = field(default=None, name="asked")
    """The intent of whoever asked for it; None where it came by itself."""

    @property
    def kind(self) -> EventKind:
        return EventKind(f"tick_{self.outcome.value}")

    @property
    def ended_us(self) -> int:
        return self.time_us

    @property
    def run_ids(self) -> tuple[str, ...]:
        """The runs that it asked for, as far as they are new."""
        return tuple(run.run_id for run in self.runs)

    @property
    def is_manual(self) -> bool:
        """Whether somebody asked for it."""
        return self.intent is not None


LAST_UPDATED = "dagster/last_updated_timestamp"
"""Metadata that says when an asset's data was last changed, as Dagster documents it; seconds since the epoch."""


def _last_updated(metadata: Mapping[str, MetadataValue]) -> int | None:
    said = metadata.get(LAST_UPDATED)
    if said is None or isinstance(said.value, bool) or not isinstance(said.value, int | float):
        return None
    return int(said.value * SECOND_US)


class Materialization(Event, frozen=True, kw_only=True, tag="materialized"):
    """An asset, or a partition of it, was computed and stored."""

    asset_key: AssetKey  # pyright: ignore[reportGeneralTypeIssues] - given by name, here it must be
    data_version: str
    code_version: str | None = None
    input_versions: Mapping[str, str | None] = {}
    """Key of each upstream asset → its data version at that time; None where it had none."""
    duration_us: int | None = None
    rows: int | None = None
    value: ValueRef | None = None
    """None where the function stored its data itself."""
    metadata: Mapping[str, MetadataValue] = {}
    description: str | None = None
    """What a sensor says of it that reports it."""
    data_time_us: int | None = field(default=None, name="data_time")
    """The time of the oldest source data that it incorporates; None where it is a source itself, read when it was made."""
    versions_kept: int = field(default=VERSIONS_KEPT, name="keeps")
    """So many versions of the value are kept from now on, this one included."""
    restores: int | None = None
    """The number of the version whose value is current again by this; None where the value was computed."""

    @property
    def source_time_us(self) -> int:
        """The time of its data: of the oldest source, or of itself when it began to be read."""
        said = _last_updated(self.metadata)
        if said is not None:
            return said
        return self.data_time_us if self.data_time_us is not None else self.time_us - (self.duration_us or 0)


class Observation(Event, frozen=True, kw_only=True, tag="observed"):
    """What an asset's data looks like was recorded, without its having been computed."""

    asset_key: AssetKey  # pyright: ignore[reportGeneralTypeIssues] - as above
    data_version: str | None = None
    metadata: Mapping[str, MetadataValue] = {}
    description: str | None = None
    """As of a `Materialization`."""

    @property
    def source_time_us(self) -> int:
        """The time of its data: as it says itself, or when it was seen."""
        said = _last_updated(self.metadata)
        return said if said is not None else self.time_us


class CheckEvaluation(Event, frozen=True, kw_only=True, tag="check"):
    """A check of an asset's data was evaluated. One that could not be is told by the failure of its step."""

    outcome: CheckOutcome
    asset_key: AssetKey  # pyright: ignore[reportGeneralTypeIssues] - as above
    check_name: str
    severity: AssetCheckSeverity = AssetCheckSeverity.ERROR
    """What it says of a failure; of one that passed it says nothing."""
    is_blocking: bool = False
    metadata: Mapping[str, MetadataValue] = {}
    description: str | None = None
    """What its function says of the result."""

    @property
    def kind(self) -> EventKind:
        return EventKind(f"check_{self.outcome.value}")

    @property
    def passed(self) -> bool:
        return self.outcome is CheckOutcome.PASSED

    @property
    def is_stopping(self) -> bool:
        """Whether it keeps what lies downstream from being built of this data."""
        return self.is_blocking and self.outcome is CheckOutcome.FAILED

    @property
    def check_key(self) -> AssetCheckKey:
        return AssetCheckKey(self.asset_key, self.check_name)

    @property
    def asset_check_key(self) -> AssetCheckKey:
        """As `check_key`, by the name that Dagster documents."""
        return self.check_key


class FreshnessChanged(Event, frozen=True, kw_only=True, tag="freshness_changed"):
    """The data of an asset has become too old for its policy, or has not been so since."""

    asset_key: AssetKey  # pyright: ignore[reportGeneralTypeIssues] - as above
    freshness: FreshnessStatus
    data_time_us: int | None = field(default=None, name="data_time")
    """The time of its source data then."""


class DataProfiled(Event, frozen=True, kw_only=True, tag="profiled"):
    """It was looked what a materialization has made holds."""

    asset_key: AssetKey  # pyright: ignore[reportGeneralTypeIssues] - as above
    of: int
    """The event of the materialization."""
    made_us: int = field(name="made")
    """When that was."""
    profile: Profile
    drifts: tuple[Drift, ...] = ()
    """What is unusual about it."""
    next_by_us: int | None = field(default=None, name="next_by")
    """By when the asset is made again, where it is made as it always was; None where that cannot be told."""


class DriftExpected(Event, frozen=True, kw_only=True, tag="drift_expected"):
    """Somebody has said that what looked wrong about an asset, or a partition of it, is as it should be."""

    asset_key: AssetKey  # pyright: ignore[reportGeneralTypeIssues] - as above


class Wiped(Event, frozen=True, kw_only=True, tag="wiped"):
    """Somebody has had it forgotten that an asset, or a partition of it, was ever made; its values are gone."""


class LogEntry(Event, frozen=True, kw_only=True, tag="log"):
    """A step has logged something."""

    level: str
    logger: str = ""
    message: str = ""
    traceback: str | None = None


AssetEvent: TypeAlias = Materialization | Observation | CheckEvaluation
"""What a step records of an asset."""

_NOT_IN_PAYLOAD = (*Event.__struct_fields__, "event", "status", "outcome")
"""The columns of the store, and what the kind says."""
