"""What has happened, as typed rows: events, runs, steps, and the current state of assets."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from assettui.core.metadata import JsonObject, MetadataValue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.keys import AssetKey


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


class EventKind(StrEnum):
    """What an event says. The events of a run or step are named for the status that they lead to."""

    RUN_QUEUED = "run_queued"
    """Payload: `assets`, `plan`, `job`, `tags`."""
    RUN_STARTING = "run_starting"
    RUN_STARTED = "run_started"
    RUN_SUCCESS = "run_success"
    RUN_FAILURE = "run_failure"
    """Payload: `error`, in one line."""
    RUN_CANCELING = "run_canceling"
    RUN_CANCELED = "run_canceled"
    STEP_STARTED = "step_started"
    """Payload: `worker`, its process id, and `assets`."""
    STEP_SUCCESS = "step_success"
    STEP_FAILURE = "step_failure"
    """Payload: `error`, a `StepError`."""
    STEP_SKIPPED = "step_skipped"
    """Payload: `error`, whose message is the reason."""
    STEP_CANCELED = "step_canceled"
    STEP_RETRY = "step_retry"
    """A step failed and will be tried again. Payload: `error`, a `StepError`; `retry`, which one, counted from 1; and
    `at_us`, when."""
    RUN_EXPANDED = "run_expanded"
    """A dynamic output is known, so some steps gave way to copies. Payload: `replaced`, step keys; `steps`, their plans."""
    BACKFILL_QUEUED = "backfill_queued"
    """Payload: `backfill`, its id; `plan`; `requested`, how many partitions."""
    BACKFILL_STARTED = "backfill_started"
    """It goes on, after a pause or, with the payload `retry`, once more. Payload: `backfill`."""
    BACKFILL_PAUSED = "backfill_paused"
    BACKFILL_CANCELING = "backfill_canceling"
    BACKFILL_SUCCESS = "backfill_success"
    """Payload: `backfill`, `counts`, and `error` where something failed; so for the next two."""
    BACKFILL_FAILURE = "backfill_failure"
    BACKFILL_CANCELED = "backfill_canceled"
    INSTIGATOR_ON = "instigator_on"
    """A schedule or sensor was turned on. Payload: `instigator`, `kind`, and `by`: `default`, or `person`."""
    INSTIGATOR_OFF = "instigator_off"
    CURSOR_SET = "cursor_set"
    """Somebody has set what a sensor remembers. Payload: `instigator`, `kind`, `cursor`."""
    LIMIT_SET = "limit_set"
    """How much may go on at once was changed. Payload: `kind`, `runs`, `tag` or `pool`; `name`; `slots`, None where it is
    not limited; or `default`, true, where the project's settings count again."""
    TICK_SUCCESS = "tick_success"
    """A schedule or sensor was evaluated. Payload: see `TickRecord`; so for the next two."""
    TICK_SKIPPED = "tick_skipped"
    TICK_FAILURE = "tick_failure"
    MATERIALIZED = "materialized"
    """Payload: see `Materialization`."""
    OBSERVED = "observed"
    """Payload: see `Observation`."""
    LOG = "log"
    """Payload: `level`, `logger`, `message`, and `traceback` where there is one."""


class Event(Struct, frozen=True):
    """One fact."""

    kind: EventKind
    time_us: int
    run_id: str | None = None
    step_key: str | None = None
    asset_key: AssetKey | None = None
    payload: JsonObject = {}
    partition: str | None = None
    """The key of the partition that was materialized or observed."""
    id: int = 0
    """Ascending in the order of recording; 0 before it is recorded."""


class StepError(Struct, frozen=True):
    """Why a step failed, was skipped or was canceled."""

    message: str
    """In one line."""
    kind: str = "error"
    """`exception`, `exit`, `signal`, `skipped`, `canceled`, `lost` (its leader died), or `error`."""
    exception: str | None = None
    """The name of the user's exception class."""
    traceback: str | None = None
    """The user's frames first, those of the program left out."""
    metadata: Mapping[str, MetadataValue] = {}
    """What the function said of its failure."""

    def to_json(self) -> JsonObject:
        """Without what is None."""
        data: JsonObject = {"message": self.message, "kind": self.kind}
        if self.exception:
            data["exception"] = self.exception
        if self.traceback:
            data["traceback"] = self.traceback
        if self.metadata:
            data["metadata"] = {name: value.to_json() for name, value in self.metadata.items()}
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> StepError:
        """The error that `to_json` wrote."""
        return StepError(
            data["message"],
            data.get("kind", "error"),
            data.get("exception"),
            data.get("traceback"),
            {name: MetadataValue.from_json(value) for name, value in data.get("metadata", {}).items()},
        )


class ValueRef(Struct, frozen=True):
    """Where a stored value is, and how to read it."""

    format: str
    """The name of the format that wrote it, such as `parquet:polars`, `json`, `pickle` or `none`."""
    path: str = ""
    """Relative to the folder for values; empty where the format needs no file."""
    size_bytes: int = 0

    def to_json(self) -> JsonObject:
        """As JSON."""
        return {"format": self.format, "path": self.path, "size_bytes": self.size_bytes}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> ValueRef:
        """The reference that `to_json` wrote."""
        return ValueRef(data["format"], data["path"], data["size_bytes"])


class Materialization(Struct, frozen=True):
    """The record of having computed and stored an asset."""

    asset_key: AssetKey
    time_us: int
    run_id: str
    data_version: str
    code_version: str | None
    input_versions: Mapping[str, str | None]
    """Key of each upstream asset → its data version at that time; None where it had none."""
    duration_us: int | None = None
    rows: int | None = None
    value: ValueRef | None = None
    """None where the function stored its data itself."""
    metadata: Mapping[str, MetadataValue] = {}
    partition: str | None = None
    """The partition that was made; None of an asset that has none."""

    def payload(self) -> JsonObject:
        """The payload of the event that records it: all that the event's own columns do not hold."""
        data: dict[str, Any] = {"data_version": self.data_version}
        if self.code_version is not None:
            data["code_version"] = self.code_version
        if self.input_versions:
            data["input_versions"] = dict(self.input_versions)
        if self.duration_us is not None:
            data["duration_us"] = self.duration_us
        if self.rows is not None:
            data["rows"] = self.rows
        if self.value is not None:
            data["value"] = self.value.to_json()
        if self.metadata:
            data["metadata"] = {name: value.to_json() for name, value in self.metadata.items()}
        return data

    @staticmethod
    def from_payload(
        asset_key: AssetKey, time_us: int, run_id: str, data: Mapping[str, Any], partition: str | None = None
    ) -> Materialization:
        """The materialization that `payload` wrote."""
        return Materialization(
            asset_key=asset_key,
            time_us=time_us,
            run_id=run_id,
            data_version=data["data_version"],
            code_version=data.get("code_version"),
            input_versions=data.get("input_versions", {}),
            duration_us=data.get("duration_us"),
            rows=data.get("rows"),
            value=ValueRef.from_json(data["value"]) if "value" in data else None,
            metadata={name: MetadataValue.from_json(value) for name, value in data.get("metadata", {}).items()},
            partition=partition,
        )


class Observation(Struct, frozen=True):
    """The record of what an asset's data looked like, made without computing it."""

    asset_key: AssetKey
    time_us: int
    run_id: str
    data_version: str | None = None
    metadata: Mapping[str, MetadataValue] = {}
    partition: str | None = None
    """The partition that was looked at; None of an asset that has none."""

    def payload(self) -> JsonObject:
        """The payload of the event that records it: all that the event's own columns do not hold."""
        data: dict[str, Any] = {}
        if self.data_version is not None:
            data["data_version"] = self.data_version
        if self.metadata:
            data["metadata"] = {name: value.to_json() for name, value in self.metadata.items()}
        return data

    @staticmethod
    def from_payload(
        asset_key: AssetKey, time_us: int, run_id: str, data: Mapping[str, Any], partition: str | None = None
    ) -> Observation:
        """The observation that `payload` wrote."""
        return Observation(
            asset_key,
            time_us,
            run_id,
            data.get("data_version"),
            {name: MetadataValue.from_json(value) for name, value in data.get("metadata", {}).items()},
            partition,
        )


class AssetState(Struct, frozen=True):
    """What is known of an asset now."""

    asset_key: AssetKey
    last: Materialization | None = None
    failed_us: int | None = None
    """When a step of it last failed, if it has not been materialized since."""
    failed_run: str | None = None
    error: str | None = None
    """Why it failed, in one line."""
    running_run: str | None = None
    """The run that is computing it now."""
    observed: Observation | None = None
    """The last observation."""

    @property
    def data_version(self) -> str | None:
        """What identifies its data: as it was made, or, of what nothing here has made, as it was last seen."""
        if self.last is not None:
            return self.last.data_version
        return self.observed.data_version if self.observed is not None else None


class PartitionState(Struct, frozen=True):
    """What is known of a partition of an asset now."""

    partition: str
    last: Materialization | None = None
    failed_us: int | None = None
    """When an attempt at it last failed, if it has not been materialized since."""
    failed_run: str | None = None
    error: str | None = None
    """Why it failed, in one line."""


class RunRecord(Struct, frozen=True):
    """One run."""

    run_id: str
    status: RunStatus
    created_us: int
    started_us: int | None = None
    ended_us: int | None = None
    assets: tuple[AssetKey, ...] = ()
    job: str | None = None
    partitions: tuple[tuple[str, str], ...] = ()
    """Those that it is of, as ranges of keys, both ends included."""
    tags: Mapping[str, str] = {}
    error: str | None = None
    """Why it failed, in one line."""
    backfill: str | None = None
    """The backfill that it is part of."""


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
