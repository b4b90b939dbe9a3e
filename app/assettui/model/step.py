"""What a worker is asked to do, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Raw, Struct

from assettui.model.asset import VERSIONS_KEPT, ValueRef
from assettui.model.events import AssetEvent, LogEntry, Materialization, Observation, OpOutput
from assettui.model.keys import AssetKey
from assettui.model.metadata import JsonObject
from assettui.model.run import KeyRange, StepError, StepPlan, StepStatus
from assettui.model.tick import Evaluation


class PartitionsRead(Struct, frozen=True):
    """The partitions of an asset that a step reads."""

    keys: tuple[str, ...]
    """In order."""
    values: Mapping[str, ValueRef | None]
    """The stored value of each that was ever materialized; None where it was made without one."""


class AwaitedPartition(Struct, frozen=True):
    """The partition that is to be materialized next."""

    key: str
    from_us: int
    """When it comes to be; microseconds since the epoch, UTC."""


class AssetPast(Struct, frozen=True, omit_defaults=True):
    """What has happened to an asset, as far as checks look at it."""

    materializations: tuple[Materialization, ...] = ()
    """The last ones, the newest first."""
    observation: Observation | None = None
    newest_partition: str | None = None
    """Of an asset with partitions: the last that was materialized, in their order."""
    awaited: AwaitedPartition | None = None
    """Of partitions of time: the one behind it, or the first of all; None where there will never be one."""


class StepRequest(Struct, frozen=True, omit_defaults=True):
    """All that a step needs: nothing in it assumes that it runs on the leader's machine but the paths."""

    run_id: str
    step: StepPlan
    values: Mapping[AssetKey, ValueRef | None]
    """The stored value of each asset that the step reads; None where it was made without one."""
    input_versions: Mapping[str, str | None]
    """Data version of each upstream asset, by key."""
    version: str
    """Names the versions of values that this attempt stores; unique among all attempts."""
    stdout: str = ""
    """Absolute path of the file that receives what the step prints; empty leaves stdout as it is."""
    stderr: str = ""
    op_outputs: tuple[OpOutput, ...] = ()
    """What other steps of the run hand to this one; what they have not made is missing."""
    job: str | None = None
    tags: Mapping[str, str] = {}
    """Of the run."""
    config: JsonObject = {}
    """The run's configuration."""
    partitions: tuple[KeyRange, ...] = ()
    """Those of the run, as ranges of keys, both ends included."""
    partition_keys: tuple[str, ...] = ()
    """Those that the step makes, in order; empty where what it makes has none."""
    partitions_read: Mapping[AssetKey, PartitionsRead] = {}
    """Of each asset with partitions that it reads, which ones."""
    partition_versions: Mapping[str, Mapping[str, str | None]] = {}
    """Where it makes several partitions: for each the data versions of what it depends on, as `input_versions`."""
    retry_number: int = 0
    """How many times the step has been tried before."""
    input_times: Mapping[str, int] = {}
    """The time of the source data of each upstream asset, by key, where it is known; of partitions the oldest that is read."""
    versions_kept: int = VERSIONS_KEPT
    """So many versions of a value are kept, where its asset does not say."""
    pasts: Mapping[AssetKey, AssetPast] = {}
    """Of a step that only checks: what has happened to the assets that it is about."""


class StepOutcome(Struct, frozen=True, omit_defaults=True):
    """How a step ended."""

    status: StepStatus
    asset_events: tuple[AssetEvent, ...] = ()
    """What it has made or seen, its values stored, as far as it was not told while the step ran; where it failed,
    what it had made before."""
    error: StepError | None = None
    retry_after_us: int | None = None
    """Of a failure: how long to wait before it is tried again; None where it is not to be."""
    is_final: bool = False
    """Of a failure: whether the same would happen again, until a person mends something."""
    op_outputs: tuple[OpOutput, ...] = ()
    """The values that it hands to other steps of the run, those of a dynamic output in order."""
    omitted: tuple[str, ...] = ()
    """The outputs that it was free to leave out, and did."""
    omitted_assets: tuple[AssetKey, ...] = ()
    """The assets of those outputs."""
    exception: BaseException | None = None
    """The user's own exception; it does not travel."""

    @property
    def materializations(self) -> tuple[Materialization, ...]:
        return tuple(each for each in self.asset_events if isinstance(each, Materialization))

    def mapping_keys(self) -> dict[str, list[str]]:
        """The keys of each of its dynamic outputs that has any."""
        found: dict[str, list[str]] = {}
        for each in self.op_outputs:
            if each.source.mapping_key is not None:
                found.setdefault(each.source.output, []).append(each.source.mapping_key)
        return found


# What a worker says.

_NOTHING = Raw(b"null")


class Said(Struct, frozen=True, omit_defaults=True, tag_field="is", tag=str.lower):
    """A message of a worker."""


class Loaded(Said, frozen=True):
    """It has imported the project."""

    pid: int
    snapshot: Raw = _NOTHING
    """A `ProjectSnapshot`; null where nobody asked for one."""

    @property
    def described(self) -> bytes | None:
        """The snapshot as it is kept; None where there is none."""
        return bytes(self.snapshot) if self.snapshot != _NOTHING else None


class Broken(Said, frozen=True):
    """It cannot import the project."""

    error: StepError
    sources: tuple[str, ...] = ()
    """The project's own files that it had imported by then."""


class Logged(Said, frozen=True):
    """Its step has logged something."""

    entry: LogEntry


class Retriable(Said, frozen=True):
    """The step that it begins with is to be tried again if it takes too long or ends the worker."""

    run_id: str
    step_key: str
    retry_after_us: int


class Reported(Said, frozen=True):
    """Its step has made or seen something, and goes on."""

    run_id: str
    step_key: str
    asset_event: AssetEvent


class Done(Said, frozen=True):
    """Its step is over."""

    run_id: str
    step_key: str
    outcome: StepOutcome
    rss_bytes: int = 0
    is_spent: bool = False
    """Whether the step has left something in its process that the next one must not find."""


class Evaluated(Said, frozen=True):
    """An evaluation is over."""

    name: str
    """Of the schedule or sensor."""
    evaluation: Evaluation
    rss_bytes: int = 0
    is_spent: bool = False
    """As of `Done`."""


WorkerMessage: TypeAlias = Loaded | Broken | Logged | Retriable | Reported | Done | Evaluated
