"""IO managers: what stores the value of an asset or output, and loads it for those who read it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from assettui.definitions.context import ScopedResources
from assettui.definitions.context_partitions import ContextPartitions, NotInContext, given_partitions
from assettui.definitions.resources import ResourceDefinition
from assettui.model.keys import AssetKey, CoercibleToAssetKey
from assettui.model.metadata import MetadataValue, RawMetadata, as_metadata

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.core.partitions.space import PartitionKeyRange, TimeWindow

DEFAULT_IO_MANAGER = "io_manager"
"""The resource that stores and loads whatever names no IO manager of its own; files in the store, where it is missing."""


class _ValueContext(Struct):
    """What an IO manager can know of a value."""

    name: str = "result"
    """The output, or the parameter that receives the value."""
    key: AssetKey | None = None
    step_key: str = ""
    run_id: str = ""
    definition_metadata: RawMetadata = {}
    """What was declared of it."""
    annotation: Any = None
    """The type that the function's annotation gives; None where there is none."""
    resources: Any = field(default_factory=lambda: ScopedResources({}))
    resource_config: Any = None
    mapping_key: str | None = None
    partitions: ContextPartitions = field(default_factory=ContextPartitions)
    """Those that the value is of."""
    run_partitions: ContextPartitions = field(default_factory=ContextPartitions)
    """Those that the run is of."""

    @property
    def asset_key(self) -> AssetKey:
        """The asset whose value it is.

        Raises:
            NotInContext: It is an op's, and no asset's.
        """
        if self.key is None:
            raise NotInContext(f"{self.name!r} of {self.step_key} is no asset's", hint="ask has_asset_key first")
        return self.key

    @property
    def has_asset_key(self) -> bool:
        """Whether it is an asset's value."""
        return self.key is not None

    @property
    def metadata(self) -> RawMetadata:
        """What was declared of it."""
        return self.definition_metadata

    @property
    def dagster_type(self) -> Any:
        """The type, of which `typing_type` is what the annotation gives."""
        return SimpleNamespace(typing_type=Any if self.annotation is None else self.annotation)

    @property
    def has_partition_key(self) -> bool:
        """Whether the run is of one partition."""
        return len(self.run_partitions.keys) == 1

    @property
    def partition_key(self) -> str:
        """The partition that the run is of; for what a step reads, see `asset_partition_key`.

        Raises:
            NotInContext: There is none, or there are several.
        """
        return self.run_partitions.only()

    @property
    def has_asset_partitions(self) -> bool:
        """Whether it is the value of an asset with partitions."""
        return self.partitions.definition is not None or bool(self.partitions.keys)

    @property
    def asset_partition_key(self) -> str:
        """The partition that the value is of.

        Raises:
            NotInContext: There are several, or none.
        """
        return self.partitions.only()

    @property
    def asset_partition_keys(self) -> Sequence[str]:
        """The partitions that the value is of, in order; none where those that are wanted do not exist.

        Raises:
            NotInContext: The asset has no partitions.
        """
        return self.partitions.all_keys() if self.partitions.keys or not self.has_asset_partitions else []

    @property
    def asset_partition_key_range(self) -> PartitionKeyRange:
        """The first and the last of the partitions that the value is of.

        Raises:
            NotInContext: There are none.
        """
        return self.partitions.range()

    @property
    def asset_partitions_time_window(self) -> TimeWindow:
        """The time from the beginning of the first partition that the value is of to the end of the last.

        Raises:
            NotInContext: There are none, or they are not of time.
        """
        return self.partitions.window()

    @property
    def asset_partitions_def(self) -> PartitionsDefinition:
        """The partitions of the asset.

        Raises:
            NotInContext: It has none.
        """
        return self.partitions.given_definition()

    @property
    def log(self) -> logging.Logger:
        """A standard logger; what it is given is kept with the step."""
        from assettui.definitions.step_log import step_log  # deferred: logging takes 10 ms

        return step_log()

    def get_identifier(self) -> Sequence[str]:
        """A path that no other value has: the asset's, or that of the step's output within the run."""
        if self.key is not None:
            return self.get_asset_identifier()
        path = [self.run_id, self.step_key, self.name]
        return [*path, self.mapping_key] if self.mapping_key is not None else path

    def get_asset_identifier(self) -> Sequence[str]:
        """The parts of the asset's key, and the partition where it is of one.

        Raises:
            NotInContext: The value is of several partitions.
        """
        path = self.asset_key.path
        return [*path, self.asset_partition_key] if self.has_asset_partitions else path


class OutputContext(_ValueContext):
    """What an IO manager can know of a value that it is to store, and say of it."""

    given_output_metadata: RawMetadata = {}
    data_version: str | None = None
    said: dict[str, MetadataValue] = {}
    """What `add_output_metadata` has been given."""

    @property
    def output_metadata(self) -> RawMetadata:
        """What the function said of the value."""
        return self.given_output_metadata

    def add_output_metadata(self, metadata: RawMetadata) -> None:
        """Say something of the value: it is kept with the materialization.

        Raises:
            TypeError: A value cannot be metadata; the message names it.
        """
        self.said.update(as_metadata(metadata))


class InputContext(_ValueContext):
    """What an IO manager can know of a value that it is to load."""

    upstream_output: OutputContext | None = None
    """What was known of the value where it was stored."""


class IOManager(ABC):
    """Stores the values of assets, and loads them. Give one to a project as a resource."""

    @abstractmethod
    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Store a value.

        Args:
            context: What is known of it.
            obj: The value. It is not called for a function that says by its annotation that it returns None.
        """

    @abstractmethod
    def load_input(self, context: InputContext) -> Any:
        """Give a stored value back."""


class InMemoryIOManager(IOManager):
    """Holds the very objects that were stored, as long as it lives itself: within a run in one process, or a test."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, ...], Any] = {}
        """By identifier."""

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Keep the object itself; of several partitions, a mapping by key gives each its own."""
        if context.has_asset_partitions and len(context.asset_partition_keys) != 1:
            for key in context.asset_partition_keys:
                self.values[(*context.asset_key.path, key)] = obj[key] if isinstance(obj, dict) else obj
            return
        self.values[tuple(context.get_identifier())] = obj

    def load_input(self, context: InputContext) -> Any:
        """The very object that was stored; of several partitions, a dict by key.

        Raises:
            KeyError: Nothing was.
        """
        upstream = context.upstream_output or context
        if context.has_asset_partitions and len(context.asset_partition_keys) != 1:
            return {key: self.values[(*upstream.asset_key.path, key)] for key in context.asset_partition_keys}
        return self.values[tuple(upstream.get_identifier())]


class IOManagerDefinition(ResourceDefinition):
    """A function that makes an IO manager; see `ResourceDefinition`."""

    @staticmethod
    def hardcoded_io_manager(value: IOManager, description: str | None = None) -> IOManagerDefinition:
        """A resource that is this very IO manager."""
        return IOManagerDefinition(lambda: value, description=description)


def io_manager(
    fn: Callable[..., Any] | None = None,
    /,
    *,
    config_schema: Any = None,
    description: str | None = None,
    required_resource_keys: Iterable[str] = (),
) -> Any:
    """Declare that a function makes an IO manager."""

    def decorate(fn: Callable[..., Any]) -> IOManagerDefinition:
        return IOManagerDefinition(fn, config_schema, description or fn.__doc__, required_resource_keys)

    return decorate if fn is None else decorate(fn)


def _in_memory() -> IOManager:
    return InMemoryIOManager()


mem_io_manager = IOManagerDefinition(_in_memory, description="Holds values in memory.")


def build_output_context(
    asset_key: CoercibleToAssetKey | None = None,
    *,
    name: str = "result",
    step_key: str = "step",
    run_id: str = "direct",
    metadata: RawMetadata | None = None,
    definition_metadata: RawMetadata | None = None,
    output_metadata: RawMetadata | None = None,
    annotation: Any = None,
    dagster_type: Any = None,
    resources: Mapping[str, Any] | None = None,
    resource_config: Any = None,
    partition_key: str | None = None,
    asset_partitions_def: PartitionsDefinition | None = None,
    mapping_key: str | None = None,
) -> OutputContext:
    """A context for storing a value directly, as in a test."""
    return OutputContext(
        name=name,
        key=AssetKey.from_coercible(asset_key) if asset_key is not None else None,
        step_key=step_key,
        run_id=run_id,
        definition_metadata=definition_metadata or metadata or {},
        annotation=annotation if annotation is not None else dagster_type,
        resources=ScopedResources(resources or {}),
        resource_config=resource_config,
        partitions=given_partitions(partition_key, None, asset_partitions_def),
        run_partitions=given_partitions(partition_key, None, None),
        mapping_key=mapping_key,
        given_output_metadata=output_metadata or {},
    )


def build_input_context(
    asset_key: CoercibleToAssetKey | None = None,
    *,
    name: str = "input",
    upstream_output: OutputContext | None = None,
    step_key: str = "step",
    run_id: str = "direct",
    metadata: RawMetadata | None = None,
    definition_metadata: RawMetadata | None = None,
    annotation: Any = None,
    dagster_type: Any = None,
    resources: Mapping[str, Any] | None = None,
    resource_config: Any = None,
    partition_key: str | None = None,
    asset_partition_keys: Sequence[str] | None = None,
    asset_partitions_def: PartitionsDefinition | None = None,
) -> InputContext:
    """A context for loading a value directly, as in a test."""
    read = given_partitions(partition_key, None, asset_partitions_def)
    if asset_partition_keys is not None:
        read = ContextPartitions(tuple(asset_partition_keys), asset_partitions_def)
    return InputContext(
        name=name,
        key=AssetKey.from_coercible(asset_key) if asset_key is not None else None,
        step_key=step_key,
        run_id=run_id,
        definition_metadata=definition_metadata or metadata or {},
        annotation=annotation if annotation is not None else dagster_type,
        resources=ScopedResources(resources or {}),
        resource_config=resource_config,
        partitions=read,
        run_partitions=given_partitions(partition_key, None, None),
        upstream_output=upstream_output,
    )
