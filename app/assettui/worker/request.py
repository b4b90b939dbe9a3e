"""What a worker is asked to do, and what it answers: values that travel as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct

from assettui.core.keys import AssetKey
from assettui.core.planning import StepPlan
from assettui.core.records import Materialization, Observation, StepError, StepStatus, ValueRef
from assettui.core.snapshot import StepOutput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assettui.core.metadata import JsonObject

AssetEvent: TypeAlias = Materialization | Observation
"""What a step records of an asset."""


class PartitionsRead(Struct, frozen=True):
    """The partitions of an asset that a step reads."""

    keys: tuple[str, ...]
    """In order."""
    values: Mapping[str, ValueRef | None]
    """The stored value of each that was ever materialized; None where it was made without one."""

    def to_json(self) -> list[Any]:
        """As JSON: a list for each key, of one where it was never materialized."""
        return [
            [key, ref.to_json() if (ref := self.values[key]) is not None else None] if key in self.values else [key]
            for key in self.keys
        ]

    @staticmethod
    def from_json(data: Sequence[Sequence[Any]]) -> PartitionsRead:
        """What `to_json` wrote."""
        return PartitionsRead(
            tuple(each[0] for each in data),
            {each[0]: ValueRef.from_json(each[1]) if each[1] is not None else None for each in data if len(each) > 1},
        )


class StepRequest(Struct, frozen=True):
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
    op_outputs: Mapping[StepOutput, ValueRef] = {}
    """What other steps of the run hand to this one; what they have not made is missing."""
    job: str | None = None
    tags: Mapping[str, str] = {}
    """Of the run."""
    config: JsonObject = {}
    """The run's configuration."""
    partitions: tuple[tuple[str, str], ...] = ()
    """Those of the run, as ranges of keys, both ends included."""
    partition_keys: tuple[str, ...] = ()
    """Those that the step makes, in order; empty where what it makes has none."""
    partitions_read: Mapping[AssetKey, PartitionsRead] = {}
    """Of each asset with partitions that it reads, which ones."""
    partition_versions: Mapping[str, Mapping[str, str | None]] = {}
    """Where it makes several partitions: for each the data versions of what it depends on, as `input_versions`."""
    retry_number: int = 0
    """How many times the step has been tried before."""

    def to_json(self) -> JsonObject:
        """As JSON; what has its default value is left out."""
        data: dict[str, Any] = {
            "run_id": self.run_id,
            "step": self.step.to_json(),
            "values": {str(key): ref.to_json() if ref else None for key, ref in self.values.items()},
            "input_versions": dict(self.input_versions),
            "version": self.version,
            "stdout": self.stdout,
            "stderr": self.stderr,
        }
        if self.op_outputs:
            data["handed"] = [[source.to_json(), ref.to_json()] for source, ref in self.op_outputs.items()]
        if self.job is not None:
            data["job"] = self.job
        if self.tags:
            data["tags"] = dict(self.tags)
        if self.config:
            data["config"] = self.config
        if self.partitions:
            data["partitions"] = [list(ends) for ends in self.partitions]
        if self.partition_keys:
            data["partition_keys"] = list(self.partition_keys)
        if self.partitions_read:
            data["partitions_read"] = {str(key): read.to_json() for key, read in self.partitions_read.items()}
        if self.partition_versions:
            data["slice_versions"] = {key: dict(versions) for key, versions in self.partition_versions.items()}
        if self.retry_number:
            data["retry_number"] = self.retry_number
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> StepRequest:
        """The request that `to_json` wrote."""
        return StepRequest(
            run_id=data["run_id"],
            step=StepPlan.from_json(data["step"]),
            values={
                AssetKey(key): ValueRef.from_json(ref) if ref is not None else None
                for key, ref in data["values"].items()
            },
            input_versions=data["input_versions"],
            version=data["version"],
            stdout=data["stdout"],
            stderr=data["stderr"],
            op_outputs={
                StepOutput.from_json(source): ValueRef.from_json(ref) for source, ref in data.get("handed", ())
            },
            job=data.get("job"),
            tags=data.get("tags", {}),
            config=data.get("config", {}),
            partitions=tuple((first, last) for first, last in data.get("partitions", ())),
            partition_keys=tuple(data.get("partition_keys", ())),
            partitions_read={
                AssetKey(key): PartitionsRead.from_json(read) for key, read in data.get("partitions_read", {}).items()
            },
            partition_versions=data.get("slice_versions", {}),
            retry_number=data.get("retry_number", 0),
        )


class StepOutcome(Struct, frozen=True):
    """How a step ended."""

    status: StepStatus
    asset_events: tuple[AssetEvent, ...] = ()
    """What it has made or seen, its values stored, as far as it was not told while the step ran; where it failed,
    what it had made before."""
    error: StepError | None = None
    retry_after_us: int | None = None
    """Of a failure: how long to wait before it is tried again; None where it is not to be."""
    op_outputs: Mapping[StepOutput, ValueRef] = {}
    """The values that it hands to other steps of the run, those of a dynamic output in order."""
    omitted: tuple[str, ...] = ()
    """The outputs that it was free to leave out, and did."""
    omitted_assets: tuple[AssetKey, ...] = ()
    """The assets of those outputs."""
    exception: BaseException | None = None
    """The user's own exception; it does not travel."""

    @property
    def materializations(self) -> tuple[Materialization, ...]:
        """What it has made."""
        return tuple(each for each in self.asset_events if isinstance(each, Materialization))

    def mapping_keys(self) -> dict[str, list[str]]:
        """The keys of each of its dynamic outputs that has any."""
        found: dict[str, list[str]] = {}
        for source in self.op_outputs:
            if source.mapping_key is not None:
                found.setdefault(source.output, []).append(source.mapping_key)
        return found

    def to_json(self) -> JsonObject:
        """As JSON, without the exception; what has its default value is left out."""
        data: dict[str, Any] = {
            "status": self.status.value,
            "made": [asset_event_json(each) for each in self.asset_events],
            "error": self.error.to_json() if self.error else None,
        }
        if self.retry_after_us is not None:
            data["retry_after_us"] = self.retry_after_us
        if self.op_outputs:
            data["handed"] = [[source.to_json(), ref.to_json()] for source, ref in self.op_outputs.items()]
        if self.omitted:
            data["omitted"] = list(self.omitted)
            data["omitted_assets"] = [str(key) for key in self.omitted_assets]
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> StepOutcome:
        """The outcome that `to_json` wrote."""
        return StepOutcome(
            StepStatus(data["status"]),
            tuple(asset_event_from_json(each) for each in data["made"]),
            StepError.from_json(data["error"]) if data["error"] else None,
            data.get("retry_after_us"),
            {StepOutput.from_json(source): ValueRef.from_json(ref) for source, ref in data.get("handed", ())},
            tuple(data.get("omitted", ())),
            tuple(AssetKey(key) for key in data.get("omitted_assets", ())),
        )


def asset_event_json(asset_event: AssetEvent) -> JsonObject:
    """What a step has made or seen, as JSON."""
    return {
        "is": "made" if isinstance(asset_event, Materialization) else "seen",
        "asset": str(asset_event.asset_key),
        "time_us": asset_event.time_us,
        "run_id": asset_event.run_id,
        **({"partition": asset_event.partition} if asset_event.partition is not None else {}),
        **asset_event.payload(),
    }


def asset_event_from_json(data: Mapping[str, Any]) -> AssetEvent:
    """What `asset_event_json` wrote."""
    kind = Materialization if data["is"] == "made" else Observation
    return kind.from_payload(AssetKey(data["asset"]), data["time_us"], data["run_id"], data, data.get("partition"))
