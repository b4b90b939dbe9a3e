"""The design of a project as plain values: what a worker sends, the store keeps, and engine and screens work on.

The snapshot holds no code and needs none: it is the last good word on what the project defines.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from assettui.model import codec
from assettui.model.check import CheckSnapshot
from assettui.model.errors import Location, Problem
from assettui.model.freshness import FreshnessPolicy
from assettui.model.instigator import InstigatorSnapshot
from assettui.model.keys import AssetKey
from assettui.model.metadata import JsonObject, MetadataValue

if TYPE_CHECKING:
    from assettui.core.conditions.condition import AutomationCondition
    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.core.partitions.mapping import PartitionMapping
else:
    AutomationCondition = codec.written(
        "AutomationCondition", "assettui.core.conditions.json_forms:condition_from_json"
    )
    PartitionsDefinition = codec.written(
        "PartitionsDefinition", "assettui.core.partitions.json_forms:definition_from_json"
    )
    PartitionMapping = codec.written("PartitionMapping", "assettui.core.partitions.json_forms:mapping_from_json")


FORMAT = 6
"""Raised whenever a snapshot of an older program can no longer be read."""


class InputSnapshot(Struct, frozen=True, array_like=True, omit_defaults=True):
    """A value that an asset function reads."""

    name: str
    """The parameter that receives it."""
    key: AssetKey
    """The asset whose value it is."""
    may_lack: bool = False
    """Whether some of the partitions that it reads may never have been materialized."""


class StepOutput(Struct, frozen=True, array_like=True, omit_defaults=True):
    """A value that a step hands to other steps of the same run."""

    step: str
    output: str = "result"
    mapping_key: str | None = None
    """Which of the values that a dynamic output has; None of all others."""

    def __str__(self) -> str:
        key = f"[{self.mapping_key}]" if self.mapping_key is not None else ""
        return f"{self.step}.{self.output}{key}"


class Wire(Struct, frozen=True, omit_defaults=True):
    """A parameter that receives what other steps of the same run hand on."""

    name: str
    sources: tuple[StepOutput, ...] = field(name="from")
    is_list: bool = field(default=False, name="list")
    """Whether it receives a list of all of them, rather than the value of the only one."""
    collects: StepOutput | None = None
    """The dynamic output over all of whose keys the only source is gathered; once they are known it is None."""


class StepSnapshot(Struct, frozen=True, omit_defaults=True):
    """What there is to know of a step beyond the assets that it makes.

    One op of a graph, a step of several assets, or one that evaluates checks and makes nothing.
    """

    key: str
    is_op: bool = False
    """Whether it is one op of a graph, which reads what is said here rather than all that its assets read."""
    inputs: tuple[InputSnapshot, ...] = ()
    """The values of assets that the op reads, or the function of checks."""
    upstream: tuple[AssetKey, ...] = ()
    """Assets that must be there before it begins, and are not read."""
    wires: tuple[Wire, ...] = ()
    fan_out: StepOutput | None = None
    """The dynamic output for each of whose keys there is a copy of the step."""
    can_subset: bool = False
    """Whether it can make some of its assets without the others."""
    pool: str | None = None
    """Of an op or of checks: the pool of slots, shared by all runs, that it takes one from."""
    timeout_s: float | None = None
    """Of an op or of checks: how long it may take, in seconds."""
    mappings: Mapping[AssetKey, PartitionMapping] = {}
    """Of checks: which partitions of what they read belong to one of their asset, where that is not the default."""


class JobSnapshot(Struct, frozen=True, omit_defaults=True):
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


class AssetSnapshot(Struct, frozen=True, omit_defaults=True):
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
    has_content_version: bool = False
    """Whether its data is identified by what the value is."""
    code_parts: Mapping[str, str] = {}
    """Where its code version follows the code: the fingerprint of each part of that, by `FILE: NAME`."""
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
    freshness_policy: FreshnessPolicy | None = None
    """How old its data may be."""
    condition: AutomationCondition | None = None
    """When it is materialized, or observed, by itself."""
    at: Location | None = None

    @property
    def is_external(self) -> bool:
        """Whether something other than this project makes it."""
        return self.step is None or self.is_observable


class ProjectSnapshot(Struct, frozen=True, omit_defaults=True):
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
    checks: tuple[CheckSnapshot, ...] = ()
    """Of its assets, in the order of the definition."""
    format: int = 0
    """The version of its form; one of another form is described anew."""

    def encode(self) -> bytes:
        """As it is sent and kept."""
        return codec.encode_plain(replace(self, format=FORMAT))

    @staticmethod
    def decode(data: bytes | memoryview | str) -> ProjectSnapshot:
        """The snapshot that `encode` wrote.

        Raises:
            ValueError: It was written in another form.
        """
        found = codec.decode(data, ProjectSnapshot)
        if found.format != FORMAT:
            raise ValueError(f"a snapshot of format {found.format}, not {FORMAT}")
        return found
