"""Values between steps: what a step reads is loaded, what it gives is stored, by the IO manager that is declared for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, cast

from assettui.core.stored_values import BY_IO_MANAGER
from assettui.definitions.context import ScopedResources
from assettui.definitions.context_partitions import ContextPartitions
from assettui.definitions.inputs import CONCATENATE, MAY_LACK, wants
from assettui.definitions.io_managers import InputContext, IOManager, OutputContext
from assettui.definitions.resources import ManagedResource, ResourceSet
from assettui.model.asset import ValueRef
from assettui.model.errors import AssettuiError, ValueStorageError
from assettui.model.keys import AssetKey
from assettui.values.files import RUNS, is_op_output
from assettui.values.gathered import gathered

if TYPE_CHECKING:
    from assettui.definitions.computation import Described, InputDeclaration, ValueDeclaration
    from assettui.model.project import StepOutput, Wire
    from assettui.model.step import PartitionsRead, StepRequest


class Values(Protocol):
    """Where a step's values are stored and loaded; see `FileValues` for what each call guarantees and raises."""

    def store(self, asset_key: AssetKey, value: Any, version: str, partition: str | None = None) -> ValueRef:
        """Keep a value, of an asset or of a partition of it, as a new version."""
        ...

    def load(self, ref: ValueRef, annotation: Any = None) -> Any:
        """Give a stored value back."""
        ...

    def release(self) -> None:
        """Let what was given back be removed."""
        ...


class NotThere(AssettuiError):
    """A step would read a value that is not there."""


class Exchange:
    """Loads and stores the values of one step.

    Args:
        request: The step.
        project: The declarations of its values.
        values: Where whatever has no IO manager is.
        resources: The IO managers.
        handed_values: Where values are that ops hand to each other; by default with the others.
    """

    def __init__(
        self,
        request: StepRequest,
        project: Described,
        values: Values,
        resources: ResourceSet,
        op_output_values: Values | None = None,
    ) -> None:
        self._request = request
        self._project = project
        self._values = values
        self._resources = resources
        self._op_output_values = op_output_values or values
        subject = request.step.subject
        definition = project.partitions.get(subject) if subject is not None and request.partition_keys else None
        self.run_partitions = ContextPartitions(_only_keys(request), definition)
        """Those that the run is of, as far as contexts need them."""
        self.partitions = ContextPartitions(request.partition_keys, definition, str(subject))
        """Those that the step makes."""

    def partitions_read(self, key: AssetKey) -> ContextPartitions | None:
        """The partitions of an asset that the step reads; None where it has none."""
        read = self._request.partitions_read.get(key)
        return None if read is None else ContextPartitions(read.keys, self._project.partitions.get(key), str(key))

    def load_asset(self, name: str, key: AssetKey, declared: InputDeclaration) -> Any:
        """The value of an asset, for a parameter.

        Raises:
            NotThere: It was never materialized.
            ValueStorageError: It has no stored value.
        """
        request, value = self._request, self._project.values.get(key)
        manager = declared.io_manager or (value.io_manager if value is not None else None)
        partitions = self.partitions_read(key)
        if manager is not None:
            upstream = OutputContext(
                value.name if value is not None else "result",
                key,
                str(key),
                definition_metadata=value.metadata if value is not None else {},
                annotation=value.annotation if value is not None else None,
                partitions=partitions or ContextPartitions(),
                run_partitions=self.run_partitions,
            )
            return self._load_by(manager, name, key, declared, upstream)
        if partitions is not None:
            return self._load_partitions(
                key, request.partitions_read[key], declared, value.metadata if value is not None else {}
            )
        if key not in request.values:
            raise NotThere(
                f"{request.step.key} reads {key}, which was never materialized",
                hint=f"build it with what lies upstream: assettui materialize +{request.step.key}",
            )
        return self._load_file(key, str(key), request.values[key], declared.annotation)

    def _load_partitions(
        self, key: AssetKey, read: PartitionsRead, declared: InputDeclaration, metadata: Mapping[str, Any]
    ) -> Any:
        """The values of the partitions that the step reads."""
        keys = read.keys
        lacking = [each for each in keys if each not in read.values]
        if lacking and wants(MAY_LACK, declared.metadata, metadata):
            keys = tuple(each for each in keys if each in read.values)
        elif lacking:
            more = f", and {len(lacking) - 5} more" if len(lacking) > 5 else ""
            raise NotThere(
                f"{self._request.step.key} reads partitions of {key} that were never materialized: "
                f"{', '.join(lacking[:5])}{more}",
                hint=f"build them: assettui backfill start {key} --missing; or leave them out: "
                f'AssetIn(metadata={{"{MAY_LACK}": True}})',
            )
        return gathered(
            str(key),
            keys,
            lambda each, annotation: self._load_file(key, f"{key} of {each}", read.values[each], annotation),
            declared.annotation,
            concatenate=wants(CONCATENATE, declared.metadata, metadata),
        )

    def _load_file(self, key: AssetKey, what: str, ref: ValueRef | None, annotation: Any) -> Any:
        if ref is None:
            raise ValueStorageError(
                f"{self._request.step.key} reads {what}, whose function stored its data itself",
                hint=f"return the value from {key}, or take {key} in deps and read its data in the function",
            )
        if ref.format.startswith(BY_IO_MANAGER):
            raise ValueStorageError(
                f"the value of {what} was stored by the IO manager {ref.format.removeprefix(BY_IO_MANAGER)!r}, "
                "which the project no longer has for it",
                hint=f"materialize {key} again",
            )
        return self._values.load(ref, annotation)

    def load_op_output(self, name: str, wire: Wire, declared: InputDeclaration) -> Any:
        """What other steps of the run hand on: one value, or the list of those that were made.

        Raises:
            NotThere: The only one was not made.
        """
        op_outputs = {each.source: each.value for each in self._request.op_outputs}
        found = [(source, op_outputs[source]) for source in wire.sources if source in op_outputs]
        if wire.is_list:
            return [self._load_one(name, source, ref, declared) for source, ref in found]
        if not found:
            raise NotThere(f"{self._request.step.key} reads {wire.sources[0]}, which was not made")
        return self._load_one(name, *found[0], declared)

    def _load_one(self, name: str, source: StepOutput, ref: ValueRef, declared: InputDeclaration) -> Any:
        manager = declared.io_manager
        if manager is None and ref.format.startswith(BY_IO_MANAGER):
            manager = ref.format.removeprefix(BY_IO_MANAGER)
        if manager is None:
            values = self._op_output_values if is_op_output(ref) else self._values
            return values.load(ref, declared.annotation)
        upstream = OutputContext(source.output, None, source.step, self._request.run_id, mapping_key=source.mapping_key)
        return self._load_by(manager, name, None, declared, upstream)

    def _load_by(
        self, manager: str, name: str, key: AssetKey | None, declared: InputDeclaration, upstream: OutputContext
    ) -> Any:
        context = InputContext(
            name,
            key,
            self._request.step.key,
            self._request.run_id,
            declared.metadata,
            declared.annotation,
            self._needs_of(manager),
            partitions=upstream.partitions,
            run_partitions=self.run_partitions,
            upstream_output=upstream,
        )
        return self._manager(manager).load_input(context)

    def output_context(
        self, output: ValueDeclaration, said: Mapping[str, Any], mapping_key: str | None = None
    ) -> OutputContext:
        """What an IO manager can know of a value that is to be stored."""
        return OutputContext(
            output.name,
            output.asset_key,
            self._request.step.key,
            self._request.run_id,
            output.metadata,
            output.annotation,
            self._needs_of(output.io_manager),
            mapping_key=mapping_key,
            partitions=self.partitions if output.asset_key is not None else ContextPartitions(),
            run_partitions=self.run_partitions,
            given_output_metadata=said,
        )

    def store_partitions(self, output: ValueDeclaration, value: Any, context: OutputContext) -> dict[str, ValueRef]:
        """Store the value of an asset for each partition that the step makes: one, or a mapping by key.

        Raises:
            ValueStorageError: It makes several, and the value does not say which is which.
        """
        keys, key = self._request.partition_keys, output.asset_key
        if output.io_manager is not None or value is None or len(keys) == 1 or key is None:
            only = keys[0] if len(keys) == 1 else None
            ref = self.store(output, value, context, only)
            return dict.fromkeys(keys, ref)
        if not isinstance(value, Mapping):
            raise ValueStorageError(
                f"{key} is made for {len(keys)} partitions at once, and its value is one {type(value).__name__}",
                hint="return a dict from partition key to value; or one partition a run: BackfillPolicy.multi_run(1)",
            )
        values = cast("Mapping[str, Any]", value)
        missing = [each for each in keys if each not in values]
        strange = next((each for each in values if each not in keys), None)
        if missing or strange is not None:
            what = f"lacks {', '.join(missing[:5])}" if missing else f"holds {strange!r}, which was not asked for"
            raise ValueStorageError(
                f"what {key} returned {what}", hint="return a value for each context.partition_keys"
            )
        return {each: self.store(output, values[each], context, each) for each in keys}

    def store(
        self, output: ValueDeclaration, value: Any, context: OutputContext, partition: str | None = None
    ) -> ValueRef:
        if output.io_manager is not None:
            if value is None and not output.has_value:
                return ValueRef("none")
            self._manager(output.io_manager).handle_output(context, value)
            return self.in_place(output)
        if output.asset_key is not None:
            return self._values.store(output.asset_key, value, self._request.version, partition)
        address = AssetKey((RUNS, *context.get_identifier()))
        return self._op_output_values.store(address, value, self._request.version)

    def in_place(self, output: ValueDeclaration) -> ValueRef:
        """What refers to a value that is where the output's IO manager looks for it."""
        return ValueRef(f"{BY_IO_MANAGER}{output.io_manager}")

    def _manager(self, name: str) -> IOManager:
        manager = self._resources.get(name)
        if not (hasattr(manager, "handle_output") and hasattr(manager, "load_input")):
            raise ValueStorageError(
                f"the resource {name!r} is to store values, and is a {type(manager).__name__}",
                hint="make it an IOManager: a class with handle_output and load_input",
            )
        return manager

    def _needs_of(self, manager: str | None) -> ScopedResources:
        definition = self._project.resources_of(self._request.job).get(manager or "")
        if not isinstance(definition, ManagedResource):
            return ScopedResources({})
        return ScopedResources(self._resources.scoped(sorted(definition.needs())))


def _only_keys(request: StepRequest) -> tuple[str, ...]:
    """The partitions of the run that a step can be told of: its own, or the only one that the run is of."""
    if request.partition_keys or len(request.partitions) != 1:
        return request.partition_keys
    first, last = request.partitions[0]
    return (first,) if first == last else (first, last)
