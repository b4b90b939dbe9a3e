"""What the function of a step gives: checked against what it declares, stored, and recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from msgspec.structs import replace

from assettui.core.data_settings import VERSIONS_KEPT, versions_kept
from assettui.core.versions import default_data_version
from assettui.definitions import results
from assettui.model import asset
from assettui.model.events import Materialization, Observation
from assettui.model.keys import AssetKey
from assettui.model.metadata import MetadataValue, as_metadata, as_metadata_value
from assettui.model.project import StepOutput
from assettui.model.text import plural
from assettui.values.formats import row_count
from assettui.worker.results import BadResult, is_check_result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assettui.definitions.computation import Computation, ValueDeclaration
    from assettui.definitions.context import AssetExecutionContext
    from assettui.model.asset import ValueRef
    from assettui.model.events import AssetEvent
    from assettui.model.step import StepRequest
    from assettui.worker.checks import CheckResults
    from assettui.worker.exchange import Exchange
    from assettui.worker.value_types import ValueTypes

ROW_COUNT_NAMES = ("row_count", "dagster/row_count")
"""Metadata that says how many rows an asset has; the second is the name that Dagster documents."""
DATA_VERSION_TAG = "dagster/data_version"
"""The tag of a result that says its data version, as Dagster documents it."""


class Outputs:
    """What one attempt at a step has given so far.

    Args:
        request: The attempt.
        upstream: Of each asset that is made together with others, what it depends on.
        exchange: Stores values.
        now: The clock: microseconds since the epoch, UTC.
        tell: Takes what is made before the step ends.
        are_given_kept: Whether the values themselves are kept, for hooks.
        checks: Takes the results of checks.
    """

    def __init__(
        self,
        request: StepRequest,
        upstream: Mapping[AssetKey, Sequence[AssetKey]],
        exchange: Exchange,
        now: Callable[[], int],
        tell: Callable[[AssetEvent], None] | None,
        *,
        are_given_kept: bool,
        checks: CheckResults | None = None,
    ) -> None:
        self.request = request
        self.upstream = upstream
        self.exchange = exchange
        self.now = now
        self.tell = tell
        self.are_given_kept = are_given_kept
        self.checks = checks
        self._taken_early: dict[int, Any] = {}
        """By identity: what was recorded before the function gave it."""
        self.types: ValueTypes | None = None
        """Checks what is given, where that is wanted."""
        self.started_us = now()
        self.asset_events: list[AssetEvent] = []
        """What is yet to be told."""
        self.data_times: dict[str, int] = {}
        """The time of the source data of each asset that was made."""
        self.versions: dict[tuple[str, str | None], str] = {}
        """The data version of each asset, and partition, that was made."""
        self.op_outputs: dict[StepOutput, ValueRef] = {}
        self.given: dict[str, Any] = {}
        """Output values, kept only where a hook wants them."""
        self.seen: set[str] = set()
        """The outputs that were given."""

    def take(
        self,
        computation: Computation,
        wanted: Mapping[str, ValueDeclaration],
        context: AssetExecutionContext,
        result: Any,
    ) -> None:
        """Store and record one result."""
        if self._is_taken(result):
            return
        match result:
            case results.AssetMaterialization() | results.AssetObservation():
                self.log_event(result)
            case results.DynamicOutput():
                output = self._declared(wanted, computation, cast("Any", result).output_name)
                self._take_dynamic(output, cast("Any", result))
                self.seen.add(output.name)
            case results.Output():
                output = self._declared(wanted, computation, cast("Any", result).output_name)
                self._mark(output)
                self._keep(computation, output, context, cast("Any", result).value, cast("Any", result))
            case results.MaterializeResult() | results.ObserveResult():
                output = self._declared_asset(wanted, computation, cast("Any", result).asset_key)
                self._mark(output)
                value = getattr(cast("Any", result), "value", results.NO_VALUE)
                self._keep(computation, output, context, value, cast("Any", result))
                for each in cast("Any", result).check_results or ():
                    self._take_check(each, output.asset_key)
            case _ if is_check_result(result):
                self._take_check(result, None)
            case _:
                raise BadResult(
                    f"{computation.key} yielded {type(result).__name__}",
                    hint="yield an Output or a MaterializeResult, or return a value",
                )

    def take_early(
        self,
        computation: Computation,
        wanted: Mapping[str, ValueDeclaration],
        context: AssetExecutionContext,
        result: Any,
    ) -> None:
        """The same, before the function has given it, and tell it at once; what is given later is known then."""
        if not self._is_taken(result):
            self.take(computation, wanted, context, result)
            self._taken_early[id(result)] = result
            self.tell_all()

    def _is_taken(self, result: Any) -> bool:
        return id(result) in self._taken_early

    def _take_check(self, result: Any, asset_key: AssetKey | None) -> None:
        if not is_check_result(result):
            raise BadResult(f"check_results holds {type(result).__name__}", hint="give it AssetCheckResults")
        if self.checks is None:
            raise BadResult(
                f"{self.request.step.key} gave a result of a check, and declares none",
                hint='declare it: check_specs=[AssetCheckSpec("name", asset="key")]',
            )
        self.checks.take(result, asset_key)

    def log_event(self, event: Any) -> None:
        """Record what a function says of an asset that need not be its own."""
        if not isinstance(event, results.AssetMaterialization | results.AssetObservation):
            raise BadResult(
                f"log_event was given {type(event).__name__}",
                hint="give it an AssetMaterialization or an AssetObservation",
            )
        key = AssetKey.from_coercible(event.asset_key)
        metadata = as_metadata(event.metadata)
        if event.description:
            metadata.setdefault("description", MetadataValue.text(event.description))
        version = event.tags.get(DATA_VERSION_TAG)
        if isinstance(event, results.AssetObservation):
            self.asset_events.append(
                Observation(
                    self.now(),
                    self.request.run_id,
                    asset_key=key,
                    partition=event.partition,
                    data_version=version,
                    metadata=metadata,
                )
            )
        else:
            asset_event = self._materialization(key, metadata, version, None, None, event.partition)
            self.asset_events.append(replace(asset_event, input_versions={}, duration_us=None, data_time_us=None))
        self.tell_all()

    def tell_all(self) -> None:
        """Tell what was made so far, where somebody wants to know before the end."""
        if self.tell is not None:
            for asset_event in self.asset_events:
                self.tell(asset_event)
            self.asset_events.clear()

    def omitted(self, computation: Computation, wanted: Mapping[str, ValueDeclaration]) -> list[str]:
        """The outputs that were not given.

        Raises:
            BadResult: One of them is required.
        """
        missing = [out for out in wanted.values() if out.name not in self.seen and not out.is_dynamic]
        required = [str(out.asset_key or out.name) for out in missing if out.is_required]
        if required:
            raise BadResult(
                f"{computation.key} did not give {', '.join(required)}",
                hint="yield it, or declare that it may be missing: output_required=False, is_required=False or "
                "skippable=True",
            )
        return [out.name for out in missing]

    def _declared(
        self, wanted: Mapping[str, ValueDeclaration], computation: Computation, name: str
    ) -> ValueDeclaration:
        if name in wanted:
            return wanted[name]
        if name == "result" and len(wanted) == 1:
            return next(iter(wanted.values()))
        if name in computation.outputs:
            raise BadResult(
                f"{computation.key} gave the output {name!r}, which was not asked for in this run",
                hint="make only what is in context.selected_output_names",
            )
        raise BadResult(
            f"{computation.key} gave an undeclared output {name!r}",
            hint=f"it declares: {', '.join(computation.outputs)}",
        )

    def _declared_asset(
        self, wanted: Mapping[str, ValueDeclaration], computation: Computation, asset_key: Any
    ) -> ValueDeclaration:
        if asset_key is None:
            if len(wanted) == 1:
                return next(iter(wanted.values()))
            raise BadResult(
                f"{computation.key} makes {plural(len(wanted), 'asset')}, and a result does not say of which it is",
                hint='give it asset_key="…"',
            )
        key = AssetKey.from_coercible(asset_key)
        for output in wanted.values():
            if output.asset_key == key:
                return output
        known = [str(out.asset_key) for out in computation.outputs.values() if out.asset_key is not None]
        if str(key) in known:
            raise BadResult(
                f"{computation.key} gave {key}, which was not asked for in this run",
                hint="make only what is in context.selected_asset_keys",
            )
        raise BadResult(f"{computation.key} gave the undeclared asset {key}", hint=f"it declares: {', '.join(known)}")

    def _mark(self, output: ValueDeclaration) -> None:
        if output.name in self.seen:
            raise BadResult(f"{self.request.step.key} gave {output.asset_key or repr(output.name)} twice")
        self.seen.add(output.name)

    def _take_dynamic(self, output: ValueDeclaration, result: results.DynamicOutput[Any]) -> None:
        if not output.is_dynamic:
            raise BadResult(
                f"{self.request.step.key} yielded a DynamicOutput for {output.name!r}, which is not dynamic",
                hint="declare it with DynamicOut()",
            )
        if not result.mapping_key.replace("_", "a").isalnum():
            raise BadResult(f"{result.mapping_key!r} is not a mapping key", hint="use letters, digits and _")
        source = StepOutput(self.request.step.key, output.name, result.mapping_key)
        if source in self.op_outputs:
            raise BadResult(f"{self.request.step.key} yielded the mapping key {result.mapping_key!r} twice")
        if self.types is not None and output.annotation is not None:
            self.types.check_output(output, result.value)
        self._note_for_hooks(output.name, result.value, result.mapping_key)
        context = self.exchange.output_context(output, result.metadata, result.mapping_key)
        self.op_outputs[source] = self.exchange.store(output, result.value, context)

    def _keep(
        self,
        computation: Computation,
        output: ValueDeclaration,
        context: AssetExecutionContext,
        value: Any,
        result: results.Output[Any] | results.MaterializeResult[Any] | results.ObserveResult,
    ) -> None:
        """Store a value, where there is one, and record what was made or seen."""
        if output.is_dynamic:
            raise BadResult(
                f"{self.request.step.key} gave one value for the dynamic output {output.name!r}",
                hint="yield a DynamicOutput for each value",
            )
        said = {**context.get_output_metadata(output.name), **as_metadata(result.metadata)}
        keys: tuple[str | None, ...] = (None,)
        if output.asset_key is not None and self.request.partition_keys:
            keys = self.request.partition_keys
        is_given = value is not results.NO_VALUE and value is not results.IN_PLACE
        if self.types is not None and output.annotation is not None and is_given:
            said = {**self.types.check_output(output, value, len(keys)), **said}
        refs = self._store(output, value, result, said, is_whole=keys == (None,))
        if refs and computation.is_op:
            if len(refs) > 1:
                raise BadResult(
                    f"the op {self.request.step.key} makes {output.asset_key} for several partitions at once",
                    hint="a graph of ops is run for one partition at a time: BackfillPolicy.multi_run(1)",
                )
            self.op_outputs[StepOutput(self.request.step.key, output.name)] = next(iter(refs.values()))
        if output.asset_key is None:
            return
        said_version = result.data_version or result.tags.get(DATA_VERSION_TAG)
        version = str(said_version) if said_version is not None else None
        if computation.is_observation:
            observed = (
                Observation(
                    self.now(),
                    self.request.run_id,
                    asset_key=output.asset_key,
                    partition=key,
                    data_version=version,
                    metadata=said,
                )
                for key in keys
            )
            self.asset_events.extend(observed)
            return
        if isinstance(result, results.ObserveResult):
            raise BadResult(
                f"{output.asset_key} gave an ObserveResult, and is to be materialized",
                hint="return a MaterializeResult, or declare it with @observable_source_asset",
            )
        kept = self._versions_kept(output)
        for key in keys:
            part = _part_of(value, key) if len(keys) > 1 else value
            if output.has_content_version and said_version is None:
                version = self._content_version(output, part)
            rows = row_count(part) if is_given else None
            asset_event = self._materialization(output.asset_key, said, version, refs.get(key), rows, key, kept)
            if len(keys) > 1:  # of several made at once, each took its share
                asset_event = replace(asset_event, duration_us=(asset_event.duration_us or 0) // len(keys))
            self.versions[str(output.asset_key), key] = asset_event.data_version
            self.data_times[str(output.asset_key)] = asset_event.data_time_us or self.started_us
            self.asset_events.append(asset_event)

    def _versions_kept(self, output: ValueDeclaration) -> int:
        said = output.metadata.get(VERSIONS_KEPT)
        own = versions_kept({VERSIONS_KEPT: as_metadata_value(said)}) if said is not None else None
        return own or self.request.versions_kept

    def _content_version(self, output: ValueDeclaration, value: Any) -> str:
        if value is results.NO_VALUE or value is results.IN_PLACE:
            raise BadResult(
                f"the data version of {output.asset_key} is taken of its value, and it gave none",
                hint='give it a value, or a data_version of its own instead of "content"',
            )
        from assettui.values.content import content_version  # deferred: few assets have such a version

        try:
            return content_version(value)
        except Exception as error:
            raise BadResult(
                f"the data version of {output.asset_key} is taken of its value, which cannot be told: "
                f"{type(error).__name__}: {error}",
                hint="return DataVersion(…) with the result",
            ) from error

    def _store(
        self,
        output: ValueDeclaration,
        value: Any,
        result: results.Output[Any] | results.MaterializeResult[Any] | results.ObserveResult,
        said: dict[str, MetadataValue],
        *,
        is_whole: bool,
    ) -> dict[str | None, ValueRef]:
        """Store a value, whole or by partition, where there is one; what the IO manager says of it is added to `said`."""
        if value is results.NO_VALUE or (value is results.IN_PLACE and output.io_manager is None):
            return {}
        if value is results.IN_PLACE:
            return dict.fromkeys([None] if is_whole else self.request.partition_keys, self.exchange.in_place(output))
        self._note_for_hooks(output.name, value)
        stored = self.exchange.output_context(output, result.metadata)
        refs: dict[str | None, ValueRef] = {}
        if is_whole:
            refs[None] = self.exchange.store(output, value, stored)
        else:
            refs.update(self.exchange.store_partitions(output, value, stored))
        said.update(stored.said)
        return refs

    def _materialization(
        self,
        key: AssetKey,
        metadata: dict[str, MetadataValue],
        data_version: str | None,
        ref: ValueRef | None,
        rows: int | None,
        partition: str | None = None,
        versions_kept: int = asset.VERSIONS_KEPT,
    ) -> Materialization:
        request = self.request
        for name in ROW_COUNT_NAMES:
            said_rows = metadata.get(name)
            if said_rows is not None and isinstance(said_rows.value, int):
                rows = said_rows.value
        code_version = (request.step.code_versions or {}).get(key)
        versions = self._input_versions(key, partition)
        ended_us = self.now()
        return Materialization(
            asset_key=key,
            time_us=ended_us,
            run_id=request.run_id,
            data_version=data_version or default_data_version(code_version, versions, request.run_id, partition),
            code_version=code_version,
            input_versions=versions,
            duration_us=ended_us - self.started_us,
            rows=rows,
            value=ref,
            metadata=metadata,
            partition=partition,
            data_time_us=self._data_time(key),
            versions_kept=versions_kept,
        )

    def _data_time(self, key: AssetKey) -> int | None:
        """The time of the oldest source data that an asset incorporates; None where it is a source itself."""
        read, upstream = self.request.input_times, self.upstream.get(key)
        if upstream is None:
            return min(read.values(), default=None)
        times = (self.data_times.get(str(above), read.get(str(above))) for above in upstream)
        return min((time for time in times if time is not None), default=None)

    def _input_versions(self, key: AssetKey, partition: str | None) -> dict[str, str | None]:
        """The data versions of what an asset, or a partition of it, depends on, those included that this step has made."""
        read = self.request.partition_versions.get(partition or "", self.request.input_versions)
        upstream = self.upstream.get(key)
        if upstream is None:  # it is the only one of its step
            return dict(read)
        return {str(above): self.versions.get((str(above), partition)) or read.get(str(above)) for above in upstream}

    def _note_for_hooks(self, name: str, value: Any, mapping_key: str | None = None) -> None:
        if not self.are_given_kept:
            return
        if mapping_key is None:
            self.given[name] = value
        else:
            self.given.setdefault(name, {})[mapping_key] = value


def _part_of(value: Any, key: str | None) -> Any:
    """The part of a value that is of one partition, where it says which is."""
    return cast("Mapping[Any, Any]", value)[key] if isinstance(value, Mapping) else value
