"""The design of a project as plain values: what a worker sends, the store keeps, and engine and screens work on.

The snapshot holds no code and needs none: it is the last good word on what the project defines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from assettui.core.errors import Location, Problem
from assettui.core.instigators import InstigatorSnapshot
from assettui.core.keys import AssetKey
from assettui.core.metadata import JsonObject, MetadataValue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.core.partitions.mapping import PartitionMapping


FORMAT = 4
"""Raised whenever a snapshot of an older program can no longer be read."""


class InputSnapshot(Struct, frozen=True):
    """A value that an asset function reads."""

    name: str
    """The parameter that receives it."""
    key: AssetKey
    """The asset whose value it is."""
    may_lack: bool = False
    """Whether some of the partitions that it reads may never have been materialized."""

    def to_json(self) -> list[Any]:
        """As JSON."""
        return [self.name, str(self.key), *([True] if self.may_lack else [])]

    @staticmethod
    def from_json(data: Sequence[Any]) -> InputSnapshot:
        """The input that `to_json` wrote."""
        return InputSnapshot(data[0], AssetKey(data[1]), len(data) > 2)


class StepOutput(Struct, frozen=True):
    """A value that a step hands to other steps of the same run."""

    step: str
    output: str = "result"
    mapping_key: str | None = None
    """Which of the values that a dynamic output has; None of all others."""

    def to_json(self) -> list[str]:
        """As JSON."""
        return [self.step, self.output, *([] if self.mapping_key is None else [self.mapping_key])]

    @staticmethod
    def from_json(data: Sequence[str]) -> StepOutput:
        """The output that `to_json` wrote."""
        return StepOutput(*data)

    def __str__(self) -> str:
        key = f"[{self.mapping_key}]" if self.mapping_key is not None else ""
        return f"{self.step}.{self.output}{key}"


class Wire(Struct, frozen=True):
    """A parameter that receives what other steps of the same run hand on."""

    name: str
    sources: tuple[StepOutput, ...]
    is_list: bool = False
    """Whether it receives a list of all of them, rather than the value of the only one."""
    collects: StepOutput | None = None
    """The dynamic output over all of whose keys the only source is gathered; once they are known it is None."""

    def to_json(self) -> JsonObject:
        """Compact: what has its default value is left out."""
        data: dict[str, Any] = {"name": self.name, "from": [source.to_json() for source in self.sources]}
        if self.is_list:
            data["list"] = True
        if self.collects is not None:
            data["collects"] = self.collects.to_json()
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Wire:
        """The wire that `to_json` wrote."""
        return Wire(
            data["name"],
            tuple(StepOutput.from_json(source) for source in data["from"]),
            data.get("list", False),
            StepOutput.from_json(data["collects"]) if "collects" in data else None,
        )


class StepSnapshot(Struct, frozen=True):
    """What there is to know of a step beyond the assets that it makes: one op of a graph, or a step of several assets."""

    key: str
    is_op: bool = False
    """Whether it is one op of a graph, which reads what is said here rather than all that its assets read."""
    inputs: tuple[InputSnapshot, ...] = ()
    """The values of assets that the op reads."""
    upstream: tuple[AssetKey, ...] = ()
    """Assets that must be there before the op begins, and are not read."""
    wires: tuple[Wire, ...] = ()
    fan_out: StepOutput | None = None
    """The dynamic output for each of whose keys there is a copy of the step."""
    can_subset: bool = False
    """Whether it can make some of its assets without the others."""
    pool: str | None = None
    """Of an op: the pool of slots, shared by all runs, that it takes one from."""
    timeout_s: float | None = None
    """Of an op: how long it may take, in seconds."""

    def to_json(self) -> JsonObject:
        """Compact: what has its default value is left out."""
        data: dict[str, Any] = {"key": self.key}
        if self.is_op:
            data["op"] = True
        if self.inputs:
            data["inputs"] = [each.to_json() for each in self.inputs]
        if self.upstream:
            data["upstream"] = [str(key) for key in self.upstream]
        if self.wires:
            data["wires"] = [wire.to_json() for wire in self.wires]
        if self.fan_out is not None:
            data["fan_out"] = self.fan_out.to_json()
        if self.can_subset:
            data["can_subset"] = True
        if self.pool is not None:
            data["pool"] = self.pool
        if self.timeout_s is not None:
            data["timeout_s"] = self.timeout_s
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> StepSnapshot:
        """The snapshot that `to_json` wrote."""
        return StepSnapshot(
            key=data["key"],
            is_op=data.get("op", False),
            inputs=tuple(InputSnapshot.from_json(each) for each in data.get("inputs", ())),
            upstream=tuple(AssetKey(key) for key in data.get("upstream", ())),
            wires=tuple(Wire.from_json(wire) for wire in data.get("wires", ())),
            fan_out=StepOutput.from_json(data["fan_out"]) if "fan_out" in data else None,
            can_subset=data.get("can_subset", False),
            pool=data.get("pool"),
            timeout_s=data.get("timeout_s"),
        )


class JobSnapshot(Struct, frozen=True):
    """A job: a selection of assets, or a graph of ops, that is run under one name."""

    name: str
    selection: str | None = None
    """The assets, in the syntax of selections; None where the job is made of ops."""
    steps: tuple[StepSnapshot, ...] = ()
    """The ops, upstream before downstream."""
    description: str | None = None
    tags: Mapping[str, str] = {}
    metadata: Mapping[str, MetadataValue] = {}
    config: JsonObject = {}
    """What its runs are configured with, where they say nothing else; secrets are masked."""
    hooks: tuple[str, ...] = ()
    max_concurrent: int | None = None
    """How many of its steps may run at once, in one run; None leaves it to the engine."""
    partitions: PartitionsDefinition | None = None
    """Those that its runs are of; None leaves it to its assets."""
    at: Location | None = None

    def to_json(self) -> JsonObject:
        """Compact: what has its default value is left out."""
        data: dict[str, Any] = {"name": self.name}
        for name in ("selection", "description", "max_concurrent"):
            value = getattr(self, name)
            if value is not None:
                data[name] = value
        if self.steps:
            data["steps"] = [step.to_json() for step in self.steps]
        if self.tags:
            data["tags"] = dict(self.tags)
        if self.metadata:
            data["metadata"] = {name: value.to_json() for name, value in self.metadata.items()}
        if self.config:
            data["config"] = self.config
        if self.hooks:
            data["hooks"] = list(self.hooks)
        if self.partitions is not None:
            data["partitions"] = self.partitions.to_json()
        if self.at is not None:
            data["at"] = [self.at.file, self.at.line]
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> JobSnapshot:
        """The snapshot that `to_json` wrote."""
        return JobSnapshot(
            name=data["name"],
            selection=data.get("selection"),
            steps=tuple(StepSnapshot.from_json(step) for step in data.get("steps", ())),
            description=data.get("description"),
            tags=data.get("tags", {}),
            metadata={name: MetadataValue.from_json(value) for name, value in data.get("metadata", {}).items()},
            config=data.get("config", {}),
            hooks=tuple(data.get("hooks", ())),
            max_concurrent=data.get("max_concurrent"),
            partitions=_partitions(data["partitions"]) if "partitions" in data else None,
            at=Location(*data["at"]) if "at" in data else None,
        )


class AssetSnapshot(Struct, frozen=True):
    """One asset as the project defines it."""

    key: AssetKey
    group: str = "default"
    step: str | None = None
    """The step that materializes it, or for an external asset the one that observes it; None where there is none."""
    is_observable: bool = False
    """Whether its step only looks at it: something else makes it."""
    output: str = "result"
    """The output of the step that holds it."""
    is_required: bool = True
    """Whether the step fails where it does not make it."""
    io_manager: str | None = None
    """The resource that stores and loads its value; None for the default one."""
    upstream: tuple[AssetKey, ...] = ()
    """All that it depends on, read or not, in the order of the definition."""
    inputs: tuple[InputSnapshot, ...] = ()
    """What the step reads, a subset of `upstream`."""
    description: str | None = None
    owners: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    """Sorted."""
    tags: Mapping[str, str] = {}
    metadata: Mapping[str, MetadataValue] = {}
    code_version: str | None = None
    pool: str | None = None
    """The pool of slots, shared by all runs, that its step takes one from."""
    timeout_s: float | None = None
    """How long its step may take, in seconds."""
    partitions: PartitionsDefinition | None = None
    mappings: Mapping[AssetKey, PartitionMapping] = {}
    """Which partitions of what it depends on a partition needs, where that is not the default. Its own key among them
    says that a partition needs earlier ones of the asset itself, which is not in `upstream`."""
    partitions_per_run: int | None = 1
    """How many partitions a run of a backfill makes; None for all of them."""
    at: Location | None = None

    @property
    def is_external(self) -> bool:
        """Whether something other than this project makes it."""
        return self.step is None or self.is_observable

    def to_json(self) -> JsonObject:
        """Compact: what has its default value is left out."""
        data: dict[str, Any] = {"key": str(self.key), "group": self.group}
        for name in ("step", "io_manager", "code_version", "pool", "timeout_s"):
            value = getattr(self, name)
            if value is not None:
                data[name] = value
        if self.is_observable:
            data["observable"] = True
        if self.output != "result":
            data["output"] = self.output
        if not self.is_required:
            data["optional"] = True
        if self.upstream:
            data["upstream"] = [str(key) for key in self.upstream]
        if self.inputs:
            data["inputs"] = [each.to_json() for each in self.inputs]
        if self.description:
            data["description"] = self.description
        if self.owners:
            data["owners"] = list(self.owners)
        if self.kinds:
            data["kinds"] = list(self.kinds)
        if self.tags:
            data["tags"] = dict(self.tags)
        if self.metadata:
            data["metadata"] = {name: value.to_json() for name, value in self.metadata.items()}
        if self.partitions is not None:
            data["partitions"] = self.partitions.to_json()
        if self.mappings:
            data["mappings"] = [[str(key), mapping.to_json()] for key, mapping in self.mappings.items()]
        if self.partitions_per_run != 1:
            data["partitions_per_run"] = self.partitions_per_run
        if self.at is not None:
            data["at"] = [self.at.file, self.at.line]
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> AssetSnapshot:
        """The snapshot that `to_json` wrote."""
        return AssetSnapshot(
            key=AssetKey(data["key"]),
            group=data["group"],
            step=data.get("step"),
            is_observable=data.get("observable", False),
            output=data.get("output", "result"),
            is_required=not data.get("optional", False),
            io_manager=data.get("io_manager"),
            upstream=tuple(AssetKey(key) for key in data.get("upstream", ())),
            inputs=tuple(InputSnapshot.from_json(each) for each in data.get("inputs", ())),
            description=data.get("description"),
            owners=tuple(data.get("owners", ())),
            kinds=tuple(data.get("kinds", ())),
            tags=data.get("tags", {}),
            metadata={name: MetadataValue.from_json(value) for name, value in data.get("metadata", {}).items()},
            code_version=data.get("code_version"),
            pool=data.get("pool"),
            timeout_s=data.get("timeout_s"),
            partitions=_partitions(data["partitions"]) if "partitions" in data else None,
            mappings={AssetKey(key): _mapping(said) for key, said in data.get("mappings", ())},
            partitions_per_run=data.get("partitions_per_run", 1),
            at=Location(*data["at"]) if "at" in data else None,
        )


class ProjectSnapshot(Struct, frozen=True):
    """All that a project defines."""

    name: str
    assets: tuple[AssetSnapshot, ...] = ()
    """In the order of the definition, external assets last."""
    warnings: tuple[Problem, ...] = ()
    sources: tuple[str, ...] = ()
    """Absolute paths of the project's own files that were imported."""
    steps: tuple[StepSnapshot, ...] = ()
    """Of the steps that make assets, those of which there is more to know."""
    jobs: tuple[JobSnapshot, ...] = ()
    config_schemas: Mapping[str, JsonObject] = {}
    """The JSON schema of what can be configured: `ops.STEP` and `resources.NAME`, where there is any."""
    resources: tuple[str, ...] = ()
    """The names of the project's resources."""
    instigators: tuple[InstigatorSnapshot, ...] = ()
    """Its schedules, then its sensors."""

    def to_json(self) -> JsonObject:
        """The snapshot as JSON, with the version of its format."""
        return {
            "format": FORMAT,
            "name": self.name,
            "assets": [asset.to_json() for asset in self.assets],
            "warnings": [
                {
                    "what": warning.what,
                    "hint": warning.hint,
                    "at": [warning.at.file, warning.at.line] if warning.at else None,
                }
                for warning in self.warnings
            ],
            "sources": list(self.sources),
            "steps": [step.to_json() for step in self.steps],
            "jobs": [job.to_json() for job in self.jobs],
            "config_schemas": dict(self.config_schemas),
            "resources": list(self.resources),
            "instigators": [each.to_json() for each in self.instigators],
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> ProjectSnapshot:
        """The snapshot that `to_json` wrote.

        Raises:
            ValueError: It was written in another format.
        """
        if data.get("format") != FORMAT:
            raise ValueError(f"a snapshot of format {data.get('format')}, not {FORMAT}")
        return ProjectSnapshot(
            name=data["name"],
            assets=tuple(AssetSnapshot.from_json(asset) for asset in data["assets"]),
            warnings=tuple(
                Problem(
                    warning["what"],
                    Location(*warning["at"]) if warning["at"] else None,
                    warning["hint"],
                )
                for warning in data["warnings"]
            ),
            sources=tuple(data["sources"]),
            steps=tuple(StepSnapshot.from_json(step) for step in data["steps"]),
            jobs=tuple(JobSnapshot.from_json(job) for job in data["jobs"]),
            config_schemas=data["config_schemas"],
            resources=tuple(data["resources"]),
            instigators=tuple(InstigatorSnapshot.from_json(each) for each in data["instigators"]),
        )


def _partitions(data: Mapping[str, Any]) -> PartitionsDefinition:
    from assettui.core.partitions.json_forms import definition_from_json  # deferred: most projects need it not

    return definition_from_json(data)


def _mapping(data: Mapping[str, Any]) -> PartitionMapping:
    from assettui.core.partitions.json_forms import mapping_from_json  # deferred, as above

    return mapping_from_json(data)
