"""What a function can know of the step that it runs in, and say to it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from assettui.definitions.context_partitions import ContextPartitions, NotInContext
from assettui.model.keys import AssetKey, CoercibleToAssetKey
from assettui.model.metadata import MetadataValue, RawMetadata, as_metadata

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.core.partitions.space import PartitionKeyRange, TimeWindow
    from assettui.model.check import AssetCheckKey
    from assettui.model.step import AssetPast


class ContextRun(Struct, frozen=True):
    """What a step can know of its run."""

    run_id: str
    job_name: str | None = None
    tags: Mapping[str, str] = {}
    run_config: Mapping[str, Any] = {}
    """The part that concerns the step."""


class ScopedResources:
    """The resources of a step, each by its name as an attribute."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.__dict__["_given"] = given

    def __getattr__(self, name: str) -> Any:
        given: Mapping[str, Any] = self.__dict__["_given"]
        if name in given:
            return given[name]
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotInContext(
            f"the step has no resource {name!r}",
            hint=f"name it in required_resource_keys, or take it as a parameter; there are: {', '.join(given) or 'none'}",
        )

    def __contains__(self, name: str) -> bool:
        return name in self.__dict__["_given"]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("the resources of a step cannot be changed")

    def _asdict(self) -> dict[str, Any]:
        return dict(self.__dict__["_given"])


class AssetExecutionContext:
    """Given to a function whose first parameter is called `context` or annotated with this class.

    Args:
        run: The run that the step belongs to.
        step_key: The step.
        asset_keys: What the step is to make: output name → asset.
        resources: By name.
        op_config: The step's configuration, as it was given or by default.
        partitions: The partitions that are being made, or that the run is of.
        input_partitions: Parameter → the partitions of the asset that it reads.
        retry_number: How many times the step has been tried before.
        mapping_key: For a step that was fanned out, which value it works on.
        log_event: Takes what `log_event` is given.
        record_result: Takes what `record_result` is given.
        code_versions: Of what the step makes.
        check_keys: The checks that the step is to evaluate.
        pasts: Of a step that only checks: what has happened to the assets that it is about.
    """

    def __init__(
        self,
        run: ContextRun,
        step_key: str,
        *,
        asset_keys: Mapping[str, AssetKey] | None = None,
        resources: Mapping[str, Any] | None = None,
        op_config: Any = None,
        partitions: ContextPartitions | None = None,
        input_partitions: Mapping[str, ContextPartitions] | None = None,
        retry_number: int = 0,
        mapping_key: str | None = None,
        log_event: Callable[[Any], None] | None = None,
        record_result: Callable[[AssetExecutionContext, Any], None] | None = None,
        code_versions: Mapping[AssetKey, str | None] | None = None,
        check_keys: Iterable[AssetCheckKey] = (),
        pasts: Mapping[AssetKey, AssetPast] | None = None,
    ) -> None:
        self.run = run
        self.step_key = step_key
        self.op_config = op_config
        self.resources: Any = ScopedResources(resources or {})
        self.retry_number = retry_number
        self.events: list[Any] = []
        """What `log_event` was given, where nobody else takes it: in a direct call."""
        self._asset_keys = dict(asset_keys or {})
        self._partitions = partitions or ContextPartitions()
        self._input_partitions = input_partitions or {}
        self._mapping_key = mapping_key
        self._check_keys = frozenset(check_keys)
        self._pasts = pasts or {}
        self._log_event = log_event or self.events.append
        self._record_result = record_result
        self._code_versions = code_versions or {}
        self._output_metadata: dict[str, dict[str, MetadataValue]] = {}

    # What is being made.

    @property
    def asset_key(self) -> AssetKey:
        """The asset that is being materialized.

        Raises:
            NotInContext: The step makes several, or none.
        """
        if len(self._asset_keys) != 1:
            raise NotInContext(
                f"the step {self.step_key} makes {len(self._asset_keys)} assets, so there is no one asset_key",
                hint="see selected_asset_keys, or asset_key_for_output(name)",
            )
        return next(iter(self._asset_keys.values()))

    @property
    def has_assets_def(self) -> bool:
        """Whether the step makes assets."""
        return bool(self._asset_keys)

    @property
    def selected_asset_keys(self) -> set[AssetKey]:
        """The assets that the step is to make."""
        return set(self._asset_keys.values())

    @property
    def selected_asset_check_keys(self) -> set[AssetCheckKey]:
        """The checks that the step is to evaluate."""
        return set(self._check_keys)

    def past_of(self, asset_key: CoercibleToAssetKey) -> AssetPast:
        """In a check: what has happened to the asset that it is of, the last materializations first.

        Raises:
            NotInContext: The step does not check that asset.
        """
        key = AssetKey.from_coercible(asset_key)
        if key not in self._pasts:
            known = ", ".join(map(str, self._pasts)) or "none"
            raise NotInContext(
                f"the step {self.step_key} knows nothing of the past of {key}", hint=f"it does of: {known}"
            )
        return self._pasts[key]

    @property
    def selected_output_names(self) -> set[str]:
        """The outputs that the step is to make."""
        return set(self._asset_keys)

    def code_version_for(self, asset_key: CoercibleToAssetKey) -> str | None:
        """The version of the code of an asset that is being made; None where it is not known."""
        return self._code_versions.get(AssetKey.from_coercible(asset_key))

    def asset_key_for_output(self, output_name: str = "result") -> AssetKey:
        """The asset that an output holds.

        Raises:
            NotInContext: The step is to make no asset of that output.
        """
        try:
            return self._asset_keys[output_name]
        except KeyError:
            raise NotInContext(
                f"the step {self.step_key} makes no asset by the output {output_name!r}",
                hint=f"its outputs: {', '.join(self._asset_keys) or 'none'}",
            ) from None

    # The run.

    @property
    def run_id(self) -> str:
        """The run that the step belongs to."""
        return self.run.run_id

    @property
    def job_name(self) -> str | None:
        """The job whose run it is, where it is one's."""
        return self.run.job_name

    @property
    def run_tags(self) -> Mapping[str, str]:
        """The tags of the run."""
        return self.run.tags

    def has_tag(self, key: str) -> bool:
        """Whether the run has that tag."""
        return key in self.run.tags

    def get_tag(self, key: str) -> str | None:
        """The value of a tag of the run; None where it has none."""
        return self.run.tags.get(key)

    @property
    def op_execution_context(self) -> AssetExecutionContext:
        """This context: ops and assets have the same."""
        return self

    @property
    def op(self) -> Any:
        """The op, of which the `name` is known."""
        return SimpleNamespace(name=self.step_key)

    def get_mapping_key(self) -> str | None:
        """Which value of a dynamic output the step works on; None where it was not fanned out."""
        return self._mapping_key

    # The partitions.

    @property
    def has_partition_key(self) -> bool:
        """Whether one partition is being made."""
        return len(self._partitions.keys) == 1

    @property
    def has_partition_key_range(self) -> bool:
        """Whether partitions are being made, one or several."""
        return bool(self._partitions.keys)

    @property
    def partition_key(self) -> str:
        """The partition that is being made; one of two dimensions has `keys_by_dimension`.

        Raises:
            NotInContext: There is none, or there are several.
        """
        return self._partitions.only()

    @property
    def partition_keys(self) -> Sequence[str]:
        """The partitions that are being made, in order.

        Raises:
            NotInContext: There are none.
        """
        return self._partitions.all_keys()

    @property
    def partition_key_range(self) -> PartitionKeyRange:
        """The first and the last of the partitions that are being made.

        Raises:
            NotInContext: There are none.
        """
        return self._partitions.range()

    @property
    def partition_time_window(self) -> TimeWindow:
        """The time from the beginning of the first partition that is being made to the end of the last.

        Raises:
            NotInContext: There are none, or they are not of time.
        """
        return self._partitions.window()

    def asset_partition_key_for_output(self, output_name: str = "result") -> str:
        """As `partition_key`: all outputs of a step are made for the same partitions."""
        self._require_output(output_name)
        return self._partitions.only()

    def asset_partition_keys_for_output(self, output_name: str = "result") -> Sequence[str]:
        """As `partition_keys`."""
        self._require_output(output_name)
        return self._partitions.all_keys()

    def asset_partition_key_range_for_output(self, output_name: str = "result") -> PartitionKeyRange:
        """As `partition_key_range`."""
        self._require_output(output_name)
        return self._partitions.range()

    def asset_partitions_time_window_for_output(self, output_name: str = "result") -> TimeWindow:
        """As `partition_time_window`."""
        self._require_output(output_name)
        return self._partitions.window()

    def asset_partitions_def_for_output(self, output_name: str = "result") -> PartitionsDefinition:
        """The partitions of what is being made.

        Raises:
            NotInContext: It has none.
        """
        self._require_output(output_name)
        return self._partitions.given_definition()

    def asset_partition_key_for_input(self, input_name: str) -> str:
        """The partition that a parameter reads.

        Raises:
            NotInContext: It reads several, or none.
        """
        return self._partitions_read(input_name).only()

    def asset_partition_keys_for_input(self, input_name: str) -> Sequence[str]:
        """The partitions that a parameter reads, in order; none where those that it would read do not exist.

        Raises:
            NotInContext: It reads no asset with partitions.
        """
        found = self._partitions_read(input_name)
        return found.all_keys() if found.keys else []

    def asset_partition_key_range_for_input(self, input_name: str) -> PartitionKeyRange:
        """The first and the last of the partitions that a parameter reads.

        Raises:
            NotInContext: It reads none.
        """
        return self._partitions_read(input_name).range()

    def asset_partitions_time_window_for_input(self, input_name: str) -> TimeWindow:
        """The time from the beginning of the first partition that a parameter reads to the end of the last.

        Raises:
            NotInContext: It reads none, or they are not of time.
        """
        return self._partitions_read(input_name).window()

    def asset_partitions_def_for_input(self, input_name: str) -> PartitionsDefinition:
        """The partitions of the asset that a parameter reads.

        Raises:
            NotInContext: It has none.
        """
        return self._partitions_read(input_name).given_definition()

    def _partitions_read(self, input_name: str) -> ContextPartitions:
        if input_name not in self._input_partitions:
            raise NotInContext(
                f"the step {self.step_key} reads no partitions by the parameter {input_name!r}",
                hint=f"it does by: {', '.join(self._input_partitions) or 'none'}",
            )
        return self._input_partitions[input_name]

    def _require_output(self, output_name: str) -> None:
        if output_name not in self._asset_keys and output_name != "result":
            self.asset_key_for_output(output_name)

    # Saying something.

    @property
    def log(self) -> logging.Logger:
        """A standard logger; what it is given is kept with the step, with its level, as structured events."""
        from assettui.definitions.step_log import step_log  # deferred: logging takes 10 ms

        return step_log()

    def add_output_metadata(
        self, metadata: RawMetadata, output_name: str | None = None, mapping_key: str | None = None
    ) -> None:
        """Say something about what is being made; later values of a name replace earlier ones.

        Args:
            metadata: What is known of it.
            output_name: Of which output; may be left out where there is just one.
            mapping_key: Accepted for the values of dynamic outputs, which have no metadata of their own.

        Raises:
            TypeError: A value cannot be metadata; the message names it.
        """
        self._output_metadata.setdefault(output_name or self._only_output(), {}).update(as_metadata(metadata))

    def add_asset_metadata(self, metadata: RawMetadata, asset_key: CoercibleToAssetKey | None = None) -> None:
        """Say something about an asset that is being made; it may be left out where there is just one."""
        if asset_key is None:
            self.add_output_metadata(metadata)
            return
        wanted = AssetKey.from_coercible(asset_key)
        for name, key in self._asset_keys.items():
            if key == wanted:
                self.add_output_metadata(metadata, name)
                return
        raise NotInContext(f"the step {self.step_key} does not make {wanted}")

    def get_output_metadata(self, output_name: str | None = None) -> dict[str, MetadataValue]:
        """What has been said of an output so far."""
        return dict(self._output_metadata.get(output_name or self._only_output(), {}))

    @property
    def output_metadata(self) -> dict[str, MetadataValue]:
        """What has been said of the only output so far."""
        return self.get_output_metadata()

    def log_event(self, event: Any) -> None:
        """Record an `AssetMaterialization` or `AssetObservation` at once."""
        self._log_event(event)

    def record_result(self, result: Any) -> None:
        """Store and record a result at once, before the function ends. That it is returned as well does no harm.

        Args:
            result: A `MaterializeResult`, an `Output` or an `AssetCheckResult`.
        """
        if self._record_result is not None:
            self._record_result(self, result)

    def _only_output(self) -> str:
        return next(iter(self._asset_keys)) if len(self._asset_keys) == 1 else "result"


OpExecutionContext = AssetCheckExecutionContext = AssetExecutionContext
"""Ops, assets and checks are given the same context."""
